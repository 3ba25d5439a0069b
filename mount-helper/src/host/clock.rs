//! Deadlines and the time of day.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A year.
const LONGEST: Duration = Duration::from_hours(24 * 365);

/// A point in time by which a call must have ended, whatever it waits for.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    at: Instant,
    budget: Duration,
    kept: Duration,
}

impl Deadline {
    /// A deadline that far from now.
    pub fn after(budget: Duration) -> Self {
        let now = Instant::now();
        // A budget beyond what the clock can count is as good as the longest.
        let at = now.checked_add(budget).unwrap_or_else(|| now + LONGEST);
        Self { at, budget, kept: Duration::ZERO }
    }

    /// The same, and time that is kept beyond it for taking away what was half done.
    #[must_use]
    pub fn keeping(&self, kept: Duration) -> Self {
        Self { kept, ..*self }
    }

    /// When also the time that is kept is over.
    #[must_use]
    pub fn with_kept(&self) -> Self {
        let (kept, whole) = (self.kept, self.later_by(self.kept));
        Self { kept: Duration::ZERO, budget: self.budget.saturating_add(kept), ..whole }
    }

    /// What is left, zero when it has passed.
    pub fn left(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// Whether it has passed.
    pub fn has_passed(&self) -> bool {
        self.left().is_zero()
    }

    /// The whole time that was given at the start.
    pub fn budget(&self) -> Duration {
        self.budget
    }

    /// The same deadline, that much later.
    #[must_use]
    pub fn later_by(&self, more: Duration) -> Self {
        let at = self.at.checked_add(more).unwrap_or(self.at);
        Self { at, budget: self.budget.saturating_add(more), ..*self }
    }

    /// The same deadline, but not earlier than so far from now.
    #[must_use]
    pub fn at_least(&self, budget: Duration) -> Self {
        let own = Self::after(budget);
        if own.at > self.at { own } else { *self }
    }

    /// The earlier of this deadline and one that far from now.
    #[must_use]
    pub fn at_most(&self, budget: Duration) -> Self {
        let own = Self::after(budget);
        if own.at < self.at { own.keeping(self.kept) } else { *self }
    }
}

/// Seconds since boot, suspension apart (`CLOCK_MONOTONIC`), which nobody sets. Zero when the clock
/// cannot be read.
pub fn boot_seconds() -> u64 {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC);
    now.map_or(0, |now| Duration::from(now).as_secs())
}

/// Seconds since 1970, UTC. Zero when the clock stands before that.
pub fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
