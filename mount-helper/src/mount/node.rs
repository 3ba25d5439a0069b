//! What this node and this process could do, by which causes of one exit code are told apart.

use crate::host::{Host, read_text};
use crate::source::Device;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// The kernel's number of the initial namespace of users, on every version.
const INITIAL_USERS: u64 = 0xEFFF_FFFD;
/// The number of the capability `CAP_SYS_ADMIN`.
const SYS_ADMIN: u32 = 21;

/// Whether the kernel lets this process mount Lustre: with `CAP_SYS_ADMIN`, in the initial namespace of
/// users.
pub(super) fn may_mount() -> bool {
    let is_initial = std::fs::metadata("/proc/self/ns/user")
        .is_ok_and(|namespace| namespace.ino() == INITIAL_USERS);
    is_initial && read_text(Path::new("/proc/self/status")).is_ok_and(|text| has_sys_admin(&text))
}

fn has_sys_admin(status: &str) -> bool {
    let set = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let set = set.and_then(|set| u64::from_str_radix(set.trim(), 16).ok());
    set.is_some_and(|set| set & (1 << SYS_ADMIN) != 0)
}

/// Whether this node is made to reach a server of the device: over tcp, as every client of FSx, or
/// over EFA where it has such an interface.
pub(super) fn should_reach(host: &Host, device: &str) -> bool {
    let Some(device) = Device::parse(device) else { return false };
    device.nids().any(|(_, network)| match network {
        "tcp" | "tcp0" => true,
        "efa" | "efa0" => has_efa(host),
        _ => false,
    })
}

fn has_efa(host: &Host) -> bool {
    let Ok(devices) = std::fs::read_dir(host.paths.sysfs.join("class/infiniband")) else {
        return false;
    };
    devices.flatten().any(|device| {
        let driver = std::fs::read_link(device.path().join("device/driver"));
        driver.is_ok_and(|driver| driver.file_name().is_some_and(|name| name == "efa"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_to_mount_is_one_bit_of_the_effective_ones() {
        assert!(has_sys_admin("Name:\tx\nCapEff:\t0000000000200000\n"));
        assert!(!has_sys_admin("CapPrm:\t000001ffffffffff\nCapEff:\t000001ffffdfffff\n"));
        assert!(!has_sys_admin(""));
    }

    #[test]
    fn a_node_is_made_for_tcp_and_for_efa_where_it_has_it() {
        let folder = tempfile::tempdir().expect("folder");
        let mut host = Host::default();
        host.paths.sysfs = folder.path().to_owned();
        let reaches = |host: &Host| {
            ["10.0.0.5@tcp:/a", "10.0.0.5:/a", "10.0.0.5@efa:/a", "10.0.0.5@tcp7:/a", "h@o2ib:/a"]
                .map(|device| should_reach(host, device))
        };
        assert_eq!(reaches(&host), [true, true, false, false, false]);
        let device = folder.path().join("class/infiniband/rdmap0/device");
        std::fs::create_dir_all(&device).expect("folder");
        std::os::unix::fs::symlink("../../bus/pci/drivers/efa", device.join("driver"))
            .expect("link");
        assert_eq!(reaches(&host), [true, true, true, false, false]);
    }
}
