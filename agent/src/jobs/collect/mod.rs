//! One job's reports of all its nodes, put together: on the controller, from the folder that nodes
//! share.
//!
//! | part | knows |
//! |---|---|
//! | this file | the summary, and how reports become one: pure |
//! | `folder` | reading the shared folder, in a child with a deadline |
//! | `host_list` | Slurm's lists of node names: pure |
//! | `comment` | the summary as a job's `AdminComment`: pure |
//! | `text` | the summary for a person |
//! | `accounting` | sacctmgr and sacct, which write and read it |

mod accounting;
mod comment;
mod folder;
mod host_list;
mod text;

pub use accounting::{AccountingError, comment_stands, write_comment};
pub use comment::LONGEST_COMMENT_BYTES;
pub use folder::{Wanted, asked_for, collect};
pub use host_list::{HostListError, expand, first_name};

use super::report::{
    FileSystemReport, JobReport, OperationReport, RpcReport, SizeReport, WaitReport,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The layout of the JSON.
pub const FORMAT: u32 = 1;

/// What one run of a job did on all its nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobSummary {
    /// The layout of this object.
    pub format: u32,
    /// The cluster's name.
    pub cluster: String,
    /// The job's number.
    pub job_id: u32,
    /// How often the job was requeued before this run.
    pub restart: u32,
    /// The nodes whose reports are in here.
    pub nodes: BTreeSet<String>,
    /// Nodes of the job without a report; null where its nodes are not known.
    pub missing: Option<BTreeSet<String>>,
    /// The nodes on which other jobs were, too: what they report is not of this job alone.
    pub shared: BTreeSet<String>,
    /// When the first node began, seconds since 1970 UTC.
    pub began_unix_seconds: Option<u64>,
    /// When the last one ended.
    pub ended_unix_seconds: Option<u64>,
    /// The sums by Lustre's name of the file system. A number that is null was unknown on a node.
    pub file_systems: BTreeMap<String, FileSystemReport>,
    /// How many threads were found stuck in the kernel, by node.
    pub stuck: BTreeMap<String, usize>,
    /// Files that are no reports, and why.
    pub unread: Vec<String>,
}

impl JobSummary {
    /// Puts reports of one run of a job together.
    pub fn of(reports: &[JobReport], unread: Vec<String>) -> Self {
        let mut summary = Self { format: FORMAT, unread, ..Self::default() };
        for report in reports {
            summary.add(report);
        }
        summary
    }

    fn add(&mut self, report: &JobReport) {
        self.cluster.clone_from(&report.cluster);
        (self.job_id, self.restart) = (report.job_id, report.restart);
        self.nodes.insert(report.node.clone());
        if report.is_shared {
            self.shared.insert(report.node.clone());
        }
        if !report.stuck.is_empty() {
            self.stuck.insert(report.node.clone(), report.stuck.len());
        }
        let (began, ended) = (report.began_unix_seconds, report.ended_unix_seconds);
        self.began_unix_seconds = self.began_unix_seconds.into_iter().chain(began).min();
        self.ended_unix_seconds = self.ended_unix_seconds.max(ended);
        for (fs, one) in &report.file_systems {
            match self.file_systems.get_mut(fs) {
                Some(sum) => *sum = sum.plus(one),
                None => drop(self.file_systems.insert(fs.clone(), one.clone())),
            }
        }
    }

    /// Compares with the nodes that the job had.
    pub fn compare_with(&mut self, expected: &BTreeSet<String>) {
        self.missing = Some(expected.difference(&self.nodes).cloned().collect());
    }
}

/// A sum that is known where both parts are.
fn sum<T>(a: Option<T>, b: Option<T>, plus: impl Fn(T, T) -> Option<T>) -> Option<T> {
    plus(a?, b?)
}

fn add(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    sum(a, b, i64::checked_add)
}

fn add_unsigned(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    sum(a, b, u64::checked_add)
}

fn add_seconds(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    sum(a, b, |a, b| Some(a + b))
}

impl FileSystemReport {
    /// The sum of two nodes.
    fn plus(&self, other: &Self) -> Self {
        let mut operations = self.operations.clone();
        for (name, of) in &other.operations {
            operations
                .entry(name.clone())
                .and_modify(|sum| *sum = sum.plus(of))
                .or_insert(of.clone());
        }
        let rpcs =
            |a: &Option<RpcReport>, b: &Option<RpcReport>| Some(a.as_ref()?.plus(b.as_ref()?));
        let wait = |a, b| sum(a, b, |a: WaitReport, b| Some(a.plus(b)));
        Self {
            read_bytes: add(self.read_bytes, other.read_bytes),
            written_bytes: add(self.written_bytes, other.written_bytes),
            reads: add(self.reads, other.reads),
            writes: add(self.writes, other.writes),
            operations,
            wait_seconds: add_seconds(self.wait_seconds, other.wait_seconds),
            read_rpcs: rpcs(&self.read_rpcs, &other.read_rpcs),
            write_rpcs: rpcs(&self.write_rpcs, &other.write_rpcs),
            data_wait: wait(self.data_wait, other.data_wait),
            metadata_wait: wait(self.metadata_wait, other.metadata_wait),
            read_ahead_hits: add(self.read_ahead_hits, other.read_ahead_hits),
            read_ahead_misses: add(self.read_ahead_misses, other.read_ahead_misses),
            evictions: add_unsigned(self.evictions, other.evictions),
            has_more_evictions: self.has_more_evictions || other.has_more_evictions,
            dirty_bytes: add_unsigned(self.dirty_bytes, other.dirty_bytes),
            flushed_bytes: add_unsigned(self.flushed_bytes, other.flushed_bytes),
            ..Self::default()
        }
        .with_means()
    }
}

impl OperationReport {
    fn plus(&self, other: &Self) -> Self {
        let count = self.count.saturating_add(other.count);
        Self { count, seconds: add_seconds(self.seconds, other.seconds) }
    }
}

impl WaitReport {
    fn plus(self, other: Self) -> Self {
        let count = self.count.saturating_add(other.count);
        Self { count, seconds: self.seconds + other.seconds }
    }
}

impl RpcReport {
    fn plus(&self, other: &Self) -> Self {
        let sizes = self.sizes.as_ref().zip(other.sizes.as_ref()).map(|(mine, theirs)| {
            let mut sizes: BTreeMap<u64, u64> = BTreeMap::new();
            for SizeReport { up_to_bytes, count } in mine.iter().chain(theirs) {
                let sum = sizes.entry(*up_to_bytes).or_default();
                *sum = sum.saturating_add(*count);
            }
            let size = |(up_to_bytes, count)| SizeReport { up_to_bytes, count };
            sizes.into_iter().map(size).collect()
        });
        let (count, bytes) = (add(self.count, other.count), add(self.bytes, other.bytes));
        Self { count, bytes, sizes, ..Self::default() }.with_mean()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(node: &str, read: Option<i64>) -> JobReport {
        let one = FileSystemReport {
            read_bytes: read,
            reads: Some(2),
            operations: BTreeMap::from([(
                "open".into(),
                OperationReport { count: 1, seconds: Some(0.5) },
            )]),
            read_rpcs: Some(RpcReport {
                count: Some(1),
                bytes: Some(4096),
                sizes: Some(vec![SizeReport { up_to_bytes: 4096, count: 1 }]),
                ..RpcReport::default()
            }),
            evictions: Some(1),
            ..FileSystemReport::default()
        };
        JobReport {
            node: node.into(),
            job_id: 7,
            cluster: "prod".into(),
            began_unix_seconds: Some(100),
            is_shared: node == "n2",
            file_systems: BTreeMap::from([("x".to_owned(), one)]),
            ..JobReport::default()
        }
    }

    #[test]
    fn nodes_are_summed_and_those_without_a_report_are_named() {
        let reports = [report("n1", Some(100)), report("n2", Some(20))];
        let mut summary = JobSummary::of(&reports, Vec::new());
        let of = &summary.file_systems["x"];
        assert_eq!((of.read_bytes, of.mean_read_bytes), (Some(120), Some(30.0)));
        assert_eq!(of.operations["open"], OperationReport { count: 2, seconds: Some(1.0) });
        let rpcs = of.read_rpcs.as_ref().expect("both");
        assert_eq!((rpcs.count, rpcs.mean_bytes), (Some(2), Some(4096.0)));
        assert_eq!(rpcs.sizes, Some(vec![SizeReport { up_to_bytes: 4096, count: 2 }]));
        assert_eq!((of.evictions, of.written_bytes), (Some(2), None));
        assert_eq!(summary.shared, BTreeSet::from(["n2".to_owned()]));
        assert_eq!(summary.missing, None);
        summary.compare_with(&expand("n[1-3]").expect("a list"));
        assert_eq!(summary.missing, Some(BTreeSet::from(["n3".to_owned()])));
    }

    #[test]
    fn a_sum_with_an_unknown_part_is_unknown() {
        let summary = JobSummary::of(&[report("n1", Some(1)), report("n2", None)], Vec::new());
        assert_eq!(summary.file_systems["x"].read_bytes, None);
    }
}
