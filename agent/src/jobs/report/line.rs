//! A report as text: one line for a log, and a table for a person.

use super::{FileSystemReport, JobReport, OperationReport, RpcReport, WaitReport};
use fsxlustre_mount::unmount::bytes;
use std::fmt::Write as _;

/// How many operations the table shows.
const MOST_OPERATIONS: usize = 6;

fn number(number: Option<i64>) -> String {
    number.map_or("unknown".into(), |number| number.to_string())
}

fn size(number: Option<i64>) -> String {
    number.and_then(|number| u64::try_from(number).ok()).map_or("unknown".into(), bytes)
}

/// Of a mean, nobody reads the digits behind the point.
fn mean(mean: Option<f64>) -> Option<String> {
    let whole = format!("{:.0}", mean?);
    whole.parse().ok().map(bytes)
}

/// How many of a hundred; `None` where there was none.
fn percent(part: i64, other: i64) -> Option<i64> {
    part.checked_mul(100)?.checked_div(part.checked_add(other)?)
}

impl FileSystemReport {
    /// Calls of all operations.
    fn calls(&self) -> i64 {
        self.operations.values().fold(0, |sum, of| sum.saturating_add(of.count))
    }

    /// Everything in a few words, for the line.
    fn words(&self) -> String {
        let mut words = format!(
            "{} bytes read, {} bytes written, {} operations",
            number(self.read_bytes),
            number(self.written_bytes),
            self.calls()
        );
        // Writing to a String does not fail.
        if let (Some(hits), Some(misses)) = (self.read_ahead_hits, self.read_ahead_misses)
            && let Some(hit) = percent(hits, misses)
        {
            let _ = write!(words, ", read-ahead hit {hit} %");
        }
        if let Some(seconds) = self.wait_seconds {
            let _ = write!(words, ", waited {seconds:.3} s");
        }
        match self.evictions {
            Some(0) => {}
            Some(count) => {
                let least = if self.has_more_evictions { "at least " } else { "" };
                let _ = write!(words, ", evicted {least}{count} times");
            }
            None => words.push_str(", evictions unknown"),
        }
        if let Some(flushed) = self.flushed_bytes {
            let _ = write!(words, ", {flushed} bytes sent to the servers at the end");
        }
        words
    }

    /// The rows of the table: a name and what there is to say.
    pub(in crate::jobs) fn rows(&self) -> Vec<(&'static str, String)> {
        let moved = |total, calls, average: Option<f64>| {
            let average = mean(average).map(|mean| format!(", {mean} each"));
            format!("{} in {} calls{}", size(total), number(calls), average.unwrap_or_default())
        };
        let mut rows = vec![
            ("read", moved(self.read_bytes, self.reads, self.mean_read_bytes)),
            ("written", moved(self.written_bytes, self.writes, self.mean_written_bytes)),
            ("operations", operations(self)),
            ("read RPCs", rpcs(self.read_rpcs.as_ref())),
            ("write RPCs", rpcs(self.write_rpcs.as_ref())),
            ("data wait", wait(self.data_wait)),
            ("metadata wait", wait(self.metadata_wait)),
            ("read-ahead", read_ahead(self.read_ahead_hits, self.read_ahead_misses)),
        ];
        let unknown = || "unknown".to_owned();
        let waited = self.wait_seconds.map_or_else(unknown, |seconds| format!("{seconds:.3} s"));
        rows.push(("programs waited", waited));
        let more = if self.has_more_evictions { " or more" } else { "" };
        let evictions = self.evictions.map_or_else(unknown, |count| format!("{count}{more}"));
        rows.push(("evictions", evictions));
        let sent = self.flushed_bytes.map(bytes);
        let dirty = match (self.dirty_bytes.map(bytes), sent) {
            (Some(dirty), Some(sent)) => format!("{dirty}, {sent} sent to the servers"),
            (Some(dirty), None) => dirty,
            (None, _) => unknown(),
        };
        rows.push(("unwritten at the end", dirty));
        rows
    }
}

/// The operations that happened most.
fn operations(report: &FileSystemReport) -> String {
    let mut all: Vec<(&String, &OperationReport)> = report.operations.iter().collect();
    all.sort_by_key(|(_, of)| std::cmp::Reverse(of.count));
    let shown = all.iter().take(MOST_OPERATIONS).map(|(name, of)| {
        let time = of.seconds.map(|seconds| format!(" ({seconds:.3} s)"));
        format!("{} {name}{}", of.count, time.unwrap_or_default())
    });
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if all.len() > MOST_OPERATIONS {
        text.push_str(", …");
    }
    if text.is_empty() { "none".into() } else { text }
}

fn rpcs(rpcs: Option<&RpcReport>) -> String {
    let Some(rpcs) = rpcs else { return "unknown".into() };
    let average = mean(rpcs.mean_bytes).map(|mean| format!(", {mean} each"));
    let sizes = rpcs.sizes.iter().flatten();
    let sizes: Vec<_> =
        sizes.map(|size| format!("{} ≤ {}", size.count, bytes(size.up_to_bytes))).collect();
    let sizes = if sizes.is_empty() { String::new() } else { format!(" ({})", sizes.join(", ")) };
    format!("{}{}{sizes}", number(rpcs.count), average.unwrap_or_default())
}

fn wait(wait: Option<WaitReport>) -> String {
    wait.map_or("unknown".into(), |wait| format!("{:.3} s in {} RPCs", wait.seconds, wait.count))
}

fn read_ahead(hits: Option<i64>, misses: Option<i64>) -> String {
    let (Some(hits), Some(misses)) = (hits, misses) else { return "unknown".into() };
    let ratio = percent(hits, misses).map(|hit| format!(" ({hit} % hit)"));
    format!("{hits} pages hit, {misses} missed{}", ratio.unwrap_or_default())
}

impl JobReport {
    /// Whose the numbers are.
    fn whose(&self) -> &'static str {
        if self.is_shared { "with other jobs on this node" } else { "alone" }
    }

    /// The job in one line, for a log.
    pub fn to_line(&self) -> String {
        let mut parts: Vec<String> =
            self.file_systems.iter().map(|(fs, one)| format!("{fs}: {}", one.words())).collect();
        if parts.is_empty() {
            parts.push("no Lustre file system was mounted from its start to its end".into());
        } else {
            parts.push(self.whose().into());
        }
        format!("job {}: {}", self.job_id, parts.join("; "))
    }

    /// The report as a person reads it.
    pub fn text(&self) -> String {
        let state = if self.ended_unix_seconds.is_some() { "" } else { ", so far" };
        let mut text = format!(
            "job {} (restart {}) of cluster {} on {}, {}{state}\n",
            self.job_id,
            self.restart,
            self.cluster,
            self.node,
            self.whose()
        );
        // Writing to a String does not fail.
        if let (Some(began), Some(ended)) = (self.began_unix_seconds, self.ended_unix_seconds) {
            let _ = writeln!(text, "  ran {} s", ended.saturating_sub(began));
        }
        for (fs, report) in &self.file_systems {
            let _ = writeln!(text, "  {fs}");
            for (name, words) in report.rows() {
                let _ = writeln!(text, "    {name:<21}{words}");
            }
        }
        for one in &self.directories {
            let _ = writeln!(text, "  {}: {}", one.directory.display(), one.fate);
        }
        let phases: Vec<_> = self.phases.iter().map(super::PhaseReport::words).collect();
        if !phases.is_empty() {
            let _ = writeln!(text, "  phases: {}", phases.join(", "));
        }
        for one in &self.stuck {
            let _ = writeln!(text, "  stuck: {}", one.line());
        }
        for line in &self.write_errors {
            let _ = writeln!(text, "  a write failed after it was accepted: {line}");
        }
        for missing in &self.unread {
            let _ = writeln!(text, "  missing: {missing}");
        }
        text
    }
}

impl super::PhaseReport {
    fn words(&self) -> String {
        format!("{} {} {} ms", self.of, self.phase, self.milliseconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn report() -> JobReport {
        let of = FileSystemReport {
            read_bytes: Some(60),
            written_bytes: None,
            reads: Some(2),
            mean_read_bytes: Some(30.0),
            operations: BTreeMap::from([(
                "open".into(),
                OperationReport { count: 3, seconds: Some(0.25) },
            )]),
            wait_seconds: Some(0.25),
            read_ahead_hits: Some(99),
            read_ahead_misses: Some(1),
            evictions: Some(1),
            has_more_evictions: true,
            dirty_bytes: Some(2048),
            flushed_bytes: Some(2048),
            ..FileSystemReport::default()
        };
        JobReport {
            job_id: 7,
            node: "n1".into(),
            cluster: "prod".into(),
            file_systems: BTreeMap::from([("x".to_owned(), of)]),
            ..JobReport::default()
        }
    }

    #[test]
    fn a_line_says_what_is_known_and_what_is_not() {
        assert_eq!(
            report().to_line(),
            "job 7: x: 60 bytes read, unknown bytes written, 3 operations, read-ahead hit 99 %, \
             waited 0.250 s, evicted at least 1 times, 2048 bytes sent to the servers at the end; \
             alone"
        );
        let none = JobReport { job_id: 7, ..JobReport::default() };
        assert!(none.to_line().starts_with("job 7: no Lustre file system"), "{}", none.to_line());
    }

    #[test]
    fn the_table_has_every_row() {
        let text = report().text();
        for row in [
            "job 7 (restart 0) of cluster prod on n1, alone, so far",
            "read                 60 bytes in 2 calls, 30 bytes each",
            "written              unknown in unknown calls",
            "operations           3 open (0.250 s)",
            "evictions            1 or more",
            "unwritten at the end 2.0 KiB, 2.0 KiB sent to the servers",
        ] {
            assert!(text.contains(row), "{row}:\n{text}");
        }
    }
}
