//! The begin of a stage-in in a process of its own, and its end with the job.

use super::state::{StageIn, process_of};
use crate::transient::{self, PATIENCE};
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{Deadline, Host, Lock};
use fsxlustre_mount::record::Attempt;
use nix::sys::signal::kill;
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::path::PathBuf;
use std::time::Duration;

/// How long the state may be somebody else's.
const FOR_LOCK: Duration = Duration::from_secs(1);
/// How long the process has for its own end.
const TO_END: Duration = Duration::from_millis(500);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Keeps who begins, who works and who ends apart while they look and write.
pub(super) fn lock(host: &Host) -> Result<Lock, Failure> {
    Lock::take(&host.paths.state, "stage-in", Deadline::after(FOR_LOCK))
        .map_err(|error| error.failure())
}

/// Has the paths brought, unless that goes on already.
pub(in crate::jobs) fn begin(
    host: &Host,
    key: &str,
    paths: Vec<PathBuf>,
    deadline: Deadline,
) -> Result<(), String> {
    let words = |failure: Failure| format!("{}: {}", failure.what, failure.because);
    let wanted = StageIn::new(host, paths);
    match StageIn::read(host, key) {
        Some(before) if before.is_running() && before.is_of(&wanted) => return Ok(()),
        // Of other mounts, or of a job that had the number before.
        Some(before) if before.is_running() => drop(stop(host, key)),
        _ => {}
    }
    let lock = lock(host).map_err(words)?;
    wanted.write(host, key).map_err(words)?;
    drop(lock);
    let unit = format!("fsxlustre-stage-in-{key}");
    let command = ["job", "stage-in", key].map(str::to_owned);
    transient::begin(host, &unit, "files of a job from S3", &command, deadline.at_most(PATIENCE))
}

/// Ends it, so that it keeps no mount: what it has asked for stays asked for. Fine when there is none.
///
/// # Errors
/// What keeps it, in words.
pub(in crate::jobs) fn stop(host: &Host, key: &str) -> Result<(), String> {
    let remove = || StageIn::remove(host, key).map_err(|failure| failure.because);
    let process = {
        // Who begins just now finds nothing to do afterwards. Where somebody keeps the lock it is ended all the same.
        let _lock = lock(host);
        let process = process_of(host, key);
        remove()?;
        process
    };
    let is_gone = process.is_none_or(end);
    // It may have told how far it is in between.
    remove()?;
    if is_gone { Ok(()) } else { Err("the process that brings its files does not end".into()) }
}

/// Ends those of all jobs, before a node goes. What cannot be ended keeps its mount, and is named there.
pub fn stop_all(host: &Host) {
    for key in StageIn::keys(host) {
        let _ = stop(host, &key);
    }
}

/// Whether it is gone.
fn end(process: Attempt) -> bool {
    for signal in [Signal::TERM, Signal::KILL] {
        if !process.is_alive() {
            return true;
        }
        send(process, signal);
        let until = Deadline::after(TO_END);
        while process.is_alive() && !until.has_passed() {
            std::thread::sleep(LOOK_EVERY);
        }
    }
    !process.is_alive()
}

fn send(process: Attempt, signal: Signal) {
    let Some(pid) = i32::try_from(process.pid).ok().and_then(Pid::from_raw) else { return };
    // Held first, so that who is looked at is who is signalled; kernels before 5.3 cannot.
    match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(held) if process.is_alive() => drop(pidfd_send_signal(&held, signal)),
        Err(Errno::NOSYS | Errno::PERM) if process.is_alive() => {
            // Whether it is gone is looked at afterwards.
            let _ = nix::sys::signal::Signal::try_from(signal.as_raw())
                .and_then(|signal| kill(nix::unistd::Pid::from_raw(pid.as_raw_pid()), signal));
        }
        _ => {}
    }
}
