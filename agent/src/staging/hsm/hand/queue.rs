//! What is still to be looked at, shared by the threads of a scan.
//!
//! Bounded: directories that wait are paths, files that wait are a few lists of names. A thread that finds no room for
//! more names looks at them itself.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// The most directories that wait.
const MOST_DIRECTORIES: usize = 1_000_000;
/// The most lists of names that wait, for each thread.
const LISTS_A_THREAD: usize = 4;

/// Something to look at.
#[derive(Debug)]
pub(super) enum Job {
    /// A directory below the place.
    Directory(PathBuf),
    /// Files of a directory.
    Files(Files),
}

/// Files of one directory.
#[derive(Debug)]
pub(super) struct Files {
    /// The directory.
    pub directory: Arc<OwnedFd>,
    /// Its path below the place.
    pub path: PathBuf,
    /// The files' names.
    pub names: Vec<OsString>,
}

/// The jobs of a scan.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    most_lists: usize,
}

#[derive(Debug, Default)]
struct State {
    directories: Vec<PathBuf>,
    lists: Vec<Files>,
    working: usize,
    is_given_up: bool,
}

impl Queue {
    /// With this first job, for so many threads.
    pub(super) fn new(first: Job, threads: usize) -> Self {
        let mut state = State::default();
        match first {
            Job::Directory(path) => state.directories.push(path),
            Job::Files(files) => state.lists.push(files),
        }
        let most_lists = threads.saturating_mul(LISTS_A_THREAD);
        Self { state: Mutex::new(state), changed: Condvar::new(), most_lists }
    }

    /// The next job, as soon as there is one; `None` when all is done or given up. Files go first, so that few of them
    /// wait. Who takes a job says when it is done.
    pub(super) fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if state.is_given_up {
                return None;
            }
            let job = match state.lists.pop() {
                Some(files) => Some(Job::Files(files)),
                None => state.directories.pop().map(Job::Directory),
            };
            if job.is_some() {
                state.working += 1;
                return job;
            }
            if state.working == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A job that was taken is done.
    pub(super) fn done(&self) {
        let mut state = self.lock();
        state.working = state.working.saturating_sub(1);
        drop(state);
        self.changed.notify_all();
    }

    /// One more directory; false when there is no room.
    pub(super) fn add_directory(&self, path: PathBuf) -> bool {
        let mut state = self.lock();
        if state.directories.len() >= MOST_DIRECTORIES {
            return false;
        }
        state.directories.push(path);
        drop(state);
        self.changed.notify_one();
        true
    }

    /// More files; those back for which there is no room.
    pub(super) fn add_files(&self, files: Files) -> Option<Files> {
        let mut state = self.lock();
        if state.lists.len() >= self.most_lists {
            return Some(files);
        }
        state.lists.push(files);
        drop(state);
        self.changed.notify_one();
        None
    }

    /// No more jobs for anybody.
    pub(super) fn give_up(&self) {
        self.lock().is_given_up = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
