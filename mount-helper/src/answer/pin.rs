//! All nodes of one job use one file system: the first node's answer is pinned in a folder that they
//! share, and a node that disagrees refuses.
//!
//! The first writer wins by link(2), which NFS and Lustre do in one step. The folder may lie on a
//! server that is gone, so all of it is done in a child that can be left behind.

use crate::failure::{Code, Explain as _, Failure};
use crate::host::{
    Bounds, LARGEST_TRUSTED_BYTES, Program, open_trusted_folder, read_text, read_trusted_at,
    unix_seconds,
};
use crate::record::MountRecord;
use crate::worker::Work;
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, openat};
use nix::sys::stat::Mode;
use nix::unistd::{UnlinkatFlags, linkat, unlinkat};
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The layout of a pin; another number is another layout.
const FORMAT: u32 = 1;
/// How long looking at it may take.
const PIN_TIME: Duration = Duration::from_secs(5);
/// No job's nodes start that long after each other.
const OLD_SECONDS: u64 = 30 * 86_400;
/// How many old ones one new one takes away.
const MOST_SWEPT: usize = 100;

/// Whose answer is pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedAs {
    /// Cluster, job and restart count.
    pub job: String,
    /// This node.
    pub node: String,
}

/// What is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    format: u32,
    /// The source that was looked up.
    pub source: String,
    /// The file system's id, or its device where it has none.
    pub file_system: String,
    /// The node that was first.
    pub node: String,
    /// When, seconds since 1970 UTC.
    pub pinned_unix_seconds: u64,
}

/// A pin that is to be set, or found set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinAttempt {
    folder: PathBuf,
    name: String,
    pin: Pin,
}

/// Pins this node's answer, or compares it with the one that is pinned. What keeps it from doing so is
/// a warning: a job is not lost with the server of the shared folder.
///
/// # Errors
/// [`Code::PinDisagrees`] names both file systems.
pub(crate) fn agree(
    folder: &Path,
    whose: &PinnedAs,
    source: &str,
    file_system: &str,
    bounds: &Bounds<'_>,
) -> Result<Option<String>, Failure> {
    let attempt = PinAttempt::new(folder, whose, source, file_system);
    let stands = match attempt.run(bounds) {
        Ok(stands) => stands,
        Err(because) => {
            let job = &whose.job;
            return Ok(Some(format!("the answer is not pinned for job {job}: {because}")));
        }
    };
    if stands.file_system == file_system && stands.source == source {
        return Ok(None);
    }
    let (first, theirs) = (&stands.node, &stands.file_system);
    Err(Failure {
        code: Code::PinDisagrees,
        what: format!("{source} names another file system here than on {first}"),
        asked: format!("use one file system on all nodes of job {}", whose.job),
        because: format!("{first} found {theirs} first, {} finds {file_system}", whose.node),
        remedy: format!(
            "make the tags name one file system only, then requeue the job; the pin is {}",
            folder.join(&attempt.name).display()
        ),
    })
}

impl PinAttempt {
    fn new(folder: &Path, whose: &PinnedAs, source: &str, file_system: &str) -> Self {
        let name = MountRecord::name(Path::new(&format!("{}.{source}", whose.job)));
        Self {
            folder: folder.to_owned(),
            name: format!("{name}.json"),
            pin: Pin {
                format: FORMAT,
                source: source.to_owned(),
                file_system: file_system.to_owned(),
                node: whose.node.clone(),
                pinned_unix_seconds: unix_seconds(),
            },
        }
    }

    fn run(&self, bounds: &Bounds<'_>) -> Result<Pin, String> {
        let work = Work::Pin(Box::new(self.clone()));
        let done = Program::own()
            .run(&work.arguments(), &bounds.at_most(PIN_TIME).run_limits())
            .map_err(|error| format!("{error}: {}", error.because()))?;
        if !done.status.success() {
            return Err(done.last_words());
        }
        let pin: Pin = serde_json::from_str(&done.stdout).map_err(|error| error.to_string())?;
        if pin.format == FORMAT { Ok(pin) } else { Err(format!("its format is {}", pin.format)) }
    }

    /// Sets the pin unless there is one; answers with the one that stands.
    pub(crate) fn carry_out(&self) -> std::io::Result<Pin> {
        let folder = open_trusted_folder(&self.folder)?;
        let name = Path::new(&self.name);
        let temporary = format!(".{}.{}", self.pin.node, std::process::id());
        let temporary = Path::new(&temporary);
        self.write(&folder, temporary)?;
        let linked = linkat(&folder, temporary, &folder, name, AtFlags::empty());
        // Left behind it is swept later.
        let _ = unlinkat(&folder, temporary, UnlinkatFlags::NoRemoveDir);
        match linked {
            Ok(()) => {
                // On a server whose folder cannot be synced, the link is as lasting as it gets.
                let _ = nix::unistd::fsync(&folder);
                sweep(&self.folder);
            }
            Err(Errno::EEXIST) => {}
            Err(errno) => return Err(errno.into()),
        }
        let path = self.folder.join(name);
        let text = read_trusted_at(&folder, name, &path, LARGEST_TRUSTED_BYTES)?;
        Ok(serde_json::from_str(&text)?)
    }

    fn write(&self, folder: &OwnedFd, name: &Path) -> std::io::Result<()> {
        // Of a call that was killed, with the same process id.
        let _ = unlinkat(folder, name, UnlinkatFlags::NoRemoveDir);
        let flags =
            OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let file = openat(folder, name, flags, Mode::from_bits_truncate(0o644))?;
        let mut file = std::fs::File::from(file);
        file.write_all(&serde_json::to_vec(&self.pin)?)?;
        file.sync_all()
    }
}

/// Takes away pins of long ago; only regular files of ours, and not for ever.
fn sweep(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let is_old_file = |path: &PathBuf| {
        let about = std::fs::symlink_metadata(path).ok().filter(std::fs::Metadata::is_file);
        let age = about.and_then(|about| about.modified().ok()?.elapsed().ok());
        age.is_some_and(|age| age.as_secs() > OLD_SECONDS)
    };
    // The folder may be shared with other files: only what is a pin is ours.
    let is_pin = |path: &PathBuf| {
        let text = read_text(path).ok();
        text.is_some_and(|text| serde_json::from_str::<Pin>(&text).is_ok())
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_old_file);
    for path in paths.take(MOST_SWEPT).filter(is_pin) {
        let _ = unlinkat(AT_FDCWD, &path, UnlinkatFlags::NoRemoveDir);
    }
}
