//! What becomes of the parts.

use super::*;

#[test]
fn a_part_that_is_too_long_is_cut_and_says_so() {
    let long = "x".repeat(LARGEST_PART + 10);
    let cut = cut(long.clone());
    assert!(cut.ends_with("\n(cut here)\n"));
    assert!(cut.len() < LARGEST_PART + 20);
    let left_out = json_value(Value::String(long));
    assert!(left_out.starts_with("{\"left_out\": "), "{left_out}");
    assert!(serde_json::from_str::<Value>(&left_out).is_ok());
}

#[test]
fn lines_of_lustre_and_of_the_network_are_wanted() {
    for line in [
        "LustreError: 1:0:(import.c:1) x",
        "LNet: x",
        "ena 0000:00:05.0 ens5: x",
        "efa 0000:00:06.0: x",
    ] {
        assert!(is_wanted(line), "{line}");
    }
    for line in ["audit: x", "enable x", "systemd[1]: Lustre"] {
        assert!(!is_wanted(line), "{line}");
    }
}

#[test]
fn an_archive_is_new_and_for_its_owner_only() {
    use std::os::unix::fs::MetadataExt as _;
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("a.tar.gz");
    let parts = [("a.txt", "hello".to_owned())];
    archive::write(&path, "a", &parts, 7).expect("written");
    assert_eq!(path.metadata().expect("a file").mode() & 0o777, 0o600);
    let again = archive::write(&path, "a", &parts, 7).expect_err("it is there");
    assert_eq!(again.kind(), std::io::ErrorKind::AlreadyExists);
    // A link is not followed, wherever it leads.
    let link = folder.path().join("b.tar.gz");
    std::os::unix::fs::symlink(folder.path().join("c"), &link).expect("a link");
    archive::write(&link, "a", &parts, 7).expect_err("a link");
    assert!(!folder.path().join("c").exists());
    let file = std::fs::File::open(&path).expect("a file");
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    let names: Vec<String> = archive
        .entries()
        .expect("entries")
        .map(|one| one.expect("an entry").path().expect("a path").display().to_string())
        .collect();
    assert_eq!(names, ["a/a.txt"]);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 64, ..Default::default() })]
    /// Whatever is in the files that a bundle has word for word.
    #[test]
    fn no_text_in_any_file_makes_it_panic(
        log in proptest::collection::vec("([0-9]{1,9},){0,4};?(Lustre|ena ){0,1}\\PC{0,40}", 0..20),
        any in proptest::prelude::any::<String>(),
    ) {
        let folder = tempfile::tempdir().expect("folder");
        std::fs::create_dir_all(folder.path().join("etc")).expect("folder");
        let mut host = Host::default();
        host.paths.rootfs = folder.path().to_owned();
        host.paths.kernel_log = folder.path().join("kmsg");
        std::fs::write(&host.paths.kernel_log, log.join("\n") + &any).expect("log");
        std::fs::write(folder.path().join("etc/fstab"), &any).expect("fstab");
        for part in [kernel_log(&host), fstab(&host)] {
            let told = redact::text(&cut(part));
            let is_plain = |c: char| c == '\n' || c == '\t' || !c.is_control();
            proptest::prop_assert!(told.chars().all(is_plain), "{told}");
        }
    }
}
