//! What was mounted already when a job starts: it is used as it is, and told of where it is dead.

#[expect(dead_code, reason = "shared with other tests")]
mod hooked;

use fsxlustre_tests::Sandbox;
use hooked::{DIRECTORY, RULE, hook, mounted, node, told};
use serde_json::Value;

const SOURCE: &str = "tag:Project:genomics";
const REQUEST: &str = "/run/fsxlustre/requests/prod_1_0_node-1.json";

/// Says of a connection that it is in this state.
fn set_state(sandbox: &Sandbox, target: &str, from: &str, to: &str) {
    let file = format!("/run/standin/proc/fs/lustre/osc/*-{target}-osc-*/ost_server_uuid");
    let words = format!("sed -i s/{from}/{to}/ {file} && grep -h . {file}");
    let shown = sandbox.run(["sh", "-c", &words]).assert_success();
    assert!(shown.stdout.contains(to), "{shown}");
}

#[test]
fn a_mount_whose_servers_do_not_answer_is_not_ready() {
    let (sandbox, _) = node(RULE);
    sandbox.run(["mkdir", "-p", DIRECTORY]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", SOURCE, DIRECTORY]).assert_success();
    let there = mounted(&sandbox, DIRECTORY);
    set_state(&sandbox, "OST0001", "FULL", "CONNECTING");
    let start = hook(&sandbox, "start", 1).run().assert_success();
    let words = told(&sandbox, 1);
    assert!(
        words.starts_with("export FSXLUSTRE_STATUS=missing\nexport FSXLUSTRE_CAUSE=unreachable\n")
    );
    assert!(words.contains("/mnt/genomics is not as it should be (unreachable)"), "{words}");
    assert!(start.stderr.contains("is mounted, but its servers do not answer"), "{start}");
    assert!(start.stderr.contains("OST0001 CONNECTING"), "{start}");
    let request: Value = serde_json::from_str(&sandbox.read_file(REQUEST)).unwrap();
    assert_eq!(request["mounts"][0]["outcome"]["code"], "FSXL-N201", "{request}");
    hook(&sandbox, "end", 1).run().assert_success();
    assert_eq!(mounted(&sandbox, DIRECTORY), there, "it was there, and stays");

    // What sleeps for want of work, or is switched off, is as it should be.
    set_state(&sandbox, "OST0001", "CONNECTING", "IDLE");
    hook(&sandbox, "start", 1).run().assert_success();
    assert_eq!(told(&sandbox, 1).trim_end(), "export FSXLUSTRE_STATUS=ready");
    hook(&sandbox, "end", 1).run().assert_success();
}

#[test]
fn where_a_site_wants_it_no_job_runs_on_a_dead_mount() {
    let (sandbox, _) = node(&format!("[jobs]\nrefuse = [\"unreachable\"]\n{RULE}"));
    sandbox.run(["mkdir", "-p", DIRECTORY]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", SOURCE, DIRECTORY]).assert_success();
    set_state(&sandbox, "OST0000", "FULL", "DISCONN");
    hook(&sandbox, "start", 1).run().assert_success();
    let words = told(&sandbox, 1);
    assert!(
        words.contains("FSXLUSTRE_STATUS=refused\nexport FSXLUSTRE_CAUSE=unreachable"),
        "{words}"
    );
    assert!(words.contains("not as it should be"), "{words}");
    hook(&sandbox, "end", 1).run().assert_success();
}

/// The job writes when they answer again.
#[test]
fn what_was_mounted_and_not_ready_is_exported_all_the_same() {
    let reports = "/usr/share/reports";
    let settings = format!("[jobs]\nreport_dir = \"{reports}\"\n{RULE}export = \"ticket\"\n");
    let (sandbox, _) = node(&settings);
    sandbox.run(["mkdir", "-p", DIRECTORY, reports]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", SOURCE, DIRECTORY]).assert_success();
    set_state(&sandbox, "OST0001", "FULL", "CONNECTING");
    hook(&sandbox, "start", 1).run().assert_success();
    assert!(told(&sandbox, 1).contains("FSXLUSTRE_STATUS=missing"));
    set_state(&sandbox, "OST0001", "CONNECTING", "FULL");
    let end = hook(&sandbox, "end", 1).run().assert_success();
    assert!(end.to_string().contains("export left as the ticket prod_1_0_node-1.0"), "{end}");

    // A start that was killed has not said how it went.
    hook(&sandbox, "start", 1).run().assert_success();
    let mut request: Value = serde_json::from_str(&sandbox.read_file(REQUEST)).unwrap();
    request["mounts"][0]["outcome"] = Value::Null;
    sandbox.write_file(REQUEST, &request.to_string());
    let end = hook(&sandbox, "end", 1).run().assert_success();
    assert!(end.to_string().contains("no export is asked for: it is not known"), "{end}");
}
