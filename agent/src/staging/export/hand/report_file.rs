//! The report of a task, read through a mount.

use rustix::fs::{Mode, OFlags, ResolveFlags, open, openat2};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{Error, Read as _};
use std::path::{Path, PathBuf};

/// The most of a report that is read, bytes.
const MOST_BYTES: u64 = 4 << 20;

/// A report below a mount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportFile {
    /// The mount.
    pub(crate) mount: PathBuf,
    /// Where it may be, below the mount, the likeliest first.
    pub(crate) names: Vec<String>,
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReportText {
    /// The text.
    pub(crate) text: String,
    /// Whether there is more of it.
    pub(crate) is_cut: bool,
}

impl ReportFile {
    /// The first one that is there.
    pub(super) fn read(&self) -> Result<ReportText, Error> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let mount = open(&self.mount, flags, Mode::empty())?;
        let mut last = Error::other("no place of the report is known");
        for name in &self.names {
            // No link, and nothing of another mount: users may write to the file system.
            let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let within = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
            match openat2(&mount, Path::new(name), flags, Mode::empty(), within) {
                Ok(fd) => return read(File::from(fd)),
                Err(errno) => last = errno.into(),
            }
        }
        Err(last)
    }
}

fn read(file: File) -> Result<ReportText, Error> {
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(ReportText { text, is_cut: about.len() > MOST_BYTES })
}
