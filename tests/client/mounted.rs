//! Lustre mounts as /proc/self/mountinfo shows them.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The type a stand-in mount has in mountinfo; a real one has `lustre`.
pub const TYPE: &str = "fuse.lustre";

/// One Lustre mount.
#[derive(Debug, Clone)]
pub struct Mounted {
    /// `MAJOR:MINOR` of the file system, one for each mount.
    pub device: String,
    pub target: PathBuf,
    /// `NID[:NID]:/NAME[/SUBDIR]`.
    pub source: String,
}

impl Mounted {
    /// Every Lustre mount of this mount namespace, bind mounts included.
    pub fn all() -> io::Result<Vec<Self>> {
        Ok(fs::read_to_string("/proc/self/mountinfo")?.lines().filter_map(Self::parse).collect())
    }

    /// `ID PARENT DEVICE ROOT TARGET OPTIONS [FIELD…] - TYPE SOURCE SUPER`, see proc_pid_mountinfo(5).
    fn parse(line: &str) -> Option<Self> {
        let (mount, filesystem) = line.split_once(" - ")?;
        let mut mount = mount.split(' ').skip(2);
        let mut filesystem = filesystem.split(' ');
        if filesystem.next()? != TYPE {
            return None;
        }
        Some(Self {
            device: mount.next()?.to_owned(),
            target: PathBuf::from(unescape(mount.nth(1)?)),
            source: unescape(filesystem.next()?),
        })
    }

    /// The Lustre mount that `path` is on.
    pub fn holding(path: &Path) -> io::Result<Option<Self>> {
        Self::of_device(fs::metadata(path)?.dev())
    }

    /// The Lustre mount with this `st_dev`.
    pub fn of_device(device: u64) -> io::Result<Option<Self>> {
        let device = format!("{}:{}", nix::sys::stat::major(device), nix::sys::stat::minor(device));
        Ok(Self::all()?.into_iter().find(|mounted| mounted.device == device))
    }

    /// The file system's name in the source.
    pub fn fsname(&self) -> &str {
        let path = self.source.split_once(":/").map_or("", |(_, path)| path);
        path.split('/').next().unwrap_or_default()
    }
}

/// Undoes the kernel's `\040` escapes.
fn unescape(field: &str) -> String {
    let mut pieces = field.split('\\');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                text.push(char::from(byte));
                text.push_str(&piece[3..]);
            }
            None => {
                text.push('\\');
                text.push_str(piece);
            }
        }
    }
    text
}
