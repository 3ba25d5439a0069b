//! One mounted client: its children, and what they have told of its connections and mount points.

use super::history::Histories;
use super::instances::Instance;
use super::prober::{Answer, Channel, Connection, Details, Open, Question, Room, StateRead};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A client has one child, and one more while the first is stuck.
const MOST_CHANNELS: usize = 2;
/// A mount that answered before may take this long before it counts as not answering.
const GRACE: Duration = Duration::from_secs(10);

/// What is known of one mount point.
#[derive(Clone, Debug, Default)]
pub(super) struct Probe {
    /// Time of the last call that ended, in microseconds.
    pub(super) micros: Option<i64>,
    /// What it said.
    pub(super) room: Option<Result<Room, String>>,
    /// Calls that failed.
    pub(super) failures: u64,
    /// Since when one has not ended.
    stuck: Option<Duration>,
    /// Whether one has ended in this pass.
    is_told: bool,
}

impl Probe {
    /// Whether the mount answers; `None` when it was not asked in this pass, since its child is at something else.
    pub(super) fn is_up(&self) -> Option<bool> {
        match (&self.room, self.stuck) {
            (Some(room), None) => self.is_told.then(|| room.is_ok()),
            (Some(room), Some(stuck)) => Some(room.is_ok() && stuck < GRACE),
            (None, Some(_)) => Some(false),
            (None, None) => None,
        }
    }

    /// For how long a call has not ended; `None` as of [`Self::is_up`].
    pub(super) fn waits(&self) -> Option<Duration> {
        self.stuck.or_else(|| self.is_told.then_some(Duration::ZERO))
    }
}

/// One mounted client.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) channels: Vec<Channel>,
    /// Why no child could be asked.
    pub(super) trouble: Option<String>,
    /// Mount points that are not there for the child.
    pub(super) unseen: BTreeSet<PathBuf>,
    connections: Arc<[Connection]>,
    /// Their devices.
    instances: Vec<Instance>,
    /// The states that were told in this pass, in the order of the connections.
    states: Option<Vec<StateRead>>,
    previous_states: Option<Vec<StateRead>>,
    /// The details and when they were told.
    details: Option<(Instant, Vec<Details>)>,
    /// Whether they are too old to be told again.
    has_old_details: bool,
    /// By mount point.
    pub(super) probes: BTreeMap<PathBuf, Probe>,
    /// Evictions and the like, by device.
    pub(super) histories: Histories,
}

impl Open {
    /// Whether it was asked in this pass; an older one is not waited for again.
    pub(super) fn is_new(&self, now: Instant, patience: Duration) -> bool {
        now.saturating_duration_since(self.at) < patience
    }
}

impl Client {
    pub(super) fn new(since: i64) -> Self {
        Self {
            channels: Vec::new(),
            trouble: None,
            unseen: BTreeSet::new(),
            connections: Arc::default(),
            instances: Vec::new(),
            states: None,
            previous_states: None,
            details: None,
            has_old_details: false,
            probes: BTreeMap::new(),
            histories: Histories::since(since),
        }
    }

    /// Whether a connection was not there any more when its state was read.
    pub(super) fn misses_one(&self) -> bool {
        self.states.iter().flatten().any(|state| *state == StateRead::Gone)
    }

    pub(super) fn needs_details(&self, now: Instant, slow_tier: Duration) -> bool {
        let is_old = self
            .details
            .as_ref()
            .is_none_or(|(at, _)| now.saturating_duration_since(*at) >= slow_tier);
        is_old || self.states != self.previous_states
    }

    /// Asks the child that is idle; where the only one is stuck, another one.
    pub(super) fn ask(
        &mut self,
        connections: Arc<[Connection]>,
        wish: Question,
        now: Instant,
        spawn: impl Fn() -> Result<Channel, std::io::Error>,
        ending: &mut Vec<Channel>,
    ) {
        self.hear(now, ending);
        self.unseen.clear();
        self.previous_states = self.states.take();
        if connections != self.connections {
            let parse = |one: &Connection| Instance::parse(one.folder(), &one.device);
            self.instances = connections.iter().filter_map(parse).collect();
            self.details = None;
            self.previous_states = None;
            self.histories.keep_only(connections.iter().map(|one| one.device.as_str()));
        }
        self.connections = connections;
        self.probes.retain(|directory, _| wish.directories.contains(directory));
        self.probes.values_mut().for_each(|probe| probe.is_told = false);
        let mut question = wish;
        if self.channels.iter().any(|channel| channel.open.is_some()) {
            // The same calls would only make another one stuck.
            question.directories.clear();
        }
        question.details |= question.states && self.details.is_none();
        // One that has ended since it was asked the last time is known by not taking a question.
        for _ in 0..2 {
            self.trouble = None;
            let place = self.idle_channel(&spawn);
            let Some((place, channel)) =
                place.and_then(|place| Some((place, self.channels.get_mut(place)?)))
            else {
                return;
            };
            let Err(error) = channel.ask(&self.connections, &question, now) else { return };
            self.trouble = Some(format!("its child has ended: {error}"));
            ending.push(self.channels.remove(place));
        }
    }

    /// The place of a child that is not at a question, which is started where there is none.
    fn idle_channel(
        &mut self,
        spawn: impl Fn() -> Result<Channel, std::io::Error>,
    ) -> Option<usize> {
        let idle = self.channels.iter().position(|channel| channel.open.is_none());
        if idle.is_some() {
            return idle;
        }
        if self.channels.len() >= MOST_CHANNELS {
            self.trouble = Some("both of its children are stuck in the kernel".into());
            return None;
        }
        match spawn() {
            Ok(channel) => self.channels.push(channel),
            Err(error) => {
                self.trouble = Some(format!("no child can be started: {error}"));
                return None;
            }
        }
        self.channels.len().checked_sub(1)
    }

    /// Takes in what the children have said. One that has ended goes; when the first one is back,
    /// the other one is let go.
    pub(super) fn hear(&mut self, now: Instant, ending: &mut Vec<Channel>) {
        let mut channels = std::mem::take(&mut self.channels);
        let mut answers = Vec::new();
        let mut kept = Vec::with_capacity(channels.len());
        for mut channel in channels.drain(..) {
            if channel.open.is_none() {
                kept.push(channel);
                continue;
            }
            match channel.hear() {
                Ok(heard) => {
                    let is_current = channel.connections == self.connections;
                    answers.extend(heard.into_iter().map(|answer| (is_current, answer)));
                    kept.push(channel);
                }
                Err(error) => {
                    self.trouble = Some(format!("its child has ended: {error}"));
                    ending.push(channel);
                }
            }
        }
        if kept.len() > 1 && kept.first().is_some_and(|first| first.open.is_none()) {
            let place = kept.iter().rposition(|channel| channel.open.is_none()).unwrap_or_default();
            ending.push(kept.remove(place));
        }
        self.channels = kept;
        for (is_current, answer) in answers {
            self.take(answer, is_current, now);
        }
    }

    fn take(&mut self, answer: Answer, is_current: bool, now: Instant) {
        match answer {
            Answer::States(states) if is_current => self.states = Some(states),
            Answer::Details(details) if is_current => {
                for (connection, details) in self.connections.iter().zip(&details) {
                    self.histories.add(&connection.device, details.changes.as_deref());
                }
                self.details = Some((now, details));
            }
            Answer::Statvfs { directory, micros, result } => {
                let probe = self.probes.entry(directory).or_default();
                probe.micros = Some(micros);
                probe.failures += u64::from(result.is_err());
                probe.room = Some(result);
                probe.is_told = true;
            }
            Answer::Unseen(directory) => {
                self.probes.remove(&directory);
                self.unseen.insert(directory);
            }
            Answer::States(_) | Answer::Details(_) | Answer::End => {}
        }
    }

    /// Notes since when a mount has not answered, as far as its connections' files did.
    pub(super) fn note_stuck(&mut self, now: Instant, slow_tier: Duration) {
        let age = self.details.as_ref().map(|(at, _)| now.saturating_duration_since(*at));
        self.has_old_details = age.is_some_and(|age| age >= slow_tier + GRACE);
        for probe in self.probes.values_mut() {
            probe.stuck = None;
        }
        for open in self.channels.iter().filter_map(|channel| channel.open.as_ref()) {
            let since = now.saturating_duration_since(open.at);
            for directory in open.directories.iter().filter(|_| open.files_are_told) {
                self.probes.entry(directory.clone()).or_default().stuck = Some(since);
            }
            if !open.files_are_told {
                let said = "a file of its connections has not answered";
                self.trouble.get_or_insert_with(|| said.into());
            }
        }
    }

    /// Each connection, with its state if that was told in this pass, and its details.
    pub(super) fn told(
        &self,
    ) -> impl Iterator<Item = (&Connection, &Instance, Option<&StateRead>, Option<&Details>)> {
        // Each was a device before it was a connection.
        self.connections.iter().zip(&self.instances).enumerate().map(|(place, of)| {
            let (connection, instance) = of;
            let state = self.states.as_ref().and_then(|states| states.get(place));
            let details = self.details.as_ref().filter(|_| !self.has_old_details);
            let details = details.and_then(|(_, details)| details.get(place));
            (connection, instance, state, details)
        })
    }
}
