//! Mounts that stay for a while after their last job: when they are due, and what wakes us then.

use super::timer::{self, Timer};
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{
    Deadline, Host, Mount, boot_seconds, read_state, remove_state, state_names, write_state,
};
use fsxlustre_mount::record::MountRecord;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;

const FORMAT: u32 = 1;
/// By how much a timer may come too early.
const SLACK_SECONDS: u64 = 1;

/// A mount that nobody uses and that stays for a while.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Idle {
    format: u32,
    boot_id: Option<String>,
    /// Where it is mounted.
    pub(super) directory: PathBuf,
    /// The kernel's number of the mount.
    mount_id: i32,
    /// The key of its last job.
    pub(super) job: String,
    /// When it is due, seconds since boot.
    due_boot_seconds: u64,
    /// What wakes us then; `None` until it is set.
    timer: Option<Timer>,
}

fn folder(host: &Host) -> PathBuf {
    host.paths.state.join("idle")
}

fn path(host: &Host, directory: &Path) -> PathBuf {
    folder(host).join(format!("{}.json", MountRecord::name(directory)))
}

/// Keeps a mount for so long. What went wrong with the timer comes back in words: the mount is then
/// taken away by the next start, end or housekeeping that finds it due.
///
/// # Errors
/// The state folder cannot be written.
pub(super) fn plan(
    host: &Host,
    mount: &Mount,
    job: &str,
    time: Duration,
    deadline: Deadline,
) -> Result<Option<String>, Failure> {
    cancel(host, &mount.directory, deadline.at_most(deadline.left() / 3));
    let mut idle = Idle {
        format: FORMAT,
        boot_id: host.boot_id(),
        directory: mount.directory.clone(),
        mount_id: mount.id,
        job: job.to_owned(),
        due_boot_seconds: boot_seconds().saturating_add(time.as_secs()),
        timer: None,
    };
    let path = path(host, &mount.directory);
    // Written before, so that a timer never wakes us for nothing, and after, so that it can be
    // cancelled.
    write_state(&path, &idle).map_err(|error| error.failure())?;
    let about = format!("unmount {} when nobody has used it", mount.directory.display());
    match Timer::once(host, &unit_of(&mount.directory), &about, time, deadline) {
        Ok(timer) => {
            idle.timer = Some(timer);
            write_state(&path, &idle).map_err(|error| error.failure())?;
            Ok(None)
        }
        Err(because) => Ok(Some(format!("no timer could be set for its unmount: {because}"))),
    }
}

/// A job needs the mount again, or it is gone.
pub(super) fn cancel(host: &Host, directory: &Path, deadline: Deadline) {
    let path = path(host, directory);
    let Ok(Some(idle)) = read_state::<Idle>(&path) else { return };
    // A timer that cannot be cancelled finds nothing to do.
    let _ = remove_state(&path);
    if let Some(timer) = idle.timer.filter(|_| idle.boot_id == host.boot_id()) {
        timer.cancel(host, deadline);
    }
}

/// Those whose time has come.
///
/// # Errors
/// The folder cannot be listed.
pub(super) fn due(host: &Host) -> Result<Vec<Idle>, Failure> {
    let folder = folder(host);
    let names = state_names(&folder).map_err(|error| error.failure())?;
    let all = names.iter().filter_map(|name| read_state(&folder.join(name)).ok().flatten());
    let now = boot_seconds().saturating_add(SLACK_SECONDS);
    let is_due = |idle: &Idle| {
        idle.format == FORMAT && idle.boot_id == host.boot_id() && idle.due_boot_seconds <= now
    };
    Ok(all.filter(is_due).collect())
}

fn unit_of(directory: &Path) -> String {
    timer::unit_name("idle", &MountRecord::name(directory))
}
