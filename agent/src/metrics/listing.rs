//! The names in a folder, without an allocation for each: a client has a folder for every target.

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir, SeekFrom, openat, seek, statat};
use std::fs::File;
use std::io::Error;
use std::ops::ControlFlow;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Room for one call: some hundred names of devices.
const ROOM_BYTES: usize = 16 << 10;
/// Room for the longest name; a `/proc` of thousands of processes is not listed for one of them.
const LEAST_ROOM_BYTES: usize = 512;
/// What an entry has beside its name: `struct linux_dirent64` up to the name, and the name's end.
const ENTRY_BYTES: usize = 20;
/// An entry with the longest name.
const LARGEST_ENTRY_BYTES: usize = 280;
/// The links of a folder that has no other one in it: its name, and itself.
const OWN_LINKS: u64 = 2;
/// What stands behind each name, as no name has it.
const END: u8 = b'/';

/// A folder of sysfs or procfs, which stays open from scrape to scrape as long as it has something in it. One
/// that was taken away has nothing in it, whatever has its path now.
#[derive(Debug, Default)]
pub(super) struct KeptFolder(Option<OpenFolder>);

#[derive(Debug)]
struct OpenFolder {
    folder: File,
    /// How many folders it had in it when it was listed; `None` where the kernel counts them otherwise, or one came or
    /// went meanwhile.
    folders: Option<u64>,
}

impl OpenFolder {
    /// Appends every name in it.
    fn list(folder: File, names: &mut Vec<u8>) -> Result<Self, Error> {
        let counted = folders(&folder);
        let mut listed = 0;
        each_name(folder.as_fd(), ROOM_BYTES, |name, is_folder| {
            names.extend_from_slice(name);
            names.push(END);
            listed += u64::from(is_folder);
            ControlFlow::Continue(())
        })?;
        Ok(Self { folder, folders: counted.filter(|counted| *counted == listed) })
    }
}

impl KeptFolder {
    /// Appends every name in the folder, each with a `/` behind it, in the kernel's order. Tells whether they are of
    /// another folder than before.
    pub(super) fn add_names(&mut self, path: &Path, names: &mut Vec<u8>) -> Result<bool, Error> {
        let before = names.len();
        if let Some(open) = self.0.take() {
            let again = seek(&open.folder, SeekFrom::Start(0)).map_err(Error::from);
            let listed = again.and_then(|_| OpenFolder::list(open.folder, names));
            if names.len() > before
                && let Ok(listed) = listed
            {
                self.0 = Some(listed);
                return Ok(false);
            }
            names.truncate(before);
        }
        let listed = OpenFolder::list(open(path)?.into(), names)?;
        self.0 = Some(listed).filter(|_| names.len() > before);
        Ok(self.0.is_some())
    }

    /// Whether there are as many folders in it as when it was listed. `None` where it is not open.
    pub(super) fn has_as_many(&self) -> Option<bool> {
        let open = self.0.as_ref()?;
        Some(open.folders.is_some_and(|before| folders(&open.folder) == Some(before)))
    }

    /// Whether a name is there, in a folder that is open.
    pub(super) fn has(&self, name: &str) -> bool {
        let is_there =
            |open: &OpenFolder| statat(&open.folder, name, AtFlags::SYMLINK_NOFOLLOW).is_ok();
        self.0.as_ref().is_some_and(is_there)
    }
}

/// How many folders a folder has in it, each of which is a link to it; `None` where there is none, or the file system
/// does not count.
///
/// *Source*: `kernfs_refresh_inode` and `proc_getattr` of Linux, for sysfs and procfs.
fn folders(folder: &File) -> Option<u64> {
    let links = folder.metadata().ok()?.nlink();
    links.checked_sub(OWN_LINKS).filter(|folders| *folders > 0)
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
    each_name(open(path)?.as_fd(), LEAST_ROOM_BYTES, |_, _| {
        has = true;
        ControlFlow::Break(())
    })?;
    Ok(has)
}

/// Tells each name, and whether it is a folder's.
///
/// sysfs and procfs give as many names at a time as there is room for, so what leaves room for another one is all.
fn each_name(
    folder: BorrowedFd<'_>,
    room_bytes: usize,
    mut tell: impl FnMut(&[u8], bool) -> ControlFlow<()>,
) -> Result<(), Error> {
    let mut room = Vec::with_capacity(room_bytes);
    let mut entries = RawDir::new(folder, room.spare_capacity_mut());
    let mut used = 0;
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        used += (ENTRY_BYTES + name.len()).next_multiple_of(8);
        let is_folder = entry.file_type() == FileType::Directory;
        if !matches!(name, b"." | b"..") && tell(name, is_folder).is_break() {
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
        let list =
            |kept: &mut KeptFolder| kept.add_names(folder.path(), &mut Vec::new()).expect("listed");
        // btrfs does not count.
        let counts = std::fs::metadata(folder.path()).expect("a folder").nlink() == 3;
        assert!(list(&mut kept), "another one");
        assert_eq!(kept.has_as_many(), Some(counts));
        std::fs::write(path("file"), "").expect("a file");
        assert_eq!(kept.has_as_many(), Some(counts));
        for change in [std::fs::create_dir, std::fs::remove_dir] as [fn(PathBuf) -> _; 2] {
            change(path("b")).expect("a change");
            assert_eq!(kept.has_as_many(), Some(false));
            assert!(!list(&mut kept), "the same one");
            assert_eq!(kept.has_as_many(), Some(counts));
            assert_eq!((kept.has("a"), kept.has("b")), (true, path("b").exists()));
        }
        std::fs::remove_dir(path("a")).expect("gone");
        list(&mut kept);
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
            listed.map(|_| String::from_utf8(names).expect("UTF-8"))
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
