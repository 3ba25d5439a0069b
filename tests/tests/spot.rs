//! The Spot watcher: what it asks, how often, and what it does when the notice comes.

use fsxlustre_tests::{FileSystem, Imds, Sandbox};
use serde_json::json;
use std::time::{Duration, Instant};

const DIRECTORY: &str = "/mnt/genomics";
const ACTION: &str = "spot/instance-action";

/// A node with a job on it.
fn node() -> Sandbox {
    let sandbox = Sandbox::start();
    sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.append_config(&format!(
        "[[jobs.mount]]\nsource = \"tag:Project:genomics\"\ndirectory = \"{DIRECTORY}\"\n"
    ));
    let start = sandbox.command(["fsxlustre", "job", "start"]);
    start.env("SLURM_JOB_ID", "7").env("SLURMD_NODENAME", "n1").run().assert_success();
    sandbox
}

fn is_mounted(sandbox: &Sandbox) -> bool {
    sandbox.read_file("/proc/self/mountinfo").contains(&format!(" {DIRECTORY} "))
}

fn mount_by_hand(sandbox: &Sandbox) {
    sandbox.run(["mkdir", "-p", DIRECTORY]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", "tag:Project:genomics", DIRECTORY]).assert_success();
}

fn give_notice(sandbox: &Sandbox) {
    let notice = json!({"action": "terminate", "time": "2026-01-01T00:02:00Z"});
    sandbox.set_metadata(&json!({ ACTION: notice.to_string() }));
}

/// Requests to the metadata service whose path holds a word.
fn asked(sandbox: &Sandbox, word: &str) -> usize {
    let log = sandbox.api_log();
    log.iter().filter(|one| one.service == "imds" && one.path.contains(word)).count()
}

#[test]
fn without_a_notice_nothing_is_done() {
    let sandbox = node();
    let looked = sandbox.run(["fsxlustre", "spot-watch", "--once"]).assert_success();
    assert_eq!(looked.stdout, "there is no notice\n", "{looked}");
    assert!(is_mounted(&sandbox));
}

#[test]
fn a_notice_evacuates_the_node() {
    let sandbox = node();
    give_notice(&sandbox);
    let looked = sandbox.run(["fsxlustre", "spot-watch", "--once"]).assert_success();
    assert!(looked.stdout.contains("terminate at 2026-01-01T00:02:00Z"), "{looked}");
    assert!(!is_mounted(&sandbox), "{looked}");
}

#[test]
fn after_a_notice_no_start_mounts_again_until_it_is_taken_back() {
    let sandbox = node();
    give_notice(&sandbox);
    sandbox.run(["fsxlustre", "spot-watch", "--once"]).assert_success();
    let start = || {
        let start = sandbox.command(["fsxlustre", "job", "start"]);
        start.env("SLURM_JOB_ID", "8").env("SLURMD_NODENAME", "n1").run().assert_success()
    };
    let late = start();
    assert!(late.stdout.contains("late: the job is admitted without it"), "{late}");
    assert!(late.stderr.contains("this node is about to be taken away"), "{late}");
    assert!(!is_mounted(&sandbox), "{late}");
    sandbox.set_metadata(&json!({ ACTION: null }));
    sandbox.run(["fsxlustre", "spot-watch", "--once"]).assert_success();
    start();
    assert!(is_mounted(&sandbox));
}

#[test]
fn the_service_asks_every_five_seconds_by_one_call_and_acts_once() {
    let sandbox = node();
    let (tokens, calls) = (asked(&sandbox, "/api/token"), asked(&sandbox, ACTION));
    let began = Instant::now();
    let watcher = sandbox.spawn(["fsxlustre", "spot-watch"]);
    while asked(&sandbox, ACTION) < calls + 3 {
        assert!(began.elapsed() < Duration::from_secs(60), "{}", watcher.stderr());
        std::thread::sleep(Duration::from_millis(100));
    }
    // The third call comes two pauses after the first.
    assert!(began.elapsed() >= Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(asked(&sandbox, "/api/token"), tokens + 1, "the token is kept");
    assert!(is_mounted(&sandbox));
    give_notice(&sandbox);
    // The directory that the start made goes after the mount.
    while is_mounted(&sandbox) || sandbox.run(["test", "-d", DIRECTORY]).code() == Some(0) {
        assert!(began.elapsed() < Duration::from_secs(60), "{}", watcher.stderr());
        std::thread::sleep(Duration::from_millis(100));
    }
    // Mounted again by somebody, it stays: the same notice is acted on once.
    mount_by_hand(&sandbox);
    let calls = asked(&sandbox, ACTION);
    while asked(&sandbox, ACTION) < calls + 2 {
        assert!(began.elapsed() < Duration::from_secs(90), "{}", watcher.stderr());
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(is_mounted(&sandbox));
}

#[test]
fn a_service_that_does_not_say_is_not_taken_for_a_notice() {
    let sandbox = node();
    sandbox.imds(Imds::Off);
    let off = sandbox.run(["fsxlustre", "spot-watch", "--once"]);
    assert_eq!(off.code(), Some(1), "{off}");
    assert!(off.stderr.contains("FSXL-A303"), "{off}");
    sandbox.imds(Imds::Hang);
    let began = Instant::now();
    let hung = sandbox.run(["fsxlustre", "spot-watch", "--once"]);
    assert_eq!(hung.code(), Some(1), "{hung}");
    assert!(began.elapsed() < Duration::from_secs(6), "{hung}");
    sandbox.imds(Imds::On);
    sandbox.set_metadata(&json!({ ACTION: "<html>" }));
    let odd = sandbox.run(["fsxlustre", "spot-watch", "--once"]);
    assert_eq!(odd.code(), Some(1), "{odd}");
    assert!(is_mounted(&sandbox));
}
