//! `fsxlustre job start`.

use super::super::Outcome;
use crate::config::{AgentConfig, JobsSection};
use crate::jobs::{
    self, Cause, Closed, FrozenRequest, Gate, JobVariables, Lacking, Missing, Phase, PhaseClock,
    Started, Verdict, drain_line, tell,
};
use crate::resolve::AgentResolver;
use fsxlustre_mount::failure::{Failure, one_line};
use fsxlustre_mount::host::{Host, stop_signals};
use fsxlustre_mount::journal::{Entry, Priority};
use std::fmt::Write as _;

pub(super) fn run(config: &AgentConfig, job: &JobVariables) -> Outcome {
    let mut clock = PhaseClock::new(&config.jobs.deadlines);
    // Half of it is that of reading the settings.
    let gate = clock
        .run(Phase::Decide, |deadline| Gate::of(config, deadline.at_most(deadline.budget() / 2)));
    match gate {
        Gate::Closed(closed) => nothing_done(job, &closed),
        Gate::Observe => observed(job, &jobs::observe(config, job)),
        Gate::Open => {
            let signals = stop_signals();
            let resolver = AgentResolver::new(config, signals.as_ref());
            done(job, &jobs::start(config, job, &resolver, signals.as_ref(), clock))
        }
    }
}

/// A hook that could not even begin: the exit is that of the failure's cause, by the defaults.
pub(super) fn not_begun(failure: &Failure) -> Outcome {
    let status = JobsSection::default().policy().verdict(Cause::of(failure.code)).exit();
    Outcome { status, ..Outcome::failed(failure) }
}

/// A start whose settings cannot be read: the job is admitted, and told.
pub(super) fn without_settings(job: &JobVariables, failure: &Failure) -> Outcome {
    let mut outcome = not_begun(failure);
    let missing = Missing {
        directory: None,
        is_mounted: false,
        cause: Cause::of(failure.code),
        verdict: Verdict::Admit,
        what: failure.what.clone(),
    };
    if let Err(failure) = tell(&Host::default(), job.id(), job.het_job_id, &[missing], None) {
        outcome.log.push(Entry::failure(&failure));
    }
    outcome
}

pub(super) fn nothing_done(job: &JobVariables, closed: &Closed) -> Outcome {
    let line = format!("{}: nothing is done: {}", job.label(), closed.because());
    Outcome { log: vec![Entry::new(Priority::Info, line.as_str())], ..Outcome::done(line + "\n") }
}

fn observed(job: &JobVariables, request: &FrozenRequest) -> Outcome {
    let mut outcome = Outcome::default();
    let label = job.label();
    if request.mounts.is_empty() {
        say(&mut outcome, format!("{label}: the configuration would give it no file system"));
    }
    for mount in &request.mounts {
        let source = mount.source.as_deref().unwrap_or(&mount.rule);
        let (source, directory) = (one_line(source), mount.directory.display());
        say(&mut outcome, format!("{label}: {source} would be mounted on {directory} (observed)"));
        for path in jobs::staged_paths(job, mount) {
            let path = path.display().to_string();
            let path = one_line(&path);
            say(&mut outcome, format!("{label}: {path} would be brought from S3 (observed)"));
        }
    }
    outcome
}

/// A line that is printed and logged.
fn say(outcome: &mut Outcome, line: String) {
    // Writing to a String does not fail.
    let _ = writeln!(outcome.stdout, "{line}");
    outcome.log.push(Entry::new(Priority::Info, line));
}

fn done(job: &JobVariables, started: &Started) -> Outcome {
    let mut outcome = Outcome::default();
    if started.request.mounts.is_empty() {
        let label = job.label();
        outcome.stdout = format!("{label}: the configuration gives it no file system\n");
    }
    for one in &started.ready {
        say(&mut outcome, format!("{}: {}", job.label(), one.report.line(&one.directory)));
    }
    for line in &started.staged {
        say(&mut outcome, format!("{}: {line}", job.label()));
    }
    for warning in &started.warnings {
        let _ = writeln!(outcome.stderr, "fsxlustre: warning: {warning}");
        outcome.log.push(Entry::new(Priority::Warning, warning));
    }
    for one in &started.lacking {
        outcome.log.push(entry(job, started, one));
        let _ = writeln!(outcome.stderr, "fsxlustre: {}", one.failure);
        let verdict = started.verdict_of(&one.failure);
        let (directory, cause) = (one.directory.display(), Cause::of(one.failure.code).word());
        let becomes = match verdict {
            Verdict::Admit => "the job is admitted without it",
            Verdict::Refuse => "the job is refused by its TaskProlog",
            Verdict::Drain => "the node is drained",
        };
        say(&mut outcome, format!("{}: {directory}: {cause}: {becomes}", job.label()));
    }
    if started.verdict() == Some(Verdict::Drain) {
        // slurmd logs what a prolog that fails has said: one line is read, many are not.
        let line = drain_line(started, &job.label()).unwrap_or_default();
        (outcome.stdout, outcome.stderr) = (line + "\n", String::new());
        outcome.status = Verdict::Drain.exit();
    }
    outcome
}

fn entry(job: &JobVariables, started: &Started, one: &Lacking) -> Entry {
    Entry::failure(&one.failure)
        .with("FSXLUSTRE_JOB", job.key())
        .with("FSXLUSTRE_CAUSE", Cause::of(one.failure.code).word())
        .with("FSXLUSTRE_VERDICT", started.verdict_of(&one.failure).word())
        .with("FSXLUSTRE_DIRECTORY", one.directory.display().to_string())
}
