//! Processes: open files by mount id, current directory, root and program by path.

use super::namespaces::{Namespaces, namespace_number};
use super::{Holder, HolderKind, Holders, Owner, process_ids};
use crate::host::{Deadline, Host, MountTable, read_text};
use crate::unmount::Target;
use std::path::Path;

/// Adds what the processes of every namespace hold.
pub(super) fn find(
    host: &Host,
    target: &Target,
    namespaces: &Namespaces,
    deadline: Deadline,
    holders: &mut Holders,
) {
    for pid in process_ids(host) {
        if deadline.has_passed() {
            return holders.unread.push("processes: there was no time for all".into());
        }
        let folder = host.paths.processes.join(pid.to_string());
        let Some(table) = namespaces.table_of(pid) else { continue };
        let mut found = open_files(&folder, target, namespaces);
        found.extend(links(&folder, target, table));
        for (kind, path, count, busy) in found {
            let holder = Owner::read(host, pid).holder(pid, kind, Some(path), busy);
            holders.found.push(Holder { count, ..holder });
        }
    }
}

type Found = (HolderKind, String, usize, bool);

/// Descriptors on the mount itself, and on other mounts of its client.
///
/// *Source*: `mnt_id` in `/proc/PID/fdinfo/N`: the number in mountinfo, or that of a mount which a
/// lazy unmount has hidden.
fn open_files(folder: &Path, target: &Target, namespaces: &Namespaces) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder.join("fdinfo")) else { return found };
    for entry in entries.flatten() {
        let Some(mount_id) = read_text(&entry.path()).ok().and_then(|text| mount_id(&text)) else {
            continue;
        };
        let busy = namespaces.is_unmounted_with(target, mount_id);
        if !busy && !namespaces.is_of_client(target, mount_id) {
            continue;
        }
        if let Some((_, _, count, _)) = found.iter_mut().find(|one| one.3 == busy) {
            *count += 1;
            continue;
        }
        let link = std::fs::read_link(folder.join("fd").join(entry.file_name()));
        let path = link.map_or_else(|_| "an unnamed file".into(), |path| shown(&path));
        found.push((HolderKind::OpenFile, path, 1, busy));
    }
    found
}

fn mount_id(fdinfo: &str) -> Option<i32> {
    fdinfo.lines().find_map(|line| line.strip_prefix("mnt_id:"))?.trim().parse().ok()
}

/// The three links of a process, by path in its own table of mounts.
fn links(folder: &Path, target: &Target, table: &MountTable) -> Vec<Found> {
    let kinds = [
        ("cwd", HolderKind::CurrentDirectory),
        ("root", HolderKind::RootDirectory),
        ("exe", HolderKind::Executable),
    ];
    let held = |(name, kind): (&str, HolderKind)| {
        let path = std::fs::read_link(folder.join(name)).ok()?;
        let busy = busy_at(&path, target, table)?;
        Some((kind, shown(&path), 1, busy))
    };
    kinds.into_iter().filter_map(held).collect()
}

/// Whether a path lies in a mount of the client, and if so, whether in the one to be unmounted.
pub(super) fn busy_at(path: &Path, target: &Target, table: &MountTable) -> Option<bool> {
    let mount = table.containing(path).filter(|mount| target.is_of_client(mount))?;
    Some(mount.id == target.mount_id || target.is_followed_by(mount, table))
}

pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Descriptors on mount namespaces, by the number of the namespace.
pub(super) fn namespace_descriptors(
    host: &Host,
    nsfs_mount: i32,
    deadline: Deadline,
) -> Vec<(u32, u64, std::path::PathBuf)> {
    let mut found = Vec::new();
    for pid in process_ids(host) {
        let folder = host.paths.processes.join(pid.to_string());
        let Ok(entries) = std::fs::read_dir(folder.join("fdinfo")) else { continue };
        for entry in entries.flatten().take_while(|_| !deadline.has_passed()) {
            let id = read_text(&entry.path()).ok().and_then(|text| mount_id(&text));
            if id != Some(nsfs_mount) {
                continue;
            }
            let link = folder.join("fd").join(entry.file_name());
            let number = std::fs::read_link(&link).ok().and_then(|to| namespace_number(&to));
            found.extend(number.map(|number| (pid, number, link)));
        }
    }
    found
}

/// The number of the mount that descriptors on namespaces belong to, as a descriptor of our own
/// shows it.
pub(super) fn nsfs_mount(host: &Host) -> Option<i32> {
    use std::os::fd::AsRawFd as _;
    let own = host.paths.processes.join("self");
    let file = std::fs::File::open(own.join("ns/mnt")).ok()?;
    let fdinfo = own.join("fdinfo").join(file.as_raw_fd().to_string());
    read_text(&fdinfo).ok().and_then(|text| mount_id(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_captured_fdinfo_gives_its_mount_id() {
        let captured = "pos:\t0\nflags:\t0100000\nmnt_id:\t222\nino:\t144115238826934285\n";
        assert_eq!(mount_id(captured), Some(222));
        assert_eq!(mount_id("pos:\t0\n"), None);
    }
}
