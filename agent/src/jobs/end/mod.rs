//! A job's end: release its lease, and unmount what a start had mounted when nobody else uses it.
//!
//! | part | knows |
//! |---|---|
//! | this file | the job: its lease, its directories side by side |
//! | `directory` | one directory: whose mount is it, who else uses it, what is to be done |
//! | `ladder` | one unmount: look, flush, unmount, end the job's own processes, stop |
//! | `course` | what was done, and how it is told |

mod course;
mod directory;
mod ladder;

pub use course::{Course, Ended, Fate};
pub(super) use directory::{Ending, mount_of_a_job};

use super::exports::{ExportedAtEnd, leave_tickets};
use super::members::Members;
use super::{
    FrozenRequest, JobVariables, Leaked, Lease, Node, Phase, forget_told, housekeeping, io, reap,
    stage_in,
};
use fsxlustre_mount::failure::{Code, Failure};
use fsxlustre_mount::host::Deadline;
use nix::sys::signalfd::SignalFd;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a lease's age may be short of the truth, in whole seconds at both ends.
const ROUNDED: Duration = Duration::from_secs(2);

/// Ends a job, until the deadline whatever hangs. `None` when nothing is known of it here: its start never ran, or it ended well.
///
/// # Errors
/// State cannot be read or written. A mount that cannot be unmounted is no error here but a
/// [`Fate`].
pub fn end(
    node: &Node<'_>,
    job: &JobVariables,
    whole: Deadline,
    interrupt: Option<&SignalFd>,
) -> Result<Option<Vec<Ended>>, Failure> {
    let key = job.key();
    // What still comes for it would keep its mounts.
    let stopped = stage_in::stop(node.host, &key);
    // What other jobs left behind must not make this one wait or fail.
    let time = node.jobs.deadlines.of(Phase::Lease) / 2;
    let _ = reap(node, &key, Deadline::after(time));
    let mut lease = Lease::read(node.host, job)?;
    let request = FrozenRequest::read(node.host, &key);
    let mut directories: BTreeSet<PathBuf> =
        lease.iter().flat_map(|lease| lease.directories.clone()).collect();
    directories.extend(request.iter().flat_map(FrozenRequest::directories).map(Path::to_owned));
    // An earlier end of the same job may have given some up.
    let given_up = Leaked::all(node.host)?.into_iter().filter(|leaked| leaked.job == key);
    directories.extend(given_up.map(|leaked| leaked.directory));
    if lease.is_none() && directories.is_empty() {
        // Of a start that gave it nothing.
        forget_told(node.host, job.id())?;
        FrozenRequest::remove(node.host, &key)?;
        return Ok(None);
    }
    if let Some(lease) = &mut lease {
        lease.end();
        lease.write(node.host)?;
    }
    let since = lease.as_ref().map(Lease::age).unwrap_or_default() + ROUNDED;
    let sluid = request.as_ref().and_then(|request| request.sluid.clone());
    let members = Members::of(node.host, job.id(), sluid);
    let alone = Ending {
        node,
        key: &key,
        asks: Some(&key),
        job: Some(&members),
        since,
        is_now: false,
        together: &[],
        interrupt,
        // What is left to do after it has its own time.
        whole: whole.at_most(whole.left().saturating_sub(time)),
    };
    let goes = |directory: &&PathBuf| alone.takes_away(directory);
    let together: Vec<PathBuf> = directories.iter().filter(goes).cloned().collect();
    let ending = Ending { together: &together, ..alone };
    let mut ended =
        housekeeping::after_all(node.host, time, || side_by_side(&ending, &directories));
    // What was written is sent by now; and the request, which says so, is still there.
    if let Some(request) = &request {
        note_tickets(&mut ended, leave_tickets(node.host, request));
    }
    if let (Err(because), Some(one)) = (stopped, ended.first_mut()) {
        one.course.warnings.push(because);
    }
    let is_failed = ended.iter().any(|one| matches!(one.fate, Fate::Failed(_)));
    if !is_failed {
        forget_told(node.host, job.id())?;
        FrozenRequest::remove(node.host, &key)?;
        io::forget(node.host, &key)?;
        if let Some(lease) = lease {
            lease.remove(node.host)?;
        }
    }
    let is_leaked = ended.iter().any(|one| matches!(one.fate, Fate::Leaked(_)));
    if is_leaked || is_failed || housekeeping::is_set(node.host) {
        housekeeping::ensure(node.host, Deadline::after(time))?;
    }
    Ok(Some(ended))
}

fn note_tickets(ended: &mut [Ended], left: Vec<ExportedAtEnd>) {
    for ExportedAtEnd { directory, told } in left {
        let Some(one) = ended.iter_mut().find(|one| one.directory == directory) else { continue };
        match told {
            Ok(told) => one.course.export = Some(told),
            Err(because) => one.course.warnings.push(because),
        }
    }
}

/// What an end would do; nothing is touched.
///
/// # Errors
/// State cannot be read.
pub fn foresee(node: &Node<'_>, job: &JobVariables) -> Result<Option<Vec<Ended>>, Failure> {
    let Some(lease) = Lease::read(node.host, job)? else { return Ok(None) };
    let key = job.key();
    let foreseen = lease.directories.iter().map(|directory| {
        let fate = directory::foresee(node, &key, directory).unwrap_or_else(Fate::Failed);
        Ended { directory: directory.clone(), fate, course: Course::default() }
    });
    Ok(Some(foreseen.collect()))
}

/// All directories at the same time, so that one that hangs delays none of the others. Of one job no
/// directory is below another.
fn side_by_side(ending: &Ending<'_>, directories: &BTreeSet<PathBuf>) -> Vec<Ended> {
    let lost = || Failure {
        code: Code::Internal,
        what: "an unmount ended without a result".into(),
        asked: "unmount for a job".into(),
        because: "its thread ended early".into(),
        remedy: "report this with the output of `fsxlustre job end`".into(),
    };
    std::thread::scope(|scope| {
        let begun: Vec<_> = directories
            .iter()
            .map(|directory| (directory, scope.spawn(|| ending.settle(directory))))
            .collect();
        let joined = begun.into_iter().map(|(directory, thread)| {
            thread.join().unwrap_or_else(|_| Ended {
                directory: directory.clone(),
                fate: Fate::Failed(lost()),
                course: Course::default(),
            })
        });
        joined.collect()
    })
}
