//! One client instance: what a mount adds to the tree and an unmount takes away.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize};

use super::template::{self, Scope, TemplateFile};
use super::{lnet, settings};
use crate::root::{Root, at, read_json};
use crate::server::{Capacity, FileSystem};

/// A client instance; kept as `state/clients/INSTANCE.json` while it is mounted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Client {
    pub fsname: String,
    /// The sixteen digits that tell instances apart; on a real client the address of its superblock.
    pub instance: String,
    pub uuid: String,
    /// The MGC's identity, used when this instance is the first that connects to its MGS.
    mgc_uuid: String,
    pub server_nid: String,
    pub osts: usize,
    #[serde(default)]
    pools: BTreeMap<String, Vec<u32>>,
    /// `MAJOR:MINOR` of the mount.
    pub device: String,
    /// The instance's lines in the list of devices.
    devices: Vec<Device>,
}

/// One line of `lctl dl`.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Device {
    index: usize,
    kind: String,
    name: String,
    uuid: String,
    references: u32,
}

const DEVICES: &str = "sys/kernel/debug/lustre/devices";
const NAMESPACES: &str = "sys/fs/lustre/ldlm/namespaces";

impl Client {
    /// A new instance of `filesystem`; nothing is shown yet.
    pub fn new(filesystem: &FileSystem, server_nid: &str, device: String) -> io::Result<Self> {
        let uuid = random_uuid()?;
        // Kernel addresses of superblocks on the captured client: ff339103XXXXX800.
        let digits: String = uuid.chars().filter(char::is_ascii_hexdigit).take(5).collect();
        Ok(Self {
            fsname: filesystem.name.clone(),
            instance: format!("ff339103{digits}800"),
            uuid,
            mgc_uuid: random_uuid()?,
            server_nid: server_nid.to_owned(),
            osts: filesystem.osts,
            pools: filesystem.pools.clone(),
            device,
            devices: Vec::new(),
        })
    }

    /// Every instance, in the order in which they were mounted.
    pub fn all(root: &Root) -> io::Result<Vec<Self>> {
        let mut clients = Vec::new();
        for entry in fs::read_dir(root.state("clients"))? {
            match read_json::<Self>(&entry?.path()) {
                Ok(client) => clients.push(client),
                // It disappeared meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        clients.sort_by_key(|client| client.devices.last().map(|device| device.index));
        Ok(clients)
    }

    /// Adds the instance's directories and devices.
    pub fn appear(&mut self, root: &Root) -> io::Result<()> {
        let _lock = root.lock()?;
        let others = Self::all(root)?;
        let connected = others.iter().any(|other| other.server_nid == self.server_nid);
        self.devices = self.make_devices(&others, connected);
        for file in template::files() {
            match file.scope {
                Scope::Modules => {}
                Scope::Mgc if connected => {}
                Scope::Mgc | Scope::Client => self.write(root, &file, 0)?,
                Scope::Ost => (0..self.osts).try_for_each(|ost| self.write(root, &file, ost))?,
            }
        }
        self.write_targets(root)?;
        self.write_capacity(root, Capacity::of_ost(0))?;
        lnet::add_peer(root, &self.server_nid)?;
        root.write_json(&self.record(root), self)?;
        write_devices(root)
    }

    /// Takes the instance's directories and devices away, and those of the MGC with the last instance.
    pub fn disappear(&self, root: &Root) -> io::Result<()> {
        let _lock = root.lock()?;
        settings::take_away(root, self);
        let record: Self = read_json(&self.record(root))?;
        fs::remove_file(self.record(root))?;
        fs::remove_file(self.held(root))?;
        for class in self.classes(root) {
            remove_entries(&class, |name| name.contains(&self.instance))?;
        }
        let others = Self::all(root)?;
        let heir = others.into_iter().find(|other| other.server_nid == self.server_nid);
        let mgc = record.devices.into_iter().find(|device| device.kind == "mgc");
        match (heir, mgc) {
            (Some(mut heir), Some(mgc)) => {
                heir.devices.insert(0, mgc);
                root.write_json(&heir.record(root), &heir)?;
            }
            (None, _) => self.forget_mgc(root)?,
            (Some(_), None) => {}
        }
        write_devices(root)
    }

    /// Tells everyone that the instance is served, until the result is dropped or the process ends.
    pub fn hold(&self, root: &Root) -> io::Result<Flock<File>> {
        let path = self.held(root);
        let file = File::create(&path).map_err(|error| at(&path, error))?;
        Flock::lock(file, FlockArg::LockExclusiveNonblock)
            .map_err(|(_, errno)| at(&path, errno.into()))
    }

    /// Takes away instances whose daemon was killed before it could do so. The lock tells, not the process id, which
    /// means nothing in another namespace.
    pub fn remove_dead(root: &Root) -> io::Result<()> {
        for client in Self::all(root)? {
            let is_served = client.hold(root).is_err();
            if !is_served {
                client.disappear(root)?;
            }
        }
        Ok(())
    }

    fn forget_mgc(&self, root: &Root) -> io::Result<()> {
        let mgc = format!("MGC{}", self.server_nid);
        for class in self.classes(root) {
            remove_entries(&class, |name| name == mgc)?;
        }
        // The ldlm directory goes with the last namespace (`40_mount/umount_ok.trees`).
        let namespaces = root.join(NAMESPACES);
        if fs::read_dir(&namespaces).is_ok_and(|mut entries| entries.next().is_none()) {
            fs::remove_dir_all(root.join("sys/fs/lustre/ldlm"))?;
        }
        Ok(())
    }

    /// The directories that hold one entry for each instance or device.
    fn classes(&self, root: &Root) -> Vec<PathBuf> {
        let in_proc = ["lmv", "lov", "mdc", "osc"].map(|class| format!("proc/fs/lustre/{class}"));
        let in_sys = ["llite", "lmv", "lov", "mdc", "mgc", "osc"];
        let in_sys = in_sys.iter().flat_map(|class| {
            ["fs/lustre", "kernel/debug/lustre"].map(|top| format!("sys/{top}/{class}"))
        });
        in_proc
            .into_iter()
            .chain(in_sys)
            .chain([NAMESPACES.to_owned()])
            .map(|class| root.join(class))
            .collect()
    }

    fn record(&self, root: &Root) -> PathBuf {
        root.state("clients").join(format!("{}.json", self.instance))
    }

    fn held(&self, root: &Root) -> PathBuf {
        root.state("held").join(&self.instance)
    }

    /// The template's text with this instance's names.
    pub fn fill(&self, text: &str, ost: usize) -> String {
        text.replace("OST0000", &format!("OST{ost:04x}"))
            .replace(template::INSTANCE, &self.instance)
            .replace(template::FSNAME, &self.fsname)
            .replace(template::CLIENT_UUID, &self.uuid)
            .replace(template::MGC_UUID, &self.mgc_uuid)
            .replace(template::SERVER_NID, &self.server_nid)
    }

    /// The path of a template file for this instance.
    pub fn path_of(&self, root: &Root, path: &str, ost: usize) -> PathBuf {
        root.join(self.fill(path, ost))
    }

    fn write(&self, root: &Root, file: &TemplateFile, ost: usize) -> io::Result<()> {
        let path = self.path_of(root, &file.path, ost);
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).map_err(|error| at(directory, error))?;
        }
        root.write(&path, shift_times(&self.fill(&file.content, ost)), file.mode)
    }

    /// The files that list or count targets.
    fn write_targets(&self, root: &Root) -> io::Result<()> {
        let Self { fsname, instance, osts, .. } = self;
        let osts_listed: String =
            (0..*osts).map(|ost| format!("{ost}: {fsname}-OST{ost:04x}_UUID ACTIVE\n")).collect();
        let lov = format!("fs/lustre/lov/{fsname}-clilov-{instance}");
        let lmv = format!("fs/lustre/lmv/{fsname}-clilmv-{instance}");
        let files = [
            (format!("proc/{lov}/target_obd"), osts_listed),
            (format!("proc/{lmv}/target_obd"), format!("0: {fsname}-MDT0000_UUID ACTIVE\n")),
            (format!("sys/{lov}/numobd"), format!("{osts}\n")),
            (format!("sys/{lov}/activeobd"), format!("{osts}\n")),
            (format!("sys/{lmv}/numobd"), "1\n".to_owned()),
            (format!("sys/{lmv}/activeobd"), "1\n".to_owned()),
        ];
        fs::create_dir_all(root.join(format!("proc/{lov}/pools")))?;
        for (pool, osts) in &self.pools {
            let listed: String =
                osts.iter().map(|ost| format!("{fsname}-OST{ost:04x}_UUID\n")).collect();
            root.write(&root.join(format!("proc/{lov}/pools/{pool}")), listed, 0o444)?;
        }
        files.iter().try_for_each(|(path, content)| root.write(&root.join(path), content, 0o444))
    }

    /// The files that say how full the targets and the whole are.
    pub fn write_capacity(&self, root: &Root, ost: Capacity) -> io::Result<()> {
        let Self { fsname, instance, osts, .. } = self;
        for whole in
            [format!("llite/{fsname}-{instance}"), format!("lov/{fsname}-clilov-{instance}")]
        {
            write_capacity(root, &whole, ost.times(*osts))?;
        }
        (0..*osts).try_for_each(|index| {
            write_capacity(root, &format!("osc/{fsname}-OST{index:04x}-osc-{instance}"), ost)
        })
    }

    fn make_devices(&self, others: &[Self], connected: bool) -> Vec<Device> {
        let Self { fsname, instance, uuid, mgc_uuid, server_nid, osts, .. } = self;
        let mut names = Vec::new();
        if !connected {
            names.push(("mgc", format!("MGC{server_nid}"), mgc_uuid.clone(), 4));
        }
        names.push(("lov", format!("{fsname}-clilov-{instance}"), uuid.clone(), 3));
        names.push(("lmv", format!("{fsname}-clilmv-{instance}"), uuid.clone(), 4));
        names.push(("mdc", format!("{fsname}-MDT0000-mdc-{instance}"), uuid.clone(), 4));
        let oscs = (0..*osts)
            .map(|ost| ("osc", format!("{fsname}-OST{ost:04x}-osc-{instance}"), uuid.clone(), 4));
        names.extend(oscs);
        let used =
            others.iter().flat_map(|other| &other.devices).map(|device| device.index + 1).max();
        let number =
            |(place, (kind, name, uuid, references)): (usize, (&str, String, String, u32))| {
                Device {
                    index: used.unwrap_or(0) + place,
                    kind: kind.to_owned(),
                    name,
                    uuid,
                    references,
                }
            };
        names.into_iter().enumerate().map(number).collect()
    }
}

/// Rewrites the list of devices from the instances that exist.
fn write_devices(root: &Root) -> io::Result<()> {
    let clients = Client::all(root)?;
    let mut devices: Vec<_> = clients.iter().flat_map(|client| &client.devices).collect();
    devices.sort_by_key(|device| device.index);
    let line = |device: &&Device| {
        let Device { index, kind, name, uuid, references } = device;
        format!("{index:3} UP {kind} {name} {uuid} {references}\n")
    };
    root.write(&root.join(DEVICES), devices.iter().map(line).collect::<String>(), 0o444)
}

fn write_capacity(root: &Root, target: &str, capacity: Capacity) -> io::Result<()> {
    let values = [
        ("kbytestotal", capacity.kbytes_total),
        ("kbytesfree", capacity.kbytes_free),
        ("kbytesavail", capacity.kbytes_available),
        ("filestotal", capacity.files_total),
        ("filesfree", capacity.files_free),
    ];
    let directory = root.join(format!("sys/fs/lustre/{target}"));
    values.iter().try_for_each(|(name, value)| {
        root.write(&directory.join(name), format!("{value}\n"), 0o444)
    })
}

fn remove_entries(directory: &Path, leaves: impl Fn(&str) -> bool) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(directory) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        if leaves(&entry.file_name().to_string_lossy()) {
            fs::remove_dir_all(entry.path()).map_err(|error| at(&entry.path(), error))?;
        }
    }
    Ok(())
}

/// Moves the seconds since 1970 in a captured text so that the captured mount happened now.
fn shift_times(text: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs());
    let is_time = |word: &str| word.len() == 10 && word.starts_with("179521");
    let moved = |word: &str| {
        word.parse::<u64>().map_or_else(
            |_| word.to_owned(),
            |time| (now + time.min(template::MOUNTED_AT) - template::MOUNTED_AT).to_string(),
        )
    };
    text.split_inclusive(|character: char| !character.is_ascii_digit())
        .map(|piece| {
            let digits = piece.trim_end_matches(|character: char| !character.is_ascii_digit());
            if is_time(digits) {
                format!("{}{}", moved(digits), &piece[digits.len()..])
            } else {
                piece.to_owned()
            }
        })
        .collect()
}

fn random_uuid() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/uuid")?.trim().to_owned())
}
