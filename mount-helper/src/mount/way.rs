//! How a file system comes to a directory: by a client of its own, or by a bind mount of one that
//! is there.
//!
//! Every mount(2) of type lustre makes another client: another cache, other connections, another
//! export on every server. So a file system that is mounted already is bind-mounted, unless its
//! options differ. A sub-directory is always a bind mount: mounting a regular file as a
//! sub-directory crashes a 2.15 client, so the file system is mounted on a private directory first
//! and looked at.

use super::occupied::{is_recorded_as, share_servers};
use crate::failure::{Code, Explain as _, Failure};
use crate::host::{Bounds, Host, Mount, MountTable, Program, ProgramError, read_text};
use crate::options::MountOptions;
use crate::record::MountRecord;
use crate::source::Device;
use crate::worker::Work;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, openat};
use nix::mount::{MsFlags, mount};
use nix::sys::stat::{Mode, SFlag, fstatat};
use serde::{Deserialize, Serialize};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::{Component, Path, PathBuf};

/// How it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// A client of its own, on the directory itself.
    Client,
    /// A bind mount of a client that is there.
    Bind {
        /// The directory that is bound.
        from: PathBuf,
        /// The kernel's number of the mount that it lies in.
        mount_id: i32,
    },
    /// A client on a private directory, of which the sub-directory is bound.
    PrivateClient,
}

/// A bind mount with options of its own.
///
/// The options are those of this mount only: `ro` here leaves the file system writable elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BindMount {
    /// What is bound, and the mount that it must lie in; `None` to change the options of a mount
    /// that is there.
    pub from: Option<(PathBuf, i32)>,
    /// Where.
    pub directory: PathBuf,
    /// Options of the mount, in words.
    pub options: Vec<String>,
}

impl BindMount {
    /// Makes it; only ever called in the child.
    ///
    /// Both directories are opened part by part without following a link, and what was opened is
    /// what is bound: a link that a user puts there meanwhile leads nowhere else.
    ///
    /// # Errors
    /// The errno of a call: `ELOOP` for a link, `ENOTDIR` for what is no directory, `ESTALE` when
    /// the directory lies in another mount. A bind mount whose options cannot be set is taken away.
    pub fn make(&self) -> std::io::Result<()> {
        let none = None::<&str>;
        if let Some((from, mount_id)) = &self.from {
            let source = open_directory(from)?;
            if mount_id_of(&source)? != *mount_id {
                return Err(Errno::ESTALE.into());
            }
            let target = open_directory(&self.directory)?;
            mount(Some(&link_to(&source)), &link_to(&target), none, MsFlags::MS_BIND, none)?;
        }
        let now = open_directory(&self.directory)?;
        let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | flags_of(&self.options);
        let set = mount(none, &link_to(&now), none, flags, none);
        drop(now);
        if set.is_err() && self.from.is_some() {
            // The error of the options is the one to tell.
            let _ = nix::mount::umount2(&self.directory, nix::mount::MntFlags::UMOUNT_NOFOLLOW);
        }
        Ok(set?)
    }
}

/// Opens a directory part by part, following no link.
pub(super) fn open_directory(path: &Path) -> std::io::Result<OwnedFd> {
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let mut open = nix::fcntl::open("/", flags, Mode::empty())?;
    for part in path.components().filter(|part| matches!(part, Component::Normal(_))) {
        open = openat(&open, part.as_os_str(), flags, Mode::empty()).map_err(|errno| {
            let is_link =
                fstatat(&open, part.as_os_str(), AtFlags::AT_SYMLINK_NOFOLLOW).is_ok_and(|stat| {
                    SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT == SFlag::S_IFLNK
                });
            if is_link { Errno::ELOOP } else { errno }
        })?;
    }
    Ok(open)
}

/// The kernel's number of the mount that an open directory lies in.
///
/// *Source*: `/proc/self/fdinfo/N`, proc(5).
fn mount_id_of(open: &OwnedFd) -> std::io::Result<i32> {
    let text = read_text(Path::new(&format!("/proc/self/fdinfo/{}", open.as_raw_fd())))?;
    let id = text.lines().find_map(|line| line.strip_prefix("mnt_id:")?.trim().parse().ok());
    id.ok_or_else(|| Errno::ENODATA.into())
}

pub(super) fn link_to(open: &OwnedFd) -> PathBuf {
    format!("/proc/self/fd/{}", open.as_raw_fd()).into()
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
        if is_recorded_as(host, mount, device) || share_servers(device, &shown) {
            let from = mount.directory.join(rest.trim_start_matches('/'));
            return Way::Bind { from: from.components().collect(), mount_id: mount.id };
        }
    }
    if device.subdir.is_some() { Way::PrivateClient } else { Way::Client }
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

/// Makes the bind mount of a record.
pub(super) fn bind(
    host: &Host,
    from: &Path,
    mount_id: i32,
    record: &mut MountRecord,
    bounds: &Bounds<'_>,
) -> Result<(), Failure> {
    let options = record.options.iter().filter(|word| OF_THE_MOUNT.contains(&word.as_str()));
    let bind = BindMount {
        from: Some((from.to_owned(), mount_id)),
        directory: record.directory.clone(),
        options: options.cloned().collect(),
    };
    let bound = run(&bind, bounds, |pid| record.begin_attempt(host, pid));
    record.attempt = None;
    bound
}

/// Makes a bind mount in an expendable child, once that has been announced.
pub(super) fn run(
    bind: &BindMount,
    bounds: &Bounds<'_>,
    announce: impl FnOnce(u32) -> std::io::Result<()>,
) -> Result<(), Failure> {
    let from = bind.from.as_ref().map_or(&bind.directory, |(from, _)| from);
    let words = ["mount --bind".to_owned(), from.display().to_string()].to_vec();
    let work = Work::Bind(bind.clone());
    let done = Program::work_announced(work, words, &bounds.run_limits(), announce)
        .map_err(|error| no_answer(from, &error))?;
    match done.status.code().map(Errno::from_raw) {
        _ if done.status.success() => Ok(()),
        Some(errno @ (Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP)) => Err(unfit(from, errno)),
        Some(Errno::ESTALE) => {
            Err(bind_failure(bind, from, "another file system covers it".into()))
        }
        _ => Err(bind_failure(bind, from, done.last_words())),
    }
}

fn bind_failure(bind: &BindMount, from: &Path, because: String) -> Failure {
    let (from, directory) = (from.display(), bind.directory.display());
    Failure {
        code: Code::MountFailed,
        what: format!("{from} could not be bound to {directory}"),
        asked: format!("mount --bind {from} {directory}"),
        because,
        remedy: "mount it as a client of its own: -o new_client".into(),
    }
}

fn unfit(from: &Path, errno: Errno) -> Failure {
    let (because, remedy) = match errno {
        Errno::ENOTDIR => (
            "it is not a directory; a Lustre client may crash when it mounts a file",
            "name a directory",
        ),
        Errno::ELOOP => ("a symbolic link leads away from it", "name the directory itself"),
        _ => (
            "No such file or directory",
            "mount the whole file system once and make the directory: mkdir -p",
        ),
    };
    Failure {
        code: Code::SubdirUnfit,
        what: "the sub-directory cannot be mounted".into(),
        asked: format!("mount {}", from.display()),
        because: because.into(),
        remedy: remedy.into(),
    }
}

fn no_answer(path: &Path, error: &ProgramError) -> Failure {
    if error.code() == Code::Interrupted {
        return error.failure();
    }
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
    fn a_directory_is_opened_without_following_a_link() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path();
        std::fs::create_dir(path.join("real")).expect("directory");
        std::fs::write(path.join("file"), "").expect("file");
        std::os::unix::fs::symlink("/etc", path.join("link")).expect("link");
        let errno = |name: &str| open_directory(&path.join(name)).err()?.raw_os_error();
        assert_eq!(errno("real"), None);
        assert_eq!(errno("link"), Some(Errno::ELOOP as i32));
        assert_eq!(errno("link/ssh"), Some(Errno::ELOOP as i32));
        assert_eq!(errno("file"), Some(Errno::ENOTDIR as i32));
        assert_eq!(errno("none"), Some(Errno::ENOENT as i32));
        let id = mount_id_of(&open_directory(path).expect("open")).expect("a number");
        assert!(id > 0);
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
        let whole = Way::Bind { from: "/fsx".into(), mount_id: 193 };
        assert_eq!(way("10.0.0.5@tcp:/abcdefgh", "nosuid"), whole);
        assert_eq!(
            way("10.0.0.5@tcp:/abcdefgh/a/b", ""),
            Way::Bind { from: "/fsx/a/b".into(), mount_id: 193 }
        );
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
