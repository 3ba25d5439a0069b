//! The folder of tickets: one that only administrators may write to, and that may be another machine's.

use crate::jobs::report::{is_name, put, read_bounded};
use fsxlustre_mount::host::open_trusted_folder;
use nix::errno::Errno;
use nix::unistd::{UnlinkatFlags, unlinkat};
use serde::{Deserialize, Serialize};
use std::io::{Error, ErrorKind};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};

/// More tickets than a folder has.
const MOST_ENTRIES: usize = 100_000;

/// What is done with the folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FolderWork {
    /// Read the files whose names begin so.
    Read {
        /// The folder.
        folder: PathBuf,
        /// How the names begin.
        prefix: String,
    },
    /// Write a file, whole or not at all.
    Write {
        /// The folder.
        folder: PathBuf,
        /// Its name.
        name: String,
        /// What stands in it.
        text: String,
    },
    /// Remove a file; one that is gone is as good.
    Remove {
        /// The folder.
        folder: PathBuf,
        /// Its name.
        name: String,
    },
}

/// A file of the folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Its name.
    pub(crate) name: String,
    /// What stands in it, or why it cannot be read.
    pub(crate) text: Result<String, String>,
}

impl FolderWork {
    pub(super) fn carry_out(&self) -> Result<Vec<Entry>, Error> {
        match self {
            Self::Read { folder, prefix } => read(folder, prefix),
            Self::Write { folder, name, text } => {
                let open = open_for(folder, name)?;
                put(&open, Path::new(name), text.as_bytes())?;
                // On a server whose folder cannot be synced, the name is as lasting as it gets.
                let _ = nix::unistd::fsync(&open);
                Ok(Vec::new())
            }
            Self::Remove { folder, name } => {
                let open = open_for(folder, name)?;
                match unlinkat(&open, name.as_str(), UnlinkatFlags::NoRemoveDir) {
                    Ok(()) | Err(Errno::ENOENT) => Ok(Vec::new()),
                    Err(errno) => Err(errno.into()),
                }
            }
        }
    }
}

/// Opens the folder for a file of that name.
fn open_for(folder: &Path, name: &str) -> Result<OwnedFd, Error> {
    if !is_name(name) {
        return Err(Error::other(format!("{name} is no name of a ticket")));
    }
    open_trusted_folder(folder)
}

fn read(folder: &Path, prefix: &str) -> Result<Vec<Entry>, Error> {
    let open = open_trusted_folder(folder)?;
    // By the descriptor: names may be swapped meanwhile.
    let itself = PathBuf::from(format!("/proc/self/fd/{}", open.as_raw_fd()));
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&itself)?.take(MOST_ENTRIES) {
        let Ok(name) = entry?.file_name().into_string() else { continue };
        if name.starts_with(prefix) && is_name(&name) {
            names.push(name);
        }
    }
    names.sort();
    let mut entries = Vec::new();
    for name in names {
        let text = match read_bounded(&itself.join(&name)) {
            Ok(bytes) => String::from_utf8(bytes).map_err(|error| error.to_string()),
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => Err(error.to_string()),
        };
        entries.push(Entry { name, text });
    }
    Ok(entries)
}
