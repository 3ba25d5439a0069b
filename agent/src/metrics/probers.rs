//! What the children know: asked at the begin of a pass, told at its end. Each mounted client has one.

use super::client_key::ClientKey;
use super::collect::Pass;
use super::encode::Encoder;
use super::families::STUCK_READS;
use super::instances::{Folder, Instance};
use super::mounted_client::{Client, Probe};
use super::mounts::below;
use super::prober::{Channel, Connection, Question};
use super::scrape::ScrapeSettings;
use super::sources::Sources;
use super::verdict::{SourceError, Verdict};
use fsxlustre_mount::host::{Host, Mount, Program};
use nix::poll::{PollTimeout, poll};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

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
    /// Mount points of the node that this service's namespace has not, with their file systems.
    not_propagated: Vec<(String, PathBuf)>,
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
            not_propagated: Vec::new(),
            unlisted: None,
        }
    }

    /// Asks every client of this pass.
    pub(super) fn ask(&mut self, sources: &mut Sources, pass: &Pass) {
        let now = Instant::now();
        self.deadline = pass.deadline.min(now + self.patience);
        self.was_waited = false;
        self.unlisted = None;
        self.not_propagated.clear();
        let asks_states = pass.collectors.has("import") || pass.collectors.has("import_targets");
        let asks_room = pass.collectors.has("probe");
        if !asks_states && !asks_room {
            return;
        }
        if self.clients.values().any(Client::misses_one) {
            sources.note_one_gone();
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
            Ok(mounts) => {
                let called = |mount: &Mount| below(&self.host.paths.rootfs, &mount.directory);
                for (fs, mount) in mounts.reached() {
                    let key = ClientKey::of_mount(&self.host, &clients, fs, mount);
                    all.entry(key).or_default().push(called(mount));
                }
                let unseen = mounts.unseen().map(|(fs, mount)| (fs.to_owned(), called(mount)));
                self.not_propagated = unseen.collect();
            }
            Err(error) => drop(self.unlisted.get_or_insert(error.into())),
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

    /// Every mount that this service's namespace has not, with its file system.
    pub(super) fn not_propagated(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.not_propagated.iter().map(|(fs, directory)| (fs.as_str(), directory.as_path()))
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

impl Drop for Probers {
    fn drop(&mut self) {
        let channels = self.clients.values_mut().flat_map(|one| one.channels.iter_mut());
        for channel in channels.chain(&mut self.ending) {
            channel.end();
        }
    }
}
