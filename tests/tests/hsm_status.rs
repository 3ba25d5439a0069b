//! `fsxlustre hsm status`: what a tree holds of its archive, by the client's calls and by `lfs`.

mod archives;

use archives::{FSX, Node, files};
use serde_json::Value;
use std::time::{Duration, Instant};

/// One file of each state, in two directories.
fn mixed() -> Node {
    let node = Node::start();
    node.shell("mkdir -p @/t/a/b && cd @/t && for f in a/never a/started a/clean a/dirty a/b/gone a/b/lost a/kept; do head -c 1000 /dev/zero > $f; done");
    for (file, flags) in [
        ("started", "01"),
        ("clean", "09"),
        ("dirty", "0b"),
        ("b/gone", "0d"),
        ("b/lost", "4d"),
        ("kept", "39"),
    ] {
        node.archive(&format!("set /t/a/{file} {flags}"));
    }
    node
}

fn row(value: &Value, name: &str) -> (u64, u64) {
    let tally = &value["counts"][name];
    (tally["files"].as_u64().unwrap(), tally["bytes"].as_u64().unwrap())
}

#[track_caller]
fn is_as_made(value: &Value) {
    for (name, count) in [
        ("total", 7),
        ("never_archived", 2),
        ("dirty", 1),
        ("archived", 4),
        ("released", 2),
        ("lost", 1),
    ] {
        assert_eq!(row(value, name), (count, 1000 * count), "{name}: {value}");
    }
    assert_eq!(value["counts"]["directories"], 3, "{value}");
    assert_eq!(value["whole"], true);
    assert_eq!(
        value["overall"],
        "3 of 7 files are not in the archive as they stand; 2 are released"
    );
}

#[test]
fn every_state_is_counted_and_nothing_is_read_or_run() {
    let node = mixed();
    is_as_made(&node.json("status @/t"));
    assert_eq!(node.calls("hsm_state"), Vec::<Vec<String>>::new(), "no process for any file");
    let said = node.hsm("status @/t").assert_success();
    assert!(said.stdout.contains("overall         3 of 7 files are not in"), "{said}");
    // A read would have asked for the restore.
    assert_eq!(node.shell("lfs hsm_action @/t/a/b/gone"), format!("{FSX}/t/a/b/gone: NOOP\n"));
    let one = node.json("status @/t/a/b/gone");
    assert_eq!((files(&one, "total"), files(&one, "released")), (1, 1), "{one}");
}

#[test]
fn by_lfs_it_is_the_same_with_few_processes() {
    let node = mixed();
    node.sandbox.client_fault("no-hsm-ioctl", true);
    is_as_made(&node.json("status @/t"));
    // Two directories with files: one call for each, and one for the requests of those that may have one.
    assert_eq!((node.calls("hsm_state").len(), node.calls("hsm_action").len()), (2, 2));
    // A file that fails ends a list; the others are asked for again.
    node.shell("mkdir @/u && cd @/u && touch a b c && chmod 0 b && chmod 755 @/u");
    let as_user = format!(
        "setpriv --reuid 1000 --regid 1000 --clear-groups fsxlustre hsm status --json {FSX}/u"
    );
    let said = node.sandbox.run(as_user.split(' '));
    assert_eq!(said.code(), Some(3), "{said}");
    let value: Value = serde_json::from_str(said.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(files(&value, "total"), 3, "{said}");
    assert_eq!(value["counts"]["unknown"]["Permission denied"], 1, "{said}");
    assert!(said.stderr.contains("FSXL-H109"), "{said}");
}

#[test]
fn what_is_no_file_of_this_mount_is_passed_over_and_counted() {
    let node = Node::start();
    node.shell(
        "mkdir -p @/t/over /run/elsewhere && cd @/t && touch file other && ln -s /etc link && ln -s file link2 && \
         mkfifo fifo && ln file hard && mknod null c 1 3 && touch /run/elsewhere/x && \
         mount --bind /run/elsewhere over && mount --bind /etc/hostname other",
    );
    let value = node.json("status @/t");
    assert_eq!(files(&value, "total"), 1, "{value}");
    let skipped = &value["counts"]["skipped"];
    assert_eq!(
        (
            &skipped["symlinks"],
            &skipped["special"],
            &skipped["other_mounts"],
            &skipped["hard_links"]
        ),
        (&2.into(), &2.into(), &2.into(), &1.into()),
        "{value}"
    );
    for (path, words) in [
        ("@/t/link2", "symbolic link"),
        ("@/t/fifo", "FIFO"),
        ("/etc", "not on Lustre"),
        ("@/nosuch", "No such file"),
    ] {
        let said = node.hsm(&format!("status {path}"));
        assert_eq!(said.code(), Some(1), "{said}");
        assert!(
            said.stderr.contains("FSXL-H101") && said.stderr.contains(words),
            "{words}: {said}"
        );
    }
}

#[test]
fn requests_are_asked_for_within_bounds_and_the_rest_is_said() {
    let node = Node::start();
    node.shell("mkdir @/t && touch @/t/{1..40}");
    node.archive("set /t 0d");
    node.shell("lfs hsm_restore @/t/{1..30}");
    let all = node.json("status @/t");
    assert_eq!((files(&all, "waiting"), all["counts"]["not_asked"].as_u64()), (30, Some(0)));
    let some = node.json("status --questions 10 @/t");
    assert_eq!(some["counts"]["not_asked"], 30, "{some}");
    assert!(files(&some, "waiting") <= 10, "{some}");
    let said = node.hsm("status --questions 10 @/t").assert_success();
    assert!(said.stdout.contains("at least: 30 files were not asked"), "{said}");
    node.archive("copytool 0 600000");
    assert_eq!(files(&node.json("status --questions all @/t"), "running"), 30);
}

#[test]
fn a_large_tree_is_counted_once_and_whole() {
    let node = Node::start();
    node.shell("mkdir -p @/t/{1..20}/{1..5} && for d in @/t/*/*; do (cd $d && touch {1..30}); done && cd @/t && touch {1000..2000}");
    node.archive("set /t 09");
    for threads in [1, 3, 16] {
        let value = node.json(&format!("status --threads {threads} @/t"));
        assert_eq!((files(&value, "total"), files(&value, "archived")), (4001, 4001), "{value}");
        assert_eq!(value["counts"]["directories"], 121, "{value}");
    }
}

#[test]
fn a_mount_that_does_not_answer_is_given_up() {
    let node = Node::start();
    node.shell("mkdir @/t && touch @/t/{1..100}");
    node.sandbox.client_fault("io-hang", true);
    let began = Instant::now();
    let said = node.hsm("status --timeout 2 @/t");
    assert!(began.elapsed() < Duration::from_secs(20), "{said}");
    assert_eq!(said.code(), Some(1), "{said}");
    assert!(said.stderr.contains("FSXL-H102"), "{said}");
    node.sandbox.client_fault("io-hang", false);
    assert_eq!(files(&node.json("status @/t"), "total"), 100);
}
