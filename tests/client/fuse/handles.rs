//! Open files and directories.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fuser::FileType;
use nix::errno::Errno;

use crate::layout::FileLayout;

/// Something open.
#[derive(Debug)]
pub enum Handle {
    File {
        file: File,
        layout: FileLayout,
    },
    /// The entries as they were when the directory was opened.
    Directory(Vec<Entry>),
}

/// One entry of a directory.
#[derive(Debug)]
pub struct Entry {
    pub inode: u64,
    pub kind: FileType,
    pub name: OsString,
}

/// What is open, by number.
#[derive(Debug, Default)]
pub struct Handles {
    next: AtomicU64,
    open: Mutex<HashMap<u64, Arc<Handle>>>,
}

impl Handles {
    pub fn add(&self, handle: Handle) -> u64 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.open().insert(number, Arc::new(handle));
        number
    }

    pub fn get(&self, number: u64) -> nix::Result<Arc<Handle>> {
        self.open().get(&number).cloned().ok_or(Errno::EBADF)
    }

    pub fn close(&self, number: u64) {
        self.open().remove(&number);
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, Arc<Handle>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
