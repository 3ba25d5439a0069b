//! What this node's client did between two moments, and how it stood at the later one.
//!
//! Plain numbers, so that two looks at the counters, the time since the mount and a job's report
//! can all fill it, and `why` and `top` need not know which. `None` is unknown, never 0.

mod between;
mod job;
mod looks;
mod numbers;

pub use between::between;
pub use job::{JobWindow, JobWindowError, of_job};
pub use looks::{Look, Looker};
pub(crate) use numbers::{float, whole};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which time a window is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// Between two looks.
    #[default]
    Now,
    /// Since the file systems were mounted.
    SinceMount,
    /// A job's time on this node.
    Job,
}

/// A window. *Units*: bytes, calls, seconds; what is named as a state is of the later moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Window {
    /// Which time it is of.
    pub span: Span,
    /// Its length.
    pub seconds: Option<f64>,
    /// Whether others did a part of it: true when other jobs were on the node.
    pub is_shared: bool,
    /// By Lustre's name of the file system.
    pub file_systems: BTreeMap<String, FileSystemWindow>,
    /// Packets that EC2 held back, by interface and allowance. `None` when it cannot be told.
    pub allowances: Option<BTreeMap<String, BTreeMap<String, u64>>>,
    /// Messages of servers about locks, by kind.
    pub lock_callbacks: Option<BTreeMap<String, u64>>,
    /// Bytes that LNet sent and received.
    pub lnet_bytes: Option<u64>,
    /// LNet's own addresses.
    pub interfaces: BTreeMap<String, Interface>,
    /// Jobs that use file systems here, with what was done since each began (a state).
    pub jobs: Vec<JobDone>,
}

/// One address of LNet's: states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Interface {
    /// Whether it is up.
    pub is_up: Option<bool>,
    /// Messages that it may send at once.
    pub credits_max: Option<u64>,
    /// Whether it ever had fewer than that to give: it has sent something since LNet began.
    pub has_sent: Option<bool>,
}

/// One file system: all of its clients on this node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FileSystemWindow {
    /// Where it is mounted (a state).
    pub directories: Vec<String>,
    /// Its id, where a mount of ours told it.
    pub file_system_id: Option<String>,
    /// Whether each of its mounts answers (a state).
    pub answers: Option<bool>,
    /// Bytes that programs read.
    pub read_bytes: Option<u64>,
    /// Bytes that programs wrote.
    pub write_bytes: Option<u64>,
    /// Calls of programs, by operation.
    pub operations: Option<BTreeMap<String, u64>>,
    /// Time of programs' calls, by operation; clients before 2.14 do not tell it.
    pub operation_times: BTreeMap<String, Spent>,
    /// Requests to metadata targets, from sending to answer.
    pub mdc_wait: Option<Spent>,
    /// Requests to object storage targets, from sending to answer.
    pub osc_wait: Option<Spent>,
    /// Requests to metadata targets, by operation. `None` when it cannot be told.
    pub mdc_times: Option<BTreeMap<String, Spent>>,
    /// Requests to read.
    pub reads: Requests,
    /// Requests to write.
    pub writes: Requests,
    /// Data that waits for a request (a state).
    pub pending_bytes: Option<u64>,
    /// Servers threw this client out.
    pub evictions: Option<u64>,
    /// Requests that timed out.
    pub timeouts: Option<u64>,
    /// Settings (states).
    pub settings: Settings,
    /// Each target.
    pub targets: BTreeMap<String, TargetWindow>,
}

/// Something that happened, and the time that it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// How often.
    pub count: u64,
    /// How long together.
    pub seconds: f64,
}

/// Requests to object storage targets in one direction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Requests {
    /// How many, by the largest size in bytes that each step takes; the last step has no edge.
    pub by_size: Vec<Step>,
    /// How many, by how many were in flight to the same target when each was sent.
    pub by_concurrency: Vec<Step>,
}

/// One step of a histogram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its upper edge, which belongs to it; `None` for all above.
    pub up_to: Option<u64>,
    /// How many are in it, and not in one before it.
    pub count: u64,
}

/// Settings of a file system's client: the smallest of all targets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Requests in flight to one object storage target.
    pub osc_max_rpcs: Option<u64>,
    /// Requests in flight to one metadata target.
    pub mdc_max_rpcs: Option<u64>,
    /// Requests in flight to one metadata target that change something.
    pub mdc_max_mod_rpcs: Option<u64>,
    /// Bytes of one request to an object storage target.
    pub osc_max_rpc_bytes: Option<u64>,
    /// Bytes that may wait to be written to one object storage target.
    pub osc_max_dirty_bytes: Option<u64>,
}

/// One target.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TargetWindow {
    /// Bytes that came over the network.
    pub read_bytes: Option<u64>,
    /// Bytes that went over the network.
    pub write_bytes: Option<u64>,
    /// Requests whose time is told, all together.
    pub requests: Option<Spent>,
    /// Requests that are not answered (a state), by direction: read, write, modify.
    pub in_flight: BTreeMap<String, u64>,
    /// Data that is not written yet (a state).
    pub dirty_bytes: Option<u64>,
    /// Room that the target has promised (a state).
    pub grant_bytes: Option<u64>,
    /// The connection: FULL, IDLE, DISCONN, … (a state).
    pub state: Option<String>,
    /// Whether the connection is fit for use (a state).
    pub is_up: Option<bool>,
    /// The server (a state).
    pub nid: Option<String>,
}

/// What was done since a job began.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobDone {
    /// The job's key.
    pub job: String,
    /// Lustre's name of the file system.
    pub fs: String,
    /// Whether other jobs did a part of it. `None` when its start was not kept.
    pub is_shared: Option<bool>,
    /// Bytes that were read.
    pub read_bytes: Option<u64>,
    /// Bytes that were written.
    pub write_bytes: Option<u64>,
    /// Calls.
    pub operations: Option<u64>,
}

impl Spent {
    /// The mean; `None` when nothing happened.
    pub fn mean_seconds(self) -> Option<f64> {
        (self.count > 0).then(|| self.seconds / float(self.count))
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            count: self.count.saturating_add(other.count),
            seconds: self.seconds + other.seconds,
        }
    }
}

impl Requests {
    /// How many there were, and how many of them were no larger than this.
    pub fn up_to_size(&self, bytes: u64) -> (u64, u64) {
        let is_small = |step: &&Step| step.up_to.is_some_and(|edge| edge <= bytes);
        (count(self.by_size.iter()), count(self.by_size.iter().filter(is_small)))
    }

    /// How many there were, and how many of them certainly found more than this in flight.
    pub fn above_concurrency(&self, in_flight: u64) -> (u64, u64) {
        let mut below = 0;
        let mut above = 0_u64;
        for step in &self.by_concurrency {
            if below >= in_flight {
                above = above.saturating_add(step.count);
            }
            below = step.up_to.unwrap_or(u64::MAX);
        }
        (count(self.by_concurrency.iter()), above)
    }
}

fn count<'s>(steps: impl Iterator<Item = &'s Step>) -> u64 {
    steps.fold(0, |sum, step| sum.saturating_add(step.count))
}

/// The sum of what is known; `None` when nothing is.
pub(crate) fn sum(numbers: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    numbers.flatten().fold(None, |sum, more| Some(sum.unwrap_or(0_u64).saturating_add(more)))
}

impl TargetWindow {
    /// Bytes of both directions over the network; `None` unless both are known.
    pub fn moved_bytes(&self) -> Option<u64> {
        Some(self.read_bytes?.saturating_add(self.write_bytes?))
    }
}

impl FileSystemWindow {
    /// Bytes over the network, all object storage targets; `None` unless each is known.
    pub fn moved_bytes(&self) -> Option<u64> {
        let mut osts = self.osts().peekable();
        osts.peek()?;
        osts.try_fold(0_u64, |sum, (_, target)| Some(sum.saturating_add(target.moved_bytes()?)))
    }

    /// Its object storage targets.
    pub fn osts(&self) -> impl Iterator<Item = (&String, &TargetWindow)> {
        self.targets.iter().filter(|(name, _)| name.starts_with("OST"))
    }

    /// Its metadata targets.
    pub fn mdts(&self) -> impl Iterator<Item = (&String, &TargetWindow)> {
        self.targets.iter().filter(|(name, _)| name.starts_with("MDT"))
    }

    /// All calls of programs.
    pub fn calls(&self) -> Option<u64> {
        let calls = self.operations.as_ref()?;
        Some(calls.values().fold(0, |sum, more| sum.saturating_add(*more)))
    }
}
