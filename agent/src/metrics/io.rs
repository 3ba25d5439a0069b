//! The I/O counters of this node's file systems at one moment, for the report of a job.

use super::cache::{ReadAhead, parse_read_ahead};
use super::instances::{Folder, Instance};
use super::llite::{self, FileSystemIo};
use super::reading::Reading;
use super::rpc_stats::{self, RpcStats};
use super::rpc_times::{self, TargetStats};
use super::sources::{DeviceFile, Sources};
use super::verdict::Verdict;
use fsxlustre_mount::host::Host;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The counters of one file system, the sum of its clients on this node. `None` is unknown,
/// never 0.
///
/// *Units*: bytes, calls and microseconds since the mount. Signed, as the kernel prints them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IoCounters {
    /// The kernel's names of the clients that were summed; a new mount makes a new one.
    pub clients: Vec<String>,
    /// Bytes that programs read.
    pub read_bytes: Option<i64>,
    /// Bytes that programs wrote.
    pub write_bytes: Option<i64>,
    /// Read calls that moved bytes.
    pub reads: Option<i64>,
    /// Write calls that moved bytes.
    pub writes: Option<i64>,
    /// Calls by operation. One that never happened is absent.
    pub operations: BTreeMap<String, i64>,
    /// The time of those calls, by operation, where the kernel keeps it (Lustre 2.14 and later).
    pub operation_micros: BTreeMap<String, i64>,
    /// Pages that read-ahead had fetched when they were asked for.
    pub read_ahead_hits: Option<i64>,
    /// Pages that it had not.
    pub read_ahead_misses: Option<i64>,
    /// Reads from object storage targets; `None` where the node was asked for less.
    pub read_rpcs: Option<RpcCounters>,
    /// Writes to object storage targets.
    pub write_rpcs: Option<RpcCounters>,
    /// Requests to object storage targets, and how long each waited for its answer.
    pub data_wait: Option<WaitCounters>,
    /// The same of metadata targets.
    pub metadata_wait: Option<WaitCounters>,
}

/// Requests of one direction to object storage targets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RpcCounters {
    /// How many.
    pub count: Option<i64>,
    /// Their bytes.
    pub bytes: Option<i64>,
    /// How many had up to 2^place pages, by place; zeros at the end are left out.
    pub by_pages: Option<Vec<u64>>,
}

/// Requests and the time between each and its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitCounters {
    /// How many.
    pub count: i64,
    /// Microseconds of all of them.
    pub micros: i64,
}

/// All file systems at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IoSnapshot {
    /// By Lustre's name of the file system. One that could not be read is absent.
    pub file_systems: BTreeMap<String, IoCounters>,
    /// Why something is absent, and what mends it.
    pub unread: Option<String>,
}

/// A counter's difference; `None` also for one that fell, since somebody reset it.
fn more(now: Option<i64>, then: Option<i64>) -> Option<i64> {
    now?.checked_sub(then?).filter(|difference| *difference >= 0)
}

/// The differences by name; what was not there before was 0, what did not grow is left out.
fn more_of_each(
    now: &BTreeMap<String, i64>,
    then: &BTreeMap<String, i64>,
) -> BTreeMap<String, i64> {
    let grown = now.iter().filter_map(|(name, now)| {
        let then = then.get(name).copied().unwrap_or_default();
        let done = more(Some(*now), Some(then)).filter(|done| *done > 0)?;
        Some((name.clone(), done))
    });
    grown.collect()
}

impl RpcCounters {
    fn since(&self, earlier: &Self) -> Self {
        let by_pages = self.by_pages.as_ref().zip(earlier.by_pages.as_ref());
        let by_pages = by_pages.and_then(|(now, then)| {
            let then = then.iter().copied().chain(std::iter::repeat(0));
            now.iter().zip(then).map(|(now, then)| now.checked_sub(then)).collect()
        });
        Self {
            count: more(self.count, earlier.count),
            bytes: more(self.bytes, earlier.bytes),
            by_pages,
        }
    }
}

impl WaitCounters {
    fn since(self, earlier: Self) -> Option<Self> {
        let count = more(Some(self.count), Some(earlier.count))?;
        Some(Self { count, micros: more(Some(self.micros), Some(earlier.micros))? })
    }
}

impl IoCounters {
    /// What was done between two moments. `None` when they are not of the same clients: the file
    /// system was unmounted or mounted meanwhile, and the counters began anew.
    pub fn since(&self, earlier: &Self) -> Option<Self> {
        if self.clients != earlier.clients {
            return None;
        }
        let rpcs = |now: &Option<RpcCounters>, then: &Option<RpcCounters>| {
            Some(now.as_ref()?.since(then.as_ref()?))
        };
        let wait = |now: Option<WaitCounters>, then: Option<WaitCounters>| now?.since(then?);
        Some(Self {
            clients: self.clients.clone(),
            read_bytes: more(self.read_bytes, earlier.read_bytes),
            write_bytes: more(self.write_bytes, earlier.write_bytes),
            reads: more(self.reads, earlier.reads),
            writes: more(self.writes, earlier.writes),
            operations: more_of_each(&self.operations, &earlier.operations),
            operation_micros: more_of_each(&self.operation_micros, &earlier.operation_micros),
            read_ahead_hits: more(self.read_ahead_hits, earlier.read_ahead_hits),
            read_ahead_misses: more(self.read_ahead_misses, earlier.read_ahead_misses),
            read_rpcs: rpcs(&self.read_rpcs, &earlier.read_rpcs),
            write_rpcs: rpcs(&self.write_rpcs, &earlier.write_rpcs),
            data_wait: wait(self.data_wait, earlier.data_wait),
            metadata_wait: wait(self.metadata_wait, earlier.metadata_wait),
        })
    }

    fn add_read_ahead(&mut self, found: &ReadAhead) {
        self.read_ahead_hits = found.count("hits");
        self.read_ahead_misses = found.count("misses");
    }

    fn add_requests(&mut self, stats: Option<&TargetStats>, sizes: Option<&RpcStats>) {
        let pages = sizes.and_then(|sizes| sizes.pages.as_ref());
        let side = |operation: &str, bytes: Option<i64>, by_pages: Option<&[u64]>| RpcCounters {
            count: stats.and_then(|stats| stats.count(operation)),
            bytes,
            by_pages: by_pages.map(without_end),
        };
        let bytes = |of: fn(&TargetStats) -> Option<i64>| stats.and_then(of);
        let (read, write) =
            (pages.map(|table| &table.read[..]), pages.map(|table| &table.write[..]));
        self.read_rpcs = Some(side("read", bytes(|stats| stats.read_bytes), read));
        self.write_rpcs = Some(side("write", bytes(|stats| stats.write_bytes), write));
        self.data_wait = stats.and_then(wait_of);
    }
}

fn wait_of(stats: &TargetStats) -> Option<WaitCounters> {
    stats.wait.map(|(count, micros)| WaitCounters { count, micros })
}

/// The counts without the zeros at their end.
fn without_end(counts: &[u64]) -> Vec<u64> {
    let length = counts.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
    counts.iter().take(length).copied().collect()
}

impl From<FileSystemIo> for IoCounters {
    fn from(found: FileSystemIo) -> Self {
        let FileSystemIo { clients, io } = found;
        let (mut operations, mut operation_micros) = (BTreeMap::new(), BTreeMap::new());
        for (name, of) in io.operations.iter() {
            operations.insert(name.to_owned(), of.count);
            operation_micros.extend(of.micros.map(|micros| (name.to_owned(), micros)));
        }
        Self {
            clients,
            read_bytes: io.read.bytes,
            write_bytes: io.write.bytes,
            reads: io.read.calls,
            writes: io.write.calls,
            operations,
            operation_micros,
            ..Self::default()
        }
    }
}

/// Reads the I/O counters of every mounted file system. Touches no mount, sends no RPC, and takes no
/// lock that an unmount may hold.
///
/// *Source*: `stats` and `read_ahead_stats` of `llite/*`, `stats` and `rpc_stats` of `osc/*`, `stats`
/// of `mdc/*`; those in debugfs need root or `CAP_DAC_READ_SEARCH` (2.12 and later).
pub fn io_counters(host: &Host) -> IoSnapshot {
    let (mut sources, mut verdict) = (Sources::new(host), Verdict::default());
    let mut snapshot = read_io(&mut sources, &mut verdict);
    read_requests(&mut sources, &mut verdict, &mut snapshot);
    let unread = verdict.trouble.map(|trouble| format!("{trouble}; {}", trouble.remedy()));
    IoSnapshot { unread, ..snapshot }
}

/// What programs did, with the sources of a scrape.
pub(super) fn read_io(sources: &mut Sources, verdict: &mut Verdict) -> IoSnapshot {
    let found = llite::read(sources, verdict);
    IoSnapshot {
        file_systems: found.into_iter().map(|(fs, io)| (fs, io.into())).collect(),
        unread: None,
    }
}

/// What the client made of it: read-ahead, and requests to the servers.
fn read_requests(sources: &mut Sources, verdict: &mut Verdict, snapshot: &mut IoSnapshot) {
    for folder in [Folder::Llite, Folder::Osc, Folder::Mdc] {
        let devices = match sources.devices(folder) {
            Ok(devices) => devices,
            Err(error) => {
                verdict.note(error);
                continue;
            }
        };
        let mut stats = DeviceFile::new(folder, "stats");
        let mut sizes = DeviceFile::new(folder, "rpc_stats").optional();
        let mut read_ahead = DeviceFile::new(folder, "read_ahead_stats").optional();
        let mut reading = Reading { sources, verdict };
        for devices in devices.chunk_by(|a, b| a.fs() == b.fs()) {
            let fs = devices.first().map(Instance::fs).unwrap_or_default();
            let Some(counters) = snapshot.file_systems.get_mut(fs) else { continue };
            if folder == Folder::Llite {
                let found =
                    reading.sum(&mut read_ahead, devices, parse_read_ahead, ReadAhead::plus);
                if let Some(found) = found {
                    counters.add_read_ahead(&found);
                }
                continue;
            }
            let found = reading.sum(&mut stats, devices, rpc_times::parse, TargetStats::plus);
            if folder == Folder::Mdc {
                counters.metadata_wait = found.as_ref().and_then(wait_of);
                continue;
            }
            let sizes = reading.sum(&mut sizes, devices, rpc_stats::parse, RpcStats::plus);
            counters.add_requests(found.as_ref(), sizes.as_deref());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_known_only_between_the_same_clients() {
        let at = |read_bytes, open| IoCounters {
            clients: vec!["x-ff".into()],
            read_bytes,
            reads: Some(1),
            writes: Some(1),
            operations: BTreeMap::from([("open".to_owned(), open), ("close".to_owned(), 1)]),
            ..IoCounters::default()
        };
        let (then, now) = (at(Some(5), 1), at(Some(8), 3));
        let done = now.since(&then).expect("same clients");
        assert_eq!((done.read_bytes, done.write_bytes, done.reads), (Some(3), None, Some(0)));
        assert_eq!(done.operations, BTreeMap::from([("open".to_owned(), 2)]));
        assert_eq!(then.since(&now).expect("same clients").read_bytes, None);
        let other = IoCounters { clients: vec!["x-fe".into()], ..then };
        assert_eq!(now.since(&other), None);
    }

    #[test]
    fn requests_are_compared_place_by_place() {
        let at = |count, by_pages: &[u64]| RpcCounters {
            count: Some(count),
            bytes: Some(count * 10),
            by_pages: Some(by_pages.to_vec()),
        };
        let done = at(9, &[4, 0, 5]).since(&at(2, &[2]));
        assert_eq!((done.count, done.bytes), (Some(7), Some(70)));
        assert_eq!(done.by_pages, Some(vec![2, 0, 5]));
        // Somebody has reset them.
        let reset = at(1, &[1]).since(&at(2, &[2]));
        assert_eq!((reset.count, reset.by_pages), (None, None));
        assert_eq!(without_end(&[0, 3, 0, 0]), [0, 3]);
        assert_eq!(without_end(&[0, 0]), [] as [u64; 0]);
    }

    #[test]
    fn a_captured_client_is_read_in_full() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures/metrics/lustre-2.15.8");
        let mut host = Host::default();
        host.paths.procfs = root.join("proc");
        host.paths.sysfs = root.join("sys");
        host.paths.debugfs = root.join("sys/kernel/debug");
        let snapshot = io_counters(&host);
        let found = snapshot.file_systems.get("p7lsxbev").expect("its file system");
        assert_eq!(found.read_bytes, Some(177_794_060));
        assert_eq!(found.operation_micros.get("open"), Some(&2_493_372));
        assert!(found.read_ahead_hits.is_some_and(|hits| hits > 0), "{found:?}");
        let read = found.read_rpcs.as_ref().expect("asked for");
        assert!(read.count.is_some_and(|count| count >= 1080), "{read:?}");
        assert!(read.by_pages.as_ref().is_some_and(|by| by.len() > 10), "{read:?}");
        assert!(found.data_wait.is_some_and(|wait| wait.micros > 40_763_006));
        assert!(found.metadata_wait.is_some_and(|wait| wait.count > 0));
        assert_eq!(found.since(found).expect("the same").read_rpcs.expect("known").count, Some(0));
    }
}
