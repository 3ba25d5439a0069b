//! While a job computes, nothing of ours runs on its node but the metrics service, which sleeps.

use std::time::Duration;

use fsxlustre_tests::FileSystem;
use fsxlustre_tests::slurm::{Cluster, Settings};

const JOBS: &str = r#"
[[jobs.mount]]
source = "tag:Project:genomics"
directory = "/mnt/genomics"
"#;

/// Seconds that the processes are watched; by hand a minute is a better look.
fn seconds() -> u64 {
    std::env::var("FSXLUSTRE_STRACE_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3)
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

    let whole = Duration::from_secs(seconds() + 30);
    let seconds = seconds().to_string();
    let trace =
        ["timeout", "--signal=INT", &seconds, "strace", "-f", "-qq", "-p", pid, "-o", "/run/trace"];
    let traced = node.command(trace).deadline(whole).run();
    let calls = node.read_file("/run/trace");
    // What a thread was waiting in when strace came and left is no call of its own.
    let began: Vec<_> = calls
        .lines()
        .filter(|line| !line.contains("detached") && !line.contains("restart_syscall"))
        .filter(|line| {
            !line.contains("epoll_wait(") && !line.contains("futex(") && !line.contains("ppoll(")
        })
        .collect();
    assert_eq!(began, [""; 0], "{traced}\n{calls}");
    assert!(calls.lines().count() <= 8, "each thread waits in one call at the most:\n{calls}");
    cluster.as_user(&["scancel", &job.to_string()]).assert_success();
    cluster.wait_for_end(job);
}
