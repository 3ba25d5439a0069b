//! The system calls on the backing directory.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use fuser::FileType;
use nix::dir::{Dir, Type};
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, open, openat};
use nix::sys::stat::{
    FchmodatFlags, Mode, SFlag, UtimensatFlags, fchmodat, fstat, fstatat, mkdirat, mknodat,
    utimensat,
};
use nix::sys::time::TimeSpec;
use nix::sys::uio::{pread, pwrite};
use nix::unistd::{Gid, Uid, fchownat, ftruncate};

use super::handles::Entry;

/// Who asks, and so who owns what is created.
#[derive(Debug, Clone, Copy)]
pub struct Owner {
    pub uid: u32,
    pub gid: u32,
}

/// The path by which a handle's file can be opened again.
pub fn path_of(handle: &OwnedFd) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", handle.as_raw_fd()))
}

/// Opens a known file. What only makes sense for names, and direct I/O, which a tmpfs refuses, is left out.
pub fn open_again(handle: &OwnedFd, flags: i32) -> nix::Result<File> {
    Ok(File::from(open(&path_of(handle), for_backing(flags) & !OFlag::O_CREAT, Mode::empty())?))
}

fn for_backing(flags: i32) -> OFlag {
    let without = OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_DIRECT;
    (OFlag::from_bits_truncate(flags) & !without) | OFlag::O_CLOEXEC
}

/// Creates and opens a file.
pub fn create(
    parent: &OwnedFd,
    name: &OsStr,
    flags: i32,
    mode: u32,
    owner: Owner,
) -> nix::Result<File> {
    let exclusively = for_backing(flags) | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW;
    match openat(parent, name, exclusively, Mode::from_bits_truncate(mode)) {
        Ok(file) => {
            hand_over(parent, name, owner)?;
            Ok(File::from(file))
        }
        // Another mount was faster.
        Err(Errno::EEXIST) if flags & OFlag::O_EXCL.bits() == 0 => {
            Ok(File::from(openat(parent, name, for_backing(flags), Mode::empty())?))
        }
        Err(errno) => Err(errno),
    }
}

pub fn make_directory(parent: &OwnedFd, name: &OsStr, mode: u32, owner: Owner) -> nix::Result<()> {
    mkdirat(parent, name, Mode::from_bits_truncate(mode))?;
    hand_over(parent, name, owner)
}

/// A regular file or a FIFO, socket or device.
pub fn make_node(
    parent: &OwnedFd,
    name: &OsStr,
    mode: u32,
    device: u32,
    owner: Owner,
) -> nix::Result<()> {
    mknodat(
        parent,
        name,
        SFlag::from_bits_truncate(mode) & SFlag::S_IFMT,
        Mode::from_bits_truncate(mode),
        u64::from(device),
    )?;
    hand_over(parent, name, owner)
}

pub fn make_symlink(
    parent: &OwnedFd,
    name: &OsStr,
    target: &std::path::Path,
    owner: Owner,
) -> nix::Result<()> {
    nix::unistd::symlinkat(target, parent, name)?;
    hand_over(parent, name, owner)
}

/// Makes something new the caller's; its group is the directory's where the directory says so.
fn hand_over(parent: &OwnedFd, name: &OsStr, owner: Owner) -> nix::Result<()> {
    let inherits = fstat(parent)?.st_mode & Mode::S_ISGID.bits() != 0;
    let group = (!inherits).then(|| Gid::from_raw(owner.gid));
    fchownat(parent, name, Some(Uid::from_raw(owner.uid)), group, AtFlags::AT_SYMLINK_NOFOLLOW)
}

pub fn set_mode(handle: &OwnedFd, mode: u32) -> nix::Result<()> {
    fchmodat(
        AT_FDCWD,
        &path_of(handle),
        Mode::from_bits_truncate(mode),
        FchmodatFlags::FollowSymlink,
    )
}

pub fn set_owner(handle: &OwnedFd, uid: Option<u32>, gid: Option<u32>) -> nix::Result<()> {
    fchownat(handle, "", uid.map(Uid::from_raw), gid.map(Gid::from_raw), AtFlags::AT_EMPTY_PATH)
}

pub fn set_size(handle: &OwnedFd, bytes: u64) -> nix::Result<()> {
    let file = open_again(handle, OFlag::O_WRONLY.bits())?;
    ftruncate(&file, i64::try_from(bytes).map_err(|_| Errno::EFBIG)?)
}

pub fn set_times(handle: &OwnedFd, accessed: &TimeSpec, modified: &TimeSpec) -> nix::Result<()> {
    utimensat(AT_FDCWD, &path_of(handle), accessed, modified, UtimensatFlags::FollowSymlink)
}

/// The inode and number of links of a name; `None` when there is nothing.
pub fn links(parent: &OwnedFd, name: &OsStr) -> Option<(u64, u64)> {
    let stat = fstatat(parent, name, AtFlags::AT_SYMLINK_NOFOLLOW).ok()?;
    let is_directory = stat.st_mode & SFlag::S_IFMT.bits() == SFlag::S_IFDIR.bits();
    Some((stat.st_ino, if is_directory { 1 } else { stat.st_nlink }))
}

/// As many bytes as there are, at most `size`.
pub fn read(file: &File, offset: u64, size: usize) -> nix::Result<Vec<u8>> {
    let mut data = vec![0; size];
    let mut filled = 0;
    while filled < size {
        match pread(file, &mut data[filled..], position(offset, filled)?)? {
            0 => break,
            count => filled += count,
        }
    }
    data.truncate(filled);
    Ok(data)
}

pub fn write(file: &File, offset: u64, data: &[u8]) -> nix::Result<()> {
    let mut written = 0;
    while written < data.len() {
        written += pwrite(file, &data[written..], position(offset, written)?)?;
    }
    Ok(())
}

fn position(offset: u64, done: usize) -> nix::Result<i64> {
    i64::try_from(offset + done as u64).map_err(|_| Errno::EFBIG)
}

/// What is in a directory, `.` and `..` included.
pub fn entries(handle: &OwnedFd) -> nix::Result<Vec<Entry>> {
    let mut directory = Dir::open(
        &path_of(handle),
        OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC,
        Mode::empty(),
    )?;
    directory
        .iter()
        .map(|entry| {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes()).to_owned();
            Ok(Entry { inode: entry.ino(), kind: kind(entry.file_type()), name })
        })
        .collect()
}

fn kind(kind: Option<Type>) -> FileType {
    match kind {
        Some(Type::Directory) => FileType::Directory,
        Some(Type::Symlink) => FileType::Symlink,
        Some(Type::Fifo) => FileType::NamedPipe,
        Some(Type::Socket) => FileType::Socket,
        Some(Type::CharacterDevice) => FileType::CharDevice,
        Some(Type::BlockDevice) => FileType::BlockDevice,
        Some(Type::File) | None => FileType::RegularFile,
    }
}

/// Where a symbolic link points.
pub fn target_of(handle: &OwnedFd) -> io::Result<std::ffi::OsString> {
    Ok(nix::fcntl::readlinkat(handle, "")?)
}
