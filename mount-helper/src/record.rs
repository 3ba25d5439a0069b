//! What we mounted and for whom: one small file a mount, in `/run/fsxlustre/mounts`.
//!
//! A record is written before the mount is attempted, without a mount id, and again after it with
//! one. So a call that is killed in between leaves a record by which the next one knows whose the
//! mount is. A record of an earlier boot, or of a mount id that is gone, means nothing.

use crate::host::{Host, Mount, StateError, read_state, remove_state, write_state};
use crate::source::{Device, encode};
use procfs::process::Process;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The layout of the record; another number is another layout.
const FORMAT: u32 = 1;

/// Who asked for a mount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Maker {
    /// mount(8): a line of fstab, systemd or a person who typed it.
    MountCommand,
    /// A person, by `fsxlustre mount`.
    Person,
    /// SSM Run Command.
    Ssm,
    /// The start of a job, by its key.
    Job(String),
}

/// Where the answer of a look-up came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The source was a Lustre device: nobody was asked.
    #[default]
    Given,
    /// The FSx API.
    Api,
    /// Our cache of ids.
    Cache,
}

/// A process that mounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its process id.
    pub pid: u32,
    /// When it was started, in clock ticks since boot (proc(5), `stat` field 22): ids are used
    /// again.
    start_ticks: u64,
}

impl Attempt {
    /// The process of that id as it is now; `None` when there is none.
    pub fn of(pid: u32) -> Option<Self> {
        let stat = Process::new(i32::try_from(pid).ok()?).and_then(|p| p.stat()).ok()?;
        let is_dead = matches!(stat.state, 'Z' | 'X');
        (!is_dead).then_some(Self { pid, start_ticks: stat.starttime })
    }

    /// Whether it is still there.
    pub fn is_alive(&self) -> bool {
        Self::of(self.pid) == Some(*self)
    }
}

/// One mount of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountRecord {
    format: u32,
    /// The source as it was given.
    pub source: String,
    /// The file system's id, where a source was resolved.
    pub file_system_id: Option<String>,
    /// Where the device came from.
    #[serde(default)]
    pub origin: Origin,
    /// The device that was asked for.
    pub device: String,
    /// Where it is mounted.
    pub directory: PathBuf,
    /// The options that were asked for, ours apart.
    pub options: Vec<String>,
    /// The kernel's number of the mount; `None` while the attempt is going on.
    pub mount_id: Option<i32>,
    /// The boot it belongs to.
    pub boot_id: Option<String>,
    /// When it was written, seconds since 1970 UTC.
    pub written_unix_seconds: u64,
    /// Who asked for it.
    pub made_by: Maker,
    /// The process that is mounting: of a call that goes on, was killed, or gave up on it.
    #[serde(default)]
    pub attempt: Option<Attempt>,
    /// Whether the mount point was missing and was made, so that it may be removed with rmdir(2).
    #[serde(default)]
    pub made_directory: bool,
    /// Whether it came up after its caller had given up.
    #[serde(default)]
    pub came_up_late: bool,
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
            origin: Origin::Given,
            device: device.to_string(),
            directory: directory.to_owned(),
            options: Vec::new(),
            mount_id: None,
            boot_id: host.boot_id(),
            written_unix_seconds: crate::host::unix_seconds(),
            made_by,
            attempt: None,
            made_directory: false,
            came_up_late: false,
        }
    }

    /// The name, without extension, of what is kept for a directory: `/` is written `-`, other
    /// unusual bytes as `%XX`.
    pub fn name(directory: &Path) -> String {
        let parts: Vec<_> = directory
            .to_string_lossy()
            .split('/')
            .map(|part| encode(part).replace('-', "%2D"))
            .collect();
        parts.join("-")
    }

    /// Where the record of a directory is.
    pub fn path(host: &Host, directory: &Path) -> PathBuf {
        host.paths.state.join("mounts").join(format!("{}.json", Self::name(directory)))
    }

    /// Reads the record of a directory; `None` when there is none that we understand.
    ///
    /// # Errors
    /// [`StateError`] when there is one that cannot be read.
    pub fn read(host: &Host, directory: &Path) -> Result<Option<Self>, StateError> {
        let record: Option<Self> = read_state(&Self::path(host, directory))?;
        Ok(record.filter(|record| record.format == FORMAT))
    }

    /// The record of exactly this mount; `None` when there is none, or none that can be read.
    pub fn read_of(host: &Host, mount: &Mount) -> Option<Self> {
        Self::read(host, &mount.directory).ok()?.filter(|record| record.is_of(host, mount))
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

    /// Whether it was written in this boot.
    pub fn is_of_this_boot(&self, host: &Host) -> bool {
        self.boot_id.is_some() && self.boot_id == host.boot_id()
    }

    /// Whether this record is of that mount: of this boot, and of its id, or, for an attempt that
    /// was cut short, of its file system.
    pub fn is_of(&self, host: &Host, mount: &Mount) -> bool {
        let is_of_this_mount = match self.mount_id {
            Some(id) => id == mount.id,
            None => match (Device::parse(&self.device), Device::shown_by(mount)) {
                (Some(ours), Some(shown)) => {
                    ours.fsname == shown.fsname && ours.subdir == shown.subdir
                }
                _ => false,
            },
        };
        self.is_of_this_boot(host) && self.directory == mount.directory && is_of_this_mount
    }

    /// Notes the process that is about to mount.
    ///
    /// # Errors
    /// The record cannot be written, or the process is gone.
    pub fn begin_attempt(&mut self, host: &Host, pid: u32) -> std::io::Result<()> {
        self.attempt = Attempt::of(pid);
        if self.attempt.is_none() {
            return Err(std::io::ErrorKind::NotFound.into());
        }
        self.write(host).map_err(std::io::Error::other)
    }

    /// The mount.lustre that an earlier call left behind, if it is still there.
    pub fn stuck_attempt(&self, host: &Host) -> Option<Attempt> {
        self.attempt.filter(|attempt| self.is_of_this_boot(host) && attempt.is_alive())
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

    #[test]
    fn a_process_is_told_from_another_of_the_same_id() {
        let own = Attempt::of(std::process::id()).expect("we are there");
        assert!(own.is_alive());
        assert!(!Attempt { start_ticks: own.start_ticks + 1, ..own }.is_alive());
        assert_eq!(Attempt::of(u32::MAX), None);
    }

    #[test]
    fn a_record_of_an_older_version_is_read() {
        let old = r#"{"format":1,"source":"fs-01234567","file_system_id":null,
            "device":"a@tcp:/b","directory":"/mnt","options":[],"mount_id":5,"boot_id":"x",
            "written_unix_seconds":1,"made_by":{"job":"c_1_0_n"}}"#;
        let record: MountRecord = serde_json::from_str(old).expect("read");
        assert_eq!(record.made_by, Maker::Job("c_1_0_n".into()));
        assert_eq!((record.attempt, record.origin), (None, Origin::Given));
    }
}
