//! What bounds a call: when it must have ended, and what ends it early.

use super::{Deadline, RunLimits};
use nix::sys::signalfd::SignalFd;
use std::time::Duration;

/// A deadline, and the signals that ask to stop before it.
#[derive(Clone, Copy, Debug)]
pub struct Bounds<'a> {
    /// When it must have ended.
    pub deadline: Deadline,
    /// Signals that end it early.
    pub interrupt: Option<&'a SignalFd>,
}

impl From<Deadline> for Bounds<'_> {
    fn from(deadline: Deadline) -> Self {
        Self { deadline, interrupt: None }
    }
}

impl<'a> Bounds<'a> {
    /// The limits of a program that runs within these.
    pub fn run_limits(&self) -> RunLimits<'a> {
        RunLimits::until(self.deadline).interrupted_by(self.interrupt)
    }

    /// These, with a deadline not later than so far from now.
    #[must_use]
    pub fn at_most(&self, budget: Duration) -> Self {
        Self { deadline: self.deadline.at_most(budget), ..*self }
    }

    /// A pause of that length, or what is left.
    pub fn pause(&self, length: Duration) -> Duration {
        length.min(self.deadline.left())
    }
}
