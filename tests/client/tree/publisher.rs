//! Brings counters into the tree: at once when a file is closed, else within a few milliseconds.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::activity::Activity;
use super::client::Client;
use crate::root::Root;
use crate::server::{Capacity, kbytes_below};

/// How long counters may run ahead of the tree.
const DELAY: Duration = Duration::from_millis(20);
/// How long the sizes in the tree may be out of date, as on the real client (`llite/*/statfs_max_age` is 1).
const CAPACITY_AGE: Duration = Duration::from_secs(1);
/// A look takes this part of the time at most: one at a hundred thousand files takes long, and all closes wait for it.
const CAPACITY_SHARE: u32 = 50;

/// The counters of a mount and their way into the tree.
#[derive(Debug)]
pub struct Publisher {
    root: Root,
    client: Client,
    data: PathBuf,
    activity: Mutex<Activity>,
    wanted: Mutex<bool>,
    wake: Condvar,
    /// Held while files are written, so that an older snapshot never replaces a newer one.
    writing: Mutex<Sizes>,
}

/// How full the file system was when last looked at.
#[derive(Debug)]
struct Sizes {
    looked: Option<Instant>,
    took: Duration,
    ost: Capacity,
}

impl Publisher {
    /// Starts publishing for `client`; `data` is the directory that holds its files.
    pub fn start(root: Root, client: Client, data: PathBuf) -> Arc<Self> {
        let publisher = Arc::new(Self {
            activity: Mutex::new(Activity::new(&root, &client)),
            wanted: Mutex::new(true),
            wake: Condvar::new(),
            writing: Mutex::new(Sizes {
                looked: None,
                took: Duration::ZERO,
                ost: Capacity::of_ost(0),
            }),
            root,
            client,
            data,
        });
        let background = Arc::clone(&publisher);
        thread::spawn(move || background.publish_when_wanted());
        publisher
    }

    /// Counts something; the tree follows soon.
    pub fn count(&self, what: impl FnOnce(&mut Activity)) {
        what(&mut held(&self.activity));
        *held(&self.wanted) = true;
        self.wake.notify_one();
    }

    /// Brings the tree up to date.
    pub fn publish(&self) -> io::Result<()> {
        let mut sizes = held(&self.writing);
        let (texts, mut traffic) = {
            let mut activity = held(&self.activity);
            let texts: Vec<_> = activity
                .files()
                .filter_map(|file| Some((file.path.clone(), file.take_text()?)))
                .collect();
            (texts, std::mem::take(&mut activity.traffic))
        };
        for (path, text) in texts {
            self.root.write(&path, text, 0o644)?;
        }
        traffic.publish(&self.root)?;
        self.look(&mut sizes)
    }

    /// Runs `last` while nothing is being published; the process is expected to end after it.
    pub fn stop<T>(&self, last: impl FnOnce() -> T) -> T {
        let _writing = held(&self.writing);
        last()
    }

    /// Space and inodes of the whole file system.
    pub fn capacity(&self) -> io::Result<Capacity> {
        let mut sizes = held(&self.writing);
        self.look(&mut sizes)?;
        Ok(sizes.ost.times(self.client.osts))
    }

    fn look(&self, sizes: &mut Sizes) -> io::Result<()> {
        let age = CAPACITY_AGE.max(sizes.took * CAPACITY_SHARE);
        if sizes.looked.is_some_and(|looked| looked.elapsed() < age) {
            return Ok(());
        }
        let began = Instant::now();
        let ost = Capacity::of_ost(kbytes_below(&self.data) / self.client.osts as u64);
        (sizes.looked, sizes.took) = (Some(Instant::now()), began.elapsed());
        if ost == sizes.ost {
            return Ok(());
        }
        sizes.ost = ost;
        self.client.write_capacity(&self.root, ost)
    }

    fn publish_when_wanted(&self) {
        // After something was counted the sizes are looked at once more, when they are old enough for it.
        let mut sizes_due = false;
        loop {
            let mut wanted = held(&self.wanted);
            while !*wanted && !sizes_due {
                wanted = self.wake.wait(wanted).unwrap_or_else(PoisonError::into_inner);
            }
            if !*wanted {
                wanted = self
                    .wake
                    .wait_timeout(wanted, CAPACITY_AGE)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0;
            }
            sizes_due = std::mem::take(&mut *wanted);
            drop(wanted);
            // The tree may be on its way out with the mount: then there is nothing left to bring up to date.
            let _gone = self.publish();
            thread::sleep(DELAY);
        }
    }
}

/// A poisoned lock protects plain counters: they stay usable.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
