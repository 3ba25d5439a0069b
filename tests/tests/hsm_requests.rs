//! `fsxlustre hsm restore`, `archive` and `release`: what is asked for, what is not, and what comes of it.

mod archives;

use archives::{FSX, Node, files};
use serde_json::Value;

/// A tree of so many files that are in the archive only.
fn released(files: usize) -> Node {
    let node = Node::start();
    node.shell(&format!("mkdir -p @/t/d && cd @/t && for f in $(seq 1 {files}); do echo $f > $((f % 2 ? 0 : 1))$f; done"));
    node.shell("mv @/t/1* @/t/d");
    node.archive("set /t 0d");
    node
}

#[track_caller]
fn number(value: &Value, path: &str) -> u64 {
    let found = path.split('.').fold(value, |value, key| &value[key]);
    found.as_u64().unwrap_or_else(|| panic!("{path}: {value}"))
}

#[test]
fn a_tree_is_asked_for_in_requests_of_52_files_and_restored() {
    let node = released(300);
    node.archive("copytool 0 0");
    let done = node.json("restore @/t");
    assert_eq!((number(&done, "asked.asked.files"), number(&done, "asked.requests")), (300, 6));
    assert_eq!(done["asked"]["begun"], "yes", "{done}");
    let calls = node.calls("hsm_restore");
    assert_eq!(calls.len(), 6);
    assert!(calls.iter().all(|call| call.len() <= 53), "a word and 52 files at most");
    let status = node.json("status @/t");
    assert_eq!((files(&status, "released"), files(&status, "archived")), (0, 300));
    // And again: nothing is to be done.
    let again = node.hsm("restore @/t").assert_success();
    assert!(again.stdout.contains("need nothing            300"), "{again}");
    assert_eq!(node.calls("hsm_restore").len(), 6);
}

#[test]
fn a_file_of_several_names_is_asked_for_once() {
    let node = released(60);
    node.shell("cd @/t && mkdir other && for f in $(find . -name '*0' -type f); do ln $f other/; ln $f $f.again; done");
    node.archive("copytool 0 100000000");
    let done = node.json("restore @/t");
    assert_eq!(number(&done, "asked.asked.files"), 60, "{done}");
    assert_eq!(number(&done, "asked.counts.skipped.hard_links"), 12, "{done}");
    let named: usize = node.calls("hsm_restore").iter().map(|call| call.len() - 1).sum();
    assert_eq!(named, 60);
}

#[test]
fn it_waits_where_it_is_told_to_and_says_how_far_it_is() {
    let node = released(60);
    node.archive("copytool 0 1500");
    let said = node.hsm("restore --wait=60 --json @/t").assert_success();
    let lines: Vec<Value> =
        said.stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert!(lines.iter().any(|line| line["event"] == "waiting"), "{said}");
    let done = lines.last().expect("a line");
    assert_eq!(number(done, "waited.at_first.files"), 60, "{said}");
    assert_eq!(number(done, "waited.counts.needed.files"), 0, "{said}");
    let status = node.json("status @/t");
    assert_eq!(files(&status, "released"), 0);
    // Nothing is left to go on with.
    let resumed = node.hsm("restore --resume").assert_success();
    assert_eq!(resumed.stdout, "no restore is unfinished here\n");
}

#[test]
fn where_hsm_is_off_it_is_said_at_once() {
    let node = released(100);
    node.archive("off");
    for verb in ["restore", "archive"] {
        node.archive(if verb == "restore" { "set /t 0d" } else { "set /t 00" });
        let said = node.hsm(&format!("{verb} @/t"));
        assert_eq!(said.code(), Some(1), "{said}");
        assert!(said.stderr.contains("FSXL-H103"), "{said}");
        assert!(said.stderr.contains("data repository association"), "{said}");
    }
    // One request each was enough to know.
    assert_eq!((node.calls("hsm_restore").len(), node.calls("hsm_archive").len()), (1, 1));
}

#[test]
fn where_nobody_copies_it_is_said_and_the_requests_stay() {
    let node = released(100);
    let said = node.hsm("restore @/t");
    assert_eq!(said.code(), Some(3), "{said}");
    assert!(said.stderr.contains("FSXL-H106"), "{said}");
    assert!(said.stderr.contains("describe-data-repository-associations"), "{said}");
    assert!(said.stdout.contains("asked for               100"), "{said}");
    assert_eq!(files(&node.json("status @/t"), "waiting"), 100);
    // Again: they are on their way, and nothing is asked for twice.
    let again = node.json("restore @/t");
    assert_eq!(
        (number(&again, "asked.asked.files"), number(&again, "asked.going.files")),
        (0, 100)
    );
    assert_eq!(node.calls("hsm_restore").len(), 2);
    node.archive("copytool 0 0");
    let waited = node.hsm("restore --resume --wait=30").assert_success();
    assert_eq!(node.calls("hsm_restore").len(), 2, "{waited}");
}

#[test]
fn the_time_of_a_wait_is_kept() {
    let node = released(10);
    node.archive("copytool 0 600000");
    let said = node.hsm("restore --wait=1 @/t");
    assert_eq!(said.code(), Some(3), "{said}");
    assert!(said.stderr.contains("FSXL-H108"), "{said}");
    assert!(said.stdout.contains("not yet                  10"), "{said}");
}

#[test]
fn what_failed_is_named_and_asked_for_again_by_the_next_run() {
    let node = released(60);
    node.archive("copytool 0 0");
    node.archive("lose /t/d/12");
    let said = node.hsm("restore --wait=60 @/t");
    assert_eq!(said.code(), Some(1), "{said}");
    assert!(said.stderr.contains("FSXL-H107"), "{said}");
    assert!(said.stdout.contains(&format!("{FSX}/t/d/12: its request ended")), "{said}");
    assert_eq!(files(&node.json("status @/t"), "released"), 1);
    let again = node.json("restore @/t");
    assert_eq!((number(&again, "asked.asked.files"), number(&again, "asked.again")), (1, 1));
}

#[test]
fn a_file_that_is_gone_meanwhile_spoils_no_request() {
    let node = released(52);
    node.archive("copytool 0 0");
    // One whose copy is known to be lost is refused before it could spoil anything.
    node.archive("set /t/03 4d");
    let said = node.hsm("restore @/t");
    assert_eq!(said.code(), Some(1), "{said}");
    assert!(
        said.stdout.contains("refused                   1  the archive lost its copy"),
        "{said}"
    );
    assert_eq!(files(&node.json("status @/t"), "released"), 1);
    // What the servers refuse in the middle of a request is found file by file.
    node.shell("mkdir @/u && touch @/u/{1..20}");
    node.archive("set /u 20");
    node.archive("set /u/7 00");
    let odd = node.json("archive @/u");
    assert_eq!(
        (number(&odd, "asked.asked.files"), odd["asked"]["failures"].as_array().unwrap().len()),
        (1, 19)
    );
}

#[test]
fn release_lets_go_what_the_archive_has_and_nothing_else() {
    let node = Node::start();
    node.archive("copytool 0 0");
    node.shell("mkdir @/t && cd @/t && for f in a b c d e; do echo $f > $f; done");
    node.archive("set /t 09");
    node.archive("set /t/b 00");
    node.archive("set /t/d 19");
    node.shell("echo more >> @/t/c");
    let said = node.hsm("release @/t");
    assert_eq!(said.code(), Some(1), "{said}");
    for words in [
        "released                  2",
        "refused                   1  it is never to be released (never_release)",
        "refused                   1  it is not archived",
        "refused                   1  it was written since it was archived (dirty)",
        "/mnt/fsx/t/b: it is not archived",
    ] {
        assert!(said.stdout.contains(words), "{words}: {said}");
    }
    let status = node.json("status @/t");
    assert_eq!((files(&status, "released"), files(&status, "dirty")), (2, 1));
    // The data of the others are as they were.
    assert_eq!(node.shell("cat @/t/b @/t/c @/t/d"), "b\nc\nmore\nd\n");
}

#[test]
fn archive_copies_what_is_new_or_dirty() {
    let node = Node::start();
    node.archive("copytool 0 0");
    node.shell("mkdir @/t && cd @/t && for f in a b c d; do echo $f > $f; done");
    node.archive("set /t/a 09");
    node.archive("set /t/b 0b");
    node.archive("set /t/c 0d");
    let done = node.json("archive --wait=30 @/t");
    assert_eq!(number(&done, "asked.asked.files"), 2, "{done}");
    let status = node.json("status @/t");
    assert_eq!((files(&status, "archived"), files(&status, "released")), (4, 1));
    let by_user =
        format!("setpriv --reuid 1000 --regid 1000 --clear-groups fsxlustre hsm archive {FSX}/t");
    let said = node.sandbox.run(by_user.split(' '));
    assert_eq!(said.code(), Some(1), "{said}");
    assert!(said.stderr.contains("FSXL-H104"), "{said}");
}

#[test]
fn a_user_may_restore_without_a_journal() {
    let node = released(10);
    let restore = format!(
        "setpriv --reuid 1000 --regid 1000 --clear-groups fsxlustre hsm restore --json {FSX}/t"
    );
    let run = || {
        let said = node.sandbox.run(restore.split(' '));
        let last = said.stdout.lines().last().unwrap_or_else(|| panic!("{said}")).to_owned();
        serde_json::from_str::<Value>(&last).unwrap_or_else(|_| panic!("{said}"))
    };
    assert_eq!(number(&run(), "asked.asked.files"), 10);
    let again = run();
    assert_eq!((number(&again, "asked.asked.files"), number(&again, "asked.going.files")), (0, 10));
    assert_eq!(node.calls("hsm_restore").len(), 1);
}
