//! Work that may get stuck in the kernel, done by this same program in an expendable child.
//!
//! Each of our programs looks for a worker's arguments first thing in `main`; the parent runs
//! `/proc/self/exe` with them, so no second program has to be found or trusted.

use crate::mount::inspect_directory;
use serde::Serialize;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// The first argument that makes a program a worker.
const WORD: &str = "--fsxlustre-worker";

/// One piece of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// statvfs(3) of a directory.
    StatVfs(PathBuf),
    /// Plain umount2(2) of a directory, links not followed.
    Unmount(PathBuf),
    /// What a path is, as a mount point.
    Inspect(PathBuf),
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
        let (kind, path) = match self {
            Self::StatVfs(path) => ("statvfs", path),
            Self::Unmount(path) => ("unmount", path),
            Self::Inspect(path) => ("inspect", path),
        };
        vec![WORD.into(), kind.into(), path.into()]
    }

    /// The work that these arguments (without the program's name) ask for.
    pub fn from_arguments(arguments: &[OsString]) -> Option<Self> {
        let [word, kind, path] = arguments else { return None };
        match kind.to_str().filter(|_| word == WORD)? {
            "statvfs" => Some(Self::StatVfs(path.into())),
            "unmount" => Some(Self::Unmount(path.into())),
            "inspect" => Some(Self::Inspect(path.into())),
            _ => None,
        }
    }

    /// Does it.
    pub fn answer(&self) -> Answer {
        match self {
            Self::StatVfs(path) => told(crate::host::statvfs_here(path).map_err(Into::into)),
            Self::Unmount(path) => {
                let flags = nix::mount::MntFlags::UMOUNT_NOFOLLOW;
                told(nix::mount::umount2(path, flags).map_err(Into::into))
            }
            Self::Inspect(path) => told(inspect_directory(path)),
        }
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
        for work in
            [Work::StatVfs("/a b".into()), Work::Unmount("/x".into()), Work::Inspect("/".into())]
        {
            assert_eq!(Work::from_arguments(&work.arguments()), Some(work));
        }
        assert_eq!(Work::from_arguments(&["/dev/x".into(), "/mnt".into(), "-o".into()]), None);
    }
}
