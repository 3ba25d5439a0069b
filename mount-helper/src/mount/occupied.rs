//! What is mounted on a directory already, and whether it is what is asked for.
//!
//! Only mountinfo is read: a dead mount is recognised as well as a living one.

use crate::failure::{Code, Failure};
use crate::host::{Host, Mount, MountTable};
use crate::reach::known_addresses_of;
use crate::record::MountRecord;
use crate::source::{Device, SCRATCH_1_NAME};
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

/// What a resolver may take.
const DNS_PATIENCE: Duration = Duration::from_secs(2);

/// What is on the mount point.
pub(super) enum Occupied {
    No,
    BySame(Mount),
    ByOther(Failure),
}

/// Whether two devices have a server in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Servers {
    Shared,
    Different,
    Unknown,
}

/// Looks at the mount that one sees in the directory. An automount's trigger is not a mount.
pub(super) fn occupied(
    host: &Host,
    table: &MountTable,
    directory: &Path,
    device: &Device,
) -> Occupied {
    let Some(mount) = table.on(directory).filter(|mount| mount.fs_type != "autofs") else {
        return Occupied::No;
    };
    let is_same = if host.is_lustre(mount) { is_same(host, mount, device) } else { Some(false) };
    let directory = directory.display();
    let asked = format!("mount {device} on {directory}");
    Occupied::ByOther(match is_same {
        Some(true) => return Occupied::BySame(mount.clone()),
        Some(false) => Failure {
            code: Code::MountPointBusy,
            what: format!("something else is mounted on {directory}"),
            asked,
            because: format!("{} (type {}) is mounted there", mount.source, mount.fs_type),
            remedy: format!("unmount it (`umount {directory}`) or name another directory"),
        },
        None => Failure {
            code: Code::MountPointBusy,
            what: format!("it cannot be told whether {directory} is mounted already"),
            asked,
            because: format!(
                "{} is mounted there, and a server's name of one of the two does not resolve",
                mount.source
            ),
            remedy: "look the names up with `getent hosts`, and mount again when they resolve"
                .into(),
        },
    })
}

/// Whether the mount is of that device; `None` when names must resolve to tell, and do not.
fn is_same(host: &Host, mount: &Mount, device: &Device) -> Option<bool> {
    let Some(shown) = Device::shown_by(mount) else { return Some(false) };
    if shown.fsname != device.fsname || shown.subdir != device.subdir {
        return Some(false);
    }
    let is_recorded =
        MountRecord::read_of(host, mount).is_some_and(|record| record.device == device.to_string());
    if is_recorded {
        return Some(true);
    }
    match servers(device, &shown) {
        Servers::Shared => Some(true),
        Servers::Different => Some(false),
        Servers::Unknown => None,
    }
}

/// Refuses a second file system of the same Lustre name: the kernel gives both the same device
/// number, and every tool takes one for the other.
pub(super) fn check_same_fsname(
    host: &Host,
    table: &MountTable,
    device: &Device,
) -> Result<(), Failure> {
    for mount in table.mounts.iter().filter(|mount| host.is_lustre(mount)) {
        let Some(shown) = Device::parse(&mount.source) else { continue };
        if shown.fsname != device.fsname {
            continue;
        }
        if is_recorded_as(host, mount, device) {
            continue;
        }
        let is_other = match servers(device, &shown) {
            Servers::Shared => false,
            Servers::Different => true,
            Servers::Unknown => device.fsname == SCRATCH_1_NAME,
        };
        if is_other {
            return Err(Failure {
                code: Code::SameFsname,
                what: format!("another file system named '{}' is mounted already", device.fsname),
                asked: format!("mount {device}"),
                because: format!("{} is mounted on {}", mount.source, mount.directory.display()),
                remedy: "unmount the other one, or accept that tools cannot tell the two apart: \
                         -o allow_same_fsname"
                    .into(),
            });
        }
    }
    Ok(())
}

/// Whether our own record says that a mount is of this device's servers, without asking DNS.
pub(super) fn is_recorded_as(host: &Host, mount: &Mount, device: &Device) -> bool {
    MountRecord::read_of(host, mount)
        .and_then(|record| Device::parse(&record.device))
        .is_some_and(|recorded| recorded.servers == device.servers)
}

/// Whether two devices have a server in common, as far as can be told.
pub(super) fn share_servers(one: &Device, other: &Device) -> bool {
    servers(one, other) == Servers::Shared
}

fn servers(one: &Device, other: &Device) -> Servers {
    let has_common_text = one.nids().any(|nid| other.nids().any(|candidate| candidate == nid));
    if has_common_text {
        return Servers::Shared;
    }
    match (addresses(one), addresses(other)) {
        (Some(ours), Some(theirs)) if ours.iter().any(|address| theirs.contains(address)) => {
            Servers::Shared
        }
        (Some(_), Some(_)) => Servers::Different,
        _ => Servers::Unknown,
    }
}

/// The addresses of all servers of a device; `None` when one cannot be told in time.
fn addresses(device: &Device) -> Option<Vec<IpAddr>> {
    let mut all = Vec::new();
    for (host, _) in device.nids() {
        all.extend(known_addresses_of(host, DNS_PATIENCE)?);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(text: &str) -> Device {
        Device::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    fn table(line: &str) -> MountTable {
        MountTable::parse(line.as_bytes())
    }

    const ONE: &str = "193 27 0:50 / /fsx rw - lustre 10.0.0.5@tcp:/fsx rw,flock";

    #[test]
    fn the_same_device_is_recognised_by_its_servers() {
        let host = Host::default();
        let on = Path::new("/fsx");
        let look = |text| occupied(&host, &table(ONE), on, &device(text));
        assert!(matches!(look("10.0.0.5@tcp:/fsx"), Occupied::BySame(_)));
        assert!(matches!(look("10.0.0.9@tcp:10.0.0.5@tcp:/fsx"), Occupied::BySame(_)));
        assert!(matches!(look("10.0.0.6@tcp:/fsx"), Occupied::ByOther(_)));
        assert!(matches!(look("10.0.0.5@tcp:/fsx/sub"), Occupied::ByOther(_)));
        assert!(matches!(look("10.0.0.5@tcp:/other"), Occupied::ByOther(_)));
        let Occupied::ByOther(unknown) = look("no-such-host.invalid@tcp:/fsx") else {
            panic!("a server without an address is not known to be the same")
        };
        assert!(unknown.what.contains("cannot be told"), "{unknown}");
    }

    #[test]
    fn an_automount_trigger_is_not_a_mount_and_a_tmpfs_is() {
        let host = Host::default();
        let autofs = "2 1 0:9 / /fsx rw - autofs systemd-1 rw,fd=1";
        let tmpfs = "2 1 0:9 / /fsx rw - tmpfs tmpfs rw";
        let wanted = device("10.0.0.5@tcp:/fsx");
        let look = |line| occupied(&host, &table(line), Path::new("/fsx"), &wanted);
        assert!(matches!(look(autofs), Occupied::No));
        assert!(matches!(look(tmpfs), Occupied::ByOther(_)));
    }

    #[test]
    fn a_second_file_system_of_the_same_name_is_refused() {
        let host = Host::default();
        let refuse = |text| check_same_fsname(&host, &table(ONE), &device(text));
        assert!(refuse("10.0.0.5@tcp:/fsx").is_ok());
        assert!(refuse("10.0.0.6@tcp:/abcdefgh").is_ok());
        assert_eq!(refuse("10.0.0.6@tcp:/fsx").map_err(|f| f.code), Err(Code::SameFsname));
    }
}
