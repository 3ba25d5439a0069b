//! The phases of a start and of an end, each with a deadline that is counted from its own start.

use crate::config::JobsSection;
use serde::{Deserialize, Serialize};

/// One phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Which file systems the job gets, and whether it does.
    Decide,
    /// Which file system a source names.
    Resolve,
    /// The mounts, with the wait for an unmount of the same directory.
    Mount,
    /// Layouts of what was mounted.
    Layout,
    /// Settings of the client.
    Tuning,
    /// The job's state on this node.
    Lease,
    /// The counters at the job's begin.
    Counters,
    /// What is in S3 only is brought; of starts whose rules say so.
    StageIn,
    /// What the client says of itself, without asking a server.
    Preflight,
    /// Unwritten bytes are sent to the servers.
    Flush,
    /// The unmounts.
    Unmount,
    /// Processes of the job that hold a mount are ended.
    Kill,
    /// What the job has read and written.
    Report,
}

/// The phases of every start, in their order. [`Phase::StageIn`] comes after them where a rule has it.
pub const START_PHASES: &[Phase] = &[
    Phase::Decide,
    Phase::Lease,
    Phase::Resolve,
    Phase::Mount,
    Phase::Layout,
    Phase::Tuning,
    Phase::Counters,
];

/// The phases of an end, in their order.
pub const END_PHASES: &[Phase] = &[
    Phase::Decide,
    Phase::Lease,
    Phase::Preflight,
    Phase::Flush,
    Phase::Unmount,
    Phase::Kill,
    Phase::Report,
];

/// The phases of a start with these settings, in their order.
pub fn start_phases(jobs: &JobsSection) -> impl Iterator<Item = Phase> {
    let brings = jobs.mount.iter().any(|rule| !rule.stage_in.is_empty());
    START_PHASES.iter().copied().chain(brings.then_some(Phase::StageIn))
}

impl Phase {
    /// Its setting, which ends in its name.
    pub fn setting(self) -> &'static str {
        match self {
            Self::Decide => "jobs.deadlines.decide",
            Self::Resolve => "jobs.deadlines.resolve",
            Self::Mount => "jobs.deadlines.mount",
            Self::Layout => "jobs.deadlines.layout",
            Self::Tuning => "jobs.deadlines.tuning",
            Self::Lease => "jobs.deadlines.lease",
            Self::Counters => "jobs.deadlines.counters",
            Self::StageIn => "jobs.deadlines.stage_in",
            Self::Preflight => "jobs.deadlines.preflight",
            Self::Flush => "jobs.deadlines.flush",
            Self::Unmount => "jobs.deadlines.unmount",
            Self::Kill => "jobs.deadlines.kill",
            Self::Report => "jobs.deadlines.report",
        }
    }

    /// Its name.
    pub fn word(self) -> &'static str {
        self.setting().rsplit('.').next().unwrap_or_default()
    }
}
