//! What goes over the network to each storage target: `osc/*/stats` and `mdc/*/stats`.

use super::encode::Encoder;
use super::families::{Family, MDC_READ_BYTES, MDC_WRITE_BYTES, OSC_READ_BYTES, OSC_WRITE_BYTES};
use super::instances::{Folder, Instance};
use super::sources::{DeviceFile, SourceError, Sources, Verdict};
use super::stats::{Unit, scan};

/// Bytes to and from one target; `None` is unknown, not 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TargetIo {
    read_bytes: Option<i64>,
    write_bytes: Option<i64>,
}

impl TargetIo {
    const NOTHING: Self = Self { read_bytes: Some(0), write_bytes: Some(0) };

    fn plus(self, other: Self) -> Self {
        let sum = |a: Option<i64>, b: Option<i64>| a?.checked_add(b?);
        Self {
            read_bytes: sum(self.read_bytes, other.read_bytes),
            write_bytes: sum(self.write_bytes, other.write_bytes),
        }
    }
}

/// Parses a `stats` file of a target: its bulk bytes and the number of lines that were not
/// understood. `None` when it is no such file. The other counters are no business of this.
pub(super) fn parse(text: &[u8]) -> (Option<TargetIo>, u64) {
    let mut read_bytes = None;
    let mut write_bytes = None;
    let scan = scan(text, |counter| match (counter.name, counter.unit) {
        (b"read_bytes", Unit::Bytes) => read_bytes = Some(counter.sum),
        (b"write_bytes", Unit::Bytes) => write_bytes = Some(counter.sum),
        _ => {}
    });
    let io = TargetIo {
        read_bytes: read_bytes.unwrap_or(scan.absent()),
        write_bytes: write_bytes.unwrap_or(scan.absent()),
    };
    (scan.is_known.then_some(io), scan.oddities)
}

/// Reads one target, the sum of the clients that have it. `None` when one of them cannot be read
/// or all have gone.
fn read(
    sources: &mut Sources,
    file: &mut DeviceFile,
    clients: &[Instance],
    verdict: &mut Verdict,
) -> Option<TargetIo> {
    let mut sum = None;
    let mut is_complete = true;
    for client in clients {
        let parsed = match sources.read(file, client) {
            Ok(Some(text)) => parse(text),
            Ok(None) => continue,
            Err(error) => {
                verdict.note(error);
                is_complete = false;
                continue;
            }
        };
        verdict.oddities += parsed.1;
        if let Some(io) = parsed.0 {
            sum = Some(sum.unwrap_or(TargetIo::NOTHING).plus(io));
        } else {
            verdict.note(SourceError::NotUnderstood { path: sources.last_path().to_owned() });
            is_complete = false;
        }
    }
    sum.filter(|_| is_complete)
}

/// The collector of object storage targets.
pub(super) fn collect_osc(sources: &mut Sources, encoder: &mut Encoder) -> Verdict {
    collect(Folder::Osc, [&OSC_READ_BYTES, &OSC_WRITE_BYTES], sources, encoder)
}

/// The collector of metadata targets.
pub(super) fn collect_mdc(sources: &mut Sources, encoder: &mut Encoder) -> Verdict {
    collect(Folder::Mdc, [&MDC_READ_BYTES, &MDC_WRITE_BYTES], sources, encoder)
}

/// *Source*: `{osc,mdc}/*/stats`. *Units*: bytes.
fn collect(
    folder: Folder,
    [read_family, write_family]: [&'static Family<2>; 2],
    sources: &mut Sources,
    encoder: &mut Encoder,
) -> Verdict {
    let mut verdict = Verdict::default();
    let devices = match sources.devices(folder) {
        Ok(devices) => devices,
        Err(error) => {
            verdict.note(error);
            return verdict;
        }
    };
    let mut file = DeviceFile::new(folder, "stats");
    let mut targets = Vec::with_capacity(devices.len());
    for clients in devices.chunk_by(Instance::has_same_target) {
        if let Some(io) = read(sources, &mut file, clients, &mut verdict) {
            targets.extend(clients.first().map(|client| (client, io)));
        }
    }
    for (family, value) in [
        (read_family, (|io| io.read_bytes) as fn(&TargetIo) -> Option<i64>),
        (write_family, |io| io.write_bytes),
    ] {
        let mut samples = encoder.family(family);
        for (client, io) in &targets {
            if let Some(bytes) = value(io) {
                samples.sample([client.fs(), client.target()], bytes);
            }
        }
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bulk_bytes_are_read_and_the_rest_is_passed_over() {
        let header = "snapshot_time             1795211664.924424850 secs.nsecs\n";
        let read = "read_bytes                1080 samples [bytes] 4096 4194304 29564928 1\n";
        let other = "req_waittime              1475 samples [usecs] 1376 3861650 40763006 54616\n";
        let io = |read_bytes, write_bytes| Some(TargetIo { read_bytes, write_bytes });
        for (text, wanted) in [
            (format!("{header}{other}{read}"), (io(Some(29_564_928), Some(0)), 0)),
            (header.to_owned(), (io(Some(0), Some(0)), 0)),
            (format!("{header}{read}write_b"), (io(Some(29_564_928), None), 1)),
            (format!("{header}write_bytes 1 samples [bytes]\n"), (io(Some(0), None), 0)),
            (String::new(), (None, 0)),
            ("\0\0".to_owned(), (None, 1)),
        ] {
            assert_eq!(parse(text.as_bytes()), wanted, "{text}");
        }
    }
}
