//! When a call to AWS is made once more: a pure policy with no clock and no dice of its own.
//!
//! Whoever calls gives what went wrong, how often it was tried, the time that is left and a random
//! number, and gets a pause or the end. So the same code runs in a call and in a simulation. The
//! SDK's own retries are off: there is one policy.
//!
//! Pauses have full jitter: anything from nothing to `base` × 2^(attempt − 1), which `cap` bounds.
//! Many nodes that fail at the same moment then do not come back at the same moment.

use std::time::Duration;

/// What an error says of another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// The account asks too often: as long as there is time, another try may get through.
    Throttled,
    /// The service failed or could not be reached: a few more tries may help.
    Transient,
    /// The credentials are over: one more try with new ones may help.
    ExpiredCredentials,
    /// The clocks of node and service differ: one more try by the service's clock may help.
    ClockSkew,
    /// Another try gives the same answer.
    Permanent,
}

/// How often and how fast calls are made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The longest first pause after a transient failure.
    pub base: Duration,
    /// The longest first pause after throttling; a bucket fills in seconds, not in milliseconds.
    pub throttled_base: Duration,
    /// The longest pause at all.
    pub cap: Duration,
    /// The time that a call itself needs: a pause that leaves less of the budget is not begun.
    pub call_time: Duration,
    /// Attempts in all after transient failures. Throttling ends with the budget only.
    pub most_transient: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            base: Duration::from_millis(500),
            throttled_base: Duration::from_secs(1),
            cap: Duration::from_secs(20),
            call_time: Duration::from_millis(200),
            most_transient: 6,
        }
    }
}

/// An attempt that failed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Failed {
    /// What went wrong.
    pub class: ErrorClass,
    /// Which attempt it was, counted from 1.
    pub attempt: u32,
    /// How many of the attempts were not throttled, this one included: whoever was throttled for a
    /// minute does not give up at the first failure of another kind.
    pub not_throttled: u32,
    /// What is left of the caller's budget.
    pub left: Duration,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Wait so long, then try again.
    Wait(Duration),
    /// Another try does not help.
    GiveUp,
    /// Another try might help, but there is no time for it.
    OutOfTime,
}

impl RetryPolicy {
    /// What to do after an attempt that failed.
    ///
    /// `random` is at least 0 and below 1, evenly spread; anything else counts as the nearest of
    /// these.
    pub fn next(&self, failed: Failed, random: f64) -> Next {
        let base = match failed.class {
            ErrorClass::Permanent => return Next::GiveUp,
            ErrorClass::Throttled => self.throttled_base,
            ErrorClass::Transient if failed.not_throttled >= self.most_transient => {
                return Next::GiveUp;
            }
            ErrorClass::Transient => self.base,
            // What is wrong was mended before the second try; it is not worth waiting for.
            ErrorClass::ExpiredCredentials | ErrorClass::ClockSkew if failed.attempt > 1 => {
                return Next::GiveUp;
            }
            ErrorClass::ExpiredCredentials | ErrorClass::ClockSkew => Duration::ZERO,
        };
        let Some(room) = failed.left.checked_sub(self.call_time) else { return Next::OutOfTime };
        let doubled = 2_u32.saturating_pow(failed.attempt.saturating_sub(1));
        let longest = base.saturating_mul(doubled).min(self.cap).min(room);
        Next::Wait(longest.mul_f64(if random.is_nan() { 0.0 } else { random.clamp(0.0, 1.0) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ErrorClass::{ClockSkew, ExpiredCredentials, Permanent, Throttled, Transient};

    fn next(class: ErrorClass, attempt: u32, left_seconds: u64, random: f64) -> Next {
        let left = Duration::from_secs(left_seconds);
        RetryPolicy::default().next(Failed { class, attempt, not_throttled: attempt, left }, random)
    }

    fn wait(milliseconds: u64) -> Next {
        Next::Wait(Duration::from_millis(milliseconds))
    }

    #[test]
    fn pauses_double_up_to_the_cap_and_have_full_jitter() {
        for (attempt, longest) in [(1, 1_000), (2, 2_000), (3, 4_000), (5, 16_000), (6, 20_000)] {
            assert_eq!(next(Throttled, attempt, 3600, 1.0), wait(longest), "attempt {attempt}");
            assert_eq!(next(Throttled, attempt, 3600, 0.5), wait(longest / 2), "attempt {attempt}");
            assert_eq!(next(Throttled, attempt, 3600, 0.0), wait(0), "attempt {attempt}");
        }
        assert_eq!(next(Throttled, u32::MAX, 3600, 1.0), wait(20_000));
        assert_eq!(next(Transient, 1, 3600, 1.0), wait(500));
    }

    #[test]
    fn no_pause_goes_beyond_the_budget() {
        assert_eq!(next(Throttled, 9, 3, 1.0), wait(2_800));
        assert_eq!(next(Throttled, 1, 0, 0.0), Next::OutOfTime);
        assert_eq!(next(Permanent, 1, 0, 0.0), Next::GiveUp);
    }

    #[test]
    fn only_what_another_try_may_mend_is_tried_again() {
        assert_eq!(next(Permanent, 1, 60, 0.5), Next::GiveUp);
        assert_eq!(next(ExpiredCredentials, 1, 60, 0.5), wait(0));
        assert_eq!(next(ExpiredCredentials, 2, 60, 0.5), Next::GiveUp);
        assert_eq!(next(ClockSkew, 1, 60, 0.5), wait(0));
        assert_eq!(next(ClockSkew, 2, 60, 0.5), Next::GiveUp);
        assert_eq!(next(Transient, 5, 60, 0.0), wait(0));
        assert_eq!(next(Transient, 6, 60, 0.0), Next::GiveUp);
        assert_eq!(next(Throttled, 600, 60, 0.0), wait(0));
    }

    #[test]
    fn throttling_does_not_use_up_the_tries_after_a_failure_of_the_service() {
        let left = Duration::from_mins(1);
        let late = Failed { class: Transient, attempt: 40, not_throttled: 1, left };
        assert!(matches!(RetryPolicy::default().next(late, 0.5), Next::Wait(_)));
        let sixth = Failed { not_throttled: 6, ..late };
        assert_eq!(RetryPolicy::default().next(sixth, 0.5), Next::GiveUp);
    }

    #[test]
    fn a_random_number_out_of_its_range_breaks_nothing() {
        for random in [f64::NAN, -1.0, f64::NEG_INFINITY] {
            assert_eq!(next(Throttled, 1, 60, random), wait(0));
        }
        assert_eq!(next(Throttled, 1, 60, f64::INFINITY), wait(1_000));
    }
}
