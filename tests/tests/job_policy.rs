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

/// What exits of mount.lustre lead to that no capture has: exit, what it says, cause, exit of the start.
const EXITS: &[(u8, &str, &str, i32)] = &[
    (13, "Permission denied", "denied", 0),
    (17, "is already mounted", "directory", 0),
    (2, "can't add initial connection", "lnet", 1),
    (127, "error while loading shared libraries", "module", 1),
    (5, "Is the MGS running?", "unreachable", 0),
];

#[test]
fn what_mount_lustre_exits_with_is_the_hooks_exit_by_its_cause() {
    let (sandbox, _) = node("");
    let device = |nid: &str| {
        let rule = RULE.replace("tag:Project:genomics", nid);
        sandbox.write_file("/etc/fsxlustre/zz.toml", &format!("{rule}options = \"retry=0\"\n"));
    };
    let start = |errno: u8, said: &str, cause: &str, exit: i32| {
        let program = format!("#!/bin/sh\necho \"mount.lustre: {said}\" >&2\nexit {errno}\n");
        sandbox.write_program("/run/standin/usr/sbin/mount.lustre", &program);
        let done = hook(&sandbox, "start", 7).run();
        assert_eq!(done.code(), Some(exit), "{errno} {said}: {done}");
        let said = if exit == 1 { format!("({cause})") } else { format!(": {cause}: the job is") };
        assert!(done.stdout.contains(&said), "{errno}: {done}");
        hook(&sandbox, "end", 7).run().assert_success();
    };
    device("10.0.0.5@tcp:/abcdefgh");
    for (errno, said, cause, exit) in EXITS {
        start(*errno, said, cause, *exit);
    }
    // A network that no node is made for is a mistake of the settings.
    device("10.0.0.5@o2ib:/abcdefgh");
    start(2, "can't add initial connection", "configuration", 0);
}

#[test]
fn jobs_that_start_together_get_the_same_answer() {
    let text = "\n[jobs]\nrefuse = [\"unreachable\"]\n[jobs.deadlines]\nmount = 5\n";
    let (sandbox, _) = node(&format!("{text}{RULE}"));
    // The servers do not answer, and each start waits for them or for another start.
    let program = "#!/bin/sh\nexec sleep 600\n";
    sandbox.write_program("/run/standin/usr/sbin/mount.lustre", program);
    let script = "export SLURM_CLUSTER_NAME=prod SLURM_JOB_RESTART_COUNT=0 SLURMD_NODENAME=node-1; \
                  for job in 1 2 3 4 5 6; do SLURM_JOB_ID=$job fsxlustre job start & done; wait";
    let starts = sandbox.run(["sh", "-c", script]).assert_success();
    for id in 1..=6 {
        let told = told(&sandbox, id);
        assert!(told.contains("FSXLUSTRE_CAUSE=unreachable\n"), "{id}: {told}\n{starts}");
        assert!(told.contains("\nrefuse\n"), "{id}: {told}");
    }
}

#[test]
fn a_mount_that_would_hide_another_jobs_is_refused() {
    let (sandbox, _) = node("");
    let rule = |directory: &str, partition: &str| {
        format!("{}partitions = [\"{partition}\"]\n", RULE.replace(DIRECTORY, directory))
    };
    let both = format!("{}{}", rule("/mnt/a/b", "cpu"), rule("/mnt/a", "gpu"));
    sandbox.write_file("/etc/fsxlustre/zz.toml", &both);
    let checked = sandbox.run(["fsxlustre", "config", "check"]);
    assert_eq!(checked.code(), Some(1), "{checked}");
    assert!(format!("{checked}").contains("one below the other"), "{checked}");
    // Settings that changed while a job of the earlier ones runs.
    sandbox.write_file("/etc/fsxlustre/zz.toml", &rule("/mnt/a/b", "cpu"));
    hook(&sandbox, "start", 1).run().assert_success();
    sandbox.run(["touch", "/mnt/a/b/mine"]).assert_success();
    sandbox.write_file("/etc/fsxlustre/zz.toml", &rule("/mnt/a", "cpu"));
    let second = hook(&sandbox, "start", 2).run().assert_success();
    assert!(second.stdout.contains("/mnt/a: directory: the job is admitted"), "{second}");
    assert!(second.stderr.contains("/mnt/a/b would be hidden"), "{second}");
    sandbox.run(["test", "-e", "/mnt/a/b/mine"]).assert_success();
    // Done again, what is there is no mount below.
    sandbox.write_file("/etc/fsxlustre/zz.toml", &rule("/mnt/a/b", "cpu"));
    hook(&sandbox, "start", 3).run().assert_success();
    assert!(told(&sandbox, 3).contains("FSXLUSTRE_STATUS=ready"));
}

#[test]
fn settings_that_cannot_be_read_drain_no_node() {
    let (sandbox, _) = node(RULE);
    sandbox.append_config("\n[jobs\n");
    let done = hook(&sandbox, "start", 1).run().assert_success();
    assert!(done.stderr.contains("FSXL-C112"), "{done}");
    let told = told(&sandbox, 1);
    assert!(told.contains("export FSXLUSTRE_CAUSE=configuration\n"), "{told}");
    assert!(!told.contains("FSXLUSTRE_MISSING"), "nobody knows which: {told}");
    assert!(!state(&sandbox).contains("/requests/"), "{}", state(&sandbox));
    hook(&sandbox, "end", 1).run().assert_success();
}
