//! A place on Lustre, as the table of mounts tells it: nothing of the mount is touched.

use super::error::LayoutError;
use super::hand::Spot;
use fsxlustre_mount::host::{Host, Mount, MountTable};
use fsxlustre_mount::source::Device;
use std::path::{Component, Path, PathBuf};

/// A place below a Lustre mount.
#[derive(Clone, Debug)]
pub(crate) struct Site<'a> {
    /// Its whole path.
    pub(crate) path: PathBuf,
    /// The mount.
    pub(crate) mount: &'a Mount,
    /// The names below the mount.
    below: Vec<String>,
}

impl<'a> Site<'a> {
    /// Finds the mount of a path.
    pub(crate) fn find(
        host: &Host,
        table: &'a MountTable,
        path: &Path,
    ) -> Result<Self, LayoutError> {
        let unfit = |because: String, remedy: &str| LayoutError::Path {
            path: path.to_owned(),
            because,
            remedy: remedy.to_owned(),
        };
        let whole = "name it with its whole path, without '..' or '.'";
        if !path.is_absolute() {
            return Err(unfit("it does not begin with '/'".into(), whole));
        }
        // Components forget slashes that are too many.
        let clean: PathBuf = path.components().collect();
        if clean.components().any(|part| !matches!(part, Component::RootDir | Component::Normal(_)))
        {
            return Err(unfit("it leads back by '..'".into(), whole));
        }
        let holding = table.containing(&clean);
        let Some(mount) = holding
            .and_then(|mount| table.on(&mount.directory))
            .filter(|mount| host.is_lustre(mount))
        else {
            let kind = holding.map_or("nothing", |mount| mount.fs_type.as_str());
            let because = format!("it is not on Lustre but on {kind}");
            return Err(unfit(because, "mount the file system, or name a directory on it"));
        };
        let below = clean.strip_prefix(&mount.directory).unwrap_or(Path::new(""));
        let names = below.components().map(|part| Some(part.as_os_str().to_str()?.to_owned()));
        let Some(below) = names.collect() else {
            return Err(unfit("it is not UTF-8".into(), "rename the directory"));
        };
        Ok(Self { path: clean, mount, below })
    }

    /// The directory that is mounted.
    pub(crate) fn top(&self) -> Self {
        Self { path: self.mount.directory.clone(), mount: self.mount, below: Vec::new() }
    }

    /// Whether it is the root of its file system, whose default counts wherever a directory has none.
    pub(crate) fn is_root(&self) -> bool {
        self.below.is_empty() && self.shows_root()
    }

    /// Whether the mount shows the whole file system.
    pub(crate) fn shows_root(&self) -> bool {
        Device::shown_by(self.mount).is_none_or(|shown| shown.subdir.is_none())
    }

    /// How a hand gets there.
    pub(crate) fn spot(&self) -> Spot {
        Spot {
            mount: self.mount.directory.clone(),
            mount_id: self.mount.id,
            below: self.below.clone(),
            make: false,
        }
    }
}
