//! A file of counters in the kernel's format.
//!
//! `NAME (25 columns) COUNT samples [UNIT] MIN MAX SUM SUM-OF-SQUARES` after three lines of times, as in
//! `10_mounted/tree/sys/kernel/debug/lustre/llite/*/stats`; a counter that never counted has no line.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// One counter a file may show.
#[derive(Debug, Clone, Copy)]
pub struct Counter {
    pub name: &'static str,
    pub unit: &'static str,
    pub detail: Detail,
}

/// How much a counter's line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Only how often.
    Count,
    /// Also smallest, largest, sum and sum of squares.
    Values,
}

/// A counter of microseconds, the most frequent kind.
pub const fn microseconds(name: &'static str) -> Counter {
    Counter { name, unit: "usecs", detail: Detail::Values }
}

/// A counter of bytes.
pub const fn bytes(name: &'static str) -> Counter {
    Counter { name, unit: "bytes", detail: Detail::Values }
}

/// A counter of requests, with the values that came with each.
pub const fn requests(name: &'static str) -> Counter {
    Counter { name, unit: "reqs", detail: Detail::Values }
}

/// A counter of events.
pub const fn events(name: &'static str) -> Counter {
    Counter { name, unit: "reqs", detail: Detail::Count }
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    count: u64,
    min: u64,
    max: u64,
    sum: u64,
    sum_of_squares: u64,
}

/// The counters of one file of the tree.
#[derive(Debug)]
pub struct CounterFile {
    pub path: PathBuf,
    counters: &'static [Counter],
    tallies: Vec<Tally>,
    started: Duration,
    changed: bool,
}

impl CounterFile {
    /// A file that starts with what the captured client had counted before its first I/O.
    pub fn new(path: PathBuf, counters: &'static [Counter], captured: &str) -> Self {
        let tallies = counters.iter().map(|counter| captured_tally(counter, captured)).collect();
        Self { path, counters, tallies, started: since_1970(), changed: true }
    }

    /// Counts one sample.
    pub fn count(&mut self, name: &str, value: u64) {
        let Some(place) = self.counters.iter().position(|counter| counter.name == name) else {
            debug_assert!(false, "{name} is not a counter of {}", self.path.display());
            return;
        };
        let tally = &mut self.tallies[place];
        tally.min = if tally.count == 0 { value } else { tally.min.min(value) };
        tally.max = tally.max.max(value);
        tally.count += 1;
        tally.sum += value;
        tally.sum_of_squares = tally.sum_of_squares.wrapping_add(value.wrapping_mul(value));
        self.changed = true;
    }

    /// The file's text, when it has changed since it was last taken.
    pub fn take_text(&mut self) -> Option<String> {
        std::mem::take(&mut self.changed).then(|| self.text())
    }

    fn text(&self) -> String {
        let now = since_1970();
        let mut text = String::new();
        for (name, time) in [
            ("snapshot_time", now),
            ("start_time", self.started),
            ("elapsed_time", now - self.started),
        ] {
            let _fits = writeln!(
                text,
                "{name:<25} {}.{:09} secs.nsecs",
                time.as_secs(),
                time.subsec_nanos()
            );
        }
        for (counter, tally) in
            self.counters.iter().zip(&self.tallies).filter(|(_, tally)| tally.count > 0)
        {
            let _fits =
                write!(text, "{:<25} {} samples [{}]", counter.name, tally.count, counter.unit);
            if counter.detail == Detail::Values {
                let Tally { min, max, sum, sum_of_squares, .. } = tally;
                let _fits = write!(text, " {min} {max} {sum} {sum_of_squares}");
            }
            text.push('\n');
        }
        text
    }
}

fn captured_tally(counter: &Counter, captured: &str) -> Tally {
    let line = captured
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find(|words| words.first() == Some(&counter.name));
    let number =
        |place: usize| line.as_ref().and_then(|words| words.get(place)?.parse().ok()).unwrap_or(0);
    Tally {
        count: number(1),
        min: number(4),
        max: number(5),
        sum: number(6),
        sum_of_squares: number(7),
    }
}

fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
