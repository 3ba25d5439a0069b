//! Work that may get stuck in the kernel, done by this same program in an expendable child.
//!
//! Each of our programs looks for a worker's arguments first thing in `main`; the parent runs
//! `/proc/self/exe` with them, so no second program has to be found or trusted.

use crate::answer::PinAttempt;
use crate::host::MountTable;
use crate::mount::{
    BindMount, MoveInto, finish_late_mount, inspect_directory, make_mount_point, write_and_remove,
};
use crate::mount_all::MountBehind;
use crate::unmount::{Begun, ClientFiles, MappingQuestion, mounts_inside, remove_here};
use serde::{Deserialize, Serialize};
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The first argument that makes a program a worker; the second is the [`Work`] as JSON.
const WORD: &str = "--fsxlustre-worker";

/// One piece of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Work {
    /// statvfs(3) of a directory.
    StatVfs(PathBuf),
    /// umount2(2) of a directory, links not followed.
    Unmount(Box<Begun>),
    /// What a Lustre client says of itself.
    ReadClient(ClientFiles),
    /// Drop the unused locks of a Lustre client, and with them what it has not written yet.
    DropLocks(ClientFiles),
    /// Which files of a device are mapped into which processes.
    ReadMappings(MappingQuestion),
    /// The mounts of the namespace that a file holds.
    LookInside(PathBuf),
    /// rmdir(2) of a directory on which nothing is mounted.
    RemoveDirectory(PathBuf),
    /// What a path is, as a mount point.
    Inspect(PathBuf),
    /// A mount point and what is missing above it.
    MakeMountPoint(PathBuf),
    /// A file written and removed in a directory.
    WriteAndRemove(PathBuf),
    /// A copy of a mount in another namespace.
    MoveInto(MoveInto),
    /// A bind mount with its own options.
    Bind(BindMount),
    /// Wait for a mount that got stuck, and record it when it comes up after all.
    FinishLateMount(PathBuf),
    /// Become another program, in a session of its own and with no descriptor but the first three.
    Become(Vec<String>),
    /// Become another program where this one was started, with no signal held back.
    Exec(Vec<String>),
    /// The lines of fstab that stand behind one that takes long.
    MountBehind(MountBehind),
    /// The text of a file that only root can have written.
    ReadTrusted(PathBuf),
    /// The first answer of a job, pinned in a folder that nodes share.
    Pin(Box<PinAttempt>),
    /// Become another program like [`Self::Become`], so many seconds from now.
    BecomeAfter(u64, Vec<String>),
    /// Other work, once the parent has said so on stdin; nothing if it goes away before.
    WhenTold(Box<Self>),
}

/// What a worker prints and exits with; only `main` does both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// For stdout.
    pub stdout: String,
    /// For stderr.
    pub stderr: String,
    /// Exit status: 0, or the errno of the call.
    pub status: u8,
}

impl Work {
    /// The arguments that make a program do it.
    pub fn arguments(&self) -> Vec<OsString> {
        // A path that is not UTF-8 cannot be written; the worker then has nothing to do and fails.
        vec![WORD.into(), serde_json::to_string(self).unwrap_or_default().into()]
    }

    /// The work that these arguments (without the program's name) ask for.
    pub fn from_arguments(arguments: &[OsString]) -> Option<Self> {
        let [first, json] = arguments else { return None };
        serde_json::from_str(json.to_str().filter(|_| first == WORD)?).ok()
    }

    /// Does it.
    pub fn answer(&self) -> Answer {
        match self {
            Self::StatVfs(path) => told(crate::host::statvfs_here(path).map_err(Into::into)),
            Self::Unmount(begun) => {
                leave_the_caller();
                told(begun.carry_out())
            }
            Self::ReadClient(files) => told(Ok(files.read())),
            Self::DropLocks(files) => {
                leave_the_caller();
                told(files.drop_locks())
            }
            Self::ReadMappings(question) => told(Ok(question.answer())),
            Self::LookInside(file) => told(mounts_inside(file)),
            Self::RemoveDirectory(directory) => told(
                MountTable::read(Path::new("/proc/self/mountinfo"))
                    .map_err(std::io::Error::other)
                    .and_then(|table| remove_here(directory, &table)),
            ),
            Self::Inspect(path) => told(inspect_directory(path)),
            Self::MakeMountPoint(path) => told(make_mount_point(path)),
            Self::WriteAndRemove(path) => told(write_and_remove(path)),
            Self::MoveInto(into) => told(into.carry_out()),
            Self::Bind(bind) => told(bind.make()),
            Self::FinishLateMount(directory) => {
                leave_the_caller();
                finish_late_mount(directory);
                told(Ok(()))
            }
            Self::MountBehind(behind) => {
                leave_the_caller();
                told(behind.carry_out())
            }
            Self::ReadTrusted(path) => told(crate::host::read_trusted_here(path)),
            Self::Pin(attempt) => told(attempt.carry_out()),
            Self::WhenTold(work) => match wait_for_word() {
                Ok(()) => work.answer(),
                Err(error) => told::<()>(Err(error)),
            },
            Self::BecomeAfter(seconds, words) => {
                leave_the_caller();
                std::thread::sleep(std::time::Duration::from_secs(*seconds));
                Self::Become(words.clone()).answer()
            }
            Self::Become(words) => {
                leave_the_caller();
                told::<()>(Err(become_program(words)))
            }
            Self::Exec(words) => told::<()>(Err(become_program(words))),
        }
    }
}

/// Becomes another program; execve(2) only returns when it failed.
fn become_program(words: &[String]) -> std::io::Error {
    let (program, arguments) = words.split_first().unzip();
    let program = program.map_or("", String::as_str);
    Command::new(program).args(arguments.unwrap_or_default()).exec()
}

/// Waits for a byte on stdin.
fn wait_for_word() -> std::io::Result<()> {
    std::io::Read::read_exact(&mut std::io::stdin(), &mut [0])
}

/// A session of its own, so that no signal for the caller's terminal or group arrives here; no
/// cgroup of a job, which would not end before us; and nothing inherited: a descriptor of the caller
/// kept open would make whoever reads it wait.
fn leave_the_caller() {
    crate::host::leave_job_cgroup();
    if !crate::host::must_stay_in_group() {
        // It fails only for the leader of a group, which is apart already.
        let _ = nix::unistd::setsid();
    }
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else { return };
    let open: Vec<i32> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|fd| *fd > 2)
        .collect();
    for fd in open {
        // The one of the listing itself is closed already.
        let _ = nix::unistd::close(fd);
    }
}

fn told<T: Serialize>(result: std::io::Result<T>) -> Answer {
    match result.and_then(|value| Ok(serde_json::to_string(&value)?)) {
        Ok(stdout) => Answer { stdout, stderr: String::new(), status: 0 },
        Err(error) => Answer {
            stdout: String::new(),
            stderr: error.to_string(),
            // The errno of a file system fits in a byte; anything else is told as 255.
            status: error.raw_os_error().and_then(|e| u8::try_from(e).ok()).unwrap_or(u8::MAX),
        },
    }
}

/// The work that this process was started for, if any.
pub fn asked_for() -> Option<Work> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    arguments.first().is_some_and(|first| first.as_os_str() == OsStr::new(WORD)).then_some(())?;
    Work::from_arguments(&arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_come_back_as_the_same_work() {
        for work in [
            Work::StatVfs("/a b".into()),
            Work::LookInside("/x".into()),
            Work::Inspect("/".into()),
            Work::Become(vec!["/bin/true".into(), "\u{e9}\"".into()]),
        ] {
            assert_eq!(Work::from_arguments(&work.arguments()), Some(work));
        }
        assert_eq!(Work::from_arguments(&["/dev/x".into(), "/mnt".into(), "-o".into()]), None);
        assert_eq!(Work::from_arguments(&[WORD.into(), "rubbish".into()]), None);
    }
}
