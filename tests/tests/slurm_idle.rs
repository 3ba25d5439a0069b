//! While a job computes, nothing of ours runs on its node but the metrics service, which sleeps.

use fsxlustre_tests::FileSystem;
use fsxlustre_tests::slurm::{Cluster, Settings};

const JOBS: &str = r#"
[[jobs.mount]]
source = "tag:Project:genomics"
directory = "/mnt/genomics"
"#;

/// Seconds that the processes are watched; by hand a minute is a better look.
fn seconds() -> u64 {
    std::env::var("FSXLUSTRE_IDLE_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3)
}

#[test]
fn no_process_of_ours_wakes_while_a_job_runs() {
    let mut cluster = Cluster::with(Settings::packaged().config(JOBS));
    cluster.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    let node = cluster.node("n1");
    let _service = node.spawn(["fsxlustre", "serve"]);
    let job = cluster.submit(&["-w", "n1"], "echo in; sleep 300");
    cluster.wait_until("the job runs", || cluster.printed_by(job).contains("in"));

    // Every process whose program is ours; the kernel threads and the stand-in client are not.
    let list = "for p in /proc/[0-9]*; do case $(readlink $p/exe) in *fsxlustre*) \
                echo ${p#/proc/} $(tr '\\0' ' ' <$p/cmdline);; esac; done";
    let found = node.run(["sh", "-c", list]).assert_success().stdout;
    let lines: Vec<_> = found.lines().collect();
    assert!(
        lines.iter().all(|line| line.contains(" serve")),
        "of the job nothing is left: {found}"
    );
    let pid = lines.first().and_then(|line| line.split(' ').next()).expect("the service");

    // A thread that wakes goes to sleep again, and the kernel counts that. strace would wake them itself.
    let slept = || {
        let count = format!("grep -H ^voluntary_ctxt_switches /proc/{pid}/task/*/status");
        node.run(["sh", "-c", &count]).assert_success().stdout
    };
    // What it does when it begins is over.
    node.run(["sleep", "2"]).assert_success();
    let before = slept();
    assert!(before.contains("voluntary_ctxt_switches:"), "{before}");
    node.run(["sleep", &seconds().to_string()]).assert_success();
    assert_eq!(slept(), before, "no thread of it woke");
    cluster.as_user(&["scancel", &job.to_string()]).assert_success();
    cluster.wait_for_end(job);
}
