//! A mount that is stuck in the kernel: named, not piled up, and finished by somebody when it
//! comes up after all.

use super::MountRequest;
use crate::config::Config;
use crate::failure::{Code, Explain as _, Failure};
use crate::host::{
    Bounds, Deadline, Host, LockError, Program, read_state, sleep_unless_interrupted, state_names,
};
use crate::record::{Attempt, MountRecord};
use crate::source::Device;
use crate::unmount::{lustre_mount, unmount};
use crate::utab;
use crate::worker::Work;
use std::path::Path;
use std::time::Duration;

/// How often a stuck process is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// How often an attempt that goes on is looked at by whoever waits for its end.
const SOON: Duration = Duration::from_millis(10);

/// Keeps the record of an attempt whose process could not be ended, and leaves somebody behind who
/// finishes it.
pub(super) fn leave(host: &Host, record: &mut MountRecord, pid: u32) {
    record.attempt = Attempt::of(pid);
    // What cannot be kept or left behind cannot be told better than the failure of the mount does.
    let _ = record.write(host);
    let _ = Program::leave_behind(&Work::FinishLateMount(record.directory.clone()));
}

/// The record of an attempt on this directory or this file system whose process is still there. Under the
/// locks of both it is one of a call that was killed, or that gave up on it. One of another file system
/// would come up on top of what is mounted on the directory meanwhile.
fn earlier_attempt(host: &Host, directory: &Path, key: &str) -> Option<(MountRecord, Attempt)> {
    let folder = MountRecord::folder(host);
    let names = state_names(&folder).ok()?;
    names.iter().find_map(|name| {
        let record: MountRecord = read_state(&folder.join(name)).ok()??;
        let is_of_it = record.directory == directory
            || Device::parse(&record.device).is_some_and(|device| device.key() == key);
        let attempt = record.stuck_attempt(host).filter(|_| is_of_it)?;
        Some((record, attempt))
    })
}

/// Waits for an earlier attempt on this directory or file system to end, so that no second one piles up.
pub(super) fn wait_for_earlier(
    host: &Host,
    directory: &Path,
    key: &str,
    bounds: &Bounds<'_>,
) -> Result<(), Failure> {
    while let Some((record, attempt)) = earlier_attempt(host, directory, key) {
        let pause = SOON.min(bounds.deadline.left());
        if sleep_unless_interrupted(pause, bounds.interrupt) {
            let stuck = stuck(directory, &record, attempt);
            return Err(Failure { code: Code::Interrupted, ..stuck });
        }
        if bounds.deadline.has_passed() {
            return Err(stuck(directory, &record, attempt));
        }
    }
    Ok(())
}

/// Waits for an attempt on this directory that goes on, whosever it is.
///
/// # Errors
/// [`Code::MountStuck`] at the deadline, [`Code::Interrupted`] at a signal.
pub fn wait_for_attempt(host: &Host, directory: &Path, bounds: &Bounds<'_>) -> Result<(), Failure> {
    let going_on = || {
        let record = MountRecord::read(host, directory).ok().flatten()?;
        let attempt = record.stuck_attempt(host)?;
        Some((record, attempt))
    };
    while let Some((record, attempt)) = going_on() {
        let is_interrupted =
            sleep_unless_interrupted(SOON.min(bounds.deadline.left()), bounds.interrupt);
        if is_interrupted || bounds.deadline.has_passed() {
            let stuck = stuck(directory, &record, attempt);
            let code = if is_interrupted { Code::Interrupted } else { stuck.code };
            return Err(Failure { code, ..stuck });
        }
    }
    Ok(())
}

/// Why the lock of a file system was not to be had: mostly because somebody waits for a mount that
/// is stuck.
pub(super) fn explain_lock(
    host: &Host,
    request: &MountRequest,
    key: &str,
    error: &LockError,
) -> Failure {
    match (error, earlier_attempt(host, &request.directory, key)) {
        (LockError::Held { .. }, Some((record, attempt))) => {
            stuck(&request.directory, &record, attempt)
        }
        _ => error.failure(),
    }
}

/// Nothing is begun that could not be ended in time.
pub(super) fn no_time_left(request: &MountRequest, deadline: Deadline) -> Failure {
    Failure {
        code: Code::MountTimeout,
        what: "no time was left for the mount itself".into(),
        asked: format!("mount {} on {}", request.source, request.directory.display()),
        because: format!("{} s went by before it", deadline.budget().as_secs()),
        remedy:
            "raise timeout=; `fsxlustre status` shows what goes on, `getent hosts NAME` whether \
                 names resolve"
                .into(),
    }
}

fn stuck(directory: &Path, record: &MountRecord, attempt: Attempt) -> Failure {
    let pid = attempt.pid;
    let age = crate::host::unix_seconds().saturating_sub(record.written_unix_seconds);
    Failure {
        code: Code::MountStuck,
        what: format!("an earlier mount of {} is stuck", record.device),
        asked: format!("mount on {}", directory.display()),
        because: format!(
            "process {pid} has been mounting it on {} for {age} s",
            record.directory.display()
        ),
        remedy: format!(
            "see where it waits with `cat /proc/{pid}/stack`; it ends when the file system's \
             servers answer, else reboot the node"
        ),
    }
}

/// Waits, for as long as it takes, until the stuck process of a directory's record is gone; then
/// records the mount. What was made for a job that has ended is for the agent to take away. Only ever
/// called in a process that was left behind.
pub fn finish_late_mount(directory: &Path) {
    let Ok(config) = Config::load() else { return };
    let host = &config.host;
    let read = || MountRecord::read(host, directory).ok().flatten();
    let mut waited = None;
    while let Some(attempt) = read().and_then(|record| record.stuck_attempt(host)) {
        waited = Some(attempt);
        std::thread::sleep(LOOK_AGAIN);
    }
    // Another attempt, which came after it, is somebody else's.
    let is_it = |record: &MountRecord| {
        record.attempt.is_some() && (waited.is_none() || record.attempt == waited)
    };
    let Some(record) = read().filter(is_it) else { return };
    let key = Device::parse(&record.device).map(|device| device.key()).unwrap_or_default();
    let patience = Bounds::from(Deadline::after(Duration::from_mins(10)));
    let Ok(_lock) = super::lock_file_system(host, &key, &patience) else { return };
    // Whoever had the lock may have settled it.
    let Some(record) = read().filter(is_it) else { return };
    if record.stuck_attempt(host).is_none() {
        settle(host, record);
    }
}

/// Records a mount that came up late.
fn settle(host: &Host, mut record: MountRecord) {
    let directory = record.directory.clone();
    take_away_private_roots(host, &record);
    let mount = match lustre_mount(host, &directory) {
        Ok(Some(mount)) => mount,
        Ok(None) => {
            let _ = MountRecord::remove(host, &directory);
            return;
        }
        // Unknown is not absent: the next call looks again.
        Err(_) => return,
    };
    if !record.is_of(host, &mount) {
        return;
    }
    record.complete(host, &mount);
    record.came_up_late = true;
    // There is nobody to tell of a failure; the next call completes what is missing.
    let _ = record.write(host);
    let _ = utab::remember(&mount);
}

/// A mount of a sub-directory comes up on the private directory, where nobody has a use for it.
fn take_away_private_roots(host: &Host, record: &MountRecord) {
    let Some(device) = Device::parse(&record.device).filter(|d| d.subdir.is_some()) else { return };
    let root = host.paths.state.join("roots").join(device.key());
    let _ = unmount(host, &root, Deadline::after(Duration::from_mins(1)), None);
    let _ = std::fs::remove_dir(&root);
}
