//! Facts of a root of their own, with scripts as programs, which are real processes.

use super::samples::{LIST_NIDS_DOWN, LIST_NIDS_NOT_LOADED, MODINFO, NIS, OS_RELEASE};
use super::*;
use fsxlustre_mount::host::{PathOverrides, Paths};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::time::Instant;

#[expect(clippy::disallowed_methods, reason = "a test takes its own temporary folder away")]
fn remove(root: &std::path::Path) {
    let _ = fs::remove_dir_all(root);
}

/// A root that goes away with the test.
struct Root(PathBuf);

impl Root {
    fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("fsxl-facts-{name}-{}", std::process::id()));
        remove(&root);
        fs::create_dir_all(root.join("bin")).expect("folder");
        symlink("/bin/cat", root.join("bin/cat")).expect("cat");
        Self(root)
    }

    fn file(self, path: &str, text: &str) -> Self {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        fs::write(path, text).expect("file");
        self
    }

    /// A program that prints these texts and exits so.
    fn program(self, name: &str, stdout: &str, stderr: &str, status: u8) -> Self {
        let script = format!("cat <<'E'\n{stdout}E\ncat >&2 <<'E'\n{stderr}E\nexit {status}\n");
        self.script(name, &script)
    }

    fn script(self, name: &str, script: &str) -> Self {
        let path = self.0.join("bin").join(name);
        let script = format!("#!/bin/sh\nPATH=/bin:/usr/bin\n{script}");
        // A fork of another test may hold a file that was open for writing: exec would say
        // "text file busy". A copy made by another process is never open here.
        let draft = path.with_extension("draft");
        fs::write(&draft, script).expect("script");
        let copied = std::process::Command::new("/bin/cp").arg(&draft).arg(&path).status();
        assert!(copied.expect("cp").success());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("mode");
        self
    }

    fn gather(&self) -> NodeFacts {
        NodeFacts::gather(&self.host(), Scope::WHOLE)
    }

    fn host(&self) -> Host {
        let overrides = PathOverrides {
            procfs: Some(self.0.join("proc")),
            sysfs: Some(self.0.join("sys")),
            debugfs: None,
            rootfs: Some(self.0.clone()),
            state: Some(self.0.join("state")),
            ..PathOverrides::default()
        };
        Host {
            paths: Paths::default().with(&overrides),
            program_folders: vec![self.0.join("bin")],
            ..Host::default()
        }
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

fn unknown<T>(observed: &Observed<T>) -> &str {
    match observed {
        Observed::Known { .. } => "",
        Observed::Unknown { because, .. } => because,
    }
}

#[test]
fn a_mounted_client_is_read_from_where_it_says_so() {
    let root = Root::new("mounted")
        .file("proc/sys/kernel/osrelease", "6.1.0-56-amd64\n")
        .file(
            "proc/modules",
            "lustre 1024000 0 - Live 0xffffffffc10ff000 (OE)\nlmv 217088 1 lustre,\n",
        )
        .file("etc/os-release", OS_RELEASE)
        .file("sys/fs/lustre/version", "2.15.8\n")
        .file("sys/fs/lustre/health_check", "healthy\n")
        .file("sys/kernel/debug/lnet/nis", NIS)
        .program("modinfo", MODINFO, "", 0)
        .program("mount.lustre", "", "", 0)
        .program("lfs", "", "", 0);
    let facts = root.gather();
    assert_eq!(facts.kernel_release.value().map(String::as_str), Some("6.1.0-56-amd64"));
    assert!(facts.kernel_release.from().ends_with("proc/sys/kernel/osrelease"));
    let distribution = facts.distribution.value().expect("distribution");
    assert_eq!((distribution.id.as_str(), distribution.version.as_deref()), ("debian", Some("12")));
    assert_eq!(facts.module_loaded.value(), Some(&true));
    assert_eq!(facts.client_version().value().map(String::as_str), Some("2.15.8"));
    let module = facts.module_installed.value().and_then(Option::as_ref).expect("module");
    assert_eq!(module.built_for(), Some("6.1.0-56-amd64"));
    let nid = Nid { nid: "192.168.77.20@tcp".into(), is_up: Some(true) };
    assert_eq!(facts.lnet.value(), Some(&Lnet::Up(vec![nid])));
    assert_eq!(facts.health.value().map(String::as_str), Some("healthy"));
    let mount = facts.programs.mount.value().and_then(Option::as_ref).expect("mount.lustre");
    assert!(mount.ends_with("bin/mount.lustre"), "{mount}");
}

#[test]
fn a_node_without_lustre_has_known_absences_and_unknowns_with_reasons() {
    let root = Root::new("bare")
        .file("proc/modules", "kvm 1146880 1 kvm_amd, Live 0xffffffffc0819000\nnotlustre 1 0 -\n")
        .program("modinfo", "", "modinfo: ERROR: Module lustre not found.\n", 1)
        .program("lctl", "", LIST_NIDS_NOT_LOADED, 1);
    let facts = root.gather();
    assert_eq!(facts.module_loaded.value(), Some(&false));
    assert_eq!(facts.module_installed.value(), Some(&None));
    assert_eq!(facts.lnet.value(), Some(&Lnet::NotLoaded));
    assert_eq!(facts.programs.lfs.value(), Some(&None));
    assert!(unknown(&facts.kernel_release).contains("No such file"));
    assert!(unknown(&facts.distribution).contains("usr/lib/os-release"));
    assert!(unknown(&facts.loaded_version).contains("No such file"));
    assert!(unknown(&facts.health).contains("No such file"));
    assert!(unknown(&facts.client_version()).contains("No such file"));
}

#[test]
fn a_program_that_hangs_leaves_its_part_unknown_and_the_rest_known() {
    let root = Root::new("hangs")
        .file("proc/sys/kernel/osrelease", "6.1.0-56-amd64\n")
        .script("modinfo", "trap '' TERM\nwhile :; do sleep 60; done\n")
        .script("lctl", "trap '' TERM\nwhile :; do sleep 60; done\n");
    let started = Instant::now();
    let facts = root.gather();
    assert!(started.elapsed() < LONGEST_GATHERING, "{:?}", started.elapsed());
    assert!(unknown(&facts.module_installed).contains("did not end within 2 s"));
    assert!(unknown(&facts.lnet).contains("did not end within 2 s"));
    assert_eq!(facts.kernel_release.value().map(String::as_str), Some("6.1.0-56-amd64"));
}

#[test]
fn what_lctl_says_is_told_apart() {
    let with = |name: &str, stdout: &str, stderr: &str, status| {
        Root::new(name).program("lctl", stdout, stderr, status).gather().lnet
    };
    let up = Lnet::Up(vec![Nid { nid: "192.168.77.20@tcp".into(), is_up: None }]);
    assert_eq!(with("nids", "192.168.77.20@tcp\n", "", 0).value(), Some(&up));
    assert_eq!(with("down", "", LIST_NIDS_DOWN, 1).value(), Some(&Lnet::Down));
    assert_eq!(with("none", "0@lo\n", "", 0).value(), Some(&Lnet::Down));
    let denied = "opening /dev/lnet failed: Permission denied\n";
    for status in [0, 13] {
        let lnet = with("denied", "", denied, status);
        assert!(unknown(&lnet).contains("Permission denied"), "{lnet:?}");
    }
    let lnet = Root::new("no-lctl").gather().lnet;
    assert!(unknown(&lnet).contains("lctl is not installed"), "{lnet:?}");
}

#[test]
fn strange_answers_are_unknown() {
    let root = Root::new("strange")
        .file("proc/sys/kernel/osrelease", "\n")
        .file("etc/os-release", "hello\n")
        .file("sys/fs/lustre/version", "")
        .file("sys/fs/lustre/health_check", "\n")
        .program("modinfo", "", "modinfo: ERROR: could not get modinfo: Permission denied\n", 1);
    let facts = root.gather();
    assert_eq!(unknown(&facts.kernel_release), "the file is empty");
    assert_eq!(unknown(&facts.distribution), "it has no line ID=");
    assert_eq!(unknown(&facts.loaded_version), "the file is empty");
    assert_eq!(unknown(&facts.health), "the file is empty");
    assert!(unknown(&facts.module_installed).contains("Permission denied"));
    assert!(unknown(&facts.module_loaded).contains("No such file"));
}
