//! Two threads: one leads, which is to serve and to collect, and one follows, which is to wait.
//!
//! A scrape that another thread collects costs two more switches of threads, which for a client of few targets
//! is as much as a third of all its files. So whoever serves collects, too, as long as that is quick. When it is not, since a file
//! sleeps in the kernel or a mount does not answer, the other thread goes on to serve; the slow one is to
//! wait when its collection has ended, and is lost if it never does.

use super::super::scrape::{Request, Wanted};
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use std::io::{Error, Result};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// How long a collection may keep the thread that serves: ten times what one of 512 targets takes, and no time for
/// whoever asks whether the service is healthy.
const QUICK: Duration = Duration::from_millis(100);
/// The thread that leads at first, and the other one.
const NUMBERS: [usize; 2] = [0, 1];

/// What both threads know.
struct Crew {
    runtime: Runtime,
    inbox: Mutex<Inbox>,
    course: Mutex<Course>,
    /// Runs while a collection does, and wakes who follows.
    timer: TimerFd,
}

/// What the leader waits for.
struct Inbox {
    wanted: Wanted,
    served: oneshot::Receiver<Result<()>>,
}

/// Who leads, and the word for whoever asked for the collection that the leader is at.
struct Course {
    leader: usize,
    slow: Option<oneshot::Sender<()>>,
}

/// What there is to do.
enum Next {
    Collect(Request),
    End(Result<()>),
}

/// A collection that has ended, and its words that are not said.
struct Ended {
    end: oneshot::Sender<()>,
    _slow: oneshot::Sender<()>,
}

/// Runs a service until it ends, and what it wants to be collected.
///
/// # Errors
/// The service's own, and when there can be no threads.
pub(super) fn lead(
    runtime: Runtime,
    wanted: Wanted,
    service: impl Future<Output = Result<()>> + Send + 'static,
) -> Result<()> {
    let (end, served) = oneshot::channel();
    runtime.spawn(async { end.send(service.await) });
    let crew = Arc::new(Crew {
        runtime,
        inbox: Mutex::new(Inbox { wanted, served }),
        course: Mutex::new(Course { leader: 0, slow: None }),
        timer: TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_CLOEXEC)?,
    });
    let (end, ended) = channel();
    for number in NUMBERS {
        let (crew, end) = (Arc::clone(&crew), end.clone());
        let work = move || end.send(crew.work(number));
        thread::Builder::new().name("serve".into()).spawn(work)?;
    }
    // The other thread is not waited for: it may be stuck in the kernel.
    ended.recv().map_err(Error::other)?
}

/// Locks; a thread that panicked while it held the lock changes nothing about the data.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Crew {
    /// Leads and follows by turns, until the service ends.
    fn work(&self, number: usize) -> Result<()> {
        let mut ended = None;
        loop {
            if lock(&self.course).leader != number {
                self.follow(number)?;
            }
            match self.serve(ended.take()) {
                Next::End(result) => return result,
                Next::Collect(request) => ended = self.collect(number, request)?,
            }
        }
    }

    /// Serves until there is something to collect.
    fn serve(&self, ended: Option<Ended>) -> Next {
        let mut inbox = lock(&self.inbox);
        let Inbox { wanted, served } = &mut *inbox;
        self.runtime.block_on(async {
            // Said in here, it need not wake the thread that says it.
            if let Some(ended) = ended {
                // Whoever asked may have given up.
                let _ = ended.end.send(());
            }
            tokio::select! {
                Some(request) = wanted.recv() => Next::Collect(request),
                result = served => Next::End(result.unwrap_or_else(|error| Err(Error::other(error)))),
            }
        })
    }

    /// Collects, and gives what is to be said of it if this thread still leads.
    fn collect(&self, number: usize, request: Request) -> Result<Option<Ended>> {
        let Request { collection, end, slow } = request;
        lock(&self.course).slow = Some(slow);
        let quick = Expiration::OneShot(TimeSpec::from_duration(QUICK));
        self.timer.set(quick, TimerSetTimeFlags::empty())?;
        collection.run();
        let mut course = lock(&self.course);
        if course.leader != number {
            let _ = end.send(());
            return Ok(None);
        }
        self.timer.unset()?;
        Ok(course.slow.take().map(|slow| Ended { end, _slow: slow }))
    }

    /// Waits until whoever leads is at a collection for too long, and leads from then on.
    fn follow(&self, number: usize) -> Result<()> {
        loop {
            self.timer.wait()?;
            let mut course = lock(&self.course);
            if let Some(slow) = course.slow.take() {
                course.leader = number;
                // Whoever asked may have gone.
                let _ = slow.send(());
                return Ok(());
            }
        }
    }
}
