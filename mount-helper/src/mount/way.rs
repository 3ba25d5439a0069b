//! How a file system comes to a directory: by a client of its own, or by a bind mount of one that
//! is there.
//!
//! Every mount(2) of type lustre makes another client: another cache, other connections, another
//! export on every server. So a file system that is mounted already is bind-mounted, unless its
//! options differ. A sub-directory is always a bind mount: mounting a regular file as a
//! sub-directory crashes a 2.15 client, so the file system is mounted on a private directory first
//! and looked at.

use super::occupied::share_servers;
use crate::failure::{Code, Explain as _, Failure};
use crate::host::{Deadline, Host, Mount, MountTable, Program, ProgramError, RunLimits};
use crate::mount::DirectoryReport;
use crate::options::MountOptions;
use crate::record::MountRecord;
use crate::source::Device;
use crate::worker::Work;
use nix::mount::{MsFlags, mount};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// How it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// A client of its own, on the directory itself.
    Client,
    /// A bind mount of a client that is there.
    Bind {
        /// The directory that is bound.
        from: PathBuf,
    },
    /// A client on a private directory, of which the sub-directory is bound.
    PrivateClient,
}

/// A bind mount with options of its own.
///
/// The options are those of this mount only: `ro` here leaves the file system writable elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BindMount {
    /// What is bound.
    pub from: PathBuf,
    /// Where.
    pub directory: PathBuf,
    /// Options of the mount, in words.
    pub options: Vec<String>,
    /// Only change the options of a mount that is there.
    pub is_remount: bool,
}

impl BindMount {
    /// Makes it; only ever called in the child.
    ///
    /// # Errors
    /// The error of mount(2). A bind mount whose options cannot be set is taken away again.
    pub fn make(&self) -> std::io::Result<()> {
        let none = None::<&str>;
        if !self.is_remount {
            mount(Some(&self.from), &self.directory, none, MsFlags::MS_BIND, none)?;
        }
        let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | flags_of(&self.options);
        let set = mount(none, &self.directory, none, flags, none);
        if set.is_err() && !self.is_remount {
            // The error of the options is the one to tell.
            let _ = nix::mount::umount2(&self.directory, nix::mount::MntFlags::UMOUNT_NOFOLLOW);
        }
        Ok(set?)
    }
}

/// The kernel's flags for the words that have one; the last word of a pair counts.
fn flags_of(options: &[String]) -> MsFlags {
    options.iter().fold(MsFlags::empty(), |flags, word| {
        let (set, clear) = match word.as_str() {
            "ro" => (MsFlags::MS_RDONLY, MsFlags::empty()),
            "rw" => (MsFlags::empty(), MsFlags::MS_RDONLY),
            "nosuid" => (MsFlags::MS_NOSUID, MsFlags::empty()),
            "suid" => (MsFlags::empty(), MsFlags::MS_NOSUID),
            "nodev" => (MsFlags::MS_NODEV, MsFlags::empty()),
            "dev" => (MsFlags::empty(), MsFlags::MS_NODEV),
            "noexec" => (MsFlags::MS_NOEXEC, MsFlags::empty()),
            "exec" => (MsFlags::empty(), MsFlags::MS_NOEXEC),
            "nodiratime" => (MsFlags::MS_NODIRATIME, MsFlags::empty()),
            "diratime" => (MsFlags::empty(), MsFlags::MS_NODIRATIME),
            "noatime" => (MsFlags::MS_NOATIME, ATIME),
            "relatime" => (MsFlags::MS_RELATIME, ATIME),
            "strictatime" | "atime" => (MsFlags::MS_STRICTATIME, ATIME),
            _ => (MsFlags::empty(), MsFlags::empty()),
        };
        (flags - clear) | set
    })
}

/// The flags of which one decides how access times are kept.
const ATIME: MsFlags =
    MsFlags::MS_NOATIME.union(MsFlags::MS_RELATIME).union(MsFlags::MS_STRICTATIME);

/// The words that a bind mount can have for itself.
pub(super) const OF_THE_MOUNT: &[&str] = &[
    "ro",
    "rw",
    "nosuid",
    "suid",
    "nodev",
    "dev",
    "noexec",
    "exec",
    "nodiratime",
    "diratime",
    "noatime",
    "relatime",
    "strictatime",
    "atime",
];

/// Chooses the way.
pub(super) fn choose(
    host: &Host,
    table: &MountTable,
    device: &Device,
    options: &MountOptions,
) -> Way {
    let usable = table.mounts.iter().filter(|mount| {
        host.is_lustre(mount)
            && table.on(&mount.directory).is_some_and(|seen| seen.id == mount.id)
            && has_the_options(host, mount, options)
    });
    for mount in usable.filter(|_| !options.new_client) {
        let Some(shown) = Device::shown_by(mount) else { continue };
        let Some(rest) = shown.rest_of(device) else { continue };
        if is_of(host, mount, device) || share_servers(device, &shown) {
            let from = mount.directory.join(rest.trim_start_matches('/'));
            return Way::Bind { from: from.components().collect() };
        }
    }
    if device.subdir.is_some() { Way::PrivateClient } else { Way::Client }
}

/// Whether our own record says that a mount is of this device's servers, without asking DNS.
fn is_of(host: &Host, mount: &Mount, device: &Device) -> bool {
    MountRecord::read_of(host, mount)
        .and_then(|record| Device::parse(&record.device))
        .is_some_and(|recorded| recorded.servers == device.servers)
}

/// Whether the options of the file system, as far as they are asked for, are those that are wanted.
/// What is not shown counts only if our record says so.
fn has_the_options(host: &Host, mount: &Mount, options: &MountOptions) -> bool {
    let wants_writing = !options.passed.iter().any(|word| word == "ro");
    if wants_writing && mount.super_options.contains("ro") {
        return false;
    }
    let recorded = MountRecord::read_of(host, mount).map(|record| record.options);
    options.passed.iter().filter(|word| !OF_THE_MOUNT.contains(&word.as_str())).all(|word| {
        mount.super_options.contains(word)
            || recorded.as_ref().is_some_and(|recorded| recorded.contains(word))
    })
}

/// Makes the bind mount of a record, after a look at what is bound.
pub(super) fn bind(
    host: &Host,
    from: &Path,
    record: &mut MountRecord,
    deadline: Deadline,
) -> Result<(), Failure> {
    check_bound(from, deadline)?;
    let options = record.options.iter().filter(|word| OF_THE_MOUNT.contains(&word.as_str()));
    let bind = BindMount {
        from: from.to_owned(),
        directory: record.directory.clone(),
        options: options.cloned().collect(),
        is_remount: false,
    };
    let bound = run(&bind, deadline, |pid| record.begin_attempt(host, pid));
    record.attempt = None;
    bound
}

/// Makes a bind mount in an expendable child, once that has been announced.
pub(super) fn run(
    bind: &BindMount,
    deadline: Deadline,
    announce: impl FnOnce(u32) -> std::io::Result<()>,
) -> Result<(), Failure> {
    let (from, directory) = (bind.from.display(), bind.directory.display());
    let words = ["mount --bind".to_owned(), from.to_string(), directory.to_string()].to_vec();
    let work = Work::Bind(bind.clone());
    let done = Program::work_announced(work, words, &RunLimits::until(deadline), announce)
        .map_err(|error| no_answer(&bind.from, &error))?;
    if done.status.success() { Ok(()) } else { Err(bind_failure(bind, done.last_words())) }
}

fn bind_failure(bind: &BindMount, because: String) -> Failure {
    let (from, directory) = (bind.from.display(), bind.directory.display());
    Failure {
        code: Code::MountFailed,
        what: format!("{from} could not be bound to {directory}"),
        asked: format!("mount --bind {from} {directory}"),
        because,
        remedy: "mount it as a client of its own: -o new_client".into(),
    }
}

fn no_answer(path: &Path, error: &ProgramError) -> Failure {
    Failure {
        code: Code::NoAnswer,
        what: format!("{} does not answer", path.display()),
        asked: format!("look at {}", path.display()),
        because: format!("{error}; {}", error.because()),
        remedy: "open TCP 988 and 1018-1023 between node and file system in both security groups, \
                 and look at its lifecycle with `fsxlustre resolve`"
            .into(),
    }
}

/// Checks that what is to be bound is a directory.
fn check_bound(from: &Path, deadline: Deadline) -> Result<(), Failure> {
    let done = Program::own()
        .run(&Work::Inspect(from.to_owned()).arguments(), &RunLimits::until(deadline))
        .map_err(|error| no_answer(from, &error))?;
    let unfit = |because: &str, remedy: &str| Failure {
        code: Code::SubdirUnfit,
        what: "the sub-directory cannot be mounted".into(),
        asked: format!("mount {}", from.display()),
        because: because.to_owned(),
        remedy: remedy.to_owned(),
    };
    let Ok(report) = serde_json::from_str::<DirectoryReport>(&done.stdout) else {
        let remedy = "mount the whole file system once and make the directory: mkdir -p";
        return Err(unfit(&done.last_words(), remedy));
    };
    if !report.is_directory {
        let because = "it is not a directory; a Lustre client may crash when it mounts a file";
        return Err(unfit(because, "name a directory"));
    }
    if report.real_path != from {
        return Err(unfit("a symbolic link leads away from it", "name the directory itself"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn words_become_flags_and_the_last_of_a_pair_counts() {
        assert_eq!(flags_of(&words("rw,noatime,flock")), MsFlags::MS_NOATIME);
        assert_eq!(
            flags_of(&words("nosuid,nodev,noexec,ro")),
            MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC | MsFlags::MS_RDONLY
        );
        assert_eq!(flags_of(&words("ro,rw,noatime,relatime")), MsFlags::MS_RELATIME);
    }

    #[test]
    fn a_client_that_is_there_is_bound_unless_its_options_differ() {
        let host = Host { paths: nowhere(), ..Host::default() };
        let line = "193 27 0:50 / /fsx rw - lustre 10.0.0.5@tcp:/abcdefgh rw,flock,lazystatfs";
        let table = MountTable::parse(line.as_bytes());
        let way = |source: &str, options: &str| {
            let device = Device::parse(source).expect(source);
            choose(&host, &table, &device, &MountOptions::parse(options).expect(options))
        };
        let whole = Way::Bind { from: "/fsx".into() };
        assert_eq!(way("10.0.0.5@tcp:/abcdefgh", "nosuid"), whole);
        assert_eq!(way("10.0.0.5@tcp:/abcdefgh/a/b", ""), Way::Bind { from: "/fsx/a/b".into() });
        assert_eq!(way("10.0.0.5@tcp:/abcdefgh", "localflock"), Way::Client);
        assert_eq!(way("10.0.0.5@tcp:/abcdefgh", "new_client"), Way::Client);
        assert_eq!(way("10.0.0.5@tcp:/abcdefgh", "lazystatfs"), whole);
        assert_eq!(way("10.0.0.9@tcp:/abcdefgh", ""), Way::Client);
        assert_eq!(way("10.0.0.5@tcp:/other", ""), Way::Client);
        assert_eq!(way("10.0.0.5@tcp:/other/sub", ""), Way::PrivateClient);
    }

    fn nowhere() -> crate::host::Paths {
        crate::host::Paths { state: "/nowhere".into(), ..crate::host::Paths::default() }
    }
}
