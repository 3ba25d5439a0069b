//! Places for connections: a new one never waits for those that say nothing or do not read.
//!
//! A peer may keep its connection for as long as it likes, since no timer is to wake an idle node. Only
//! when all places are taken, the one that has done nothing for the longest time has to go, and what is
//! being answered goes last.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::task::AbortHandle;

/// Places for so many connections. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Places {
    most: usize,
    table: Arc<Mutex<Table>>,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    taken: BTreeMap<u64, Taken>,
}

#[derive(Debug)]
struct Taken {
    task: Option<AbortHandle>,
    /// Whether an answer is being made. One that is made and not taken is none.
    is_answering: bool,
    since: Instant,
}

/// The place of one connection, free again when it is dropped.
#[derive(Debug)]
pub struct Place {
    number: u64,
    places: Places,
}

impl Places {
    /// All free.
    pub fn new(most: usize) -> Self {
        Self { most, table: Arc::default() }
    }

    /// A place for a new connection; where there is none, another one has to go.
    pub fn take(&self) -> Place {
        let mut table = self.lock();
        while table.taken.len() >= self.most.max(1) {
            let longest =
                table.taken.iter().min_by_key(|(_, taken)| (taken.is_answering, taken.since));
            let Some(number) = longest.map(|(number, _)| *number) else { break };
            if let Some(task) = table.taken.remove(&number).and_then(|taken| taken.task) {
                tracing::debug!("a connection is ended for a new one");
                task.abort();
            }
        }
        let number = table.next;
        table.next += 1;
        let taken = Taken { task: None, is_answering: false, since: Instant::now() };
        table.taken.insert(number, taken);
        drop(table);
        Place { number, places: self.clone() }
    }

    /// Says which task serves the connection of a place, if that has one still.
    pub fn serve(&self, number: u64, task: AbortHandle) {
        match self.lock().taken.get_mut(&number) {
            Some(taken) => taken.task = Some(task),
            None => task.abort(),
        }
    }

    /// A thread that panicked while it held the lock changes nothing about the data.
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// What [`Places::serve`] knows it by.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Notes that an answer is being made from now on, or no more.
    pub fn note(&self, is_answering: bool) {
        if let Some(taken) = self.places.lock().taken.get_mut(&self.number) {
            (taken.is_answering, taken.since) = (is_answering, Instant::now());
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.lock().taken.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_has_done_nothing_for_longest_goes_and_answers_last() {
        let places = Places::new(3);
        let connection = |place: &Place| {
            let task = tokio::spawn(std::future::pending::<()>());
            places.serve(place.number(), task.abort_handle());
            task
        };
        let taken = [places.take(), places.take(), places.take()];
        let mut tasks: Vec<_> = taken.iter().map(connection).collect();
        taken[0].note(true);
        taken[1].note(true);
        taken[1].note(false);
        // The third one has said nothing since it came, the second one was answered since.
        let fourth = places.take();
        assert!(tasks.remove(2).await.expect_err("ended").is_cancelled());
        fourth.note(true);
        let fifth = places.take();
        assert!(tasks.remove(1).await.expect_err("ended").is_cancelled());
        fifth.note(true);
        assert!(!tasks[0].is_finished());
        let sixth = places.take();
        assert!(tasks.remove(0).await.expect_err("ended").is_cancelled());
        // One that was ended before its task was known.
        sixth.note(false);
        let _seventh = places.take();
        assert!(connection(&sixth).await.expect_err("ended").is_cancelled());
        drop(fourth);
        assert_eq!(places.lock().taken.len(), 2);
    }
}
