//! Reading whole small files, and files of sysfs and procfs that stay open from scrape to scrape.
//!
//! To open a file costs several times what reading it does. An open file of sysfs or procfs keeps
//! nothing alive: when its device goes, reading it fails.

use foldhash::fast::RandomState;
use rustix::fs::{CWD, Mode, OFlags, openat};
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{Error, ErrorKind, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// The first room for a file; a `stats` file of 2.15 has 3 kB.
const FIRST_ROOM_BYTES: usize = 64 << 10;
/// A record of LNet's tables is given whole or not at all, so each read has at least this room.
const LEAST_ROOM_BYTES: usize = 4 << 10;
/// The kernel fills a page with lines until the next one does not fit, and no line is as long as
/// 512 bytes: a read of fewer bytes than this has given the last one. (A file that is made in one
/// piece is given in one piece, whatever its length.)
const LAST_READ_BYTES: usize = (4 << 10) - 512;
/// No file of a client is as large as this.
const LARGEST_FILE_BYTES: usize = 4 << 20;
/// So many stay open: well below the 1024 that a process may have, since each costs the kernel a
/// page.
const MOST_KEPT: usize = 600;

/// How the kernel gives a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// As many lines at a time as fit into a page.
    ByPage,
    /// One line at a time, as LNet's tables: only an empty read is the end.
    ByLine,
}

/// A file that is open, and whether it was read in this pass.
#[derive(Debug)]
struct Kept {
    file: File,
    was_read: bool,
}

/// Files that are open, by path: its bytes, since a `Path` is hashed part by part.
#[derive(Debug, Default)]
pub(super) struct KeptFiles(HashMap<OsString, Kept, RandomState>);

impl KeptFiles {
    /// Reads a file into `room`, as it is now; gives the length.
    pub(super) fn read(
        &mut self,
        path: &Path,
        given: Given,
        room: &mut Vec<u8>,
    ) -> Result<usize, Error> {
        if let Some(kept) = self.0.get_mut(path.as_os_str()) {
            kept.was_read = true;
            let file = &kept.file;
            if let Ok(length) = fill(room, given, |room, place| file.read_at(room, place)) {
                return Ok(length);
            }
            // Its device has gone, and another one may have come.
            self.0.remove(path.as_os_str());
        }
        let mut file = File::open(path)?;
        let length = fill(room, given, |room, _| file.read(room))?;
        if self.0.len() < MOST_KEPT {
            self.0.insert(path.as_os_str().to_owned(), Kept { file, was_read: true });
        }
        Ok(length)
    }

    /// Closes what was not read since the last time: a device that is gone, a slower tier.
    pub(super) fn end_pass(&mut self) {
        self.0.retain(|_, kept| std::mem::take(&mut kept.was_read));
    }
}

/// A folder of debugfs that stays open during one pass: its files are found from there, and none stays open, since an
/// open one keeps the client's modules loaded.
#[derive(Debug, Default)]
pub(super) struct PassFolder(Option<OwnedFd>);

impl PassFolder {
    /// Reads a file below the folder into `room`, which grows as needed; gives the length.
    pub(super) fn read(
        &mut self,
        folder: &Path,
        path: &Path,
        given: Given,
        room: &mut Vec<u8>,
    ) -> Result<usize, Error> {
        let whole = path.as_os_str().as_bytes();
        let name = whole.strip_prefix(folder.as_os_str().as_bytes());
        let name = name.and_then(|rest| rest.strip_prefix(b"/")).unwrap_or(whole);
        let open = if let Some(open) = self.0.take() {
            open
        } else {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            openat(CWD, folder, flags, Mode::empty())?
        };
        let open = self.0.insert(open);
        let mut file: File =
            openat(open, name, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?.into();
        fill(room, given, |room, _| file.read(room))
    }

    /// Ends the pass.
    pub(super) fn close(&mut self) {
        self.0 = None;
    }
}

/// Reads a whole file into `room`, which grows as needed; gives the length.
pub(super) fn read_into(path: &Path, given: Given, room: &mut Vec<u8>) -> Result<usize, Error> {
    let mut file = File::open(path)?;
    fill(room, given, |room, _| file.read(room))
}

fn fill(
    room: &mut Vec<u8>,
    given: Given,
    mut read: impl FnMut(&mut [u8], u64) -> Result<usize, Error>,
) -> Result<usize, Error> {
    let mut length = 0;
    loop {
        if room.len() - length < LEAST_ROOM_BYTES {
            if length >= LARGEST_FILE_BYTES {
                return Err(Error::new(ErrorKind::FileTooLarge, "it is larger than 4 MiB"));
            }
            room.resize(room.len().max(FIRST_ROOM_BYTES / 2) * 2, 0);
        }
        let place = u64::try_from(length).unwrap_or(u64::MAX);
        match read(room.get_mut(length..).unwrap_or_default(), place) {
            Ok(0) => return Ok(length),
            Ok(more) => {
                length += more;
                if given == Given::ByPage && more < LAST_READ_BYTES {
                    return Ok(length);
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_file_is_read_anew_and_closed_when_nobody_asks() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("x");
        let write = |text: &str| {
            let mut file = File::create(&path).expect("file");
            std::io::Write::write_all(&mut file, text.as_bytes()).expect("write");
        };
        let (mut kept, mut room) = (KeptFiles::default(), Vec::new());
        for text in ["1\n", "22\n", ""] {
            write(text);
            let length = kept.read(&path, Given::ByPage, &mut room).expect("read");
            assert_eq!(room.get(..length), Some(text.as_bytes()));
            assert_eq!(kept.0.len(), 1);
            kept.end_pass();
        }
        kept.end_pass();
        assert!(kept.0.is_empty());
        assert!(kept.read(&folder.path().join("none"), Given::ByPage, &mut room).is_err());
    }

    #[test]
    fn a_file_is_read_to_its_end_however_it_is_given() {
        let lines = |read_bytes: &[usize], given| {
            let mut pieces = read_bytes.iter();
            let (mut room, mut calls) = (Vec::new(), 0);
            let length = fill(&mut room, given, |_, _| {
                calls += 1;
                Ok(pieces.next().copied().unwrap_or_default())
            });
            (length.expect("read"), calls)
        };
        assert_eq!(lines(&[2133], Given::ByPage), (2133, 1));
        assert_eq!(lines(&[4090, 4000, 17], Given::ByPage), (8107, 3));
        assert_eq!(lines(&[4090], Given::ByPage), (4090, 2));
        assert_eq!(lines(&[], Given::ByPage), (0, 1));
        assert_eq!(lines(&[60, 60, 60], Given::ByLine), (180, 4));
    }

    #[test]
    fn a_file_of_a_pass_is_read_from_its_folder_which_is_another_one_in_the_next() {
        let folder = tempfile::tempdir().expect("folder");
        let (place, away) = (folder.path().join("lustre"), folder.path().join("away"));
        let create = |text: &str| {
            std::fs::create_dir(&place).expect("folder");
            std::fs::write(place.join("stats"), text).expect("write");
        };
        let (mut pass, mut room) = (PassFolder::default(), Vec::new());
        let mut read = |pass: &mut PassFolder| {
            let length = pass.read(&place, &place.join("stats"), Given::ByPage, &mut room);
            length
                .map(|length| room.get(..length).map(<[u8]>::to_vec))
                .map_err(|error| error.kind())
        };
        assert_eq!(read(&mut pass), Err(ErrorKind::NotFound));
        create("1\n");
        assert_eq!(read(&mut pass), Ok(Some(b"1\n".to_vec())));
        std::fs::rename(&place, &away).expect("rename");
        create("2\n");
        assert_eq!(read(&mut pass), Ok(Some(b"1\n".to_vec())));
        pass.close();
        assert_eq!(read(&mut pass), Ok(Some(b"2\n".to_vec())));
    }
}
