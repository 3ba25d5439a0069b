//! Looks at a file: opened as nobody waits and nothing is read, then asked.

use super::lfs::{self, named, reason};
use super::orders::{FileRef, LookOrder};
use crate::layout::hand::open::mount_of;
use crate::staging::hsm::fid::Fid;
use crate::staging::hsm::file::{FileName, FileSeen};
use crate::staging::hsm::ioctl;
use crate::staging::hsm::state::{Going, HsmState};
use crate::staging::hsm::text;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Statx, StatxFlags, openat, statx};
use rustix::io::Errno;
use std::os::fd::OwnedFd;
use std::path::Path;

/// As `lfs` opens it, without following a link. A file that is not here is not brought by that.
const FLAGS: OFlags =
    OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// A regular file that is open.
#[derive(Debug)]
pub(super) struct OpenFile {
    pub fd: OwnedFd,
    pub bytes: u64,
    pub links: u32,
    pub inode: u64,
    /// When its data or its attributes were changed last, seconds since 1970 UTC.
    pub changed: Option<u64>,
    /// `None` where only fdinfo tells it.
    mount: Option<u64>,
}

/// What stands where a file was thought to be.
#[derive(Debug)]
pub(super) enum NoFile {
    /// It is gone.
    Gone,
    /// A symbolic link.
    Link,
    /// A FIFO, a socket, a device or a directory.
    Special,
    /// It cannot be opened.
    Failed(Errno),
}

/// Opens a name of a directory.
pub(super) fn open_file(directory: &OwnedFd, name: &Path) -> Result<OpenFile, NoFile> {
    let fd = match openat(directory, name, FLAGS | OFlags::NOATIME, Mode::empty()) {
        // Only the owner and root may leave the time of access alone.
        Err(Errno::PERM) => openat(directory, name, FLAGS, Mode::empty()),
        other => other,
    };
    let fd = fd.map_err(|errno| match errno {
        Errno::NOENT => NoFile::Gone,
        Errno::LOOP => NoFile::Link,
        // What a socket and a device without a driver say.
        Errno::NXIO | Errno::NODEV => NoFile::Special,
        errno => NoFile::Failed(errno),
    })?;
    let wanted = StatxFlags::BASIC_STATS | StatxFlags::MNT_ID;
    let about: Statx = statx(&fd, "", AtFlags::EMPTY_PATH, wanted).map_err(NoFile::Failed)?;
    if FileType::from_raw_mode(about.stx_mode.into()) != FileType::RegularFile {
        return Err(NoFile::Special);
    }
    // Kernels before 5.8 do not tell the mount here.
    let tells_mount = StatxFlags::from_bits_retain(about.stx_mask).contains(StatxFlags::MNT_ID);
    Ok(OpenFile {
        fd,
        bytes: about.stx_size,
        links: about.stx_nlink,
        inode: about.stx_ino,
        changed: u64::try_from(about.stx_mtime.tv_sec.max(about.stx_ctime.tv_sec)).ok(),
        mount: tells_mount.then_some(about.stx_mnt_id),
    })
}

impl OpenFile {
    /// Whether it is on this mount.
    pub(super) fn is_on(&self, mount_id: i32) -> bool {
        let shown = match self.mount {
            Some(number) => i32::try_from(number).ok(),
            None => mount_of(&self.fd).ok().flatten(),
        };
        shown == Some(mount_id)
    }

    /// Its FID, where the client tells it.
    ///
    /// # Errors
    /// The client does not know the call.
    pub(super) fn fid(&self) -> Result<Option<Fid>, Errno> {
        match ioctl::fid(&self.fd) {
            Err(errno @ (Errno::NOTTY | Errno::NOSYS)) => Err(errno),
            other => Ok(other.ok().flatten()),
        }
    }

    /// Its state.
    pub(super) fn state(&self) -> Result<HsmState, Errno> {
        ioctl::state(&self.fd)
    }

    /// What is going on with it.
    pub(super) fn going(&self) -> Going {
        ioctl::action(&self.fd).map_or(Going::NotAsked, Going::told)
    }
}

/// Whether an error says that the client does not know the call, or does not allow it, and not that of a file.
pub(super) fn is_of_the_call(errno: Errno) -> bool {
    matches!(errno, Errno::NOTTY | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM | Errno::INVAL)
}

/// An error in words.
pub(super) fn words(errno: Errno) -> String {
    reason(errno.raw_os_error())
}

/// Looks at files, by `lfs` where the client does not allow the calls. One that is gone has no state.
pub(super) fn look(top: &OwnedFd, order: &LookOrder) -> Vec<FileSeen> {
    order.files.iter().map(|file| look_at(top, file, order.lfs.as_deref())).collect()
}

fn look_at(top: &OwnedFd, file: &FileRef, lfs: Option<&Path>) -> FileSeen {
    let seen = |bytes, state, going| {
        let FileRef { name, fid } = file.clone();
        FileSeen { name, bytes, fid, state, going }
    };
    let open = match open_below(top, &file.name.0) {
        Ok(open) => open,
        Err(NoFile::Failed(errno)) => return seen(0, Err(words(errno)), Going::NotAsked),
        Err(_) => return seen(0, Err("it is gone".into()), Going::NotAsked),
    };
    match (open.state(), lfs) {
        (Ok(state), _) => seen(open.bytes, Ok(state), open.going()),
        (Err(errno), Some(lfs)) if is_of_the_call(errno) => {
            let (state, going) = by_lfs(lfs, top, &file.name);
            seen(open.bytes, state, going)
        }
        (Err(errno), _) => seen(open.bytes, Err(words(errno)), Going::NotAsked),
    }
}

fn by_lfs(lfs: &Path, top: &OwnedFd, name: &FileName) -> (Result<HsmState, String>, Going) {
    let Some(name) = named(&name.0) else {
        return (Err("its name is not UTF-8".into()), Going::NotAsked);
    };
    let names = [name];
    let ran = lfs::run(lfs, "hsm_state", top, &names);
    let state = text::states(&ran.stdout, &names).first().copied();
    let ran_action = lfs::run(lfs, "hsm_action", top, &names);
    let going = text::actions(&ran_action.stdout, &names).first().copied();
    (state.ok_or_else(|| ran.because()), going.unwrap_or(Going::NotAsked))
}

/// Opens a file below a directory, a name at a time.
fn open_below(top: &OwnedFd, path: &Path) -> Result<OpenFile, NoFile> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(NoFile::Gone);
    };
    match open_directory(top, parent) {
        Ok(directory) => open_file(&directory, Path::new(name)),
        Err(Errno::NOENT) => Err(NoFile::Gone),
        Err(errno) => Err(NoFile::Failed(errno)),
    }
}

/// Opens a directory below another one, a name at a time.
pub(super) fn open_directory(top: &OwnedFd, path: &Path) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut at = openat(top, ".", flags, Mode::empty())?;
    for name in path {
        at = openat(&at, name, flags, Mode::empty())?;
    }
    Ok(at)
}
