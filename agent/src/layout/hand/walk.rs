//! Looks at the layouts of the files below a directory: an extended attribute each, no file is opened.
//!
//! Directories are read one after the other through descriptors, links are not followed, and what is
//! mounted below is left out. What differs from file to file (ids, objects) is cut off the attribute
//! before it is told, so that a million files of one layout are one line.

use super::open::{Place, attribute, reach};
use super::orders::{Lov, WalkEnd, WalkOrder, Walked};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, openat, statat};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often it is told how far it is.
const STEP: Duration = Duration::from_millis(200);
/// Magic numbers of `lov_user_md_v1`, `_v3` and `lov_comp_md_v1`.
const PLAIN: u32 = 0x0BD1_0BD0;
const POOL: u32 = 0x0BD3_0BD0;
const COMPOSITE: u32 = 0x0BD6_0BD0;
/// The most directories that wait to be read.
const MOST_WAITING: usize = 1_000_000;

struct Walk<'a> {
    limits: WalkOrder,
    began: Instant,
    told: Instant,
    entries: u64,
    unread: u64,
    layouts: BTreeMap<Vec<u8>, (u64, String)>,
    tell: &'a mut dyn FnMut(Walked) -> bool,
    /// Relative to the directory that is open.
    waiting: Vec<PathBuf>,
    device: u64,
}

/// Looks at everything, within limits.
pub(super) fn walk(place: &Place, limits: WalkOrder, tell: &mut dyn FnMut(Walked) -> bool) {
    let device = statat(&place.itself, "", AtFlags::EMPTY_PATH).map_or(0, |stat| stat.st_dev);
    let now = Instant::now();
    let mut walk = Walk {
        limits,
        began: now,
        told: now,
        entries: 0,
        unread: 0,
        layouts: BTreeMap::new(),
        tell,
        waiting: vec![PathBuf::new()],
        device,
    };
    while let Some(directory) = walk.waiting.pop() {
        if let Some(end) = walk.directory(place, &directory) {
            walk.say(Some(end));
            return;
        }
    }
    walk.say(Some(WalkEnd::All));
}

impl Walk<'_> {
    /// Looks at one directory; the reason to end here, if there is one.
    fn directory(&mut self, place: &Place, path: &Path) -> Option<WalkEnd> {
        let Some((fd, entries)) = self.open(place, path) else {
            self.unread += 1;
            return None;
        };
        for entry in entries.flatten() {
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            if let Some(end) = self.is_over() {
                return Some(end);
            }
            self.entries += 1;
            match kind(&fd, name, entry.file_type()) {
                FileType::Directory if self.waiting.len() < MOST_WAITING => {
                    self.waiting.push(path.join(name));
                }
                FileType::Directory => self.unread += 1,
                FileType::RegularFile => self.file(&reach(&fd).join(name), &path.join(name)),
                _ => {}
            }
        }
        None
    }

    /// Opens a directory below the place, a name at a time.
    fn open(&self, place: &Place, path: &Path) -> Option<(OwnedFd, Dir)> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        // The kernel's own link to the place is followed, no other.
        let first = flags.difference(OFlags::NOFOLLOW);
        let mut at = openat(rustix::fs::CWD, reach(&place.itself), first, Mode::empty()).ok()?;
        for name in path {
            at = openat(&at, name, flags, Mode::empty()).ok()?;
        }
        let same =
            statat(&at, "", AtFlags::EMPTY_PATH).is_ok_and(|stat| stat.st_dev == self.device);
        let entries = Dir::read_from(&at).ok()?;
        same.then_some((at, entries))
    }

    fn file(&mut self, reached: &Path, named: &Path) {
        // A file that was swapped for a link meanwhile is counted for what the link leads to, and nothing else.
        let lov = attribute(reached);
        match lov {
            Ok(Lov::Bytes(bytes)) => {
                let example = || (0, named.to_string_lossy().into_owned());
                self.layouts.entry(without_objects(bytes)).or_insert_with(example).0 += 1;
            }
            // A file that was never written to and has no objects yet.
            Ok(Lov::None | Lov::NotGiven) | Err(_) => self.unread += 1,
        }
        if self.told.elapsed() >= STEP {
            self.say(None);
        }
    }

    fn is_over(&self) -> Option<WalkEnd> {
        if self.entries >= self.limits.entries {
            return Some(WalkEnd::Entries);
        }
        let over = self.began.elapsed() >= Duration::from_millis(self.limits.milliseconds);
        over.then_some(WalkEnd::Time)
    }

    /// Tells what came since the last time. Nobody listening ends it by the pipe's end.
    fn say(&mut self, end: Option<WalkEnd>) {
        let layouts = std::mem::take(&mut self.layouts);
        let layouts = layouts.into_iter().map(|(bytes, (count, example))| (bytes, count, example));
        let (unread, entries) = (std::mem::take(&mut self.unread), self.entries);
        self.told = Instant::now();
        if !(self.tell)(Walked { layouts: layouts.collect(), unread, entries, end }) {
            self.limits.entries = 0;
        }
    }
}

fn kind(fd: &OwnedFd, name: &OsStr, told: FileType) -> FileType {
    if told != FileType::Unknown {
        return told;
    }
    statat(fd, name, AtFlags::SYMLINK_NOFOLLOW)
        .map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode))
}

/// The attribute with the file's own id and its objects blanked out, at their places, so that it reads as before.
fn without_objects(mut bytes: Vec<u8>) -> Vec<u8> {
    let length = bytes.len();
    if number(&bytes, 0) != Some(COMPOSITE) {
        blank(&mut bytes, 0, length);
        // The generation of the layout.
        fill(&mut bytes, 30, 32);
        return bytes;
    }
    fill(&mut bytes, 8, 12);
    let count =
        bytes.get(14..16).map_or(0, |two| usize::from(u16::from_le_bytes([two[0], two[1]])));
    for index in 0..count {
        let entry = 32 + 48 * index;
        let place = |at: usize| number(&bytes, at).and_then(|number| usize::try_from(number).ok());
        if let (Some(offset), Some(size)) = (place(entry + 24), place(entry + 28)) {
            blank(&mut bytes, offset, offset.saturating_add(size));
        }
        // The generation and the time of the component.
        fill(&mut bytes, entry + 32, entry + 48);
    }
    bytes
}

/// Blanks out id and objects of the striping that stands there.
fn blank(bytes: &mut [u8], start: usize, end: usize) {
    let header = match number(bytes, start) {
        Some(PLAIN) => 32,
        Some(POOL) => 48,
        _ => return,
    };
    fill(bytes, start.saturating_add(8), start.saturating_add(24));
    fill(bytes, start.saturating_add(header), end);
}

fn fill(bytes: &mut [u8], start: usize, end: usize) {
    if let Some(part) = bytes.get_mut(start..end) {
        part.fill(0);
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}
