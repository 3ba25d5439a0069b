//! A task followed to its end: asked rarely, and more rarely the longer it goes on.

use crate::aws::tasks::{Task, task};
use crate::aws::{Aws, AwsError};
use fsxlustre_mount::host::Deadline;
use std::time::Duration;

/// How often is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The first pause.
    pub first: Duration,
    /// The longest one; the service counts about every 30 s.
    pub longest: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { first: Duration::from_secs(2), longest: Duration::from_secs(30) }
    }
}

impl Pace {
    /// The pause before the look of that number, counted from 0: each is half as long again.
    pub fn pause(&self, look: u32) -> Duration {
        let mut pause = self.first;
        for _ in 0..look {
            pause = pause.saturating_mul(3) / 2;
            if pause >= self.longest {
                return self.longest;
            }
        }
        pause.min(self.longest)
    }
}

/// Follows a task until it ends or the time is over; `tell` hears of every change. One that the service
/// does not know any more is as it was last.
///
/// # Errors
/// [`AwsError`] of a call. That the time is over is none: the task goes on.
pub async fn follow(
    aws: &Aws,
    begun: Task,
    until: Deadline,
    tell: &dyn Fn(&Task),
) -> Result<Task, AwsError> {
    let pace = Pace::default();
    let mut last = begun;
    for look in 0.. {
        let left = until.left();
        if !last.is_open() || left.is_zero() {
            break;
        }
        tokio::time::sleep(pace.pause(look).min(left)).await;
        match task(aws, &last.id).await {
            Ok(Some(now)) => {
                if now != last {
                    tell(&now);
                }
                last = now;
            }
            Ok(None) => break,
            Err(AwsError::Deadline { .. }) if until.has_passed() => break,
            Err(error) => return Err(error),
        }
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest() {
        let pace = Pace::default();
        let pauses: Vec<_> = (0..10).map(|look| pace.pause(look).as_millis()).collect();
        assert_eq!(pauses[..4], [2_000, 3_000, 4_500, 6_750]);
        assert_eq!(pauses[9], 30_000);
        assert_eq!(pace.pause(u32::MAX), pace.longest);
    }
}
