//! Drift: what of our mounts is not as it was asked for.
//!
//! The record of a mount says what was asked for, mountinfo what there is; of the client's settings
//! `/run/fsxlustre/tuning` says what was set, and sysfs what there is. Each kind is one function from both
//! to what differs.

use super::encode::Encoder;
use super::families::{DRIFT, DRIFT_INFO};
use super::mounts::LustreMounts;
use super::sources::Sources;
use super::verdict::Verdict;
use crate::tune::{Client, Drifted, client_of, tuned, value_now};
use fsxlustre_mount::host::{Host, Mount};
use fsxlustre_mount::mount::missing_options;
use fsxlustre_mount::record::MountRecord;
use fsxlustre_mount::source::Device;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is compared: a record with its mount, if that is there.
type Compare = fn(&Surroundings<'_>, &MountRecord, Option<&Mount>) -> Option<Vec<String>>;

/// Every kind, with what compares it; `None` from it is not known.
const KINDS: [(&str, Compare); 3] =
    [("mounted", mounted), ("options", options), ("tuning", tuning)];

/// What is looked at once for all mounts.
struct Surroundings<'a> {
    host: &'a Host,
    /// The clients on which something of ours is set.
    tuned: Vec<Client>,
    /// What somebody else set since.
    drifted: Vec<Drifted>,
}

/// Whether it is mounted.
#[expect(clippy::unnecessary_wraps, reason = "one form for all kinds")]
fn mounted(
    _: &Surroundings<'_>,
    record: &MountRecord,
    mount: Option<&Mount>,
) -> Option<Vec<String>> {
    Some(if mount.is_some() { Vec::new() } else { vec![record.device.clone()] })
}

/// The options that it was to have. Where nothing was said of it, a mount is to be written to.
fn options(
    _: &Surroundings<'_>,
    record: &MountRecord,
    mount: Option<&Mount>,
) -> Option<Vec<String>> {
    Some(differing_options(record, mount?))
}

/// The options of a mount of ours that do not hold.
pub(crate) fn differing_options(record: &MountRecord, mount: &Mount) -> Vec<String> {
    let mut differing = missing_options(mount, &record.options);
    let is_read_only = mount.shows("ro");
    let was_asked = record.options.iter().any(|word| word == "ro");
    if is_read_only && !was_asked && !differing.iter().any(|word| word == "rw") {
        differing.push("rw".into());
    }
    differing
}

/// The settings of the client that are not as we set them, by their keys; not known where nothing of ours
/// is set.
fn tuning(
    around: &Surroundings<'_>,
    _: &MountRecord,
    mount: Option<&Mount>,
) -> Option<Vec<String>> {
    let client = client_of(around.host, mount?)?;
    if !around.tuned.contains(&client) {
        return None;
    }
    let name = client.name();
    let keys = around.drifted.iter().filter(|one| one.client == name).map(|one| one.key.clone());
    Some(keys.collect::<BTreeSet<_>>().into_iter().collect())
}

/// One kind of setting of one mount.
#[derive(Debug, PartialEq, Eq)]
struct Compared {
    fs: String,
    mountpoint: String,
    kind: &'static str,
    differing: Vec<String>,
}

/// Compares every record of a mount that was made with what there is.
fn compare(host: &Host, records: &[MountRecord], mounts: &LustreMounts) -> Vec<Compared> {
    let (tuned, drifted) = tuned(host, |place| value_now(host, place));
    let around = &Surroundings { host, tuned, drifted };
    let made = records.iter().filter(|record| record.mount_id.is_some());
    let both =
        made.map(|record| (record, mounts.mounts().rev().find(|mount| record.is_of(host, mount))));
    let all = both.flat_map(|(record, mount)| {
        KINDS.iter().filter_map(move |(kind, compare)| {
            Some(Compared {
                fs: Device::parse(&record.device)?.fsname,
                mountpoint: record.directory.to_string_lossy().into_owned(),
                kind,
                differing: compare(around, record, mount)?,
            })
        })
    });
    all.collect()
}

/// The collector.
///
/// *Source*: `/run/fsxlustre/mounts`, `/proc/self/mountinfo`; `/run/fsxlustre/tuning` and the files of the
/// client that it names.
pub(super) fn collect(sources: &mut Sources, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    let (host, own) = sources.own_state();
    let (host, records) = (Arc::clone(host), own.records(host));
    let (records, mounts) = match (records, sources.mounts()) {
        (Ok(records), Ok(mounts)) => (records, mounts),
        (Err(error), _) => {
            verdict.note(error);
            return verdict;
        }
        (_, Err(error)) => {
            verdict.note(error.into());
            return verdict;
        }
    };
    if records.is_empty() {
        return verdict;
    }
    let all = compare(&host, &records, &mounts);
    let mut counts = encoder.family(&DRIFT);
    for one in &all {
        let count = u64::try_from(one.differing.len()).unwrap_or(u64::MAX);
        counts.sample([&one.fs, &one.mountpoint, one.kind], count);
    }
    let mut info = encoder.family(&DRIFT_INFO);
    for one in &all {
        for setting in &one.differing {
            info.sample([&one.fs, &one.mountpoint, one.kind, setting], true);
        }
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;
    use fsxlustre_mount::host::MountTable;
    use fsxlustre_mount::record::Maker;
    use std::path::Path;

    fn compared(line: &str, options: &[&str], mount_id: Option<i32>) -> Vec<Compared> {
        let folder = tempfile::tempdir().expect("folder");
        let mut host = Host::default();
        host.paths.sysfs = folder.path().join("sys");
        host.paths.procfs = folder.path().join("proc");
        let boot = host.paths.procfs.join("sys/kernel/random");
        std::fs::create_dir_all(&boot).expect("folder");
        std::fs::write(boot.join("boot_id"), "b\n").expect("a boot");
        let device = Device::parse("10.0.0.5@tcp:/abcdefgh").expect("a device");
        let directory = Path::new("/fsx");
        let mut record = MountRecord::intent(&host, "x".into(), &device, directory, Maker::Person);
        record.options = options.iter().map(|&word| word.to_owned()).collect();
        record.mount_id = mount_id;
        let mounts = LustreMounts::of(&host, MountTable::parse(line.as_bytes()), None);
        compare(&host, &[record], &mounts)
    }

    fn of(kind: &'static str, differing: &[&str]) -> Compared {
        Compared {
            fs: "abcdefgh".into(),
            mountpoint: "/fsx".into(),
            kind,
            differing: differing.iter().map(|&word| word.to_owned()).collect(),
        }
    }

    #[test]
    fn what_differs_is_named_and_what_nobody_shows_is_not() {
        let mount = |options: &str, of_fs: &str| {
            format!("9 1 0:50 / /fsx {options} - lustre 10.0.0.5@tcp:/abcdefgh {of_fs}\n")
        };
        for (options, of_fs, asked, differing) in [
            ("rw,noatime", "rw,flock,lazystatfs", &["noatime", "flock", "_netdev"][..], &[][..]),
            ("rw,relatime", "rw,localflock", &["noatime", "flock"], &["noatime", "flock"]),
            ("ro,noatime", "rw,flock", &["noatime", "flock"], &["rw"]),
            ("ro,noatime", "rw,flock", &["rw", "noatime"], &["rw"]),
            ("ro,noatime", "ro,flock", &["ro", "noatime"], &[]),
            ("rw,noatime", "rw", &["noatime", "flock"], &[]),
        ] {
            let found = compared(&mount(options, of_fs), asked, Some(9));
            assert_eq!(found, [of("mounted", &[]), of("options", differing)], "{options} {of_fs}");
        }
    }

    #[test]
    fn a_mount_that_is_gone_is_told_and_one_that_is_being_made_is_not() {
        let other = "9 1 0:50 / /fsx rw - ext4 /dev/x rw\n";
        let device = "10.0.0.5@tcp:/abcdefgh";
        assert_eq!(compared(other, &["noatime"], Some(9)), [of("mounted", &[device])]);
        assert_eq!(compared(other, &["noatime"], None), []);
    }
}
