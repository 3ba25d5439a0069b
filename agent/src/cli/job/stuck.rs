//! `fsxlustre job stuck`.

use super::super::Outcome;
use crate::config::AgentConfig;
use crate::jobs::stuck::{Stuck, look};
use crate::jobs::{Lease, report};
use clap::Args;
use fsxlustre_mount::host::Deadline;
use fsxlustre_mount::journal::{Entry, Priority};
use std::fmt::Write as _;
use std::time::Duration;

/// How long keeping what was seen may take.
const KEEPING: Duration = Duration::from_secs(1);

/// Arguments of `fsxlustre job stuck`.
#[derive(Debug, Args)]
#[command(after_help = "Exit status: 0, whatever is stuck; it ends within 10 seconds")]
pub(super) struct StuckArgs {
    /// The job's number: its processes are told first, and kept for its report. Else that of the
    /// environment, SLURM_JOB_ID
    #[arg(value_name = "JOB")]
    job: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl StuckArgs {
    /// Looks, tells the journal, and keeps what it saw. Slurm runs it before it drains the node, so
    /// nothing of this is a reason to fail.
    pub(super) fn run(&self, config: &AgentConfig) -> Outcome {
        let environment = std::env::var("SLURM_JOB_ID").ok();
        // A word that is no number names no job; what is stuck is told all the same.
        let job_id = self.job.as_ref().or(environment.as_ref()).and_then(|job| job.parse().ok());
        let stuck = look(config.host(), job_id);
        let mut outcome =
            if self.json { super::super::json(&stuck) } else { Outcome::done(stuck.text()) };
        outcome.log.extend(entries(&stuck));
        for warning in keep(config, &stuck) {
            // Writing to a String does not fail.
            let _ = writeln!(outcome.stderr, "fsxlustre: warning: {warning}");
        }
        outcome
    }
}

/// One entry for the whole, and one for each thread with its stack.
fn entries(stuck: &Stuck) -> Vec<Entry> {
    let priority = if stuck.total > 0 { Priority::Error } else { Priority::Info };
    let job = stuck.job_id.map(|job| job.to_string()).unwrap_or_default();
    let whole = Entry::new(priority, stuck.text()).with("FSXLUSTRE_JOB", job.as_str());
    let of_thread = |thread: &crate::jobs::stuck::StuckThread| {
        Entry::new(Priority::Error, thread.line())
            .with("FSXLUSTRE_JOB", job.as_str())
            .with("FSXLUSTRE_PID", thread.pid.to_string())
            .with("FSXLUSTRE_STACK", thread.kernel_stack.join("\n"))
    };
    std::iter::once(whole).chain(stuck.threads.iter().map(of_thread)).collect()
}

/// Keeps it for the report of the job, on this node and in the shared folder. Root's business.
fn keep(config: &AgentConfig, stuck: &Stuck) -> Vec<String> {
    let Some(job_id) = stuck.job_id.filter(|_| nix::unistd::geteuid().is_root()) else {
        return Vec::new();
    };
    let host = config.host();
    let keys = match Lease::keys_of(host, job_id) {
        Ok(keys) if keys.is_empty() => vec![format!("cluster_{job_id}_0_node")],
        Ok(keys) => keys,
        Err(failure) => return vec![failure.because],
    };
    let mut warnings = Vec::new();
    for key in keys {
        if let Err(failure) = report::remember_stuck(host, &key, stuck) {
            warnings.push(format!("{}: {}", failure.asked, failure.because));
        }
    }
    let (most, shared) = (config.jobs.reports_bytes(), config.jobs.report_dir.as_deref());
    warnings.extend(report::keep_all(host, most, shared, Deadline::after(KEEPING)));
    warnings
}
