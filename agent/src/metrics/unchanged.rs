//! What was read of a path, for as long as the path is as it was.
//!
//! fsxlustre never writes into a file of its state: it puts a whole one in its place, or takes it away. So the file
//! is another one then, and the time of the folder is another one, too.

use fsxlustre_mount::host::unix_seconds;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

/// What tells whether a path has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Absent,
    /// Device, inode, size, and the times of the last change of its contents and of its owner or mode.
    There(u64, u64, u64, [i64; 4]),
}

impl Seen {
    /// `None` where nobody can tell.
    fn of(path: &Path) -> Option<Self> {
        match path.symlink_metadata() {
            Ok(about) => {
                let times = [about.mtime(), about.mtime_nsec(), about.ctime(), about.ctime_nsec()];
                Some(Self::There(about.dev(), about.ino(), about.size(), times))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Some(Self::Absent),
            Err(_) => None,
        }
    }

    /// Whether the next change shows: a time is as coarse as a tick of the kernel's clock, so that a change in the
    /// same tick may leave it as it is. Not for a time to come, of a clock that was set.
    fn is_settled(self) -> bool {
        match self {
            Self::Absent => true,
            Self::There(.., [modified, ..]) => {
                let now = i64::try_from(unix_seconds()).unwrap_or_default();
                // Whole seconds: at least one.
                now >= modified.saturating_add(2)
            }
        }
    }
}

/// What was read of a file that is only ever replaced, or of a folder of such files.
#[derive(Debug, Default)]
pub(super) struct Unchanged<T> {
    seen: Option<Seen>,
    value: Arc<T>,
}

impl<T: Default> Unchanged<T> {
    /// What the path holds: what was read of it before where it is the same, and the default where there is none.
    ///
    /// # Errors
    /// Those of `read`; the next call reads again.
    pub(super) fn of<E>(
        &mut self,
        path: &Path,
        read: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        let seen = Seen::of(path);
        if seen.is_none() || seen != self.seen {
            self.seen = None;
            self.value = match seen {
                Some(Seen::Absent) => Arc::default(),
                _ => Arc::new(read()?),
            };
            self.seen = seen.filter(|seen| seen.is_settled());
        }
        Ok(Arc::clone(&self.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{File, FileTimes};
    use std::time::{Duration, SystemTime};

    /// Makes the last change of a path one of long ago.
    fn settle(path: &Path, seconds: u64) {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let file = File::open(path).expect("a path");
        file.set_times(FileTimes::new().set_modified(at)).expect("times");
    }

    /// Whether it is read, and what it then holds.
    fn reads(kept: &mut Unchanged<u8>, path: &Path) -> (bool, u8) {
        let mut was_read = false;
        let read = || {
            was_read = true;
            Ok::<u8, ()>(7)
        };
        let value = *kept.of(path, read).expect("read");
        (was_read, value)
    }

    #[test]
    fn what_is_absent_is_not_read() {
        let folder = tempfile::tempdir().expect("folder");
        let (path, mut kept) = (folder.path().join("leases"), Unchanged::default());
        assert_eq!(reads(&mut kept, &path), (false, 0));
        std::fs::create_dir(&path).expect("folder");
        settle(&path, 1);
        assert_eq!([reads(&mut kept, &path), reads(&mut kept, &path)], [(true, 7), (false, 7)]);
        std::fs::remove_dir(&path).expect("gone");
        assert_eq!(reads(&mut kept, &path), (false, 0));
    }

    #[test]
    fn a_folder_is_read_again_when_a_file_of_it_was_replaced_or_has_gone() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("mounts");
        std::fs::create_dir(&path).expect("folder");
        let mut kept = Unchanged::default();
        assert_eq!([reads(&mut kept, &path).0, reads(&mut kept, &path).0], [true, true], "new");
        let changes: [fn(&Path) -> std::io::Result<()>; 3] = [
            |path| std::fs::write(path.join("x"), "a"),
            |path| std::fs::rename(path.join("x"), path.join("y")),
            |path| std::fs::remove_file(path.join("y")),
        ];
        settle(&path, 1);
        reads(&mut kept, &path);
        for (seconds, change) in (2..).zip(changes) {
            assert!(!reads(&mut kept, &path).0);
            change(&path).expect("a change");
            assert_eq!([reads(&mut kept, &path).0, reads(&mut kept, &path).0], [true, true]);
            settle(&path, seconds);
            assert!(reads(&mut kept, &path).0);
        }
    }

    #[test]
    fn a_file_is_read_again_when_it_was_replaced_or_its_mode_changed() {
        let folder = tempfile::tempdir().expect("folder");
        let [path, new] = ["check.json", "new"].map(|name| folder.path().join(name));
        let mut kept = Unchanged::default();
        std::fs::write(&path, "a").expect("write");
        settle(&path, 1);
        assert_eq!([reads(&mut kept, &path).0, reads(&mut kept, &path).0], [true, false]);
        std::fs::write(&new, "b").expect("write");
        settle(&new, 1);
        std::fs::rename(&new, &path).expect("rename");
        assert_eq!([reads(&mut kept, &path).0, reads(&mut kept, &path).0], [true, false]);
        let mut permissions = path.metadata().expect("a file").permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(&path, permissions).expect("a mode");
        assert_eq!([reads(&mut kept, &path).0, reads(&mut kept, &path).0], [true, false]);
    }

    #[test]
    fn what_could_not_be_read_is_read_again() {
        let folder = tempfile::tempdir().expect("folder");
        settle(folder.path(), 1);
        let mut kept = Unchanged::<u8>::default();
        assert_eq!(kept.of(folder.path(), || Err("no")), Err("no"));
        assert_eq!(kept.of(folder.path(), || Ok::<u8, ()>(3)).as_deref(), Ok(&3));
        assert_eq!(kept.of(folder.path(), || Err("not asked")).as_deref(), Ok(&3));
    }
}
