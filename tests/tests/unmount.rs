//! Unmounting with the real programs: who is in the way, what hangs, what a client that lives on
//! means, and what force may do.

use fsxlustre_tests::{Fault, FileSystem, Output, Running, Sandbox};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[path = "unmount/force.rs"]
mod force;
#[path = "unmount/hangs.rs"]
mod hangs;
#[path = "unmount/holders.rs"]
mod holders;
#[path = "unmount/killed.rs"]
mod killed;

const DIRECTORY: &str = "/mnt/genomics";
const TREE: &str = "/run/standin";

/// A sandbox with one file system, mounted.
fn mounted() -> (Sandbox, FileSystem) {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.run(["mkdir", "-p", DIRECTORY]).assert_success();
    mount(&sandbox);
    (sandbox, made)
}

fn mount(sandbox: &Sandbox) {
    let source = "tag:Project:genomics";
    sandbox.run(["mount", "-t", "fsxlustre", source, DIRECTORY]).assert_success();
}

fn umount(sandbox: &Sandbox, more: &[&str]) -> Output {
    sandbox.run(["fsxlustre", "umount"].iter().chain(more))
}

/// The one JSON object that `fsxlustre umount --json` prints.
fn json(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output}"))
}

fn is_mounted(sandbox: &Sandbox, directory: &str) -> bool {
    sandbox.read_file("/proc/self/mountinfo").contains(&format!(" {directory} "))
}

/// The client instances that the kernel's files list.
fn instances(sandbox: &Sandbox) -> Vec<String> {
    let listed = sandbox.run(["ls", &format!("{TREE}/sys/fs/lustre/llite")]);
    listed.stdout.lines().map(str::to_owned).collect()
}

/// A shell that says its number and lives on: `script` ends in what keeps it.
fn holder(sandbox: &Sandbox, script: &str) -> (Running, u64) {
    let running = sandbox.spawn(["sh", "-c", script]);
    eventually("the holder says its number", || running.stdout().ends_with('\n'));
    let pid = running.stdout().trim().parse().unwrap_or_else(|_| panic!("{}", running.stderr()));
    (running, pid)
}

#[track_caller]
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Nothing of an unmount is left: no mount, no client, no record, no worker.
#[track_caller]
fn nothing_left(sandbox: &Sandbox) {
    assert!(!is_mounted(sandbox, DIRECTORY));
    eventually("the client is gone", || instances(sandbox).is_empty());
    let records = sandbox.run(["sh", "-c", "find /run/fsxlustre -name '*.json' 2>/dev/null; :"]);
    assert_eq!(records.stdout, "", "no record is left");
    assert_eq!(workers(sandbox), Vec::<String>::new());
}

/// The processes that make an unmount.
fn workers(sandbox: &Sandbox) -> Vec<String> {
    let all = sandbox.run(["ps", "-e", "-o", "pid=,stat=,args="]).stdout;
    let is_worker = |line: &&str| line.contains("--fsxlustre-worker") && !line.contains(" Z");
    all.lines().filter(is_worker).map(str::to_owned).collect()
}

#[test]
fn nothing_mounted_is_fine_for_one_and_32_for_the_other() {
    let (sandbox, _) = mounted();
    let done = umount(&sandbox, &["-v", DIRECTORY]).assert_success();
    assert!(done.stdout.starts_with("/mnt/genomics: unmounted; its client is gone\n"), "{done}");
    assert!(done.stdout.contains("before: 0 bytes not written yet"), "{done}");
    nothing_left(&sandbox);
    let again = umount(&sandbox, &[DIRECTORY]).assert_success();
    assert_eq!(again.stdout, "/mnt/genomics: nothing is mounted there, nothing done\n");
    let value = json(&umount(&sandbox, &["--json", DIRECTORY]).assert_success());
    assert_eq!(value["outcome"], "not-mounted");
    let helper = sandbox.run(["umount.fsxlustre", DIRECTORY]);
    assert_eq!(helper.code(), Some(32), "{helper}");
    assert!(helper.stderr.contains("FSXL-U104"), "{helper}");
    let other = umount(&sandbox, &["/mnt"]);
    assert_eq!(other.code(), Some(32), "a tmpfs is none of ours: {other}");
    assert!(other.stderr.contains("type tmpfs"), "{other}");
    for wrong in ["mnt/genomics", "/mnt/../mnt/genomics"] {
        assert_eq!(umount(&sandbox, &[wrong]).code(), Some(1));
    }
}

#[test]
fn several_directories_are_taken_in_turn() {
    let (sandbox, _) = mounted();
    let other = sandbox.create_file_system(FileSystem::lustre());
    sandbox.run(["mkdir", "/mnt/other"]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", &other.id, "/mnt/other"]).assert_success();
    let (_busy, _) = holder(&sandbox, &format!("cd {DIRECTORY}; echo $$; exec sleep 60"));
    let both = umount(&sandbox, &["--json", DIRECTORY, "/mnt/other"]);
    assert_eq!(both.code(), Some(32), "{both}");
    let outcomes: Vec<Value> =
        both.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(outcomes[0]["outcome"], "failed");
    assert_eq!(
        (&outcomes[1]["outcome"], &outcomes[1]["client"]),
        (&json!("unmounted"), &json!("gone"))
    );
    assert!(is_mounted(&sandbox, DIRECTORY) && !is_mounted(&sandbox, "/mnt/other"));
}

#[test]
fn an_evicted_client_with_unwritten_bytes_is_not_unmounted() {
    let (sandbox, made) = mounted();
    let osc = format!("{}-OST0001-osc-*", made.mount_name);
    let edit = |file: &str, text: &str| {
        let script = format!("for f in {TREE}/{file}; do cat > \"$f\"; done");
        sandbox.command(["sh", "-c", &script]).stdin(text).run().assert_success();
    };
    edit(
        &format!("proc/fs/lustre/osc/{osc}/state"),
        "current_state: FULL\nstate_history:\n - [ 1795212443, EVICTED ]\n - [ 1795212443, FULL ]\n",
    );
    umount(&sandbox, &[DIRECTORY]).assert_success();
    mount(&sandbox);
    edit(&format!("proc/fs/lustre/osc/{osc}/import"), "import:\n    state: EVICTED\n");
    edit(&format!("sys/fs/lustre/osc/{osc}/cur_dirty_bytes"), "8536064\n");
    let refused = umount(&sandbox, &[DIRECTORY]);
    assert_eq!(refused.code(), Some(32), "{refused}");
    for words in ["FSXL-U107", "can panic the node", "OST0001", "8.1 MiB", "--accept-risk"] {
        assert!(refused.stderr.contains(words), "{words}: {refused}");
    }
    assert!(is_mounted(&sandbox, DIRECTORY));
    let helper = sandbox.run(["umount.fsxlustre", DIRECTORY]);
    assert!(helper.code() == Some(32) && helper.stderr.contains("FSXL-U107"), "{helper}");
    let taken = umount(&sandbox, &["--accept-risk", "--json", DIRECTORY]).assert_success();
    assert_eq!(json(&taken)["dirty_bytes"], 8_536_064);
    nothing_left(&sandbox);
}

#[test]
fn what_the_client_does_not_say_is_unknown_and_stops_nothing() {
    let (sandbox, made) = mounted();
    let osc = format!("{TREE}/sys/fs/lustre/osc/{}-OST0001-osc-*", made.mount_name);
    let other = sandbox.create_file_system(FileSystem::lustre());
    // What is on another mount puts its reader to sleep in the kernel.
    let away = format!(
        "mkdir -p /mnt/other && mount -t fsxlustre {} /mnt/other && echo 0 >/mnt/other/file && \
         for d in {osc}; do ln -sf /mnt/other/file $d/cur_dirty_bytes; done",
        other.id
    );
    sandbox.run(["sh", "-c", &away]).assert_success();
    sandbox.client_fault("io-hang", true);
    let done = umount(&sandbox, &["-v", DIRECTORY]).assert_success();
    assert!(done.stdout.contains("before: unknown how much was not written yet ("), "{done}");
    assert!(done.duration < Duration::from_secs(6), "{done}");
    sandbox.client_fault("io-hang", false);
    assert!(!is_mounted(&sandbox, DIRECTORY));
}

#[test]
fn another_namespace_may_be_named() {
    let (sandbox, _) = mounted();
    let script = "unshare -m --propagation private sh -c 'echo $$; exec sleep 60'";
    let (_inside, pid) = holder(&sandbox, script);
    let namespace = format!("/proc/{pid}/ns/mnt");
    let done = sandbox.run(["umount.fsxlustre", DIRECTORY, "-N", &namespace]);
    assert_eq!(done.code(), Some(32), "{done}");
    assert!(done.stderr.contains("FSXL-U106"), "ours keeps the client: {done}");
    assert!(is_mounted(&sandbox, DIRECTORY), "ours is another one");
    let record = format!("/run/fsxlustre/mounts/{}.json", DIRECTORY.replace('/', "-"));
    sandbox.run(["test", "-e", &record]).assert_success();
    let seen = sandbox.run(["nsenter", "--mount", "-t", &pid.to_string(), "cat", "/proc/mounts"]);
    assert!(!seen.stdout.contains(DIRECTORY), "{seen}");
    umount(&sandbox, &[DIRECTORY]).assert_success();
    nothing_left(&sandbox);
}
