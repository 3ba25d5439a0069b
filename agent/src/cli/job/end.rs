//! `fsxlustre job end`.

use super::super::{FAILED, Outcome};
use crate::config::{AgentConfig, OnLeak};
use crate::jobs::report::{EndingReport, keep_reports};
use crate::jobs::{
    self, Cause, END_PHASES, Ended, ExportedAtEnd, Fate, FrozenRequest, Gate, JobVariables, Node,
    Phase,
};
use fsxlustre_mount::failure::Failure;
use fsxlustre_mount::host::{Deadline, stop_signals};
use fsxlustre_mount::journal::{Entry, Priority};
use nix::sys::signalfd::SignalFd;
use std::fmt::Write as _;

pub(super) fn run(config: &AgentConfig, job: &JobVariables) -> Outcome {
    let signals = stop_signals();
    let node = Node { host: config.host(), jobs: &config.jobs };
    let job = &jobs::as_started(node.host, job.clone());
    let deadlines = &node.jobs.deadlines;
    let whole =
        Deadline::after(deadlines.sum(END_PHASES).saturating_sub(deadlines.of(Phase::Report)));
    let ended = match Gate::of(config, Deadline::after(deadlines.of(Phase::Decide) / 2)) {
        Gate::Closed(closed) => {
            let line = format!("{}: nothing is done: {}\n", job.label(), closed.because());
            return Outcome::done(line);
        }
        Gate::Observe => jobs::foresee(&node, job),
        Gate::Open => return carried_out(config, &node, job, whole, signals.as_ref()),
    };
    told(job, &ended)
}

fn carried_out(
    config: &AgentConfig,
    node: &Node<'_>,
    job: &JobVariables,
    whole: Deadline,
    signals: Option<&SignalFd>,
) -> Outcome {
    let (host, key, label) = (node.host, job.key(), job.label());
    let time = Deadline::after(node.jobs.deadlines.of(Phase::Lease) / 2);
    if jobs::is_of_a_run_that_lasts(host, job, time) {
        let line = "nothing is done: this is the end of an earlier run, and a later one is here";
        return Outcome::done(format!("{label}: {line}\n"));
    }
    let request = FrozenRequest::read(host, &key);
    // Before the unmount, which takes the counters with it. What cannot be told delays no end.
    let report = EndingReport::begin(host, node.jobs, job);
    let ended = jobs::end(node, job, whole, signals);
    let mut outcome = told(job, &ended);
    let ended = ended.as_ref().ok().and_then(Option::as_deref).unwrap_or_default();
    let is_leaked = ended.iter().any(|one| matches!(one.fate, Fate::Leaked(_)));
    let drains = is_leaked && config.jobs.on_leak() == OnLeak::Drain;
    if drains {
        // Before the node is drained, so that it is kept with the report.
        outcome.warn(jobs::leave_at_end(host, &key, &label, ended, request.as_ref()));
    }
    match report {
        Some(report) => {
            let (line, warnings) = report.finish(host, node.jobs, ended);
            outcome.say(Priority::Info, &line);
            outcome.warn(warnings);
        }
        // What an earlier job left behind may be settled by now.
        None => outcome.warn(keep_reports(node)),
    }
    // After everything that must not be lost: whoever ends us now ends a wait.
    let exported = request.map(|request| jobs::wait_for_exports(config, &request, signals));
    outcome.exported(exported.unwrap_or_default());
    if drains {
        // slurmd logs what an epilog that fails has said: one line is read, many are not.
        let line = jobs::drain_line_of_end(ended, &label).unwrap_or_default();
        (outcome.stdout, outcome.stderr) = (line + "\n", String::new());
        outcome.status = FAILED;
    }
    outcome
}

fn told(job: &JobVariables, ended: &Result<Option<Vec<Ended>>, Failure>) -> Outcome {
    let mut outcome = Outcome::default();
    match ended {
        Ok(None) => {
            outcome.stdout = format!("{}: nothing is recorded for it here\n", job.label());
        }
        Ok(Some(ended)) if ended.is_empty() => {
            outcome.stdout = format!("{}: it was given no file system\n", job.label());
        }
        Ok(Some(ended)) => {
            for one in ended {
                outcome.tell(one, &one.line(job), Some(&job.key()));
            }
        }
        // What is wrong with our own state takes no node out of service, and no mount away.
        Err(failure) => outcome.blame(failure),
    }
    outcome
}

impl Outcome {
    /// What became of one directory: a line on stdout, which slurmd logs when the end fails, warnings
    /// and failures beside it.
    pub(super) fn tell(&mut self, one: &Ended, line: &str, job: Option<&str>) {
        self.say(Priority::Info, line);
        for warning in one.warnings() {
            let _ = writeln!(self.stderr, "fsxlustre: warning: {warning}");
            self.log.push(Entry::new(Priority::Warning, warning));
        }
        if let Some(failure) = one.fate.failure() {
            let mut entry = Entry::failure(failure)
                .with("FSXLUSTRE_DIRECTORY", one.directory.display().to_string())
                .with("FSXLUSTRE_CAUSE", Cause::of(failure.code).word());
            if let Some(job) = job {
                entry = entry.with("FSXLUSTRE_JOB", job);
            }
            self.log.push(entry);
            let _ = writeln!(self.stderr, "fsxlustre: {failure}");
        }
    }

    /// What could not be kept, which is never a failed end.
    pub(super) fn warn(&mut self, warnings: Vec<String>) {
        for warning in warnings {
            let _ = writeln!(self.stderr, "fsxlustre: warning: {warning}");
            self.log.push(Entry::new(Priority::Warning, warning));
        }
    }

    /// What became of exports that were waited for; never a failed end.
    fn exported(&mut self, exported: Vec<ExportedAtEnd>) {
        for ExportedAtEnd { directory, told } in exported {
            let directory = directory.display();
            match told {
                Ok(told) => self.say(Priority::Info, &format!("{directory} {told}")),
                Err(because) => self.warn(vec![format!("{directory}: {because}")]),
            }
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
