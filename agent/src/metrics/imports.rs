//! The connections to targets: `osc/*/ost_server_uuid` and `mdc/*/mds_server_uuid`.
//!
//! The cheapest file that has a connection's state. It is expected to answer at once even while no
//! server does, and may sleep while a file system is being unmounted: so a child reads it.

use super::encode::Encoder;
use super::families::{
    CONNECTION_ATTEMPTS, DISCONNECTS, EVICTIONS, Family, IMPORT_INFO, IMPORT_STATE, IMPORT_UP,
    IMPORTS, LAST_EVICTION, REQUEST_TIMEOUTS, SERVICE_ESTIMATE, TARGET_ATTEMPTS,
    TARGET_DISCONNECTS, TARGET_EVICTIONS, TARGET_GENERATION, TARGET_IDLE, TARGET_INFLIGHT,
    TARGET_NETWORK_ESTIMATE, TARGET_SERVICE_ESTIMATE, TARGET_TIMEOUTS,
};
use super::history::History;
use super::import_state::{Import, WORDS, parse};
use super::instances::Folder;
use super::mounted_client::Client;
use super::prober::{Details, StateRead};
use super::probers::Probers;
use super::reading::both;
use super::sources::{DeviceFile, Sources};
use super::verdict::{SourceError, Verdict};
use fsxlustre_mount::host::Host;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One connection, for who asks outside of a scrape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportState {
    /// Lustre's name of the file system.
    pub fs: String,
    /// `mdc` or `osc`.
    pub kind: String,
    /// `MDT0000`, `OST0001`.
    pub target: String,
    /// `FULL`, `IDLE`, …, `DEACTIVATED`; `None` while it is not read, or when it is not understood.
    pub state: Option<String>,
}

/// Tells every connection of this node with a number, first all without their states, then each
/// again as it is read: a file may sleep, so whoever listens must make do with what was told before.
///
/// # Errors
/// Why the connections cannot be listed.
pub fn tell_imports(host: &Host, tell: &mut dyn FnMut(usize, &ImportState)) -> Result<(), String> {
    let mut sources = Sources::new(host);
    let mut all = Vec::new();
    for (folder, name) in [(Folder::Mdc, "mds_server_uuid"), (Folder::Osc, "ost_server_uuid")] {
        let devices = sources.devices(folder).map_err(|error| error.to_string())?;
        for device in devices.iter() {
            let import = ImportState {
                fs: device.fs().to_owned(),
                kind: folder.name().to_owned(),
                target: device.target().to_owned(),
                state: None,
            };
            tell(all.len(), &import);
            all.push((DeviceFile::new(folder, name), device.clone(), import));
        }
    }
    for (number, (mut file, device, mut import)) in all.into_iter().enumerate() {
        let read = sources.read(&mut file, &device).ok().flatten().and_then(parse);
        import.state = read.map(|read| read.word().to_owned());
        tell(number, &import);
    }
    Ok(())
}

/// Sums over the connections of a file system and kind. `None` when one of them is unknown: a sum
/// that misses one would be wrong.
#[derive(Debug)]
struct RollUp {
    states: Option<[u64; WORDS.len()]>,
    evictions: Option<u64>,
    disconnects: Option<u64>,
    last_eviction: Option<i64>,
    attempts: Option<i64>,
    timeouts: Option<i64>,
    service_seconds: Option<i64>,
}

impl RollUp {
    const NOTHING: Self = Self {
        states: Some([0; WORDS.len()]),
        evictions: Some(0),
        disconnects: Some(0),
        last_eviction: None,
        attempts: Some(0),
        timeouts: Some(0),
        service_seconds: None,
    };

    fn add(
        &mut self,
        import: Option<Import>,
        details: Option<&Details>,
        history: Option<&History>,
    ) {
        let place = import.and_then(|import| self.states.as_mut()?.get_mut(import.place()));
        match place {
            Some(count) => *count += 1,
            None => self.states = None,
        }
        let history = history.filter(|_| details.is_some_and(|told| told.changes.is_some()));
        let more = |sum: Option<u64>, part: Option<u64>| sum?.checked_add(part?);
        self.evictions = more(self.evictions, history.map(|history| history.evictions));
        self.disconnects = more(self.disconnects, history.map(|history| history.disconnects));
        self.last_eviction = self.last_eviction.max(history.and_then(|one| one.last_eviction));
        let file = details.and_then(|told| told.import.as_ref());
        self.attempts = both(self.attempts, file.and_then(|file| file.attempts));
        self.timeouts = both(self.timeouts, file.and_then(|file| file.timeouts));
        self.service_seconds = self.service_seconds.max(file.and_then(|file| file.service_seconds));
    }
}

/// A target with the states of its connections, one for each client that has it; `None` is one that
/// is not known.
type Targets<'p> = BTreeMap<(&'static str, &'p str), Vec<Option<Import>>>;

/// What was told of the clients of one file system.
#[derive(Debug, Default)]
struct Found<'p> {
    targets: Targets<'p>,
    roll_ups: BTreeMap<&'static str, RollUp>,
}

impl<'p> Found<'p> {
    /// By file system.
    fn by_file_system(probers: &'p mut Probers, verdict: &mut Verdict) -> BTreeMap<&'p str, Self> {
        let mut all: BTreeMap<&str, Self> = BTreeMap::new();
        for (key, client) in probers.clients(verdict) {
            all.entry(&key.fs).or_default().add(client, verdict);
        }
        all
    }

    fn add(&mut self, client: &'p Client, verdict: &mut Verdict) {
        for (connection, instance, state, details) in client.told() {
            let kind = connection.folder().name();
            let import = match state {
                Some(StateRead::Gone) => continue,
                Some(StateRead::Is(import)) => Some(*import),
                Some(StateRead::Unknown) => {
                    verdict.oddities += 1;
                    None
                }
                Some(StateRead::Refused(said, remedy)) => {
                    let (said, remedy) = (said.clone(), remedy.clone());
                    verdict.note(SourceError::Told { said, remedy });
                    None
                }
                None => None,
            };
            let history = client.histories.of(&connection.device);
            let roll_up = self.roll_ups.entry(kind).or_insert(RollUp::NOTHING);
            roll_up.add(import, details, history);
            self.targets.entry((kind, instance.target())).or_default().push(import);
        }
    }
}

/// Whether a target is fit for use by every client of the node. One that is not known leaves that
/// open, unless another one is known to be unfit.
fn are_up(imports: &[Option<Import>]) -> Option<bool> {
    if imports.iter().flatten().any(|import| !import.is_up()) {
        return Some(false);
    }
    imports.iter().all(Option::is_some).then_some(true)
}

/// The collector of states and of what the connections of a file system add up to.
///
/// *Source*: `osc/*/ost_server_uuid`, `mdc/*/mds_server_uuid`; every minute `state` and `import`.
pub(super) fn collect(probers: &mut Probers, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    let all = Found::by_file_system(probers, &mut verdict);
    encode_states(&all, encoder);
    encode_sums(&all, encoder);
    verdict
}

fn encode_states(all: &BTreeMap<&str, Found<'_>>, encoder: &mut Encoder) {
    let mut up = encoder.family(&IMPORT_UP);
    for (fs, found) in all {
        for ((kind, target), imports) in &found.targets {
            up.sample_if([fs, target, kind], are_up(imports));
        }
    }
    let mut state = encoder.family(&IMPORT_STATE);
    for (fs, found) in all {
        for ((kind, target), imports) in &found.targets {
            for word in WORDS {
                if imports.iter().flatten().any(|import| import.word() == word) {
                    state.sample([fs, target, kind, word], true);
                }
            }
        }
    }
    let mut imports = encoder.family(&IMPORTS);
    for (fs, found) in all {
        for (kind, roll_up) in &found.roll_ups {
            for (word, count) in WORDS.iter().zip(roll_up.states.iter().flatten()) {
                imports.sample([fs, kind, word], *count);
            }
        }
    }
}

fn encode_sums(all: &BTreeMap<&str, Found<'_>>, encoder: &mut Encoder) {
    type Get = fn(&RollUp) -> Option<i64>;
    for (family, get) in [
        (&EVICTIONS, (|one| one.evictions.and_then(|n| n.try_into().ok())) as Get),
        (&DISCONNECTS, |one| one.disconnects.and_then(|n| n.try_into().ok())),
        (&LAST_EVICTION, |one| one.last_eviction),
        (&CONNECTION_ATTEMPTS, |one| one.attempts),
        (&REQUEST_TIMEOUTS, |one| one.timeouts),
        (&SERVICE_ESTIMATE, |one| one.service_seconds),
    ] {
        let mut samples = encoder.family(family);
        for (fs, found) in all {
            for (kind, roll_up) in &found.roll_ups {
                samples.sample_if([fs, kind], get(roll_up));
            }
        }
    }
}

/// A number of one connection.
type GetNumber = fn(&Details, &History) -> Option<i64>;
/// What the numbers of two clients' connections to one target come to.
type Join = fn(Option<i64>, Option<i64>) -> Option<i64>;

/// What each connection has to tell. Counts add up; of times the longest is told.
const EACH: [(&Family<3>, GetNumber, Join); 9] = [
    (&TARGET_EVICTIONS, |_, past| past.evictions.try_into().ok(), both),
    (&TARGET_DISCONNECTS, |_, past| past.disconnects.try_into().ok(), both),
    (&TARGET_ATTEMPTS, |told, _| told.import.as_ref()?.attempts, both),
    (&TARGET_GENERATION, |told, _| told.import.as_ref()?.generation, Option::max),
    (&TARGET_TIMEOUTS, |told, _| told.import.as_ref()?.timeouts, both),
    (&TARGET_INFLIGHT, |told, _| told.import.as_ref()?.inflight, both),
    (&TARGET_IDLE, |told, _| told.import.as_ref()?.idle_seconds, Option::max),
    (&TARGET_SERVICE_ESTIMATE, |told, _| told.import.as_ref()?.service_seconds, Option::max),
    (&TARGET_NETWORK_ESTIMATE, |told, _| told.network_seconds, Option::max),
];

/// The collector of what each connection has to tell; off unless asked for.
///
/// *Source*: `import`, `state` and `timeouts` of `osc/*` and `mdc/*`, every minute.
pub(super) fn collect_each(probers: &mut Probers, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    let clients = probers.clients(&mut verdict);
    let mut info = encoder.family(&IMPORT_INFO);
    let mut seen = BTreeSet::new();
    for (key, client) in clients {
        for (connection, instance, _, details) in client.told() {
            let file = details.and_then(|told| told.import.as_ref());
            let Some(nid) = file.and_then(|file| file.nid.as_deref()) else { continue };
            let version = file.and_then(|file| file.server_version.as_deref()).unwrap_or_default();
            let target = instance.target();
            let kind = connection.folder().name();
            // Two clients of one file system have the same servers.
            if seen.insert((&key.fs, target, kind, nid, version)) {
                info.sample([&key.fs, target, kind, nid, version], true);
            }
        }
    }
    for (family, get, join) in EACH {
        let mut samples = encoder.family(family);
        let mut joined: BTreeMap<(&str, &str, &str), Option<i64>> = BTreeMap::new();
        for (key, client) in clients {
            for (connection, instance, _, details) in client.told() {
                let history = client.histories.of(&connection.device);
                let value = details.zip(history).and_then(|(told, past)| get(told, past));
                let (kind, target) = (connection.folder().name(), instance.target());
                let place = joined.entry((&key.fs, kind, target));
                place.and_modify(|one| *one = join(*one, value)).or_insert(value);
            }
        }
        for ((fs, kind, target), value) in &joined {
            samples.sample_if([fs, target, kind], *value);
        }
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_up_when_every_client_says_so() {
        let [up, down] = ["x\tFULL", "x\tDISCONN"].map(|text| parse(text.as_bytes()));
        for (imports, want) in [
            (vec![up], Some(true)),
            (vec![up, down], Some(false)),
            (vec![down, None], Some(false)),
            (vec![up, None], None),
            (vec![None], None),
        ] {
            assert_eq!(are_up(&imports), want, "{imports:?}");
        }
    }
}
