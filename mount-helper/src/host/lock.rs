//! Locks between processes of one node: in the order of asking, with a deadline.
//!
//! A lock is a folder of numbered tickets. Each is a file that its owner holds locked (flock(2)),
//! so the kernel frees it when its owner ends, however it ends. Whoever has the lowest living
//! ticket has the lock; the ticket of a dead owner is removed by the next one in line.

use super::state_file::make_folder;
use super::{Bounds, sleep_unless_interrupted};
use crate::failure::{Code, Explain, chain};
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often the one before us in line is looked at.
const ASK_AGAIN: Duration = Duration::from_millis(5);

/// A lock was not to be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else holds it.
    #[error("another call of fsxlustre is at work on the same thing")]
    Held {
        /// The folder of the lock.
        path: PathBuf,
        /// How long was waited.
        seconds: u64,
    },
    /// A signal asked us to stop.
    #[error("the wait for a lock was interrupted")]
    Interrupted {
        /// The folder of the lock.
        path: PathBuf,
    },
    /// A file of the lock could not be used.
    #[error("the lock cannot be used")]
    Io {
        /// The folder of the lock.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Explain for LockError {
    fn code(&self) -> Code {
        match self {
            Self::Held { .. } => Code::LockTimeout,
            Self::Interrupted { .. } => Code::Interrupted,
            Self::Io { .. } => Code::StateUnwritable,
        }
    }
    fn asked(&self) -> String {
        let (Self::Held { path, .. } | Self::Interrupted { path } | Self::Io { path, .. }) = self;
        format!("lock {}", path.display())
    }
    fn because(&self) -> String {
        match self {
            Self::Held { seconds, .. } => format!("it was held for all of {seconds} s"),
            Self::Interrupted { .. } => "a signal asked this program to stop".into(),
            Self::Io { source, .. } => chain(source),
        }
    }
    fn remedy(&self) -> String {
        match self {
            Self::Held { path, .. } => {
                format!("see who holds it with `fuser -v {}/*`, and try again", path.display())
            }
            Self::Interrupted { .. } => "run the same command again".into(),
            Self::Io { .. } => "run this as root, with /run writable".into(),
        }
    }
}

/// An exclusive lock, held until it is dropped or its process ends. No child inherits it (its
/// file is close-on-exec).
#[derive(Debug)]
pub struct Lock {
    ticket: Ticket,
}

impl Lock {
    /// Takes the lock `name` below the state folder, after all who asked before.
    ///
    /// # Errors
    /// [`LockError::Held`] at the deadline, [`LockError::Interrupted`] at a signal.
    pub fn take<'a>(
        state: &Path,
        name: &str,
        bounds: impl Into<Bounds<'a>>,
    ) -> Result<Self, LockError> {
        let folder = state.join("lock").join(name);
        let bounds = bounds.into();
        let io = |source| LockError::Io { path: folder.clone(), source };
        make_folder(&folder).map_err(io)?;
        let door = open(&folder.join("door")).map_err(io)?;
        // Drawing is kept apart by a short lock, so that a ticket is never seen before it is held.
        wait(&folder, &bounds, || match door.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        })?;
        let ticket = Ticket::draw(&folder).map_err(io)?;
        drop(door);
        wait(&folder, &bounds, || ticket.has_someone_before(&folder).map(|someone| !someone))?;
        Ok(Self { ticket })
    }

    /// The number of its ticket.
    pub fn number(&self) -> u64 {
        self.ticket.number
    }
}

/// Waits until it is our turn.
fn wait(
    folder: &Path,
    bounds: &Bounds<'_>,
    is_our_turn: impl Fn() -> std::io::Result<bool>,
) -> Result<(), LockError> {
    let path = || folder.to_owned();
    while !is_our_turn().map_err(|source| LockError::Io { path: path(), source })? {
        if bounds.deadline.has_passed() {
            let seconds = bounds.deadline.budget().as_secs();
            return Err(LockError::Held { path: path(), seconds });
        }
        if sleep_unless_interrupted(ASK_AGAIN.min(bounds.deadline.left()), bounds.interrupt) {
            return Err(LockError::Interrupted { path: path() });
        }
    }
    Ok(())
}

/// A place in line.
#[derive(Debug)]
struct Ticket {
    number: u64,
    path: PathBuf,
    _held: File,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        // If it stays it is a dead one, which the next in line removes.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Ticket {
    /// Draws the next number; only ever called behind the door.
    fn draw(folder: &Path) -> std::io::Result<Self> {
        let number = numbers(folder)?.last().map_or(1, |last| last + 1);
        let path = folder.join(format!("{number:020}"));
        let held = open(&path)?;
        held.try_lock().map_err(std::io::Error::other)?;
        Ok(Self { number, path, _held: held })
    }

    /// Whether a lower ticket has a living owner. Dead ones are removed on the way.
    fn has_someone_before(&self, folder: &Path) -> std::io::Result<bool> {
        for number in numbers(folder)?.into_iter().filter(|number| *number < self.number) {
            let path = folder.join(format!("{number:020}"));
            let file = match File::open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            match file.try_lock() {
                Ok(()) => {
                    // Gone already if somebody else in line was quicker.
                    let _ = std::fs::remove_file(&path);
                }
                Err(TryLockError::WouldBlock) => return Ok(true),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(false)
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .custom_flags(nix::libc::O_NOFOLLOW)
        .open(path)
}

/// The numbers of all tickets, sorted.
fn numbers(folder: &Path) -> std::io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        numbers.extend(entry?.file_name().to_str().and_then(|name| name.parse::<u64>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Deadline;
    use std::sync::mpsc;

    fn soon() -> Deadline {
        Deadline::after(Duration::from_secs(10))
    }

    #[test]
    fn a_held_lock_is_refused_at_the_deadline_and_given_after() {
        let folder = tempfile::tempdir().expect("folder");
        let first = Lock::take(folder.path(), "x", soon());
        assert!(first.is_ok());
        let second = Lock::take(folder.path(), "x", Deadline::after(Duration::from_millis(50)));
        assert!(matches!(second, Err(LockError::Held { .. })));
        drop(first);
        assert!(Lock::take(folder.path(), "x", Deadline::after(Duration::ZERO)).is_ok());
    }

    #[test]
    fn a_dead_owners_ticket_is_passed_over() {
        let folder = tempfile::tempdir().expect("folder");
        let lock = folder.path().join("lock/x");
        std::fs::create_dir_all(&lock).expect("folder");
        std::fs::write(lock.join(format!("{:020}", 7)), "").expect("a ticket that nobody holds");
        let taken = Lock::take(folder.path(), "x", soon()).expect("taken");
        assert_eq!(taken.number(), 8);
        assert!(!lock.join(format!("{:020}", 7)).exists());
    }

    #[test]
    fn it_is_given_in_the_order_of_asking() {
        let folder = tempfile::tempdir().expect("folder");
        let first = Lock::take(folder.path(), "x", soon()).expect("taken");
        let (told, order) = mpsc::channel();
        let mut threads = Vec::new();
        for name in 0..5 {
            let (told, state) = (told.clone(), folder.path().to_owned());
            threads.push(std::thread::spawn(move || {
                let lock = Lock::take(&state, "x", soon()).expect("taken");
                told.send((name, lock.number())).expect("told");
            }));
            let tickets = || numbers(&folder.path().join("lock/x")).expect("listed").len();
            while tickets() < name + 2 {
                std::thread::yield_now();
            }
        }
        drop(first);
        for thread in threads {
            thread.join().expect("joined");
        }
        let order: Vec<_> = order.try_iter().collect();
        assert_eq!(order.iter().map(|(name, _)| *name).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert!(order.windows(2).all(|pair| pair[0].1 < pair[1].1), "{order:?}");
    }
}
