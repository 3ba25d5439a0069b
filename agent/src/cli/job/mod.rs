//! `fsxlustre job`: what Slurm's Prolog and Epilog call, and what there is to see of jobs. One file a
//! verb.

mod collect;
mod end;
pub mod hook_process;
mod housekeeping;
mod list;
mod policy;
mod report;
mod stage_in;
mod start;
mod stuck;
mod sweep;

use super::Outcome;
use crate::config::{AgentConfig, JobDeadlines};
use crate::jobs::{JobVariables, Phase};
use crate::parameter_store::Asking;
use clap::{Args, Subcommand};
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::mount::check_root;

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
    /// Take away what jobs, unmounts and mounts have left behind; fsxlustre-housekeeping.timer calls it
    Sweep,
    /// What a start has begun to bring from S3
    #[command(hide = true)]
    StageIn(stage_in::StageInArgs),
    /// The jobs that this node knows of
    List(list::ListArgs),
    /// What a job was given here, and how its start went
    Show(list::ShowArgs),
    /// The causes for which a job goes without a file system, what each leads to, the deadlines
    Policy(policy::PolicyArgs),
    /// What jobs did with their file systems on this node
    Report(report::ReportArgs),
    /// What a job did on all its nodes, into its AdminComment (controller)
    Collect(collect::CollectArgs),
    /// Processes that no signal reaches: where in the kernel, on which mount (UnkillableStepProgram)
    Stuck(stuck::StuckArgs),
}

impl JobArgs {
    /// When Parameter Store may be asked: only a start asks, whatever else works without it.
    pub(super) fn asking(&self) -> Asking {
        match self.verb {
            // Within half of it: the other half is the gate's.
            Verb::Start => Asking::WhenDue(JobDeadlines::default().of(Phase::Decide)),
            Verb::End
            | Verb::Housekeeping
            | Verb::Sweep
            | Verb::StageIn(_)
            | Verb::List(_)
            | Verb::Show(_)
            | Verb::Policy(_)
            | Verb::Report(_)
            | Verb::Collect(_)
            | Verb::Stuck(_) => Asking::Never,
        }
    }

    /// Whether a job ends.
    pub(super) fn is_end(&self) -> bool {
        matches!(self.verb, Verb::End)
    }

    /// Whether it does something to the node.
    pub(super) fn changes_the_node(&self) -> bool {
        matches!(
            self.verb,
            Verb::Start
                | Verb::End
                | Verb::Housekeeping
                | Verb::Sweep
                | Verb::StageIn(_)
                | Verb::Stuck(_)
        )
    }

    /// What a hook does where the settings cannot be read: it takes no node out of service for them.
    /// A job that starts is told; one that ends keeps its lease, and what it used.
    pub(super) fn broken_configuration(&self, failure: &Failure) -> Option<Outcome> {
        match &self.verb {
            Verb::Start => Some(this_job("start").map_or_else(
                |failure| start::not_begun(&failure),
                |job| start::without_settings(&job, failure),
            )),
            Verb::End => Some(start::not_begun(failure)),
            // It looks all the same, and keeps what it sees in the usual places.
            Verb::Stuck(args) => Some(args.run(&AgentConfig::default())),
            Verb::Housekeeping
            | Verb::Sweep
            | Verb::StageIn(_)
            | Verb::List(_)
            | Verb::Show(_)
            | Verb::Policy(_)
            | Verb::Report(_)
            | Verb::Collect(_) => None,
        }
    }

    /// Does it.
    pub fn run(&self, config: &AgentConfig) -> Outcome {
        match &self.verb {
            Verb::Start => this_job("start")
                .map_or_else(|failure| start::not_begun(&failure), |job| start::run(config, &job)),
            Verb::End => this_job("end")
                .map_or_else(|failure| start::not_begun(&failure), |job| end::run(config, &job)),
            Verb::Housekeeping => housekeeping::run(config).into(),
            Verb::Sweep => sweep::run(config).into(),
            Verb::StageIn(args) => args.run(config).into(),
            Verb::List(args) => args.run(config).into(),
            Verb::Show(args) => args.run(config).into(),
            Verb::Policy(args) => args.run(config),
            Verb::Report(args) => args.run(config).into(),
            Verb::Collect(args) => args.run(config).into(),
            Verb::Stuck(args) => args.run(config),
        }
    }
}

/// The job that Slurm's variables in the environment name; for root only.
fn this_job(verb: &str) -> Result<JobVariables, Failure> {
    check_root(&format!("{verb} a job's mounts on")).map_err(|failure| Failure {
        asked: format!("fsxlustre job {verb}"),
        remedy: format!(
            "run it as root (`sudo fsxlustre job {verb}`), as Slurm's Prolog and Epilog are"
        ),
        ..failure
    })?;
    JobVariables::read(std::env::var_os::<&str>).map_err(|error| error.failure())
}
