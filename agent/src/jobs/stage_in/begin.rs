//! The begin of a stage-in in a process of its own, and its end with the job.

use super::state::StageIn;
use crate::transient;
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{Deadline, Host, Lock};
use fsxlustre_mount::record::Attempt;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::path::PathBuf;
use std::time::Duration;

/// How long the state may be somebody else's.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the process has for its own end.
const TO_END: Duration = Duration::from_millis(500);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Keeps who begins, who works and who ends apart while they look and write.
pub(super) fn lock(host: &Host, key: &str) -> Result<Lock, Failure> {
    Lock::take(&host.paths.state, &format!("stage-in.{key}"), Deadline::after(PATIENCE))
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
    let lock = lock(host, key).map_err(words)?;
    if StageIn::read(host, key).is_some_and(|before| before.is_running()) {
        return Ok(());
    }
    StageIn::new(host, paths).write(host, key).map_err(words)?;
    drop(lock);
    let unit = format!("fsxlustre-stage-in-{key}");
    let command = ["job", "stage-in", key].map(str::to_owned);
    transient::begin(host, &unit, "files of a job from S3", &command, deadline)
}

/// Ends it, so that it keeps no mount: what it has asked for stays asked for. Fine when there is none.
pub(in crate::jobs) fn stop(host: &Host, key: &str) -> Result<(), Failure> {
    let Some(_) = StageIn::read(host, key) else { return StageIn::remove(host, key) };
    // Who begins just now finds nothing to do afterwards.
    let _lock = lock(host, key)?;
    if let Some(process) = StageIn::read(host, key).and_then(|begun| begun.process) {
        end(process);
    }
    StageIn::remove(host, key)
}

/// Ends those of all jobs, before a node goes. What cannot be ended keeps its mount, and is named there.
pub fn stop_all(host: &Host) {
    for key in StageIn::keys(host) {
        let _ = stop(host, &key);
    }
}

fn end(process: Attempt) {
    let raw = i32::try_from(process.pid).ok().and_then(Pid::from_raw);
    // Held first, so that who is looked at is who is signalled.
    let Some(held) = raw.and_then(|raw| pidfd_open(raw, PidfdFlags::empty()).ok()) else { return };
    for signal in [Signal::TERM, Signal::KILL] {
        if !process.is_alive() || pidfd_send_signal(&held, signal).is_err() {
            return;
        }
        let until = Deadline::after(TO_END);
        while process.is_alive() && !until.has_passed() {
            std::thread::sleep(LOOK_EVERY);
        }
    }
}
