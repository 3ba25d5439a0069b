//! `fsxlustre support-bundle`: the real program, unpacked by the real tar(1).

use fsxlustre_tests::{FileSystem, Output, Sandbox};
use std::time::{Duration, Instant};

const DIRECTORY: &str = "/mnt/genomics";
const CONFIG: &str = "/etc/fsxlustre/fsxlustre.toml";
const KMSG: &str = "/run/standin/state/kmsg";
const UNPACKED: &str = "/mnt/unpacked";

fn unpack(sandbox: &Sandbox, told: &Output) -> String {
    let path = told.stdout.trim();
    assert!(path.starts_with("/var/tmp/fsxlustre-support-") && path.ends_with(".tar.gz"), "{told}");
    let about = sandbox.run(["stat", "-c", "%a %u %F", path]).assert_success();
    assert_eq!(about.stdout.trim(), "600 0 regular file");
    sandbox.run(["mkdir", "-p", UNPACKED]).assert_success();
    sandbox.run(["tar", "-xzf", path, "-C", UNPACKED, "--strip-components=1"]).assert_success();
    path.to_owned()
}

fn part(sandbox: &Sandbox, name: &str) -> String {
    sandbox.read_file(&format!("{UNPACKED}/{name}"))
}

fn mounted() -> (Sandbox, FileSystem) {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.run(["mkdir", "-p", DIRECTORY]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", &made.id, DIRECTORY]).assert_success();
    (sandbox, made)
}

#[test]
fn everything_about_a_node_is_in_one_file_without_its_secrets() {
    let (sandbox, made) = mounted();
    let secret = "hunter2-hunter2";
    let key = "wJalrXUtnFEMI1K7MDENG2bPxRfiCYEXAMPLEKEY";
    let config = sandbox.read_file(CONFIG);
    let hooks = format!(
        "[hooks]\non_ready = [\"/usr/bin/true\", \"--password\", \"{secret}\", \"{key}\"]\n"
    );
    sandbox.write_file(CONFIG, &format!("{config}\n{hooks}"));
    sandbox.write_file(
        "/etc/fstab",
        &format!(
            "{} {DIRECTORY} fsxlustre _netdev,flock,password={secret} 0 0\n\
             //nas/x /mnt/nas cifs username=me,password={secret} 0 0\n",
            made.id
        ),
    );
    let kernel = format!(
        "6,1,1000000,-;LustreError: 11-0: lost AKIAIOSFODNN7EXAMPLE secret={secret} \u{1b}[2J\n\
         6,2,2000000,-;ena 0000:00:05.0 ens5: reset\n\
         6,3,3000000,-;audit: password={secret} of somebody else\n\
         6,4,4000000,-;LNet: https://user:{secret}@proxy/ {key}\n"
    );
    sandbox.write_file(KMSG, &kernel);
    let told = sandbox.run(["fsxlustre", "support-bundle"]).assert_success();
    let path = unpack(&sandbox, &told);

    let names = sandbox.run(["ls", UNPACKED]).stdout;
    let names: Vec<&str> = names.lines().collect();
    assert_eq!(
        names,
        [
            "about.txt",
            "check.json",
            "check.txt",
            "fstab.txt",
            "imports.txt",
            "kernel-log.txt",
            "settings.json",
            "status.json"
        ]
    );
    assert!(part(&sandbox, "check.txt").contains(" kernel_supported "));
    let report: serde_json::Value =
        serde_json::from_str(&part(&sandbox, "check.json")).expect("JSON");
    assert!(report["node"]["kernel_release"]["value"].is_string(), "{report}");
    assert!(part(&sandbox, "status.json").contains(&made.id));
    assert!(part(&sandbox, "imports.txt").contains("state: FULL"));
    let kernel = part(&sandbox, "kernel-log.txt");
    assert!(kernel.contains("[    1.000000] LustreError: 11-0: lost [removed]"), "{kernel}");
    assert!(kernel.contains("ens5: reset") && !kernel.contains("audit"), "{kernel}");
    assert!(part(&sandbox, "settings.json").contains("\"hooks.on_ready\""));
    let fstab = part(&sandbox, "fstab.txt");
    assert!(fstab.contains("password=[removed]") && !fstab.contains("cifs"), "{fstab}");
    for name in names {
        let text = part(&sandbox, name);
        for hidden in [secret, key, "AKIAIOSFODNN7EXAMPLE", "\u{1b}"] {
            assert!(!text.contains(hidden), "{name} has {hidden}: {text}");
        }
    }
    // Another one is another file.
    let again = sandbox.run(["fsxlustre", "support-bundle"]).assert_success();
    assert_ne!(again.stdout.trim(), path);
}

/// The bound is that of the program's own deadlines, with what a loaded machine takes.
#[test]
fn dead_mounts_do_not_keep_it() {
    let (sandbox, _) = mounted();
    sandbox.client_fault("io-hang", true);
    let started = Instant::now();
    let command =
        sandbox.command(["fsxlustre", "support-bundle"]).deadline(Duration::from_secs(60));
    let told = command.run().assert_success();
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    unpack(&sandbox, &told);
    let check = part(&sandbox, "check.txt");
    assert!(check.contains(&format!("{DIRECTORY} did not answer within")), "{check}");
    // A dead mount is no place for it, and is not touched to find that out.
    let told = sandbox.run(["fsxlustre", "support-bundle", "--to", DIRECTORY]);
    assert_eq!(told.code(), Some(1), "{told}");
    assert!(told.stderr.contains("[FSXL-C131]"), "{told}");
    sandbox.client_fault("io-hang", false);
}

#[test]
fn it_is_for_root_and_needs_a_directory() {
    let sandbox = Sandbox::start();
    let nobody = ["setpriv", "--reuid=65534", "--clear-groups", "fsxlustre", "support-bundle"];
    assert_ne!(sandbox.run(nobody).code(), Some(0));
    for to in ["/nowhere", "relative"] {
        let told = sandbox.run(["fsxlustre", "support-bundle", "--to", to]);
        assert_eq!(told.code(), Some(1), "{told}");
        assert!(told.stderr.contains("[FSXL-C131]"), "{told}");
    }
}
