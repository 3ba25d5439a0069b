//! Looks at a tree by several threads: directories are read one by one, their files in lists that threads share.

use super::looking::{open_directory, words};
use super::orders::{ScanOrder, Seen, Telling};
use super::queue::{Files, Job, Queue};
use crate::layout::hand::Kind;
use crate::layout::hand::open::{Place, mount_of};
use crate::staging::hsm::counts::Counts;
use rustix::fs::{AtFlags, Dir, FileType, statat};
use rustix::io::Errno;
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Files that one thread takes at a time; also those of one call of `lfs`.
const LIST: usize = 128;
/// How often it is told how far it is.
const STEP: Duration = Duration::from_millis(200);
/// The most parts that wait to be told.
const MOST_PARTS: usize = 16;

/// What the threads share.
pub(super) struct Walk<'a> {
    pub order: &'a ScanOrder,
    pub queue: Queue,
    pub mount_id: i32,
    /// Files with several names, by inode.
    pub seen: Mutex<HashSet<u64>>,
    /// How many files may still be asked for their request.
    pub questions: AtomicU64,
    /// How many files that are not in the archive may still be told.
    pub names: AtomicU64,
    /// The client does not allow the calls.
    pub by_lfs: AtomicBool,
    /// The client tells no FIDs.
    pub no_fids: AtomicBool,
}

/// Looks at everything below the place; false when nobody listens any more.
pub(super) fn walk(
    place: &Place,
    kind: Kind,
    order: &ScanOrder,
    tell: &mut dyn FnMut(Seen) -> bool,
) -> bool {
    let end = |seen| Seen { is_end: true, ..seen };
    let Some((top, first)) = first_job(place, kind) else {
        let unread = [("it cannot be opened".to_owned(), 1)].into();
        return tell(end(Seen {
            counts: Counts { unread, ..Counts::default() },
            ..Seen::default()
        }));
    };
    let mount_id = mount_of(&place.itself).ok().flatten().unwrap_or(-1);
    let threads = order.threads.clamp(1, 64);
    let walk = Walk {
        order,
        queue: Queue::new(first, threads),
        mount_id,
        seen: Mutex::default(),
        questions: AtomicU64::new(order.questions),
        names: AtomicU64::new(match order.telling {
            Telling::NotArchived(most) => most,
            Telling::Nothing | Telling::All => 0,
        }),
        by_lfs: AtomicBool::new(false),
        no_fids: AtomicBool::new(false),
    };
    std::thread::scope(|scope| {
        let (parts, heard) = sync_channel(MOST_PARTS);
        for _ in 0..threads {
            let (parts, walk, top) = (parts.clone(), &walk, &top);
            scope.spawn(move || walk.work(top, &parts));
        }
        drop(parts);
        let is_heard = pass_on(&heard, tell);
        if !is_heard {
            walk.queue.give_up();
        }
        // Threads that have more to tell find nobody, and end.
        drop(heard);
        is_heard
    }) && tell(end(Seen::default()))
}

/// Where names are below, and what is looked at first.
fn first_job(place: &Place, kind: Kind) -> Option<(OwnedFd, Job)> {
    match (kind, &place.within) {
        (Kind::Directory, _) => {
            let top = open_directory(&place.itself, Path::new("")).ok()?;
            Some((top, Job::Directory(PathBuf::new())))
        }
        (Kind::File, Some((directory, name))) => {
            let top = open_directory(directory, Path::new("")).ok()?;
            let directory = Arc::new(top.try_clone().ok()?);
            let names = vec![OsString::from(name)];
            Some((top, Job::Files(Files { directory, path: PathBuf::new(), names })))
        }
        (Kind::File, None) => None,
    }
}

/// Tells parts together, so that a large tree of small directories is few lines.
fn pass_on(parts: &Receiver<Seen>, tell: &mut dyn FnMut(Seen) -> bool) -> bool {
    let mut gathered = Seen::default();
    let mut told = Instant::now();
    loop {
        let is_end = match parts.recv_timeout(STEP) {
            Ok(part) => {
                gathered.counts.add(&part.counts);
                gathered.files.extend(part.files);
                false
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => true,
        };
        if is_end || told.elapsed() >= STEP || gathered.files.len() >= LIST {
            if !tell(std::mem::take(&mut gathered)) {
                return false;
            }
            told = Instant::now();
        }
        if is_end {
            return true;
        }
    }
}

impl Walk<'_> {
    fn work(&self, top: &OwnedFd, parts: &SyncSender<Seen>) {
        while let Some(job) = self.queue.next() {
            let mut part = Seen::default();
            let is_heard = match job {
                Job::Directory(path) => self.directory(top, &path, &mut part, parts),
                Job::Files(files) => {
                    self.files(&files, &mut part);
                    true
                }
            };
            let is_heard = is_heard && parts.send(part).is_ok();
            self.queue.done();
            if !is_heard {
                self.queue.give_up();
                return;
            }
        }
    }

    /// Reads one directory; false when nobody listens any more.
    fn directory(
        &self,
        top: &OwnedFd,
        path: &Path,
        part: &mut Seen,
        parts: &SyncSender<Seen>,
    ) -> bool {
        let opened = open_directory(top, path)
            .and_then(|directory| Ok((Dir::read_from(&directory)?, directory)));
        let (entries, directory) = match opened {
            Ok(opened) => opened,
            // It was removed while we looked.
            Err(Errno::NOENT) => return true,
            Err(errno) => {
                *part.counts.unread.entry(words(errno)).or_default() += 1;
                return true;
            }
        };
        if mount_of(&directory).ok().flatten() != Some(self.mount_id) {
            part.counts.skipped.other_mounts += 1;
            return true;
        }
        part.counts.directories += 1;
        let directory = Arc::new(directory);
        let mut names = Vec::new();
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(errno) => {
                    *part.counts.unread.entry(words(errno)).or_default() += 1;
                    break;
                }
            };
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            match kind(&directory, name, entry.file_type()) {
                FileType::RegularFile => names.push(name.to_owned()),
                FileType::Directory => {
                    if !self.queue.add_directory(path.join(name)) {
                        let because = "too many directories wait to be read".to_owned();
                        *part.counts.unread.entry(because).or_default() += 1;
                    }
                }
                FileType::Symlink => part.counts.skipped.symlinks += 1,
                _ => part.counts.skipped.special += 1,
            }
            if names.len() >= LIST && !self.hand_on(&directory, path, &mut names, parts) {
                return false;
            }
        }
        self.hand_on(&directory, path, &mut names, parts)
    }

    /// Gives names to whoever is free, or looks at them here.
    fn hand_on(
        &self,
        directory: &Arc<OwnedFd>,
        path: &Path,
        names: &mut Vec<OsString>,
        parts: &SyncSender<Seen>,
    ) -> bool {
        if names.is_empty() {
            return true;
        }
        let names = std::mem::take(names);
        let files = Files { directory: Arc::clone(directory), path: path.to_owned(), names };
        let Some(files) = self.queue.add_files(files) else { return true };
        let mut part = Seen::default();
        self.files(&files, &mut part);
        parts.send(part).is_ok()
    }
}

/// What a name is; one of which the directory does not say it is looked at.
fn kind(directory: &OwnedFd, name: &OsStr, told: FileType) -> FileType {
    if told != FileType::Unknown {
        return told;
    }
    statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)
        .map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode))
}
