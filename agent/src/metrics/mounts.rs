//! Which Lustre file systems are mounted, as the list of mounts shows it. No mount is touched.

use super::encode::Encoder;
use super::families::MOUNT_INFO;
use super::sources::{Sources, Verdict};
use fsxlustre_mount::host::Mount;
use fsxlustre_mount::source::Device;
use std::collections::BTreeSet;

/// Labels of one mount: file system, mount point, source.
type Labels = (String, String, String);

/// The mounts, each once, and how many sources were not understood: their `fs` is empty.
fn labels<'m>(mounts: impl Iterator<Item = &'m Mount>) -> (BTreeSet<Labels>, u64) {
    let mut oddities = 0;
    let labels = mounts
        .map(|mount| {
            let device = Device::parse(&mount.source);
            oddities += u64::from(device.is_none());
            let fs = device.map(|device| device.fsname).unwrap_or_default();
            (fs, mount.directory.to_string_lossy().into_owned(), mount.source.clone())
        })
        .collect();
    (labels, oddities)
}

/// The collector.
///
/// *Source*: `/proc/self/mountinfo`: the mounts that this service's mount namespace has.
pub(super) fn collect(sources: &mut Sources, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    let host = sources.host();
    match host.mounts() {
        Ok(table) => {
            let lustre = table.mounts.iter().filter(|mount| host.is_lustre(mount));
            let (labels, oddities) = labels(lustre);
            verdict.oddities = oddities + u64::try_from(table.unread_lines).unwrap_or(u64::MAX);
            let mut family = encoder.family(&MOUNT_INFO);
            for (fs, mountpoint, source) in &labels {
                family.sample([fs, mountpoint, source], true);
            }
        }
        Err(error) => verdict.note(error.into()),
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;
    use fsxlustre_mount::host::MountTable;

    #[test]
    fn a_mount_is_named_once_whatever_its_source() {
        let line = "lustre 192.168.77.10@tcp:/p7lsxbev/sub rw\n";
        let text = format!(
            "1 0 8:1 / /fsx rw - {line}2 0 8:1 / /fsx rw - {line}3 0 8:1 / /a\\040b rw - {line}\
             4 0 8:1 / /z rw - lustre what rw\n"
        );
        let table = MountTable::parse(text.as_bytes());
        let (labels, oddities) = labels(table.mounts.iter());
        let shown: Vec<(&str, &str)> =
            labels.iter().map(|(fs, mountpoint, _)| (fs.as_str(), mountpoint.as_str())).collect();
        assert_eq!(shown, [("", "/z"), ("p7lsxbev", "/a b"), ("p7lsxbev", "/fsx")]);
        assert_eq!(oddities, 1);
    }
}
