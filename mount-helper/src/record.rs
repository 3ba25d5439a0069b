//! What we mounted and for whom: one small file a mount, in `/run/fsxlustre/mounts`.
//!
//! A record is written before the mount is attempted, without a mount id, and again after it with
//! one. So a call that is killed in between leaves a record by which the next one knows whose the
//! mount is. A record of an earlier boot, or of a mount id that is gone, means nothing.

use crate::host::{Host, Mount, StateError, read_state, remove_state, write_state};
use crate::source::{Device, encode};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The layout of the record; another number is another layout.
const FORMAT: u32 = 1;

/// Who asked for a mount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Maker {
    /// mount(8): a line of fstab, systemd or a person.
    MountCommand,
    /// The start of a job, by its key.
    Job(String),
}

/// One mount of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountRecord {
    format: u32,
    /// The source as it was given.
    pub source: String,
    /// The file system's id, where a source was resolved.
    pub file_system_id: Option<String>,
    /// The device that mount.lustre got.
    pub device: String,
    /// Where it is mounted.
    pub directory: PathBuf,
    /// The options that mount.lustre got.
    pub options: Vec<String>,
    /// The kernel's number of the mount; `None` while the attempt is going on.
    pub mount_id: Option<i32>,
    /// The boot it belongs to.
    pub boot_id: Option<String>,
    /// When it was written, seconds since 1970 UTC.
    pub written_unix_seconds: u64,
    /// Who asked for it.
    pub made_by: Maker,
}

impl MountRecord {
    /// A record of an attempt that is about to be made.
    pub fn intent(
        host: &Host,
        source: String,
        device: &Device,
        directory: &Path,
        made_by: Maker,
    ) -> Self {
        Self {
            format: FORMAT,
            source,
            file_system_id: None,
            device: device.to_string(),
            directory: directory.to_owned(),
            options: Vec::new(),
            mount_id: None,
            boot_id: host.boot_id(),
            written_unix_seconds: crate::host::unix_seconds(),
            made_by,
        }
    }

    /// Where the record of a directory is. `/` is written `-`, other unusual bytes as `%XX`.
    pub fn path(host: &Host, directory: &Path) -> PathBuf {
        let name: Vec<_> = directory
            .to_string_lossy()
            .split('/')
            .map(|part| encode(part).replace('-', "%2D"))
            .collect();
        host.paths.state.join("mounts").join(format!("{}.json", name.join("-")))
    }

    /// Reads the record of a directory; `None` when there is none that we understand.
    ///
    /// # Errors
    /// [`StateError`] when there is one that cannot be read.
    pub fn read(host: &Host, directory: &Path) -> Result<Option<Self>, StateError> {
        let record: Option<Self> = read_state(&Self::path(host, directory))?;
        Ok(record.filter(|record| record.format == FORMAT))
    }

    /// Writes it.
    ///
    /// # Errors
    /// [`StateError::Io`].
    pub fn write(&self, host: &Host) -> Result<(), StateError> {
        write_state(&Self::path(host, &self.directory), self)
    }

    /// Removes the record of a directory.
    ///
    /// # Errors
    /// [`StateError::Io`].
    pub fn remove(host: &Host, directory: &Path) -> Result<(), StateError> {
        remove_state(&Self::path(host, directory))
    }

    /// Whether this record is of that mount: of this boot, and of its id, or, for an attempt that
    /// was cut short, of its file system.
    pub fn is_of(&self, host: &Host, mount: &Mount) -> bool {
        let is_of_this_boot = self.boot_id.is_some() && self.boot_id == host.boot_id();
        let is_of_this_mount = match self.mount_id {
            Some(id) => id == mount.id,
            None => match (Device::parse(&self.device), Device::parse(&mount.source)) {
                (Some(ours), Some(shown)) => {
                    ours.fsname == shown.fsname && ours.subdir == shown.subdir
                }
                _ => false,
            },
        };
        is_of_this_boot && self.directory == mount.directory && is_of_this_mount
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_directories_share_a_record() {
        let host = Host::default();
        let path = |directory: &str| MountRecord::path(&host, Path::new(directory));
        assert_eq!(path("/mnt/a"), PathBuf::from("/run/fsxlustre/mounts/-mnt-a.json"));
        assert_ne!(path("/mnt-a"), path("/mnt/a"));
        assert_ne!(path("/mnt/%2Da"), path("/mnt/-a"));
    }
}
