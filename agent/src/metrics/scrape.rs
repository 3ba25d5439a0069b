//! One scrape: a collection under a deadline, and never two collections at once.
//!
//! A read that sleeps in the kernel cannot be abandoned by its thread. So the collection runs in a
//! thread of its own; when it has not ended in time, the scrape is answered with what there is, and
//! no further collection begins until the stuck one has returned: at most one thread is ever lost.

use super::collect::{Report, run_all};
use super::encode::Encoder;
use super::own::OwnMetrics;
use super::selection::Selection;
use super::sources::Sources;
use fsxlustre_mount::host::Host;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

/// Answers scrapes of one node. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Scraper {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// One permit: whoever holds it may collect.
    turn: Arc<Semaphore>,
    work: Mutex<Work>,
    own: Mutex<OwnMetrics>,
}

/// What only the collecting thread uses.
#[derive(Debug)]
struct Work {
    sources: Sources,
    encoder: Encoder,
    /// What was last said of each collector in trouble.
    said: BTreeMap<&'static str, String>,
}

/// What a collection has brought so far.
#[derive(Debug, Default)]
struct Progress {
    text: Vec<u8>,
    reports: Vec<Report>,
}

/// Locks; a thread that panicked while it held the lock changes nothing about the data.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Scraper {
    /// A scraper of this host.
    ///
    /// # Errors
    /// When the table of families has two of one name: a fault of ours.
    pub fn new(host: &Host) -> Result<Self, prometheus::Error> {
        let sources = Sources::new(host);
        let work = Work { sources, encoder: Encoder::default(), said: BTreeMap::new() };
        Ok(Self {
            shared: Arc::new(Shared {
                turn: Arc::new(Semaphore::new(1)),
                work: Mutex::new(work),
                own: Mutex::new(OwnMetrics::new()?),
            }),
        })
    }

    /// Collects and gives the text of a scrape, within `budget` whatever happens.
    ///
    /// What was not there in time is left out, with `fsxlustre_collector_success` 0 for its
    /// collector and `fsxlustre_scrape_stuck` 1.
    pub async fn scrape(&self, budget: Duration, selection: Selection) -> Vec<u8> {
        lock(&self.shared.own).count_scrape();
        self.look(budget, selection).await
    }

    /// The same for a person's eyes, not counted as a scrape.
    pub async fn look(&self, budget: Duration, selection: Selection) -> Vec<u8> {
        let deadline = Instant::now() + budget;
        let (mut progress, has_ended) = self.collect(deadline, selection).await;
        let own = lock(&self.shared.own);
        own.append(&progress.reports, selection, !has_ended, &mut progress.text);
        progress.text
    }

    async fn collect(&self, deadline: Instant, selection: Selection) -> (Progress, bool) {
        let turn = Arc::clone(&self.shared.turn).acquire_owned();
        let Ok(Ok(permit)) = timeout_at(deadline, turn).await else {
            return (Progress::default(), false);
        };
        let progress = Arc::new(Mutex::new(Progress::default()));
        let (shared, shown) = (Arc::clone(&self.shared), Arc::clone(&progress));
        let collection = tokio::task::spawn_blocking(move || {
            lock(&shared.work).run(selection, &shown);
            drop(permit);
        });
        let has_ended = matches!(timeout_at(deadline, collection).await, Ok(Ok(())));
        let progress = std::mem::take(&mut *lock(&progress));
        (progress, has_ended)
    }
}

impl Work {
    fn run(&mut self, selection: Selection, progress: &Mutex<Progress>) {
        let Self { sources, encoder, said } = self;
        run_all(sources, encoder, selection, |text, report| {
            tell(said, &report);
            let mut progress = lock(progress);
            progress.text.extend_from_slice(text);
            progress.reports.push(report);
        });
    }
}

/// Logs a trouble when it is new, and its end; not every scrape.
fn tell(said: &mut BTreeMap<&'static str, String>, report: &Report) {
    let collector = report.collector;
    match &report.verdict.trouble {
        Some(trouble) => {
            let text = trouble.to_string();
            if said.get(collector) != Some(&text) {
                let remedy = trouble.remedy();
                tracing::warn!("collector {collector} is incomplete: {text}; do: {remedy}");
                said.insert(collector, text);
            }
        }
        None => {
            if said.remove(collector).is_some() {
                tracing::info!("collector {collector} is complete again");
            }
        }
    }
}
