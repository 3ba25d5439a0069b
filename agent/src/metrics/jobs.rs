//! What fsxlustre itself knows of the mounts: the ids of their file systems, and the jobs that use
//! them.

use super::encode::Encoder;
use super::families::{FILE_SYSTEM_INFO, JOB_INFO, JOB_OPERATIONS, JOB_READ, JOB_WRITE, LEASES};
use super::io::{IoCounters, read_io};
use super::sources::Sources;
use super::verdict::{SourceError, Verdict};
use crate::jobs::Lease;
use crate::jobs::io::since_begin;
use fsxlustre_mount::record::{Maker, MountRecord};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Who asked for a mount, in a word.
fn made_by(record: &MountRecord) -> &'static str {
    match record.made_by {
        Maker::Fstab => "fstab",
        Maker::Person => "person",
        Maker::Ssm => "ssm",
        Maker::Job(_) => "job",
    }
}

/// The job's number as Slurm has it; of a lease without one its key.
fn number(lease: &Lease) -> String {
    lease.job_id.map_or_else(|| lease.job.clone(), |number| number.to_string())
}

/// The collector.
///
/// *Source*: `mounts`, `leases` and `io` in `/run/fsxlustre`, `llite/*/stats`. *Units*: bytes.
pub(super) fn collect(sources: &mut Sources, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    let mounted = match sources.mounts() {
        Ok(mounts) => mounts,
        Err(error) => {
            verdict.note(error.into());
            return verdict;
        }
    };
    let mounts: BTreeMap<_, _> =
        mounted.named().map(|(fs, mount)| (mount.directory.as_path(), (fs, mount))).collect();
    let (host, own) = sources.own_state();
    let (host, records, leases) = (Arc::clone(host), own.records(host), own.leases(host));
    let mut info = encoder.family(&FILE_SYSTEM_INFO);
    for (directory, (fs, mount)) in &mounts {
        let record = match &records {
            Ok(records) => records
                .iter()
                .find(|record| record.directory == mount.directory && record.is_of(&host, mount))
                .cloned(),
            // Another one is in the way.
            Err(_) => MountRecord::read_of(&host, mount),
        };
        let Some(record) = record else { continue };
        if let Some(id) = &record.file_system_id {
            info.sample([id, fs, &directory.to_string_lossy(), made_by(&record)], true);
        }
    }
    let leases = leases.unwrap_or_else(|error| {
        verdict.note(error);
        Arc::default()
    });
    let mut counts = encoder.family(&LEASES);
    for directory in mounts.keys() {
        let users = leases.iter().filter(|lease| lease.directories.contains(*directory)).count();
        let users = u64::try_from(users).unwrap_or(u64::MAX);
        counts.sample([&*directory.to_string_lossy()], users);
    }
    let mut seen = BTreeSet::new();
    let mut jobs = encoder.family(&JOB_INFO);
    for lease in leases.iter() {
        for directory in &lease.directories {
            let Some((fs, _)) = mounts.get(directory.as_path()) else { continue };
            if seen.insert((&lease.job, directory)) {
                let directory = directory.to_string_lossy();
                jobs.sample([&lease.cluster, &number(lease), fs, &directory], true);
            }
        }
    }
    encode_io(sources, &leases, encoder, &mut verdict);
    verdict
}

/// What each job has done so far: exact where it is alone.
fn encode_io(
    sources: &mut Sources,
    leases: &[Lease],
    encoder: &mut Encoder,
    verdict: &mut Verdict,
) {
    if leases.is_empty() {
        return;
    }
    let host = Arc::clone(sources.host());
    let now = read_io(sources, verdict);
    let mut all = Vec::new();
    for lease in leases {
        match since_begin(&host, &lease.job, &now) {
            Ok(done) => all.extend(done.map(|done| (lease, number(lease), done))),
            Err(failure) => verdict.note(SourceError::told(&failure)),
        }
    }
    for (family, get) in [
        (&JOB_READ, (|io| io.read_bytes) as fn(&IoCounters) -> Option<i64>),
        (&JOB_WRITE, |io| io.write_bytes),
        (&JOB_OPERATIONS, |io| Some(io.operations.values().sum())),
    ] {
        let mut samples = encoder.family(family);
        for (lease, job, done) in &all {
            let shared = if done.is_shared { "yes" } else { "no" };
            for (fs, io) in &done.file_systems {
                samples.sample_if([&lease.cluster, job, fs, shared], get(io));
            }
        }
    }
}
