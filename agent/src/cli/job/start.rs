//! `fsxlustre job start`.

use super::super::Outcome;
use crate::config::AgentConfig;
use crate::jobs::{self, JobVariables};
use crate::resolve::AgentResolver;
use fsxlustre_mount::failure::Failure;
use fsxlustre_mount::host::stop_signals;
use fsxlustre_mount::journal::{Entry, Priority};
use std::fmt::Write as _;

pub(super) fn run(config: &AgentConfig, job: &JobVariables) -> Result<Outcome, Failure> {
    let signals = stop_signals();
    let resolver = AgentResolver::new(config, signals.as_ref());
    let started = jobs::start(config, job, &resolver, signals.as_ref())?;
    let mut outcome = Outcome::default();
    if started.is_empty() {
        outcome.stdout = format!("{}: the configuration gives it no file system\n", job.label());
    }
    for one in &started {
        // Writing to a String does not fail.
        let _ = writeln!(outcome.stdout, "{}", one.line(job));
        outcome.log.push(Entry::new(Priority::Info, one.line(job)));
        for warning in &one.report.warnings {
            let _ = writeln!(outcome.stderr, "fsxlustre: warning: {warning}");
            outcome.log.push(Entry::new(Priority::Warning, warning));
        }
    }
    Ok(outcome)
}
