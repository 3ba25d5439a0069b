//! The inodes that the kernel knows, each with a handle that outlives renames and unlinks.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fuser::INodeNo;
use nix::errno::Errno;
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::{FileStat, Mode, fstat};

/// Inode numbers are those of the backing files, so they are the same in every mount; only the root's is 1 as well.
#[derive(Debug)]
pub struct Inodes {
    root: Arc<OwnedFd>,
    root_inode: u64,
    known: Mutex<HashMap<u64, Known>>,
}

#[derive(Debug)]
struct Known {
    handle: Arc<OwnedFd>,
    /// How often the kernel was told about it.
    lookups: u64,
}

impl Inodes {
    pub fn new(root: OwnedFd, root_inode: u64) -> Self {
        Self { root: Arc::new(root), root_inode, known: Mutex::default() }
    }

    /// The handle of a known inode.
    pub fn get(&self, inode: INodeNo) -> nix::Result<Arc<OwnedFd>> {
        if inode == INodeNo::ROOT {
            return Ok(Arc::clone(&self.root));
        }
        self.known().get(&inode.0).map(|known| Arc::clone(&known.handle)).ok_or(Errno::ESTALE)
    }

    /// The inode number of the backing file.
    pub fn number(&self, inode: INodeNo) -> u64 {
        if inode == INodeNo::ROOT { self.root_inode } else { inode.0 }
    }

    /// Opens a name in a directory and remembers it for the kernel.
    pub fn find(&self, parent: INodeNo, name: &OsStr) -> nix::Result<FileStat> {
        let parent = self.get(parent)?;
        let handle = openat(
            &*parent,
            name,
            OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC,
            Mode::empty(),
        )?;
        let stat = fstat(&handle)?;
        let mut known = self.known();
        known
            .entry(stat.st_ino)
            .or_insert_with(|| Known { handle: Arc::new(handle), lookups: 0 })
            .lookups += 1;
        Ok(stat)
    }

    /// The kernel has dropped `lookups` of what it was told.
    pub fn forget(&self, inode: INodeNo, lookups: u64) {
        let mut known = self.known();
        if let Some(entry) = known.get_mut(&inode.0) {
            entry.lookups = entry.lookups.saturating_sub(lookups);
            if entry.lookups == 0 {
                known.remove(&inode.0);
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<u64, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
