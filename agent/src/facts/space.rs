//! Room for what this node writes itself: logs, state, cache.

use super::look::{Look, look};
use super::{Observed, place};
use fsxlustre_mount::host::{Deadline, Host};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A directory that something of ours is written to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Room {
    /// What is written there.
    pub of: &'static str,
    /// The directory, or the nearest above it that is there.
    pub directory: String,
    /// What an ordinary process may still write.
    pub free: Observed<Free>,
}

/// What is free on a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Free {
    /// Bytes that are free.
    pub bytes: u64,
    /// All bytes.
    pub size_bytes: u64,
    /// Files that can still be made.
    pub files: u64,
    /// All files; 0 where there is no such limit.
    pub all_files: u64,
}

/// Asks directories for their room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpaceLook {
    directories: Vec<PathBuf>,
}

type Line = (usize, Result<Free, String>);

impl SpaceLook {
    pub(super) fn tell(&self, tell: &mut dyn FnMut(&Line)) {
        for (number, directory) in self.directories.iter().enumerate() {
            let free = nix::sys::statvfs::statvfs(directory).map(|stat| Free {
                bytes: stat.blocks_available() * stat.fragment_size(),
                size_bytes: stat.blocks() * stat.fragment_size(),
                files: stat.files_available(),
                all_files: stat.files(),
            });
            tell(&(number, free.map_err(|errno| errno.desc().to_owned())));
        }
    }
}

/// The directory, or the nearest above it that is there.
fn nearest(directory: &Path) -> PathBuf {
    directory.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("/")).to_owned()
}

pub(super) fn read(host: &Host, deadline: Deadline) -> Vec<Room> {
    // Another root's files are written there; state and cache are this machine's own settings.
    let of_root = |path: &Path| {
        let inside = path.strip_prefix("/").unwrap_or(path);
        if place::is_this_machine(host) { path.to_owned() } else { host.paths.rootfs.join(inside) }
    };
    let wanted = [
        ("logs", of_root(Path::new("/var/log"))),
        ("state", of_root(&host.paths.state)),
        ("cache", of_root(&host.paths.cache)),
    ];
    let directories: Vec<PathBuf> = wanted.iter().map(|(_, path)| nearest(path)).collect();
    let asked =
        look::<Line>(&Look::Space(SpaceLook { directories: directories.clone() }), deadline);
    let free = |number: usize| match &asked {
        Err(because) => Observed::unknown(because, "statvfs"),
        Ok(told) => match told.lines.iter().find(|(found, _)| *found == number) {
            Some((_, Ok(free))) => Observed::known(*free, "statvfs"),
            Some((_, Err(because))) => Observed::unknown(because, "statvfs"),
            None => Observed::unknown("it did not answer in time", "statvfs"),
        },
    };
    let room = |(number, (of, _)): (usize, &(&'static str, PathBuf))| Room {
        of,
        directory: directories
            .get(number)
            .map(|path| path.display().to_string())
            .unwrap_or_default(),
        free: free(number),
    };
    wanted.iter().enumerate().map(room).collect()
}
