//! `fsxlustre job end`.

use super::super::{FAILED, Outcome};
use crate::config::{AgentConfig, OnLeak};
use crate::jobs::report::EndingReport;
use crate::jobs::{self, Ended, Fate, Gate, JobVariables, Node, Phase};
use fsxlustre_mount::failure::Failure;
use fsxlustre_mount::host::{Deadline, stop_signals};
use fsxlustre_mount::journal::{Entry, Priority};
use std::fmt::Write as _;

pub(super) fn run(config: &AgentConfig, job: &JobVariables) -> Outcome {
    let signals = stop_signals();
    let node = Node { host: config.host(), jobs: &config.jobs };
    let job = &jobs::as_started(node.host, job.clone());
    let time = node.jobs.deadlines.of(Phase::Decide);
    let ended = match Gate::of(config, Deadline::after(time)) {
        Gate::Closed(closed) => {
            let line = format!("{}: nothing is done: {}\n", job.label(), closed.because());
            return Outcome::done(line);
        }
        Gate::Observe => jobs::foresee(&node, job),
        Gate::Open => {
            // Before the unmount, which takes the counters with it. What cannot be told delays no end.
            let report = EndingReport::begin(node.host, node.jobs, job);
            let ended = jobs::end(&node, job, signals.as_ref());
            let mut outcome = told(config, job, &ended);
            if let Some(report) = report {
                let ended = ended.as_ref().ok().and_then(Option::as_deref).unwrap_or_default();
                outcome.report(report.finish(node.host, node.jobs, ended));
            }
            return outcome;
        }
    };
    told(config, job, &ended)
}

fn told(
    config: &AgentConfig,
    job: &JobVariables,
    ended: &Result<Option<Vec<Ended>>, Failure>,
) -> Outcome {
    let mut outcome = Outcome::default();
    match ended {
        Ok(None) => {
            outcome.stdout = format!("{}: nothing is recorded for it here\n", job.label());
        }
        Ok(Some(ended)) if ended.is_empty() => {
            outcome.stdout = format!("{}: it was given no file system\n", job.label());
        }
        Ok(Some(ended)) => ended.iter().for_each(|one| outcome.tell(one, &one.line(job))),
        // What is wrong with our own state takes no node out of service, and no mount away.
        Err(failure) => outcome.blame(failure),
    }
    let is_leaked =
        |ended: &Vec<Ended>| ended.iter().any(|one| matches!(one.fate, Fate::Leaked(_)));
    let is_leaked = ended.as_ref().is_ok_and(|ended| ended.as_ref().is_some_and(is_leaked));
    if is_leaked && config.jobs.on_leak() == OnLeak::Drain {
        outcome.status = FAILED;
    }
    outcome
}

impl Outcome {
    /// What became of one directory: a line on stdout, which slurmd logs when the end fails, warnings
    /// and failures beside it.
    pub(super) fn tell(&mut self, one: &Ended, line: &str) {
        self.say(Priority::Info, line);
        for warning in one.warnings() {
            let _ = writeln!(self.stderr, "fsxlustre: warning: {warning}");
            self.log.push(Entry::new(Priority::Warning, warning));
        }
        if let Some(failure) = one.fate.failure() {
            self.blame(failure);
        }
    }

    /// What the job did, in a line; that it could not be kept is a warning, never a failed end.
    fn report(&mut self, (line, warnings): (String, Vec<String>)) {
        self.say(Priority::Info, &line);
        for warning in warnings {
            let _ = writeln!(self.stderr, "fsxlustre: warning: {warning}");
            self.log.push(Entry::new(Priority::Warning, warning));
        }
    }

    fn say(&mut self, priority: Priority, line: &str) {
        // Writing to a String does not fail.
        let _ = writeln!(self.stdout, "{line}");
        self.log.push(Entry::new(priority, line));
    }

    fn blame(&mut self, failure: &Failure) {
        self.log.push(Entry::failure(failure));
        let _ = writeln!(self.stderr, "fsxlustre: {failure}");
    }
}
