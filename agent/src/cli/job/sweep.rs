//! `fsxlustre job sweep`.

use super::super::Outcome;
use crate::config::AgentConfig;
use crate::jobs::report::keep_reports;
use crate::jobs::{self, Gate, Node, Phase, Swept};
use fsxlustre_mount::failure::Failure;
use fsxlustre_mount::host::{Deadline, stop_signals};
use fsxlustre_mount::journal::{Entry, Priority};
use fsxlustre_mount::mount::check_root;
use std::fmt::Write as _;

pub(super) fn run(config: &AgentConfig) -> Result<Outcome, Failure> {
    check_root("sweep up what is left behind on")?;
    let signals = stop_signals();
    let node = Node { host: config.host(), jobs: &config.jobs };
    match Gate::of(config, Deadline::after(node.jobs.deadlines.of(Phase::Decide))) {
        Gate::Open => {}
        Gate::Observe => {
            return Ok(Outcome::done("nothing is done: [jobs] mode is observe\n"));
        }
        Gate::Closed(closed) => {
            return Ok(Outcome::done(format!("nothing is done: {}\n", closed.because())));
        }
    }
    let swept = jobs::sweep(&node, signals.as_ref())?;
    let mut outcome = told(&swept);
    if swept.computing == 0 {
        outcome.warn(keep_reports(&node));
    }
    if outcome.stdout.is_empty() {
        outcome.stdout = "nothing is left to do\n".into();
    }
    Ok(outcome)
}

fn told(swept: &Swept) -> Outcome {
    let mut outcome = Outcome::default();
    let mut lines: Vec<String> = Vec::new();
    for key in &swept.housekeeping.reaped {
        lines.push(format!("{key} is gone from this node without an end"));
    }
    for directory in &swept.unmounted {
        lines.push(format!("the client of {} is gone by now", directory.display()));
    }
    for directory in &swept.failures {
        lines.push(format!("the last failure on {} is forgotten: it is old", directory.display()));
    }
    for line in lines {
        outcome.stdout.extend([line.as_str(), "\n"]);
        outcome.log.push(Entry::new(Priority::Info, line));
    }
    if swept.computing > 0 {
        let text = format!("the rest is left until no job computes here ({})\n", swept.computing);
        outcome.stdout += &text;
    }
    for one in &swept.housekeeping.directories {
        outcome.tell(one, &one.text(), None);
    }
    for failure in &swept.refused {
        // Writing to a String does not fail.
        let _ = writeln!(outcome.stderr, "fsxlustre: {failure}");
        outcome.log.push(Entry::failure(failure));
    }
    outcome
}
