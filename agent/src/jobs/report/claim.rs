//! Whose a report is that was handed in: the keeper's that renamed it into a folder of its own.
//!
//! Ends run side by side, and each keeps everything that is there. A keeper that read a file and then
//! removed it by name would remove what was handed in meanwhile under the same name.

use fsxlustre_mount::host::state_names;
use nix::fcntl::{Flock, FlockArg, OFlag};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Error;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Before the process id in the name of a keeper's folder.
const TAKEN: &str = "taken.";

/// Where reports of ends lie that are not done yet, below where reports are handed in.
pub(super) const BEGUN: &str = "begun";

/// The places that files are taken from, and put back to.
const PLACES: [&str; 2] = ["", BEGUN];

/// What one keeper has taken. While it lives it holds the lock of its folder.
pub(super) struct Claims {
    handed_in: PathBuf,
    own: PathBuf,
    _lock: Flock<File>,
}

impl Claims {
    /// Hands in again what keepers had taken that are gone, and makes a folder for this one.
    pub(super) fn begin(handed_in: &Path) -> Result<Self, Error> {
        hand_in_again(handed_in)?;
        let pid = std::process::id();
        // By its last name only once it is locked: nobody takes it for that of one who is gone.
        let unlocked = handed_in.join(format!("taking.{pid}"));
        DirBuilder::new().recursive(true).mode(0o700).create(unlocked.join(BEGUN))?;
        let lock = lock(&unlocked)?;
        let own = handed_in.join(format!("{TAKEN}{pid}"));
        std::fs::rename(&unlocked, &own)?;
        Ok(Self { handed_in: handed_in.to_owned(), own, _lock: lock })
    }

    /// Takes a file of a place; `None` when another keeper was first.
    pub(super) fn take(&self, place: &str, name: &str) -> Option<PathBuf> {
        let own = self.own.join(place).join(name);
        std::fs::rename(self.handed_in.join(place).join(name), &own).ok().map(|()| own)
    }

    /// Hands it in again; one that was handed in meanwhile is newer, and stays.
    pub(super) fn put_back(&self, place: &str, name: &str) {
        put_back(&self.own.join(place).join(name), &self.handed_in.join(place).join(name));
    }

    /// It is kept.
    pub(super) fn done(&self, place: &str, name: &str) {
        // What stays is kept once more.
        let _ = std::fs::remove_file(self.own.join(place).join(name));
    }
}

impl Drop for Claims {
    fn drop(&mut self) {
        remove(&self.own);
    }
}

/// Whether anything is handed in, begun, or taken by a keeper that may be gone.
pub(super) fn is_any_left(handed_in: &Path) -> bool {
    let names = |place: &str| state_names(&handed_in.join(place)).unwrap_or_default();
    let is_taken =
        |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with(TAKEN);
    PLACES.iter().any(|place| !names(place).is_empty())
        || std::fs::read_dir(handed_in).into_iter().flatten().flatten().any(is_taken)
}

/// The lock of a keeper's folder; an error while its keeper lives.
fn lock(folder: &Path) -> Result<Flock<File>, Error> {
    let flags = OFlag::O_NOFOLLOW | OFlag::O_DIRECTORY;
    let folder = OpenOptions::new().read(true).custom_flags(flags.bits()).open(folder)?;
    Flock::lock(folder, FlockArg::LockExclusiveNonblock).map_err(|(_, errno)| errno.into())
}

fn hand_in_again(handed_in: &Path) -> Result<(), Error> {
    for entry in std::fs::read_dir(handed_in)?.flatten() {
        let folder = entry.path();
        if !entry.file_name().to_string_lossy().starts_with(TAKEN) {
            continue;
        }
        let Ok(_lock) = lock(&folder) else { continue };
        for place in PLACES {
            for name in state_names(&folder.join(place)).unwrap_or_default() {
                put_back(&folder.join(place).join(&name), &handed_in.join(place).join(&name));
            }
        }
        remove(&folder);
    }
    Ok(())
}

fn put_back(taken: &Path, handed_in: &Path) {
    let is_there = match std::fs::hard_link(taken, handed_in) {
        Ok(()) => true,
        Err(error) => error.kind() == std::io::ErrorKind::AlreadyExists,
    };
    if is_there {
        let _ = std::fs::remove_file(taken);
    }
}

/// Removes a keeper's folder. One that has something in it stays, for the next keeper.
fn remove(folder: &Path) {
    let _ = std::fs::remove_dir(folder.join(BEGUN));
    if std::fs::remove_dir(folder).is_err() {
        // Whoever puts the rest back looks there, too.
        let _ = DirBuilder::new().mode(0o700).create(folder.join(BEGUN));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handed_in() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("folder");
        std::fs::create_dir(folder.path().join(BEGUN)).expect("folder");
        folder
    }

    fn text(folder: &Path, name: &str) -> String {
        std::fs::read_to_string(folder.join(name)).unwrap_or_default()
    }

    #[test]
    fn what_is_handed_in_meanwhile_is_neither_removed_nor_replaced() {
        let folder = handed_in();
        let write = |text: &str| std::fs::write(folder.path().join("a.json"), text).expect("file");
        write("old");
        let claims = Claims::begin(folder.path()).expect("claims");
        let taken = claims.take("", "a.json").expect("taken");
        assert_eq!(std::fs::read_to_string(taken).expect("text"), "old");
        assert_eq!(claims.take("", "a.json"), None);
        write("new");
        claims.done("", "a.json");
        assert_eq!(text(folder.path(), "a.json"), "new");
        claims.take("", "a.json").expect("taken");
        write("newer");
        claims.put_back("", "a.json");
        assert_eq!(text(folder.path(), "a.json"), "newer");
    }

    #[test]
    fn what_a_keeper_had_taken_that_is_gone_is_handed_in_again() {
        let folder = handed_in();
        for name in ["a.json", "begun/b.json"] {
            std::fs::write(folder.path().join(name), name).expect("file");
        }
        let alive = Claims::begin(folder.path()).expect("claims");
        alive.take("", "a.json").expect("taken");
        alive.take(BEGUN, "b.json").expect("taken");
        hand_in_again(folder.path()).expect("looked");
        assert_eq!(text(folder.path(), "a.json"), "", "a keeper that lives has it");
        drop(alive);
        hand_in_again(folder.path()).expect("looked");
        for name in ["a.json", "begun/b.json"] {
            assert_eq!(text(folder.path(), name), name);
        }
        let left = std::fs::read_dir(folder.path()).expect("listed").count();
        assert_eq!(left, 2, "the file, and the folder of those that are begun");
    }
}
