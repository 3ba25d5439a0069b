//! The kernel's requests, one function each: what to do, what to count, what to answer.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::SystemTime;

use fuser::{
    BsdFileFlags, FileHandle, Filesystem, FopenFlags, Generation, INodeNo, IoctlFlags, LockOwner,
    OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory, ReplyEmpty,
    ReplyEntry, ReplyIoctl, ReplyOpen, ReplyStatfs, ReplyWrite, ReplyXattr, Request, TimeOrNow,
    WriteFlags,
};
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, renameat2};
use nix::sys::stat::fstat;
use nix::unistd::{UnlinkatFlags, linkat, unlinkat};

use super::backing::{self, Owner};
use super::handles::Handle;
use super::operations::Changes;
use super::{LustreFs, attributes, errno};
use crate::tree::activity::Operation;

const GENERATION: Generation = Generation(0);

/// Sends `$result` as an answer: `$value` of it, or the error.
macro_rules! answer {
    ($reply:ident, $result:expr, $value:pat => $send:expr) => {
        match $result {
            Ok($value) => $send,
            Err(errno) => $reply.error(fuser::Errno::from_i32(errno as i32)),
        }
    };
}

fn owner(request: &Request) -> Owner {
    Owner { uid: request.uid(), gid: request.gid() }
}

impl Filesystem for LustreFs {
    fn lookup(&self, request: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        self.gate.admit(request);
        let found = self.counted(Operation::Lookup, || self.inodes.find(parent, name));
        answer!(reply, found, stat => reply.entry(&self.believed, &attributes::of(&stat), GENERATION));
    }

    fn forget(&self, _: &Request, inode: INodeNo, lookups: u64) {
        self.inodes.forget(inode, lookups);
    }

    fn getattr(&self, request: &Request, inode: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        self.gate.admit(request);
        let stat = self.counted(Operation::Getattr, || fstat(&*self.inodes.get(inode)?));
        answer!(reply, stat, stat => reply.attr(&self.believed, &attributes::of(&stat)));
    }

    fn setattr(
        &self,
        request: &Request,
        inode: INodeNo,
        mode: Option<u32>,
        uid: Option<u32>,
        gid: Option<u32>,
        size: Option<u64>,
        accessed: Option<TimeOrNow>,
        modified: Option<TimeOrNow>,
        _: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        self.gate.admit(request);
        let changes = Changes { mode, owner: (uid, gid), size, times: (accessed, modified) };
        answer!(reply, self.change(inode, changes), stat => reply.attr(&self.believed, &attributes::of(&stat)));
    }

    fn readlink(&self, request: &Request, inode: INodeNo, reply: ReplyData) {
        self.gate.admit(request);
        let target = self.counted(Operation::Lookup, || {
            backing::target_of(&*self.inodes.get(inode)?).map_err(|error| errno(&error))
        });
        answer!(reply, target, target => reply.data(target.as_bytes()));
    }

    fn mknod(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        device: u32,
        reply: ReplyEntry,
    ) {
        self.gate.admit(request);
        let make = || {
            backing::make_node(
                &*self.inodes.get(parent)?,
                name,
                mode & !umask,
                device,
                owner(request),
            )
        };
        answer!(reply, self.enter(Operation::Create, parent, name, make), stat => reply.entry(&self.believed, &attributes::of(&stat), GENERATION));
    }

    fn mkdir(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        reply: ReplyEntry,
    ) {
        self.gate.admit(request);
        let make = || {
            backing::make_directory(&*self.inodes.get(parent)?, name, mode & !umask, owner(request))
        };
        answer!(reply, self.enter(Operation::Mkdir, parent, name, make), stat => reply.entry(&self.believed, &attributes::of(&stat), GENERATION));
    }

    fn symlink(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        target: &Path,
        reply: ReplyEntry,
    ) {
        self.gate.admit(request);
        let make =
            || backing::make_symlink(&*self.inodes.get(parent)?, name, target, owner(request));
        answer!(reply, self.enter(Operation::Symlink, parent, name, make), stat => reply.entry(&self.believed, &attributes::of(&stat), GENERATION));
    }

    fn link(
        &self,
        request: &Request,
        inode: INodeNo,
        parent: INodeNo,
        name: &OsStr,
        reply: ReplyEntry,
    ) {
        self.gate.admit(request);
        let make = || {
            let path = backing::path_of(&*self.inodes.get(inode)?);
            linkat(AT_FDCWD, &path, &*self.inodes.get(parent)?, name, AtFlags::AT_SYMLINK_FOLLOW)
        };
        answer!(reply, self.enter(Operation::Link, parent, name, make), stat => reply.entry(&self.believed, &attributes::of(&stat), GENERATION));
    }

    fn unlink(&self, request: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        self.gate.admit(request);
        let remove = || unlinkat(&*self.inodes.get(parent)?, name, UnlinkatFlags::NoRemoveDir);
        answer!(reply, self.leave(Operation::Unlink, parent, name, remove), () => reply.ok());
    }

    fn rmdir(&self, request: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        self.gate.admit(request);
        let remove = || unlinkat(&*self.inodes.get(parent)?, name, UnlinkatFlags::RemoveDir);
        answer!(reply, self.leave(Operation::Rmdir, parent, name, remove), () => reply.ok());
    }

    fn rename(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        to: INodeNo,
        to_name: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        self.gate.admit(request);
        let flags = nix::fcntl::RenameFlags::from_bits_truncate(flags.bits());
        let exchanges = flags.contains(nix::fcntl::RenameFlags::RENAME_EXCHANGE);
        let rename =
            || renameat2(&*self.inodes.get(parent)?, name, &*self.inodes.get(to)?, to_name, flags);
        // What a rename replaces is removed; after an exchange nothing is.
        let result = if exchanges {
            self.counted(Operation::Rename, rename)
        } else {
            self.leave(Operation::Rename, to, to_name, rename)
        };
        answer!(reply, result, () => reply.ok());
    }

    fn create(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        flags: i32,
        reply: ReplyCreate,
    ) {
        self.gate.admit(request);
        let mut created = None;
        let make = || {
            created = Some(backing::create(
                &*self.inodes.get(parent)?,
                name,
                flags,
                mode & !umask,
                owner(request),
            )?);
            Ok(())
        };
        let stat = self.enter(Operation::Create, parent, name, make);
        let opened = stat.and_then(|stat| {
            let file = created.take().ok_or(Errno::EIO)?;
            let handle = self.counted(Operation::Open, || self.add_file(file, stat.st_ino))?;
            Ok((stat, handle))
        });
        answer!(reply, opened, (stat, handle) =>
            reply.created(&self.believed, &attributes::of(&stat), GENERATION, FileHandle(handle), FopenFlags::FOPEN_DIRECT_IO));
    }

    fn open(&self, request: &Request, inode: INodeNo, flags: OpenFlags, reply: ReplyOpen) {
        self.gate.admit(request);
        answer!(reply, self.open_file(inode, flags), handle => reply.opened(FileHandle(handle), self.how_opened(flags)));
    }

    fn read(
        &self,
        request: &Request,
        _: INodeNo,
        handle: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        self.gate.admit(request);
        answer!(reply, LustreFs::read(self, request.pid(), handle.0, offset, size), data => reply.data(&data));
    }

    fn write(
        &self,
        request: &Request,
        _: INodeNo,
        handle: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        self.gate.admit(request);
        answer!(reply, LustreFs::write(self, request.pid(), handle.0, offset, data), count => reply.written(count));
    }

    fn flush(&self, request: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        self.gate.admit(request);
        answer!(reply, self.publish(), () => reply.ok());
    }

    fn release(
        &self,
        request: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: OpenFlags,
        _: Option<LockOwner>,
        _: bool,
        reply: ReplyEmpty,
    ) {
        self.gate.admit(request);
        let closed = self.counted(Operation::Close, || {
            self.handles.close(handle.0);
            Ok(())
        });
        answer!(reply, closed, () => reply.ok());
    }

    fn fsync(&self, request: &Request, _: INodeNo, handle: FileHandle, _: bool, reply: ReplyEmpty) {
        self.gate.admit(request);
        answer!(reply, self.sync(handle), () => reply.ok());
    }

    fn fsyncdir(
        &self,
        request: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: bool,
        reply: ReplyEmpty,
    ) {
        self.gate.admit(request);
        answer!(reply, self.sync(handle), () => reply.ok());
    }

    fn opendir(&self, request: &Request, inode: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        self.gate.admit(request);
        let opened = self.counted(Operation::Open, || {
            let entries = backing::entries(&*self.inodes.get(inode)?)?;
            Ok(self.handles.add(Handle::Directory(entries)))
        });
        answer!(reply, opened, handle => reply.opened(FileHandle(handle), FopenFlags::empty()));
    }

    fn readdir(
        &self,
        request: &Request,
        _: INodeNo,
        handle: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        self.gate.admit(request);
        let open = self.counted(Operation::Readdir, || self.handles.get(handle.0));
        answer!(reply, open, handle => {
            if let Handle::Directory(entries) = &*handle {
                for (place, entry) in (1..).zip(entries).skip(usize::try_from(offset).unwrap_or(usize::MAX)) {
                    if reply.add(INodeNo(entry.inode), place, entry.kind, &entry.name) {
                        break;
                    }
                }
            }
            reply.ok();
        });
    }

    fn releasedir(
        &self,
        request: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: OpenFlags,
        reply: ReplyEmpty,
    ) {
        self.gate.admit(request);
        let closed = self.counted(Operation::Close, || {
            self.handles.close(handle.0);
            Ok(())
        });
        answer!(reply, closed, () => reply.ok());
    }

    fn getxattr(
        &self,
        request: &Request,
        inode: INodeNo,
        name: &OsStr,
        size: u32,
        reply: ReplyXattr,
    ) {
        self.gate.admit(request);
        let length = |value: &[u8]| u32::try_from(value.len()).unwrap_or(u32::MAX);
        match self.attribute(inode, name) {
            Ok(value) if size == 0 => reply.size(length(&value)),
            Ok(value) if length(&value) > size => reply.error(fuser::Errno::ERANGE),
            Ok(value) => reply.data(&value),
            Err(errno) => reply.error(fuser::Errno::from_i32(errno as i32)),
        }
    }

    fn ioctl(
        &self,
        request: &Request,
        inode: INodeNo,
        _: FileHandle,
        _: IoctlFlags,
        number: u32,
        _: &[u8],
        _: u32,
        reply: ReplyIoctl,
    ) {
        self.gate.admit(request);
        answer!(reply, self.archive_call(inode, number), bytes => reply.ioctl(0, &bytes));
    }

    fn statfs(&self, request: &Request, _: INodeNo, reply: ReplyStatfs) {
        self.gate.admit(request);
        let capacity = self.counted(Operation::Statfs, || {
            self.publisher.capacity().map_err(|error| errno(&error))
        });
        // Blocks of 4 KiB, as stat -f shows (`10_mounted/stat_f`).
        answer!(reply, capacity, all =>
            reply.statfs(all.kbytes_total / 4, all.kbytes_free / 4, all.kbytes_available / 4, all.files_total, all.files_free, 4096, 255, 4096));
    }
}
