//! What goes on after the hooks: mounts that could not be unmounted, or that were kept for a while,
//! and leases of jobs that are gone.
//!
//! Nothing of it runs while nothing is left to do: the timer is set with the first mount that is
//! given up, and cancelled with the last.

use super::end::{Ended, Ending, Fate};
use super::timer::Timer;
use super::{END_PHASES, Leaked, Lease, Node, idle, reap};
use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::host::{Deadline, Host, Lock, read_state, remove_state, write_state};
use nix::sys::signalfd::SignalFd;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// How often it is tried again.
const EVERY: Duration = Duration::from_mins(1);
/// The name of its timer; the packaged one, which sweeps, has another.
const UNIT: &str = "fsxlustre-job-housekeeping";
/// How long the timer, and each look that is nobody's phase, may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What housekeeping did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Housekeeping {
    /// The keys of jobs that were gone without an end.
    pub reaped: Vec<String>,
    /// What became of each directory that was left to do.
    pub directories: Vec<Ended>,
}

/// The timer that is set.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    boot_id: Option<String>,
    timer: Timer,
}

/// Does what is left to do.
///
/// # Errors
/// State cannot be read or written.
pub fn housekeeping(
    node: &Node<'_>,
    interrupt: Option<&SignalFd>,
) -> Result<Housekeeping, Failure> {
    let reaped = reap(node, "", Deadline::after(PATIENCE))?;
    let leaked = Leaked::all(node.host)?;
    let due = idle::due(node.host)?;
    let mut left: Vec<(PathBuf, String)> =
        leaked.into_iter().map(|leaked| (leaked.directory, leaked.job)).collect();
    let is_new = |directory: &PathBuf| !left.iter().any(|(other, _)| other == directory);
    let due: Vec<_> = due.into_iter().filter(|idle| is_new(&idle.directory)).collect();
    left.extend(due.into_iter().map(|idle| (idle.directory, idle.job)));
    // Backwards: a directory below another one goes before it.
    left.sort_by(|one, other| other.cmp(one));
    let mut done = Housekeeping { reaped, directories: Vec::new() };
    for (directory, key) in left {
        let since = Duration::ZERO;
        let whole = Deadline::after(node.jobs.deadlines.sum(END_PHASES));
        let ending = Ending {
            node,
            key: &key,
            asks: None,
            job: None,
            since,
            is_now: true,
            together: &[],
            interrupt,
            whole,
        };
        let mut ended = ending.settle(&directory);
        if let Fate::InUse(_) = ended.fate {
            idle::cancel(node.host, &directory, Deadline::after(PATIENCE));
        }
        ended.course.tries = 0;
        done.directories.push(ended);
    }
    ensure(node.host, Deadline::after(PATIENCE))?;
    Ok(done)
}

fn path(host: &Host) -> PathBuf {
    host.paths.state.join("housekeeping.json")
}

/// Whether a timer was set and not cancelled.
pub(super) fn is_set(host: &Host) -> bool {
    path(host).exists()
}

/// How long an end is at work before housekeeping is to come after it: most are done sooner, and set
/// no timer.
const SOON: Duration = Duration::from_millis(300);

/// Does the work of an end. While that takes long a timer is set, so that somebody goes on with it if
/// it is killed: its lease says that it began, and by which process.
pub(super) fn after_all<T>(host: &Host, time: Duration, work: impl FnOnce() -> T) -> T {
    std::thread::scope(|scope| {
        let (at_work, ended) = channel::<()>();
        scope.spawn(move || {
            if ended.recv_timeout(SOON) == Err(RecvTimeoutError::Timeout) {
                // What cannot be set now is set at the end of the work, where something is left.
                let _ = ensure(host, Deadline::after(time));
            }
        });
        let done = work();
        drop(at_work);
        done
    })
}

/// Sets the timer when something is left to do or an end is at work, and cancels it when neither is.
///
/// # Errors
/// State cannot be read or written, or no timer can be set.
pub(super) fn ensure(host: &Host, deadline: Deadline) -> Result<(), Failure> {
    let path = path(host);
    let _lock =
        Lock::take(&host.paths.state, "housekeeping", deadline.at_most(deadline.left() / 2))
            .map_err(|error| error.failure())?;
    let is_at_work = |lease: &Lease| lease.has_ended && lease.is_of_this_boot(host);
    let is_needed = !Leaked::all(host)?.is_empty() || Lease::all(host)?.iter().any(is_at_work);
    // One that cannot be read is as good as none.
    let kept: Option<Kept> = read_state(&path).ok().flatten();
    let kept = kept.filter(|kept| kept.boot_id == host.boot_id());
    match kept {
        Some(kept)
            if is_needed && kept.timer.is_set(host, deadline.at_most(deadline.left() / 3)) =>
        {
            Ok(())
        }
        _ if is_needed => {
            let about = "unmount what could not be unmounted";
            let timer = Timer::repeated(host, UNIT, about, EVERY, deadline)
                .map_err(|because| no_timer(&because))?;
            write_state(&path, &Kept { boot_id: host.boot_id(), timer })
                .map_err(|error| error.failure())
        }
        Some(kept) => {
            remove_state(&path).map_err(|error| error.failure())?;
            kept.timer.cancel(host, deadline);
            Ok(())
        }
        None => remove_state(&path).map_err(|error| error.failure()),
    }
}

fn no_timer(because: &str) -> Failure {
    Failure {
        code: Code::ProgramFailed,
        what: "no timer could be set for housekeeping".into(),
        asked: "run `fsxlustre job housekeeping` later".into(),
        because: because.to_owned(),
        remedy: "run `fsxlustre job housekeeping` by hand; the next job's start and end do it too"
            .into(),
    }
}
