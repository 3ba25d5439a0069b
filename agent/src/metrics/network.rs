//! Allowances of the instance's network, as the ENA driver counts them: bandwidth, packets and
//! connections that EC2 queued or dropped because this instance had used up its share.

use super::encode::Encoder;
use super::families::{ALLOWANCE, CONNTRACK_LEFT};
use super::sources::Sources;
use super::verdict::{SourceError, Verdict};
use below_ethtool::{Ethtool, EthtoolReadable as _};
use std::io::Error;
use std::path::Path;

/// The driver's names, each with what it is called here.
///
/// *Source*: "Monitor network performance for ENA settings" of the EC2 user guide.
const ALLOWANCES: [(&str, &str); 5] = [
    ("bw_in_allowance_exceeded", "bw_in"),
    ("bw_out_allowance_exceeded", "bw_out"),
    ("pps_allowance_exceeded", "pps"),
    ("conntrack_allowance_exceeded", "conntrack"),
    ("linklocal_allowance_exceeded", "linklocal"),
];
const CONNTRACK: &str = "conntrack_allowance_available";

/// What one interface's driver counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Allowances {
    exceeded: [Option<u64>; ALLOWANCES.len()],
    conntrack_left: Option<u64>,
}

/// Picks the allowances out of a driver's statistics; what it does not count is absent.
fn pick(statistics: &[(String, u64)]) -> Allowances {
    let value =
        |name: &str| statistics.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
    Allowances {
        exceeded: ALLOWANCES.map(|(name, _)| value(name)),
        conntrack_left: value(CONNTRACK),
    }
}

/// The interfaces whose driver is ENA's.
///
/// *Source*: `class/net/*/device/driver` below sysfs.
fn interfaces(sysfs: &Path) -> Vec<String> {
    let is_ena = |name: &String| {
        let driver = sysfs.join("class/net").join(name).join("device/driver").read_link();
        driver.is_ok_and(|driver| driver.file_name().is_some_and(|name| name == "ena"))
    };
    let entries = std::fs::read_dir(sysfs.join("class/net")).into_iter().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(is_ena)
        .collect();
    names.sort();
    names
}

/// The collector. Nodes without an ENA interface have no series of it.
///
/// *Source*: the ioctl SIOCETHTOOL, `ETHTOOL_GSTATS`, which any user may ask.
pub(super) fn collect(sources: &mut Sources, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    let mut all = Vec::new();
    for interface in interfaces(&sources.host().paths.sysfs) {
        match Ethtool::new(&interface).and_then(|ethtool| ethtool.stats()) {
            Ok(statistics) => all.push((interface, pick(&statistics))),
            Err(error) => {
                let path = Path::new("/sys/class/net").join(&interface);
                verdict.note(SourceError::Unreadable { path, source: Error::other(error) });
            }
        }
    }
    let mut exceeded = encoder.family(&ALLOWANCE);
    for (interface, allowances) in &all {
        for ((_, allowance), count) in ALLOWANCES.into_iter().zip(allowances.exceeded) {
            exceeded.sample_if([interface, allowance], count);
        }
    }
    let mut left = encoder.family(&CONNTRACK_LEFT);
    for (interface, allowances) in &all {
        left.sample_if([interface], allowances.conntrack_left);
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_driver_counts_is_known() {
        let statistics = [("tx_timeout".to_owned(), 1), ("bw_in_allowance_exceeded".to_owned(), 7)];
        let found = pick(&statistics);
        assert_eq!(found.exceeded, [Some(7), None, None, None, None]);
        assert_eq!(found.conntrack_left, None);
    }

    #[test]
    fn interfaces_are_known_by_their_driver() {
        let folder = tempfile::tempdir().expect("folder");
        for (name, driver) in [("ens5", "ena"), ("eth0", "virtio_net")] {
            let device = folder.path().join("class/net").join(name).join("device");
            std::fs::create_dir_all(&device).expect("folder");
            let to = Path::new("../../../bus/pci/drivers").join(driver);
            std::os::unix::fs::symlink(to, device.join("driver")).expect("link");
        }
        std::fs::create_dir_all(folder.path().join("class/net/lo")).expect("folder");
        assert_eq!(interfaces(folder.path()), ["ens5"]);
        assert!(interfaces(Path::new("/nonexistent")).is_empty());
    }
}
