//! `/proc/self/mountinfo`: what is mounted here, without touching any of it.

use crate::failure::{Code, Explain, chain};
use procfs::process::{MountInfo, MountOptFields};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

/// The list of mounts could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the list of mounts cannot be read")]
pub struct MountInfoError {
    path: PathBuf,
    #[source]
    source: std::io::Error,
}

impl Explain for MountInfoError {
    fn code(&self) -> Code {
        Code::MountInfoUnreadable
    }
    fn asked(&self) -> String {
        format!("read {}", self.path.display())
    }
    fn because(&self) -> String {
        chain(&self.source)
    }
    fn remedy(&self) -> String {
        "mount procfs, or correct `[host] procfs` in /etc/fsxlustre/fsxlustre.toml".into()
    }
}

/// One mount.
///
/// *Source*: a line of `/proc/self/mountinfo` (proc(5)), with `\040`-like escapes undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The kernel's number of this mount, used again only after it is gone.
    pub id: i32,
    /// The number of the mount that it is mounted in.
    pub parent: i32,
    /// `MAJOR:MINOR`. All mounts of one Lustre name share it, also those of different clients.
    pub device: String,
    /// The peer group whose mounts and unmounts it shares (`shared:N`).
    pub peer_group: Option<u32>,
    /// The peer group that it follows (`master:N`).
    pub master_group: Option<u32>,
    /// The directory within the file system that is mounted; `/` for all of it.
    pub root: String,
    /// Where it is mounted.
    pub directory: PathBuf,
    /// The type, `lustre` for a Lustre client.
    pub fs_type: String,
    /// The source. For Lustre always the resolved NIDs, never the name that was given.
    pub source: String,
    /// Options of this mount (`rw`, `noatime`, …).
    pub options: BTreeSet<String>,
    /// Options of the file system (`flock`, `lazystatfs`, …).
    pub super_options: BTreeSet<String>,
}

/// All mounts, in the kernel's order: a later one on the same directory covers an earlier one.
#[derive(Clone, Debug, Default)]
pub struct MountTable {
    /// The mounts.
    pub mounts: Vec<Mount>,
    /// Lines that were not understood.
    pub unread_lines: usize,
}

impl MountTable {
    /// Reads the table from a file.
    ///
    /// # Errors
    /// [`MountInfoError`] when it cannot be read.
    pub fn read(path: &Path) -> Result<Self, MountInfoError> {
        std::fs::read(path)
            .map(|bytes| Self::parse(&bytes))
            .map_err(|source| MountInfoError { path: path.to_owned(), source })
    }

    /// Parses the text of the file; a line that is not understood is counted, not fatal.
    pub fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut table = Self::default();
        for line in text.lines() {
            match MountInfo::from_line(line) {
                Ok(info) => table.mounts.push(Mount::from_info(info)),
                Err(_) => table.unread_lines += 1,
            }
        }
        table
    }

    /// The mount that one sees in `directory`: the last one made there.
    pub fn on(&self, directory: &Path) -> Option<&Mount> {
        self.mounts.iter().rev().find(|mount| mount.directory == directory)
    }

    /// The mount that `path` lies in.
    pub fn containing(&self, path: &Path) -> Option<&Mount> {
        self.mounts
            .iter()
            .filter(|mount| path.starts_with(&mount.directory))
            .max_by_key(|mount| mount.directory.as_os_str().len())
    }
}

/// Types of file systems that are another machine's; also everything of FUSE may be.
const REMOTE: &[&str] =
    &["nfs", "nfs4", "lustre", "cifs", "smb3", "ceph", "beegfs", "gpfs", "afs", "glusterfs"];

impl Mount {
    /// Whether it may wait for another machine.
    pub fn is_remote(&self) -> bool {
        REMOTE.contains(&self.fs_type.as_str()) || self.fs_type.starts_with("fuse")
    }

    fn from_info(info: MountInfo) -> Self {
        let words = |map: std::collections::HashMap<String, Option<String>>| {
            map.into_iter()
                .map(|(name, value)| match value {
                    Some(value) => format!("{name}={value}"),
                    None => name,
                })
                .collect()
        };
        let group =
            |wanted: fn(&MountOptFields) -> Option<u32>| info.opt_fields.iter().find_map(wanted);
        Self {
            id: info.mnt_id,
            parent: info.pid,
            peer_group: group(|field| match field {
                MountOptFields::Shared(number) => Some(*number),
                _ => None,
            }),
            master_group: group(|field| match field {
                MountOptFields::Master(number) => Some(*number),
                _ => None,
            }),
            device: info.majmin,
            root: unescape(info.root.as_bytes()).to_string_lossy().into_owned(),
            directory: PathBuf::from(unescape(info.mount_point.as_os_str().as_bytes())),
            fs_type: info.fs_type,
            source: unescape(info.mount_source.unwrap_or_default().as_bytes())
                .to_string_lossy()
                .into_owned(),
            options: words(info.mount_options),
            super_options: words(info.super_options),
        }
    }

    /// Whether the option is shown for this mount or its file system.
    pub fn shows(&self, option: &str) -> bool {
        self.options.contains(option) || self.super_options.contains(option)
    }
}

/// Undoes the `\ooo` escapes of space, tab, newline and backslash that the kernel's tables have,
/// and fstab(5).
pub fn unescape(bytes: &[u8]) -> OsString {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, after)) = rest.split_first() {
        let octal = after
            .get(..3)
            .filter(|_| first == b'\\')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        if let Some(byte) = octal {
            plain.push(byte);
            rest = after.get(3..).unwrap_or_default();
        } else {
            plain.push(first);
            rest = after;
        }
    }
    OsString::from_vec(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    // A line of a real 2.15.8 client.
    const LUSTRE: &str = "193 27 3428:831820 / /fsx rw,noatime shared:96 - lustre \
        192.168.77.10@tcp:/p7lsxbev rw,checksum,flock,nouser_xattr,lruresize,lazystatfs";

    #[test]
    fn a_real_lustre_line_is_read() {
        let table = MountTable::parse(LUSTRE.as_bytes());
        let mount = table.on(Path::new("/fsx")).expect("the mount");
        assert_eq!(mount.source, "192.168.77.10@tcp:/p7lsxbev");
        assert_eq!((mount.id, mount.fs_type.as_str()), (193, "lustre"));
        assert_eq!((mount.parent, mount.device.as_str()), (27, "3428:831820"));
        assert_eq!((mount.peer_group, mount.master_group), (Some(96), None));
        assert!(mount.shows("noatime") && mount.shows("flock") && !mount.shows("localflock"));
        assert!(mount.is_remote());
    }

    #[test]
    fn escapes_are_undone_and_bad_lines_counted() {
        let text = "1 0 8:1 /r\\040t /a\\040b rw - ext4 /dev/x\\134y rw\nrubbish\n\\";
        let table = MountTable::parse(text.as_bytes());
        assert_eq!(table.unread_lines, 2);
        let mount = table.on(Path::new("/a b")).expect("the mount");
        assert_eq!((mount.source.as_str(), mount.root.as_str()), ("/dev/x\\y", "/r t"));
    }

    #[test]
    fn the_last_mount_on_a_directory_is_the_one_seen() {
        let text = "1 0 8:1 / / rw - ext4 /dev/x rw\n\
                    2 1 0:5 / /a rw - tmpfs one rw\n3 2 0:6 / /a rw - tmpfs two rw";
        let table = MountTable::parse(text.as_bytes());
        assert_eq!(table.on(Path::new("/a")).map(|m| m.source.as_str()), Some("two"));
        assert_eq!(table.containing(Path::new("/a/b")).map(|m| m.id), Some(3));
        assert_eq!(table.containing(Path::new("/ab")).map(|m| m.id), Some(1));
    }
}
