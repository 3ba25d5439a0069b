//! `fsxlustre hsm restore`, killed at random points and run again: no file is asked for twice without need, and none
//! is forgotten.

mod archives;

use archives::{Node, files};
use fsxlustre_tests::{Running, Signal};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const FILES: usize = 780;
const RESTORE: [&str; 4] = ["fsxlustre", "hsm", "restore", "/mnt/fsx/t"];

fn tree() -> Node {
    let node = Node::start();
    node.shell(&format!(
        "mkdir -p @/t/{{1..6}} && for d in 1 2 3 4 5 6; do (cd @/t/$d && touch $(seq 1 {})); done",
        FILES / 6
    ));
    // Every request is taken at once, and stays at work.
    node.archive("copytool 0 100000000");
    node
}

/// As before any request.
fn begin_anew(node: &Node) {
    node.archive("set /t 0d");
    node.shell("rm -rf /var/lib/fsxlustre/hsm");
}

/// How often each file was named in a request since the first `skip` calls.
fn named(node: &Node, skip: usize) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    for call in node.calls("hsm_restore").into_iter().skip(skip) {
        for name in call.into_iter().skip(1) {
            *times.entry(name).or_default() += 1;
        }
    }
    times
}

/// How long a whole run takes.
fn whole(node: &Node) -> Duration {
    begin_anew(node);
    let began = Instant::now();
    node.sandbox.run(RESTORE).assert_success();
    began.elapsed()
}

fn interrupted(node: &Node, at: Duration, kill: impl Fn(&Running)) {
    let mut run = node.sandbox.spawn(RESTORE);
    if run.wait(at).is_none() {
        kill(&run);
        run.wait(Duration::from_secs(20)).expect("it was killed");
    }
}

#[test]
fn killed_at_fifty_points_and_finished_every_file_is_asked_for_once() {
    let node = tree();
    let whole = whole(&node);
    let mut random = fastrand::Rng::new();
    let mut cut_short = 0;
    for round in 0..10 {
        begin_anew(&node);
        let before = node.calls("hsm_restore").len();
        for _ in 0..5 {
            let at = whole.mul_f64(random.f64() / 2.0);
            let calls = node.calls("hsm_restore").len();
            interrupted(&node, at, |run| run.signal(Signal::SIGKILL));
            cut_short += usize::from(node.calls("hsm_restore").len() < calls + FILES / 52);
        }
        node.sandbox.run(RESTORE).assert_success();
        let named = named(&node, before);
        assert_eq!(named.len(), FILES, "round {round}, seed {}", random.get_seed());
        let twice: Vec<_> = named.iter().filter(|(_, times)| **times > 1).collect();
        assert!(twice.is_empty(), "round {round}, seed {}: {twice:?}", random.get_seed());
        let status = node.json("status --questions all @/t");
        assert_eq!(files(&status, "running"), FILES as u64, "round {round}: {status}");
    }
    assert!(cut_short > 25, "only {cut_short} of 50 runs were cut short: they prove nothing");
}

/// Ends everything that a run has started, what it left behind too.
fn kill_all(run: &Running) {
    let Some(pid) = run.pid() else { return };
    let mut all = vec![pid];
    let mut next = 0;
    while let Some(pid) = all.get(next).copied() {
        let listed = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        let children = listed.unwrap_or_default();
        all.extend(children.split_whitespace().filter_map(|pid| pid.parse::<i32>().ok()));
        next += 1;
    }
    for pid in all {
        // Having ended in between is no failure.
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL);
    }
}

#[test]
fn killed_with_all_that_it_started_none_is_forgotten_and_only_what_was_on_its_way_is_sent_again() {
    let node = tree();
    let whole = whole(&node);
    let mut random = fastrand::Rng::new();
    for round in 0..10 {
        begin_anew(&node);
        let before = node.calls("hsm_restore").len();
        interrupted(&node, whole.mul_f64(random.f64()), kill_all);
        node.sandbox.run(RESTORE).assert_success();
        let named = named(&node, before);
        assert_eq!(named.len(), FILES, "round {round}, seed {}", random.get_seed());
        let twice = named.values().filter(|times| **times > 1).count();
        // Four requests are on their way at a time.
        assert!(twice <= 4 * 52, "round {round}, seed {}: {twice} files", random.get_seed());
        let status = node.json("status --questions all @/t");
        assert_eq!(files(&status, "running"), FILES as u64, "round {round}: {status}");
    }
}

#[test]
fn two_runs_at_a_time_ask_for_each_file_once() {
    let node = tree();
    begin_anew(&node);
    let before = node.calls("hsm_restore").len();
    let mut runs = [node.sandbox.spawn(RESTORE), node.sandbox.spawn(RESTORE)];
    for run in &mut runs {
        let said = run.wait(Duration::from_mins(1)).expect("it ends");
        // The second waits for the first, or says that it is busy.
        assert!(said.is_success() || said.stderr.contains("FSXL-H105"), "{said}");
    }
    let named = named(&node, before);
    assert_eq!((named.len(), named.values().max()), (FILES, Some(&1)));
}
