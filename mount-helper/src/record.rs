//! What we mounted and for whom: one small file a mount, in `/run/fsxlustre/mounts`.
//!
//! A record is written before the mount is attempted, without a mount id, and again after it with
//! one. So a call that is killed in between leaves a record by which the next one knows whose the
//! mount is. A record of an earlier boot, or of a mount id that is gone, means nothing.

use crate::file_system::AnswerSource;
use crate::fstab::{self, Field};
use crate::host::{
    Host, Mount, StateError, living_process, read_state, read_text, remove_state, state_names,
    write_state,
};
use crate::source::{Device, encode};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The layout of the record; another number is another layout.
const FORMAT: u32 = 1;

/// The client instances of a file system: one for every mount that made a client.
///
/// *Source*: names in `/sys/fs/lustre/llite` (2.12 and later) or `/proc/fs/lustre/llite` (2.10).
fn clients(host: &Host, fsname: &str) -> Vec<String> {
    let roots =
        [host.paths.sysfs.join("fs/lustre/llite"), host.paths.procfs.join("fs/lustre/llite")];
    let is_of_it = |name: &String| name.rsplit_once('-').is_some_and(|(fs, _)| fs == fsname);
    let mut names: Vec<String> = roots
        .iter()
        .filter_map(|root| std::fs::read_dir(root).ok())
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(is_of_it)
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Who asked for a mount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Maker {
    /// A line of fstab, by mount(8) or systemd.
    Fstab,
    /// A person.
    Person,
    /// SSM Run Command.
    Ssm,
    /// The start of a job, by its key.
    Job(String),
}

/// Names are kept below the 255 bytes that a file name may have, with room for what is appended.
const LONGEST_NAME: usize = 180;

/// The FNV-1a sum of a text, 64 bits.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
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
    /// Our own cache.
    Cache,
    /// The static map of the configuration.
    Map,
    /// The shared cache file.
    SharedCache,
    /// A cache, since the API could not be reached.
    StaleCache,
}

impl From<AnswerSource> for Origin {
    fn from(source: AnswerSource) -> Self {
        match source {
            AnswerSource::Api => Self::Api,
            AnswerSource::Map => Self::Map,
            AnswerSource::Cache => Self::Cache,
            AnswerSource::SharedCache => Self::SharedCache,
            AnswerSource::StaleCache => Self::StaleCache,
        }
    }
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
        living_process(pid).ok()?.map(|stat| Self { pid, start_ticks: stat.starttime })
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
    /// What was looked up ([`crate::answer::look_up_key`]), unless the source was a device.
    #[serde(default)]
    pub look_up: Option<String>,
    /// How old the answer was then, in seconds.
    #[serde(default)]
    pub answer_age_seconds: u64,
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
    /// Whether it is a bind mount of a client that was there.
    #[serde(default)]
    pub is_bind: bool,
    /// The client instances of the file system before the attempt (`fsname-ff3391038293f800`).
    #[serde(default)]
    pub clients_before: Vec<String>,
    /// The client instance of the mount: the kernel gives the number of a mount to another one, but
    /// never the name of an instance.
    #[serde(default)]
    pub client: Option<String>,
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

impl Maker {
    /// On whose behalf this process mounts on a directory: SSM Run Command names its command in the
    /// environment, a line of fstab names the directory, and else it is a person.
    ///
    /// *Source*: `SSM_COMMAND_ID` of amazon-ssm-agent; fstab(5).
    pub fn of_this_process(host: &Host, directory: &Path) -> Self {
        if std::env::var_os("SSM_COMMAND_ID").is_some() {
            return Self::Ssm;
        }
        let table = read_text(&host.paths.rootfs.join("etc/fstab")).unwrap_or_default();
        let is_of_it = |entry: &fstab::Entry| {
            entry.written(Field::Type) == "fsxlustre" && Path::new(&entry.directory()) == directory
        };
        if fstab::entries(&table).iter().any(is_of_it) { Self::Fstab } else { Self::Person }
    }
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
            look_up: None,
            answer_age_seconds: 0,
            device: device.to_string(),
            directory: directory.to_owned(),
            options: Vec::new(),
            mount_id: None,
            boot_id: host.boot_id(),
            written_unix_seconds: crate::host::unix_seconds(),
            made_by,
            is_bind: false,
            clients_before: clients(host, &device.fsname),
            client: None,
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
        let name = parts.join("-");
        match name.get(..LONGEST_NAME) {
            // Long ones are cut, and told apart by a sum of the whole.
            Some(start) if name.len() > LONGEST_NAME => format!("{start}.{:016x}", fnv1a(&name)),
            _ => name,
        }
    }

    /// Where the records are.
    pub fn folder(host: &Host) -> PathBuf {
        host.paths.state.join("mounts")
    }

    /// Where the record of a directory is.
    pub fn path(host: &Host, directory: &Path) -> PathBuf {
        Self::folder(host).join(format!("{}.json", Self::name(directory)))
    }

    /// Reads the record of a directory; `None` when there is none that we understand.
    ///
    /// # Errors
    /// [`StateError`] when there is one that cannot be read.
    pub fn read(host: &Host, directory: &Path) -> Result<Option<Self>, StateError> {
        let record: Option<Self> = read_state(&Self::path(host, directory))?;
        Ok(record.filter(|record| record.format == FORMAT))
    }

    /// All records that are there and can be read, those of an earlier boot apart.
    ///
    /// # Errors
    /// [`StateError`] when the folder cannot be listed, or one of them is not what we write.
    pub fn all(host: &Host) -> Result<Vec<Self>, StateError> {
        let folder = Self::folder(host);
        let mut records = Vec::new();
        for name in state_names(&folder)? {
            let record: Option<Self> = read_state(&folder.join(name))?;
            let is_current = |one: &Self| one.format == FORMAT && one.is_of_this_boot(host);
            records.extend(record.filter(is_current));
        }
        Ok(records)
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

    /// Whether this record is of that mount: of this boot, of its id, of its file system, and of a
    /// client that is still there. For an attempt that was cut short: of a client that came since.
    pub fn is_of(&self, host: &Host, mount: &Mount) -> bool {
        match (self.mount_id, &self.client) {
            (Some(id), Some(client)) => {
                let is_there = || clients(host, &self.fsname()).contains(client);
                id == mount.id && self.is_like(host, mount) && is_there()
            }
            // Where the client's files are not to be seen, the number must do.
            (Some(id), None) => id == mount.id && self.is_like(host, mount),
            (None, _) => self.attempt.is_some() && self.made(host, mount),
        }
    }

    /// Whether that mount can have been made by this attempt: it is of a client that came since.
    pub(crate) fn made(&self, host: &Host, mount: &Mount) -> bool {
        let now = clients(host, &self.fsname());
        let is_new = |client: &String| !self.clients_before.contains(client);
        self.is_like(host, mount) && (self.is_bind || now.is_empty() || now.iter().any(is_new))
    }

    fn fsname(&self) -> String {
        Device::parse(&self.device).map(|device| device.fsname).unwrap_or_default()
    }

    /// Whether the mount is of this boot, of this directory and of this file system.
    fn is_like(&self, host: &Host, mount: &Mount) -> bool {
        let (Some(ours), Some(shown)) = (Device::parse(&self.device), Device::shown_by(mount))
        else {
            return false;
        };
        self.is_of_this_boot(host)
            && self.directory == mount.directory
            && ours.fsname == shown.fsname
            && ours.subdir == shown.subdir
    }

    /// Notes that the mount is there, and of which client it is: of the one that it was bound from, of
    /// the one that came with it, or of the only one.
    pub fn complete(&mut self, host: &Host, mount: &Mount) {
        let mut now = clients(host, &self.fsname());
        let known = self.client.take().filter(|client| self.is_bind && now.contains(client));
        if now.iter().any(|client| !self.clients_before.contains(client)) {
            now.retain(|client| !self.clients_before.contains(client));
        }
        self.client = match <[String; 1]>::try_from(now) {
            _ if known.is_some() => known,
            Ok([client]) => Some(client),
            Err(_) => None,
        };
        self.mount_id = Some(mount.id);
        self.attempt = None;
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
        let long = |end: &str| path(&format!("/{}{end}", "\u{e9}".repeat(100)));
        assert_ne!(long("a"), long("b"));
        assert!(long("a").file_name().is_some_and(|name| name.len() < 220));
    }

    #[test]
    fn a_process_is_told_from_another_of_the_same_id() {
        let own = Attempt::of(std::process::id()).expect("we are there");
        assert!(own.is_alive());
        assert!(!Attempt { start_ticks: own.start_ticks + 1, ..own }.is_alive());
        assert_eq!(Attempt::of(u32::MAX), None);
    }

    #[test]
    fn a_mount_that_only_has_the_same_number_is_not_ours() {
        let folder = tempfile::tempdir().expect("folder");
        let mut host = Host::default();
        host.paths.sysfs = folder.path().to_owned();
        host.paths.procfs = folder.path().join("none");
        let llite = folder.path().join("fs/lustre/llite");
        let client = |name: &str| std::fs::create_dir_all(llite.join(name)).expect("instance");
        let line = "193 27 0:50 / /fsx rw - lustre 10.0.0.5@tcp:/abcdefgh rw,flock";
        let table = crate::host::MountTable::parse(line.as_bytes());
        let mount = table.mounts.first().expect("the mount");
        let device = Device::parse("a@tcp:/abcdefgh").expect("a device");
        let maker = Maker::Job("c_1_0_n".into());
        let mut record = MountRecord::intent(&host, "x".into(), &device, Path::new("/fsx"), maker);
        assert!(!record.is_of(&host, mount), "nobody has begun");
        client("abcdefgh-ff0000000000000a");
        record.attempt = Attempt::of(std::process::id());
        assert!(record.is_of(&host, mount), "a client has come since");
        record.complete(&host, mount);
        assert!(record.is_of(&host, mount));
        std::fs::remove_dir(llite.join("abcdefgh-ff0000000000000a")).expect("gone");
        client("abcdefgh-ff0000000000000b");
        assert!(!record.is_of(&host, mount), "the same number, another client");
        let other = Device::parse("a@tcp:/other").expect("a device");
        record.device = other.to_string();
        assert!(!record.is_of(&host, mount), "another file system");
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
