//! `lfs` where the client does not allow the calls: run in the directory that is open, in which names cannot be swapped.

use crate::layout::hand::open::reach;
use nix::errno::Errno;
use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Stdio};

/// How it ended.
#[derive(Debug)]
pub(super) struct Ran {
    /// Exit status: 0, an errno, or 4 for a call that it does not know; -1 when a signal ended it.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it said, in one line.
    pub said: String,
}

impl Ran {
    /// Why it failed, in words.
    pub(super) fn because(&self) -> String {
        if self.said.is_empty() { reason(self.code) } else { self.said.clone() }
    }
}

/// Runs `lfs VERB ./NAME…` in a directory.
pub(super) fn run<N: AsRef<OsStr>>(
    lfs: &Path,
    verb: &str,
    directory: &OwnedFd,
    names: &[N],
) -> Ran {
    let done = Command::new(lfs)
        .arg(verb)
        .args(names)
        .current_dir(reach(directory))
        .env_clear()
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output();
    match done {
        Err(error) => Ran {
            code: error.raw_os_error().unwrap_or(-1),
            stdout: String::new(),
            said: format!("{}: {error}", lfs.display()),
        },
        Ok(done) => Ran {
            code: done.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&done.stdout).into_owned(),
            said: String::from_utf8_lossy(&done.stderr)
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned(),
        },
    }
}

/// An errno in words.
pub(super) fn reason(errno: i32) -> String {
    match errno {
        -1 => "a signal ended it".to_owned(),
        _ => Errno::from_raw(errno).desc().to_owned(),
    }
}

/// A name that is no option, in the form in which `lfs` says it again.
pub(super) fn named(path: &Path) -> Option<String> {
    Some(format!("./{}", path.to_str()?))
}
