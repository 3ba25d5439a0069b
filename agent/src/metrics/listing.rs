//! The names in a folder, without an allocation for each: a client has a folder for every target, and
//! they are listed at every scrape.

use rustix::fs::{AtFlags, CWD, Mode, OFlags, RawDir, SeekFrom, fstat, openat, seek, statat};
use std::io::Error;
use std::ops::ControlFlow;
use std::os::fd::AsFd as _;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;

/// Room for one call: some hundred names of devices.
const ROOM_BYTES: usize = 16 << 10;
/// Room for the longest name; a `/proc` of thousands of processes is not listed for one of them.
const LEAST_ROOM_BYTES: usize = 512;
/// What an entry has beside its name: `struct linux_dirent64` up to the name, and the name's end.
const ENTRY_BYTES: usize = 20;
/// An entry with the longest name.
const LARGEST_ENTRY_BYTES: usize = 280;
/// Links of a folder with one folder in it. A file system that counts none gives each folder one link.
const LINKS_OF_ONE_FOLDER: u64 = 3;
/// What stands behind each name, as no name has it.
const END: u8 = b'/';

/// A folder of sysfs or procfs, which stays open from scrape to scrape as long as it has something in it. One
/// that was taken away has nothing in it, whatever has its path now.
#[derive(Debug, Default)]
pub(super) struct KeptFolder(Option<(OwnedFd, u64)>);

impl KeptFolder {
    /// Appends every name in the folder, each with a `/` behind it, in the kernel's order.
    pub(super) fn add_names(&mut self, path: &Path, names: &mut Vec<u8>) -> Result<(), Error> {
        let before = names.len();
        if let Some((folder, _)) = self.0.take() {
            let links = links(&folder);
            let again = seek(&folder, SeekFrom::Start(0)).map_err(Error::from);
            let listed = again.and_then(|_| add_names(folder.as_fd(), names));
            if listed.is_ok() && names.len() > before {
                self.0 = Some((folder, links));
                return Ok(());
            }
            names.truncate(before);
        }
        let folder = open(path)?;
        // Before the names: what comes between both is then counted as new.
        let links = links(&folder);
        add_names(folder.as_fd(), names)?;
        self.0 = Some((folder, links)).filter(|_| names.len() > before);
        Ok(())
    }

    /// Whether there are as many folders in it as when it was listed, which is known where the kernel counts them.
    /// `None` where it is not open.
    pub(super) fn has_as_many(&self) -> Option<bool> {
        let (folder, before) = self.0.as_ref()?;
        Some(*before >= LINKS_OF_ONE_FOLDER && links(folder) == *before)
    }

    /// Whether a name is there, in a folder that is open.
    pub(super) fn has(&self, name: &str) -> bool {
        let is_there = |folder| statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).is_ok();
        self.0.as_ref().is_some_and(|(folder, _)| is_there(folder))
    }
}

/// A folder has itself, its name and the way back of each folder in it for links. 0 is unknown.
///
/// *Source*: `kernfs_refresh_inode` and `proc_getattr` of Linux, for sysfs and procfs.
fn links(folder: &OwnedFd) -> u64 {
    fstat(folder).map_or(0, |about| about.st_nlink)
}

fn add_names(folder: BorrowedFd<'_>, names: &mut Vec<u8>) -> Result<(), Error> {
    each_name(folder, ROOM_BYTES, |name| {
        names.extend_from_slice(name);
        names.push(END);
        ControlFlow::Continue(())
    })
}

fn open(path: &Path) -> Result<OwnedFd, Error> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(openat(CWD, path, flags, Mode::empty())?)
}

/// The names of [`KeptFolder::add_names`].
pub(super) fn split(names: &[u8]) -> impl Iterator<Item = &[u8]> {
    names.split(|byte| *byte == END).filter(|name| !name.is_empty())
}

/// Whether a folder has anything in it.
pub(super) fn has_entry(path: &Path) -> Result<bool, Error> {
    let mut has = false;
    each_name(open(path)?.as_fd(), LEAST_ROOM_BYTES, |_| {
        has = true;
        ControlFlow::Break(())
    })?;
    Ok(has)
}

/// sysfs and procfs give as many names at a time as there is room for, so what leaves room for another one is all.
fn each_name(
    folder: BorrowedFd<'_>,
    room_bytes: usize,
    mut tell: impl FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<(), Error> {
    let mut room = Vec::with_capacity(room_bytes);
    let mut entries = RawDir::new(folder, room.spare_capacity_mut());
    let mut used = 0;
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        used += (ENTRY_BYTES + name.len()).next_multiple_of(8);
        if !matches!(name, b"." | b"..") && tell(name).is_break() {
            break;
        }
        if entries.is_buffer_empty() && std::mem::take(&mut used) + LARGEST_ENTRY_BYTES < room_bytes
        {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn all_names_of_a_folder_and_whether_there_is_one() {
        let folder = tempfile::tempdir().expect("folder");
        assert!(!has_entry(folder.path()).expect("listed"));
        let mut wanted = Vec::new();
        for number in 0..900 {
            let name = format!("p7lsxbev-OST{number:04x}-osc-ff3391038293f800");
            std::fs::write(folder.path().join(&name), "").expect("file");
            wanted.push(name.into_bytes());
        }
        let mut kept = KeptFolder::default();
        for _ in 0..2 {
            let mut names = Vec::new();
            kept.add_names(folder.path(), &mut names).expect("listed");
            let mut found: Vec<_> = split(&names).collect();
            found.sort_unstable();
            assert_eq!(found, wanted);
        }
        assert!(has_entry(folder.path()).expect("listed"));
        let absent = has_entry(&folder.path().join("x")).expect_err("nothing");
        assert_eq!(absent.kind(), std::io::ErrorKind::NotFound);
    }

    #[test]
    fn a_folder_has_as_many_until_one_comes_or_goes() {
        let folder = tempfile::tempdir().expect("folder");
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("a")).expect("a folder");
        let mut kept = KeptFolder::default();
        assert_eq!((kept.has_as_many(), kept.has("a")), (None, false));
        kept.add_names(folder.path(), &mut Vec::new()).expect("listed");
        assert_eq!(kept.has_as_many(), Some(true), "{} counts folders", folder.path().display());
        std::fs::write(path("file"), "").expect("a file");
        assert_eq!(kept.has_as_many(), Some(true));
        for change in [std::fs::create_dir, std::fs::remove_dir] as [fn(PathBuf) -> _; 2] {
            change(path("b")).expect("a change");
            assert_eq!(kept.has_as_many(), Some(false));
            kept.add_names(folder.path(), &mut Vec::new()).expect("listed");
            assert_eq!(kept.has_as_many(), Some(true));
            assert_eq!((kept.has("a"), kept.has("b")), (true, path("b").exists()));
        }
        std::fs::remove_dir(path("a")).expect("gone");
        kept.add_names(folder.path(), &mut Vec::new()).expect("listed");
        assert_eq!(kept.has_as_many(), Some(false), "of none, nothing is known");
    }

    #[test]
    fn a_folder_that_was_taken_away_and_came_back_is_the_new_one() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("osc");
        let mut kept = KeptFolder::default();
        let mut listed = || {
            let mut names = Vec::new();
            let listed = kept.add_names(&path, &mut names).map_err(|error| error.kind());
            listed.map(|()| String::from_utf8(names).expect("UTF-8"))
        };
        let create = |name: &str| std::fs::create_dir_all(path.join(name)).expect("a folder");
        let remove = |name: &str| {
            let both =
                std::fs::remove_dir(path.join(name)).and_then(|()| std::fs::remove_dir(&path));
            both.expect("removed");
        };
        let absent = Err(std::io::ErrorKind::NotFound);
        assert_eq!(listed(), absent);
        create("");
        assert_eq!(listed().as_deref(), Ok(""));
        create("a");
        assert_eq!([listed(), listed()], ["a/", "a/"].map(|names| Ok(names.to_owned())));
        remove("a");
        assert_eq!(listed(), absent);
        create("b");
        assert_eq!(listed().as_deref(), Ok("b/"));
        remove("b");
        create("c");
        assert_eq!(listed().as_deref(), Ok("c/"));
    }
}
