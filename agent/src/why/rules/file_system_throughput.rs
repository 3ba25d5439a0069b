//! Does this node alone use up what the file system gives?

use super::super::facts::{bytes, percent};
use super::{Facts, FileSystemWindow, Finding, Rule};
use crate::facts::Observed;
use crate::metrics::families::OSC_READ_BYTES;
use crate::window::{Span, float, whole};
use fsxlustre_mount::file_system::FileSystem;

pub(super) const RULE: Rule = Rule {
    name: "file_system_throughput",
    about: "this node alone moves what the file system gives (PerUnitStorageThroughput times capacity)",
};

/// Bytes in a second that the file system gives as a whole.
///
/// *Source*: `ThroughputCapacity`, or `PerUnitStorageThroughput` for each TiB of `StorageCapacity`.
fn given(found: &FileSystem) -> Option<u64> {
    let mega = |count: u64| count.checked_mul(1_000_000);
    if let Some(all) = found.throughput_mb_per_second {
        return mega(u64::from(all));
    }
    let each = u64::from(found.throughput_mb_per_second_per_tib?);
    mega(each.checked_mul(u64::from(found.storage_capacity_gib?))?).map(|all| all / 1024)
}

fn asked(found: &FileSystem) -> String {
    format!("fsx:DescribeFileSystems, {} in {}", found.id, found.region)
}

pub(super) fn judge(facts: &Facts, fs: &str, window: &FileSystemWindow) -> Finding {
    let found = match facts.described.get(fs) {
        Some(Observed::Known { value, .. }) => value,
        Some(Observed::Unknown { because, from }) => {
            return Finding::unknown(RULE.name, because.clone()).mended_by(from.clone());
        }
        None => {
            return Finding::unknown(RULE.name, "nobody asked the FSx API")
                .mended_by("run it without --no-api");
        }
    };
    let Some(given) = given(found).filter(|given| *given > 0) else {
        return Finding::unknown(RULE.name, "the FSx API does not say what the file system gives")
            .seen("no PerUnitStorageThroughput", asked(found))
            .mended_by(
                "look up its deployment type in the FSx for Lustre user guide, section Performance",
            );
    };
    // Of a job, only what programs did is kept; the page cache may have served a part of it.
    let moved = match facts.window.span {
        Span::Job => window.read_bytes.zip(window.write_bytes).and_then(|(a, b)| a.checked_add(b)),
        _ => window.moved_bytes(),
    };
    let (Some(moved), Some(seconds)) =
        (moved, facts.window.seconds.filter(|seconds| *seconds > 0.0))
    else {
        return Finding::unknown(RULE.name, facts.why_unknown(OSC_READ_BYTES.row()))
            .mended_by(facts.to_know(OSC_READ_BYTES.row()));
    };
    let rate = whole(float(moved) / seconds).unwrap_or_default();
    let share = percent(rate, given);
    let summary = format!("this node moves {share} % of what the file system gives");
    let finding = match share {
        80.. => Finding::limits(RULE.name, 80, summary),
        50.. => Finding::suspect(RULE.name, 50, summary),
        _ => {
            Finding::clear(RULE.name, format!("{summary}; what other nodes move is not seen here"))
        }
    };
    let finding = finding
        .seen(format!("{} a second by this node", bytes(rate)), OSC_READ_BYTES.row().source)
        .seen(format!("{} a second is given", bytes(given)), asked(found));
    if share < 50 {
        return finding;
    }
    finding.mended_by(format!(
        "aws fsx update-file-system --region {} --file-system-id {} --lustre-configuration PerUnitStorageThroughput=N",
        found.region, found.id
    ))
}
