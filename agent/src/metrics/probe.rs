//! Whether each mount answers, and its room, as the children's statvfs(2) told.

use super::encode::{Encoder, Micros};
use super::families::{
    FS_AVAIL, FS_FILES, FS_FILES_FREE, FS_FREE, FS_SIZE, MOUNT_UP, PROBE_FAILURES, PROBE_SECONDS,
    PROBE_STUCK,
};
use super::mounted_client::Probe;
use super::prober::Room;
use super::probers::Probers;
use super::verdict::{SourceError, Verdict};
use std::time::Duration;

/// The collector.
///
/// *Source*: statvfs(2) in a child. *Units*: bytes, files, seconds.
pub(super) fn collect(probers: &mut Probers, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    probers.clients(&mut verdict);
    let probers = &*probers;
    for (fs, directory) in probers.not_propagated() {
        let (fs, directory) = (fs.to_owned(), probers.shown(directory).into_owned());
        verdict.note(SourceError::NotPropagated { fs, directory });
    }
    for (fs, directory) in probers.unseen() {
        let (fs, directory) = (fs.to_owned(), probers.shown(directory).into_owned());
        verdict.note(SourceError::Unseen { fs, directory });
    }
    let all: Vec<(&str, String, &Probe)> = probers
        .probed()
        .map(|(fs, directory, probe)| (fs, probers.shown(directory).into_owned(), probe))
        .collect();
    let mut up = encoder.family(&MOUNT_UP);
    for (fs, directory, probe) in &all {
        up.sample_if([fs, directory], probe.is_up());
    }
    let mut seconds = encoder.family(&PROBE_SECONDS);
    for (fs, directory, probe) in &all {
        seconds.sample_if([fs, directory], probe.micros.map(Micros));
    }
    let mut failures = encoder.family(&PROBE_FAILURES);
    for (fs, directory, probe) in &all {
        failures.sample([fs, directory], probe.failures);
    }
    let mut stuck = encoder.family(&PROBE_STUCK);
    for (fs, directory, probe) in &all {
        let micros = |waits: Duration| Micros(i64::try_from(waits.as_micros()).unwrap_or(i64::MAX));
        stuck.sample_if([fs, directory], probe.waits().map(micros));
    }
    for (family, get) in [
        (&FS_SIZE, (|room| room.size) as fn(&Room) -> u64),
        (&FS_FREE, |room| room.free),
        (&FS_AVAIL, |room| room.available),
        (&FS_FILES, |room| room.files),
        (&FS_FILES_FREE, |room| room.files_free),
    ] {
        let mut samples = encoder.family(family);
        for (fs, directory, probe) in &all {
            let room = probe.room.as_ref().and_then(|room| room.as_ref().ok());
            let room = room.filter(|_| probe.is_up() == Some(true));
            samples.sample_if([fs, directory], room.map(get));
        }
    }
    verdict
}
