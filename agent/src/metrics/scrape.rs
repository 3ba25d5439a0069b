//! One scrape: a collection under a deadline, and never two collections at once.
//!
//! A read that sleeps in the kernel cannot be abandoned by its thread. So a collection runs in another
//! thread than the one that answers from its deadline on; when one has not ended in time, the scrape is
//! answered with what there is, and no further collection begins until the stuck one has returned: at most
//! that thread is ever lost. Whose thread it is, is the caller's to say: one of its own, or whoever takes
//! the collections from [`Wanted`].

use super::collect::{COLLECTORS, Collectors, Handed, Pass, Report};
use super::exposition::Collected;
use super::own::{OwnMetrics, Scraped};
use super::probers::Probers;
use super::selection::Selection;
use super::sources::Sources;
use fsxlustre_mount::host::{Host, Program, unix_seconds};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{Instant, timeout_at};

/// What is collected, and how.
#[derive(Clone, Debug)]
pub struct ScrapeSettings {
    /// The most series of the client; beyond it, whole families are left out.
    pub max_series: Option<u64>,
    /// How old what is read slowly may become.
    pub slow_tier: Duration,
    /// How long a scrape waits for file systems that do not answer.
    pub patience: Duration,
    /// `fsxlustre`, of which the children are made.
    pub program: Program,
    /// Since when evictions and broken connections count, in seconds since 1970 UTC.
    pub counts_since: i64,
}

impl Default for ScrapeSettings {
    fn default() -> Self {
        Self {
            max_series: None,
            slow_tier: Duration::from_mins(1),
            patience: Duration::from_secs(2),
            program: Program::own(),
            counts_since: i64::try_from(unix_seconds()).unwrap_or(i64::MAX),
        }
    }
}

/// Answers scrapes of one node. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Scraper {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// One permit: whoever holds it may collect.
    turn: Arc<Semaphore>,
    /// To whoever collects, which ends with this.
    requests: UnboundedSender<Request>,
    work: Mutex<Work>,
    own: Mutex<OwnMetrics>,
    /// The room of an earlier scrape's text.
    room: Mutex<Collected>,
    max_series: Option<u64>,
}

/// The collections that are wanted, one after the other.
pub(super) type Wanted = UnboundedReceiver<Request>;

/// A collection that is wanted, and what whoever asked is told of it.
#[derive(Debug)]
pub(super) struct Request {
    /// What is to be done.
    pub(super) collection: Collection,
    /// That it has ended.
    pub(super) end: oneshot::Sender<()>,
    /// That it takes long: whoever asked waits until its deadline from then on, and until then for the end
    /// alone, since a timer for each scrape would cost more than most of its files.
    pub(super) slow: oneshot::Sender<()>,
}

/// A collection.
#[derive(Debug)]
pub(super) struct Collection {
    shared: Arc<Shared>,
    pass: Pass,
    progress: Arc<Mutex<Progress>>,
    turn: OwnedSemaphorePermit,
}

/// What only a collection uses.
#[derive(Debug)]
struct Work {
    collectors: Collectors,
    /// What was last said of each collector in trouble.
    said: BTreeMap<&'static str, String>,
}

/// Why there is no scraper.
#[derive(Debug, thiserror::Error)]
pub enum ScraperError {
    /// The thread that collects.
    #[error("no thread can be started")]
    Thread(#[from] std::io::Error),
    /// The service's own metrics.
    #[error("metrics cannot be registered")]
    Metrics(#[from] prometheus::Error),
}

/// What a collection has brought so far.
#[derive(Debug, Default)]
struct Progress {
    collected: Collected,
    reports: Vec<Report>,
}

/// Locks; a thread that panicked while it held the lock changes nothing about the data.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Scraper {
    /// A scraper of this host, with a thread that collects.
    ///
    /// # Errors
    /// When no thread can be started, or the table of families has two of one name: a fault of ours.
    pub fn new(host: &Host, settings: &ScrapeSettings) -> Result<Self, ScraperError> {
        let (scraper, mut wanted) = Self::without_thread(host, settings)?;
        let collect_all = move || {
            while let Some(Request { collection, end, slow }) = wanted.blocking_recv() {
                drop(slow);
                collection.run();
                // Whoever asked may have given up.
                let _ = end.send(());
            }
        };
        std::thread::Builder::new().name("collect".into()).spawn(collect_all)?;
        Ok(scraper)
    }

    /// A scraper of this host for a caller that runs what is wanted.
    ///
    /// # Errors
    /// When the table of families has two of one name: a fault of ours.
    pub(super) fn without_thread(
        host: &Host,
        settings: &ScrapeSettings,
    ) -> Result<(Self, Wanted), ScraperError> {
        let (requests, wanted) = unbounded_channel();
        let probers = Probers::new(host, settings);
        let collectors = Collectors::new(Sources::new(host), probers, settings.slow_tier);
        let shared = Shared {
            turn: Arc::new(Semaphore::new(1)),
            requests,
            room: Mutex::default(),
            work: Mutex::new(Work { collectors, said: BTreeMap::new() }),
            own: Mutex::new(OwnMetrics::new()?),
            max_series: settings.max_series,
        };
        Ok((Self { shared: Arc::new(shared) }, wanted))
    }

    /// Collects and gives the text of a scrape, within `budget` whatever happens.
    ///
    /// What was not there in time is left out, with `fsxlustre_collector_success` 0 for its
    /// collector and `fsxlustre_scrape_stuck` 1.
    pub async fn scrape(&self, budget: Duration, collectors: Selection) -> Vec<u8> {
        lock(&self.shared.own).count_scrape();
        self.look(budget, collectors).await
    }

    /// The same for a person's eyes, not counted as a scrape.
    pub async fn look(&self, budget: Duration, collectors: Selection) -> Vec<u8> {
        let deadline = Instant::now() + budget;
        let (mut progress, has_ended) = self.collect(collectors, deadline).await;
        let mut text = Vec::new();
        let exposed = progress.collected.write(self.shared.max_series, &mut text);
        let scraped = Scraped {
            collectors: &collectors,
            reports: &progress.reports,
            is_stuck: !has_ended,
            exposed: &exposed,
        };
        lock(&self.shared.own).append(&scraped, &mut text);
        progress.collected.clear();
        *lock(&self.shared.room) = progress.collected;
        text
    }

    async fn collect(&self, collectors: Selection, deadline: Instant) -> (Progress, bool) {
        let turn = Arc::clone(&self.shared.turn).acquire_owned();
        let Ok(Ok(turn)) = timeout_at(deadline, turn).await else {
            return (Progress::default(), false);
        };
        let collected = std::mem::take(&mut *lock(&self.shared.room));
        // One more is of the sources.
        let reports = Vec::with_capacity(COLLECTORS.len() + 1);
        let progress = Arc::new(Mutex::new(Progress { collected, reports }));
        let left = deadline.saturating_duration_since(Instant::now());
        let (end, mut ended) = oneshot::channel();
        let (slow, is_slow) = oneshot::channel();
        let collection = Collection {
            shared: Arc::clone(&self.shared),
            // The last part of the time is for what has to be written.
            pass: Pass { collectors, deadline: (deadline - left / 5).into_std() },
            progress: Arc::clone(&progress),
            turn,
        };
        let is_wanted = self.shared.requests.send(Request { collection, end, slow }).is_ok();
        let has_ended = is_wanted
            && tokio::select! {
                biased;
                told = &mut ended => told.is_ok(),
                _ = is_slow => matches!(timeout_at(deadline, ended).await, Ok(Ok(()))),
            };
        let progress = std::mem::take(&mut *lock(&progress));
        (progress, has_ended)
    }
}

impl Collection {
    /// Collects. It may sleep in the kernel for as long as that likes.
    pub(super) fn run(self) {
        let Self { shared, pass, progress, turn } = self;
        lock(&shared.work).run(&pass, &progress);
        drop(turn);
    }
}

impl Work {
    fn run(&mut self, pass: &Pass, progress: &Mutex<Progress>) {
        let Self { collectors, said } = self;
        collectors.run(pass, |handed, report| {
            tell(said, &report);
            let mut progress = lock(progress);
            match handed {
                Handed::Encoder(encoder) => progress.collected.take(encoder),
                Handed::Samples(text, parts) => progress.collected.copy((text, parts)),
            }
            progress.reports.push(report);
        });
    }
}

/// Logs a trouble when it is new, and its end; not every scrape.
fn tell(said: &mut BTreeMap<&'static str, String>, report: &Report) {
    let collector = report.collector;
    match &report.trouble {
        Some((text, remedy)) => {
            if said.get(collector) != Some(text) {
                tracing::warn!("collector {collector} is incomplete: {text}; do: {remedy}");
                said.insert(collector, text.clone());
            }
        }
        None => {
            if said.remove(collector).is_some() {
                tracing::info!("collector {collector} is complete again");
            }
        }
    }
}
