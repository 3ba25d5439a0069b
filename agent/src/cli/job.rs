//! `fsxlustre job`: what Slurm's Prolog and Epilog call.

use super::{FAILED, Outcome};
use crate::config::AgentConfig;
use crate::jobs::{self, Fate, JobVariables, Node};
use crate::metrics::io_counters;
use crate::resolve::AgentResolver;
use clap::{Args, Subcommand};
use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::host::stop_signals;
use fsxlustre_mount::journal::{Entry, Priority};
use fsxlustre_mount::mount::check_root;
use std::fmt::Write as _;

/// Arguments of `fsxlustre job`.
#[derive(Debug, Args)]
pub struct JobArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Verb {
    /// Mount what the configuration gives to this job (Prolog)
    Start,
    /// Unmount what a start had mounted, when no other job uses it (Epilog)
    End,
}

impl JobArgs {
    /// Whether a job ends.
    pub(super) fn is_end(&self) -> bool {
        matches!(self.verb, Verb::End)
    }

    /// Does it. The job is named by Slurm's variables in the environment.
    pub fn run(&self, config: &AgentConfig) -> Outcome {
        let get = |name| std::env::var(name).ok();
        let result = check_root("start or end a job's mounts on")
            .and_then(|()| JobVariables::read(get).map_err(|error| error.failure()))
            .and_then(|job| match self.verb {
                Verb::Start => start(config, &job),
                Verb::End => end(config, &job),
            });
        result.into()
    }
}

fn start(config: &AgentConfig, job: &JobVariables) -> Result<Outcome, Failure> {
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

fn end(config: &AgentConfig, job: &JobVariables) -> Result<Outcome, Failure> {
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
