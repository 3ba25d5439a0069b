//! The one way in which a directory is ever removed.

use crate::failure::{Code, Explain as _, Failure};
use crate::host::{Deadline, MountTable, Program, RunLimits};
use crate::worker::Work;
use nix::errno::Errno;
use std::path::Path;
use std::time::Duration;

/// How long it may take: a directory above may be on a mount that does not answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Removes a mount point that we made and recorded, in a child with a deadline: with rmdir(2),
/// which refuses whatever is not an empty directory, and only where nothing is mounted. Fine when
/// it is gone or is not empty any more.
///
/// # Errors
/// [`Code::DirectoryKept`].
pub fn remove_made_directory(directory: &Path) -> Result<(), Failure> {
    let limits = RunLimits::until(Deadline::after(PATIENCE));
    let because = match Program::own()
        .run(&Work::RemoveDirectory(directory.to_owned()).arguments(), &limits)
    {
        Ok(done) if done.status.success() => return Ok(()),
        Ok(done) => done.last_words(),
        Err(error) => error.because(),
    };
    Err(Failure {
        code: Code::DirectoryKept,
        what: format!("the directory {} was not removed", directory.display()),
        asked: format!("rmdir {}", directory.display()),
        because,
        remedy: format!("look at it with `ls -ld {}`; nothing needs it", directory.display()),
    })
}

/// The call itself; only ever made in the child.
///
/// # Errors
/// EBUSY where something is mounted, else the error of the call.
pub(crate) fn remove_here(directory: &Path, table: &MountTable) -> std::io::Result<()> {
    if table.mounts.iter().any(|mount| mount.directory.starts_with(directory)) {
        return Err(Errno::EBUSY.into());
    }
    match std::fs::remove_dir(directory) {
        Ok(()) => Ok(()),
        Err(error) => match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::ENOTEMPTY | Errno::EEXIST | Errno::ENOENT) => Ok(()),
            _ => Err(error),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_empty_directory_without_a_mount_goes() {
        let folder = tempfile::tempdir().expect("folder");
        let made = folder.path().join("made");
        let inner = made.join("inner");
        std::fs::create_dir_all(&inner).expect("folders");
        let none = MountTable::default();
        assert!(remove_here(&made, &none).is_ok() && made.exists(), "it is not empty");
        let line = format!("2 1 0:9 / {} rw - tmpfs x rw", inner.display());
        let busy = MountTable::parse(line.as_bytes());
        assert!(remove_here(&made, &busy).is_err(), "a mount is below it");
        assert!(remove_here(&inner, &none).is_ok() && !inner.exists());
        assert!(remove_here(&made, &none).is_ok() && !made.exists());
        assert!(remove_here(&made, &none).is_ok(), "gone already");
        std::os::unix::fs::symlink("/tmp", &made).expect("link");
        assert!(remove_here(&made, &none).is_err());
    }
}
