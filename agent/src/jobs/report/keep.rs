//! Keeping reports: on this node, and in the folder that nodes share.
//!
//! A report is first handed in below `/run/fsxlustre/reports`. A child then keeps everything that is
//! there: whatever it writes to may hang, and an end waits for it no longer than its deadline. What
//! could not be kept is handed in again, for the next start or end on this node.

use super::begun;
use super::claim::{self, BEGUN, Claims};

use fsxlustre_mount::failure::{Explain as _, Failure, one_line};
use fsxlustre_mount::host::{
    Deadline, Host, Program, RunLimits, open_trusted_folder, state_names, write_public, write_state,
};
use nix::errno::Errno;
use nix::fcntl::{AtFlags, Flock, FlockArg, OFlag, openat, renameat};
use nix::sys::stat::{Mode, fstatat};
use nix::unistd::{UnlinkatFlags, unlinkat};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Error, ErrorKind, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The first argument that makes `fsxlustre` such a child; the [`Keeping`] follows as JSON.
const WORD: &str = "--fsxlustre-keep-reports";
/// The longest report that is kept.
const LARGEST_BYTES: u64 = 1 << 20;
/// So many are kept in one go; and of more than that, handed in while the shared folder was gone,
/// the oldest are given up.
const MOST_HANDED_IN: usize = 500;
/// Between two tries to write to the shared folder while another keeper does.
const PAUSE: Duration = Duration::from_millis(20);

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
    /// How long another keeper that writes there is waited for.
    patience: Duration,
}

/// One that this keeper has taken.
struct Taken<'a> {
    place: &'static str,
    name: &'a str,
    bytes: Vec<u8>,
}

impl Taken<'_> {
    /// Whether it is whole: one that is not never stands in the place of another.
    fn is_whole(&self) -> bool {
        self.place != BEGUN
    }
}

/// Where reports are handed in.
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
    if !claim::is_any_left(&handed_in) {
        return Vec::new();
    }
    let shared = shared.map(Into::into);
    let patience = deadline.left() / 2;
    let keeping = Keeping { handed_in, folder: kept_in(host), most_bytes, shared, patience };
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
        if let Err(error) = self.keep(&mut troubles) {
            troubles.push(error.to_string());
        }
        troubles.iter().map(|trouble| one_line(trouble) + "\n").collect()
    }

    fn keep(&self, troubles: &mut Vec<String>) -> Result<(), Error> {
        let claims = Claims::begin(&self.handed_in)?;
        // The whole ones first: where there is one, what was counted before it is of no use.
        let [whole, begun] = ["", BEGUN].map(|place| self.names(place));
        let taken = self.take(&claims, "", &whole, troubles);
        let mut kept = self.keep_here(&claims, taken, troubles);
        let taken = self.take(&claims, BEGUN, &begun, troubles);
        kept.extend(self.keep_here(&claims, taken, troubles));
        if let Err(error) = prune(&self.folder, self.most_bytes) {
            troubles.push(error.to_string());
        }
        if let Some(shared) = &self.shared
            && let Err(error) = self.share(shared, &kept)
        {
            troubles.push(error.to_string());
            // They are handed in again, unless there are too many.
            let given_up = (whole.len() + begun.len()).saturating_sub(MOST_HANDED_IN);
            for one in kept.drain(given_up.min(kept.len())..) {
                claims.put_back(one.place, one.name);
            }
        }
        for one in kept {
            claims.done(one.place, one.name);
        }
        Ok(())
    }

    fn names(&self, place: &str) -> Vec<String> {
        let mut names = state_names(&self.handed_in.join(place)).unwrap_or_default();
        names.retain(|name| is_name(name));
        names
    }

    /// Takes what no other keeper has, and no end is at work on.
    fn take<'a>(
        &self,
        claims: &Claims,
        place: &'static str,
        names: &'a [String],
        troubles: &mut Vec<String>,
    ) -> Vec<Taken<'a>> {
        let mut taken = Vec::new();
        for name in names.iter().take(MOST_HANDED_IN) {
            let is_at_work = || {
                let file = read_bounded(&self.handed_in.join(place).join(name));
                file.is_ok_and(|file| begun::left_behind(&file).is_none())
            };
            if place == BEGUN && is_at_work() {
                continue;
            }
            let Some(path) = claims.take(place, name) else { continue };
            match read_bounded(&path) {
                Ok(bytes) if place != BEGUN => taken.push(Taken { place, name, bytes }),
                Ok(bytes) => match begun::left_behind(&bytes) {
                    Some(bytes) => taken.push(Taken { place, name, bytes }),
                    // The same end was called again.
                    None => claims.put_back(place, name),
                },
                Err(error) => {
                    troubles.push(format!("{name}: {error}"));
                    claims.put_back(place, name);
                }
            }
        }
        taken
    }

    /// Keeps them on this node, and answers with those that are.
    fn keep_here<'a>(
        &self,
        claims: &Claims,
        taken: Vec<Taken<'a>>,
        troubles: &mut Vec<String>,
    ) -> Vec<Taken<'a>> {
        let mut kept = Vec::new();
        for one in taken {
            match self.keep_one(&one) {
                Ok(()) => kept.push(one),
                Err(error) => {
                    troubles.push(format!("{}: {error}", one.name));
                    claims.put_back(one.place, one.name);
                }
            }
        }
        kept
    }

    fn keep_one(&self, one: &Taken<'_>) -> Result<(), Error> {
        DirBuilder::new().recursive(true).mode(0o755).create(&self.folder)?;
        let text = one.bytes.strip_suffix(b"\n").unwrap_or(&one.bytes);
        let write =
            |path: &Path| write_public(path, text).map_err(|error| Error::other(error.because()));
        let path = self.folder.join(one.name);
        if one.is_whole() {
            return write(&path);
        }
        let beside = self.folder.join(format!(".{BEGUN}.{}", std::process::id()));
        write(&beside)?;
        let linked = std::fs::hard_link(&beside, path);
        std::fs::remove_file(beside)?;
        match linked {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }

    /// Puts them into the shared folder, one call at a time: behind one that hangs nobody else is
    /// left behind.
    fn share(&self, shared: &Path, kept: &[Taken<'_>]) -> Result<(), Error> {
        if kept.is_empty() {
            return Ok(());
        }
        let _lock = self.lock(shared)?;
        let folder = open_trusted_folder(shared)?;
        for one in kept {
            // Nobody else on this node writes there meanwhile, and no other node such a name.
            if !one.is_whole() && is_in(&folder, one.name) {
                continue;
            }
            let path = format!("{}/{}", shared.display(), one.name);
            put(&folder, Path::new(one.name), &one.bytes)
                .map_err(|error| Error::other(format!("{path}: {error}")))?;
        }
        // On a server whose folder cannot be synced, the names are as lasting as they get.
        let _ = nix::unistd::fsync(&folder);
        Ok(())
    }

    /// Whoever has it writes there, or waits there for a server.
    fn lock(&self, shared: &Path) -> Result<Flock<File>, Error> {
        let mut lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .custom_flags(nix::libc::O_NOFOLLOW)
            .open(self.handed_in.join("lock"))?;
        let deadline = Deadline::after(self.patience);
        loop {
            match Flock::lock(lock, FlockArg::LockExclusiveNonblock) {
                Ok(locked) => return Ok(locked),
                Err((_, errno)) if errno != Errno::EWOULDBLOCK => return Err(errno.into()),
                Err(_) if deadline.left() < PAUSE => {
                    let shared = shared.display();
                    return Err(Error::other(format!("{shared} does not answer an earlier call")));
                }
                Err((again, _)) => lock = again,
            }
            std::thread::sleep(PAUSE);
        }
    }
}

/// Whether a folder has an entry of that name.
fn is_in(folder: &OwnedFd, name: &str) -> bool {
    fstatat(folder, name, AtFlags::AT_SYMLINK_NOFOLLOW).is_ok()
}

/// Writes a file of an open folder: another name first, then renamed. No link is followed.
pub(crate) fn put(folder: &OwnedFd, name: &Path, bytes: &[u8]) -> Result<(), Error> {
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
pub(crate) fn is_name(name: &str) -> bool {
    let stem = name.strip_suffix(".json").unwrap_or_default();
    (1..=240).contains(&stem.len())
        && !stem.starts_with('.')
        && stem.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

/// Reads a file of a folder that others may write to: no link, no FIFO, not too long.
pub(crate) fn read_bounded(path: &Path) -> Result<Vec<u8>, Error> {
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
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
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
            let then = SystemTime::now() - Duration::from_secs(age);
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
