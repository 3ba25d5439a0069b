//! Standard streams in memory files: a child that outlives its parent, or hangs, keeps nobody
//! waiting at a pipe.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::unix::fs::FileExt;
use std::process::Stdio;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};

/// What a process has printed so far.
#[derive(Debug)]
pub(crate) struct Capture(File);

impl Capture {
    /// An empty one. What several processes print at one moment stands one behind the other.
    pub(crate) fn new() -> io::Result<Self> {
        let file = memory_file()?;
        fcntl(&file, FcntlArg::F_SETFL(OFlag::O_APPEND))?;
        Ok(Self(file))
    }

    /// The end that the process writes to.
    pub(crate) fn writer(&self) -> io::Result<Stdio> {
        Ok(self.0.try_clone()?.into())
    }

    /// All that was printed until now.
    pub(crate) fn text(&self) -> String {
        let length = self.0.metadata().map_or(0, |found| found.len());
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        let read = self.0.read_at(&mut bytes, 0).unwrap_or(0);
        String::from_utf8_lossy(&bytes[..read]).into_owned()
    }
}

/// Standard input that holds these bytes and then ends.
pub(crate) fn input(bytes: &[u8]) -> io::Result<Stdio> {
    let mut file = memory_file()?;
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file.into())
}

fn memory_file() -> io::Result<File> {
    Ok(memfd_create(c"sandbox", MFdFlags::MFD_CLOEXEC)?.into())
}
