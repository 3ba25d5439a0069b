//! The clock of a hook: each phase gets its own deadline, and how long it took is kept.

use crate::config::JobDeadlines;
use crate::jobs::{Phase, PhaseTime};
use fsxlustre_mount::host::Deadline;
use std::time::{Duration, Instant};

/// Runs phases, each from its own start.
#[derive(Debug)]
pub struct PhaseClock<'a> {
    deadlines: &'a JobDeadlines,
    times: Vec<PhaseTime>,
}

impl<'a> PhaseClock<'a> {
    /// A clock with these deadlines.
    pub fn new(deadlines: &'a JobDeadlines) -> Self {
        Self { deadlines, times: Vec::new() }
    }

    /// Runs a phase.
    pub fn run<T>(&mut self, phase: Phase, work: impl FnOnce(Deadline) -> T) -> T {
        let began = Instant::now();
        let result = work(Deadline::after(self.deadlines.of(phase)));
        self.took(phase, began.elapsed());
        result
    }

    /// Notes the time of a phase that ran elsewhere; a phase that is noted twice took both.
    pub fn took(&mut self, phase: Phase, time: Duration) {
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        match self.times.iter_mut().find(|one| one.phase == phase) {
            Some(one) => one.milliseconds = one.milliseconds.saturating_add(milliseconds),
            None => self.times.push(PhaseTime { phase, milliseconds }),
        }
    }

    /// What each phase took, in the order in which they began.
    pub fn times(self) -> Vec<PhaseTime> {
        self.times
    }
}
