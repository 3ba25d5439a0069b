//! What goes wrong around jobs of real Slurm, and that no node is drained for what is not its own.

use fsxlustre_tests::FileSystem;
use fsxlustre_tests::slurm::{Cluster, Job, NODES, Settings};

const DIRECTORY: &str = "/mnt/genomics";

/// A job gets one file system; whatever hangs is given up soon.
const JOBS: &str = r#"
[[jobs.mount]]
source = "tag:Project:genomics"
directory = "/mnt/genomics"

[jobs.deadlines]
mount = 4
flush = 2
unmount = 3
kill = 1
report = 2
"#;

/// What the job was told.
const TOLD: &str = "env | grep FSXLUSTRE_ | sort";

fn genomics(settings: Settings) -> Cluster {
    let mut cluster = Cluster::with(settings);
    cluster.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    cluster
}

fn is_mounted(cluster: &Cluster, node: &str) -> bool {
    let all = cluster.node(node).read_file("/proc/self/mountinfo");
    all.lines().any(|line| line.contains(&format!(" {DIRECTORY} ")))
}

fn wait_for_line(cluster: &Cluster, job: Job, line: &str) {
    cluster.wait_until(&format!("job {job} prints {line}"), || {
        cluster.printed_by(job).lines().any(|printed| printed == line)
    });
}

/// A job that stays until it is cancelled.
fn staying_job(cluster: &Cluster, options: &[&str]) -> Job {
    let job = cluster.submit(options, "echo in; sleep 300");
    wait_for_line(cluster, job, "in");
    job
}

fn cancel(cluster: &Cluster, job: Job) {
    cluster.as_user(&["scancel", &job.to_string()]).assert_success();
    cluster.wait_for_end(job);
}

#[test]
fn a_node_without_a_client_is_drained_and_the_job_runs_elsewhere() {
    let cluster = genomics(Settings::packaged().config(JOBS));
    cluster.node("n1").client_fault("modules-missing", true);
    let job = cluster.submit(&[], "hostname; grep -c /mnt/genomics /proc/self/mountinfo");
    cluster.wait_until("n1 is drained", || {
        cluster.node_state("n1").iter().any(|word| word == "DRAIN")
    });
    let reason = cluster.node_field("n1", "Reason").unwrap_or_default();
    assert!(reason.starts_with("Prolog error"), "{reason}");
    // The log of slurmd says what the node's reason cannot.
    let log = cluster.node("n1").read_file("/run/slurm/slurmd.log");
    assert!(log.contains("FSXL-K102"), "{log}");
    assert_eq!(cluster.wait_for_end(job), "COMPLETED", "{}", cluster.logs());
    assert_eq!(cluster.printed_by(job), "n2\n1\n");
    assert_eq!(cluster.node_state("n2"), ["IDLE"]);
}

#[test]
fn twenty_jobs_while_the_servers_do_not_answer_drain_no_node() {
    let cluster = genomics(Settings::packaged().config(JOBS));
    for node in NODES {
        cluster.node(node).client_fault("mount-hang", true);
    }
    let jobs: Vec<_> = (0..20).map(|_| cluster.submit(&["-n1"], TOLD)).collect();
    for job in jobs {
        assert_eq!(cluster.wait_for_end(job), "COMPLETED", "{}", cluster.logs());
        let said = cluster.printed_by(job);
        assert!(said.contains("FSXLUSTRE_STATUS=missing"), "{said}");
        // Of those that start at one moment on a node one asks the servers, and the others wait for it.
        let cause = ["FSXLUSTRE_CAUSE=unreachable", "FSXLUSTRE_CAUSE=late"];
        assert!(cause.iter().any(|cause| said.contains(cause)), "{said}");
        assert!(said.contains("fsxlustre: /mnt/genomics is not there"), "for the user: {said}");
    }
    for node in NODES {
        cluster.wait_for_node(node, &["IDLE"]);
        cluster.node(node).client_fault("mount-hang", false);
    }
}

#[test]
fn a_job_that_is_refused_ends_and_its_node_stays_in_service() {
    let refuse = "\n[jobs]\nrefuse = [\"unreachable\"]\n";
    let cluster = genomics(Settings::packaged().config(JOBS).config(refuse));
    cluster.node("n1").client_fault("mount-hang", true);
    let job = cluster.submit(&["-w", "n1"], "echo ran");
    let state = cluster.wait_for_end(job);
    let said = cluster.printed_by(job);
    assert_ne!(state, "COMPLETED", "{said}");
    assert!(!said.lines().any(|line| line == "ran"), "{said}");
    assert!(said.contains("the job is refused"), "{said}");
    cluster.wait_for_node("n1", &["IDLE"]);
    cluster.node("n1").client_fault("mount-hang", false);
}

#[test]
fn a_mount_in_use_stays_and_the_node_too() {
    let cluster = genomics(Settings::packaged().config(JOBS));
    let node = cluster.node("n1");
    let job = staying_job(&cluster, &["-w", "n1"]);
    let holder = node.spawn(["sh", "-c", &format!("cd {DIRECTORY}; echo in; exec sleep 300")]);
    cluster.wait_until("somebody is in it", || holder.stdout().contains("in"));
    cancel(&cluster, job);
    cluster.wait_for_node("n1", &["IDLE"]);
    assert!(is_mounted(&cluster, "n1"));
    // The mount is well, so the next job gets it.
    let next = cluster.submit(
        &["-w", "n1"],
        "echo $FSXLUSTRE_STATUS; grep -c /mnt/genomics /proc/self/mountinfo",
    );
    assert_eq!(cluster.wait_for_end(next), "COMPLETED");
    assert_eq!(cluster.printed_by(next), "ready\n1\n");
    cluster.wait_for_node("n1", &["IDLE"]);
    // The next end after it is let go of takes it away.
    drop(holder);
    let next = cluster.submit(&["-w", "n1"], "true");
    cluster.wait_for_end(next);
    cluster.wait_until("the mount is gone", || !is_mounted(&cluster, "n1"));
    cluster.wait_for_node("n1", &["IDLE"]);
}

/// A node on which the job's mount is below one that was there before: what hangs there keeps every way to
/// the job's.
fn below_another(inner: &str) -> Cluster {
    let mut cluster = genomics(Settings::packaged().config(&JOBS.replace(DIRECTORY, inner)));
    cluster.create_file_system(FileSystem::lustre().tag("Project", "outer"));
    let outer = "mkdir -p /mnt/outer && mount -t fsxlustre tag:Project:outer /mnt/outer";
    cluster.node("n1").run(["sh", "-c", outer]).assert_success();
    cluster
}

/// What is left behind on n1 by an end.
fn leaked(cluster: &Cluster) -> String {
    cluster.node("n1").run(["sh", "-c", "cat /run/fsxlustre/leaked/*.json"]).stdout
}

#[test]
fn a_hung_mount_keeps_no_epilog_waiting() {
    let cluster = below_another("/mnt/outer/genomics");
    let job = staying_job(&cluster, &["-w", "n1"]);
    cluster.node("n1").client_fault("io-hang", true);
    let began = std::time::Instant::now();
    cancel(&cluster, job);
    cluster.wait_for_node("n1", &["IDLE"]);
    // An end has 15 s here, and Slurm needs some to end the job: less than the usual 45 s.
    assert!(began.elapsed().as_secs() < 35, "{:?}\n{}", began.elapsed(), cluster.logs());
    assert!(leaked(&cluster).contains("\"hung\""), "{}\n{}", leaked(&cluster), cluster.logs());
    cluster.node("n1").client_fault("io-hang", false);
}

/// Every connection is on its way for ever, bytes wait to be sent, and whatever asks the mount hangs.
#[test]
fn servers_that_do_not_answer_drain_no_node_at_a_jobs_end() {
    let inner = "/mnt/outer/genomics";
    let cluster = below_another(inner);
    let node = cluster.node("n1");
    let job = staying_job(&cluster, &["-w", "n1"]);
    let set = |from: &str, to: &str, dirty: u32| {
        let files = "/run/standin/proc/fs/lustre/*/*/*_server_uuid \
                     /run/standin/proc/fs/lustre/*/*/import";
        let dirt = "/run/standin/sys/fs/lustre/osc/*/cur_dirty_bytes";
        let script = format!(
            "sed -i s/{from}/{to}/ {files} && for file in {dirt}; do echo {dirty} > $file; done"
        );
        node.run(["sh", "-c", &script]).assert_success();
    };
    set("FULL", "CONNECTING", 4096);
    node.client_fault("io-hang", true);
    cancel(&cluster, job);
    cluster.wait_for_node("n1", &["IDLE"]);
    assert!(leaked(&cluster).contains(inner), "{}", cluster.logs());
    let report = node.run(["fsxlustre", "job", "report", &job.to_string()]);
    assert!(report.stdout.contains("CONNECTING"), "{report}\n{}", cluster.logs());
    // They answer again: housekeeping takes the mount away.
    set("CONNECTING", "FULL", 0);
    node.client_fault("io-hang", false);
    let is_there = || node.read_file("/proc/self/mountinfo").contains(&format!(" {inner} "));
    cluster.wait_until("the mount is gone", || {
        node.run(["fsxlustre", "job", "housekeeping"]);
        !is_there()
    });
}

#[test]
fn an_epilog_without_a_prolog_and_one_that_runs_twice() {
    let cluster = genomics(Settings::packaged().config(JOBS).without("PrologFlags"));
    // Without a step there is no prolog, but an epilog all the same.
    cluster.as_user(&["salloc", "-w", "n1", "true"]).assert_success();
    cluster.wait_for_node("n1", &["IDLE"]);
    let log = cluster.node("n1").read_file("/run/slurm/slurmd.log");
    assert!(log.contains("nothing is recorded for it here"), "{log}");
    assert!(cluster.node("n1").client_calls().iter().all(|call| !call.contains("mount.lustre")));

    let job = cluster.submit(&["-w", "n1"], "true");
    assert_eq!(cluster.wait_for_end(job), "COMPLETED");
    // As Slurm did before 26.05, when its message that the first was done got lost.
    let id = format!("SLURM_JOB_ID={job}");
    let epilog = "/etc/slurm/epilog.d/10_fsxlustre";
    let words = ["env", "-i", "SLURM_CLUSTER_NAME=prod", "SLURMD_NODENAME=n1", &id, epilog];
    let twice = cluster.node("n1").run(words).assert_success();
    assert!(twice.stdout.contains("nothing is recorded"), "{twice}");
}

#[test]
fn slurmd_that_is_killed_while_a_job_runs() {
    let cluster = genomics(Settings::packaged().config(JOBS));
    let job = staying_job(&cluster, &["-w", "n1"]);
    cluster.kill_slurmd("n1");
    assert!(is_mounted(&cluster, "n1"));
    cluster.restart_slurmd("n1");
    cluster.wait_until("slurmd is back", || !cluster.node_state("n1").contains(&"DOWN".to_owned()));
    assert!(is_mounted(&cluster, "n1"), "the job goes on");
    cancel(&cluster, job);
    cluster.wait_for_node("n1", &["IDLE"]);
    assert!(!is_mounted(&cluster, "n1"), "{}", cluster.logs());
}

#[test]
fn a_node_that_boots_while_a_job_runs() {
    let mut cluster = genomics(Settings::packaged().config(JOBS));
    let job =
        cluster.submit(&["-w", "n1", "--requeue"], "echo run $SLURM_RESTART_COUNT; sleep 300");
    wait_for_line(&cluster, job, "run");
    cluster.reboot("n1");
    // The machine's uptime is the host's, so the controller does not see that the job is lost. The
    // epilog then finds nothing of the job.
    cluster.controller().run(["scontrol", "requeue", &job.to_string()]).assert_success();
    wait_for_line(&cluster, job, "run 1");
    assert!(is_mounted(&cluster, "n1"));
    let log = cluster.node("n1").read_file("/run/slurm/slurmd.log");
    assert!(log.contains("nothing is recorded for it here"), "{log}");
    cancel(&cluster, job);
    cluster.wait_for_node("n1", &["IDLE"]);
    assert!(!is_mounted(&cluster, "n1"));
    let left = cluster.node("n1").run(["find", "/run/fsxlustre", "-name", "*.json"]);
    assert_eq!(left.stdout, "");
}
