//! `fsxlustre job report`.

use super::super::{Outcome, json};
use crate::config::AgentConfig;
use crate::jobs::Lease;
use crate::jobs::report::{JobReport, Whose, all_kept, count};
use clap::Args;
use fsxlustre_mount::failure::{Code, Failure};
use fsxlustre_mount::host::{Deadline, Host};
use std::fmt::Write as _;
use std::time::Duration;

/// How long a running job's connections are listened to.
const PATIENCE: Duration = Duration::from_secs(2);

/// Arguments of `fsxlustre job report`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0; 1 there is no report of this job, or it cannot be read; 2 usage"
)]
pub(super) struct ReportArgs {
    /// The job's number: every run of it that this node keeps, and what it did so far while it
    /// runs. All reports, one line each, where none is given
    #[arg(value_name = "JOB", value_parser = clap::value_parser!(u32))]
    job: Option<u32>,
    /// Print one JSON array of reports
    #[arg(long)]
    json: bool,
}

impl ReportArgs {
    pub(super) fn run(&self, config: &AgentConfig) -> Result<Outcome, Failure> {
        let host = config.host();
        let (mut reports, unread) = all_kept(host, self.job)?;
        if let Some(job) = self.job {
            reports.extend(running(host, job)?);
            if reports.is_empty() {
                return Err(no_report(job, host));
            }
        }
        let mut outcome = if self.json {
            json(&reports)
        } else if self.job.is_some() {
            Outcome::done(reports.iter().map(JobReport::text).collect::<Vec<_>>().join("\n"))
        } else {
            Outcome::done(reports.iter().map(list_line).collect::<String>())
        };
        for because in unread {
            // Writing to a String does not fail.
            let _ = writeln!(outcome.stderr, "fsxlustre: warning: {because}");
        }
        Ok(outcome)
    }
}

fn list_line(report: &JobReport) -> String {
    format!("{}  {}\n", report.key, report.line)
}

/// What a job did so far, while it has leases here.
fn running(host: &Host, job: u32) -> Result<Vec<JobReport>, Failure> {
    let leases = Lease::live(host)?;
    let node = std::env::var("SLURMD_NODENAME").ok();
    let mut reports = Vec::new();
    for lease in leases {
        let Some(whose) = Whose::of_live(&lease.job, node.as_deref()) else { continue };
        if whose.job_id == job {
            reports.push(count(host, &whose, Deadline::after(PATIENCE))?);
        }
    }
    Ok(reports)
}

fn no_report(job: u32, host: &Host) -> Failure {
    Failure {
        code: Code::NoReports,
        what: format!("there is no report of job {job} on this node"),
        asked: format!("look below {}", host.paths.data.join("jobs").display()),
        because: "no job of that number had a file system here, or its report had to go".into(),
        remedy: "look on the job's other nodes, or raise `[jobs] reports_size`".into(),
    }
}
