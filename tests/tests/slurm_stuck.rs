//! A job that real Slurm cannot kill: UnkillableStepProgram says what its processes wait for, before the
//! node is drained.

use fsxlustre_tests::FileSystem;
use fsxlustre_tests::slurm::{Cluster, Settings};
use serde_json::Value;

const JOBS: &str = r#"
[[jobs.mount]]
source = "tag:Project:genomics"
directory = "/mnt/genomics"
"#;
const KEPT: &str = "/var/lib/fsxlustre/jobs";

#[test]
fn a_job_that_cannot_be_killed_leaves_its_reason() {
    // Slurm gives it up sooner than it does where it is not tested.
    let settings =
        Settings::packaged().set("UnkillableStepTimeout", "3").set("MessageTimeout", "5");
    let mut cluster = Cluster::with(settings.config(JOBS));
    let made = cluster.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    let go = cluster.shared("go");
    let script =
        format!("echo in; until [ -e {go} ]; do /bin/sleep 0.05; done; exec /bin/ls /mnt/genomics");
    let job = cluster.submit(&["-w", "n1"], &script);
    cluster.wait_until("the job runs", || cluster.printed_by(job).contains("in"));
    let node = cluster.node("n1");
    node.client_fault("io-hang", true);
    node.write_file(&go, "");
    cluster.wait_until("a process is stuck", || {
        node.run(["ps", "-e", "-o", "stat=,comm="]).stdout.lines().any(|line| line == "D    ls")
    });
    cluster.as_user(&["scancel", &job.to_string()]).assert_success();

    let kept = format!("{KEPT}/stuck-prod_{job}_0_n1.json");
    cluster.wait_until("it is said what is stuck", || node.run(["test", "-s", &kept]).is_success());
    let stuck: Value = serde_json::from_str(&node.read_file(&kept)).unwrap();
    assert_eq!(stuck["job_id"], job.0, "{stuck:#}");
    let threads = stuck["threads"].as_array().unwrap();
    let thread = threads.iter().find(|one| one["command"] == "ls");
    let thread = thread.unwrap_or_else(|| panic!("{stuck:#}"));
    assert_eq!(thread["uid"], 5001, "{thread:#}");
    let stack = thread["kernel_stack"].as_array().unwrap();
    assert!(stack.iter().any(|one| one.as_str().unwrap().starts_with("fuse_")), "{thread:#}");
    assert!(stuck["connections"][&made.mount_name]["well"].as_u64() >= Some(1), "{stuck:#}");
    cluster.wait_until("the node is drained", || {
        cluster.node_state("n1").iter().any(|word| word == "DRAIN")
    });
    let reason = cluster.node_field("n1", "Reason").unwrap_or_default();
    assert!(reason.starts_with("Kill task failed"), "{reason}");

    // When the servers answer again the job ends, and its end takes the mount away.
    node.client_fault("io-hang", false);
    cluster.wait_for_end(job);
    cluster.wait_until("the mount is gone", || {
        !node.read_file("/proc/self/mountinfo").contains(" /mnt/genomics ")
    });
    cluster.wait_for_node("n1", &["IDLE", "DRAIN"]);
}
