//! Sizes of read and write calls: `llite/*/extents_stats`, where an administrator has them counted.
//! It is never switched on here: it makes every call slower.
//!
//! ```text
//! snapshot_time:         1795211664.924424850 secs.nsecs
//!                                read       |                write
//!       extents            calls    % cum% |  calls    % cum%
//!    0K -    4K :            12   10   10  |     0    0    0
//!    4K -    8K :             1   ...
//! ```
//!
//! *Lustre*: 2.10 to 2.17, known from the source; the captures have it disabled. An upper edge is
//! exclusive: a call of 4096 bytes is in the second row.

use super::encode::Encoder;
use super::families::{EXTENTS_ENABLED, IO_SIZE};
use super::instances::{Folder, Instance};
use super::reading::Reading;
use super::sources::{DeviceFile, Sources};
use super::stats::unsigned;
use super::verdict::Verdict;
use std::sync::{Arc, LazyLock};

/// The kernel's rows: up to 4 KiB, and then each twice as far.
const ROWS: usize = 28;
/// Rows that are told apart, from 4 KiB to 256 MiB in steps of four.
const TOLD: [usize; 9] = [0, 2, 4, 6, 8, 10, 12, 14, 16];

/// Calls by row: reads and writes. `None` while they are not counted.
pub(super) type Extents = Option<Box<[[u64; ROWS]; 2]>>;

/// Parses `extents_stats`, and counts the lines that were not known. The outer `None` is no such
/// file, or one that is torn.
pub(super) fn parse(text: &[u8]) -> (Option<Extents>, u64) {
    if text.starts_with(b"disabled") {
        return (Some(None), 0);
    }
    if !text.starts_with(b"snapshot_time") || !text.ends_with(b"\n") {
        return (None, 0);
    }
    let mut counts = [[0; ROWS]; 2];
    let mut oddities = 0;
    for line in text.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        let is_head = line.is_empty()
            || line.starts_with(b"read")
            || line.starts_with(b"extents")
            || line.split(|byte| *byte == b':').next().unwrap_or_default().ends_with(b"_time");
        if is_head {
            continue;
        }
        let Some((place, read, write)) = row(line) else {
            oddities += 1;
            continue;
        };
        let [reads, writes] = &mut counts;
        for (side, count) in [(reads, read), (writes, write)] {
            if let Some(sum) = side.get_mut(place) {
                *sum = count;
            }
        }
    }
    (Some(Some(Box::new(counts))), oddities)
}

/// `   4K -    8K :  1  1  1  |  0  0  0`: its place, reads and writes.
fn row(line: &[u8]) -> Option<(usize, u64, u64)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (edges, counts) = line.split_at_checked(colon)?;
    let dash = edges.iter().position(|byte| *byte == b'-')?;
    let start = size(edges.get(..dash)?.trim_ascii())?;
    let place =
        if start == 0 { 0 } else { usize::try_from(start.ilog2().checked_sub(11)?).ok()? };
    let mut sides = counts
        .get(1..)?
        .split(|byte| *byte == b'|')
        .map(|side| side.trim_ascii().split(u8::is_ascii_whitespace).next().and_then(unsigned));
    let fits = place < ROWS && (start == 0 || start.is_power_of_two());
    Some((place, sides.next()??, sides.next()??)).filter(|_| fits)
}

/// A number with one of the kernel's units.
fn size(text: &[u8]) -> Option<u64> {
    let (unit, digits) = text.split_last()?;
    let place = b"KMGTPE".iter().position(|known| known == unit)?;
    unsigned(digits)?.checked_mul(1 << (10 * (place + 1)))
}

fn plus(a: Extents, b: Extents) -> Extents {
    let (mut a, b) = (a?, b?);
    for (sum, more) in a.iter_mut().flatten().zip(b.iter().flatten()) {
        *sum = sum.saturating_add(*more);
    }
    Some(a)
}

/// The upper edges that are told, in bytes.
static EDGES: LazyLock<[String; TOLD.len()]> =
    LazyLock::new(|| TOLD.map(|place| ((4096_u64 << place) - 1).to_string()));

/// The collector.
///
/// *Source*: `llite/*/extents_stats`. *Units*: bytes.
pub(super) fn collect(sources: &mut Sources, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    let devices = sources.devices(Folder::Llite).unwrap_or_else(|error| {
        verdict.note(error);
        Arc::from([])
    });
    let mut reading = Reading { sources, verdict: &mut verdict };
    let mut file = DeviceFile::new(Folder::Llite, "extents_stats").optional();
    let mut all = Vec::new();
    for clients in devices.chunk_by(|a, b| a.fs() == b.fs()) {
        let found = reading.sum(&mut file, clients, parse, plus);
        all.extend(found.zip(clients.first().map(Instance::fs)));
    }
    let mut enabled = encoder.family(&EXTENTS_ENABLED);
    for (extents, fs) in &all {
        enabled.sample([fs], extents.is_some());
    }
    let mut sizes = encoder.family(&IO_SIZE);
    for (extents, fs) in &all {
        for (direction, counts) in
            ["read", "write"].into_iter().zip(extents.iter().flat_map(|sides| sides.iter()))
        {
            let mut first = 0;
            let mut buckets: [(&str, u64); TOLD.len()] =
                EDGES.each_ref().map(|edge| (edge.as_str(), 0));
            for (bucket, last) in buckets.iter_mut().zip(TOLD) {
                bucket.1 = counts.get(first..=last).unwrap_or_default().iter().sum();
                first = last + 1;
            }
            let above = counts.get(first..).unwrap_or_default().iter().sum();
            sizes.histogram([fs, direction], &buckets, above, None::<u64>);
        }
    }
    verdict
}

/// As `ll_rw_extents_stats_pp_seq_show` formats it.
#[cfg(test)]
pub(super) const CAPTIONED: &str = "snapshot_time:         1795211664.924424850 secs.nsecs\n\
    \x20                              read       |                write\n\
    \x20     extents            calls    % cum% |  calls    % cum%\n\
    \x20  0K -    4K :            12   10   10  |     0    0    0\n\
    \x20  4K -    8K :             3    1   11  |     7   50   50\n\
    \x20 32M -   64M :             1    0  100  |     9   50  100\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_their_place() {
        let (found, oddities) = parse(CAPTIONED.as_bytes());
        let [reads, writes] = *found.expect("a file").expect("counted");
        assert_eq!(oddities, 0);
        assert_eq!((reads[0], reads[1], reads[14], writes[1], writes[14]), (12, 3, 1, 7, 9));
        let disabled = b"disabled\n write anything to this file to activate, then '0'\n";
        assert_eq!(parse(disabled), (Some(None), 0));
        assert_eq!(parse(b""), (None, 0));
        assert_eq!(parse(&CAPTIONED.as_bytes()[..CAPTIONED.len() - 2]).0, None);
        assert_eq!(parse(b"snapshot_time: 1\n 3K - 4K : 1 1 1 | 1 1 1\nx\n").1, 2);
    }
}
