//! What the requests that change something, open or sync have in common: layouts handed on, counters, handles.

use std::ffi::OsStr;
use std::fs::File;

use fuser::{FileHandle, FopenFlags, INodeNo, OpenFlags, TimeOrNow};
use nix::errno::Errno;
use nix::sys::stat::{FileStat, SFlag, fstat};

use super::handles::Handle;
use super::{LustreFs, attributes, backing, errno};
use crate::fault::Fault;
use crate::layout::attribute::{of_directory, of_file};
use crate::tree::activity::Operation;

/// Attributes that one request changes.
pub(super) struct Changes {
    pub mode: Option<u32>,
    pub owner: (Option<u32>, Option<u32>),
    pub size: Option<u64>,
    pub times: (Option<TimeOrNow>, Option<TimeOrNow>),
}

impl LustreFs {
    pub(super) fn change(&self, inode: INodeNo, changes: Changes) -> nix::Result<FileStat> {
        let operation =
            if changes.size.is_some() { Operation::Truncate } else { Operation::Setattr };
        self.counted(operation, || {
            let handle = self.inodes.get(inode)?;
            if let Some(bytes) = changes.size {
                backing::set_size(&handle, bytes)?;
                let number = self.inodes.number(inode);
                self.archive.written(number).map_err(|error| errno(&error))?;
            }
            if changes.owner != (None, None) {
                backing::set_owner(&handle, changes.owner.0, changes.owner.1)?;
            }
            // After the owner: a change of owner takes the set-id bits away.
            if let Some(mode) = changes.mode {
                backing::set_mode(&handle, mode)?;
            }
            if changes.times.0.is_some() || changes.times.1.is_some() {
                backing::set_times(
                    &handle,
                    &attributes::to_set(changes.times.0),
                    &attributes::to_set(changes.times.1),
                )?;
            }
            fstat(&*handle)
        })
    }

    /// Makes something new with `make` and tells the kernel about it.
    pub(super) fn enter(
        &self,
        operation: Operation,
        parent: INodeNo,
        name: &OsStr,
        make: impl FnOnce() -> nix::Result<()>,
    ) -> nix::Result<FileStat> {
        self.counted(operation, || {
            make()?;
            let stat = self.inodes.find(parent, name)?;
            let directory = self.inodes.number(parent);
            let inherited = match SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT {
                SFlag::S_IFDIR => self.layouts.inherit_to_directory(directory, stat.st_ino),
                SFlag::S_IFREG if operation == Operation::Create => {
                    self.layouts.inherit_to_file(directory, stat.st_ino)
                }
                _ => Ok(()),
            };
            inherited.map_err(|error| errno(&error))?;
            Ok(stat)
        })
    }

    /// Removes a name with `remove`; with the last link its layout goes.
    pub(super) fn leave(
        &self,
        operation: Operation,
        parent: INodeNo,
        name: &OsStr,
        remove: impl FnOnce() -> nix::Result<()>,
    ) -> nix::Result<()> {
        self.counted(operation, || {
            let links = backing::links(&*self.inodes.get(parent)?, name);
            remove()?;
            match links {
                Some((inode, 1)) => {
                    let cleared = self.layouts.clear(inode);
                    cleared.and_then(|()| self.archive.clear(inode)).map_err(|error| errno(&error))
                }
                _ => Ok(()),
            }
        })
    }

    pub(super) fn open_file(&self, inode: INodeNo, flags: OpenFlags) -> nix::Result<u64> {
        self.counted(Operation::Open, || {
            let file = backing::open_again(&*self.inodes.get(inode)?, flags.0)?;
            self.add_file(file, self.inodes.number(inode))
        })
    }

    /// Where names are kept, the close of a file that was only read asks nobody either.
    pub(super) fn how_opened(&self, flags: OpenFlags) -> FopenFlags {
        let is_only_read = flags.0 & nix::libc::O_ACCMODE == nix::libc::O_RDONLY;
        if is_only_read && !self.believed.is_zero() {
            FopenFlags::FOPEN_DIRECT_IO | FopenFlags::FOPEN_NOFLUSH
        } else {
            FopenFlags::FOPEN_DIRECT_IO
        }
    }

    pub(super) fn add_file(&self, file: File, inode: u64) -> nix::Result<u64> {
        let layout = self.layouts.of_file(inode).map_err(|error| errno(&error))?;
        Ok(self.handles.add(Handle::File { file, layout }))
    }

    /// The extended attribute `lustre.lov` of a file or of a directory with a default; there are no others.
    pub(super) fn attribute(&self, inode: INodeNo, name: &OsStr) -> nix::Result<Vec<u8>> {
        let is_lov = name == "lustre.lov";
        if is_lov && Fault::NoLovAttribute.is_set(&self.root) {
            return Err(Errno::EOPNOTSUPP);
        }
        let (stat, number) = (fstat(&*self.inodes.get(inode)?)?, self.inodes.number(inode));
        let value = match SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT {
            _ if !is_lov => return Err(Errno::ENODATA),
            SFlag::S_IFDIR => self
                .layouts
                .default_of(number)
                .map(|default| default.map(|layout| of_directory(&layout))),
            SFlag::S_IFREG => {
                let bytes = u64::try_from(stat.st_size).unwrap_or(0);
                self.layouts.of_file(number).map(|layout| Some(of_file(&layout, bytes)))
            }
            _ => return Err(Errno::ENODATA),
        };
        value.map_err(|error| errno(&error))?.ok_or(Errno::ENODATA)
    }

    pub(super) fn sync(&self, handle: FileHandle) -> nix::Result<()> {
        self.counted(Operation::Fsync, || match &*self.handles.get(handle.0)? {
            Handle::File { file, .. } => file.sync_data().map_err(|error| errno(&error)),
            Handle::Directory(_) => Ok(()),
        })?;
        self.publish()
    }
}
