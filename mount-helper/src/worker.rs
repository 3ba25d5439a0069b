//! Work that may get stuck in the kernel, done by this same program in an expendable child.
//!
//! Each of our programs looks for a worker's arguments first thing in `main`; the parent runs
//! `/proc/self/exe` with them, so no second program has to be found or trusted.

use crate::host::Space;
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
        };
        vec![WORD.into(), kind.into(), path.into()]
    }

    /// The work that these arguments (without the program's name) ask for.
    pub fn from_arguments(arguments: &[OsString]) -> Option<Self> {
        match arguments {
            [word, kind, path] if word == WORD && kind == "statvfs" => {
                Some(Self::StatVfs(path.into()))
            }
            [word, kind, path] if word == WORD && kind == "unmount" => {
                Some(Self::Unmount(path.into()))
            }
            _ => None,
        }
    }

    /// Does it.
    pub fn answer(&self) -> Answer {
        match self {
            Self::StatVfs(path) => Self::told(crate::host::statvfs_here(path).map(Some)),
            Self::Unmount(path) => {
                let flags = nix::mount::MntFlags::UMOUNT_NOFOLLOW;
                Self::told(nix::mount::umount2(path, flags).map(|()| None))
            }
        }
    }

    fn told(result: nix::Result<Option<Space>>) -> Answer {
        match result {
            Ok(space) => Answer {
                stdout: space
                    .and_then(|space| serde_json::to_string(&space).ok())
                    .unwrap_or_default(),
                stderr: String::new(),
                status: 0,
            },
            Err(errno) => Answer {
                stdout: String::new(),
                stderr: errno.to_string(),
                // An errno of a file system fits in a byte; anything else is told as 255.
                status: u8::try_from(errno as i32).unwrap_or(u8::MAX),
            },
        }
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
        for work in [Work::StatVfs("/a b".into()), Work::Unmount("/x".into())] {
            assert_eq!(Work::from_arguments(&work.arguments()), Some(work));
        }
        assert_eq!(Work::from_arguments(&["/dev/x".into(), "/mnt".into(), "-o".into()]), None);
    }
}
