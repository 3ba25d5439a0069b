//! A file that only root can have written, wherever it lies.
//!
//! Every part of the path is opened from the one before it, without following a link, and looked at
//! once it is open: whoever could change one of them could put another file in its place.

use super::{Bounds, Program};
use crate::failure::Explain as _;
use crate::worker::Work;
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::{Mode, SFlag, fstat};
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::path::{Component, Path};

/// The longest such file that is read.
pub const LARGEST_TRUSTED_BYTES: u64 = 4 << 20;

/// Reads a file whose path is root's alone, in this process.
///
/// # Errors
/// What is not root's alone, is a link, no regular file, too long, or the error of the read; the
/// text names the part of the path.
pub(crate) fn read_trusted_here(path: &Path) -> std::io::Result<String> {
    let refused = |what: String| Err(std::io::Error::other(what));
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return refused(format!("{} is not the path of a file", path.display()));
    };
    let folder = open_trusted_folder(folder)?;
    read_trusted_at(&folder, Path::new(name), path, LARGEST_TRUSTED_BYTES)
}

/// Reads a file of a folder that is open already; `path` is its whole path, for messages.
///
/// # Errors
/// As [`read_trusted_here`].
pub(crate) fn read_trusted_at(
    folder: &OwnedFd,
    name: &Path,
    path: &Path,
    most_bytes: u64,
) -> std::io::Result<String> {
    let refused = |what: String| Err(std::io::Error::other(what));
    // Not blocking: a FIFO would keep us for ever.
    let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let file = openat(folder, name, flags, Mode::empty()).map_err(|errno| named(path, errno))?;
    check(path, &file)?;
    if kind(&file)? != SFlag::S_IFREG {
        return refused(format!("{} is not a regular file", path.display()));
    }
    let mut text = String::new();
    let read = std::fs::File::from(file).take(most_bytes + 1).read_to_string(&mut text)?;
    if u64::try_from(read).unwrap_or(u64::MAX) > most_bytes {
        return refused(format!("{} is longer than {most_bytes} bytes", path.display()));
    }
    Ok(text)
}

/// Opens a folder that, with everything above it, is root's alone and reached without a link.
///
/// # Errors
/// What is not root's alone or is a link, or the error of the open; the text names the part of the
/// path.
pub fn open_trusted_folder(path: &Path) -> std::io::Result<OwnedFd> {
    if !path.is_absolute() {
        return Err(std::io::Error::other(format!("{} is not absolute", path.display())));
    }
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let mut so_far = Path::new("/").to_owned();
    let mut open = nix::fcntl::open("/", flags, Mode::empty())?;
    check(&so_far, &open)?;
    for part in path.components().skip(1) {
        let Component::Normal(name) = part else {
            return Err(std::io::Error::other(format!("{} has a '..'", path.display())));
        };
        so_far.push(name);
        open = openat(&open, name, flags, Mode::empty()).map_err(|errno| named(&so_far, errno))?;
        check(&so_far, &open)?;
    }
    Ok(open)
}

/// Keeps the kind of the error, and names the part.
fn named(path: &Path, errno: nix::errno::Errno) -> std::io::Error {
    let error = std::io::Error::from(errno);
    let link = if errno == nix::errno::Errno::ELOOP { " (a symbolic link)" } else { "" };
    std::io::Error::new(error.kind(), format!("{}: {error}{link}", path.display()))
}

fn kind(file: &OwnedFd) -> std::io::Result<SFlag> {
    Ok(SFlag::from_bits_truncate(fstat(file)?.st_mode) & SFlag::S_IFMT)
}

fn check(path: &Path, file: &OwnedFd) -> std::io::Result<()> {
    let about = fstat(file)?;
    if about.st_uid == 0 && about.st_mode & 0o022 == 0 {
        return Ok(());
    }
    let (uid, mode) = (about.st_uid, about.st_mode & 0o7777);
    let path = path.display();
    Err(std::io::Error::other(format!("{path} belongs to uid {uid} and has mode {mode:04o}")))
}

/// Reads such a file in a child that is left behind if the file system under it hangs.
///
/// # Errors
/// One line that says why there is nothing to be had.
pub fn read_trusted<'a>(path: &Path, bounds: impl Into<Bounds<'a>>) -> Result<String, String> {
    let mut limits = bounds.into().run_limits();
    limits.output_bytes = usize::try_from(3 * LARGEST_TRUSTED_BYTES).unwrap_or(usize::MAX);
    let done = Program::own()
        .run(&Work::ReadTrusted(path.to_owned()).arguments(), &limits)
        .map_err(|error| format!("{}: {error}; {}", path.display(), error.because()))?;
    if !done.status.success() {
        return Err(done.last_words());
    }
    serde_json::from_str(&done.stdout).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(path: &str) -> String {
        read_trusted_here(Path::new(path)).expect_err(path).to_string()
    }

    #[test]
    fn a_path_that_others_may_change_or_that_is_no_file_is_refused() {
        assert!(refusal("etc/passwd").contains("not absolute"));
        assert!(refusal("/etc/../etc/passwd").contains("'..'"));
        // World-writable on every machine.
        assert!(refusal("/tmp/x/y").contains("/tmp belongs to uid 0 and has mode 1777"));
        assert!(refusal("/etc").contains("not a regular file"));
        assert!(refusal("/proc/self/cmdline").contains("/proc/self"));
        let text = read_trusted_here(Path::new("/etc/passwd")).expect("root's");
        assert!(text.starts_with("root:"));
    }
}
