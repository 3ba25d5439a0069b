//! A folder that is the same on every machine of a cluster.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, io, process};

use std::os::unix::fs::PermissionsExt as _;

const PREFIX: &str = "fsxlustre-slurm-";

/// A folder below /tmp that everybody may write to; it is removed when this is dropped, and when it
/// could not be, by the next owner of one.
#[derive(Debug)]
pub(super) struct SharedFolder(PathBuf);

impl SharedFolder {
    pub(super) fn make() -> io::Result<Self> {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        sweep();
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("{PREFIX}{}-{serial}", process::id()));
        fs::create_dir(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o1777))?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for SharedFolder {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

/// Removes the folders of owners that are gone.
fn sweep() {
    let folders = fs::read_dir(env::temp_dir()).into_iter().flatten().flatten();
    for folder in folders {
        let name = folder.file_name();
        let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
        let owner = rest.split('-').next().unwrap_or_default();
        if owner.parse::<u32>().is_ok() && !Path::new("/proc").join(owner).exists() {
            remove(&folder.path());
        }
    }
}

/// What cannot be removed is tried again by the next owner of such a folder.
fn remove(folder: &Path) {
    let words = ["-rf", "--one-file-system", "--"];
    let _ = Command::new("/bin/rm").args(words).arg(folder).status();
}
