//! What lies in a directory that a mount covers: nobody sees it, and it fills the disk below.
//!
//! A bind mount of the file system that the mount point is on does not take along what is mounted
//! there, so in it the directory is seen as it is. It is made in a mount namespace that ends with the
//! child, and touches no mount of Lustre.

use super::Observed;
use super::look::{Look, look};
use fsxlustre_mount::host::Deadline;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// How many names are told.
const MOST_NAMES: usize = 5;
/// Where the bind mount may be made: a directory that is there on every Linux.
const PLACES: [&str; 3] = ["/tmp", "/mnt", "/run"];

/// Looks at the directory under a mount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnderLook {
    /// The mount point.
    pub(super) directory: PathBuf,
    /// The mount point of the mount that it is on; `None` where nothing is mounted, so that the
    /// directory is seen as it is.
    pub(super) on: Option<PathBuf>,
}

type Line = Result<Vec<String>, String>;

impl UnderLook {
    pub(super) fn tell(&self, tell: &mut dyn FnMut(&Line)) {
        let found = self.uncovered().and_then(|path| names(&path));
        tell(&found.map_err(|error| error.to_string()));
    }

    fn uncovered(&self) -> std::io::Result<PathBuf> {
        let Some(on) = &self.on else { return Ok(self.directory.clone()) };
        let inside = self.directory.strip_prefix(on).map_err(std::io::Error::other)?;
        unshare(CloneFlags::CLONE_NEWNS)?;
        let nothing = None::<&str>;
        mount(nothing, "/", nothing, MsFlags::MS_REC | MsFlags::MS_PRIVATE, nothing)?;
        let place = PLACES.iter().map(Path::new).find(|path| path.is_dir());
        let place = place.ok_or_else(|| std::io::Error::other("no place for a bind mount"))?;
        mount(Some(on), place, nothing, MsFlags::MS_BIND, nothing)?;
        Ok(place.join(inside))
    }
}

/// The first names in a directory, and that there are more.
fn names(directory: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        if names.len() == MOST_NAMES {
            names.push("...".into());
            break;
        }
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// The names of what lies under a mount.
pub(super) fn read(under: UnderLook, deadline: Deadline) -> Observed<Vec<String>> {
    let from = format!("the directory {} under its mount", under.directory.display());
    match look::<Line>(&Look::Under(under), deadline) {
        Err(because) => Observed::unknown(because, from),
        Ok(mut told) => match told.lines.pop() {
            Some(Ok(names)) => Observed::known(names, from),
            Some(Err(because)) => Observed::unknown(because, from),
            None => Observed::unknown("it could not be looked at in time", from),
        },
    }
}
