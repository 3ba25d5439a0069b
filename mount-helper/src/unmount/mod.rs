//! A plain unmount that cannot hang its caller.
//!
//! umount2(2) of a Lustre client can wait for ever in the kernel, so it is made in an expendable
//! child, and mountinfo says what became of it. Nothing here forces or hides a mount.

use crate::failure::{Code, Explain as _, Failure};
use crate::host::{Deadline, Finished, Host, Mount, Program, ProgramError, RunLimits};
use crate::record::MountRecord;
use crate::worker::Work;
use nix::errno::Errno;
use nix::sys::signalfd::SignalFd;
use std::path::Path;

/// Unmounts the Lustre file system that is mounted on the directory.
///
/// # Errors
/// [`Code::NotMounted`], [`Code::Busy`], [`Code::UnmountTimeout`], [`Code::UnmountFailed`]; the
/// mount then stays as it was.
pub fn unmount(
    host: &Host,
    directory: &Path,
    deadline: Deadline,
    interrupt: Option<&SignalFd>,
) -> Result<(), Failure> {
    let asked = format!("unmount {}", directory.display());
    let mount = lustre_mount(host, directory)?.ok_or_else(|| Failure {
        code: Code::NotMounted,
        what: format!("no Lustre file system is mounted on {}", directory.display()),
        asked: asked.clone(),
        because: "mountinfo of this mount namespace does not show one".into(),
        remedy: "see what is mounted with `findmnt -t lustre`".into(),
    })?;
    let done = Program::own()
        .run(
            &Work::Unmount(directory.to_owned()).arguments(),
            &RunLimits::until(deadline).interrupted_by(interrupt),
        )
        .map_err(|error| unfinished(&error, asked.clone()))?;
    let is_still_there = lustre_mount(host, directory)?.is_some_and(|now| now.id == mount.id);
    if is_still_there {
        return Err(refused(&done, &mount, asked));
    }
    MountRecord::remove(host, directory).map_err(|error| error.failure())
}

/// The Lustre mount that one sees in the directory.
///
/// # Errors
/// [`Code::MountInfoUnreadable`].
pub fn lustre_mount(host: &Host, directory: &Path) -> Result<Option<Mount>, Failure> {
    let table = host.mounts().map_err(|error| error.failure())?;
    Ok(table.on(directory).filter(|mount| host.is_lustre(mount)).cloned())
}

fn refused(done: &Finished, mount: &Mount, asked: String) -> Failure {
    let directory = mount.directory.display();
    if done.status.code() == Some(Errno::EBUSY as i32) {
        return Failure {
            code: Code::Busy,
            what: format!("{directory} is in use"),
            asked,
            because: "a process, a bind mount or another mount namespace still uses it".into(),
            remedy: format!(
                "find open files without touching the mount: grep -lx 'mnt_id:[[:space:]]*{}' \
                 /proc/[0-9]*/fdinfo/*; end their processes and unmount again",
                mount.id
            ),
        };
    }
    Failure {
        code: Code::UnmountFailed,
        what: format!("{directory} could not be unmounted"),
        asked,
        because: done.last_words(),
        remedy: "see the kernel log: `dmesg | tail`".into(),
    }
}

fn unfinished(error: &ProgramError, asked: String) -> Failure {
    match error {
        ProgramError::Deadline { .. } => Failure {
            code: Code::UnmountTimeout,
            what: "the unmount did not end within its deadline".into(),
            asked,
            because: error.because(),
            remedy:
                "look at the servers' state with `fsxlustre check`; the unmount ends by itself \
                     when they answer again, else reboot the node"
                    .into(),
        },
        other => {
            let code = match other {
                ProgramError::Interrupted { .. } => Code::Interrupted,
                _ => Code::ProgramFailed,
            };
            Failure { code, asked, ..other.failure() }
        }
    }
}
