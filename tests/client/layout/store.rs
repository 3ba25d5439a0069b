//! Layouts at rest: one JSON file an inode, next to the file system's data.

use std::fs;
use std::io;
use std::path::PathBuf;

use super::{FileLayout, Layout, Targets};
use crate::root::{Root, read_json};
use crate::server::FileSystem;

/// The layouts of one file system. An inode without one uses the file system's default.
#[derive(Debug, Clone)]
pub struct Layouts {
    root: Root,
    directory: PathBuf,
    /// The inode of the file system's root, whose default counts where a directory has none.
    root_inode: u64,
    targets: Targets,
}

impl Layouts {
    pub fn of(root: &Root, fsname: &str) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt;
        Ok(Self {
            root: root.clone(),
            directory: FileSystem::layouts(root, fsname),
            root_inode: fs::metadata(FileSystem::data(root, fsname))?.ino(),
            targets: FileSystem::load(root, fsname)?.targets(),
        })
    }

    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    fn path(&self, inode: u64) -> PathBuf {
        self.directory.join(format!("{inode}.json"))
    }

    /// The layout kept for this very inode.
    fn own(&self, inode: u64) -> io::Result<Option<Layout>> {
        match read_json(&self.path(inode)) {
            Ok(layout) => Ok(Some(layout)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A directory's default: its own, or the root's.
    pub fn default_of(&self, directory: u64) -> io::Result<Option<Layout>> {
        match self.own(directory)? {
            None if directory != self.root_inode => self.own(self.root_inode),
            own => Ok(own),
        }
    }

    /// A file's layout.
    pub fn of_file(&self, inode: u64) -> io::Result<FileLayout> {
        let layout = self.own(inode)?.unwrap_or_default().of_a_file();
        Ok(FileLayout { layout, inode, targets: self.targets.clone() })
    }

    /// Keeps a layout for an inode.
    pub fn set(&self, inode: u64, layout: &Layout) -> io::Result<()> {
        self.root.write_json(&self.path(inode), layout)
    }

    /// Forgets an inode's layout.
    pub fn clear(&self, inode: u64) -> io::Result<()> {
        match fs::remove_file(self.path(inode)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// What a new file gets from its directory.
    pub fn inherit_to_file(&self, directory: u64, file: u64) -> io::Result<()> {
        self.default_of(directory)?.map_or(Ok(()), |layout| self.set(file, &layout))
    }

    /// What a new directory gets from its parent. The root's default is not copied: it counts anyway.
    pub fn inherit_to_directory(&self, parent: u64, directory: u64) -> io::Result<()> {
        if parent == self.root_inode {
            return Ok(());
        }
        self.own(parent)?.map_or(Ok(()), |layout| self.set(directory, &layout))
    }
}
