//! The last failure of each directory: one small file, in `/run/fsxlustre/failures`.
//!
//! A mount at boot fails where nobody looks. What it said is kept until a mount on that directory
//! succeeds, readable by everybody, so that `fsxlustre status` can repeat it.

use crate::failure::{Failure, FailureRecord};
use crate::host::{
    Host, StateError, read_state, remove_state, state_names, unix_seconds, write_state,
};
use crate::record::MountRecord;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The layout of the file; another number is another layout.
const FORMAT: u32 = 1;

/// What a mount on a directory last failed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastFailure {
    format: u32,
    /// Where something was to be mounted.
    pub directory: PathBuf,
    /// What was said.
    pub failure: FailureRecord,
    /// When, seconds since 1970 UTC.
    pub at_unix_seconds: u64,
}

impl LastFailure {
    fn folder(host: &Host) -> PathBuf {
        host.paths.state.join("failures")
    }

    /// Where that of a directory is: named as its mount's record.
    fn path(host: &Host, directory: &Path) -> PathBuf {
        let record = MountRecord::path(host, directory);
        Self::folder(host).join(record.file_name().unwrap_or_default())
    }

    /// Keeps a failure.
    ///
    /// # Errors
    /// [`StateError::Io`]; the failure itself is the one to tell.
    pub fn write(host: &Host, directory: &Path, failure: &Failure) -> Result<(), StateError> {
        let kept = Self {
            format: FORMAT,
            directory: directory.to_owned(),
            failure: FailureRecord::from(failure),
            at_unix_seconds: unix_seconds(),
        };
        write_state(&Self::path(host, directory), &kept)
    }

    /// The one of a directory; `None` when there is none that we understand.
    ///
    /// # Errors
    /// [`StateError`] when there is one that cannot be read.
    pub fn read(host: &Host, directory: &Path) -> Result<Option<Self>, StateError> {
        let kept: Option<Self> = read_state(&Self::path(host, directory))?;
        Ok(kept.filter(|kept| kept.format == FORMAT))
    }

    /// Forgets it: a mount on the directory succeeded.
    ///
    /// # Errors
    /// [`StateError::Io`].
    pub fn clear(host: &Host, directory: &Path) -> Result<(), StateError> {
        remove_state(&Self::path(host, directory))
    }

    /// All of them, and why each that could not be read was not.
    ///
    /// # Errors
    /// [`StateError::Io`] when the folder cannot be listed.
    pub fn all(host: &Host) -> Result<(Vec<Self>, Vec<StateError>), StateError> {
        let folder = Self::folder(host);
        let (mut kept, mut errors) = (Vec::new(), Vec::new());
        for name in state_names(&folder)? {
            match read_state::<Self>(&folder.join(name)) {
                Ok(one) => kept.extend(one.filter(|one| one.format == FORMAT)),
                Err(error) => errors.push(error),
            }
        }
        Ok((kept, errors))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Code;
    use crate::host::Paths;

    #[test]
    fn a_failure_is_kept_until_it_is_cleared() {
        let folder = tempfile::tempdir().expect("folder");
        let paths = Paths { state: folder.path().into(), ..Paths::default() };
        let host = Host { paths, ..Host::default() };
        let directory = Path::new("/mnt/a b");
        let failure = Failure {
            code: Code::MountTimeout,
            what: "w".into(),
            asked: "a".into(),
            because: "b".into(),
            remedy: "r".into(),
        };
        assert_eq!(LastFailure::read(&host, directory).expect("none"), None);
        LastFailure::write(&host, directory, &failure).expect("written");
        let kept = LastFailure::read(&host, directory).expect("read").expect("one");
        assert_eq!(
            (kept.failure.code.as_str(), kept.directory.as_path()),
            ("FSXL-M205", directory)
        );
        std::fs::write(folder.path().join("failures/x.json"), "{").expect("torn");
        let (all, errors) = LastFailure::all(&host).expect("listed");
        assert_eq!((all, errors.len()), (vec![kept], 1));
        LastFailure::clear(&host, directory).expect("cleared");
        LastFailure::clear(&host, directory).expect("cleared already");
        assert_eq!(LastFailure::read(&host, directory).expect("none"), None);
    }
}
