//! What programs do with a mounted file system: `llite/*/stats`.

use super::encode::{Encoder, Micros};
use super::families::{OPERATION_DURATION, OPERATIONS, READ_BYTES, READS, WRITE_BYTES, WRITES};
use super::instances::Folder;
use super::names::{ByName, Names};
use super::reading::both;
use super::sources::{DeviceFile, Sources};
use super::stats::{Counter, Unit, scan};
use super::verdict::{SourceError, Verdict};
use std::collections::BTreeMap;

/// The operations: every counter of 2.10 to 2.17 that counts calls of its own.
static OPERATION_NAMES: Names = Names::new(&[
    "alloc_inode",
    "close",
    "create",
    "fallocate",
    "flock",
    "fsync",
    "getattr",
    "getxattr",
    "inode_permission",
    "ioctl",
    "link",
    "listxattr",
    "mkdir",
    "mknod",
    "mmap",
    "open",
    "page_fault",
    "page_mkwrite",
    "read",
    "readdir",
    "removexattr",
    "rename",
    "rmdir",
    "seek",
    "setattr",
    "setxattr",
    "statfs",
    "symlink",
    "truncate",
    "unlink",
    "write",
]);

/// Known, and left out: parts of the operations above (a sum over operations would count them
/// twice), the time that files stay open, pages, and bytes of special paths.
static OTHER_NAMES: Names = Names::new(&[
    "brw_read",
    "brw_write",
    "dirty_pages_hits",
    "dirty_pages_misses",
    "getxattr_hits",
    "hybrid_noswitch",
    "hybrid_read_bytes",
    "hybrid_readsize_switch",
    "hybrid_write_bytes",
    "hybrid_writesize_switch",
    "lockless_read_bytes",
    "lockless_truncate",
    "lockless_write_bytes",
    "openclosetime",
    "opencount",
    "osc_read",
    "osc_write",
    "pcc_attach",
    "pcc_attach_bytes",
    "pcc_auto_attach",
    "pcc_detach",
    "pcc_hit_bytes",
]);

/// Calls of one direction and their bytes; `None` is unknown, not 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amount {
    /// Calls that moved bytes.
    pub(super) calls: Option<i64>,
    /// The bytes.
    pub(super) bytes: Option<i64>,
}

/// Calls of one operation, and the time of those whose time the kernel kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Operation {
    /// Calls.
    pub(super) count: i64,
    /// Microseconds of all of them, where every client keeps them.
    pub(super) micros: Option<i64>,
}

/// The counters of one `stats` file, or of all clients of one file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClientIo {
    /// Reads.
    pub(super) read: Amount,
    /// Writes.
    pub(super) write: Amount,
    /// By name.
    pub(super) operations: ByName<Operation>,
}

impl Default for ClientIo {
    fn default() -> Self {
        let [read, write] = [Amount::default(); 2];
        Self { read, write, operations: ByName::new(&OPERATION_NAMES) }
    }
}

/// A file system with the names of its clients here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FileSystemIo {
    /// The clients' device names, sorted; a new mount makes a new one.
    pub(super) clients: Vec<String>,
    /// Their sum.
    pub(super) io: ClientIo,
}

/// Parses a `stats` file of a client: its counters and the number of lines that were not known.
/// `None` when it is no such file.
///
/// A file that was read whole and has no line for `read_bytes` says that nothing was read: 0.
pub(super) fn parse(text: &[u8]) -> (Option<ClientIo>, u64) {
    let mut io = ClientIo::default();
    let mut unknown = 0;
    let scan = scan(text, |counter| {
        if !io.add_counter(&counter) {
            unknown += 1;
        }
    });
    for amount in [&mut io.read, &mut io.write] {
        if amount.calls.is_none() {
            *amount = Amount { calls: scan.absent(), bytes: scan.absent() };
        }
    }
    (scan.is_known.then_some(io), scan.oddities + unknown)
}

impl Amount {
    fn plus(self, other: Self) -> Self {
        let sum = |a: Option<i64>, b: Option<i64>| a?.checked_add(b?);
        Self { calls: sum(self.calls, other.calls), bytes: sum(self.bytes, other.bytes) }
    }
}

impl ClientIo {
    /// Takes a line in; false when its name or unit is not known.
    fn add_counter(&mut self, counter: &Counter<'_>) -> bool {
        let amount = Amount { calls: Some(counter.count), bytes: counter.sum };
        match (counter.name, counter.unit) {
            (b"read_bytes", Unit::Bytes) => self.read = amount,
            (b"write_bytes", Unit::Bytes) => self.write = amount,
            (name, unit) => match self.operations.entry(name) {
                Some(operation) if matches!(unit, Unit::Calls | Unit::Micros) => {
                    let micros = counter.sum.filter(|_| unit == Unit::Micros);
                    *operation = Some(Operation { count: counter.count, micros });
                }
                _ => return OTHER_NAMES.find(name).is_some(),
            },
        }
        true
    }

    #[expect(clippy::needless_pass_by_value, reason = "as the sums of all other files")]
    fn plus(mut self, other: Self) -> Self {
        self.read = self.read.plus(other.read);
        self.write = self.write.plus(other.write);
        self.operations.add(&other.operations, |sum, more| Operation {
            count: sum.count.saturating_add(more.count),
            micros: both(sum.micros, more.micros),
        });
        self
    }
}

/// Reads the counters of every mounted file system.
///
/// A file system with several clients here is their sum; when one of them cannot be read, the file
/// system is left out, since a part would look like a counter that fell.
///
/// *Source*: `llite/*/stats`. *Units*: bytes, microseconds.
pub(super) fn read(sources: &mut Sources, verdict: &mut Verdict) -> BTreeMap<String, FileSystemIo> {
    let mut found = BTreeMap::new();
    let devices = match sources.devices(Folder::Llite) {
        Ok(devices) => devices,
        Err(error) => {
            verdict.note(error);
            return found;
        }
    };
    let mut file = DeviceFile::new(Folder::Llite, "stats");
    for clients in devices.chunk_by(|a, b| a.fs() == b.fs()) {
        let mut sum: Option<FileSystemIo> = None;
        let mut is_complete = true;
        for client in clients {
            let parsed = match sources.read(&mut file, client) {
                Ok(Some(text)) => parse(text),
                Ok(None) => continue,
                Err(error) => {
                    verdict.note(error);
                    is_complete = false;
                    continue;
                }
            };
            verdict.oddities += parsed.1;
            let Some(io) = parsed.0 else {
                let path = sources.last_path().to_owned();
                verdict.note(SourceError::NotUnderstood { path });
                is_complete = false;
                continue;
            };
            let mut so_far = sum.take().unwrap_or_default();
            so_far.io = if so_far.clients.is_empty() { io } else { so_far.io.plus(io) };
            so_far.clients.push(client.name.clone());
            sum = Some(so_far);
        }
        if let (Some(sum), Some(first), true) = (sum, clients.first(), is_complete) {
            found.insert(first.fs().to_owned(), sum);
        }
    }
    found
}

/// The collector.
pub(super) fn collect(sources: &mut Sources, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    encode(&read(sources, &mut verdict), encoder);
    verdict
}

fn encode(found: &BTreeMap<String, FileSystemIo>, encoder: &mut Encoder) {
    for (family, value) in [
        (&READ_BYTES, (|io| io.read.bytes) as fn(&ClientIo) -> Option<i64>),
        (&WRITE_BYTES, |io| io.write.bytes),
        (&READS, |io| io.read.calls),
        (&WRITES, |io| io.write.calls),
    ] {
        let mut samples = encoder.family(family);
        for (fs, file_system) in found {
            if let Some(value) = value(&file_system.io) {
                samples.sample([fs], value);
            }
        }
    }
    let mut counts = encoder.family(&OPERATIONS);
    for (fs, file_system) in found {
        for (name, operation) in file_system.io.operations.iter() {
            counts.sample([fs, name], operation.count);
        }
    }
    let mut durations = encoder.family(&OPERATION_DURATION);
    for (fs, file_system) in found {
        for (name, operation) in file_system.io.operations.iter() {
            if let Some(micros) = operation.micros {
                durations.summary([fs, name], Micros(micros), operation.count);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &str = include_str!(
        "../../tests/fixtures/metrics/lustre-2.15.8/sys/kernel/debug/lustre/llite/p7lsxbev-ff3391038293f800/stats"
    );
    const OLD: &str = include_str!(
        "../../tests/fixtures/metrics/lustre-2.10.1/proc/fs/lustre/llite/lustrefs-ffff88105db50000/stats"
    );

    fn parsed(text: &str) -> (ClientIo, u64) {
        let (io, oddities) = parse(text.as_bytes());
        (io.expect("a stats file"), oddities)
    }

    #[test]
    fn lists_of_names_are_apart() {
        for (names, others) in [(&OPERATION_NAMES, &OTHER_NAMES), (&OTHER_NAMES, &OPERATION_NAMES)]
        {
            for name in names.all() {
                assert_eq!(names.find(name.as_bytes()), Some(*name));
                assert_eq!(others.find(name.as_bytes()), None, "{name}");
            }
        }
    }

    #[test]
    fn both_captures_are_known_line_by_line() {
        let (io, oddities) = parsed(NEW);
        assert_eq!(oddities, 0);
        assert_eq!(io.read, Amount { calls: Some(3205), bytes: Some(177_794_060) });
        assert_eq!(io.write, Amount { calls: Some(7783), bytes: Some(203_893_772) });
        let open = Operation { count: 750, micros: Some(2_493_372) };
        assert_eq!(io.operations.get("open"), Some(open));
        assert_eq!(io.operations.get("ioctl"), Some(Operation { count: 1, micros: None }));
        assert_eq!(io.operations.get("openclosetime"), None);

        let (io, oddities) = parsed(OLD);
        assert_eq!(oddities, 0);
        assert_eq!(io.write.bytes, Some(93_813_797_294_080));
        assert_eq!(io.operations.get("open"), Some(Operation { count: 136, micros: None }));
    }

    #[test]
    fn an_absent_counter_is_zero_only_where_that_is_certain() {
        let header = "snapshot_time 1.0 secs.nsecs\n";
        let zero = Amount { calls: Some(0), bytes: Some(0) };
        for (text, amount, oddities) in [
            (header.to_owned(), zero, 0),
            (format!("{header}open 1 samples [regs]"), Amount::default(), 1),
            (format!("{header}read_bytes 1 samples [by"), Amount::default(), 1),
            (format!("{header}brandnew 1 samples [reqs]\n"), zero, 1),
            (
                format!("{header}read_bytes 3 samples [bytes]\n"),
                Amount { calls: Some(3), bytes: None },
                0,
            ),
        ] {
            let (io, counted) = parsed(&text);
            assert_eq!((io.read, counted), (amount, oddities), "{text}");
        }
        assert_eq!(parse(b"").0, None);
        assert_eq!(parse(b"rubbish\n"), (None, 1));
    }

    #[test]
    fn a_sum_is_known_where_each_part_is() {
        let (one, _) = parsed(
            "snapshot_time 1.0 x\nread_bytes 1 samples [bytes] 5 5 5\nopen 1 samples [usecs] 1 1 1\n",
        );
        let (two, _) = parsed(
            "snapshot_time 1.0 x\nopen 2 samples [reqs]\nclose 1 samples [usecs] 1 1 4\nodd\n",
        );
        let sum = one.clone().plus(one.clone());
        assert_eq!(sum.read, Amount { calls: Some(2), bytes: Some(10) });
        assert_eq!(sum.operations.get("open"), Some(Operation { count: 2, micros: Some(2) }));
        let sum = one.plus(two);
        assert_eq!(sum.read, Amount::default());
        assert_eq!(sum.operations.get("open"), Some(Operation { count: 3, micros: None }));
        assert_eq!(sum.operations.get("close"), Some(Operation { count: 1, micros: Some(4) }));
    }
}
