//! Causes decide what becomes of job and node: by default only what lies on this node takes it out of
//! service.

mod hooked;

use fsxlustre_tests::{Fault, FileSystem, Sandbox};
use hooked::{DIRECTORY, RULE, hook, mounted, node, state, told};
use serde_json::{Value, json};

fn policy(sandbox: &Sandbox) -> Value {
    let json = sandbox.run(["fsxlustre", "job", "policy", "--json"]).assert_success().stdout;
    serde_json::from_str(&json).unwrap()
}

fn of<'a>(table: &'a Value, cause: &str) -> &'a Value {
    let rows = table["causes"].as_array().unwrap();
    rows.iter().find(|row| row["cause"] == cause).unwrap_or_else(|| panic!("{cause}: {table}"))
}

#[test]
fn the_table_is_printed_with_this_nodes_settings() {
    let (sandbox, _) = node("");
    let table = policy(&sandbox);
    for row in table["causes"].as_array().unwrap() {
        let drains = ["module", "lnet", "state"].contains(&row["cause"].as_str().unwrap());
        assert_eq!(row["exit"], i32::from(drains), "{row}");
        assert!(!drains || row["lies"] == "on-this-node", "{row}");
    }
    assert_eq!(of(&table, "leaked")["verdict"], "refuse");
    for hook in ["start", "end"] {
        let phases = table[hook].as_array().unwrap();
        let sum: u64 = phases.iter().map(|row| row["seconds"].as_u64().unwrap()).sum();
        assert_eq!(sum, 45, "{hook}");
    }
    sandbox
        .append_config("\n[jobs]\nrefuse = [\"api\"]\ndrain = []\n[jobs.deadlines]\nmount = 30\n");
    let table = policy(&sandbox);
    assert_eq!(of(&table, "api")["verdict"], "refuse");
    assert_eq!(of(&table, "leaked")["verdict"], "admit");
    assert_eq!(of(&table, "module")["exit"], 0);
    assert!(table["start"].as_array().unwrap().contains(&json!({"phase": "mount", "seconds": 30})));
    let text = sandbox.run(["fsxlustre", "job", "policy"]).assert_success().stdout;
    assert!(text.contains("start: at most 55 s"), "{text}");
}

#[test]
fn a_setting_that_lets_a_job_drain_nodes_is_refused_with_its_line() {
    let (sandbox, _) = node("");
    for (line, why) in [
        ("drain = [\"job\"]", "a job's own mistake"),
        ("drain = [\"all\"]", "a job's own mistake"),
        ("refuse = [\"weather\"]", "it takes causes: module, lnet"),
        ("unmount = \"later\"", "last-job"),
    ] {
        sandbox.write_file("/etc/fsxlustre/zz.toml", &format!("[jobs]\n{line}\n"));
        let checked = sandbox.run(["fsxlustre", "config", "check"]);
        assert!(!checked.is_success(), "{line}: {checked}");
        let said = format!("{}{}", checked.stdout, checked.stderr);
        assert!(said.contains("zz.toml:2") && said.contains(why), "{line}: {said}");
    }
}

#[test]
fn only_a_cause_on_this_node_exits_1_and_says_so_in_one_line() {
    let (sandbox, _) = node(&format!("\n[jobs]\nreport_dir = \"/shared/reports\"\n{RULE}"));
    sandbox.run(["mkdir", "-p", "/shared/reports"]).assert_success();
    sandbox.client_fault("modules-missing", true);
    let drained = hook(&sandbox, "start", 1).run();
    assert_eq!(drained.code(), Some(1), "{drained}");
    assert_eq!((drained.stdout.lines().count(), drained.stderr.as_str()), (1, ""), "{drained}");
    for word in ["job 1: this node is not fit (module)", "[FSXL-K102]", "; do: "] {
        assert!(drained.stdout.contains(word), "{word}: {drained}");
    }
    for folder in ["/var/lib/fsxlustre/jobs", "/shared/reports"] {
        let evidence = sandbox.read_file(&format!("{folder}/drain-prod_1_0_node-1.json"));
        let evidence: Value = serde_json::from_str(&evidence).unwrap();
        assert_eq!(evidence["line"], drained.stdout.trim_end(), "{folder}");
        assert_eq!(evidence["failures"][0]["cause"], "module", "{folder}: {evidence}");
        assert_eq!(evidence["failures"][0]["failure"]["code"], "FSXL-K102");
    }
    // What came with it is gone with its end.
    hook(&sandbox, "end", 1).run().assert_success();
    let text = "[jobs]\ndrain = []\nrefuse = [\"module\"]\n";
    sandbox.write_file("/etc/fsxlustre/zz.toml", text);
    let refused = hook(&sandbox, "start", 2).run().assert_success();
    assert!(refused.stdout.contains("module: the job is refused"), "{refused}");
    let told = told(&sandbox, 2);
    assert!(told.starts_with("export FSXLUSTRE_STATUS=refused\n"), "{told}");
    assert!(
        told.contains("\nrefuse\n") && told.contains("\nprint fsxlustre: /mnt/genomics"),
        "{told}"
    );
}

#[test]
fn a_state_folder_that_cannot_be_written_is_this_nodes_own_fault() {
    let (sandbox, _) = node(RULE);
    sandbox.run(["sh", "-c", "rm -rf /run/fsxlustre; echo x > /run/fsxlustre"]).assert_success();
    let drained = hook(&sandbox, "start", 1).run();
    assert_eq!(drained.code(), Some(1), "{drained}");
    assert!(
        drained.stdout.contains("(state)") && drained.stdout.contains("FSXL-M302"),
        "{drained}"
    );
    assert_eq!(mounted(&sandbox, DIRECTORY), "");
}

/// A start whose cause lies outside: the job is admitted, and told.
fn admitted(sandbox: &Sandbox, id: u32, cause: &str) {
    sandbox.run(["fsxlustre", "cache", "clear"]).assert_success();
    let done = hook(sandbox, "start", id).run().assert_success();
    let wanted = format!("{cause}: the job is admitted without it");
    assert!(done.stdout.contains(&wanted), "{cause}: {done}");
    assert!(told(sandbox, id).contains(&format!("FSXLUSTRE_CAUSE={cause}\n")), "{cause}");
    hook(sandbox, "end", id).run().assert_success();
}

#[test]
fn causes_outside_this_node_admit_the_job() {
    let (sandbox, made) = node(RULE);
    sandbox.client_fault("replay:nohost_retry0", true);
    admitted(&sandbox, 2, "unreachable");
    sandbox.client_fault("replay:nohost_retry0", false);
    sandbox.set_file_system(&made.id, &json!({"Lifecycle": "CREATING"}));
    admitted(&sandbox, 3, "not-available");
    sandbox.set_file_system(&made.id, &json!({"Lifecycle": "AVAILABLE"}));
    sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    admitted(&sandbox, 4, "ambiguous");
    sandbox.inject_fault(&Fault::on("Describe").times(9).error(400, "AccessDeniedException"));
    admitted(&sandbox, 5, "api");
}

#[test]
fn settings_that_cannot_be_read_drain_no_node() {
    let (sandbox, _) = node(RULE);
    sandbox.append_config("\n[jobs\n");
    let done = hook(&sandbox, "start", 1).run().assert_success();
    assert!(done.stderr.contains("FSXL-C112"), "{done}");
    let told = told(&sandbox, 1);
    assert!(told.contains("export FSXLUSTRE_CAUSE=configuration\n"), "{told}");
    assert!(!state(&sandbox).contains("/requests/"), "{}", state(&sandbox));
    hook(&sandbox, "end", 1).run().assert_success();
}
