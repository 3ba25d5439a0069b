//! statvfs(2) in an expendable child: the one call that tells whether a mount answers.

use super::{Bounds, Program, ProgramError};
use crate::failure::{Code, Explain};
use crate::worker::Work;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Size of a file system, by statvfs(3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Space {
    /// All of it, in bytes.
    pub size_bytes: u64,
    /// What an ordinary user may still write, in bytes.
    pub available_bytes: u64,
    /// Number of files it can hold.
    pub files: u64,
    /// Number of files it can still hold.
    pub files_free: u64,
}

/// A mount did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The child could not be run or did not end: the mount hangs.
    #[error("{} does not answer", directory.display())]
    NoAnswer {
        /// The mount point.
        directory: PathBuf,
        /// What became of the child.
        #[source]
        source: ProgramError,
    },
    /// The call failed.
    #[error("{} answers with an error", directory.display())]
    Failed {
        /// The mount point.
        directory: PathBuf,
        /// What the child said.
        said: String,
    },
}

impl Explain for ProbeError {
    fn code(&self) -> Code {
        Code::NoAnswer
    }
    fn asked(&self) -> String {
        let (Self::NoAnswer { directory, .. } | Self::Failed { directory, .. }) = self;
        format!("statvfs {}", directory.display())
    }
    fn because(&self) -> String {
        match self {
            Self::NoAnswer { source, .. } => {
                format!("statvfs did not return: {}", source.because())
            }
            Self::Failed { said, .. } => said.clone(),
        }
    }
    fn remedy(&self) -> String {
        "open TCP 988 and 1018-1023 between node and file system in both security groups, \
         and look at its lifecycle with `fsxlustre resolve`"
            .into()
    }
}

/// Asks a mount for its size, in a child that is left behind if it hangs.
///
/// # Errors
/// [`ProbeError`].
pub fn probe_space<'a>(
    directory: &Path,
    bounds: impl Into<Bounds<'a>>,
) -> Result<Space, ProbeError> {
    let done = Program::own()
        .run(&Work::StatVfs(directory.to_owned()).arguments(), &bounds.into().run_limits())
        .map_err(|source| ProbeError::NoAnswer { directory: directory.to_owned(), source })?;
    let failed = |said| ProbeError::Failed { directory: directory.to_owned(), said };
    if !done.status.success() {
        return Err(failed(done.last_words()));
    }
    serde_json::from_str(&done.stdout).map_err(|error| failed(error.to_string()))
}

/// The call itself; only ever made in the child.
pub(crate) fn statvfs(directory: &Path) -> nix::Result<Space> {
    let stat = nix::sys::statvfs::statvfs(directory)?;
    Ok(Space {
        size_bytes: stat.blocks() * stat.fragment_size(),
        available_bytes: stat.blocks_available() * stat.fragment_size(),
        files: stat.files(),
        files_free: stat.files_free(),
    })
}
