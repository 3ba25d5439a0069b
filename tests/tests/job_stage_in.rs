//! What a job's start brings from S3: within its time, going on after, ended with the job; never a failed start.

mod archives;

use archives::{FSX, Node, files};
use fsxlustre_tests::{Output, Run};
use std::time::{Duration, Instant};

const SOURCE: &str = "tag:Project:archive";
const STATE: &str = "/run/fsxlustre/stage-in/prod_7_0_n1.json";

/// A file system with so many files in S3 only, which jobs get where the node has it.
fn released(count: usize, rule: &str) -> Node {
    let node = Node::start();
    node.shell(&format!(
        "mkdir -p @/in/ann @/other && cd @ && for f in $(seq 1 {count}); do echo $f > in/$f; done; echo x > in/ann/x; echo y > other/y"
    ));
    for tree in ["/in", "/other"] {
        node.archive(&format!("set {tree} 0d"));
    }
    node.sandbox.append_config(&format!(
        "[[jobs.mount]]\nsource = \"{SOURCE}\"\ndirectory = \"{FSX}\"\n{rule}\n"
    ));
    node.sandbox.run(["umount", FSX]).assert_success();
    node
}

/// A command of a job, as Slurm calls it.
fn of_job<'a>(node: &'a Node, words: &[&str], id: &str) -> Run<'a> {
    let command = node.sandbox.command(words).env("SLURM_JOB_ID", id);
    command.env("SLURM_CLUSTER_NAME", "prod").env("SLURMD_NODENAME", "n1")
}

fn job_of(node: &Node, verb: &str, id: &str, more: &[(&str, &str)]) -> Output {
    let command = of_job(node, &["fsxlustre", "job", verb], id);
    more.iter().fold(command, |command, (name, value)| command.env(name, value)).run()
}

fn job(node: &Node, verb: &str) -> Output {
    job_of(node, verb, "7", &[])
}

fn told(node: &Node) -> String {
    node.sandbox.read_file("/run/fsxlustre/told/7").trim_end().to_owned()
}

#[track_caller]
fn says(output: &Output, words: &[&str]) {
    for word in words {
        assert!(format!("{output}").contains(word), "{word:?} is missing: {output}");
    }
}

/// Waits for something that another process does.
#[track_caller]
fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what} did not come true");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether something is written down of it.
fn is_begun(node: &Node) -> bool {
    node.sandbox.run(["test", "-e", STATE]).code() == Some(0)
}

/// The processes that bring files.
fn bringing(node: &Node) -> Vec<String> {
    let find = "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline 2>/dev/null | grep -q 'job stage-i[n]' && echo ${p#/proc/}; done; :";
    node.shell(find).lines().map(str::to_owned).collect()
}

#[test]
fn what_a_rule_names_is_there_when_the_job_begins() {
    let node = released(120, "stage_in = [\"in\"]");
    node.archive("copytool 0 0");
    let start = job(&node, "start").assert_success();
    says(&start, &["job 7: stage_in: /mnt/fsx/in: 121 files have come"]);
    let status = node.json("status @");
    assert_eq!(
        (files(&status, "released"), files(&status, "total")),
        (1, 122),
        "other/y was not asked for"
    );
    assert!(node.calls("hsm_restore").iter().all(|call| call.len() <= 53));
    assert!(told(&node).ends_with("export FSXLUSTRE_STAGE_IN=done"), "{}", told(&node));
    // The same start again has nothing to do.
    let calls = node.calls("hsm_restore").len();
    says(&job(&node, "start").assert_success(), &["stage_in: /mnt/fsx/in: everything was here"]);
    assert_eq!(node.calls("hsm_restore").len(), calls);
    says(&job(&node, "end").assert_success(), &["unmounted"]);
    assert!(!is_begun(&node));
}

#[test]
fn what_has_not_come_in_time_goes_on_and_ends_with_the_job() {
    let node = released(20, "stage_in = [\".\"]\n[jobs.deadlines]\nstage_in = 3");
    node.archive("copytool 0 600000");
    let start = job(&node, "start").assert_success();
    says(&start, &["stage_in: /mnt/fsx: 0 of 22 files have come; the rest is on its way"]);
    assert!(start.duration < Duration::from_secs(20), "{start}");
    assert!(told(&node).ends_with("export FSXLUSTRE_STAGE_IN=going-on"), "{}", told(&node));
    assert_eq!(bringing(&node).len(), 1, "it goes on");
    let shown = node.sandbox.run(["fsxlustre", "job", "show", "7"]).assert_success();
    says(&shown, &["stage_in: /mnt/fsx: 0 of 22 files have come"]);
    // The same start again begins no second one.
    says(&job(&node, "start").assert_success(), &["0 of 22 files"]);
    assert_eq!((bringing(&node).len(), node.calls("hsm_restore").len()), (1, 1));
    // It keeps no mount from its end, and what was asked for stays asked for.
    says(&job(&node, "end").assert_success(), &["/mnt/fsx unmounted"]);
    assert_eq!(bringing(&node), [""; 0]);
    assert!(!is_begun(&node));
    node.sandbox.run(["mount", "-t", "fsxlustre", SOURCE, FSX]).assert_success();
    assert_eq!(files(&node.json("status --questions all @"), "running"), 22);
}

#[test]
fn it_goes_on_after_a_start_until_all_is_here() {
    let node = released(20, "stage_in = [\"in\"]\n[jobs.deadlines]\nstage_in = 3");
    node.archive("copytool 0 9000");
    says(&job(&node, "start").assert_success(), &["0 of 21 files have come"]);
    wait_until("all is here", || node.sandbox.read_file(STATE).contains("\"here\""));
    wait_until("its process is gone", || bringing(&node).is_empty());
    assert_eq!(files(&node.json("status @/in"), "released"), 0);
}

#[test]
fn what_does_not_work_is_told_and_the_job_begins() {
    let node = released(5, "stage_in = [\"in\", \"nowhere\"]");
    node.archive("off");
    let start = job(&node, "start").assert_success();
    says(&start, &["warning: stage_in: /mnt/fsx/in: not everything comes", "FSXL-H103"]);
    says(&start, &["warning: stage_in: /mnt/fsx/nowhere: not everything comes", "FSXL-H101"]);
    assert!(told(&node).starts_with("export FSXLUSTRE_STATUS=ready\n"), "{}", told(&node));
    assert!(told(&node).ends_with("export FSXLUSTRE_STAGE_IN=failed"), "{}", told(&node));
    says(&job(&node, "end").assert_success(), &["unmounted"]);
}

#[test]
fn where_nobody_copies_the_start_says_so_and_ends() {
    let node = released(5, "stage_in = [\"in\"]");
    let start = job(&node, "start").assert_success();
    says(&start, &["warning: stage_in: /mnt/fsx/in: 6 files are asked for, and nobody had taken"]);
    assert!(told(&node).ends_with("export FSXLUSTRE_STAGE_IN=going-on"), "{}", told(&node));
    says(&job(&node, "end").assert_success(), &["unmounted"]);
}

#[test]
fn templates_and_one_node_for_all() {
    let node = released(5, "stage_in = [\"in/{job.user}\"]");
    node.archive("copytool 0 0");
    // Another node of the job does it.
    let start = job_of(
        &node,
        "start",
        "7",
        &[("SLURM_JOB_NODELIST", "a1,n[1-9]"), ("SLURM_JOB_USER", "ann")],
    );
    assert!(!format!("{}", start.assert_success()).contains("stage_in"));
    assert!(!told(&node).contains("STAGE_IN"));
    job(&node, "end").assert_success();
    let lacks = job(&node, "start").assert_success();
    says(&lacks, &["nothing is brought for stage_in in/{job.user}: the job lacks that field"]);
    assert!(told(&node).ends_with("export FSXLUSTRE_STAGE_IN=failed"), "{}", told(&node));
    job(&node, "end").assert_success();
    let first = [("SLURM_JOB_NODELIST", "n[1-9],a1"), ("SLURM_JOB_USER", "ann")];
    says(
        &job_of(&node, "start", "7", &first).assert_success(),
        &["/mnt/fsx/in/ann: 1 files have come"],
    );
    assert_eq!(files(&node.json("status @/in"), "released"), 5);
    // No user's name leads elsewhere.
    job(&node, "end").assert_success();
    let hostile = [("SLURM_JOB_USER", "../../etc")];
    says(&job_of(&node, "start", "7", &hostile).assert_success(), &["the job lacks that field"]);
}

#[test]
fn two_jobs_that_need_the_same_ask_once() {
    let node = released(104, "stage_in = [\"in\"]\n[jobs.deadlines]\nstage_in = 3");
    node.archive("copytool 0 600000");
    job_of(&node, "start", "7", &[]).assert_success();
    job_of(&node, "start", "8", &[]).assert_success();
    wait_until("the second waits, too", || {
        node.sandbox.read_file("/run/fsxlustre/stage-in/prod_8_0_n1.json").contains("\"coming\"")
    });
    assert_eq!(node.calls("hsm_restore").len(), 3, "105 files in requests of 52");
    // The end of one leaves that of the other.
    says(&job_of(&node, "end", "7", &[]).assert_success(), &["in use by"]);
    assert_eq!(bringing(&node).len(), 1);
    says(&job_of(&node, "end", "8", &[]).assert_success(), &["unmounted"]);
    assert_eq!(bringing(&node), [""; 0]);
}

#[test]
fn a_start_or_a_stage_in_that_is_killed_is_made_good_by_the_next() {
    let node = released(60, "stage_in = [\"in\"]\n[jobs.deadlines]\nstage_in = 3");
    node.archive("copytool 0 600000");
    job(&node, "start").assert_success();
    node.shell(&format!("kill -9 {}", bringing(&node).join(" ")));
    wait_until("it is gone", || bringing(&node).is_empty());
    job(&node, "start").assert_success();
    wait_until("it goes on", || bringing(&node).len() == 1);
    assert_eq!(node.calls("hsm_restore").len(), 2, "61 files, each asked for once");
    job(&node, "end").assert_success();
    for milliseconds in [5, 20, 40, 80, 120, 200, 300] {
        let script =
            format!("fsxlustre job start & sleep 0.{milliseconds:03}; kill -9 $!; wait; :");
        of_job(&node, &["bash", "-c", &script], "7").run();
        job(&node, "end").assert_success();
        wait_until("nothing of it is left", || bringing(&node).is_empty());
        assert!(!is_begun(&node), "after {milliseconds} ms");
    }
    assert_eq!(node.calls("hsm_restore").len(), 2, "what was asked for stays asked for");
}

#[test]
fn a_start_does_not_wait_for_a_process_that_is_gone() {
    let node = released(5, "stage_in = [\"in\"]\n[jobs.deadlines]\nstage_in = 60");
    node.archive("copytool 0 600000");
    let killing = "for i in {1..200}; do for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline 2>/dev/null | grep -q 'job stage-i[n]' \
                   && sleep 0.5 && kill -9 ${p#/proc/} && exit; done; sleep 0.05; done";
    let script = format!("( {killing} ) & fsxlustre job start; wait");
    let start = of_job(&node, &["bash", "-c", &script], "7").run().assert_success();
    says(&start, &["warning: stage_in: the process that brings files has ended early"]);
    assert!(told(&node).ends_with("export FSXLUSTRE_STAGE_IN=failed"), "{}", told(&node));
    says(&job(&node, "end").assert_success(), &["unmounted"]);
}

#[test]
fn paths_that_are_below_another_are_asked_for_once() {
    let node = released(50, "stage_in = [\"in/ann\", \".\", \"in\"]");
    node.archive("copytool 0 0");
    let start = job(&node, "start").assert_success();
    says(&start, &["stage_in: /mnt/fsx: 52 files have come"]);
    assert_eq!(node.calls("hsm_restore").len(), 1);
}

#[test]
fn a_path_that_leads_elsewhere_is_a_mistake_of_the_settings() {
    let node = released(1, "stage_in = [\"in\", \"../etc\"]");
    let check = node.sandbox.run(["fsxlustre", "config", "check"]);
    assert_ne!(check.code(), Some(0), "{check}");
    says(&check, &["jobs.mount[0].stage_in: it takes a list, each a path below the directory"]);
    let node = released(1, "stage_in = [\"{job.name}\"]");
    says(
        &node.sandbox.run(["fsxlustre", "config", "check"]),
        &["stage_in[0]", "names no field of a job"],
    );
}

#[test]
fn a_later_run_of_a_job_ends_what_an_earlier_one_began() {
    let node = released(20, "stage_in = [\"in\"]\n[jobs.deadlines]\nstage_in = 3");
    node.archive("copytool 0 600000");
    job(&node, "start").assert_success();
    let first = bringing(&node);
    job_of(&node, "start", "7", &[("SLURM_JOB_RESTART_COUNT", "1")]).assert_success();
    let second = bringing(&node);
    assert!(second.len() == 1 && second != first, "{first:?} {second:?}");
    assert!(!is_begun(&node), "that of the earlier run");
    says(&job_of(&node, "end", "7", &[("SLURM_JOB_RESTART_COUNT", "1")]), &["unmounted"]);
    assert_eq!(bringing(&node), [""; 0]);
}
