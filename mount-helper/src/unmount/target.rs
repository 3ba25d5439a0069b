//! What is to be unmounted: one mount, and the client (the superblock) behind it.

use crate::host::{Mount, MountTable};
use crate::source::Device;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A mount and its client, as mountinfo showed them before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The kernel's number of the mount.
    pub mount_id: i32,
    /// Where it is mounted.
    pub directory: PathBuf,
    /// `MAJOR:MINOR`.
    pub device: String,
    /// The source.
    pub source: String,
    /// The type.
    pub fs_type: String,
    /// The peer group of the mount that it is mounted in: an unmount here is one there as well.
    pub parent_group: Option<u32>,
}

impl Target {
    /// The target that a mount is.
    pub fn new(mount: &Mount, table: &MountTable) -> Self {
        let parent = table.mounts.iter().find(|one| one.id == mount.parent);
        Self {
            mount_id: mount.id,
            directory: mount.directory.clone(),
            device: mount.device.clone(),
            source: mount.source.clone(),
            fs_type: mount.fs_type.clone(),
            parent_group: parent.and_then(|one| one.peer_group),
        }
    }

    /// Whether a mount is of the same client.
    ///
    /// Device number and source: all mounts of one Lustre name share the number, and those of two
    /// clients of one file system the source too. Such two are taken for one, which errs towards
    /// calling a client used.
    pub fn is_of_client(&self, mount: &Mount) -> bool {
        mount.device == self.device && mount.source == self.source && mount.fs_type == self.fs_type
    }

    /// Whether this very mount is in the table.
    pub fn is_in(&self, table: &MountTable) -> bool {
        table.mounts.iter().any(|one| one.id == self.mount_id && self.is_of_client(one))
    }

    /// Where else in the table its client is mounted.
    pub fn other_mounts(&self, table: &MountTable) -> Vec<PathBuf> {
        let is_other = |one: &&Mount| one.id != self.mount_id && self.is_of_client(one);
        table.mounts.iter().filter(is_other).map(|one| one.directory.clone()).collect()
    }

    /// Whether a mount of another namespace goes away with this one: the mount below it belongs to
    /// the peer group of ours, or follows it.
    pub fn is_followed_by(&self, mount: &Mount, table: &MountTable) -> bool {
        let parent = table.mounts.iter().find(|one| one.id == mount.parent);
        self.parent_group.is_some()
            && parent
                .is_some_and(|one| [one.peer_group, one.master_group].contains(&self.parent_group))
    }

    /// Lustre's name of the file system, where the source has one.
    pub fn fsname(&self) -> Option<String> {
        Device::parse(&self.source).map(|device| device.fsname)
    }
}
