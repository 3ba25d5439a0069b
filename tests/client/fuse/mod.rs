//! The files of a mount: what the kernel asks for is done on the directory that stands for the servers' disks.
//!
//! Nothing is cached in the kernel (times to live of zero, direct I/O), so that every call reaches the counters and
//! the `io-hang` fault, and several mounts of one file system agree.

mod archive;
pub mod attributes;
mod backing;
mod handles;
pub mod hang;
mod inodes;
mod operations;
mod requests;

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::errno::Errno;

use crate::fault::Fault;
use crate::hsm::store::Archive;
use crate::layout::store::Layouts;
use crate::mount::daemon::Request;
use crate::root::Root;
use crate::tree::activity::{OnOst, Operation};
use crate::tree::publisher::Publisher;
use handles::{Handle, Handles};
use hang::Gate;
use inodes::Inodes;

/// Where names are kept, for so long.
const KEPT: Duration = Duration::from_secs(10);

/// A mounted file system.
#[derive(Debug)]
pub struct LustreFs {
    inodes: Inodes,
    handles: Handles,
    layouts: Layouts,
    archive: Archive,
    publisher: Arc<Publisher>,
    gate: Gate,
    root: Root,
    /// For how long the kernel believes names and attributes: for one call, so that faults are met at once.
    believed: Duration,
}

impl LustreFs {
    pub fn new(root: &Root, request: &Request, publisher: Arc<Publisher>) -> io::Result<Self> {
        let directory = File::open(&request.backing)?;
        let root_inode = directory.metadata()?.ino();
        Ok(Self {
            inodes: Inodes::new(directory.into(), root_inode),
            handles: Handles::default(),
            layouts: Layouts::of(root, &request.filesystem.name)?,
            archive: Archive::of(root, &request.filesystem.name),
            publisher,
            gate: Gate::new(root),
            root: root.clone(),
            believed: if Fault::KeptNames.is_set(root) { KEPT } else { Duration::ZERO },
        })
    }

    /// Does one metadata operation and counts it when it succeeds.
    fn counted<T>(
        &self,
        operation: Operation,
        work: impl FnOnce() -> nix::Result<T>,
    ) -> nix::Result<T> {
        let started = Instant::now();
        let result = work()?;
        self.publisher.count(|activity| activity.metadata(operation, started.elapsed()));
        Ok(result)
    }

    fn read(&self, caller: u32, handle: u64, offset: u64, size: u32) -> nix::Result<Vec<u8>> {
        let started = Instant::now();
        let handle = self.handles.get(handle)?;
        let Handle::File { file, layout } = &*handle else { return Err(Errno::EISDIR) };
        self.bring(file, caller)?;
        let data = backing::read(file, offset, size as usize)?;
        let parts = on_osts(layout.split(offset, data.len() as u64));
        self.publisher
            .count(|activity| activity.read(&parts, data.len() as u64, started.elapsed()));
        Ok(data)
    }

    fn write(&self, caller: u32, handle: u64, offset: u64, data: &[u8]) -> nix::Result<u32> {
        let started = Instant::now();
        let handle = self.handles.get(handle)?;
        let Handle::File { file, layout } = &*handle else { return Err(Errno::EISDIR) };
        self.bring(file, caller)?;
        backing::write(file, offset, data)?;
        self.written(file)?;
        let parts = on_osts(layout.split(offset, data.len() as u64));
        self.publisher
            .count(|activity| activity.write(&parts, data.len() as u64, started.elapsed()));
        u32::try_from(data.len()).map_err(|_| Errno::EINVAL)
    }

    /// Brings the tree up to date before a close or a sync returns.
    fn publish(&self) -> nix::Result<()> {
        self.publisher.publish().map_err(|error| errno(&error))
    }
}

fn on_osts(parts: Vec<(usize, u64)>) -> Vec<OnOst> {
    parts.into_iter().map(|(ost, bytes)| OnOst { ost, bytes }).collect()
}

fn errno(error: &io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or(Errno::EIO as i32))
}
