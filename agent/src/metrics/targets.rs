//! What goes over the network to each target: `stats`, `rpc_stats` and grants below `osc` and `mdc`.

use super::encode::{Encoder, Micros, Value};
use super::families::{
    DIRECT_RPCS_IN_FLIGHT, Family, LOCKLESS, MDC_READ_BYTES, MDC_REQUESTS, MDC_RPC_DURATION,
    MDC_WRITE_BYTES, OSC_DIRTY, OSC_GRANT, OSC_READ_BYTES, OSC_RPC_DURATION, OSC_RPCS,
    OSC_WRITE_BYTES, PENDING, RPC_WAIT, RPCS_IN_FLIGHT, TARGET_BUSY, TARGET_CACHED,
    TARGET_GRANT_LOST, TARGET_RECLAIMS, TARGET_RPC_DURATION, TARGET_RPC_WAIT,
};
use super::instances::{Folder, Instance};
use super::reading::{Reading, both};
use super::rpc_histograms::encode_histograms;
use super::rpc_stats::{self, RpcStats};
use super::rpc_times::{self, TargetStats};
use super::sources::{DeviceFile, Sources};
use super::stats::{Scan, Unit, scan, signed};
use super::verdict::Verdict;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is told of one target: the sum of the clients that have it.
#[derive(Debug)]
struct Target<'d> {
    device: &'d Instance,
    read_bytes: Option<i64>,
    write_bytes: Option<i64>,
    /// Requests by direction.
    requests: [(&'static str, Option<i64>); 2],
    /// What is in flight.
    in_flight: [(&'static str, Option<i64>); 3],
    dirty_bytes: Option<i64>,
    grant_bytes: Option<i64>,
}

impl<'d> Target<'d> {
    fn new(device: &'d Instance, stats: Option<&TargetStats>, rpc: Option<&RpcStats>) -> Self {
        let count = |direction| stats.and_then(|stats| stats.count(direction));
        let number = |get: fn(&RpcStats) -> Option<i64>| rpc.and_then(get);
        Self {
            device,
            read_bytes: stats.and_then(|stats| stats.read_bytes),
            write_bytes: stats.and_then(|stats| stats.write_bytes),
            requests: ["read", "write"].map(|direction| (direction, count(direction))),
            in_flight: [
                ("read", number(|rpc| rpc.reading)),
                ("write", number(|rpc| rpc.writing)),
                ("modify", number(|rpc| rpc.modifying)),
            ],
            dirty_bytes: None,
            grant_bytes: None,
        }
    }

    fn labels(&self) -> [&str; 2] {
        [self.device.fs(), self.device.target()]
    }
}

/// The sums of one file system. `None` when a target is not known: a sum without it would look like
/// a counter that fell.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub(super) stats: Option<TargetStats>,
    pub(super) rpc_stats: Option<Box<RpcStats>>,
}

impl Sums {
    /// Adds what one more target says.
    fn add(&mut self, more: Self) {
        self.stats = self.stats.take().zip(more.stats).map(|(sum, more)| sum.plus(more));
        self.rpc_stats =
            self.rpc_stats.take().zip(more.rpc_stats).map(|(sum, more)| sum.plus(more));
    }
}

/// The targets, and the sums by file system.
#[derive(Debug, Default)]
struct Targets<'d> {
    each: Vec<Target<'d>>,
    sums: Vec<(&'d str, Sums)>,
}

impl<'d> Targets<'d> {
    /// Adds a target; the targets are sorted by file system.
    fn add(&mut self, target: Target<'d>, more: Sums) {
        let fs = target.device.fs();
        self.each.push(target);
        match self.sums.last_mut().filter(|(last, _)| *last == fs) {
            Some((_, sums)) => sums.add(more),
            None => self.sums.push((fs, more)),
        }
    }
}

fn devices(sources: &mut Sources, folder: Folder, verdict: &mut Verdict) -> Arc<[Instance]> {
    sources.devices(folder).unwrap_or_else(|error| {
        verdict.note(error);
        Arc::from([])
    })
}

/// *Source*: `stats`, `rpc_stats`, and below `osc` `cur_dirty_bytes` and `cur_grant_bytes`. *Units*:
/// bytes, microseconds, pages.
fn read<'d>(
    sources: &mut Sources,
    folder: Folder,
    devices: &'d [Instance],
    verdict: &mut Verdict,
) -> Targets<'d> {
    let mut reading = Reading { sources, verdict };
    let mut stats = DeviceFile::new(folder, "stats");
    let mut rpc_stats = DeviceFile::new(folder, "rpc_stats");
    let mut dirty = DeviceFile::new(folder, "cur_dirty_bytes");
    let mut grant = DeviceFile::new(folder, "cur_grant_bytes");
    let mut targets = Targets::default();
    for clients in devices.chunk_by(Instance::has_same_target) {
        let Some(device) = clients.first() else { continue };
        let stats = reading.sum(&mut stats, clients, rpc_times::parse, TargetStats::plus);
        let rpc = reading.sum(&mut rpc_stats, clients, rpc_stats::parse, RpcStats::plus);
        let mut target = Target::new(device, stats.as_ref(), rpc.as_deref());
        if folder == Folder::Osc {
            target.dirty_bytes = reading.sum_number(&mut dirty, clients);
            target.grant_bytes = reading.sum_number(&mut grant, clients);
        }
        targets.add(target, Sums { stats, rpc_stats: rpc });
    }
    targets
}

/// The collector of object storage targets.
pub(super) fn collect_osc(sources: &mut Sources, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    let devices = devices(sources, Folder::Osc, &mut verdict);
    let Targets { each, sums } = read(sources, Folder::Osc, &devices, &mut verdict);
    let numbers: [(_, Number); 4] = [
        (&OSC_READ_BYTES, |target| target.read_bytes),
        (&OSC_WRITE_BYTES, |target| target.write_bytes),
        (&OSC_DIRTY, |target| target.dirty_bytes),
        (&OSC_GRANT, |target| target.grant_bytes),
    ];
    encode_numbers(&numbers, &each, encoder);
    encode_directions(&OSC_RPCS, |target| &target.requests, &each, encoder);
    encode_directions(&RPCS_IN_FLIGHT, |target| &target.in_flight, &each, encoder);
    let mut direct = encoder.family(&DIRECT_RPCS_IN_FLIGHT);
    for (fs, sum) in &sums {
        direct.sample_if([fs], sum.rpc_stats.as_ref().and_then(|stats| stats.direct));
    }
    encode_durations("osc", &OSC_RPC_DURATION, &sums, encoder);
    encode_pending(&sums, encoder);
    encode_histograms(&sums, encoder);
    verdict
}

/// The collector of metadata targets.
pub(super) fn collect_mdc(sources: &mut Sources, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    let devices = devices(sources, Folder::Mdc, &mut verdict);
    let Targets { each, sums } = read(sources, Folder::Mdc, &devices, &mut verdict);
    let bytes: [(_, Number); 2] = [
        (&MDC_READ_BYTES, |target| target.read_bytes),
        (&MDC_WRITE_BYTES, |target| target.write_bytes),
    ];
    encode_numbers(&bytes, &each, encoder);
    encode_directions(&RPCS_IN_FLIGHT, |target| &target.in_flight, &each, encoder);
    encode_durations("mdc", &MDC_RPC_DURATION, &sums, encoder);
    let mut file = DeviceFile::new(Folder::Mdc, "md_stats").optional();
    let mut reading = Reading { sources, verdict: &mut verdict };
    let mut requests = encoder.family(&MDC_REQUESTS);
    for clients in devices.chunk_by(|a, b| a.fs() == b.fs()) {
        let Some(fs) = clients.first().map(Instance::fs) else { continue };
        let counts = reading.sum(&mut file, clients, parse_md_stats, add_counts);
        for (operation, count) in counts.iter().flatten() {
            requests.sample([fs, operation], *count);
        }
    }
    verdict
}

/// One number of a target.
type Number = fn(&Target<'_>) -> Option<i64>;

fn encode_numbers(
    families: &[(&'static Family<2>, Number)],
    targets: &[Target<'_>],
    encoder: &mut Encoder,
) {
    for (family, get) in families {
        let all = targets.iter().map(|target| (target.labels(), get(target)));
        encoder.family(family).samples(all);
    }
}

/// Numbers of a target by direction.
type Directions = for<'t> fn(&'t Target<'_>) -> &'t [(&'static str, Option<i64>)];

fn encode_directions(
    family: &'static Family<3>,
    get: Directions,
    targets: &[Target<'_>],
    encoder: &mut Encoder,
) {
    let all = targets.iter().flat_map(|target| {
        let [fs, name] = target.labels();
        get(target).iter().map(move |(direction, count)| ([fs, name, *direction], *count))
    });
    encoder.family(family).samples(all);
}

fn encode_durations(
    kind: &str,
    family: &'static Family<2>,
    sums: &[(&str, Sums)],
    encoder: &mut Encoder,
) {
    let mut durations = encoder.family(family);
    for (fs, sum) in sums {
        for one in sum.stats.iter().flat_map(|stats| &stats.requests) {
            durations.summary([fs, one.operation], Micros(one.micros), one.count);
        }
    }
    let mut wait = encoder.family(&RPC_WAIT);
    for (fs, sum) in sums {
        if let Some((count, micros)) = sum.stats.as_ref().and_then(|stats| stats.wait) {
            wait.summary([fs, kind], Micros(micros), count);
        }
    }
}

fn encode_pending(sums: &[(&str, Sums)], encoder: &mut Encoder) {
    let bytes = |pages: i64| pages.checked_mul(i64::try_from(procfs::page_size()).ok()?);
    let mut pending = encoder.family(&PENDING);
    for (fs, sum) in sums {
        let Some(stats) = &sum.rpc_stats else { continue };
        pending.sample_if([fs, "read"], stats.pending_read.and_then(bytes));
        pending.sample_if([fs, "write"], stats.pending_write.and_then(bytes));
    }
}

/// Requests by what they are for.
type Counts = BTreeMap<String, i64>;

/// Parses `md_stats`: every name is taken, as long as it can be one.
pub(super) fn parse_md_stats(text: &[u8]) -> (Option<Counts>, u64) {
    let mut counts = Counts::new();
    let mut unknown = 0;
    let is_name = |name: &[u8]| {
        name.len() <= 32
            && name.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_')
    };
    let Scan { oddities, is_known, .. } =
        scan(text, |counter| match std::str::from_utf8(counter.name) {
            Ok(name) if is_name(counter.name) && counter.unit != Unit::Bytes => {
                counts.insert(name.to_owned(), counter.count);
            }
            _ => unknown += 1,
        });
    (is_known.then_some(counts), oddities + unknown)
}

fn add_counts(mut a: Counts, b: Counts) -> Counts {
    for (name, count) in b {
        let sum = a.entry(name).or_default();
        *sum = sum.saturating_add(count);
    }
    a
}

/// The collector of what each target has to tell beside that; off unless asked for.
///
/// *Source*: `stats` of `osc/*` and `mdc/*`; `rpc_stats`, `cur_lost_grant_bytes`, `osc_cached_mb` and `osc_stats`
/// of `osc/*`.
pub(super) fn collect_each(sources: &mut Sources, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    let osc = devices(sources, Folder::Osc, &mut verdict);
    let mdc = devices(sources, Folder::Mdc, &mut verdict);
    let mut reading = Reading { sources, verdict: &mut verdict };
    let mut waits = Vec::new();
    let mut durations = encoder.family(&TARGET_RPC_DURATION);
    for (folder, devices) in [(Folder::Osc, &osc), (Folder::Mdc, &mdc)] {
        let mut file = DeviceFile::new(folder, "stats");
        for clients in devices.chunk_by(Instance::has_same_target) {
            let stats = reading.sum(&mut file, clients, rpc_times::parse, TargetStats::plus);
            let Some((stats, device)) = stats.zip(clients.first()) else { continue };
            for one in &stats.requests {
                let labels = [device.fs(), device.target(), folder.name(), one.operation];
                durations.summary(labels, Micros(one.micros), one.count);
            }
            waits.extend(stats.wait.map(|wait| (device, folder.name(), wait)));
        }
    }
    let mut waited = encoder.family(&TARGET_RPC_WAIT);
    for (device, kind, (count, micros)) in waits {
        waited.summary([device.fs(), device.target(), kind], Micros(micros), count);
    }
    encode_direct(&osc, encoder, &mut reading);
    let mut lost = DeviceFile::new(Folder::Osc, "cur_lost_grant_bytes").optional();
    encode_each(&TARGET_GRANT_LOST, &osc, encoder, |clients| {
        reading.sum_number(&mut lost, clients)
    });
    encode_cached(&osc, encoder, &mut reading);
    encode_lockless(&osc, encoder, &mut reading);
    verdict
}

/// *Source*: `rpc_stats`; 2.17 and builds of DDN.
fn encode_direct(osc: &[Instance], encoder: &mut Encoder, reading: &mut Reading<'_>) {
    let mut file = DeviceFile::new(Folder::Osc, "rpc_stats");
    let mut samples = encoder.family(&RPCS_IN_FLIGHT);
    for clients in osc.chunk_by(Instance::has_same_target) {
        let Some(device) = clients.first() else { continue };
        let stats = reading.sum(&mut file, clients, rpc_stats::parse, RpcStats::plus);
        let direct = stats.and_then(|stats| stats.direct);
        samples.sample_if([device.fs(), device.target(), "dio"], direct);
    }
}

/// *Source*: `osc_cached_mb`. *Units*: mebibytes, pages.
fn encode_cached(osc: &[Instance], encoder: &mut Encoder, reading: &mut Reading<'_>) {
    let mut file = DeviceFile::new(Folder::Osc, "osc_cached_mb").optional();
    let all = sums(osc, reading, &mut file, ["used_mb", "busy_cnt", "reclaim"]);
    for (family, place) in [(&TARGET_CACHED, 0), (&TARGET_BUSY, 1), (&TARGET_RECLAIMS, 2)] {
        let mut samples = encoder.family(family);
        for (device, numbers) in &all {
            let number = numbers.get(place).copied().flatten();
            let number = if place == 0 { number.and_then(mebibytes) } else { number };
            samples.sample_if([device.fs(), device.target()], number);
        }
    }
}

/// *Source*: `osc_stats`. *Units*: bytes.
fn encode_lockless(osc: &[Instance], encoder: &mut Encoder, reading: &mut Reading<'_>) {
    let mut file = DeviceFile::new(Folder::Osc, "osc_stats").optional();
    let all = sums(osc, reading, &mut file, ["lockless_read_bytes", "lockless_write_bytes"]);
    let mut samples = encoder.family(&LOCKLESS);
    for (device, numbers) in &all {
        for (direction, number) in ["read", "write"].into_iter().zip(numbers) {
            samples.sample_if([device.fs(), device.target(), direction], *number);
        }
    }
}

/// Numbers of these lines of a file, by target.
fn sums<'d, const N: usize>(
    devices: &'d [Instance],
    reading: &mut Reading<'_>,
    file: &mut DeviceFile,
    names: [&str; N],
) -> Vec<(&'d Instance, [Option<i64>; N])> {
    let parse = |text: &[u8]| (Some(names.map(|name| line_number(text, name))), 0);
    let plus = |mut a: [Option<i64>; N], b: [Option<i64>; N]| {
        for (sum, more) in a.iter_mut().zip(b) {
            *sum = both(*sum, more);
        }
        a
    };
    let targets = devices.chunk_by(Instance::has_same_target);
    targets
        .filter_map(|clients| Some((clients.first()?, reading.sum(file, clients, parse, plus)?)))
        .collect()
}

/// The number of a line `name: number` or `name<blanks>number`; not of a line that was cut short.
pub(super) fn line_number(text: &[u8], name: &str) -> Option<i64> {
    text.split_inclusive(|byte| *byte == b'\n').find_map(|line| {
        let rest = line.strip_suffix(b"\n")?.strip_prefix(name.as_bytes())?;
        let is_end = |byte: &u8| *byte == b':' || byte.is_ascii_whitespace();
        rest.first().filter(|byte| is_end(byte))?;
        signed(rest.strip_prefix(b":").unwrap_or(rest).trim_ascii())
    })
}

fn encode_each<V: Value>(
    family: &'static Family<2>,
    devices: &[Instance],
    encoder: &mut Encoder,
    mut read: impl FnMut(&[Instance]) -> Option<V>,
) {
    let mut samples = encoder.family(family);
    for clients in devices.chunk_by(Instance::has_same_target) {
        if let Some(device) = clients.first() {
            samples.sample_if([device.fs(), device.target()], read(clients));
        }
    }
}

fn mebibytes(number: i64) -> Option<i64> {
    number.checked_mul(1 << 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_lines() {
        let text = b"elapsed_time:             1.5 secs.nsecs\nlockless_write_bytes\t\t2293760\n\
                     lockless_read_bytes\t\t0\nbusy_cnt: 7\nlockless_read_bytes_x 9\ncut: 5";
        for (name, number) in [
            ("lockless_write_bytes", Some(2_293_760)),
            ("lockless_read_bytes", Some(0)),
            ("busy_cnt", Some(7)),
            ("lockless", None),
            ("elapsed_time", None),
            ("cut", None),
        ] {
            assert_eq!(line_number(text, name), number, "{name}");
        }
    }

    #[test]
    fn requests_by_name() {
        let text = "snapshot_time             1795211574.598588600 secs.nsecs\n\
                    close                     747 samples [reqs]\nbad name                  1 samples [reqs]\n";
        let (counts, oddities) = parse_md_stats(text.as_bytes());
        let counts = counts.expect("a stats file");
        assert_eq!((counts.get("close"), counts.len(), oddities), (Some(&747), 1, 1));
        assert_eq!(add_counts(counts.clone(), counts)["close"], 1494);
        assert_eq!(parse_md_stats(b"rubbish"), (None, 1));
    }
}
