//! Who uses a mount or its client: found in /proc and /sys, without touching the mount.
//!
//! By mount id (`fdinfo`), or by path in the process's own mountinfo; never by device number
//! alone, which all mounts of one Lustre name share. What the kernel does not show stays an
//! "unknown holder": descriptors in flight between processes, `io_uring`, an NFS export.
//!
//! Nothing here waits for the file system. What may wait for a process (its mappings) or for a
//! path (a namespace's file) is done in a child with a deadline.

mod kernel;
mod mappings;
mod namespaces;
mod processes;
mod table;

pub(crate) use mappings::MappingQuestion;
pub(crate) use namespaces::{look_inside, mounts_inside};

use super::Target;
use crate::host::{Deadline, Host, MountTable, read_text};
use namespaces::Namespaces;
use serde::Serialize;
use std::path::Path;

/// In which way something uses a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HolderKind {
    /// A descriptor of a process.
    OpenFile,
    /// A process's current directory.
    CurrentDirectory,
    /// A process's root directory.
    RootDirectory,
    /// The program that a process runs.
    Executable,
    /// A file mapped into a process's memory.
    Mapping,
    /// A loop device on a file.
    LoopDevice,
    /// A swap area on a file.
    Swap,
    /// A mount on a directory in it.
    MountBelow,
    /// Another mount of the same client in this namespace.
    BindMount,
    /// An overlay mount with a layer in it.
    Overlay,
    /// A mount namespace of other processes.
    Namespace,
    /// A mount namespace without a process, held by an nsfs file.
    NamespaceFile,
    /// A mount namespace without a process, held by a descriptor of a process.
    NamespaceDescriptor,
}

/// One user of a mount or of its client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// The process; absent where it is the kernel itself.
    pub pid: Option<u32>,
    /// Its command, or the kernel's name of the device.
    pub command: Option<String>,
    /// Its user's number.
    pub uid: Option<u32>,
    /// Its user's name, where `/etc/passwd` has it.
    pub user: Option<String>,
    /// In which way.
    pub kind: HolderKind,
    /// The file, directory or namespace.
    pub path: Option<String>,
    /// Where the client is mounted in that namespace.
    pub inside: Option<String>,
    /// How many of the kind there are; the path is that of the first.
    pub count: usize,
    /// Whether the process is blocked in the kernel (state D).
    pub blocked: bool,
    /// Whether an unmount of this mount meets EBUSY. Else it only keeps the client alive.
    pub busy: bool,
}

/// Everybody who was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Holders {
    /// The holders: those that make the mount busy first.
    pub found: Vec<Holder>,
    /// What could not be looked at, and why.
    pub unread: Vec<String>,
}

impl Holder {
    /// Whether it is another mount namespace.
    pub(super) fn is_elsewhere(&self) -> bool {
        use HolderKind::{Namespace, NamespaceDescriptor, NamespaceFile};
        matches!(self.kind, Namespace | NamespaceFile | NamespaceDescriptor)
    }

    /// Something of the kernel's own.
    fn of_kernel(kind: HolderKind, name: Option<String>, path: String, busy: bool) -> Self {
        Self {
            pid: None,
            command: name,
            uid: None,
            user: None,
            kind,
            path: Some(path),
            inside: None,
            count: 1,
            blocked: false,
            busy,
        }
    }
}

/// Looks for everybody who uses the target's mount, or its client elsewhere.
pub fn find_holders(host: &Host, target: &Target, deadline: Deadline) -> Holders {
    let mut holders = Holders::default();
    let own = match MountTable::read(&host.paths.processes.join("self/mountinfo")) {
        Ok(table) => table,
        Err(error) => {
            holders.unread.push(error.to_string());
            return holders;
        }
    };
    let namespaces = Namespaces::read(host, own, &mut holders.unread);
    processes::find(host, target, &namespaces, deadline, &mut holders);
    mappings::find(host, target, &namespaces, deadline, &mut holders);
    kernel::find(host, target, &namespaces, &mut holders);
    namespaces::find(host, target, &namespaces, deadline, &mut holders);
    holders.found.sort_by(|one, other| {
        (!one.busy, one.kind, one.pid).cmp(&(!other.busy, other.kind, other.pid))
    });
    holders
}

/// What is told of a process that holds something.
struct Owner {
    command: Option<String>,
    uid: Option<u32>,
    user: Option<String>,
    blocked: bool,
}

impl Owner {
    /// Reads the files of a process that never wait for its memory.
    ///
    /// *Source*: `/proc/PID/comm`, the owner of `/proc/PID`, `/proc/PID/stat` (proc(5)).
    fn read(host: &Host, pid: u32) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        let folder = host.paths.processes.join(pid.to_string());
        let uid = std::fs::metadata(&folder).ok().map(|about| about.uid());
        Self {
            command: read_text(&folder.join("comm")).ok().map(|name| name.trim_end().to_owned()),
            user: uid.and_then(|uid| user_name(&host.paths.rootfs, uid)),
            uid,
            blocked: is_blocked(&folder),
        }
    }

    fn holder(self, pid: u32, kind: HolderKind, path: Option<String>, busy: bool) -> Holder {
        Holder {
            pid: Some(pid),
            command: self.command,
            uid: self.uid,
            user: self.user,
            kind,
            path,
            inside: None,
            count: 1,
            blocked: self.blocked,
            busy,
        }
    }
}

/// Whether a thread of the process is blocked in the kernel.
fn is_blocked(folder: &Path) -> bool {
    let is_in_d = |folder: &Path| {
        read_text(&folder.join("stat")).is_ok_and(|text| super::child::state_of(&text) == Some('D'))
    };
    let Ok(threads) = std::fs::read_dir(folder.join("task")) else { return is_in_d(folder) };
    threads.flatten().any(|thread| is_in_d(&thread.path()))
}

/// A user's name from `/etc/passwd` alone: a name service may ask the network, or the very file
/// system that does not answer.
fn user_name(rootfs: &Path, uid: u32) -> Option<String> {
    let text = read_text(&rootfs.join("etc/passwd")).ok()?;
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

/// The numbers of all processes.
pub(super) fn process_ids(host: &Host) -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir(&host.paths.processes) else { return Vec::new() };
    let own = std::process::id();
    let mut pids: Vec<u32> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| *pid != own)
        .collect();
    pids.sort_unstable();
    pids
}

#[cfg(test)]
mod tests;
