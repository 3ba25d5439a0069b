//! `fsxlustre job housekeeping`.

use super::super::Outcome;
use crate::config::AgentConfig;
use crate::jobs::report::keep_reports;
use crate::jobs::{self, Gate, Node, Phase};
use fsxlustre_mount::failure::Failure;
use fsxlustre_mount::host::{Deadline, stop_signals};
use fsxlustre_mount::mount::check_root;
use std::fmt::Write as _;

pub(super) fn run(config: &AgentConfig) -> Result<Outcome, Failure> {
    check_root("unmount what jobs have left on")?;
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
    let done = jobs::housekeeping(&node, signals.as_ref())?;
    let mut outcome = Outcome::default();
    for key in &done.reaped {
        // Writing to a String does not fail.
        let _ = writeln!(outcome.stdout, "{key} is gone from this node without an end");
    }
    for one in &done.directories {
        outcome.tell(one, &one.text(), None);
    }
    outcome.warn(keep_reports(&node));
    if outcome.stdout.is_empty() {
        outcome.stdout = "nothing is left to do\n".into();
    }
    Ok(outcome)
}
