//! What wakes housekeeping: a transient timer of systemd where that runs, else a process that sleeps,
//! in a session of its own and in no job's cgroup.

use crate::transient::{LONGEST_UNIT, PATIENCE, is_systemd_here, own_path, systemctl, systemd_run};
use fsxlustre_mount::host::{Deadline, Host, Program, read_text};
use fsxlustre_mount::record::Attempt;
use fsxlustre_mount::worker::Work;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What is run.
const WORDS: [&str; 2] = ["job", "housekeeping"];

/// Something that runs housekeeping later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Timer {
    /// A transient timer, by its name without the ending.
    Unit(String),
    /// A process.
    Process(Attempt),
}

impl Timer {
    /// Runs it once, that much later.
    pub(super) fn once(
        host: &Host,
        unit: &str,
        about: &str,
        after: Duration,
        deadline: Deadline,
    ) -> Result<Self, String> {
        let seconds = after.as_secs();
        if is_systemd_here(host) && unit.len() <= LONGEST_UNIT {
            // Of an earlier time; it may be in the way.
            let stopped = deadline.at_most(deadline.left() / 2);
            let _ = systemctl(host, &["stop", &format!("{unit}.timer")], stopped);
            let begun = set(host, unit, about, &[format!("--on-active={seconds}s")], deadline);
            if begun.is_ok() {
                return Ok(Self::Unit(unit.to_owned()));
            }
        }
        sleeper(host, seconds)
    }

    /// Runs it again and again, with that much between two runs; a process runs once only.
    pub(super) fn repeated(
        host: &Host,
        unit: &str,
        about: &str,
        every: Duration,
        deadline: Deadline,
    ) -> Result<Self, String> {
        let seconds = every.as_secs();
        if is_systemd_here(host) {
            let times =
                [format!("--on-active={seconds}s"), format!("--on-unit-inactive={seconds}s")];
            let begun = set(host, unit, about, &times, deadline);
            if begun.is_ok() || is_active(host, unit, deadline) {
                return Ok(Self::Unit(unit.to_owned()));
            }
        }
        sleeper(host, seconds)
    }

    /// Whether it is still going to run something.
    pub(super) fn is_set(&self, host: &Host, deadline: Deadline) -> bool {
        match self {
            Self::Unit(unit) => is_active(host, unit, deadline),
            Self::Process(process) => process.is_alive() && process.pid != std::process::id(),
        }
    }

    /// It is not needed any more. A process that has slept enough is at work, and is let alone.
    pub(super) fn cancel(&self, host: &Host, deadline: Deadline) {
        match self {
            Self::Unit(unit) => {
                // It would find nothing to do.
                let _ = systemctl(host, &["stop", &format!("{unit}.timer")], deadline);
            }
            Self::Process(process) if process.is_alive() && is_asleep(host, process.pid) => {
                if let Ok(pid) = i32::try_from(process.pid) {
                    // It was started with SIGTERM held back, as we hold it back.
                    let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
                }
            }
            Self::Process(_) => {}
        }
    }
}

/// `fsxlustre-idle` and a name, whose `%` systemd itself writes `\x25`.
pub(super) fn unit_name(kind: &str, name: &str) -> String {
    format!("fsxlustre-{kind}{}", name.replace('%', "\\x25"))
}

fn set(
    host: &Host,
    unit: &str,
    about: &str,
    times: &[String],
    deadline: Deadline,
) -> Result<(), String> {
    let mut properties =
        vec!["--timer-property=AccuracySec=1s".to_owned(), "--property=Type=oneshot".to_owned()];
    properties.extend_from_slice(times);
    systemd_run(
        host,
        unit,
        about,
        &properties,
        &WORDS.map(str::to_owned),
        deadline.at_most(PATIENCE),
    )
}

fn is_active(host: &Host, unit: &str, deadline: Deadline) -> bool {
    systemctl(host, &["is-active", "--quiet", &format!("{unit}.timer")], deadline).is_ok()
}

/// Whether a process still is a sleeper, by the name of what it was started from: who reads the command
/// line of one that is at work may have to wait.
fn is_asleep(host: &Host, pid: u32) -> bool {
    let name = host.paths.processes.join(pid.to_string()).join("comm");
    let own = Program::own().path().file_name().map(|name| name.to_string_lossy().into_owned());
    read_text(&name).is_ok_and(|name| Some(name.trim_end()) == own.as_deref())
}

/// A process that sleeps and becomes housekeeping.
fn sleeper(host: &Host, seconds: u64) -> Result<Timer, String> {
    let program = own_path(host).ok_or("the path of this program is not known")?;
    let words = std::iter::once(program).chain(WORDS.map(str::to_owned)).collect();
    let pid = Program::leave_behind(&Work::BecomeAfter(seconds, words))
        .map_err(|error| error.to_string())?;
    Attempt::of(pid).map(Timer::Process).ok_or_else(|| "it ended at once".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_named_as_systemd_takes_it() {
        assert_eq!(unit_name("idle", "-mnt-a_b.c"), "fsxlustre-idle-mnt-a_b.c");
        assert_eq!(unit_name("idle", "-mnt-%C3"), "fsxlustre-idle-mnt-\\x25C3");
    }
}
