//! A job's start: lease first, then mount what is missing.

use super::{JobVariables, Lease, Node, fill, io, lock_directory};
use crate::config::{AgentConfig, JobMount};
use fsxlustre_mount::answer::PinnedAs;
use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::host::{Bounds, Deadline};
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
/// All mounts go on side by side, so that one dead file system delays no other.
///
/// # Errors
/// The first mount that failed, after all have ended. The lease then stays, so that the job's end
/// finds what was done.
pub fn start(
    config: &AgentConfig,
    job: &JobVariables,
    resolver: &(dyn Resolve + Sync),
    interrupt: Option<&SignalFd>,
) -> Result<Vec<Started>, Failure> {
    let node = Node { host: config.host(), jobs: &config.jobs };
    let mounter = Mounter {
        host: node.host,
        defaults: &config.base.mount,
        answers: &config.base.answers,
        resolver,
        interrupt,
        // Nobody reads what a prolog prints.
        tell: &|_| {},
    };
    let rules: Vec<_> = node.jobs.rules_for(job).collect();
    let mut lease = Lease::read(node.host, job)?.unwrap_or_else(|| Lease::new(node.host, job));
    lease.has_ended = false;
    lease.directories.extend(rules.iter().map(|rule| rule.directory.clone()));
    if !rules.is_empty() {
        lease.write(node.host)?;
    }
    let results: Vec<_> = std::thread::scope(|scope| {
        let started: Vec<_> =
            rules.iter().map(|rule| scope.spawn(|| start_one(&node, job, rule, mounter))).collect();
        started.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err(lost()))).collect()
    });
    let started: Vec<Started> = results.into_iter().collect::<Result<_, _>>()?;
    if !rules.is_empty() {
        // Counted from here on, when every client is there.
        io::begin(node.host, &job.key())?;
    }
    Ok(started)
}

fn start_one(
    node: &Node<'_>,
    job: &JobVariables,
    rule: &JobMount,
    mounter: Mounter<'_>,
) -> Result<Started, Failure> {
    let options = MountOptions::parse(&rule.mount_options()).map_err(|error| error.failure())?;
    // Another job's start holds it for the time of its mount, an end for that of its unmount.
    let patience = mounter.longest(&options) + WAIT_FOR_END;
    let bounds = Bounds { deadline: Deadline::after(patience), interrupt: mounter.interrupt };
    let _lock = lock_directory(node.host, &rule.directory, &bounds)?;
    let report = mounter.mount(&MountRequest {
        source: fill(&rule.source, job).map_err(|error| error.failure())?,
        directory: rule.directory.clone(),
        options,
        is_dry_run: false,
        made_by: Maker::Job(job.key()),
        makes_directory: true,
        namespace: None,
        pinned_as: Some(PinnedAs { job: job.key_on_all_nodes(), node: job.node().to_owned() }),
    })?;
    Ok(Started { rule: rule.clone(), report })
}

/// A thread that ended without a result can only be a fault of ours.
fn lost() -> Failure {
    Failure {
        code: Code::Internal,
        what: "a mount ended without a result".into(),
        asked: "mount for a job".into(),
        because: "its thread ended early".into(),
        remedy: "report this with the output of `fsxlustre job start`".into(),
    }
}

impl Started {
    /// One line for the log.
    pub fn line(&self, job: &JobVariables) -> String {
        format!("{}: {}", job.label(), self.report.line(&self.rule.directory))
    }
}
