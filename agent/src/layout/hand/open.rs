//! Opens a place below a mount so that nobody can lead us elsewhere.
//!
//! Every name is opened below the one before it, without following a link, as a place only (`O_PATH`):
//! a FIFO makes nobody wait, and a device is not touched. Each must be on the mount that was meant.

use super::orders::{Kind, Lov, Made, Opened, Spot, Trouble};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, getxattr, mkdirat, openat, statat};
use rustix::io::Errno;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};

/// A directory that is made on the way to another one.
const ON_THE_WAY: Mode = Mode::from_raw_mode(0o755);
/// The one that is asked for, until its owner is known.
const AT_FIRST: Mode = Mode::from_raw_mode(0o700);
/// The longest extended attribute that Linux has.
const LONGEST_ATTRIBUTE: usize = 64 * 1024;

/// An open place.
#[derive(Debug)]
pub(crate) struct Place {
    /// The directory or the file itself.
    pub(crate) itself: OwnedFd,
    /// Its path, for messages.
    pub(crate) path: PathBuf,
    /// A file's directory and name.
    pub(crate) within: Option<(OwnedFd, String)>,
}

/// The path by which this process reaches what is open, whatever happens to its names.
pub(crate) fn reach(fd: &OwnedFd) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", fd.as_raw_fd()))
}

/// Opens it, and reads its layout.
pub(super) fn open(spot: &Spot) -> Result<(Place, Opened), Trouble> {
    let (place, stat, kind, made) = open_place(spot)?;
    let lov = attribute(&reach(&place.itself))
        .map_err(|errno| call("read lustre.lov of", &place.path, errno))?;
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    Ok((place, Opened { kind, size, made, lov }))
}

/// Opens it; what it is, and whether it was made.
pub(crate) fn open_place(spot: &Spot) -> Result<(Place, Stat, Kind, Made), Trouble> {
    let mut path = spot.mount.clone();
    let mut at = open_at(rustix::fs::CWD, &path, &path)?;
    is_on(&at, spot.mount_id, &path)?;
    let (mut made, mut above) = (Made::WasThere, None);
    for (index, name) in spot.below.iter().enumerate() {
        is_directory(&at, &path)?;
        path.push(name);
        let is_last = index + 1 == spot.below.len();
        if spot.make && make(&at, name, is_last, &path)? && is_last {
            made = Made::Made;
        }
        let next = open_at(&at, Path::new(name), &path)?;
        is_on(&next, spot.mount_id, &path)?;
        above = Some((std::mem::replace(&mut at, next), name.clone()));
    }
    let stat = look(&at, &path)?;
    let kind = kind(&stat, &path)?;
    let within = above.filter(|_| kind == Kind::File);
    Ok((Place { itself: at, path, within }, stat, kind, made))
}

/// The attribute `lustre.lov` of what a path leads to.
pub(super) fn attribute(path: &Path) -> Result<Lov, Errno> {
    let mut bytes = vec![0; LONGEST_ATTRIBUTE];
    match getxattr(path, c"lustre.lov", &mut bytes) {
        Ok(length) => {
            bytes.truncate(length);
            Ok(Lov::Bytes(bytes))
        }
        Err(Errno::NODATA) => Ok(Lov::None),
        // Without the permission to read the directory, lfs may still know.
        Err(Errno::NOTSUP | Errno::ACCESS | Errno::PERM | Errno::INVAL) => Ok(Lov::NotGiven),
        Err(errno) => Err(errno),
    }
}

pub(crate) fn call(what: &str, path: &Path, errno: Errno) -> Trouble {
    Trouble::Call(what.to_owned(), path.to_owned(), errno.raw_os_error())
}

fn open_at(at: impl std::os::fd::AsFd, name: &Path, path: &Path) -> Result<OwnedFd, Trouble> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(at, name, flags, Mode::empty()).map_err(|errno| call("open", path, errno))
}

/// Makes a directory that is missing; false when it is there.
fn make(at: &OwnedFd, name: &str, is_last: bool, path: &Path) -> Result<bool, Trouble> {
    match statat(at, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) => return Ok(false),
        Err(Errno::NOENT) => {}
        Err(errno) => return Err(call("look at", path, errno)),
    }
    let mode = if is_last { AT_FIRST } else { ON_THE_WAY };
    match mkdirat(at, name, mode) {
        Ok(()) => Ok(true),
        // Another node was faster.
        Err(Errno::EXIST) => Ok(false),
        Err(errno) => Err(call("make", path, errno)),
    }
}

/// Names may lead to another mount; the kernel tells the one that a descriptor is of.
fn is_on(fd: &OwnedFd, mount_id: i32, path: &Path) -> Result<(), Trouble> {
    match mount_of(fd)? {
        Some(shown) if shown == mount_id => Ok(()),
        _ => Err(Trouble::OtherMount(path.to_owned())),
    }
}

/// The kernel's number of the mount that a descriptor is of, as every kernel tells it.
pub(crate) fn mount_of(fd: &OwnedFd) -> Result<Option<i32>, Trouble> {
    let file = format!("/proc/self/fdinfo/{}", fd.as_raw_fd());
    let text = std::fs::read_to_string(&file).map_err(|error| {
        Trouble::Call("read".into(), file.into(), error.raw_os_error().unwrap_or_default())
    })?;
    let shown = text.lines().find_map(|line| line.strip_prefix("mnt_id:"));
    Ok(shown.and_then(|number| number.trim().parse::<i32>().ok()))
}

fn look(fd: &OwnedFd, path: &Path) -> Result<Stat, Trouble> {
    statat(fd, "", AtFlags::EMPTY_PATH).map_err(|errno| call("look at", path, errno))
}

fn is_directory(fd: &OwnedFd, path: &Path) -> Result<(), Trouble> {
    match kind(&look(fd, path)?, path)? {
        Kind::Directory => Ok(()),
        Kind::File => Err(Trouble::Is(path.to_owned(), "a file".into())),
    }
}

fn kind(stat: &Stat, path: &Path) -> Result<Kind, Trouble> {
    let is = |word: &str| Err(Trouble::Is(path.to_owned(), word.to_owned()));
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => Ok(Kind::Directory),
        FileType::RegularFile => Ok(Kind::File),
        FileType::Symlink => Err(Trouble::Link(path.to_owned())),
        FileType::Fifo => is("a FIFO"),
        FileType::Socket => is("a socket"),
        FileType::CharacterDevice | FileType::BlockDevice => is("a device"),
        FileType::Unknown => is("of an unknown kind"),
    }
}
