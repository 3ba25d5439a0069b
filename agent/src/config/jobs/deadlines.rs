//! `[jobs.deadlines]`: the time of each phase.

use crate::jobs::Phase;
use fsxlustre_mount::config::default_number;
use serde::Deserialize;
use std::time::Duration;

/// Seconds of each phase, where they are given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JobDeadlines {
    /// Of both: [`Phase::Decide`].
    pub decide: Option<u64>,
    /// Of a start: [`Phase::Resolve`].
    pub resolve: Option<u64>,
    /// Of a start: [`Phase::Mount`].
    pub mount: Option<u64>,
    /// Of a start: [`Phase::Layout`].
    pub layout: Option<u64>,
    /// Of a start: [`Phase::Tuning`].
    pub tuning: Option<u64>,
    /// Of both: [`Phase::Lease`].
    pub lease: Option<u64>,
    /// Of a start: [`Phase::Counters`].
    pub counters: Option<u64>,
    /// Of a start: [`Phase::StageIn`].
    pub stage_in: Option<u64>,
    /// Of an end: [`Phase::Preflight`].
    pub preflight: Option<u64>,
    /// Of an end: [`Phase::Flush`].
    pub flush: Option<u64>,
    /// Of an end: [`Phase::Unmount`].
    pub unmount: Option<u64>,
    /// Of an end: [`Phase::Kill`].
    pub kill: Option<u64>,
    /// Of an end: [`Phase::Report`].
    pub report: Option<u64>,
}

impl JobDeadlines {
    /// The time of a phase.
    pub fn of(&self, phase: Phase) -> Duration {
        let given = match phase {
            Phase::Decide => self.decide,
            Phase::Resolve => self.resolve,
            Phase::Mount => self.mount,
            Phase::Layout => self.layout,
            Phase::Tuning => self.tuning,
            Phase::Lease => self.lease,
            Phase::Counters => self.counters,
            Phase::StageIn => self.stage_in,
            Phase::Preflight => self.preflight,
            Phase::Flush => self.flush,
            Phase::Unmount => self.unmount,
            Phase::Kill => self.kill,
            Phase::Report => self.report,
        };
        let seconds = given.unwrap_or_else(|| default_number(phase.setting()));
        Duration::from_secs(seconds)
    }

    /// The time of all phases of a hook together.
    pub fn sum(&self, phases: &[Phase]) -> Duration {
        phases.iter().map(|phase| self.of(*phase)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::{END_PHASES, START_PHASES};

    #[test]
    fn a_start_and_an_end_have_45_seconds_each() {
        let deadlines = JobDeadlines::default();
        assert_eq!(deadlines.sum(START_PHASES), Duration::from_secs(45));
        assert_eq!(deadlines.sum(END_PHASES), Duration::from_secs(45));
        let longer = JobDeadlines { mount: Some(30), ..deadlines };
        assert_eq!(longer.of(Phase::Mount), Duration::from_secs(30));
    }
}
