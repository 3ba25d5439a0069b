//! `[hooks]`: who hears that a file system came to this node, failed, or left it.

use fsxlustre_tests::{FileSystem, Sandbox};
use serde_json::json;
use std::time::Duration;

const DIRECTORY: &str = "/mnt/genomics";
const HEARD: &str = "/run/heard";

/// A sandbox whose hook writes down its arguments and what it was told.
fn sandbox(lifecycle: &str) -> (Sandbox, FileSystem) {
    let sandbox = Sandbox::start();
    let new = FileSystem::lustre().tag("Name", "genomics").lifecycle(lifecycle);
    let made = sandbox.create_file_system(new);
    sandbox.run(["mkdir", DIRECTORY, "/run/hooks"]).assert_success();
    let script = format!(
        "#!/bin/sh\necho \"$* $(env | grep FSXLUSTRE | sort | tr '\\n' ' ')\" >>{HEARD}\necho told\n"
    );
    sandbox.write_file("/run/hooks/tell", &script);
    sandbox.run(["chmod", "0755", "/run/hooks/tell"]).assert_success();
    sandbox.append_config(
        "[hooks]\non_ready = ['/run/hooks/tell', 'a b']\non_unmounted = ['/run/hooks/tell']\n\
         timeout = 2\n",
    );
    (sandbox, made)
}

fn heard(sandbox: &Sandbox) -> Vec<String> {
    let all = sandbox.run(["cat", HEARD]).stdout;
    all.lines().map(str::to_owned).collect()
}

#[test]
fn mounts_and_the_last_unmount_are_told() {
    let (sandbox, made) = sandbox("AVAILABLE");
    sandbox.run(["mkdir", "/mnt/two"]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", "name:genomics", DIRECTORY]).assert_success();
    let device = format!("{}@tcp:/{}", made.dns_name, made.mount_name);
    let told = format!(
        "a b FSXLUSTRE_CODE= FSXLUSTRE_DEVICE={device} FSXLUSTRE_DIRECTORY={DIRECTORY} \
         FSXLUSTRE_EVENT=ready FSXLUSTRE_FILE_SYSTEM_ID={} FSXLUSTRE_SOURCE=name:genomics ",
        made.id
    );
    assert_eq!(heard(&sandbox), [told]);
    // The same again is no event; neither is one of two mounts that goes.
    sandbox.run(["mount", "-t", "fsxlustre", "name:genomics", DIRECTORY]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", &made.id, "/mnt/two"]).assert_success();
    sandbox.run(["fsxlustre", "umount", "/mnt/two"]).assert_success();
    assert_eq!(heard(&sandbox).len(), 2);
    sandbox.run(["umount.fsxlustre", DIRECTORY]).assert_success();
    let all = heard(&sandbox);
    assert_eq!(all.len(), 3, "{all:?}");
    let last = all.last().unwrap();
    assert!(last.contains("EVENT=unmounted") && last.contains(&made.id), "{last}");
}

#[test]
fn one_that_failed_is_told_and_one_that_is_still_made_is_not() {
    let (sandbox, made) = sandbox("CREATING");
    let mount = || sandbox.run(["mount", "-t", "fsxlustre", &made.id, DIRECTORY]);
    assert_eq!(mount().code(), Some(32));
    assert_eq!(heard(&sandbox), Vec::<String>::new());
    sandbox.set_file_system(&made.id, &json!({"Lifecycle": "FAILED"}));
    assert_eq!(mount().code(), Some(32));
    let all = heard(&sandbox);
    assert!(
        all[0].contains("FSXLUSTRE_CODE=FSXL-A204") && all[0].contains("EVENT=failed"),
        "{all:?}"
    );
}

#[test]
fn a_hook_that_fails_hangs_or_is_not_roots_changes_nothing() {
    let (sandbox, made) = sandbox("AVAILABLE");
    let round = |script: &str, mode: &str, why: &str| {
        sandbox.write_file("/run/hooks/tell", script);
        sandbox.run(["chmod", mode, "/run/hooks/tell"]).assert_success();
        let done = sandbox.run(["mount", "-t", "fsxlustre", &made.id, DIRECTORY]).assert_success();
        assert!(done.stderr.contains(why) && done.stderr.contains("/run/hooks/tell"), "{done}");
        assert!(done.duration < Duration::from_secs(8), "{done}");
        let gone = sandbox.run(["umount", DIRECTORY]).assert_success();
        assert!(gone.stderr.contains(why), "{gone}");
    };
    round("#!/bin/sh\necho no >&2; exit 3\n", "0755", "failed: no (exit 3)");
    round("#!/bin/sh\nsleep 30\n", "0755", "2 s");
    round("#!/bin/sh\ntrue\n", "0777", "may be changed by others");
    round("not a program", "0644", "ermission denied");
}

#[test]
fn a_hook_without_its_whole_path_is_refused() {
    let sandbox = Sandbox::start();
    sandbox.append_config("[hooks]\non_ready = ['tell']\n");
    let refused = sandbox.run(["mount.fsxlustre", "fs-0123456789abcdef0", "/mnt"]);
    assert_eq!(refused.code(), Some(2), "{refused}");
    assert!(
        refused.stderr.contains("hooks.on_ready: it takes a list: a program by its whole path"),
        "{refused}"
    );
}
