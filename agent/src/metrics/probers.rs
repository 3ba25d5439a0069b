//! What the children know: asked at the begin of a pass, told at its end. Each mounted client has one.

use super::client_key::ClientKey;
use super::collect::Pass;
use super::encode::Encoder;
use super::families::STUCK_READS;
use super::history::Histories;
use super::instances::{Folder, Instance};
use super::mounts::lustre_mounts;
use super::prober::{Answer, Channel, Connection, Details, Open, Question, Room, StateRead};
use super::scrape::ScrapeSettings;
use super::sources::Sources;
use super::verdict::{SourceError, Verdict};
use fsxlustre_mount::host::{Host, Program};
use nix::poll::{PollTimeout, poll};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
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
    pub(super) stuck: Option<Duration>,
}

impl Probe {
    /// Whether the mount answers; `None` when it was never asked.
    pub(super) fn is_up(&self) -> Option<bool> {
        match (&self.room, self.stuck) {
            (Some(room), None) => Some(room.is_ok()),
            (Some(room), Some(stuck)) => Some(room.is_ok() && stuck < GRACE),
            (None, Some(_)) => Some(false),
            (None, None) => None,
        }
    }
}

/// One mounted client.
#[derive(Debug)]
pub(super) struct Client {
    channels: Vec<Channel>,
    /// Why no child could be asked.
    trouble: Option<String>,
    /// Mount points that are not there for the child.
    unseen: BTreeSet<PathBuf>,
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

/// The connections of each client: all of osc, then all of mdc.
type Connections = BTreeMap<ClientKey, Arc<[Connection]>>;

/// The connections of the devices that were listed last.
#[derive(Debug, Default)]
struct Listed {
    devices: [Arc<[Instance]>; 2],
    connections: Arc<Connections>,
}

/// The children of this node.
#[derive(Debug)]
pub(super) struct Probers {
    host: Host,
    program: Program,
    patience: Duration,
    slow_tier: Duration,
    clients: BTreeMap<ClientKey, Client>,
    listed: Listed,
    /// What is counted has happened since then, in seconds since 1970 UTC.
    since: i64,
    /// Children that were told to end.
    ending: Vec<Channel>,
    deadline: Instant,
    was_waited: bool,
    /// Why something is not known at all.
    unlisted: Option<SourceError>,
}

impl Probers {
    /// None yet.
    pub(super) fn new(host: &Host, settings: &ScrapeSettings) -> Self {
        Self {
            host: host.clone(),
            program: settings.program.clone(),
            patience: settings.patience,
            slow_tier: settings.slow_tier,
            since: settings.counts_since,
            clients: BTreeMap::new(),
            listed: Listed::default(),
            ending: Vec::new(),
            deadline: Instant::now(),
            was_waited: false,
            unlisted: None,
        }
    }

    /// Asks every client of this pass.
    pub(super) fn ask(&mut self, sources: &mut Sources, pass: &Pass) {
        let now = Instant::now();
        self.deadline = pass.deadline.min(now + self.patience);
        self.was_waited = false;
        self.unlisted = None;
        let asks_states = pass.collectors.has("import") || pass.collectors.has("import_targets");
        let asks_room = pass.collectors.has("probe");
        if !asks_states && !asks_room {
            return;
        }
        let connections = self.connections(sources);
        let mounts = self.mount_points(asks_room, sources);
        self.ending.retain_mut(|channel| !channel.end());
        let is_gone = |key: &ClientKey| !connections.contains_key(key) && !mounts.contains_key(key);
        for (_, gone) in self.clients.extract_if(.., |key, _| is_gone(key)) {
            self.ending.extend(gone.channels);
        }
        let keys: BTreeSet<&ClientKey> = connections.keys().chain(mounts.keys()).collect();
        for key in keys {
            let client = self.clients.entry(key.clone()).or_insert_with(|| Client::new(self.since));
            let wish = Question {
                connections: None,
                states: asks_states,
                details: asks_states && client.needs_details(now, self.slow_tier),
                directories: mounts.get(key).cloned().unwrap_or_default(),
            };
            let spawn = || Channel::start(&self.host, &self.program);
            let connections = connections.get(key).cloned().unwrap_or_default();
            client.ask(connections, wish, now, spawn, &mut self.ending);
        }
    }

    fn connections(&mut self, sources: &mut Sources) -> Arc<Connections> {
        let devices = [Folder::Osc, Folder::Mdc].map(|folder| {
            sources.devices(folder).unwrap_or_else(|error| {
                self.unlisted.get_or_insert(error);
                Arc::default()
            })
        });
        // Devices that are the same are listed as the same.
        let is_same = |(now, before): (&Arc<_>, &Arc<_>)| Arc::ptr_eq(now, before);
        if !devices.iter().zip(&self.listed.devices).all(is_same) {
            let connections = Arc::new(by_client(&devices));
            self.listed = Listed { devices, connections };
        }
        Arc::clone(&self.listed.connections)
    }

    /// The mount points of each client, as this process has to call them.
    fn mount_points(
        &mut self,
        are_wanted: bool,
        sources: &mut Sources,
    ) -> BTreeMap<ClientKey, Vec<PathBuf>> {
        let mut all: BTreeMap<ClientKey, Vec<PathBuf>> = BTreeMap::new();
        if !are_wanted {
            return all;
        }
        let clients = sources.devices(Folder::Llite).unwrap_or_else(|_| Arc::from([]));
        match sources.mounts() {
            Ok(table) => {
                for (fs, mount) in lustre_mounts(&self.host, &table) {
                    let key = ClientKey::of_mount(&self.host, &clients, fs, mount);
                    let list = all.entry(key).or_default();
                    if !list.contains(&mount.directory) {
                        list.push(mount.directory.clone());
                    }
                }
            }
            Err(error) => drop(self.unlisted.get_or_insert(error.into())),
        }
        let rootfs = self.host.paths.rootfs.clone();
        for directory in all.values_mut().flatten() {
            let below_root = directory.strip_prefix("/").map(Path::to_owned);
            *directory = below_root.map_or_else(|_| directory.clone(), |below| rootfs.join(below));
        }
        all
    }

    /// The path of a mount point in mountinfo, from what a child was asked.
    pub(super) fn shown<'d>(&self, directory: &'d Path) -> std::borrow::Cow<'d, str> {
        let shown = directory.strip_prefix(&self.host.paths.rootfs).unwrap_or(directory);
        match shown.to_string_lossy() {
            shown if shown.starts_with('/') => shown,
            shown => format!("/{shown}").into(),
        }
    }

    /// Waits until all have answered, or until there is no more time. Once a pass.
    pub(super) fn wait(&mut self) {
        if std::mem::replace(&mut self.was_waited, true) {
            return;
        }
        loop {
            let now = Instant::now();
            for client in self.clients.values_mut() {
                client.hear(now, &mut self.ending);
            }
            let left = self.deadline.saturating_duration_since(now);
            let channels = self.clients.values().flat_map(|one| &one.channels);
            let mut polled: Vec<_> = channels
                .filter(|channel| {
                    channel.open.as_ref().is_some_and(|open| open.is_new(now, self.patience))
                })
                .map(Channel::poll)
                .collect();
            if left.is_zero() || polled.is_empty() {
                break;
            }
            let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO);
            if poll(&mut polled, timeout).is_err() {
                break;
            }
        }
        let now = Instant::now();
        for client in self.clients.values_mut() {
            client.note_stuck(now, self.slow_tier);
        }
    }

    /// The clients with what was told of them, after [`Self::wait`], by file system.
    pub(super) fn clients(&mut self, verdict: &mut Verdict) -> &BTreeMap<ClientKey, Client> {
        self.wait();
        if let Some(error) = self.unlisted.take() {
            verdict.note(error);
        }
        for (key, client) in &self.clients {
            if let Some(because) = client.trouble.clone() {
                verdict.note(SourceError::NotAnswered { fs: key.fs.clone(), because });
            }
        }
        &self.clients
    }

    /// Every mount point that is not there for the child that was asked, with its file system.
    pub(super) fn unseen(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.clients.iter().flat_map(|(key, client)| {
            client.unseen.iter().map(|directory| (key.fs.as_str(), directory.as_path()))
        })
    }

    /// Every mount point that was asked, with its file system.
    pub(super) fn probed(&self) -> impl Iterator<Item = (&str, &Path, &Probe)> {
        self.clients.iter().flat_map(|(key, client)| {
            let probes = client.probes.iter();
            probes.map(|(directory, probe)| (key.fs.as_str(), directory.as_path(), probe))
        })
    }

    /// Writes how many children are stuck.
    pub(super) fn tell_stuck(&mut self, encoder: &mut Encoder) {
        let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
        for (key, client) in &self.clients {
            let stuck = client.channels.iter().filter(|channel| channel.open.is_some());
            *sums.entry(&key.fs).or_default() += u64::try_from(stuck.count()).unwrap_or_default();
        }
        let mut family = encoder.family(&STUCK_READS);
        for (fs, stuck) in sums {
            family.sample([fs], stuck);
        }
    }
}

fn by_client([osc, mdc]: &[Arc<[Instance]>; 2]) -> Connections {
    let mut all: BTreeMap<ClientKey, Vec<Connection>> = BTreeMap::new();
    for (is_mdc, devices) in [(false, osc), (true, mdc)] {
        for device in devices.iter() {
            let connection = Connection { is_mdc, device: device.name.clone() };
            all.entry(ClientKey::of(device)).or_default().push(connection);
        }
    }
    all.into_iter().map(|(key, connections)| (key, connections.into())).collect()
}

impl Open {
    /// Whether it was asked in this pass; an older one is not waited for again.
    fn is_new(&self, now: Instant, patience: Duration) -> bool {
        now.saturating_duration_since(self.at) < patience
    }
}

impl Client {
    fn new(since: i64) -> Self {
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

    fn needs_details(&self, now: Instant, slow_tier: Duration) -> bool {
        let is_old = self
            .details
            .as_ref()
            .is_none_or(|(at, _)| now.saturating_duration_since(*at) >= slow_tier);
        is_old || self.states != self.previous_states
    }

    /// Asks the child that is idle; where the only one is stuck, another one.
    fn ask(
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
            let Err(error) = channel.ask(&self.connections, question.clone(), now) else { return };
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
    fn hear(&mut self, now: Instant, ending: &mut Vec<Channel>) {
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
            }
            Answer::Unseen(directory) => {
                self.probes.remove(&directory);
                self.unseen.insert(directory);
            }
            Answer::States(_) | Answer::Details(_) | Answer::End => {}
        }
    }

    /// Notes since when a mount has not answered, as far as its connections' files did.
    fn note_stuck(&mut self, now: Instant, slow_tier: Duration) {
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

impl Drop for Probers {
    fn drop(&mut self) {
        let channels = self.clients.values_mut().flat_map(|one| one.channels.iter_mut());
        for channel in channels.chain(&mut self.ending) {
            channel.end();
        }
    }
}
