//! What the client itself says, from files that send no RPC: connections, evictions, bytes that
//! are not written yet, and whether the client still exists.
//!
//! The files are expected to answer also while no server does, and may sleep while a file system
//! is being unmounted: so they are read in a child with a deadline.

use crate::failure::Explain as _;
use crate::host::{Deadline, Host, Program, RunLimits, read_text};
use crate::worker::Work;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The kernel keeps this many changes of a connection.
const MOST_CHANGES: usize = 16;
/// How long the files may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where the client's files are, and of which file system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientFiles {
    procfs: PathBuf,
    sysfs: PathBuf,
    /// Lustre's name of the file system.
    pub fsname: String,
    /// The address of the one client instance that is meant (`ff357431481cc000`); all of them where
    /// it is not known.
    #[serde(default)]
    pub(super) instance: Option<String>,
}

/// One connection to a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// `p7lsxbev-OST0000`.
    pub target: String,
    /// `FULL`, `IDLE`, `EVICTED`, …; `None` when it cannot be read.
    pub state: Option<String>,
    /// Whether an eviction is among its last sixteen states; `None` when they cannot be read.
    pub was_evicted: Option<bool>,
    /// When each eviction among them was, seconds since 1970 UTC; `None` when they cannot be read.
    #[serde(default)]
    pub evicted_at: Option<Vec<u64>>,
    /// When the oldest of them was, where there are sixteen: of what was before nothing is known.
    #[serde(default)]
    pub known_since: Option<u64>,
    /// Bytes that are not written yet; `None` for a metadata target, and when it cannot be read.
    pub dirty_bytes: Option<u64>,
}

/// All connections of the clients of one file system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientState {
    /// The connections, by device name.
    pub connections: Vec<Connection>,
    /// What could not be read, and why.
    pub unread: Vec<String>,
}

/// What became of the client after its mount was gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientFate {
    /// Its devices are gone: nothing of it is left on this node.
    Gone,
    /// Other mounts of it in this namespace use it, so it stays.
    Shared(Vec<PathBuf>),
    /// It could not be told, for this reason.
    Unknown(String),
    /// It lives on, and no mount of this namespace uses it.
    Alive,
}

impl ClientFiles {
    /// The files of this machine.
    pub fn new(host: &Host, fsname: &str) -> Self {
        Self {
            procfs: host.paths.procfs.clone(),
            sysfs: host.paths.sysfs.clone(),
            fsname: fsname.to_owned(),
            instance: None,
        }
    }

    /// The same of one client instance alone, by its name (`p7lsxbev-ff357431481cc000`).
    #[must_use]
    pub fn of_instance(self, name: Option<&str>) -> Self {
        let address = name.and_then(|name| name.rsplit_once('-')).map(|(_, address)| address);
        Self { instance: address.map(str::to_owned), ..self }
    }

    /// Reads the connections in a child with a deadline; the error is the reason in words.
    ///
    /// # Errors
    /// The child did not answer.
    pub fn state(&self, deadline: Deadline) -> Result<ClientState, String> {
        let limits = RunLimits::until(deadline.at_most(PATIENCE));
        let done = Program::own()
            .run(&Work::ReadClient(self.clone()).arguments(), &limits)
            .map_err(|error| format!("the client's files did not answer: {}", error.because()))?;
        if !done.status.success() {
            return Err(done.last_words());
        }
        serde_json::from_str(&done.stdout).map_err(|error| error.to_string())
    }

    /// Reads the connections; only ever called in the child.
    pub(crate) fn read(&self) -> ClientState {
        let mut state = ClientState::default();
        for kind in ["osc", "mdc"] {
            let folder = self.procfs.join("fs/lustre").join(kind);
            match names(&folder) {
                Ok(names) => {
                    let ours = names.into_iter().filter_map(|device| {
                        let target = self.target_of(&device, kind)?.to_owned();
                        Some((device, target))
                    });
                    for (device, target) in ours {
                        let connection = self.connection(kind, &device, target, &mut state.unread);
                        state.connections.push(connection);
                    }
                }
                Err(error) => state.unread.push(format!("{}: {error}", folder.display())),
            }
        }
        state
    }

    /// The target of a device that is meant.
    pub(super) fn target_of<'a>(&self, device: &'a str, kind: &str) -> Option<&'a str> {
        let (_, address) = device.rsplit_once('-')?;
        let is_meant = self.instance.as_ref().is_none_or(|instance| instance == address);
        target_of(device, kind, &self.fsname).filter(|_| is_meant)
    }

    /// The folder of the client's namespaces of locks.
    pub(super) fn lock_namespaces(&self) -> PathBuf {
        self.sysfs.join("fs/lustre/ldlm/namespaces")
    }

    fn connection(
        &self,
        kind: &str,
        device: &str,
        target: String,
        unread: &mut Vec<String>,
    ) -> Connection {
        let mut text = |path: PathBuf| {
            read_text(&path)
                .map_err(|error| unread.push(format!("{}: {error}", path.display())))
                .ok()
        };
        let folder = self.procfs.join("fs/lustre").join(kind).join(device);
        let history = text(folder.join("state"));
        let import = text(folder.join("import"));
        let dirty = (kind == "osc")
            .then(|| {
                let of =
                    |root: &Path| root.join("fs/lustre/osc").join(device).join("cur_dirty_bytes");
                // Up to Lustre 2.11 it is in procfs.
                read_text(&of(&self.procfs)).ok().or_else(|| text(of(&self.sysfs)))
            })
            .flatten();
        let import_state = import.as_deref().and_then(|text| value_of(text, "state"));
        let current = history.as_deref().and_then(|text| value_of(text, "current_state"));
        // Either file may have been read just before the eviction.
        let is_evicted = [import_state, current].contains(&Some("EVICTED"));
        let changes = history.as_deref().map(changes);
        Connection {
            target,
            state: if is_evicted { Some("EVICTED") } else { import_state.or(current) }
                .map(str::to_owned),
            was_evicted: history.as_ref().map(|text| is_evicted || text.contains(", EVICTED ]")),
            evicted_at: changes.as_ref().map(|all| {
                all.iter().filter(|(_, state)| *state == "EVICTED").map(|(at, _)| *at).collect()
            }),
            known_since: changes
                .filter(|all| all.len() >= MOST_CHANGES)
                .and_then(|all| all.first().map(|(at, _)| *at)),
            dirty_bytes: dirty.and_then(|text| text.trim().parse().ok()),
        }
    }

    /// The client instances of the file system: one for each mount(2).
    ///
    /// *Source*: names in `/sys/fs/lustre/llite` (`/proc/fs/lustre/llite` up to Lustre 2.11),
    /// `FSNAME-ADDRESS`; a listing, no device is asked.
    ///
    /// # Errors
    /// The error of the listing.
    pub fn instances(&self) -> std::io::Result<Vec<String>> {
        let in_sysfs = names(&self.sysfs.join("fs/lustre/llite"));
        let all = match in_sysfs {
            Err(_) => names(&self.procfs.join("fs/lustre/llite")).or(in_sysfs)?,
            Ok(all) => all,
        };
        let is_ours = |name: &String| {
            name.rsplit_once('-').is_some_and(|(fs, address)| {
                fs == self.fsname && address.bytes().all(|byte| byte.is_ascii_hexdigit())
            })
        };
        Ok(all.into_iter().filter(is_ours).collect())
    }

    /// Whether one of these instances is gone; the reason in words when it cannot be told.
    pub(super) fn is_one_gone(&self, before: &[String]) -> Result<bool, String> {
        if before.is_empty() {
            return Err("no client of it was listed before".into());
        }
        match self.instances() {
            Ok(now) => Ok(before.iter().any(|name| !now.contains(name))),
            // The whole folder goes with the module.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error.to_string()),
        }
    }
}

pub(super) fn names(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// `p7lsxbev-OST0000` of `p7lsxbev-OST0000-osc-ff357431481cc000`, if it is of this file system.
/// Read from the right: a file system's name may have a `-`.
fn target_of<'a>(device: &'a str, kind: &str, fsname: &str) -> Option<&'a str> {
    let (name, _instance) = device.rsplit_once('-')?;
    let target = name.strip_suffix(kind)?.strip_suffix('-')?;
    let (fs, _index) = target.rsplit_once('-')?;
    (fs == fsname).then_some(target)
}

/// The value of a line `NAME: VALUE`.
fn value_of<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

/// The last changes of a connection, the oldest first: when, and to which state.
fn changes(state_file: &str) -> Vec<(u64, &str)> {
    state_file.lines().filter_map(change).collect()
}

/// A line ` - [ 1795212443, EVICTED ]`.
fn change(line: &str) -> Option<(u64, &str)> {
    let (at, state) = line.trim().strip_prefix("- [")?.strip_suffix(']')?.split_once(',')?;
    Some((at.trim().parse().ok()?, state.trim()))
}

impl ClientState {
    /// Bytes that are not written yet; `None` when those of one target are unknown.
    pub fn dirty_bytes(&self) -> Option<u64> {
        let objects = self.connections.iter().filter(|one| one.target.contains("-OST"));
        let mut sum = None;
        for one in objects {
            sum = Some(sum.unwrap_or_default() + one.dirty_bytes?);
        }
        sum
    }

    /// The object storage targets that evicted this client and for which it has unwritten bytes, or
    /// may have: an eviction that lasts, and nothing told of the bytes.
    pub fn evicted_and_dirty(&self) -> Vec<&Connection> {
        let is_risky = |one: &&Connection| {
            let is_evicted = one.state.as_deref() == Some("EVICTED");
            match one.dirty_bytes {
                Some(bytes) => bytes > 0 && one.was_evicted.unwrap_or_default(),
                None => is_evicted && one.target.contains("-OST"),
            }
        };
        self.connections.iter().filter(is_risky).collect()
    }

    /// The connections that are up now. `IDLE` is healthy, but says nothing about the server.
    pub fn connected(&self) -> impl Iterator<Item = &Connection> {
        self.connections.iter().filter(|one| one.state.as_deref() == Some("FULL"))
    }

    /// By whom this client was evicted not long ago, in words; `None` where it was not.
    pub fn was_evicted_by(&self) -> Option<String> {
        let evicted = self.connections.iter().filter(|one| one.was_evicted == Some(true));
        let targets: Vec<_> = evicted.map(|one| one.target.as_str()).collect();
        (!targets.is_empty()).then(|| format!("it was evicted by {}", targets.join(", ")))
    }

    /// The connections that are neither up nor idle, in words; `None` when all are well.
    pub fn troubles(&self) -> Option<String> {
        let is_well = |one: &&Connection| matches!(one.state.as_deref(), Some("FULL" | "IDLE"));
        let (well, ill): (Vec<_>, Vec<_>) = self.connections.iter().partition(is_well);
        let first = ill.first()?;
        let state = first.state.as_deref().unwrap_or("in an unknown state");
        Some(format!(
            "{} of {} connections are not up ({} is {state})",
            ill.len(),
            ill.len() + well.len(),
            first.target
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Captured from 2.15.8 after 195 s without servers.
    const EVICTED_BEFORE: &str = "current_state: FULL\nstate_history:\n - [ 1795212442, CONNECTING ]\n \
        - [ 1795212443, EVICTED ]\n - [ 1795212443, RECOVER ]\n - [ 1795212443, FULL ]\n";
    const HEALTHY: &str =
        "current_state: IDLE\nstate_history:\n - [ 1795212443, FULL ]\n - [ 1795212463, IDLE ]\n";
    const IMPORT: &str = "import:\n    name: p7lsxbev-OST0000-osc-ff357431481cc000\n    \
        target: p7lsxbev-OST0000_UUID\n    state: FULL\n    import_flags: [ replayable, pingable ]\n";

    fn tree(state: &str, import: &str, dirty: &str) -> (tempfile::TempDir, ClientFiles) {
        let folder = tempfile::tempdir().expect("folder");
        let files = ClientFiles {
            procfs: folder.path().join("proc"),
            sysfs: folder.path().join("sys"),
            fsname: "p7lsxbev".into(),
            instance: None,
        };
        let write = |path: PathBuf, text: &str| {
            std::fs::create_dir_all(path.parent().expect("parent")).expect("folder");
            std::fs::write(path, text).expect("file");
        };
        let osc = "fs/lustre/osc/p7lsxbev-OST0000-osc-ff357431481cc000";
        let mdc = "fs/lustre/mdc/p7lsxbev-MDT0000-mdc-ff357431481cc000";
        write(files.procfs.join(osc).join("state"), state);
        write(files.procfs.join(osc).join("import"), import);
        write(files.sysfs.join(osc).join("cur_dirty_bytes"), dirty);
        write(files.procfs.join(mdc).join("state"), HEALTHY);
        write(files.procfs.join(mdc).join("import"), IMPORT);
        write(files.procfs.join("fs/lustre/osc/p7lsxbev-x-OST0000-osc-ff3/state"), HEALTHY);
        write(files.sysfs.join("fs/lustre/llite/p7lsxbev-ff357431481cc000/uuid"), "x");
        write(files.sysfs.join("fs/lustre/llite/p7lsxbev-x-ff3/uuid"), "x");
        (folder, files)
    }

    #[test]
    fn an_eviction_with_unwritten_bytes_is_a_risk() {
        let (_folder, files) = tree(EVICTED_BEFORE, IMPORT, "21045248\n");
        let state = files.read();
        assert_eq!(state.connections.len(), 2, "{state:?}");
        assert_eq!((state.dirty_bytes(), state.troubles()), (Some(21_045_248), None));
        let [object, _] = state.connections.as_slice() else { panic!("{state:?}") };
        assert_eq!(object.evicted_at, Some(vec![1_795_212_443]));
        assert_eq!(object.known_since, None, "fewer than sixteen changes are all there were");
        let risky = state.evicted_and_dirty();
        assert_eq!(risky.first().map(|one| one.target.as_str()), Some("p7lsxbev-OST0000"));
        let (_folder, files) = tree(EVICTED_BEFORE, IMPORT, "0\n");
        assert!(files.read().evicted_and_dirty().is_empty());
        let (_folder, files) = tree(HEALTHY, IMPORT, "21045248\n");
        assert!(files.read().evicted_and_dirty().is_empty());
    }

    #[test]
    fn an_eviction_that_only_one_file_shows_is_seen() {
        let (_folder, files) = tree(HEALTHY, &IMPORT.replace("FULL", "EVICTED"), "5");
        let state = files.read();
        assert_eq!(state.evicted_and_dirty().len(), 1);
        assert_eq!(
            state.troubles().as_deref(),
            Some("1 of 2 connections are not up (p7lsxbev-OST0000 is EVICTED)")
        );
    }

    #[test]
    fn an_eviction_that_lasts_with_unknown_bytes_is_a_risk() {
        let evicted = IMPORT.replace("FULL", "EVICTED");
        let (_folder, files) = tree(HEALTHY, &evicted, "many");
        assert_eq!(files.read().evicted_and_dirty().len(), 1);
        let (_folder, files) = tree(EVICTED_BEFORE, IMPORT, "many");
        assert!(files.read().evicted_and_dirty().is_empty(), "it is connected again");
    }

    #[test]
    fn an_old_client_has_its_files_in_procfs() {
        let (folder, files) = tree(EVICTED_BEFORE, IMPORT, "5");
        let from = folder.path().join("sys/fs/lustre");
        let to = folder.path().join("proc/fs/lustre");
        let bytes = "osc/p7lsxbev-OST0000-osc-ff357431481cc000/cur_dirty_bytes";
        std::fs::rename(from.join(bytes), to.join(bytes)).expect("moved");
        std::fs::rename(from.join("llite"), to.join("llite")).expect("moved");
        assert_eq!(files.read().dirty_bytes(), Some(5));
        assert_eq!(files.instances().expect("listed"), ["p7lsxbev-ff357431481cc000"]);
    }

    #[test]
    fn unknown_is_not_zero() {
        let (_folder, files) = tree(HEALTHY, IMPORT, "many\n");
        assert_eq!(files.read().dirty_bytes(), None);
        let nowhere = ClientFiles { procfs: "/nowhere".into(), ..files };
        let state = nowhere.read();
        assert_eq!((state.dirty_bytes(), state.unread.len()), (None, 2), "{state:?}");
        assert!(state.evicted_and_dirty().is_empty());
    }

    #[test]
    fn a_client_is_gone_when_one_of_its_instances_is() {
        let (folder, files) = tree(HEALTHY, IMPORT, "0");
        let before = files.instances().expect("listed");
        assert_eq!(before, ["p7lsxbev-ff357431481cc000"]);
        assert_eq!(files.is_one_gone(&before), Ok(false));
        let llite = folder.path().join("sys/fs/lustre/llite");
        std::fs::rename(llite.join(&before[0]), folder.path().join("x")).expect("moved");
        assert_eq!(files.is_one_gone(&before), Ok(true));
        assert!(files.is_one_gone(&[]).is_err());
    }
}
