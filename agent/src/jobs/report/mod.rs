//! What a job did with its file systems on one node: a line of text, and JSON.
//!
//! | part | knows |
//! |---|---|
//! | this file | the JSON: its fields, their units and what an absent one means |
//! | `of_counters` | what counters say of a file system: pure |
//! | `count` | the counters and connections of this node, when a job ends or while it runs |
//! | `ending` | the report of a job that ends |
//! | `begun` | what was counted by an end that is not done yet |
//! | `claim` | whose a report is that was handed in, where several keep |
//! | `keep` | where reports are kept: on this node, and in the folder that nodes share |
//! | `line` | the line of text, and the table that `fsxlustre job report` prints: pure |

mod begun;
mod claim;
mod count;
mod ending;
mod keep;
mod line;
mod of_counters;

pub use count::{Whose, count, count_at_end, forget};
pub use ending::{EndingReport, all_kept, forget_stuck, keep_reports, remember_stuck};
pub(super) use ending::{is_beside_a_report, note_settled};
pub use keep::{Keeping, asked_for, hand_in, keep_all, kept_in};
pub(crate) use keep::{is_name, put, read_bounded};

use super::stuck::StuckThread;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The layout of the JSON. Fields may be added to a layout; one that is taken away or changes its
/// meaning makes another layout.
pub const FORMAT: u32 = 1;

/// What one run of a job did on one node.
///
/// A number that is null was not to be had; it is never 0 for that reason.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobReport {
    /// The layout of this object.
    pub format: u32,
    /// The same in one line of text, for a person.
    pub line: String,
    /// Cluster, job, restart count and node, joined by `_`: the name of the file.
    pub key: String,
    /// The cluster's name, `SLURM_CLUSTER_NAME`.
    pub cluster: String,
    /// The job's number.
    pub job_id: u32,
    /// How often the job was requeued before this run.
    pub restart: u32,
    /// This node's name, as Slurm has it.
    pub node: String,
    /// The names of all nodes of the job, as Slurm writes such a list: `n[1-3,7]`.
    pub nodes: Option<String>,
    /// When its start took the counters, seconds since 1970 UTC.
    pub began_unix_seconds: Option<u64>,
    /// When its end took them; null while the job runs.
    pub ended_unix_seconds: Option<u64>,
    /// Whether other jobs with file systems were on this node meanwhile. The client counts for the
    /// whole node, so the numbers are then of all of them; else they are exactly this job's.
    pub is_shared: bool,
    /// What was done, by Lustre's name of the file system.
    pub file_systems: BTreeMap<String, FileSystemReport>,
    /// What became of the directories that the job was given, in the order of the end.
    pub directories: Vec<DirectoryReport>,
    /// How long each phase of the job's start and end took, in their order.
    pub phases: Vec<PhaseReport>,
    /// Lines of the kernel's log about writes that failed after their programs had been told that all
    /// was well.
    pub write_errors: Vec<String>,
    /// Threads of the job that `fsxlustre job stuck` found stuck in the kernel.
    pub stuck: Vec<StuckThread>,
    /// What is missing from this report, and why.
    pub unread: Vec<String>,
}

/// One file system, from the job's start to its end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FileSystemReport {
    /// Bytes that programs read.
    pub read_bytes: Option<i64>,
    /// Bytes that programs wrote.
    pub written_bytes: Option<i64>,
    /// Calls that read.
    pub reads: Option<i64>,
    /// Calls that wrote.
    pub writes: Option<i64>,
    /// Bytes of a read in the mean; null where there was none.
    pub mean_read_bytes: Option<f64>,
    /// Bytes of a write in the mean.
    pub mean_written_bytes: Option<f64>,
    /// Calls by operation. One that never happened is absent.
    pub operations: BTreeMap<String, OperationReport>,
    /// Seconds that programs spent in those operations whose time the client keeps (Lustre 2.14 and
    /// later), summed over all processes; null where it keeps none.
    pub wait_seconds: Option<f64>,
    /// Reads from object storage targets.
    pub read_rpcs: Option<RpcReport>,
    /// Writes to object storage targets.
    pub write_rpcs: Option<RpcReport>,
    /// The time between a request to an object storage target and its answer.
    pub data_wait: Option<WaitReport>,
    /// The same of metadata targets.
    pub metadata_wait: Option<WaitReport>,
    /// Pages that read-ahead had fetched when they were asked for.
    pub read_ahead_hits: Option<i64>,
    /// Pages that it had not.
    pub read_ahead_misses: Option<i64>,
    /// How often a server threw this client out meanwhile: unwritten data of that target was lost.
    pub evictions: Option<u64>,
    /// Whether there may have been more: the client remembers sixteen changes of a connection.
    pub has_more_evictions: bool,
    /// Bytes that were not yet sent to the servers when the job ended.
    pub dirty_bytes: Option<u64>,
    /// Those of them that were sent before the unmount. Sent is not committed: only what a program
    /// fsynced is.
    pub flushed_bytes: Option<u64>,
}

/// Calls of one operation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OperationReport {
    /// How many.
    pub count: i64,
    /// Seconds of all of them, summed over all processes; null where the client keeps no times.
    pub seconds: Option<f64>,
}

/// Requests of one direction to object storage targets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RpcReport {
    /// How many.
    pub count: Option<i64>,
    /// Bytes that they moved over the network.
    pub bytes: Option<i64>,
    /// Bytes of one in the mean; null where there was none.
    pub mean_bytes: Option<f64>,
    /// How many by size, smallest first; a size without any is left out.
    pub sizes: Option<Vec<SizeReport>>,
}

/// Requests of one size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SizeReport {
    /// The largest of the size, in bytes; they are larger than half of it.
    pub up_to_bytes: u64,
    /// How many.
    pub count: u64,
}

/// Requests and what they waited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WaitReport {
    /// How many requests.
    pub count: i64,
    /// Seconds of all of them.
    pub seconds: f64,
}

/// What became of one directory at the job's end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DirectoryReport {
    /// The directory.
    pub directory: PathBuf,
    /// Lustre's name of the file system on it, where one was mounted.
    pub file_system: Option<String>,
    /// The end's word for it, as in its log; of a mount that stayed, later that of whoever settled it.
    pub fate: String,
    /// When a mount that stayed was settled after the end, seconds since 1970 UTC.
    pub settled_unix_seconds: Option<u64>,
}

/// One phase of a job's start or end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PhaseReport {
    /// `start` or `end`.
    pub of: String,
    /// Its name, as in the table of phases.
    pub phase: String,
    /// How long it took.
    pub milliseconds: u64,
}
