//! The inodes that the kernel knows, each with a handle that outlives renames and unlinks; of more files than a process
//! may have open, the oldest are known by their names until they are asked for.

use std::collections::{HashMap, VecDeque};
use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fuser::INodeNo;
use nix::errno::Errno;
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat};

/// The most files with a handle; a process may have 20,000 things open here.
const MOST_OPEN: usize = 10_000;

/// Inode numbers are those of the backing files, so they are the same in every mount; only the root's is 1 as well.
#[derive(Debug)]
pub struct Inodes {
    root: Arc<OwnedFd>,
    root_inode: u64,
    known: Mutex<HashMap<u64, Known>>,
    /// Files that have a handle, the oldest first.
    open: Mutex<VecDeque<u64>>,
}

#[derive(Debug)]
struct Known {
    handle: Option<Arc<OwnedFd>>,
    /// Where it was found last.
    parent: INodeNo,
    name: OsString,
    /// How often the kernel was told about it.
    lookups: u64,
}

impl Inodes {
    pub fn new(root: OwnedFd, root_inode: u64) -> Self {
        Self { root: Arc::new(root), root_inode, known: Mutex::default(), open: Mutex::default() }
    }

    /// The handle of a known inode.
    pub fn get(&self, inode: INodeNo) -> nix::Result<Arc<OwnedFd>> {
        if inode == INodeNo::ROOT {
            return Ok(Arc::clone(&self.root));
        }
        let (parent, name) = match self.known().get(&inode.0) {
            None => return Err(Errno::ESTALE),
            Some(Known { handle: Some(handle), .. }) => return Ok(Arc::clone(handle)),
            Some(Known { parent, name, .. }) => (*parent, name.clone()),
        };
        let (handle, stat) = self.open(parent, &name)?;
        if stat.st_ino != inode.0 {
            return Err(Errno::ESTALE);
        }
        self.keep(&handle, &stat);
        Ok(handle)
    }

    /// The inode number of the backing file.
    pub fn number(&self, inode: INodeNo) -> u64 {
        if inode == INodeNo::ROOT { self.root_inode } else { inode.0 }
    }

    /// Opens a name in a directory and remembers it for the kernel.
    pub fn find(&self, parent: INodeNo, name: &OsStr) -> nix::Result<FileStat> {
        let (handle, stat) = self.open(parent, name)?;
        {
            let mut known = self.known();
            let entry = known.entry(stat.st_ino).or_insert_with(|| Known {
                handle: None,
                parent,
                name: name.to_owned(),
                lookups: 0,
            });
            entry.lookups += 1;
            (entry.parent, entry.name) = (parent, name.to_owned());
        }
        self.keep(&handle, &stat);
        Ok(stat)
    }

    fn open(&self, parent: INodeNo, name: &OsStr) -> nix::Result<(Arc<OwnedFd>, FileStat)> {
        let parent = self.get(parent)?;
        let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let handle = openat(&*parent, name, flags, Mode::empty())?;
        let stat = fstat(&handle)?;
        Ok((Arc::new(handle), stat))
    }

    /// Keeps a handle where there is none, in the place of the oldest file's where there are many.
    fn keep(&self, handle: &Arc<OwnedFd>, stat: &FileStat) {
        let mut known = self.known();
        let Some(entry) = known.get_mut(&stat.st_ino) else { return };
        if entry.handle.is_some() {
            return;
        }
        entry.handle = Some(Arc::clone(handle));
        if SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT != SFlag::S_IFREG {
            return;
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.push_back(stat.st_ino);
        if open.len() > MOST_OPEN
            && let Some(oldest) = open.pop_front()
            && let Some(entry) = known.get_mut(&oldest)
        {
            entry.handle = None;
        }
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
