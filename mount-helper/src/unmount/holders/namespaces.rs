//! Mount namespaces: those of processes, and those that only a file or a descriptor holds.

use super::processes::{namespace_descriptors, nsfs_mount, shown};
use super::{Holder, HolderKind, Holders, Owner, process_ids};
use crate::host::{Deadline, Host, Mount, MountTable, Program, RunLimits};
use crate::unmount::Target;
use crate::worker::Work;
use nix::fcntl::{OFlag, openat};
use nix::sched::{CloneFlags, setns};
use nix::sys::stat::Mode;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the look into one namespace may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// The namespaces that have processes.
#[derive(Debug, Default)]
pub(super) struct Namespaces {
    own: Option<u64>,
    tables: BTreeMap<u64, MountTable>,
    of_process: BTreeMap<u32, u64>,
}

impl Namespaces {
    /// Reads the mounts of every namespace once, from one of its processes.
    pub(super) fn read(host: &Host, own_table: MountTable, unread: &mut Vec<String>) -> Self {
        let number = |process: &str| {
            let link = host.paths.processes.join(process).join("ns/mnt");
            std::fs::read_link(link).ok().and_then(|to| namespace_number(&to))
        };
        let own = number("self");
        let mut all = Self { own, ..Self::default() };
        all.tables.insert(own.unwrap_or_default(), own_table);
        for pid in process_ids(host) {
            // A process that ended in between, or a thread of the kernel, has none.
            let Some(namespace) = number(&pid.to_string()) else { continue };
            if let Entry::Vacant(place) = all.tables.entry(namespace) {
                let path = host.paths.processes.join(pid.to_string()).join("mountinfo");
                match MountTable::read(&path) {
                    Ok(table) => {
                        place.insert(table);
                    }
                    Err(_) if !path.exists() => continue,
                    Err(error) => {
                        unread.push(format!("{}: {error}", path.display()));
                        continue;
                    }
                }
            }
            all.of_process.insert(pid, namespace);
        }
        all
    }

    /// The mounts that a process sees.
    pub(super) fn table_of(&self, pid: u32) -> Option<&MountTable> {
        self.tables.get(self.of_process.get(&pid)?)
    }

    /// The mounts that we see.
    pub(super) fn own_table(&self) -> Option<&MountTable> {
        self.tables.get(&self.own.unwrap_or_default())
    }

    pub(super) fn tables(&self) -> impl Iterator<Item = &MountTable> {
        self.tables.values()
    }

    fn is_own(&self, namespace: u64) -> bool {
        namespace == self.own.unwrap_or_default()
    }

    fn processes_in(&self, namespace: u64) -> Vec<u32> {
        let inside = self.of_process.iter().filter(|(_, other)| **other == namespace);
        inside.map(|(pid, _)| *pid).collect()
    }

    fn mount(&self, id: i32) -> Option<(&Mount, &MountTable)> {
        // Numbers are unique on the machine, not only in a namespace.
        self.tables.values().find_map(|table| {
            table.mounts.iter().find(|mount| mount.id == id).map(|mount| (mount, table))
        })
    }

    pub(super) fn is_of_client(&self, target: &Target, id: i32) -> bool {
        self.mount(id).is_some_and(|(mount, _)| target.is_of_client(mount))
    }

    /// Whether the mount of that number is the target, or goes away with it.
    pub(super) fn is_unmounted_with(&self, target: &Target, id: i32) -> bool {
        let follows =
            |(mount, table)| target.is_of_client(mount) && target.is_followed_by(mount, table);
        id == target.mount_id || self.mount(id).is_some_and(follows)
    }
}

/// `4026532416` of `mnt:[4026532416]`.
pub(super) fn namespace_number(link: &Path) -> Option<u64> {
    link.to_str()?.strip_prefix("mnt:[")?.strip_suffix(']')?.parse().ok()
}

/// Adds the namespaces in which the client stays mounted when the target is gone.
pub(super) fn find(
    host: &Host,
    target: &Target,
    namespaces: &Namespaces,
    deadline: Deadline,
    holders: &mut Holders,
) {
    for (number, table) in namespaces.tables.iter().filter(|(n, _)| !namespaces.is_own(**n)) {
        let Some(inside) = stays_in(target, table) else { continue };
        let pids = namespaces.processes_in(*number);
        let Some(first) = pids.first() else { continue };
        let path = format!("mnt:[{number}]");
        let holder =
            Owner::read(host, *first).holder(*first, HolderKind::Namespace, Some(path), false);
        holders.found.push(Holder { inside: Some(inside), count: pids.len(), ..holder });
    }
    for unseen in without_process(host, namespaces, deadline) {
        if deadline.has_passed() {
            break;
        }
        match look_inside(&unseen.path, deadline) {
            Ok(table) => {
                if let Some(inside) = stays_in(target, &table) {
                    holders.found.push(unseen.holder(host, inside));
                }
            }
            Err(because) => {
                holders.unread.push(format!(
                    "mount namespace mnt:[{}], held by {}: {because}",
                    unseen.number,
                    unseen.path.display()
                ));
            }
        }
    }
    // Anybody can make thousands of them.
    if deadline.has_passed() {
        holders.unread.push("mount namespaces without a process: there was no time for all".into());
    }
}

/// Where the client is mounted in a table, by a mount that does not go away with the target.
fn stays_in(target: &Target, table: &MountTable) -> Option<String> {
    let stays = |mount: &&Mount| target.is_of_client(mount) && !target.is_followed_by(mount, table);
    table.mounts.iter().find(stays).map(|mount| shown(&mount.directory))
}

/// A namespace that no process is in.
struct Unseen {
    number: u64,
    path: PathBuf,
    pid: Option<u32>,
}

impl Unseen {
    fn holder(&self, host: &Host, inside: String) -> Holder {
        let path = match self.pid {
            None => shown(&self.path),
            Some(_) => format!("mnt:[{}]", self.number),
        };
        let holder = match self.pid {
            None => Holder::of_kernel(HolderKind::NamespaceFile, None, path, false),
            Some(pid) => Owner::read(host, pid).holder(
                pid,
                HolderKind::NamespaceDescriptor,
                Some(path),
                false,
            ),
        };
        Holder { inside: Some(inside), ..holder }
    }
}

/// The namespaces without a process: mounts of type nsfs, whose root is `mnt:[NUMBER]`, in any
/// namespace, and descriptors.
fn without_process(host: &Host, namespaces: &Namespaces, deadline: Deadline) -> Vec<Unseen> {
    let mut seen: BTreeSet<u64> = namespaces.tables.keys().copied().collect();
    let mut unseen = Vec::new();
    for (namespace, table) in &namespaces.tables {
        let base = if namespaces.is_own(*namespace) {
            PathBuf::from("/")
        } else {
            let Some(pid) = namespaces.processes_in(*namespace).first().copied() else { continue };
            host.paths.processes.join(pid.to_string()).join("root")
        };
        for mount in table.mounts.iter().filter(|mount| mount.fs_type == "nsfs") {
            let number = namespace_number(Path::new(&mount.root));
            let Some(number) = number.filter(|number| seen.insert(*number)) else { continue };
            let inside = mount.directory.strip_prefix("/").unwrap_or(&mount.directory);
            unseen.push(Unseen { number, path: base.join(inside), pid: None });
        }
    }
    for (pid, number, path) in
        nsfs_mount(host).map_or_else(Vec::new, |id| namespace_descriptors(host, id, deadline))
    {
        if seen.insert(number) {
            unseen.push(Unseen { number, path, pid: Some(pid) });
        }
    }
    unseen
}

/// Reads the mounts of a namespace by its file, in a child.
pub(crate) fn look_inside(path: &Path, deadline: Deadline) -> Result<MountTable, String> {
    let limits = RunLimits::until(deadline.at_most(PATIENCE));
    let done = Program::own()
        .run(&Work::LookInside(path.to_owned()).arguments(), &limits)
        .map_err(|error| error.to_string())?;
    if !done.status.success() {
        return Err(done.last_words());
    }
    let text: String = serde_json::from_str(&done.stdout).map_err(|error| error.to_string())?;
    Ok(MountTable::parse(text.as_bytes()))
}

/// The mountinfo of another namespace; only ever called in the child, which enters it.
///
/// `/proc/self` is opened before: the namespace need not have a procfs of its own.
pub(crate) fn mounts_inside(file: &Path) -> std::io::Result<String> {
    let namespace = std::fs::File::open(file)?;
    let own = std::fs::File::open("/proc/self")?;
    setns(&namespace, CloneFlags::CLONE_NEWNS)?;
    let mountinfo = openat(&own, "mountinfo", OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    let mut text = Vec::new();
    std::fs::File::from(mountinfo).read_to_end(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
