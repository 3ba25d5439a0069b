//! A job's start: lease first, then mount what is missing.

use super::{JobVariables, Lease, Node, lock_directory};
use crate::config::{AgentConfig, JobMount};
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::Deadline;
use fsxlustre_mount::mount::{MountReport, MountRequest, Mounter};
use fsxlustre_mount::options::MountOptions;
use fsxlustre_mount::record::Maker;
use fsxlustre_mount::resolve::Resolve;
use nix::sys::signalfd::SignalFd;
use std::time::Duration;

/// One directory of a job that is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// The rule of the configuration.
    pub rule: JobMount,
    /// What was done.
    pub report: MountReport,
}

/// How long a start waits for an end that is unmounting the same directory.
const WAIT_FOR_END: Duration = Duration::from_secs(30);

/// Leases and mounts everything that the configuration gives to this job. Doing it again is fine.
///
/// # Errors
/// The first mount that failed. The lease then stays, so that the job's end finds what was done.
pub fn start(
    config: &AgentConfig,
    job: &JobVariables,
    resolver: &dyn Resolve,
    interrupt: Option<&SignalFd>,
) -> Result<Vec<Started>, Failure> {
    let node = Node { host: config.host(), jobs: &config.jobs };
    let mounter = Mounter { host: node.host, defaults: &config.base.mount, resolver, interrupt };
    let mut lease = Lease::read(node.host, job)?.unwrap_or_else(|| Lease::new(node.host, job));
    lease.has_ended = false;
    let mut started = Vec::new();
    for rule in node.jobs.rules_for(job.partition.as_deref()) {
        let _lock = lock_directory(node.host, &rule.directory, Deadline::after(WAIT_FOR_END))?;
        lease.directories.insert(rule.directory.clone());
        lease.write(node.host)?;
        let options =
            MountOptions::parse(&rule.mount_options()).map_err(|error| error.failure())?;
        let report = mounter.mount(&MountRequest {
            source: rule.source.clone(),
            directory: rule.directory.clone(),
            options,
            is_dry_run: false,
            made_by: Maker::Job(job.key()),
            namespace: None,
        })?;
        started.push(Started { rule: rule.clone(), report });
    }
    Ok(started)
}

impl Started {
    /// One line for the log.
    pub fn line(&self, job: &JobVariables) -> String {
        format!("{}: {}", job.label(), self.report.line(&self.rule.directory))
    }
}
