//! What the counters of a file system say.

use super::{FileSystemReport, OperationReport, RpcReport, SizeReport, WaitReport};
use crate::metrics::{IoCounters, RpcCounters, WaitCounters};
use std::time::Duration;

/// Microseconds as seconds.
fn seconds(micros: i64) -> f64 {
    Duration::from_micros(micros.try_into().unwrap_or_default()).as_secs_f64()
}

/// The mean; `None` where nothing was counted.
fn mean(sum: Option<i64>, count: Option<i64>) -> Option<f64> {
    let (sum, count) = (u64::try_from(sum?).ok()?, u64::try_from(count?).ok()?);
    // Two decimal digits are exact, and all that anybody reads.
    let hundredths = u128::from(sum).checked_mul(100)?.checked_div(u128::from(count))?;
    let whole = u64::try_from(hundredths / 100).ok()?;
    format!("{whole}.{:02}", hundredths % 100).parse().ok()
}

impl FileSystemReport {
    /// The report of these differences.
    pub fn of(done: &IoCounters) -> Self {
        let operation = |(name, count): (&String, &i64)| {
            let micros = done.operation_micros.get(name);
            let seconds = micros.map(|micros| seconds(*micros));
            (name.clone(), OperationReport { count: *count, seconds })
        };
        let micros = done.operation_micros.values();
        let waited = micros.fold(0_i64, |sum, more| sum.saturating_add(*more));
        let keeps_times = !done.operation_micros.is_empty() || done.operations.is_empty();
        Self {
            read_bytes: done.read_bytes,
            written_bytes: done.write_bytes,
            reads: done.reads,
            writes: done.writes,
            operations: done.operations.iter().map(operation).collect(),
            wait_seconds: keeps_times.then(|| seconds(waited)),
            read_rpcs: done.read_rpcs.as_ref().map(RpcReport::of),
            write_rpcs: done.write_rpcs.as_ref().map(RpcReport::of),
            data_wait: done.data_wait.map(WaitReport::of),
            metadata_wait: done.metadata_wait.map(WaitReport::of),
            read_ahead_hits: done.read_ahead_hits,
            read_ahead_misses: done.read_ahead_misses,
            ..Self::default()
        }
        .with_means()
    }

    /// The same with the means that its sums give.
    #[must_use]
    pub(in crate::jobs) fn with_means(self) -> Self {
        Self {
            mean_read_bytes: mean(self.read_bytes, self.reads),
            mean_written_bytes: mean(self.written_bytes, self.writes),
            ..self
        }
    }
}

impl RpcReport {
    fn of(rpcs: &RpcCounters) -> Self {
        Self {
            count: rpcs.count,
            bytes: rpcs.bytes,
            mean_bytes: None,
            sizes: rpcs.by_pages.as_deref().map(sizes),
        }
        .with_mean()
    }

    /// The same with the mean that its sums give.
    #[must_use]
    pub(in crate::jobs) fn with_mean(self) -> Self {
        Self { mean_bytes: mean(self.bytes, self.count), ..self }
    }
}

/// Requests by size, from requests by the logarithm of their pages.
fn sizes(by_pages: &[u64]) -> Vec<SizeReport> {
    let page = procfs::page_size();
    let sizes = (0_u32..).zip(by_pages).filter(|(_, count)| **count > 0);
    sizes
        .filter_map(|(place, count)| {
            Some(SizeReport { up_to_bytes: page.checked_shl(place)?, count: *count })
        })
        .collect()
}

impl WaitReport {
    fn of(wait: WaitCounters) -> Self {
        Self { count: wait.count, seconds: seconds(wait.micros) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn means_and_sums_are_of_what_is_known() {
        let named = |of: &[(&str, i64)]| {
            of.iter()
                .map(|(name, number)| ((*name).to_owned(), *number))
                .collect::<BTreeMap<_, _>>()
        };
        let done = IoCounters {
            read_bytes: Some(1_000),
            reads: Some(3),
            write_bytes: Some(0),
            writes: Some(0),
            operations: named(&[("open", 2), ("ioctl", 1)]),
            operation_micros: named(&[("open", 1_500_000)]),
            read_rpcs: Some(RpcCounters {
                count: Some(2),
                bytes: Some(8_192),
                by_pages: Some(vec![1, 0, 1]),
            }),
            data_wait: Some(WaitCounters { count: 4, micros: 2_000 }),
            ..IoCounters::default()
        };
        let report = FileSystemReport::of(&done);
        assert_eq!((report.mean_read_bytes, report.mean_written_bytes), (Some(333.33), None));
        assert_eq!(report.wait_seconds, Some(1.5));
        assert_eq!(report.operations["ioctl"], OperationReport { count: 1, seconds: None });
        let rpcs = report.read_rpcs.expect("known");
        let page = procfs::page_size();
        let size = |up_to_bytes| SizeReport { up_to_bytes, count: 1 };
        assert_eq!(
            (rpcs.mean_bytes, rpcs.sizes),
            (Some(4_096.0), Some(vec![size(page), size(4 * page)]))
        );
        assert_eq!(report.data_wait, Some(WaitReport { count: 4, seconds: 0.002 }));
        assert_eq!((report.metadata_wait, report.read_ahead_hits), (None, None));
    }

    #[test]
    fn an_old_client_keeps_no_times_and_an_idle_one_waited_for_nothing() {
        let old = IoCounters {
            operations: BTreeMap::from([("open".to_owned(), 1)]),
            ..IoCounters::default()
        };
        assert_eq!(FileSystemReport::of(&old).wait_seconds, None);
        assert_eq!(FileSystemReport::of(&IoCounters::default()).wait_seconds, Some(0.0));
    }
}
