//! `fsxlustre job end`.

use super::super::{FAILED, Outcome};
use crate::config::AgentConfig;
use crate::jobs::{self, Fate, JobVariables, Node};
use crate::metrics::io_counters;
use fsxlustre_mount::failure::{Code, Failure};
use fsxlustre_mount::host::stop_signals;
use fsxlustre_mount::journal::{Entry, Priority};
use std::fmt::Write as _;

pub(super) fn run(config: &AgentConfig, job: &JobVariables) -> Result<Outcome, Failure> {
    let signals = stop_signals();
    let node = Node { host: config.host(), jobs: &config.jobs };
    // Before the unmount, which takes the counters with it. What cannot be told delays no end.
    let done = jobs::io::since_begin(node.host, &job.key(), &io_counters(node.host));
    let Some(ended) = jobs::end(&node, job, signals.as_ref())? else {
        return Ok(Outcome::done(format!("{}: nothing is recorded for it here\n", job.label())));
    };
    let mut outcome = Outcome::default();
    for line in done.ok().flatten().iter().flat_map(|done| done.lines(&job.label())) {
        let _ = writeln!(outcome.stdout, "{line}");
        outcome.log.push(Entry::new(Priority::Info, line));
    }
    for one in &ended {
        // Writing to a String does not fail.
        let _ = writeln!(outcome.stdout, "{}", one.line(job));
        outcome.log.push(Entry::new(Priority::Info, one.line(job)));
        if let Fate::Failed(failure) = &one.fate {
            outcome.log.push(Entry::failure(failure));
            let _ = writeln!(outcome.stderr, "fsxlustre: {failure}");
            outcome.status = outcome.status.max(epilog_status(failure));
        }
    }
    Ok(outcome)
}

/// A directory that is merely in use stays mounted for the next job, and so does a client that
/// another mount namespace keeps; the node stays in service. An unmount that hangs says that the
/// node's client is unwell: Slurm drains the node.
fn epilog_status(failure: &Failure) -> u8 {
    if matches!(failure.code, Code::Busy | Code::ClientStays) { 0 } else { FAILED }
}
