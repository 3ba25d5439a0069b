//! A job's reports of all its nodes in real Slurm's accounting: put together on the controller, written
//! by sacctmgr to slurmdbd's database, read by sacct and sacctmgr.

use std::time::Duration;

use fsxlustre_tests::slurm::{Cluster, Job, NODES, Settings};
use fsxlustre_tests::{FileSystem, Output};
use serde_json::Value;

/// The folder of reports: on every machine the same, and root's alone.
const REPORTS: &str = "/mnt/reports";
const JOBS: &str = r#"
[jobs]
report_dir = "/mnt/reports"
[[jobs.mount]]
source = "tag:Project:genomics"
directory = "/mnt/genomics"
partitions = ["cpu"]
"#;

/// Each node writes a MiB, once it may.
const WRITES: &str = "srun /bin/sh -c 'until [ -w /mnt/genomics ]; do sleep 0.05; done
                      head -c 1048576 /dev/zero >/mnt/genomics/of.$SLURMD_NODENAME'";

/// A cluster with accounting, whose machines share the folder.
fn genomics(settings: Settings) -> (Cluster, FileSystem) {
    let mut cluster = Cluster::with(settings.accounting().config(JOBS));
    let made = cluster.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    let shared = cluster.shared("reports");
    let controller = cluster.controller();
    controller.append_config(&format!("[jobs]\nreport_dir = \"{REPORTS}\"\n"));
    controller.run(["install", "-d", "-m", "0755", &shared]).assert_success();
    for machine in NODES.map(|node| cluster.node(node)).into_iter().chain([controller]) {
        machine.run(["mkdir", REPORTS]).assert_success();
        machine.run(["mount", "--bind", &shared, REPORTS]).assert_success();
    }
    (cluster, made)
}

/// Lets users write, once the job has mounted it on every node.
fn open_to_users(cluster: &Cluster) {
    for node in NODES.map(|node| cluster.node(node)) {
        let mounted = || node.read_file("/proc/self/mountinfo").contains(" /mnt/genomics ");
        cluster.wait_until("it is mounted", mounted);
        node.run(["chmod", "0777", "/mnt/genomics"]).assert_success();
    }
}

/// What the database has of a job.
fn admin_comment(cluster: &Cluster, job: Job) -> String {
    let words = ["sacct", "-X", "-n", "-P", "-o", "AdminComment", "-j", &job.to_string()];
    cluster.controller().run(words).assert_success().stdout.trim().to_owned()
}

fn collect(cluster: &Cluster, job: Job, more: &[&str]) -> Output {
    let job = job.to_string();
    let words = ["fsxlustre", "job", "collect", &job];
    let words: Vec<&str> = words.iter().chain(more).copied().collect();
    cluster.controller().command(words).deadline(Duration::from_secs(90)).run()
}

#[test]
fn two_nodes_reports_are_one_comment_that_accounting_shows() {
    let (cluster, made) = genomics(Settings::packaged());
    let job = cluster.submit(&["-N2"], WRITES);
    open_to_users(&cluster);
    assert_eq!(cluster.wait_for_end(job), "COMPLETED", "{}", cluster.printed_by(job));
    assert_eq!(admin_comment(&cluster, job), "");

    let collected = collect(&cluster, job, &["--json", "--wait", "30"]).assert_success();
    let whole: Value = serde_json::from_str(&collected.stdout).unwrap();
    assert_eq!(whole["nodes"], serde_json::json!(["n1", "n2"]), "{whole:#}");
    assert_eq!(whole["missing"], serde_json::json!([]), "{whole:#}");
    let of = &whole["file_systems"][&made.mount_name];
    // What each node wrote is on the node; here is the sum.
    assert_eq!(of["written_bytes"], 2 << 20, "{whole:#}");

    let comment = admin_comment(&cluster, job);
    let wanted = format!("fsxlustre/1 nodes=2/2 shared=0 {}:read=", made.mount_name);
    assert!(comment.starts_with(&wanted), "{comment}");
    assert!(comment.contains(",written=2097152,"), "{comment}");

    // Once more is the same; somebody else's comment stays.
    collect(&cluster, job, &[]).assert_success();
    assert_eq!(admin_comment(&cluster, job), comment);
    let id = format!("jobid={job}");
    let theirs = ["sacctmgr", "-i", "modify", "job", "where", &id, "set", "AdminComment=JS1:abc"];
    cluster.controller().run(theirs).assert_success();
    let refused = collect(&cluster, job, &[]);
    assert_eq!(refused.code(), Some(1), "{refused}");
    assert!(refused.stderr.contains("FSXL-S105"), "{refused}");
    // sacctmgr 22.05 makes lower case of it.
    assert_eq!(admin_comment(&cluster, job), "js1:abc");
    collect(&cluster, job, &["--replace"]).assert_success();
    assert_eq!(admin_comment(&cluster, job), comment);
}

#[test]
fn the_controllers_epilog_writes_it_by_itself() {
    let hook = "/etc/slurm/fsxlustre-epilog-slurmctld";
    let (cluster, made) = genomics(Settings::packaged().set("EpilogSlurmctld", hook));
    let job = cluster.submit(&["-N2"], WRITES);
    open_to_users(&cluster);
    assert_eq!(cluster.wait_for_end(job), "COMPLETED", "{}", cluster.printed_by(job));
    let wanted = format!("fsxlustre/1 nodes=2/2 shared=0 {}:read=", made.mount_name);
    cluster
        .wait_until("the comment is there", || admin_comment(&cluster, job).starts_with(&wanted));
    // A job whose partition has no file system has no report and no comment; nobody waits for it.
    let without = cluster.submit(&["-p", "gpu", "-N1"], "true");
    assert_eq!(cluster.wait_for_end(without), "COMPLETED");
    assert_eq!(admin_comment(&cluster, without), "");
    let reports = cluster.controller().run(["ls", REPORTS]).assert_success().stdout;
    assert!(!reports.contains(&format!("_{without}_")), "{reports}");
    for node in NODES {
        cluster.wait_for_node(node, &["IDLE"]);
    }
}

#[test]
fn a_node_that_vanishes_is_named_and_nothing_else_is_lost() {
    let (mut cluster, _) = genomics(Settings::packaged());
    let job = cluster.submit(&["-N2", "--no-requeue"], &format!("{WRITES}; echo in; sleep 300"));
    open_to_users(&cluster);
    cluster.wait_until("the job has written", || cluster.printed_by(job).contains("in"));
    // The batch script is on n1; the other node's power goes.
    cluster.reboot("n2");
    cluster.as_user(&["scancel", &job.to_string()]).assert_success();
    cluster.wait_for_end(job);
    let partly = collect(&cluster, job, &["--nodes", "n[1-2]", "--wait", "1"]).assert_success();
    assert!(partly.stdout.contains("nodes: n1\n  missing: n2\n"), "{partly}");
    let comment = admin_comment(&cluster, job);
    assert!(comment.starts_with("fsxlustre/1 nodes=1/2 missing=n2 shared=0 "), "{comment}");
    assert!(comment.contains(",written=1048576,"), "{comment}");
}
