//! Jobs of real Slurm: what their prologs mount, and what their epilogs take away.

use fsxlustre_tests::FileSystem;
use fsxlustre_tests::slurm::{Cluster, Job, Settings};

const DIRECTORY: &str = "/mnt/genomics";
const JOBS: &str = r#"
[[jobs.mount]]
source = "tag:Project:genomics"
directory = "/mnt/genomics"
options = "noatime,flock"
"#;

/// Whether the job sees the file system.
const SEES: &str =
    "grep -c ' /mnt/genomics .*fuse.lustre' /proc/self/mountinfo && ls /mnt/genomics";

/// A cluster whose jobs get one file system.
fn genomics(settings: Settings) -> (Cluster, FileSystem) {
    let mut cluster = Cluster::with(settings.config(JOBS));
    let made = cluster.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    (cluster, made)
}

/// The lines of a node's mountinfo for the directory.
fn mounted(cluster: &Cluster, node: &str) -> Vec<String> {
    let all = cluster.node(node).read_file("/proc/self/mountinfo");
    let wanted = format!(" {DIRECTORY} ");
    all.lines().filter(|line| line.contains(&wanted)).map(str::to_owned).collect()
}

/// Nothing is mounted on a node, and nothing is recorded for a job: as if none had been there.
#[track_caller]
fn assert_clean(cluster: &Cluster, node: &str) {
    assert_eq!(mounted(cluster, node), [""; 0], "{node}\n{}", cluster.logs());
    let left = cluster.node(node).run(["find", "/run/fsxlustre", "-name", "*.json"]);
    assert_eq!(left.stdout, "", "{node}");
    assert_eq!(cluster.node_state(node), ["IDLE"], "{node}");
}

/// Waits until a job has printed a line.
fn wait_for_line(cluster: &Cluster, job: Job, line: &str) {
    cluster.wait_until(&format!("job {job} prints {line}"), || {
        cluster.printed_by(job).lines().any(|printed| printed == line)
    });
}

#[test]
fn every_kind_of_job_finds_its_file_system_and_leaves_none() {
    let (cluster, _) = genomics(Settings::packaged());
    // Batch, on both nodes.
    let both = cluster.submit(&["-N2"], &format!("srun /bin/sh -c \"{SEES}\""));
    assert_eq!(cluster.wait_for_end(both), "COMPLETED", "{}", cluster.printed_by(both));

    // An array: each is a job of its own, and they share a node.
    let array = cluster.submit(&["--array=1-4", "-w", "n1", "-n1"], SEES);
    assert_eq!(cluster.wait_for_end(array), "COMPLETED");
    let states = cluster.job_fields(array, "JobState");
    assert_eq!(states, ["COMPLETED"; 4], "{}", cluster.logs());

    // srun by itself: an allocation and a step.
    let step = cluster.as_user(&["srun", "-N2", "-n2", "/bin/sh", "-c", SEES]);
    assert_eq!(step.assert_success().stdout, "1\n1\n");

    // salloc without a step: PrologFlags=Alloc has the prolog run all the same.
    let allocated = cluster.as_user(&["salloc", "-w", "n2", "sleep", "0.2"]).assert_success();
    assert!(allocated.stderr.contains("Granted"), "{allocated}");

    // Cancelled, and out of time, while they run.
    let cancelled = cluster.submit(&["-w", "n1"], "echo in; sleep 60");
    wait_for_line(&cluster, cancelled, "in");
    assert_eq!(mounted(&cluster, "n1").len(), 1);
    cluster.as_user(&["scancel", &cancelled.to_string()]).assert_success();
    assert_eq!(cluster.wait_for_end(cancelled), "CANCELLED");
    for node in ["n1", "n2"] {
        cluster.wait_for_node(node, &["IDLE"]);
        assert_clean(&cluster, node);
    }
}

#[test]
fn jobs_that_share_a_node_share_the_mount() {
    let (cluster, _) = genomics(Settings::packaged());
    let go = cluster.shared("go");
    let script = format!("echo in; while ! [ -e {go}.$SLURM_JOB_ID ]; do sleep 0.05; done; {SEES}");
    let jobs = [1, 2].map(|_| cluster.submit(&["-w", "n1", "-n1"], &script));
    for job in jobs {
        wait_for_line(&cluster, job, "in");
    }
    let shown = mounted(&cluster, "n1");
    assert_eq!(shown.len(), 1);
    for job in jobs {
        assert_eq!(mounted(&cluster, "n1"), shown, "the other's end took nothing away");
        cluster.controller().write_file(&format!("{go}.{job}"), "");
        assert_eq!(cluster.wait_for_end(job), "COMPLETED");
    }
    cluster.wait_for_node("n1", &["IDLE"]);
    assert_clean(&cluster, "n1");
}

#[test]
fn a_mount_of_fstab_under_three_jobs_is_the_same_afterwards() {
    let (cluster, made) = genomics(Settings::packaged());
    let node = cluster.node("n1");
    node.run(["mkdir", "-p", DIRECTORY]).assert_success();
    let line = format!("{} {DIRECTORY} fsxlustre _netdev,noatime,flock 0 0\n", made.id);
    node.write_file("/etc/fstab", &line);
    node.run(["mount", "-a"]).assert_success();
    let shown = mounted(&cluster, "n1");
    assert_eq!(shown.len(), 1);
    let together = [1, 2].map(|_| cluster.submit(&["-w", "n1", "-n1"], SEES));
    for job in together {
        assert_eq!(cluster.wait_for_end(job), "COMPLETED");
    }
    let alone = cluster.submit(&["-w", "n1", "--exclusive"], SEES);
    assert_eq!(cluster.wait_for_end(alone), "COMPLETED");
    // The line begins with the mount's id.
    assert_eq!(mounted(&cluster, "n1"), shown);
    node.run(["umount", DIRECTORY]).assert_success();
}

#[test]
fn what_a_job_says_of_itself_in_between_changes_nothing() {
    let (cluster, _) = genomics(Settings::packaged());
    let job = cluster.submit(&["-w", "n1", "--comment=first"], "echo in; sleep 60");
    wait_for_line(&cluster, job, "in");
    let id = format!("JobId={job}");
    for (field, value) in [("Comment", "$(touch /run/owned)"), ("Comment", "fsx:other")] {
        let change = ["scontrol", "update", &id, &format!("{field}={value}")];
        cluster.as_user(&change).assert_success();
    }
    // The package goes in mid-job: the epilog is a copy, and says so in a line.
    let node = cluster.node("n1");
    node.run(["umount", "/usr/bin/fsxlustre"]).assert_success();
    node.run(["rm", "/usr/bin/fsxlustre"]).assert_success();
    cluster.as_user(&["scancel", &job.to_string()]).assert_success();
    cluster.wait_for_end(job);
    cluster.wait_for_node("n1", &["IDLE"]);
    let log = node.read_file("/run/slurm/slurmd.log");
    assert!(log.contains("its end is left out: /usr/bin/fsxlustre cannot be run (127)"), "{log}");
    assert_eq!(mounted(&cluster, "n1").len(), 1, "nobody is left to take it away");
    node.run(["test", "-e", "/run/owned"]).code().filter(|code| *code == 1).expect("no such file");
}
#[test]
fn a_requeued_job_and_one_out_of_time() {
    let (cluster, _) = genomics(Settings::packaged().set("OverTimeLimit", "0"));
    let job = cluster.submit(&["-w", "n1", "--requeue"], "echo run $SLURM_RESTART_COUNT; sleep 60");
    wait_for_line(&cluster, job, "run");
    cluster.controller().run(["scontrol", "requeue", &job.to_string()]).assert_success();
    wait_for_line(&cluster, job, "run 1");
    assert_eq!(mounted(&cluster, "n1").len(), 1);
    let leases = cluster.node("n1").run(["ls", "/run/fsxlustre/leases"]).stdout;
    assert_eq!(leases.trim(), format!("prod_{job}_1_n1.json"), "the first run's is gone");
    // Its time is over: Slurm looks every 30 s, and is told to look now.
    let over = ["scontrol", "update", &format!("JobId={job}"), "EndTime=now"];
    cluster.controller().run(over).assert_success();
    assert_eq!(cluster.wait_for_end(job), "TIMEOUT");
    cluster.wait_for_node("n1", &["IDLE"]);
    assert_clean(&cluster, "n1");
}

#[test]
fn tasks_of_every_component_of_a_heterogeneous_job_are_told() {
    let (cluster, _) = genomics(Settings::packaged());
    // Nobody answers n2's client, so the second component goes without.
    cluster.node("n2").client_fault("replay:nohost_retry0", true);
    let task = "echo $SLURMD_NODENAME $FSXLUSTRE_STATUS $FSXLUSTRE_CAUSE";
    let both = ["salloc", "-w", "n1", "-n1", ":", "-w", "n2", "-n1"];
    let step = ["srun", "--het-group=0,1", "/bin/sh", "-c", task];
    let done = cluster.as_user(&[&both[..], &step[..]].concat()).assert_success();
    assert!(done.stdout.contains("n1 ready\n"), "{done}");
    // Slurm gives its tasks the number of the first component.
    assert!(done.stdout.contains("n2 missing unreachable\n"), "{done}\n{}", cluster.logs());
    for node in ["n1", "n2"] {
        cluster.wait_for_node(node, &["IDLE"]);
        let told = "find /run/fsxlustre/told /run/fsxlustre/told-parts -type f";
        assert_eq!(cluster.node(node).run(["sh", "-c", told]).stdout, "", "{node}");
    }
    assert_clean(&cluster, "n1");
}

#[test]
fn a_job_begins_with_what_a_rule_brings_from_s3() {
    let rule = JOBS.replace("options", "stage_in = [\"in/{job.user}\"]\noptions");
    let mut cluster = Cluster::with(Settings::packaged().config(&rule));
    let made = cluster.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    let node = cluster.node("n1");
    let user = cluster.as_user(&["id", "-un"]).assert_success().stdout.trim().to_owned();
    node.run(["mkdir", "-p", DIRECTORY]).assert_success();
    node.run(["mount", "-t", "fsxlustre", &made.id, DIRECTORY]).assert_success();
    let fill = format!(
        "mkdir -p {DIRECTORY}/in/{user} && seq 60 | while read f; do echo $f >{DIRECTORY}/in/{user}/$f; done"
    );
    node.run(["bash", "-c", &fill]).assert_success();
    node.run(["umount", DIRECTORY]).assert_success();
    for words in ["on", "copytool 0 0", "set /in 0d"] {
        node.archive(&made.mount_name, words);
    }
    let job = cluster.submit(
        &["-w", "n1"],
        &format!(
            "echo $FSXLUSTRE_STAGE_IN; /run/standin/usr/bin/lfs hsm_state {DIRECTORY}/in/{user}/7"
        ),
    );
    assert_eq!(cluster.wait_for_end(job), "COMPLETED", "{}", cluster.logs());
    let printed = cluster.printed_by(job);
    assert!(printed.starts_with("done\n"), "{printed}{}", cluster.logs());
    assert!(printed.contains("exists archived") && !printed.contains("released"), "{printed}");
    cluster.wait_for_node("n1", &["IDLE"]);
    assert_clean(&cluster, "n1");
}
