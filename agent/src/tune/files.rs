//! The client's files of settings: read, and written to, in a child that can be left behind, since the
//! kernel may wait there for a client that is on its way out.

use super::client::Client;
use super::data::{How, TuningData};
use crate::facts::{Look, look_told};
use fsxlustre_mount::host::{Deadline, Host, read_text};
use rustix::process::{Signal, set_parent_process_death_signal};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

/// What says how many of a namespace's locks nobody uses.
const UNUSED: &str = "lock_unused_count";
/// Lustre's name of a client, which no other one has; an address is used again.
const UUID: &str = "uuid";

/// How many writes one child is told: an argument of a program has at most 128 KiB.
const AT_ONCE: usize = 300;

/// A setting of one device.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The key of the setting: `osc.max_rpcs_in_flight`.
    pub key: String,
    /// The device.
    pub device: String,
}

/// What a client's files say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientValues {
    /// Each setting of each device, with its file; the error is the reason in words.
    pub values: BTreeMap<Place, (PathBuf, Result<u64, String>)>,
    /// Other numbers of a device, by their name: how many unused locks there are, a server's limit.
    pub others: BTreeMap<(String, String), u64>,
    /// The client's own identity.
    pub uuid: Option<String>,
    /// Whether everything was read before the deadline.
    pub is_whole: bool,
}

/// Reads the settings of one client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsLook {
    procfs: PathBuf,
    sysfs: PathBuf,
    debugfs: PathBuf,
    client: Client,
}

/// What it tells.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Line {
    Value(Place, PathBuf, Result<u64, String>),
    Other(String, String, u64),
    Uuid(String),
}

impl SettingsLook {
    fn of(host: &Host, client: &Client) -> Self {
        let paths = &host.paths;
        Self {
            procfs: paths.procfs.clone(),
            sysfs: paths.sysfs.clone(),
            debugfs: paths.debugfs.clone(),
            client: client.clone(),
        }
    }

    /// Reads; only ever called in the child, or on a tree that is no kernel's.
    pub(crate) fn tell(&self, tell: &mut dyn FnMut(&Line)) {
        let Ok(data) = TuningData::carried() else { return };
        let settings = data.settings.iter().filter(|setting| setting.how == How::SetParam);
        for setting in settings {
            let (folder, name) = setting.folder_and_name();
            for device in self.devices(folder) {
                let Some(file) = self.file(folder, &device, name) else { continue };
                let value = read_text(&file).map_err(|error| error.to_string());
                let value = value.and_then(|text| number(&text));
                let place = Place { key: setting.key.clone(), device: device.clone() };
                tell(&Line::Value(place, file, value));
                if setting.while_free.is_some() {
                    self.tell_other(folder, &device, UNUSED, number, tell);
                }
                if let Some(field) = &setting.server_limit {
                    let limit = |text: &str| field_of(text, field);
                    self.tell_limit(folder, &device, field, limit, tell);
                }
            }
        }
        let uuid = self.file("llite", &self.client.name(), UUID);
        if let Some(text) = uuid.and_then(|file| read_text(&file).ok()) {
            tell(&Line::Uuid(text.trim().to_owned()));
        }
    }

    fn tell_other(
        &self,
        folder: &str,
        device: &str,
        name: &str,
        read: impl Fn(&str) -> Result<u64, String>,
        tell: &mut dyn FnMut(&Line),
    ) {
        let text = self.file(folder, device, name).and_then(|file| read_text(&file).ok());
        if let Some(Ok(value)) = text.map(|text| read(&text)) {
            tell(&Line::Other(device.to_owned(), name.to_owned(), value));
        }
    }

    fn tell_limit(
        &self,
        folder: &str,
        device: &str,
        field: &str,
        read: impl Fn(&str) -> Option<u64>,
        tell: &mut dyn FnMut(&Line),
    ) {
        let text = self.file(folder, device, "import").and_then(|file| read_text(&file).ok());
        if let Some(value) = text.and_then(|text| read(&text)) {
            tell(&Line::Other(device.to_owned(), field.to_owned(), value));
        }
    }

    /// sysfs has most of them; Lustre 2.10 has them in procfs, and some are in debugfs.
    fn roots(&self) -> [PathBuf; 3] {
        [self.sysfs.join("fs/lustre"), self.procfs.join("fs/lustre"), self.debugfs.join("lustre")]
    }

    fn file(&self, folder: &str, device: &str, name: &str) -> Option<PathBuf> {
        let folder = folder.replace('.', "/");
        let files = self.roots().map(|root| root.join(&folder).join(device).join(name));
        files.into_iter().find(|file| file.is_file())
    }

    /// The devices of this client alone.
    fn devices(&self, folder: &str) -> Vec<String> {
        let path = folder.replace('.', "/");
        let listed = |root: &PathBuf| {
            let entries = std::fs::read_dir(root.join(&path)).ok()?;
            let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
            let mut names: Vec<_> = names.filter(|name| self.client.has(folder, name)).collect();
            names.sort();
            (!names.is_empty()).then_some(names)
        };
        self.roots().iter().find_map(listed).unwrap_or_default()
    }
}

/// A file of one number.
fn number(text: &str) -> Result<u64, String> {
    let text = text.trim();
    text.parse().map_err(|_| {
        let shown: String = text.chars().filter(|c| !c.is_control()).take(40).collect();
        format!("it says '{shown}', which is no number")
    })
}

/// The number in a line `FIELD: NUMBER`.
fn field_of(text: &str, field: &str) -> Option<u64> {
    let of_line =
        |line: &str| line.trim().strip_prefix(field)?.strip_prefix(':')?.trim().parse().ok();
    text.lines().find_map(of_line)
}

/// What a client's files say.
///
/// # Errors
/// Why no child could be started, in words.
pub(super) fn read(
    host: &Host,
    client: &Client,
    deadline: Deadline,
) -> Result<ClientValues, String> {
    let look = Look::Settings(SettingsLook::of(host, client));
    let told = look_told::<Line>(&look, deadline)?;
    let mut values = ClientValues { is_whole: told.1, ..ClientValues::default() };
    for line in told.0 {
        values.take(line);
    }
    Ok(values)
}

impl ClientValues {
    fn take(&mut self, line: Line) {
        match line {
            Line::Value(place, file, value) => drop(self.values.insert(place, (file, value))),
            Line::Other(device, name, value) => drop(self.others.insert((device, name), value)),
            Line::Uuid(uuid) => self.uuid = Some(uuid),
        }
    }

    /// The values of a client of a tree, read here and now.
    #[cfg(test)]
    pub(super) fn of_tree(root: &std::path::Path, client: &str) -> Self {
        let look = SettingsLook {
            procfs: root.join("proc"),
            sysfs: root.join("sys"),
            debugfs: root.join("sys/kernel/debug"),
            client: Client::parse(client).expect("a client"),
        };
        let mut values = Self { is_whole: true, ..Self::default() };
        look.tell(&mut |line| values.take(line.clone()));
        values
    }

    /// What a setting of a device is; `None` where it is not there or cannot be read.
    pub fn value(&self, place: &Place) -> Option<u64> {
        self.values.get(place)?.1.clone().ok()
    }

    /// The devices that have a setting.
    pub(super) fn devices<'v>(&'v self, key: &'v str) -> impl Iterator<Item = &'v Place> {
        self.values.keys().filter(move |place| place.key == key)
    }

    /// Whether a setting shows what moves by itself: as many locks as nobody uses.
    pub(super) fn moves(&self, place: &Place) -> bool {
        let unused = self.others.get(&(place.device.clone(), UNUSED.to_owned()));
        unused.is_some() && unused.copied() == self.value(place)
    }

    /// A server's limit for a device.
    pub(super) fn limit(&self, device: &str, field: &str) -> Option<u64> {
        self.others.get(&(device.to_owned(), field.to_owned())).copied()
    }
}

/// Writes values, one after the other, in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsWrite {
    /// File and value.
    pub(super) writes: Vec<(PathBuf, u64)>,
}

impl SettingsWrite {
    /// Writes, and tells after each how it went; only ever called in the child.
    pub(crate) fn tell(&self, tell: &mut dyn FnMut(&Result<(), String>)) {
        // Nothing is written after a caller that was killed: the next one may put it back meanwhile.
        let _ = set_parent_process_death_signal(Some(Signal::KILL));
        for (file, value) in &self.writes {
            tell(&write(file, *value).map_err(|error| because(&error)));
        }
    }
}

fn write(file: &std::path::Path, value: u64) -> std::io::Result<()> {
    let flags = nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK;
    // One write(2), as the kernel takes a value. A real file of the kernel ignores the truncation.
    let mut file = OpenOptions::new().write(true).truncate(true).custom_flags(flags).open(file)?;
    file.write_all(format!("{value}\n").as_bytes())
}

/// The kernel's reason, with what it means here.
fn because(error: &std::io::Error) -> String {
    use nix::libc::{EACCES, EINVAL, ENOENT, EPERM, ERANGE, EROFS};
    let meaning = match error.raw_os_error() {
        Some(ERANGE) => "above or below what this client or its server takes (ERANGE)",
        Some(EROFS) => "sysfs is mounted read-only here, as in a container (EROFS)",
        Some(EACCES | EPERM) => "only root may write it (EACCES)",
        Some(ENOENT) => "the client is gone (ENOENT)",
        Some(EINVAL) => "this client does not take it (EINVAL)",
        _ => return error.to_string(),
    };
    meaning.to_owned()
}

/// Writes values in this order; of each what became of it. What was not told before the deadline is a
/// failure, too.
pub(super) fn write_all(writes: &[(PathBuf, u64)], deadline: Deadline) -> Vec<Result<(), String>> {
    writes.chunks(AT_ONCE).flat_map(|some| write_some(some, deadline)).collect()
}

fn write_some(writes: &[(PathBuf, u64)], deadline: Deadline) -> Vec<Result<(), String>> {
    let asked = Look::Set(SettingsWrite { writes: writes.to_vec() });
    let mut told = match look_told(&asked, deadline) {
        Ok((told, _)) => told,
        Err(because) => vec![Err(because)],
    };
    told.resize(writes.len(), Err("the client did not answer within the deadline".to_owned()));
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_real_clients_settings_are_read_and_a_path_that_is_none_is_refused() {
        let tree =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/metrics/lustre-2.15.8");
        let values = ClientValues::of_tree(&tree, "p7lsxbev-ff3391038293f800");
        let place = |key: &str, device: &str| Place { key: key.into(), device: device.into() };
        let mdc = "p7lsxbev-MDT0000-mdc-ff3391038293f800";
        assert_eq!(values.value(&place("mdc.max_rpcs_in_flight", mdc)), Some(8));
        assert_eq!(values.value(&place("mdc.max_mod_rpcs_in_flight", mdc)), Some(7));
        assert_eq!(values.limit(mdc, "max_mod_rpcs"), Some(8), "what its server allows");
        assert!(values.moves(&place("ldlm.namespaces.lru_size", mdc)), "nobody has set it");
        assert_eq!(values.devices("osc.max_rpcs_in_flight").count(), 2);
        assert!(values.devices("ldlm.namespaces.lru_size").all(|one| !one.device.contains("MGC")));
        let other = ClientValues::of_tree(&tree, "p7lsxbev-ff00");
        assert_eq!((other.values.len(), other.uuid), (0, None));
    }

    #[test]
    fn writes_go_on_after_one_that_is_refused() {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("a");
        std::fs::write(&file, "8\n").expect("file");
        let writes = vec![(folder.path().join("none"), 1), (file.clone(), 32)];
        let mut told = Vec::new();
        SettingsWrite { writes }.tell(&mut |one| told.push(one.clone()));
        assert_eq!(told, [Err("the client is gone (ENOENT)".to_owned()), Ok(())]);
        assert_eq!(std::fs::read_to_string(&file).expect("read"), "32\n");
    }
}
