//! Which Lustre file systems are mounted, as the list of mounts shows it. No mount is touched.

use super::encode::Encoder;
use super::families::MOUNT_INFO;
use super::sources::Sources;
use super::verdict::Verdict;
use fsxlustre_mount::host::{Host, Mount, MountTable};
use fsxlustre_mount::source::Device;
use std::collections::BTreeSet;

/// Every mount of Lustre with the name of its file system; one whose source is not understood has
/// none and is left out.
pub(super) fn lustre_mounts<'t>(
    host: &'t Host,
    table: &'t MountTable,
) -> impl Iterator<Item = (String, &'t Mount)> {
    table.mounts.iter().filter(|mount| host.is_lustre(mount)).filter_map(|mount| {
        let device = Device::parse(&mount.source)?;
        Some((device.fsname, mount))
    })
}

/// Labels of one mount: file system, mount point, source, options.
type Labels = (String, String, String, String);

/// The mounts, each once, and how many sources were not understood: their `fs` is empty.
fn labels<'m>(mounts: impl Iterator<Item = &'m Mount>) -> (BTreeSet<Labels>, u64) {
    let mut oddities = 0;
    let labels = mounts
        .map(|mount| {
            let device = Device::parse(&mount.source);
            oddities += u64::from(device.is_none());
            let fs = device.map(|device| device.fsname).unwrap_or_default();
            let options: BTreeSet<&str> =
                mount.options.iter().chain(&mount.super_options).map(String::as_str).collect();
            let options: Vec<&str> = options.into_iter().collect();
            let directory = mount.directory.to_string_lossy().into_owned();
            (fs, directory, mount.source.clone(), options.join(","))
        })
        .collect();
    (labels, oddities)
}

/// The collector.
///
/// *Source*: `/proc/self/mountinfo`: the mounts that this service's mount namespace has.
pub(super) fn collect(sources: &mut Sources, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    match sources.mounts() {
        Ok(table) => {
            let host = sources.host();
            let lustre = table.mounts.iter().filter(|mount| host.is_lustre(mount));
            let (labels, oddities) = labels(lustre);
            verdict.oddities = oddities + u64::try_from(table.unread_lines).unwrap_or(u64::MAX);
            let mut family = encoder.family(&MOUNT_INFO);
            for (fs, mountpoint, source, options) in &labels {
                family.sample([fs, mountpoint, source, options], true);
            }
        }
        Err(error) => verdict.note(error.into()),
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

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
            labels.iter().map(|(fs, mountpoint, ..)| (fs.as_str(), mountpoint.as_str())).collect();
        assert_eq!(shown, [("", "/z"), ("p7lsxbev", "/a b"), ("p7lsxbev", "/fsx")]);
        assert_eq!(oddities, 1);
    }
}
