//! State that another version of ours wrote: an older one's is used, a newer one's is read as far as it is
//! understood and never makes a hook fail, drain a node or take something away.

use fsxlustre_tests::Output;
use serde_json::Value;

#[path = "job_end/node.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod node;

use node::{DIRECTORY, Node, eventually};

const RUN: &str = "/run/fsxlustre";

/// Rewrites every state file of a folder by a Python expression over `d`, the object in it.
fn rewrite(node: &Node, folder: &str, expression: &str) {
    let script = format!(
        "import glob, json\nfor f in glob.glob('{RUN}/{folder}/*.json'):\n    \
         d = json.load(open(f))\n    {expression}\n    json.dump(d, open(f, 'w'))\n"
    );
    node.sandbox.run(["/usr/bin/env", "python3", "-c", &script]).assert_success();
}

/// Keeps these fields only.
fn keep(node: &Node, folder: &str, fields: &[&str]) {
    rewrite(node, folder, &format!("d = {{k: d[k] for k in {fields:?} if k in d}}"));
}

fn all_commands(node: &Node) -> Vec<Output> {
    let mut done = Vec::new();
    for words in [
        &["list"][..],
        &["list", "--json"],
        &["show", "1"],
        &["report", "1"],
        &["stuck", "1"],
        &["housekeeping"],
    ] {
        let words = ["fsxlustre", "job"].iter().chain(words);
        done.push(node.sandbox.run(words.copied().collect::<Vec<_>>()));
    }
    done
}

#[test]
fn state_of_the_first_version_is_used() {
    let node = Node::with("");
    node.started(1);
    let shown = node.mountinfo();
    // The fields that these files had at first.
    rewrite(
        &node,
        "requests",
        "d.pop('start'); d['mounts'] = [{k: m[k] for k in ('rule', 'source', 'directory', 'options')} \
         for m in d['mounts']]",
    );
    let lease = ["format", "job", "boot_id", "began_unix_seconds", "directories", "has_ended"];
    keep(&node, "leases", &lease);
    let record = [
        "format",
        "source",
        "file_system_id",
        "device",
        "directory",
        "options",
        "mount_id",
        "boot_id",
        "written_unix_seconds",
        "made_by",
    ];
    keep(&node, "mounts", &record);
    for done in all_commands(&node) {
        assert!(done.is_success(), "{done}");
    }
    assert_eq!(node.mountinfo(), shown);
    let again = node.job("start", 1).assert_success();
    assert_eq!(node.mountinfo(), shown, "{again}");
    let end = node.job("end", 1).assert_success();
    assert!(!node.is_mounted(), "{end}");
    assert_eq!(node.left(), Vec::<String>::new());
}

#[test]
fn leaks_and_timers_of_the_first_version_are_seen_to() {
    let node = Node::with("[jobs.deadlines]\nunmount = 1\n");
    node.started(1);
    let (holder, _) = node.holder(&format!("cd {DIRECTORY}; echo $$; exec sleep 60"));
    node.job("end", 1).assert_success();
    rewrite(&node, "leaked", "d['later'] = {'of': 'another version'}");
    drop(holder);
    eventually("housekeeping takes it away", || {
        node.sandbox.run(["fsxlustre", "job", "housekeeping"]).assert_success();
        !node.is_mounted()
    });
    eventually("nothing is left", || node.left().is_empty() && node.sleepers().is_empty());
}

/// Every file says that a later version wrote it, and some fields are of another kind.
fn age(node: &Node) {
    for folder in ["requests", "leases", "mounts", "leaked", "io", "unmounts", "idle"] {
        rewrite(node, folder, "d['format'] = 9; d['news'] = {'of': [1, 2, 3]}");
    }
    rewrite(node, "requests", "d['job_id'] = 'one'");
    rewrite(node, "leases", "d['began_unix_seconds'] = 'today'");
    rewrite(node, "mounts", "d['made_by'] = {'owner': {'kind': 'job'}}");
    rewrite(node, "io", "d['counters'] = 'compressed'");
    node.sandbox.write_file(&format!("{RUN}/housekeeping.json"), "{\"format\": 9, \"timers\": []}");
}

#[test]
fn state_of_a_later_version_makes_no_hook_fail_and_takes_nothing_away() {
    let node = Node::with("");
    node.started(1);
    let shown = node.mountinfo();
    age(&node);
    let script = format!("cat {RUN}/requests/*.json {RUN}/mounts/*.json");
    let read = || node.sandbox.run(["sh", "-c", &script]).stdout;
    let before = read();
    for done in all_commands(&node) {
        assert!(done.code() == Some(0) || done.code() == Some(1), "{done}");
        assert!(!done.stderr.contains("panicked"), "{done}");
    }
    assert_eq!((node.mountinfo(), read()), (shown.clone(), before.clone()));
    let again = node.job("start", 1);
    assert_eq!(again.code(), Some(0), "{again}");
    assert_eq!(node.mountinfo(), shown, "{again}");
    let told = node.sandbox.run(["ls", &format!("{RUN}/told")]).assert_success().stdout;
    assert_eq!(told.trim(), "1");
    let requests: Vec<&str> = before.lines().filter(|line| line.contains("news")).collect();
    assert!(requests.iter().all(|line| read().contains(line)), "not written over: {}", read());
    let end = node.job("end", 1);
    assert_eq!(end.code(), Some(0), "{end}");
    // Whose the mount is cannot be told, so it is nobody's to take away.
    assert!(end.stdout.contains("stays: it was not mounted by a job's start"), "{end}");
    assert_eq!(node.mountinfo(), shown);
    // Jobs go on with what is there.
    node.job("start", 2).assert_success();
    node.job("end", 2).assert_success();
    assert_eq!(node.mountinfo(), shown);
}

#[test]
fn a_lease_of_a_later_version_still_holds_the_mount() {
    let node = Node::with("");
    node.started(1);
    node.started(2);
    let shown = node.mountinfo();
    let theirs = format!("{RUN}/leases/prod_1_0_node-1.json");
    let text = node.sandbox.read_file(&theirs);
    let mut lease: Value = serde_json::from_str(&text).unwrap();
    lease["format"] = 9.into();
    lease["directories"] = serde_json::json!({"all": [DIRECTORY]});
    node.sandbox.write_file(&theirs, &lease.to_string());
    let end = node.job("end", 2).assert_success();
    assert_eq!(node.mountinfo(), shown, "unknown is not nobody: {end}");
    assert!(end.stdout.contains("stays: in use by prod_1_0_node-1"), "{end}");
}

#[test]
fn torn_state_makes_no_hook_fail() {
    let node = Node::with("");
    node.started(1);
    let shown = node.mountinfo();
    for torn in ["", "{", "[]", "null", "{\"format\":1}", "\u{0}\u{1}"] {
        for folder in ["requests", "leases", "mounts", "io"] {
            let tear = format!("for f in {RUN}/{folder}/*.json; do cat >\"$f\"; done");
            node.sandbox.command(["sh", "-c", &tear]).stdin(torn).run().assert_success();
        }
        for verb in ["start", "end"] {
            let done = node.job(verb, 2);
            assert_eq!(done.code(), Some(0), "{torn:?} {verb}: {done}");
        }
        let end = node.job("end", 1);
        assert_eq!(end.code(), Some(0), "{torn:?}: {end}");
        assert_eq!(node.mountinfo(), shown, "{torn:?}: {end}");
    }
}
