//! Waiting for a file system that is still CREATING.

use crate::answer::Fleet;
use crate::failure::Failure;
use crate::file_system::FileSystem;
use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant};

/// The longest pause between two looks, of few nodes.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The first one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// What users see; AWS promises nothing.
const TYPICAL: &str = "5 to 15 minutes are usual";

/// One wait.
#[derive(Debug)]
pub(crate) struct Wait {
    began: Instant,
    patience: Duration,
    pause: Duration,
    longest_pause: Duration,
    /// Time until the last look that found it CREATING; nothing of it is taken from the mount's own.
    waited: Duration,
    /// The id, once it was seen.
    id: Option<String>,
}

impl Wait {
    /// One that lasts so long at most. A fleet that waits for the same looks as often together as its first calls come.
    pub(crate) fn begin(seconds: u64, fleet: &Fleet) -> Self {
        Self {
            began: Instant::now(),
            patience: Duration::from_secs(seconds),
            pause: FIRST_PAUSE,
            longest_pause: fleet.window().max(LONGEST_PAUSE),
            waited: Duration::ZERO,
            id: None,
        }
    }

    /// How long to sleep before the next look, and what to tell meanwhile; `None` when this answer
    /// is the last: it is not CREATING, or patience is over.
    pub(crate) fn after(
        &mut self,
        answer: &Result<FileSystem, Failure>,
    ) -> Option<(Duration, String)> {
        let elapsed = self.began.elapsed();
        let left = self.patience.saturating_sub(elapsed);
        let goes_on = match answer {
            Ok(found) if found.lifecycle == "CREATING" => {
                self.id = Some(found.id.clone());
                true
            }
            Ok(_) => false,
            // AWS may be out of reach for a moment; that it is being made was seen before.
            Err(failure) => self.id.is_some() && failure.may_pass(),
        };
        self.waited = if self.id.is_some() { elapsed } else { Duration::ZERO };
        if !goes_on || left.is_zero() {
            return None;
        }
        let pause = about(self.pause).min(left);
        self.pause = (self.pause * 2).min(self.longest_pause);
        Some((pause, self.line(elapsed, answer)))
    }

    /// The time that was spent while it was CREATING, until the answer that ended it.
    pub(crate) fn waited(&self) -> Duration {
        self.waited
    }

    /// The same until now, the pause since the last answer included.
    pub(crate) fn waited_so_far(&self) -> Duration {
        if self.id.is_some() { self.began.elapsed() } else { Duration::ZERO }
    }

    fn line(&self, elapsed: Duration, answer: &Result<FileSystem, Failure>) -> String {
        let id = self.id.as_deref().unwrap_or("it");
        let (elapsed, most) = (elapsed.as_secs(), self.patience.as_secs());
        let trouble = answer.as_ref().err().map(|failure| format!("; {}", failure.what));
        let trouble = trouble.unwrap_or_default();
        format!("{id}: CREATING, waited {elapsed} s of at most {most} s ({TYPICAL}){trouble}")
    }
}

/// From half of it to half as much again: nodes that began together do not look together.
fn about(pause: Duration) -> Duration {
    // Its seeds are the system's random numbers.
    let upper = u32::try_from(RandomState::new().hash_one(()) >> 32).unwrap_or_default();
    pause / 2 + pause.mul_f64(f64::from(upper) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Code;

    fn described(lifecycle: &str) -> FileSystem {
        let json = serde_json::json!({
            "id": "fs-0123456789abcdef0", "dns_name": "a.example", "mount_name": "abcdefgh",
            "lifecycle": lifecycle, "region": "us-east-1"
        });
        serde_json::from_value(json).expect("fits")
    }

    fn failed(code: Code) -> Failure {
        let text = String::from("AWS was asked too often");
        let (what, asked, because) = (text.clone(), text.clone(), text.clone());
        Failure { code, what, asked, because, remedy: text }
    }

    #[test]
    fn pauses_grow_while_it_is_creating() {
        let mut wait = Wait::begin(900, &Fleet::default());
        let mut pause = || wait.after(&Ok(described("CREATING"))).expect("goes on").0.as_secs_f64();
        for about in [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0] {
            let pause = pause();
            assert!(pause >= about / 2.0 && pause <= about * 1.5, "{pause} s, about {about} s");
        }
        let (_, line) = wait.after(&Ok(described("CREATING"))).expect("goes on");
        assert!(line.contains("waited 0 s of at most 900 s (5 to 15 minutes"), "{line}");
        assert!(wait.after(&Ok(described("AVAILABLE"))).is_none());
        assert!(wait.after(&Ok(described("FAILED"))).is_none());
    }

    #[test]
    fn nodes_of_a_fleet_look_apart_and_seldom_enough_for_the_quota() {
        let fleet = Fleet { size: Some(4000), quota: 10 };
        let last = || {
            let mut wait = Wait::begin(100_000, &fleet);
            let mut pause = Duration::ZERO;
            for _ in 0..12 {
                pause = wait.after(&Ok(described("CREATING"))).expect("goes on").0;
            }
            pause
        };
        let pauses: Vec<Duration> = (0..200).map(|_| last()).collect();
        let mean = pauses.iter().sum::<Duration>() / 200;
        assert!(mean > fleet.least_time() && mean < 3 * fleet.least_time(), "{mean:?}");
        assert!(pauses.iter().max().expect("some") > &(2 * *pauses.iter().min().expect("some")));
    }

    #[test]
    fn without_patience_nothing_is_waited_for() {
        assert!(Wait::begin(0, &Fleet::default()).after(&Ok(described("CREATING"))).is_none());
    }

    #[test]
    fn a_moment_without_aws_ends_no_wait_that_was_begun() {
        let mut wait = Wait::begin(900, &Fleet::default());
        assert!(wait.after(&Err(failed(Code::ApiUnavailable))).is_none(), "it was never seen");
        assert_eq!(wait.waited(), Duration::ZERO);
        wait.after(&Ok(described("CREATING"))).expect("goes on");
        let (_, line) = wait.after(&Err(failed(Code::ApiUnavailable))).expect("goes on");
        assert!(line.ends_with("; AWS was asked too often"), "{line}");
        assert!(wait.after(&Err(failed(Code::AccessDenied))).is_none());
    }
}
