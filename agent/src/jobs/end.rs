//! A job's end: unmount what a start had mounted, when nobody else uses it, and nothing else.

use super::{JobVariables, Lease, Node, io, lock_directory};
use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::host::{Bounds, Deadline, Program};
use fsxlustre_mount::mount::wait_for_attempt;
use fsxlustre_mount::record::{Maker, MountRecord};
use fsxlustre_mount::unmount::{UnmountRequest, lustre_mount, unmount_as};
use fsxlustre_mount::worker::Work;
use nix::sys::signalfd::SignalFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long one unmount may take.
const UNMOUNT_TIMEOUT: Duration = Duration::from_secs(15);
/// How long an end waits for a mount of a start that was killed or gave up.
const WAIT_FOR_ATTEMPT: Duration = Duration::from_secs(5);
/// How long an end waits for a start that is mounting the same directory.
const WAIT_FOR_START: Duration = Duration::from_secs(30);

/// What became of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was unmounted.
    Unmounted,
    /// It was not mounted any more.
    Gone,
    /// Its mount is stuck in the kernel; it is taken away when it comes up.
    Coming(Failure),
    /// It was there before any job's start, so it stays.
    Adopted,
    /// Other jobs use it, so it stays.
    InUse(Vec<String>),
    /// It could not be unmounted.
    Failed(Failure),
}

/// One directory of a job that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The directory.
    pub directory: PathBuf,
    /// What became of it.
    pub fate: Fate,
}

/// Ends a job's lease. `None` when this job has none here: its start never ran, or it ended.
///
/// # Errors
/// State cannot be read or written. A mount that cannot be unmounted is no error here but a
/// [`Fate`]; the lease is then kept, and the same end may be run again.
pub fn end(
    node: &Node<'_>,
    job: &JobVariables,
    interrupt: Option<&SignalFd>,
) -> Result<Option<Vec<Ended>>, Failure> {
    let Some(mut lease) = Lease::read(node.host, job)? else { return Ok(None) };
    lease.has_ended = true;
    lease.write(node.host)?;
    let mut ended = Vec::new();
    // Backwards: a directory below another one goes before it.
    for directory in lease.directories.iter().rev() {
        let fate = match end_directory(node, job, directory, interrupt) {
            Ok(fate) => fate,
            Err(failure) => Fate::Failed(failure),
        };
        ended.push(Ended { directory: directory.clone(), fate });
    }
    if !ended.iter().any(|one| matches!(one.fate, Fate::Failed(_))) {
        lease.remove(node.host)?;
        io::forget(node.host, &job.key())?;
    }
    Ok(Some(ended))
}

fn end_directory(
    node: &Node<'_>,
    job: &JobVariables,
    directory: &Path,
    interrupt: Option<&SignalFd>,
) -> Result<Fate, Failure> {
    let host = node.host;
    let is_used = || Lease::others(host, &job.key(), directory);
    let others = is_used()?;
    if !others.is_empty() {
        return Ok(Fate::InUse(others));
    }
    let start = Bounds { deadline: Deadline::after(WAIT_FOR_START), interrupt };
    let _lock = match lock_directory(host, directory, &start) {
        // Whoever holds it that long is a start, which the mount then belongs to.
        Err(held) if held.code == Code::LockTimeout => {
            return Ok(Fate::InUse(vec!["a job that is starting".into()]));
        }
        lock => lock?,
    };
    let others = is_used()?;
    if !others.is_empty() {
        return Ok(Fate::InUse(others));
    }
    let bounds = Bounds { deadline: Deadline::after(WAIT_FOR_ATTEMPT), interrupt };
    if let Err(stuck) = wait_for_attempt(host, directory, &bounds) {
        // Of a start that was killed or gave up: whoever is left behind takes it away when it comes
        // up. If nobody can be, the next job's end does.
        let _ = Program::leave_behind(&Work::FinishLateMount(directory.to_owned()));
        return Ok(Fate::Coming(stuck));
    }
    let record = MountRecord::read(host, directory).map_err(|error| error.failure())?;
    let Some(mount) = lustre_mount(host, directory)? else {
        if record.is_some_and(|record| matches!(record.made_by, Maker::Job(_))) {
            MountRecord::remove(host, directory).map_err(|error| error.failure())?;
        }
        return Ok(Fate::Gone);
    };
    let is_ours = record.is_some_and(|record| {
        matches!(record.made_by, Maker::Job(_)) && record.is_of(host, &mount)
    });
    if !is_ours {
        return Ok(Fate::Adopted);
    }
    let deadline = Deadline::after(UNMOUNT_TIMEOUT);
    let request = UnmountRequest { interrupt, ..UnmountRequest::plain(directory, deadline) };
    unmount_as(host, &request, &mut |_| ()).map_err(|error| error.failure)?;
    Ok(Fate::Unmounted)
}

impl Ended {
    /// One line for the log, failures apart.
    pub fn line(&self, job: &JobVariables) -> String {
        let (job, directory) = (job.label(), self.directory.display());
        match &self.fate {
            Fate::Unmounted => format!("{job}: {directory} unmounted"),
            Fate::Gone => format!("{job}: {directory} is not mounted any more"),
            Fate::Coming(stuck) => {
                format!("{job}: {directory} is taken away when it comes up: {}", stuck.because)
            }
            Fate::Adopted => {
                format!("{job}: {directory} stays: it was not mounted by a job's start")
            }
            Fate::InUse(others) => {
                format!("{job}: {directory} stays: in use by {}", others.join(", "))
            }
            Fate::Failed(failure) => format!("{job}: {directory} stays: {}", failure.what),
        }
    }
}
