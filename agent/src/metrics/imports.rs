//! The connections to targets: `osc/*/ost_server_uuid` and `mdc/*/mds_server_uuid`.
//!
//! The cheapest file that has a connection's state. It is expected to answer at once even while no
//! server does, and may sleep while a file system is being unmounted: so this collector is the last.

use super::encode::Encoder;
use super::families::{IMPORT_STATE, IMPORT_UP, IMPORTS};
use super::instances::{Folder, Instance};
use super::sources::{DeviceFile, SourceError, Sources, Verdict};
use fsxlustre_mount::host::Host;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The states of a connection, in the kernel's order.
const STATES: [&str; 11] = [
    "CLOSED",
    "NEW",
    "DISCONN",
    "CONNECTING",
    "REPLAY",
    "REPLAY_LOCKS",
    "REPLAY_WAIT",
    "RECOVER",
    "FULL",
    "EVICTED",
    "IDLE",
];

/// What a connection's file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Import {
    /// Index into [`STATES`].
    state: usize,
    is_deactivated: bool,
}

impl Import {
    /// IDLE is healthy: it was closed for want of work and comes back with the next request.
    fn is_up(self) -> bool {
        let state = STATES.get(self.state).copied().unwrap_or_default();
        matches!(state, "FULL" | "IDLE") && !self.is_deactivated
    }

    /// Its state, or that an administrator has switched it off, which is more.
    fn word(self) -> &'static str {
        let state = STATES.get(self.state).copied().unwrap_or_default();
        if self.is_deactivated { "DEACTIVATED" } else { state }
    }
}

/// Parses `<target>_UUID\t<STATE>[\tDEACTIVATED]`; `None` when the state is not known.
pub(super) fn parse(text: &[u8]) -> Option<Import> {
    let text = std::str::from_utf8(text).ok()?;
    let mut words = text.trim_end().split('\t').skip(1).map(str::trim);
    let state = words.next()?;
    let state = STATES.iter().position(|known| *known == state)?;
    let is_deactivated = match words.next() {
        None => false,
        Some("DEACTIVATED") => true,
        Some(_) => return None,
    };
    Some(Import { state, is_deactivated })
}

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

/// One target, with what each of its connections said: one for each client that has it.
#[derive(Debug)]
struct Target {
    kind: &'static str,
    devices: Arc<[Instance]>,
    index: usize,
    imports: Vec<Import>,
}

impl Target {
    fn labels(&self) -> [&str; 3] {
        let device = self.devices.get(self.index);
        [device.map_or("", Instance::fs), device.map_or("", Instance::target), self.kind]
    }
}

/// Connections by state, for each file system and kind. `None` when one of them is unknown: a
/// count that misses one would be wrong.
type RollUp = BTreeMap<(String, &'static str), Option<[u64; STATES.len()]>>;

/// All connections of this node.
#[derive(Debug, Default)]
struct Found {
    targets: Vec<Target>,
    roll_up: RollUp,
}

/// The collector.
///
/// *Source*: `osc/*/ost_server_uuid`, `mdc/*/mds_server_uuid`.
pub(super) fn collect(sources: &mut Sources, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    let mut found = Found::default();
    for (folder, name) in [(Folder::Osc, "ost_server_uuid"), (Folder::Mdc, "mds_server_uuid")] {
        let file = DeviceFile::new(folder, name);
        if let Err(error) = found.add_folder(sources, folder, file, &mut verdict) {
            verdict.note(error);
        }
    }
    found.encode(encoder);
    verdict
}

impl Found {
    fn add_folder(
        &mut self,
        sources: &mut Sources,
        folder: Folder,
        mut file: DeviceFile,
        verdict: &mut Verdict,
    ) -> Result<(), SourceError> {
        let devices = sources.devices(folder)?;
        let mut index = 0;
        for clients in devices.chunk_by(Instance::has_same_target) {
            let mut imports = Vec::with_capacity(clients.len());
            for client in clients {
                let import = match sources.read(&mut file, client) {
                    Ok(Some(text)) => parse(text),
                    Ok(None) => continue,
                    Err(error) => {
                        verdict.note(error);
                        self.count(client.fs(), folder.name(), None);
                        continue;
                    }
                };
                verdict.oddities += u64::from(import.is_none());
                self.count(client.fs(), folder.name(), import);
                imports.extend(import);
            }
            let devices = Arc::clone(&devices);
            self.targets.push(Target { kind: folder.name(), devices, index, imports });
            index += clients.len();
        }
        Ok(())
    }

    fn count(&mut self, fs: &str, kind: &'static str, import: Option<Import>) {
        let key = (fs.to_owned(), kind);
        let counts = self.roll_up.entry(key).or_insert(Some([0; STATES.len()]));
        let place = import.and_then(|import| counts.as_mut()?.get_mut(import.state));
        match place {
            Some(count) => *count += 1,
            None => *counts = None,
        }
    }

    fn encode(&self, encoder: &mut Encoder) {
        let mut up = encoder.family(&IMPORT_UP);
        for target in self.targets.iter().filter(|target| !target.imports.is_empty()) {
            up.sample(target.labels(), target.imports.iter().all(|import| import.is_up()));
        }
        let mut state = encoder.family(&IMPORT_STATE);
        for target in &self.targets {
            let [fs, name, kind] = target.labels();
            for (index, word) in STATES.iter().enumerate() {
                if target.imports.iter().any(|import| import.state == index) {
                    state.sample([fs, name, kind, word], true);
                }
            }
        }
        let mut imports = encoder.family(&IMPORTS);
        for ((fs, kind), counts) in &self.roll_up {
            for (word, count) in STATES.iter().zip(counts.iter().flatten()) {
                imports.sample([fs, kind, word], *count);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_the_captures_and_of_the_source_are_read() {
        for (text, state, up) in [
            ("p7lsxbev-OST0000_UUID\tFULL\n", "FULL", true),
            ("p7lsxbev-OST0000_UUID\tIDLE\n", "IDLE", true),
            ("p7lsxbev-OST0000_UUID\tCONNECTING\n", "CONNECTING", false),
            ("p7lsxbev-MDT0001_UUID\tDISCONN\n", "DISCONN", false),
            ("p7lsxbev-OST0002_UUID\tDISCONN\tDEACTIVATED\n", "DISCONN", false),
            ("p7lsxbev-OST0002_UUID\tFULL\tDEACTIVATED\n", "FULL", false),
            ("x\tREPLAY_LOCKS", "REPLAY_LOCKS", false),
        ] {
            let import = parse(text.as_bytes()).expect(text);
            assert_eq!((STATES[import.state], import.is_up()), (state, up), "{text}");
        }
    }

    #[test]
    fn what_is_not_known_is_no_state() {
        for text in ["", "x", "x\n", "x\t", "x\tFUL", "x\tfull", "FULL", "x\tFULL\tz", "x\t\u{e9}"]
        {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(parse(b"x\tFULL\xff\n"), None);
    }
}
