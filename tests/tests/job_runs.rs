//! Runs of one job on one node: an end is for the run that is over, never for the one that goes on.

#[expect(dead_code, reason = "shared with other tests")]
#[path = "job_end/node.rs"]
mod node;

use fsxlustre_tests::Output;
use node::{Node, job_number};

/// A hook of a run of the first job.
fn run_of(node: &Node, verb: &str, restart: &str, sluid: Option<&str>) -> Output {
    let hook = node.hook(["fsxlustre", "job", verb], job_number(1));
    let hook = hook.env("SLURM_JOB_RESTART_COUNT", restart);
    match sluid {
        Some(sluid) => hook.env("SLURM_JOB_SLUID", sluid),
        None => hook,
    }
    .run()
    .assert_success()
}

fn has_lease(node: &Node, restart: u32) -> bool {
    let lease = format!("./leases/prod_{}_{restart}_node-1.json", job_number(1));
    node.left().contains(&lease)
}

/// slurmctld counts a requeue before it ends the run, so the first run's epilog has the count of the
/// second, and slurmctld may have it run twice.
#[test]
fn a_late_epilog_of_the_run_before_ends_nothing() {
    let node = Node::with("");
    run_of(&node, "start", "0", None);
    run_of(&node, "end", "1", None);
    assert!(!node.is_mounted());
    run_of(&node, "start", "1", None);
    let script = "mkdir -p /run/daemon && cp /bin/sleep /run/daemon/slurmstepd";
    node.sandbox.run(["sh", "-c", script]).assert_success();
    let title = format!("slurmstepd: [{}.batch]", job_number(1));
    let step = format!("echo $$; exec -a '{title}' /run/daemon/slurmstepd 60");
    let (step, _) = node.holder(&step);
    let late = run_of(&node, "end", "1", None);
    assert!(late.stdout.contains("this is the end of an earlier run"), "{late}");
    assert!(node.is_mounted() && has_lease(&node, 1), "{late}");
    drop(step);
    let own = run_of(&node, "end", "1", None);
    assert!(!node.is_mounted(), "{own}");
    assert_eq!(node.left(), Vec::<String>::new());
}

/// Slurm 25.11 and later name each run.
#[test]
fn where_runs_have_ids_they_tell_whose_end_it_is() {
    let node = Node::with("");
    run_of(&node, "start", "1", Some("sB2"));
    let late = run_of(&node, "end", "1", Some("sA1"));
    assert!(late.stdout.contains("this is the end of an earlier run"), "{late}");
    assert!(node.is_mounted() && has_lease(&node, 1), "{late}");
    run_of(&node, "end", "1", Some("sB2"));
    assert!(!node.is_mounted());
    assert_eq!(node.left(), Vec::<String>::new());
}

#[test]
fn a_later_run_of_a_job_is_evidence_that_the_earlier_is_over() {
    let node = Node::with("");
    run_of(&node, "start", "0", None);
    run_of(&node, "start", "1", None);
    assert!(has_lease(&node, 1) && !has_lease(&node, 0), "{:?}", node.left());
    assert!(node.left().contains(&format!("./told/{}", job_number(1))), "what it was told");
    assert_eq!(node.leaked(), None);
    run_of(&node, "end", "1", None);
    assert!(!node.is_mounted());
    assert_eq!(node.left(), Vec::<String>::new());
}
