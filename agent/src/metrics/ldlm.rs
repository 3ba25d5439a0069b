//! Locks that the client holds, and what servers tell it about them.

use super::encode::Encoder;
use super::families::{Family, LDLM_CALLBACKS, LDLM_LOCKS, LDLM_LRU, LDLM_RESOURCES, LDLM_UNUSED};
use super::instances::{Folder, Instance};
use super::reading::Reading;
use super::sources::{DeviceFile, Place, Sources};
use super::stats::{Unit, scan};
use super::verdict::{SourceError, Verdict};
use std::sync::Arc;

/// The files of a namespace, each with its family.
const FILES: [(&str, &Family<2>); 4] = [
    ("lock_count", &LDLM_LOCKS),
    ("lock_unused_count", &LDLM_UNUSED),
    ("resource_count", &LDLM_RESOURCES),
    ("lru_size", &LDLM_LRU),
];

/// The collector; of the slow tier, as it reads four files a target.
///
/// *Source*: `ldlm/namespaces/*/{lock_count,lock_unused_count,resource_count,lru_size}`,
/// `ldlm/services/ldlm_cbd/stats`.
pub(super) fn collect(sources: &mut Sources, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    let both = [Folder::Osc, Folder::Mdc].map(|folder| {
        let devices = sources.devices(folder).unwrap_or_else(|error| {
            verdict.note(error);
            Arc::from([])
        });
        (folder, devices)
    });
    let mut reading = Reading { sources, verdict: &mut verdict };
    for (name, family) in FILES {
        let mut file = DeviceFile::of_namespace(name).optional();
        let mut samples = encoder.family(family);
        for (folder, devices) in &both {
            for clients in devices.chunk_by(|a, b| a.fs() == b.fs()) {
                let sum = reading.sum_number(&mut file, clients);
                if let Some(fs) = clients.first().map(Instance::fs) {
                    samples.sample_if([fs, folder.name()], sum);
                }
            }
        }
    }
    collect_callbacks(sources, encoder, &mut verdict);
    verdict
}

fn collect_callbacks(sources: &mut Sources, encoder: &mut Encoder, verdict: &mut Verdict) {
    let counts = match sources.node_file(Place::AnyOfClient, "ldlm/services/ldlm_cbd/stats") {
        Ok(Some(text)) => parse_callbacks(text),
        // Without debugfs other collectors say so.
        Ok(None) => return,
        Err(error) => return verdict.note(error),
    };
    let (Some(counts), oddities) = counts else {
        let path = sources.last_path().to_owned();
        return verdict.note(SourceError::NotUnderstood { path });
    };
    verdict.oddities += oddities;
    let mut samples = encoder.family(&LDLM_CALLBACKS);
    for (operation, count) in CALLBACKS.into_iter().zip(counts) {
        samples.sample_if([operation], count);
    }
}

/// Messages about locks: one is wanted back, one is granted, one is looked at.
const CALLBACKS: [&str; 3] = ["ldlm_bl_callback", "ldlm_cp_callback", "ldlm_gl_callback"];

/// Parses the callback service's `stats`.
pub(super) fn parse_callbacks(text: &[u8]) -> (Option<[Option<i64>; 3]>, u64) {
    let mut counts = [None; 3];
    let scan = scan(text, |counter| {
        let place = CALLBACKS.iter().position(|name| name.as_bytes() == counter.name);
        let place = place.filter(|_| counter.unit == Unit::Micros);
        if let Some(count) = place.and_then(|place| counts.get_mut(place)) {
            *count = Some(counter.count);
        }
    });
    let counts = counts.map(|count| count.or(scan.absent()));
    (scan.is_known.then_some(counts), scan.oddities)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captured_callbacks() {
        let text = "snapshot_time             1795211659.752428700 secs.nsecs\n\
                    req_qdepth                449 samples [reqs] 0 0 0 0\n\
                    ldlm_bl_callback          287 samples [usecs] 11 21590 134132 832623548\n";
        assert_eq!(parse_callbacks(text.as_bytes()).0, Some([Some(287), Some(0), Some(0)]));
        assert_eq!(parse_callbacks(b"").0, None);
    }
}
