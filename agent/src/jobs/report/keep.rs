//! Keeping reports: on this node, and in the folder that nodes share.
//!
//! A report is first handed in below `/run/fsxlustre/reports`. A child then keeps everything that is
//! there: whatever it writes to may hang, and an end waits for it no longer than its deadline. What
//! could not be kept stays handed in, for the next start or end on this node.

use fsxlustre_mount::failure::{Explain as _, Failure, one_line};
use fsxlustre_mount::host::{
    Deadline, Host, Program, RunLimits, open_trusted_folder, state_names, write_public, write_state,
};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg, OFlag, openat, renameat};
use nix::sys::stat::Mode;
use nix::unistd::{UnlinkatFlags, unlinkat};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Error, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The first argument that makes `fsxlustre` such a child; the [`Keeping`] follows as JSON.
const WORD: &str = "--fsxlustre-keep-reports";
/// The longest report that is kept.
const LARGEST_BYTES: u64 = 1 << 20;
/// So many are kept in one go; and of more than that, handed in while the shared folder was gone,
/// the oldest are given up.
const MOST_HANDED_IN: usize = 500;

/// What is to be kept, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keeping {
    /// Where reports are handed in.
    handed_in: PathBuf,
    /// Where they are kept on this node.
    folder: PathBuf,
    /// How much room they may take there, in bytes.
    most_bytes: u64,
    /// The folder that nodes share, if there is one.
    shared: Option<PathBuf>,
}

pub(super) fn handed_in(host: &Host) -> PathBuf {
    host.paths.state.join("reports")
}

/// Where reports are kept on this node.
pub fn kept_in(host: &Host) -> PathBuf {
    host.paths.data.join("jobs")
}

/// Hands in what is to be kept under this name, which is letters, digits, `.`, `-` and `_`.
///
/// # Errors
/// The state folder cannot be written.
pub fn hand_in<T: Serialize>(host: &Host, name: &str, value: &T) -> Result<(), Failure> {
    write_state(&handed_in(host).join(format!("{name}.json")), value)
        .map_err(|error| error.failure())
}

/// Keeps everything that was handed in, in a child. Answers with what did not work, in words.
pub fn keep_all(
    host: &Host,
    most_bytes: u64,
    shared: Option<&Path>,
    deadline: Deadline,
) -> Vec<String> {
    let handed_in = handed_in(host);
    if state_names(&handed_in).is_ok_and(|names| names.is_empty()) {
        return Vec::new();
    }
    let keeping =
        Keeping { handed_in, folder: kept_in(host), most_bytes, shared: shared.map(Into::into) };
    // Paths of the configuration are text, so this does not fail.
    let text = serde_json::to_string(&keeping).unwrap_or_default();
    match Program::own().run(&[WORD, &text], &RunLimits::until(deadline)) {
        Ok(done) if done.status.success() => {
            done.stdout.lines().map(|line| format!("a job's report is not kept: {line}")).collect()
        }
        Ok(done) => vec![format!("reports of jobs are not kept: {}", done.last_words())],
        Err(error) => vec![format!("reports of jobs are not kept yet: {}", error.because())],
    }
}

/// The work that this process was started for, if it was.
pub fn asked_for() -> Option<Keeping> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let [word, text] = arguments.as_slice() else { return None };
    serde_json::from_str(text.to_str().filter(|_| word == WORD)?).ok()
}

impl Keeping {
    /// Does it; only ever called in the child. Answers with a line for everything that did not work.
    pub fn carry_out(&self) -> String {
        let mut troubles = Vec::new();
        let names = state_names(&self.handed_in).unwrap_or_default();
        let names: Vec<&str> =
            names.iter().map(String::as_str).filter(|name| is_name(name)).collect();
        let mut kept: Vec<(&str, Vec<u8>)> = Vec::new();
        for name in names.iter().take(MOST_HANDED_IN) {
            let bytes = read_bounded(&self.handed_in.join(name));
            match bytes.and_then(|bytes| self.keep_here(name, &bytes).map(|()| bytes)) {
                Ok(bytes) => kept.push((name, bytes)),
                Err(error) => troubles.push(format!("{name}: {error}")),
            }
        }
        if let Err(error) = prune(&self.folder, self.most_bytes) {
            troubles.push(error.to_string());
        }
        if let Some(shared) = &self.shared
            && let Err(error) = self.share(shared, &mut kept)
        {
            troubles.push(error.to_string());
            // They stay handed in, unless there are too many.
            kept.truncate(names.len().saturating_sub(MOST_HANDED_IN));
        }
        for (name, _) in kept {
            // What stays is kept once more.
            let _ = std::fs::remove_file(self.handed_in.join(name));
        }
        troubles.iter().map(|trouble| one_line(trouble) + "\n").collect()
    }

    fn keep_here(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        DirBuilder::new().recursive(true).mode(0o755).create(&self.folder)?;
        let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        write_public(&self.folder.join(name), text).map_err(|error| Error::other(error.because()))
    }

    /// Puts them into the shared folder, one call at a time: behind one that hangs nobody else is
    /// left behind.
    fn share(&self, shared: &Path, kept: &mut [(&str, Vec<u8>)]) -> Result<(), Error> {
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .custom_flags(nix::libc::O_NOFOLLOW)
            .open(self.handed_in.join("lock"))?;
        let _lock = Flock::lock(lock, FlockArg::LockExclusiveNonblock).map_err(|(_, errno)| {
            let busy = format!("{} does not answer an earlier call", shared.display());
            if errno == Errno::EWOULDBLOCK { Error::other(busy) } else { errno.into() }
        })?;
        let folder = open_trusted_folder(shared)?;
        for (name, bytes) in kept {
            put(&folder, Path::new(name), bytes)
                .map_err(|error| Error::other(format!("{}/{name}: {error}", shared.display())))?;
        }
        // On a server whose folder cannot be synced, the names are as lasting as they get.
        let _ = nix::unistd::fsync(&folder);
        Ok(())
    }
}

/// Writes a file of an open folder: another name first, then renamed. No link is followed.
fn put(folder: &OwnedFd, name: &Path, bytes: &[u8]) -> Result<(), Error> {
    let temporary = format!(".{}.{}", name.display(), std::process::id());
    let temporary = Path::new(&temporary);
    // Of a call that was killed, with the same process id.
    let _ = unlinkat(folder, temporary, UnlinkatFlags::NoRemoveDir);
    let flags =
        OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let mut file = File::from(openat(folder, temporary, flags, Mode::from_bits_truncate(0o644))?);
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| Ok(renameat(folder, temporary, folder, name)?));
    if written.is_err() {
        let _ = unlinkat(folder, temporary, UnlinkatFlags::NoRemoveDir);
    }
    written
}

/// Whether a file's name can be one of ours: the key of a job, or a word before it.
pub(in crate::jobs) fn is_name(name: &str) -> bool {
    let stem = name.strip_suffix(".json").unwrap_or_default();
    (1..=240).contains(&stem.len())
        && !stem.starts_with('.')
        && stem.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

/// Reads a file of a folder that others may write to: no link, no FIFO, not too long.
pub(in crate::jobs) fn read_bounded(path: &Path) -> Result<Vec<u8>, Error> {
    let flags = nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST_BYTES + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST_BYTES {
        return Err(Error::other(format!("it is longer than {LARGEST_BYTES} bytes")));
    }
    Ok(bytes)
}

/// Removes the oldest reports until the others take no more than that.
fn prune(folder: &Path, most_bytes: u64) -> Result<(), Error> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
    for entry in entries.flatten() {
        let about = entry.metadata()?;
        if about.is_file() && entry.file_name().to_str().is_some_and(is_name) {
            files.push((about.modified()?, about.len(), entry.path()));
        }
    }
    files.sort();
    let mut total: u64 = files.iter().map(|(_, size, _)| size).sum();
    for (_, size, path) in files {
        if total <= most_bytes {
            break;
        }
        std::fs::remove_file(path)?;
        total -= size;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_keys_and_nothing_else() {
        for name in ["prod_17_0_node-1.json", "stuck-prod_17_0_n.1.json"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", ".json", "x", ".x.json", "a/b.json", "../x.json", "a b.json", "é.json"] {
            assert!(!is_name(name), "{name}");
        }
        assert!(!is_name(&format!("{}.json", "x".repeat(241))));
    }

    #[test]
    fn the_oldest_go_first_and_what_is_not_ours_stays() {
        let folder = tempfile::tempdir().expect("folder");
        let path = |name: &str| folder.path().join(name);
        for (age, name) in [(30, "a.json"), (20, "b.json"), (10, "c.json"), (40, "notes.txt")] {
            std::fs::write(path(name), [b'x'; 100]).expect("file");
            let file = File::options().write(true).open(path(name)).expect("open");
            let then = SystemTime::now() - std::time::Duration::from_secs(age);
            file.set_modified(then).expect("dated");
        }
        prune(folder.path(), 250).expect("pruned");
        let there = |name: &str| path(name).exists();
        assert_eq!([there("a.json"), there("b.json"), there("c.json")], [false, true, true]);
        assert!(there("notes.txt"));
        prune(&path("nowhere"), 1).expect("nothing to do");
    }

    #[test]
    fn a_link_and_a_long_file_are_not_read() {
        let folder = tempfile::tempdir().expect("folder");
        let link = folder.path().join("link.json");
        std::os::unix::fs::symlink("/etc/passwd", &link).expect("link");
        assert!(read_bounded(&link).is_err());
        let long = folder.path().join("long.json");
        std::fs::write(&long, vec![b'x'; (1 << 20) + 1]).expect("file");
        assert!(read_bounded(&long).expect_err("long").to_string().contains("longer"));
        assert!(read_bounded(folder.path()).is_err());
    }
}
