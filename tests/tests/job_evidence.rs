//! What is left behind of a node that is drained, before it is: in the journal, in the line that slurmd
//! logs, and in the folder of reports; and that a report is put right when a leaked mount goes.

use fsxlustre_tests::{Output, Running};
use serde_json::Value;

#[path = "job_end/node.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod node;

use node::{DIRECTORY, Node, eventually};

const SHARED: &str = "/usr/share/reports";
const HERE: &str = "/var/lib/fsxlustre/jobs";
const SHORT: &str = "[jobs.deadlines]\nunmount = 1\n";

/// Takes datagrams at journald's socket, and prints each.
const JOURNAL: &str = r#"
import os, socket
os.makedirs("/run/systemd/journal", exist_ok=True)
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("/run/systemd/journal/socket")
print("ready", flush=True)
while True:
    print("ENTRY\\n" + s.recv(1 << 18).decode("utf-8", "replace"), flush=True)
"#;

/// A node that shares a folder of reports, and its journal.
fn node(jobs: &str) -> (Node, Running) {
    let node = Node::with(&format!("report_dir = \"{SHARED}\"\n{jobs}"));
    node.sandbox.run(["mkdir", "-p", SHARED]).assert_success();
    let journal = node.sandbox.command(["/usr/bin/env", "python3", "-c", JOURNAL]).spawn();
    eventually("the journal is there", || journal.stdout().contains("ready"));
    (node, journal)
}

fn read(node: &Node, folder: &str, name: &str) -> Value {
    let text = node.sandbox.read_file(&format!("{folder}/{name}.json"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The node is drained by this hook: one line is printed, the same is in both folders, and the journal
/// has the failure with the job.
fn assert_drained(node: &Node, journal: &Running, hook: &str, done: &Output, code: &str) {
    assert_eq!(done.code(), Some(1), "{done}");
    assert_eq!((done.stdout.lines().count(), done.stderr.as_str()), (1, ""), "{done}");
    let line = done.stdout.trim();
    assert!(line.starts_with("fsxlustre: job 1: this node is not fit ("), "{line}");
    assert!(line.contains(code) && line.contains("; do: "), "{line}");
    let evidence = read(node, SHARED, "drain-prod_1_0_node-1");
    assert_eq!(evidence, read(node, HERE, "drain-prod_1_0_node-1"));
    assert_eq!((&evidence["hook"], &evidence["line"]), (&hook.into(), &line.into()));
    let failure = &evidence["failures"][0];
    assert_eq!(
        (&failure["directory"], &failure["failure"]["code"]),
        (&DIRECTORY.into(), &code.into())
    );
    assert_eq!(evidence["request"]["job_id"], 1, "{evidence}");
    let has = |entry: &str, field: &str| entry.lines().any(|line| line == field);
    eventually("the journal has it", || {
        journal.stdout().split("ENTRY\n").any(|entry| {
            has(entry, &format!("FSXLUSTRE_CODE={code}"))
                && has(entry, "FSXLUSTRE_JOB=prod_1_0_node-1")
                && has(entry, "PRIORITY=3")
                && has(entry, &format!("FSXLUSTRE_DIRECTORY={DIRECTORY}"))
        })
    });
}

#[test]
fn a_start_that_drains_leaves_its_evidence() {
    let (node, journal) = node("");
    node.sandbox.client_fault("modules-missing", true);
    let start = node.job("start", 1);
    assert_drained(&node, &journal, "start", &start, "FSXL-K102");
}

#[test]
fn an_end_that_drains_leaves_its_evidence_and_its_report() {
    let (node, journal) = node(&format!("on_leak = \"drain\"\n{SHORT}"));
    node.started(1);
    let (_holder, pid) = node.holder(&format!("cd {DIRECTORY}; echo $$; exec sleep 60"));
    let end = node.job("end", 1);
    assert_drained(&node, &journal, "end", &end, "FSXL-U101");
    assert!(end.stdout.contains(&format!("sleep (pid {pid}, root)")), "{end}");
    let report = read(&node, SHARED, "prod_1_0_node-1");
    assert!(report["directories"][0]["fate"].as_str().unwrap().contains("FSXL-U101"), "{report}");
}

#[test]
fn a_report_has_the_phases_of_start_and_end_and_is_put_right_when_a_leak_goes() {
    let (node, _journal) = node(SHORT);
    node.started(1);
    let (holder, _) = node.holder(&format!("cd {DIRECTORY}; echo $$; exec sleep 60"));
    node.job("end", 1).assert_success();
    let report = read(&node, SHARED, "prod_1_0_node-1");
    let phases = report["phases"].as_array().unwrap();
    for (of, phase) in [("start", "resolve"), ("start", "mount"), ("end", "unmount")] {
        let is_there = |one: &Value| one["of"] == of && one["phase"] == phase;
        assert!(phases.iter().any(is_there), "{of} {phase}: {report:#}");
    }
    let one = &report["directories"][0];
    assert!(one["fate"].as_str().unwrap().contains("housekeeping tries again"), "{one}");
    assert!(one["settled_unix_seconds"].is_null(), "{one}");
    let shown = node.sandbox.run(["fsxlustre", "job", "report", "1"]).assert_success();
    assert!(
        shown.stdout.contains("start mount ") && shown.stdout.contains("end unmount "),
        "{shown}"
    );

    drop(holder);
    eventually("housekeeping takes it away", || {
        node.sandbox.run(["fsxlustre", "job", "housekeeping"]);
        !node.is_mounted()
    });
    for folder in [SHARED, HERE] {
        let one = &read(&node, folder, "prod_1_0_node-1")["directories"][0];
        assert_eq!(one["fate"], format!("{DIRECTORY} unmounted"), "{folder}");
        assert!(one["settled_unix_seconds"].is_number(), "{folder}: {one}");
    }
}

#[test]
fn a_job_that_takes_the_mount_over_puts_the_report_right_too() {
    let (node, _journal) = node(SHORT);
    node.started(1);
    let (holder, _) = node.holder(&format!("cd {DIRECTORY}; echo $$; exec sleep 60"));
    node.job("end", 1).assert_success();
    node.started(2);
    drop(holder);
    eventually("it can be unmounted", || {
        node.job("end", 2).assert_success();
        !node.is_mounted()
    });
    let one = &read(&node, SHARED, "prod_1_0_node-1")["directories"][0];
    assert_eq!(one["fate"], format!("{DIRECTORY} stays: in use by prod_2_0_node-1"), "{one}");
}
