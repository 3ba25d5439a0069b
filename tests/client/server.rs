//! The file systems that exist on the far side: which NIDs serve them, how many OSTs they have, how full they are.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::layout::Targets;
use crate::root::{Root, at, read_json};

/// A file system as its servers know it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FileSystem {
    pub name: String,
    /// The NIDs that answer for it.
    pub nids: Vec<String>,
    pub osts: usize,
    /// The OSTs of each pool.
    #[serde(default)]
    pub pools: BTreeMap<String, Vec<u32>>,
}

impl FileSystem {
    pub fn targets(&self) -> Targets {
        Targets { osts: self.osts, pools: self.pools.clone() }
    }

    fn home(root: &Root, name: &str) -> PathBuf {
        root.state("servers").join(name)
    }

    /// The directory that holds the files.
    pub fn data(root: &Root, name: &str) -> PathBuf {
        Self::home(root, name).join("data")
    }

    /// The directory that holds the layouts, one file an inode.
    pub fn layouts(root: &Root, name: &str) -> PathBuf {
        Self::home(root, name).join("layouts")
    }

    /// The directory that holds what is known of the archive, one file an inode.
    pub fn archive(root: &Root, name: &str) -> PathBuf {
        Self::home(root, name).join("archive")
    }

    pub fn load(root: &Root, name: &str) -> io::Result<Self> {
        read_json(&Self::home(root, name).join("filesystem.json"))
    }

    /// Creates the backing directories, with the mode a new Lustre root has.
    pub fn add(&self, root: &Root) -> io::Result<()> {
        let (data, layouts) = (Self::data(root, &self.name), Self::layouts(root, &self.name));
        let archive = Self::archive(root, &self.name);
        for (directory, mode) in [(&data, 0o755), (&layouts, 0o777), (&archive, 0o777)] {
            fs::create_dir_all(directory).map_err(|error| at(directory, error))?;
            fs::set_permissions(directory, fs::Permissions::from_mode(mode))?;
        }
        root.write_json(&Self::home(root, &self.name).join("filesystem.json"), self)
    }

    pub fn remove(root: &Root, name: &str) -> io::Result<()> {
        let home = Self::home(root, name);
        fs::remove_dir_all(&home).map_err(|error| at(&home, error))
    }

    /// All file systems that one of `nids` serves.
    pub fn served_by(root: &Root, nids: &[String]) -> io::Result<Vec<Self>> {
        let mut served = Vec::new();
        for entry in fs::read_dir(root.state("servers"))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let filesystem = Self::load(root, &name)?;
            if filesystem.nids.iter().any(|nid| nids.contains(nid)) {
                served.push(filesystem);
            }
        }
        Ok(served)
    }
}

/// Space and inodes of one target or of a sum of targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    pub kbytes_total: u64,
    pub kbytes_free: u64,
    pub kbytes_available: u64,
    pub files_total: u64,
    pub files_free: u64,
}

impl Capacity {
    /// An OST with `kbytes` of file data. The sizes are those of the captured OSTs when they were new
    /// (`02_mount/tree_before_io/sys/fs/lustre/osc/*/{kbytestotal,kbytesfree,kbytesavail,filestotal,filesfree}`).
    pub fn of_ost(kbytes: u64) -> Self {
        Self {
            kbytes_total: 954_304,
            kbytes_free: 952_764_u64.saturating_sub(kbytes),
            kbytes_available: 883_952_u64.saturating_sub(kbytes),
            files_total: 65_536,
            files_free: 65_104,
        }
    }

    /// What a file system of `osts` such targets has.
    pub fn times(self, osts: usize) -> Self {
        let osts = osts as u64;
        Self {
            kbytes_total: self.kbytes_total * osts,
            kbytes_free: self.kbytes_free * osts,
            kbytes_available: self.kbytes_available * osts,
            files_total: self.files_total * osts,
            files_free: self.files_free * osts,
        }
    }
}

/// Kilobytes that the files below `directory` take. What disappears while it is counted counts as nothing.
pub fn kbytes_below(directory: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(directory) else { return 0 };
    entries
        .flatten()
        .filter_map(|entry| Some((entry.path(), entry.metadata().ok()?)))
        .map(
            |(path, metadata)| {
                if metadata.is_dir() { kbytes_below(&path) } else { metadata.blocks() / 2 }
            },
        )
        .sum()
}
