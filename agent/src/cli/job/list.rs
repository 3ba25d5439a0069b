//! `fsxlustre job list` and `fsxlustre job show`.

use super::super::{FAILED, Outcome, json};
use crate::config::AgentConfig;
use crate::jobs::{KnownJob, known_jobs};
use clap::Args;
use fsxlustre_mount::failure::{Failure, one_line};
use serde::Serialize;

/// Arguments of `fsxlustre job list`.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Arguments of `fsxlustre job show`.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The job: Slurm's id, or its key as `job list` prints it
    job: String,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Jobs<'a> {
    /// The version of this object's form.
    format: u32,
    jobs: &'a [KnownJob],
}

const FORMAT: u32 = 1;

impl ListArgs {
    pub(super) fn run(&self, config: &AgentConfig) -> Result<Outcome, Failure> {
        let jobs = known_jobs(config.host())?;
        if self.json {
            return Ok(json(&Jobs { format: FORMAT, jobs: &jobs }));
        }
        Ok(Outcome::done(jobs.iter().map(|job| job.line() + "\n").collect::<String>()))
    }
}

impl ShowArgs {
    pub(super) fn run(&self, config: &AgentConfig) -> Result<Outcome, Failure> {
        let mut jobs = known_jobs(config.host())?;
        jobs.retain(|job| job.is_named(&self.job));
        if jobs.is_empty() {
            let name: String = self.job.chars().take(80).collect();
            let stderr = format!("fsxlustre: this node knows of no job {}\n", one_line(&name));
            return Ok(Outcome { stderr, status: FAILED, ..Outcome::default() });
        }
        if self.json {
            return Ok(json(&Jobs { format: FORMAT, jobs: &jobs }));
        }
        Ok(Outcome::done(jobs.iter().map(KnownJob::text).collect::<String>()))
    }
}
