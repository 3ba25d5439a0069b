//! One attempt: mount.lustre in an expendable child, its errno translated.
//!
//! mount.lustre exits with a raw errno (2, 5, 17, 19, 22, …), which collides with mount(8)'s own
//! codes, so it is never handed on. It has no deadline of its own either.

use crate::failure::{Code, Explain as _, Failure, one_line};
use crate::host::{Deadline, Finished, Host, ProgramError, RunLimits};
use crate::source::Device;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signalfd::SignalFd;
use std::os::fd::AsFd as _;
use std::path::Path;
use std::time::Duration;

/// Runs mount.lustre once.
pub(super) fn attempt(
    host: &Host,
    device: &Device,
    directory: &Path,
    options: &str,
    deadline: Deadline,
    interrupt: Option<&SignalFd>,
) -> Result<(), Failure> {
    let asked = format!("mount.lustre {device} {} -o {options}", directory.display());
    let program = host.program("mount.lustre").map_err(|error| Failure {
        code: Code::MountHelperMissing,
        what: "the Lustre client's mount.lustre is not installed".into(),
        asked: asked.clone(),
        because: error.asked(),
        remedy: "install the package lustre-client; `fsxlustre check` prints the command".into(),
    })?;
    let args = [device.to_string(), directory.display().to_string(), "-o".into(), options.into()];
    let done = program
        .run(&args, &RunLimits::until(deadline).interrupted_by(interrupt))
        .map_err(|error| unfinished(&error, asked.clone()))?;
    if done.status.success() || is_mounted_meanwhile(&done) {
        return Ok(());
    }
    Err(translate(&done, device, asked))
}

/// EEXIST: a mount that somebody else made in between. The proof says whether it is the right one.
fn is_mounted_meanwhile(done: &Finished) -> bool {
    done.status.code() == Some(nix::errno::Errno::EEXIST as i32)
}

fn unfinished(error: &ProgramError, asked: String) -> Failure {
    let (code, what) = match error {
        ProgramError::Deadline { .. } => {
            (Code::MountTimeout, "the mount did not end within its deadline")
        }
        ProgramError::Interrupted { .. } => (Code::Interrupted, "the mount was interrupted"),
        ProgramError::NotFound { .. } | ProgramError::Io { .. } => {
            (Code::ProgramFailed, "mount.lustre could not be run")
        }
    };
    let remedy = match error {
        ProgramError::Deadline { .. } => {
            "open TCP 988 and 1018-1023 between node and file system in both security groups, then \
             run `fsxlustre check`"
                .into()
        }
        other => other.remedy(),
    };
    let because = match error {
        ProgramError::Deadline { seconds, .. } => {
            format!("{} after {seconds} s", error.because())
        }
        other => other.because(),
    };
    Failure { code, what: what.into(), asked, because, remedy }
}

/// What an errno of mount.lustre means, as captured from 2.15.8.
struct Meaning {
    code: Code,
    what: &'static str,
    remedy: &'static str,
}

const OPEN_PORTS: &str = "open TCP 988 and 1018-1023 between node and file system in both security groups, and check \
     that client and file system versions fit with `fsxlustre check SOURCE`";

fn meaning(errno: i32, stderr: &str, has_subdir: bool) -> Meaning {
    let (code, what, remedy) = match errno {
        1 | 13 => (
            Code::MountPermission,
            "the kernel did not permit the mount",
            "run it as root, outside a container that may not mount",
        ),
        2 if has_subdir => (
            Code::FsnameUnknown,
            "the server does not know this mount name, or the sub-directory does not exist",
            "mount the whole file system once and look for the sub-directory",
        ),
        2 => (
            Code::FsnameUnknown,
            "the server does not know this mount name",
            "name the file system by its id or tags, so that fsxlustre finds its mount name",
        ),
        5 => (
            Code::ServerUnreachable,
            "the file system's server does not answer, or refuses this client's version",
            OPEN_PORTS,
        ),
        110 | 113 | 111 => {
            (Code::ServerUnreachable, "the file system's server does not answer", OPEN_PORTS)
        }
        16 | 114 | 115 => {
            (Code::MountRace, "another mount is going on", "try again in a few seconds")
        }
        19 => (
            Code::ModuleMissing,
            "the Lustre module could not be loaded, or LNet could not start",
            "run `fsxlustre check`: it tells a missing module from a bad LNet interface",
        ),
        20 => (
            Code::MountPointUnfit,
            "the mount point is not a directory",
            "name a directory as the mount point",
        ),
        22 if stderr.contains("Can't parse NID") => (
            Code::NameUnresolved,
            "a server's name could not be resolved",
            "check that DNS works on this node and the VPC has DNS resolution on: \
             `getent hosts NAME`",
        ),
        22 | 36 => (
            Code::LustreOption,
            "the Lustre client refused an option or the device",
            "see which one in the kernel log: `dmesg | tail`",
        ),
        _ => (
            Code::MountFailed,
            "mount.lustre failed",
            "see the kernel log (`dmesg | tail`) and run `fsxlustre check`",
        ),
    };
    Meaning { code, what, remedy }
}

fn translate(done: &Finished, device: &Device, asked: String) -> Failure {
    let errno = done.status.code().unwrap_or_default();
    let Meaning { code, what, remedy } = meaning(errno, &done.stderr, device.subdir.is_some());
    let first = done.stderr.lines().map(str::trim).find(|line| !line.is_empty());
    let said = first.map_or_else(|| "it said nothing".to_owned(), one_line);
    Failure {
        code,
        what: what.into(),
        asked,
        because: format!("{said} ({})", done.ending()),
        remedy: remedy.into(),
    }
}

/// How long to wait before the attempt after this one: 1, 2, 4, … s, at most 8, and up to half a
/// second more, so that nodes that failed together do not come back together.
pub(super) fn pause_before(attempt: u32) -> Duration {
    let seconds = 1_u64 << attempt.min(3);
    let spread = u64::from(std::process::id().wrapping_mul(2_654_435_761) % 500);
    Duration::from_millis(seconds * 1000 + spread)
}

/// Sleeps; true when a signal asked to stop.
pub(super) fn sleep_unless_interrupted(pause: Duration, interrupt: Option<&SignalFd>) -> bool {
    let Some(signals) = interrupt else {
        std::thread::sleep(pause);
        return false;
    };
    let mut fds = [PollFd::new(signals.as_fd(), PollFlags::POLLIN)];
    let timeout = PollTimeout::try_from(pause).unwrap_or(PollTimeout::MAX);
    poll(&mut fds, timeout).is_ok_and(|ready| ready > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_captured_errno_has_its_meaning() {
        for (errno, stderr, code) in [
            (2, "Is the MGS specification correct?", Code::FsnameUnknown),
            (5, "Is the MGS running?", Code::ServerUnreachable),
            (19, "Are the lustre modules loaded?", Code::ModuleMissing),
            (20, "failed: Not a directory", Code::MountPointUnfit),
            (22, "mount.lustre: Can't parse NID 'x@tcp:/y'", Code::NameUnresolved),
            (22, "This may have multiple causes.", Code::LustreOption),
            (36, "", Code::LustreOption),
            (1, "Operation not permitted", Code::MountPermission),
            (114, "", Code::MountRace),
            (77, "", Code::MountFailed),
        ] {
            let found = meaning(errno, stderr, false);
            assert_eq!(found.code, code, "{errno} {stderr}");
            assert!(!found.remedy.is_empty());
            assert_eq!(found.code.row().mount_exit, 32);
        }
        assert!(meaning(2, "", true).what.contains("sub-directory"));
    }

    #[test]
    fn pauses_grow_and_stay_short() {
        let seconds: Vec<_> = (0..5).map(|attempt| pause_before(attempt).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 8]);
    }
}
