//! A mount that is stuck in the kernel: named, not piled up, and finished by somebody when it
//! comes up after all.

use crate::config::Config;
use crate::failure::{Code, Failure};
use crate::host::{Deadline, Host, Lock, Program, read_state, sleep_unless_interrupted};
use crate::record::{Attempt, Maker, MountRecord};
use crate::unmount::{lustre_mount, unmount};
use crate::worker::Work;
use nix::sys::signalfd::SignalFd;
use serde::Deserialize;
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

/// Waits for an earlier attempt on this directory to end, so that no second one piles up. It may be
/// one of a call that was killed, or that gave up on it.
pub(super) fn wait_for_earlier(
    host: &Host,
    directory: &Path,
    deadline: Deadline,
    interrupt: Option<&SignalFd>,
) -> Result<(), Failure> {
    let earlier = || MountRecord::read(host, directory).ok().flatten()?.stuck_attempt(host);
    while let Some(attempt) = earlier() {
        let pause = SOON.min(deadline.left());
        let is_interrupted = sleep_unless_interrupted(pause, interrupt);
        if deadline.has_passed() || is_interrupted {
            let pid = attempt.pid;
            return Err(Failure {
                code: if is_interrupted { Code::Interrupted } else { Code::MountStuck },
                what: format!("an earlier mount on {} is stuck", directory.display()),
                asked: format!("mount on {}", directory.display()),
                because: format!("process {pid} (mount.lustre) is stuck in the kernel"),
                remedy: format!(
                    "see where it waits with `cat /proc/{pid}/stack`; it ends when the file \
                     system's servers answer, else reboot the node"
                ),
            });
        }
    }
    Ok(())
}

/// The part of a lease that matters here.
#[derive(Deserialize)]
struct Lease {
    has_ended: bool,
}

/// Waits, for as long as it takes, until the stuck process of a directory's record is gone; then
/// records the mount, or takes it away if it was made for a job that has ended. Only ever called
/// in a process that was left behind.
pub fn finish_late_mount(directory: &Path) {
    let Ok(config) = Config::load() else { return };
    let host = &config.host;
    let read = || MountRecord::read(host, directory).ok().flatten();
    while read().is_some_and(|record| record.stuck_attempt(host).is_some()) {
        std::thread::sleep(LOOK_AGAIN);
    }
    let Some(mut record) = read().filter(|record| record.attempt.is_some()) else { return };
    let Ok(_lock) = lock(host, &record) else { return };
    record.attempt = None;
    let Ok(Some(mount)) = lustre_mount(host, directory) else {
        let _ = MountRecord::remove(host, directory);
        return;
    };
    if !record.is_of(host, &mount) {
        return;
    }
    record.mount_id = Some(mount.id);
    record.came_up_late = true;
    let _ = record.write(host);
    let is_orphan = match &record.made_by {
        Maker::Job(key) => !job_is_running(host, key),
        Maker::MountCommand | Maker::Person | Maker::Ssm => false,
    };
    if is_orphan {
        // If it fails the record stays, by which the next job's end takes the mount away.
        let _ = unmount(host, directory, Deadline::after(Duration::from_mins(1)), None);
    }
}

fn job_is_running(host: &Host, key: &str) -> bool {
    let path = host.paths.state.join("leases").join(format!("{key}.json"));
    match read_state::<Lease>(&path) {
        Ok(Some(lease)) => !lease.has_ended,
        Ok(None) => false,
        // A lease that cannot be read may be a living one.
        Err(_) => true,
    }
}

fn lock(host: &Host, record: &MountRecord) -> Result<Lock, crate::host::LockError> {
    let fsname = crate::source::Device::parse(&record.device).map(|d| d.fsname).unwrap_or_default();
    super::lock_file_system(host, &fsname, Deadline::after(Duration::from_mins(10)))
}
