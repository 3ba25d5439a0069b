//! The SDK's standard retry: what a helper without a policy of its own does.

use std::time::Duration;

/// Attempts in all.
const ATTEMPTS: u32 = 3;
/// The longest pause.
const CAP_SECONDS: f64 = 20.0;

/// The pause after an attempt that failed, counted from 1; `None` when it was the last.
///
/// *Source*: standard retry of the AWS SDK for Rust: full jitter from 1 s, doubling, 20 s at most.
pub(super) fn pause_after(attempt: u32, random: f64) -> Option<Duration> {
    let longest = f64::from(2_u32.saturating_pow(attempt.saturating_sub(1))).min(CAP_SECONDS);
    (attempt < ATTEMPTS).then(|| Duration::from_secs_f64(random * longest))
}
