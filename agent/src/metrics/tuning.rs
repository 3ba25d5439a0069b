//! Settings of the client that decide how fast it can be: the smallest of each kind, so that one
//! target that was forgotten shows.

use super::encode::Encoder;
use super::families::{
    CHECKSUMS, MAX_MOD_RPCS, MAX_PAGES, MAX_RPCS, OSC_DIRTY_MAX, STATS_FILTERED,
};
use super::instances::{Folder, Instance};
use super::reading::{Reading, number};
use super::sources::{DeviceFile, Sources};
use super::verdict::Verdict;
use std::sync::Arc;

/// Devices of one folder.
type Devices = (Folder, Arc<[Instance]>);

/// The collector; of the slow tier, as it reads four files a target.
///
/// *Source*: `max_rpcs_in_flight`, `max_pages_per_rpc`, `checksums`, `max_dirty_mb`,
/// `max_mod_rpcs_in_flight` of `osc/*` and `mdc/*`; `stats_track_*` of `llite/*`. *Units*: bytes.
pub(super) fn collect(sources: &mut Sources, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    let [llite, osc, mdc] = [Folder::Llite, Folder::Osc, Folder::Mdc].map(|folder| -> Devices {
        let devices = sources.devices(folder).unwrap_or_else(|error| {
            verdict.note(error);
            Arc::from([])
        });
        (folder, devices)
    });
    let mut reading = Reading { sources, verdict: &mut verdict };
    let reading = &mut reading;
    for (name, family) in [
        ("max_rpcs_in_flight", &MAX_RPCS),
        ("max_pages_per_rpc", &MAX_PAGES),
        ("checksums", &CHECKSUMS),
    ] {
        let mut samples = encoder.family(family);
        for devices in [&osc, &mdc] {
            each(devices, &[name], reading, i64::min, |fs, least| {
                samples.sample([fs, devices.0.name()], least);
            });
        }
    }
    let mut samples = encoder.family(&MAX_MOD_RPCS);
    each(&mdc, &["max_mod_rpcs_in_flight"], reading, i64::min, |fs, least| {
        samples.sample([fs], least);
    });
    let mut samples = encoder.family(&OSC_DIRTY_MAX);
    each(&osc, &["max_dirty_mb"], reading, i64::min, |fs, least| {
        samples.sample_if([fs], least.checked_mul(1 << 20));
    });
    let tracks = ["stats_track_pid", "stats_track_ppid", "stats_track_gid"];
    let mut samples = encoder.family(&STATS_FILTERED);
    each(&llite, &tracks, reading, |a, b| a | b, |fs, any| samples.sample([fs], any != 0));
    verdict
}

/// Joins what files of all devices of a file system say, and tells it; not when one is unknown.
fn each(
    (folder, devices): &Devices,
    names: &[&'static str],
    reading: &mut Reading<'_>,
    join: impl Fn(i64, i64) -> i64,
    mut tell: impl FnMut(&str, i64),
) {
    for clients in devices.chunk_by(|a, b| a.fs() == b.fs()) {
        let Some(fs) = clients.first().map(Instance::fs) else { continue };
        let values = names.iter().filter_map(|name| {
            // The kernel has not each setting in each version.
            let mut file = DeviceFile::new(*folder, name).optional();
            reading.sum(&mut file, clients, number, &join)
        });
        if let Some(joined) = values.reduce(&join) {
            tell(fs, joined);
        }
    }
}
