//! Locks between processes of one node, taken with a deadline.

use super::Deadline;
use super::state_file::make_folder;
use crate::failure::{Code, Explain, chain};
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

const ASK_AGAIN: Duration = Duration::from_millis(20);

/// A lock was not to be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else holds it.
    #[error("another call of fsxlustre is at work on the same thing")]
    Held {
        /// The lock file.
        path: PathBuf,
        /// How long was waited.
        seconds: u64,
    },
    /// The lock file could not be opened.
    #[error("the lock file cannot be opened")]
    Io {
        /// The lock file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Explain for LockError {
    fn code(&self) -> Code {
        match self {
            Self::Held { .. } => Code::LockTimeout,
            Self::Io { .. } => Code::StateUnwritable,
        }
    }
    fn asked(&self) -> String {
        let (Self::Held { path, .. } | Self::Io { path, .. }) = self;
        format!("lock {}", path.display())
    }
    fn because(&self) -> String {
        match self {
            Self::Held { seconds, .. } => format!("it was held for all of {seconds} s"),
            Self::Io { source, .. } => chain(source),
        }
    }
    fn remedy(&self) -> String {
        match self {
            Self::Held { path, .. } => {
                format!("see who holds it with `fuser -v {}`, and try again", path.display())
            }
            Self::Io { .. } => "run this as root, with /run writable".into(),
        }
    }
}

/// An exclusive lock, held until it is dropped. The kernel frees it when the process ends, and
/// no child inherits it (the file is close-on-exec).
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock `name` below the state folder.
    ///
    /// # Errors
    /// [`LockError::Held`] at the deadline.
    pub fn take(state: &Path, name: &str, deadline: Deadline) -> Result<Self, LockError> {
        let path = state.join("lock").join(name);
        let io = |source| LockError::Io { path: path.clone(), source };
        make_folder(&state.join("lock")).map_err(io)?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .custom_flags(nix::libc::O_NOFOLLOW)
            .open(&path)
            .map_err(io)?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::Error(source)) => return Err(io(source)),
                Err(TryLockError::WouldBlock) if deadline.has_passed() => {
                    return Err(LockError::Held { path, seconds: deadline.budget().as_secs() });
                }
                Err(TryLockError::WouldBlock) => {
                    std::thread::sleep(ASK_AGAIN.min(deadline.left()));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_lock_is_refused_at_the_deadline_and_given_after() {
        let folder = tempfile::tempdir().expect("folder");
        let folder = folder.path();
        let first = Lock::take(folder, "x", Deadline::after(Duration::from_secs(1)));
        assert!(first.is_ok());
        let second = Lock::take(folder, "x", Deadline::after(Duration::from_millis(50)));
        assert!(matches!(second, Err(LockError::Held { .. })));
        drop(first);
        assert!(Lock::take(folder, "x", Deadline::after(Duration::ZERO)).is_ok());
    }
}
