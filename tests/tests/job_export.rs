//! What a job's end does for the data repository: a ticket, or a task that is waited for; never a failed end.

use fsxlustre_tests::{Fault, FileSystem, Output, Sandbox, Signal};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const CREATE: &str = "CreateDataRepositoryTask";
const REPORTS: &str = "/usr/share/reports";

fn with(export: &str, more: &str) -> (Sandbox, FileSystem) {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    let linked = json!([{
        "AssociationId": "dra-01", "FileSystemPath": "/", "DataRepositoryPath": "s3://bucket/all",
        "Lifecycle": "AVAILABLE", "S3": {},
    }]);
    sandbox.set_associations(&made.id, &linked);
    sandbox.run(["mkdir", "-p", REPORTS]).assert_success();
    sandbox.append_config(&format!(
        "{more}[[jobs.mount]]\nsource = \"tag:Project:genomics\"\ndirectory = \"/mnt/genomics\"\n\
         export = \"{export}\"\n"
    ));
    (sandbox, made)
}

fn job(sandbox: &Sandbox, verb: &str) -> Output {
    job_of(sandbox, verb, "7")
}

fn job_of(sandbox: &Sandbox, verb: &str, id: &str) -> Output {
    sandbox
        .command(["fsxlustre", "job", verb])
        .env("SLURM_JOB_ID", id)
        .env("SLURM_CLUSTER_NAME", "prod")
        .env("SLURMD_NODENAME", "n1")
        .run()
}

fn made(sandbox: &Sandbox) -> Vec<Value> {
    let log = sandbox.api_log();
    let made = log.into_iter().filter(|one| one.operation.as_deref() == Some(CREATE));
    made.map(|one| one.body).collect()
}

#[track_caller]
fn says(output: &Output, words: &[&str]) {
    for word in words {
        assert!(format!("{output}").contains(word), "{word:?} is missing: {output}");
    }
}

#[test]
fn an_end_leaves_a_ticket_that_the_head_node_finishes() {
    let (sandbox, fs) = with("ticket", &format!("[jobs]\nreport_dir = \"{REPORTS}\"\n"));
    job(&sandbox, "start").assert_success();
    let end = job(&sandbox, "end").assert_success();
    says(&end, &["unmounted", "export left as the ticket prod_7_0_n1.0"]);
    assert_eq!(made(&sandbox).len(), 0, "a compute node begins nothing");
    let text = sandbox.read_file(&format!("{REPORTS}/ticket-prod_7_0_n1.0.json"));
    let ticket: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&ticket["state"], &ticket["paths"]), (&json!("asked"), &json!([])));
    assert_eq!(
        (&ticket["asked_by"], &ticket["file_system_id"]),
        (&json!("prod_7_0_n1"), &json!(fs.id))
    );
    let mut said = String::new();
    for _ in 0..3 {
        said = sandbox.run(["fsxlustre", "export", "tickets", "--finish"]).assert_success().stdout;
    }
    assert!(said.contains("prod_7_0_n1.0 done"), "{said}");
    assert_eq!(made(&sandbox).len(), 1);
    // A report is what it was, and a ticket is none.
    let reports = sandbox.run(["fsxlustre", "job", "report"]).assert_success();
    says(&reports, &["job 7"]);
    assert!(!reports.stderr.contains("ticket"), "{reports}");
}

/// The tickets that are there, by the names of their files.
fn tickets(sandbox: &Sandbox) -> Vec<String> {
    let listed = sandbox.run(["ls", "-A", REPORTS]).assert_success();
    let names = listed.stdout.lines().filter(|name| name.contains("ticket-"));
    names.map(str::to_owned).collect()
}

#[test]
fn an_end_that_is_killed_anywhere_leaves_one_ticket_when_it_is_run_again() {
    let (sandbox, _) = with("ticket", &format!("[jobs]\nreport_dir = \"{REPORTS}\"\n"));
    job(&sandbox, "start").assert_success();
    let began = Instant::now();
    job(&sandbox, "end").assert_success();
    let mut whole = began.elapsed();
    let mut random = fastrand::Rng::new();
    let seed = random.get_seed();
    let mut cut_short = 0;
    for round in 0..60 {
        if cut_short == 16 {
            break;
        }
        sandbox.run(["bash", "-c", &format!("rm -rf {REPORTS}/*")]).assert_success();
        job(&sandbox, "start").assert_success();
        let mut end = sandbox
            .command(["fsxlustre", "job", "end"])
            .env("SLURM_JOB_ID", "7")
            .env("SLURM_CLUSTER_NAME", "prod")
            .env("SLURMD_NODENAME", "n1")
            .spawn();
        let at = whole.mul_f64(random.f64());
        if end.wait(at).is_some() {
            // The machine was busier when a whole one was measured.
            whole = at;
        } else {
            end.signal(Signal::SIGKILL);
            end.wait(Duration::from_secs(20)).expect("it was killed");
            cut_short += 1;
        }
        job(&sandbox, "end").assert_success();
        let says = format!("round {round}, seed {seed}");
        assert_eq!(tickets(&sandbox), ["ticket-prod_7_0_n1.0.json"], "{says}");
        let text = sandbox.read_file(&format!("{REPORTS}/ticket-prod_7_0_n1.0.json"));
        let ticket: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{says}: {e}"));
        assert_eq!(ticket["state"], "asked", "{says}: {ticket}");
        let mounted = sandbox.run(["findmnt", "/mnt/genomics"]);
        assert_ne!(mounted.code(), Some(0), "{says}: {mounted}");
    }
    assert_eq!(cut_short, 16, "so many of 60 ends were cut short: fewer prove nothing");
    // One ticket is one task.
    for _ in 0..3 {
        sandbox.run(["fsxlustre", "export", "tickets", "--finish"]).assert_success();
    }
    assert_eq!(made(&sandbox).len(), 1);
}

#[test]
fn a_task_that_began_before_a_job_ended_does_not_export_it() {
    let (sandbox, _) = with("ticket", &format!("[jobs]\nreport_dir = \"{REPORTS}\"\n"));
    sandbox.end_tasks(&json!({"looks": 3}));
    let finish = || {
        let tickets = ["fsxlustre", "export", "tickets"];
        sandbox.run(tickets.iter().chain(&["--finish"])).assert_success();
        let told = sandbox.run(tickets.iter().chain(&["--all", "--json"])).assert_success();
        let told: Value = serde_json::from_str(&told.stdout).unwrap();
        let one = |ticket: &Value| {
            let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
            (text(&ticket["asked_by"]), text(&ticket["state"]), text(&ticket["task"]["id"]))
        };
        let mut all: Vec<_> = told["tickets"].as_array().unwrap().iter().map(one).collect();
        all.sort();
        all
    };
    for verb in ["start", "end"] {
        job_of(&sandbox, verb, "7").assert_success();
    }
    // Begun, and seen to be executing.
    let (first, second) = (finish(), finish());
    assert_eq!((&*first[0].1, &*second[0].1), ("begun", "begun"));
    // A ticket's time is in whole seconds.
    std::thread::sleep(Duration::from_millis(1100));
    for verb in ["start", "end"] {
        job_of(&sandbox, verb, "8").assert_success();
    }
    let now = finish();
    assert_eq!((&*now[0].1, &*now[1].1, &*now[1].2), ("begun", "asked", "none"), "{now:?}");
    let mut last = finish();
    for _ in 0..12 {
        last = finish();
    }
    assert_eq!((&*last[0].1, &*last[1].1), ("done", "done"), "{last:?}");
    assert_ne!(last[0].2, last[1].2, "each has a task of its own");
}

#[test]
fn an_end_that_waits_tells_how_it_went_and_fails_for_nothing() {
    let (sandbox, _) = with("wait 20s", "");
    job(&sandbox, "start").assert_success();
    says(
        &job(&sandbox, "end").assert_success(),
        &["/mnt/genomics exported: task-0", "3 of 3 files"],
    );
    for (how, words) in [
        (json!({"looks": 1000}), ["export goes on", "EXECUTING"]),
        (json!({"looks": 1, "lifecycle": "FAILED", "failed": 1}), ["not exported", "1 failed"]),
    ] {
        sandbox.end_tasks(&how);
        job(&sandbox, "start").assert_success();
        says(&job(&sandbox, "end").assert_success(), &words);
        sandbox.reset_api();
    }
    sandbox.inject_fault(&Fault::on(CREATE).error(400, "AccessDeniedException"));
    job(&sandbox, "start").assert_success();
    says(&job(&sandbox, "end").assert_success(), &["not exported", "FSXL-A103"]);
}

#[test]
fn a_job_without_its_file_system_exports_nothing() {
    let (sandbox, fs) = with("wait 20s", "");
    sandbox.set_file_system(&fs.id, &json!({"Lifecycle": "FAILED"}));
    job(&sandbox, "start");
    job(&sandbox, "end").assert_success();
    assert_eq!(made(&sandbox).len(), 0);
}

#[test]
fn a_ticket_without_a_folder_for_it_is_a_mistake_of_the_settings() {
    let (sandbox, _) = with("ticket", "");
    let check = sandbox.run(["fsxlustre", "config", "check"]);
    assert_ne!(check.code(), Some(0), "{check}");
    says(&check, &["jobs.mount[0].export", "report_dir"]);
    let (sandbox, _) = with("wait 5min", "");
    says(&sandbox.run(["fsxlustre", "config", "check"]), &["wait 60s"]);
}
