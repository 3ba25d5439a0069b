//! `fsxlustre job`: what Slurm's Prolog and Epilog call, and what there is to see of jobs. One file a
//! verb.

mod end;
mod housekeeping;
mod policy;
mod start;

use super::Outcome;
use crate::config::AgentConfig;
use crate::jobs::JobVariables;
use crate::parameter_store::Asking;
use clap::{Args, Subcommand};
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::mount::check_root;
use std::time::Duration;

/// Arguments of `fsxlustre job`.
#[derive(Debug, Args)]
pub struct JobArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Mount what the configuration gives to this job (Prolog)
    Start,
    /// Unmount what a start had mounted, when no other job uses it (Epilog)
    End,
    /// Unmount what the ends of jobs could not; a timer calls it while there is such
    Housekeeping,
    /// The causes for which a job goes without a file system, what each leads to, the deadlines
    Policy(policy::PolicyArgs),
}

impl JobArgs {
    /// When Parameter Store may be asked: only a start asks, whatever else works without it.
    pub(super) fn asking(&self) -> Asking {
        match self.verb {
            Verb::Start => Asking::WhenDue(Duration::MAX),
            Verb::End | Verb::Housekeeping | Verb::Policy(_) => Asking::Never,
        }
    }

    /// Whether a job ends.
    pub(super) fn is_end(&self) -> bool {
        matches!(self.verb, Verb::End)
    }

    /// Whether it does something to the node.
    pub(super) fn changes_the_node(&self) -> bool {
        matches!(self.verb, Verb::Start | Verb::End | Verb::Housekeeping)
    }

    /// Does it.
    pub fn run(&self, config: &AgentConfig) -> Outcome {
        match &self.verb {
            Verb::Start => this_job("start").and_then(|job| start::run(config, &job)).into(),
            Verb::End => this_job("end").map(|job| end::run(config, &job)).into(),
            Verb::Housekeeping => housekeeping::run(config).into(),
            Verb::Policy(args) => args.run(config),
        }
    }
}

/// The job that Slurm's variables in the environment name; for root only.
fn this_job(verb: &str) -> Result<JobVariables, Failure> {
    check_root(&format!("{verb} a job's mounts on"))?;
    JobVariables::read(std::env::var_os::<&str>).map_err(|error| error.failure())
}
