//! What Lustre clients say of themselves: connections to targets, what is free there, root squash.
//!
//! Read in a child, connections first: their files are expected to answer while no server does. What
//! is free on a target is asked of its server, so only targets that are connected are asked.

use super::Observed;
use super::look::{Look, look};
use super::tuning::{self, ClientSetting, DeviceSettings};
use crate::tune::{Drifted, drifted};
use fsxlustre_mount::host::{Deadline, Host, read_text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A connection to a target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Lustre's name of the file system.
    pub fs_name: String,
    /// `OST0000`, `MDT0000`.
    pub target: String,
    /// `FULL`, `IDLE`, `CONNECTING`, …; `None` when it cannot be read.
    pub state: Option<String>,
    /// Whether an administrator has switched it off.
    pub is_deactivated: bool,
    /// The server's NID.
    pub nid: Option<String>,
    /// When it was last evicted, seconds since 1970, as far as its last sixteen states tell.
    pub evicted_unix_seconds: Option<u64>,
    /// Whether those states were read.
    #[serde(default)]
    pub is_history_read: bool,
    /// What is free there; `None` where it was not asked, or did not answer.
    pub room: Option<TargetRoom>,
}

/// What is free on a target.
///
/// *Source*: `kbytestotal`, `kbytesavail`, `filestotal`, `filesfree` of a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetRoom {
    /// All of it, KiB.
    pub kib: u64,
    /// What may still be written, KiB.
    pub free_kib: u64,
    /// All files.
    pub files: u64,
    /// Files that can still be made.
    pub free_files: u64,
}

/// A client: one for each mount that is no bind mount of another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientInstance {
    /// Lustre's name of the file system.
    pub fs_name: String,
    /// `UID:GID` that root is changed to; `0:0` for none. `None` when it cannot be read.
    pub root_squash: Option<String>,
    /// NIDs that are left alone; `NONE` for none.
    pub no_squash_nids: Option<String>,
}

/// All clients of this node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Clients {
    /// The clients.
    pub instances: Vec<ClientInstance>,
    /// Their connections, by device.
    pub targets: Vec<Target>,
    /// Their settings.
    pub settings: Vec<ClientSetting>,
    /// Settings that somebody changed since fsxlustre set them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drifted: Vec<Drifted>,
    /// Whether everything was read before the deadline.
    pub is_whole: bool,
    /// Whether targets were asked what is free.
    pub is_room_asked: bool,
}

/// Reads what clients say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientLook {
    procfs: PathBuf,
    sysfs: PathBuf,
    debugfs: PathBuf,
    with_room: bool,
}

/// A line of the child; a later one of the same device is in place of an earlier one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Line {
    Instance(ClientInstance),
    Target(String, Target),
    Settings(DeviceSettings),
    /// A folder that could not be listed, and why.
    Trouble(String),
}

impl ClientLook {
    pub(super) fn of(host: &Host, with_room: bool) -> Self {
        let paths = &host.paths;
        Self {
            procfs: paths.procfs.clone(),
            sysfs: paths.sysfs.clone(),
            debugfs: paths.debugfs.clone(),
            with_room,
        }
    }

    pub(super) fn tell(&self, tell: &mut dyn FnMut(&Line)) {
        let mut targets = Vec::new();
        for kind in ["mdc", "osc"] {
            match self.devices(kind) {
                Ok(devices) => targets.extend(devices),
                Err(trouble) => tell(&Line::Trouble(trouble)),
            }
        }
        for (kind, device, target) in &mut targets {
            // Told before it is read, so that one that hangs is known to be there.
            tell(&Line::Target(device.clone(), target.clone()));
            self.read_connection(kind, device, target);
            tell(&Line::Target(device.clone(), target.clone()));
        }
        self.instances(tell);
        tuning::tell(&self.sysfs, &self.procfs, &mut |one| tell(&Line::Settings(one)));
        for (kind, device, target) in &mut targets {
            let is_connected = target.state.as_deref() == Some("FULL") && !target.is_deactivated;
            if self.with_room && is_connected {
                target.room = self.room(kind, device);
                tell(&Line::Target(device.clone(), target.clone()));
            }
        }
    }

    fn devices(&self, kind: &'static str) -> Result<Vec<(&'static str, String, Target)>, String> {
        let folder = self.procfs.join("fs/lustre").join(kind);
        let names = super::place::names(&folder)?;
        let device = |name: String| {
            let (fs_name, target) = split_device(&name, kind)?;
            let target = Target { fs_name, target, ..Target::default() };
            Some((kind, name, target))
        };
        Ok(names.into_iter().filter_map(device).collect())
    }

    fn read_connection(&self, kind: &str, device: &str, target: &mut Target) {
        let folder = self.procfs.join("fs/lustre").join(kind).join(device);
        if let Ok(import) = read_text(&folder.join("import")) {
            target.state = value(&import, "state");
            target.nid = value(&import, "current_connection");
        }
        if let Ok(history) = read_text(&folder.join("state")) {
            target.evicted_unix_seconds = last_eviction(&history);
            target.is_history_read = true;
            target.state = target.state.take().or_else(|| value(&history, "current_state"));
        }
        let uuid = if kind == "osc" { "ost_server_uuid" } else { "mds_server_uuid" };
        let told = read_text(&folder.join(uuid)).unwrap_or_default();
        target.is_deactivated = told.split_whitespace().any(|word| word == "DEACTIVATED");
    }

    fn room(&self, kind: &str, device: &str) -> Option<TargetRoom> {
        let number = |name: &str| {
            let of = |root: &Path| root.join("fs/lustre").join(kind).join(device).join(name);
            // Up to Lustre 2.11 it is in procfs.
            let text = read_text(&of(&self.sysfs)).or_else(|_| read_text(&of(&self.procfs)));
            text.ok()?.trim().parse().ok()
        };
        Some(TargetRoom {
            kib: number("kbytestotal")?,
            free_kib: number("kbytesavail")?,
            files: number("filestotal")?,
            free_files: number("filesfree")?,
        })
    }

    fn instances(&self, tell: &mut dyn FnMut(&Line)) {
        let mut folders =
            vec![self.sysfs.join("fs/lustre/llite"), self.procfs.join("fs/lustre/llite")];
        let found = folders.iter().position(|folder| folder.is_dir());
        let Some(listed) = found.map(|place| folders.swap_remove(place)) else { return };
        for name in super::place::names(&listed).unwrap_or_default() {
            let Some((fs_name, _)) = name.rsplit_once('-') else { continue };
            let value = |file: &str| {
                let roots = [
                    &self.debugfs.join("lustre"),
                    &self.sysfs.join("fs/lustre"),
                    &self.procfs.join("fs/lustre"),
                ];
                let text = roots
                    .iter()
                    .find_map(|root| read_text(&root.join("llite").join(&name).join(file)).ok())?;
                Some(text.trim().to_owned()).filter(|text| !text.is_empty())
            };
            tell(&Line::Instance(ClientInstance {
                fs_name: fs_name.to_owned(),
                root_squash: value("root_squash"),
                no_squash_nids: value("nosquash_nids"),
            }));
        }
    }
}

/// `p7lsxbev` and `OST0000` of `p7lsxbev-OST0000-osc-ff357431481cc000`.
fn split_device(device: &str, kind: &str) -> Option<(String, String)> {
    let (name, _instance) = device.rsplit_once('-')?;
    let (fs_name, target) = name.strip_suffix(kind)?.strip_suffix('-')?.rsplit_once('-')?;
    Some((fs_name.to_owned(), target.to_owned()))
}

/// The value of a line `NAME: VALUE`, without quotes.
fn value(text: &str, name: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(':'))?;
    Some(value.trim().trim_matches('"').to_owned()).filter(|value| !value.is_empty())
}

/// The time in the last line ` - [ SECONDS, EVICTED ]`.
fn last_eviction(history: &str) -> Option<u64> {
    let evictions = history.lines().filter_map(|line| {
        let inner = line.trim().strip_prefix("- [")?.strip_suffix(']')?;
        let (at, state) = inner.split_once(',')?;
        (state.trim() == "EVICTED").then(|| at.trim().parse::<u64>().ok())?
    });
    evictions.max()
}

/// Reads the clients of this node.
pub(super) fn read(host: &Host, with_room: bool, deadline: Deadline) -> Observed<Clients> {
    let paths = &host.paths;
    let from = paths.procfs.join("fs/lustre/{mdc,osc}/*").display().to_string();
    let asked = ClientLook::of(host, with_room);
    let told = match look::<Line>(&Look::Client(asked), deadline) {
        Ok(told) => told,
        Err(because) => return Observed::unknown(because, from),
    };
    let mut clients =
        Clients { is_whole: told.is_whole, is_room_asked: with_room, ..Clients::default() };
    let mut targets = BTreeMap::new();
    let mut settings = Vec::new();
    for line in told.lines {
        match line {
            Line::Instance(instance) => clients.instances.push(instance),
            Line::Target(device, target) => drop(targets.insert(device, target)),
            Line::Settings(one) => settings.push(one),
            Line::Trouble(because) => return Observed::unknown(because, from),
        }
    }
    clients.drifted = drifted(host, |place| tuning::value_of(&settings, place));
    clients.settings = tuning::joined(&settings);
    clients.targets = targets.into_values().collect();
    Observed::known(clients, from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_of_a_real_client_is_told() {
        let tree =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/metrics/lustre-2.15.8");
        let look = ClientLook {
            procfs: tree.join("proc"),
            sysfs: tree.join("sys"),
            debugfs: tree.join("sys/kernel/debug"),
            with_room: true,
        };
        let (mut targets, mut instances) = (BTreeMap::new(), Vec::new());
        look.tell(&mut |line| match line.clone() {
            Line::Target(device, target) => drop(targets.insert(device, target)),
            Line::Instance(instance) => instances.push(instance),
            Line::Settings(_) => {}
            Line::Trouble(because) => panic!("{because}"),
        });
        let first = targets.values().next().expect("a target");
        assert_eq!((first.fs_name.as_str(), first.target.as_str()), ("p7lsxbev", "MDT0000"));
        assert_eq!(first.nid.as_deref(), Some("192.168.77.10@tcp"));
        assert_eq!(targets.len(), 4);
        assert_eq!(instances.len(), 1);
        let history = "current_state: FULL\nstate_history:\n - [ 1795211346, EVICTED ]\n \
                       - [ 1795211391, FULL ]\n - [ x, EVICTED ]\n";
        assert_eq!(last_eviction(history), Some(1_795_211_346));
        assert_eq!(last_eviction("current_state: FULL\n"), None);
    }
}
