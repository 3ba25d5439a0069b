//! Histograms of requests, made of the kernel's tables: the same edges always, whichever rows the
//! kernel printed.

use super::encode::Encoder;
use super::families::{RPC_CONCURRENCY, RPC_LATENCY, RPC_SIZE};
use super::rpc_stats::Table;
use super::targets::Sums;
use std::sync::LazyLock;

/// Requests of up to 2^12 pages (16 MiB) are told apart.
const SIZES: usize = 13;
/// Up to 16 requests in flight are told apart, in steps of two.
const CONCURRENCIES: [usize; 5] = [1, 2, 4, 8, 16];
/// The upper edges of 2^place microseconds, from 64 µs to 34 s, in seconds.
const LATENCIES: [(usize, &str); 10] = [
    (6, "0.000128"),
    (8, "0.000512"),
    (10, "0.002048"),
    (12, "0.008192"),
    (14, "0.032768"),
    (16, "0.131072"),
    (18, "0.524288"),
    (20, "2.097152"),
    (22, "8.388608"),
    (24, "33.554432"),
];

fn sides(table: &Table) -> [(&'static str, &[u64]); 2] {
    [("read", &table.read), ("write", &table.write)]
}

/// The counts up to each place, and of all above the last one.
fn folded<const N: usize>(counts: &[u64], places: [usize; N]) -> ([u64; N], u64) {
    let mut sums = [0; N];
    let mut above = 0_u64;
    for (place, count) in counts.iter().enumerate() {
        let sum = sums.iter_mut().zip(places).find(|(_, last)| place <= *last).map(|(sum, _)| sum);
        let sum = sum.unwrap_or(&mut above);
        *sum = sum.saturating_add(*count);
    }
    (sums, above)
}

/// Requests times their place, unless some are in the row of all above.
fn concurrency_sum(counts: &[u64]) -> Option<u64> {
    let (overflow, exact) = counts.split_last()?;
    let sum = || {
        exact
            .iter()
            .zip(0_u64..)
            .try_fold(0_u64, |sum, (count, place)| sum.checked_add(count.checked_mul(place)?))
    };
    if *overflow == 0 { sum() } else { None }
}

/// The upper edges of sizes, in bytes.
static EDGES: LazyLock<[String; SIZES]> =
    LazyLock::new(|| std::array::from_fn(|place| (procfs::page_size() << place).to_string()));

/// Writes all histograms of these file systems.
pub(super) fn encode_histograms(all: &[(&str, Sums)], encoder: &mut Encoder) {
    let mut sizes = encoder.family(&RPC_SIZE);
    for (fs, sums) in all {
        let Some(table) = sums.rpc_stats.as_ref().and_then(|stats| stats.pages.as_ref()) else {
            continue;
        };
        let bytes = |of: fn(&super::rpc_times::TargetStats) -> Option<i64>| {
            sums.stats.as_ref().and_then(of)
        };
        let moved = [bytes(|stats| stats.read_bytes), bytes(|stats| stats.write_bytes)];
        for ((direction, counts), sum) in sides(table).into_iter().zip(moved) {
            let (counts, above) = folded(counts, std::array::from_fn::<_, SIZES, _>(|place| place));
            let buckets: [(&str, u64); SIZES] = std::array::from_fn(|place| {
                let edge = EDGES.get(place).map_or("", String::as_str);
                (edge, counts.get(place).copied().unwrap_or_default())
            });
            sizes.histogram([fs, direction], &buckets, above, sum);
        }
    }
    let mut concurrency = encoder.family(&RPC_CONCURRENCY);
    for (fs, sums) in all {
        let Some(table) = sums.rpc_stats.as_ref().and_then(|stats| stats.in_flight.as_ref()) else {
            continue;
        };
        for (direction, counts) in sides(table) {
            let sum = concurrency_sum(counts);
            let (counts, above) = folded(counts, CONCURRENCIES);
            let mut buckets = ["1", "2", "4", "8", "16"].map(|edge| (edge, 0));
            for (bucket, count) in buckets.iter_mut().zip(counts) {
                bucket.1 = count;
            }
            concurrency.histogram([fs, direction], &buckets, above, sum);
        }
    }
    let mut latency = encoder.family(&RPC_LATENCY);
    for (fs, sums) in all {
        let Some(table) = sums.rpc_stats.as_ref().and_then(|stats| stats.latency.as_ref()) else {
            continue;
        };
        for (direction, counts) in sides(table) {
            let (counts, above) = folded(counts, LATENCIES.map(|(place, _)| place));
            let mut buckets = LATENCIES.map(|(_, edge)| (edge, 0));
            for (bucket, count) in buckets.iter_mut().zip(counts) {
                bucket.1 = count;
            }
            latency.histogram([fs, direction], &buckets, above, None::<u64>);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_folded_into_fewer_edges() {
        let counts = [1, 2, 3, 4, 5, 0, 0, 0, 6, 7];
        assert_eq!(folded(&counts, CONCURRENCIES), ([3, 3, 9, 6, 7], 0));
        assert_eq!(folded(&counts, [0, 1]), ([1, 2], 25));
    }

    #[test]
    fn a_sum_is_told_only_where_it_is_exact() {
        let mut counts = [0; 32];
        (counts[0], counts[1], counts[9]) = (5, 10, 2);
        assert_eq!(concurrency_sum(&counts), Some(28));
        counts[31] = 1;
        assert_eq!(concurrency_sum(&counts), None);
        counts[31] = 0;
        counts[30] = u64::MAX;
        assert_eq!(concurrency_sum(&counts), None);
    }

    #[test]
    fn edges_of_latency_are_the_next_row() {
        for (place, edge) in LATENCIES {
            let micros: u64 = edge.replace('.', "").parse().expect("digits");
            assert_eq!(micros, 1 << (place + 1), "{edge}");
        }
    }
}
