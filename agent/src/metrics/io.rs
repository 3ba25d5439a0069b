//! The I/O counters of this node's file systems at one moment, for the report of a job.

use super::llite::{self, FileSystemIo};
use super::sources::Sources;
use super::verdict::Verdict;
use fsxlustre_mount::host::Host;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The counters of one file system, the sum of its clients on this node. `None` is unknown,
/// never 0.
///
/// *Units*: bytes and calls since the mount. Signed, as the kernel prints them.
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

impl IoCounters {
    /// What was done between two moments. `None` when they are not of the same clients: the file
    /// system was unmounted or mounted meanwhile, and the counters began anew.
    pub fn since(&self, earlier: &Self) -> Option<Self> {
        if self.clients != earlier.clients {
            return None;
        }
        let more = |now: Option<i64>, then: Option<i64>| {
            now?.checked_sub(then?).filter(|difference| *difference >= 0)
        };
        let operations = self.operations.iter().filter_map(|(name, now)| {
            let then = earlier.operations.get(name).copied().unwrap_or_default();
            let done = more(Some(*now), Some(then)).filter(|done| *done > 0)?;
            Some((name.clone(), done))
        });
        Some(Self {
            clients: self.clients.clone(),
            read_bytes: more(self.read_bytes, earlier.read_bytes),
            write_bytes: more(self.write_bytes, earlier.write_bytes),
            reads: more(self.reads, earlier.reads),
            writes: more(self.writes, earlier.writes),
            operations: operations.collect(),
        })
    }
}

impl From<FileSystemIo> for IoCounters {
    fn from(found: FileSystemIo) -> Self {
        let FileSystemIo { clients, io } = found;
        let operations = io.operations.into_iter();
        Self {
            clients,
            read_bytes: io.read.bytes,
            write_bytes: io.write.bytes,
            reads: io.read.calls,
            writes: io.write.calls,
            operations: operations.map(|(name, of)| (name.to_owned(), of.count)).collect(),
        }
    }
}

/// Reads the I/O counters of every mounted file system. Touches no mount.
///
/// *Source*: `llite/*/stats`, which needs root or `CAP_DAC_READ_SEARCH` since 2.12.
pub fn io_counters(host: &Host) -> IoSnapshot {
    let mut verdict = Verdict::default();
    let snapshot = read_io(&mut Sources::new(host), &mut verdict);
    let unread = verdict.trouble.map(|trouble| format!("{trouble}; {}", trouble.remedy()));
    IoSnapshot { unread, ..snapshot }
}

/// The same with the sources of a scrape.
pub(super) fn read_io(sources: &mut Sources, verdict: &mut Verdict) -> IoSnapshot {
    let found = llite::read(sources, verdict);
    IoSnapshot {
        file_systems: found.into_iter().map(|(fs, io)| (fs, io.into())).collect(),
        unread: None,
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
            write_bytes: None,
            reads: Some(1),
            writes: Some(1),
            operations: BTreeMap::from([("open".to_owned(), open), ("close".to_owned(), 1)]),
        };
        let (then, now) = (at(Some(5), 1), at(Some(8), 3));
        let done = now.since(&then).expect("same clients");
        assert_eq!((done.read_bytes, done.write_bytes, done.reads), (Some(3), None, Some(0)));
        assert_eq!(done.operations, BTreeMap::from([("open".to_owned(), 2)]));
        assert_eq!(then.since(&now).expect("same clients").read_bytes, None);
        let other = IoCounters { clients: vec!["x-fe".into()], ..then };
        assert_eq!(now.since(&other), None);
    }
}
