//! Taking away what a mount that failed has brought, within the time that the caller gave it.

use super::Mounter;
use crate::failure::{Code, Failure};
use crate::host::{Deadline, Mount};
use crate::unmount::unmount;
use std::time::Duration;

/// What is kept of a mount's time for taking away again what came up too late: an eighth of it,
/// in whole seconds.
const SHARE: u64 = 8;
/// The most that is kept.
const MOST_SECONDS: u64 = 10;
/// What there always is, since a mount that stays unseen is worse than a second too many.
const LEAST: Duration = Duration::from_secs(2);

/// The deadline of everything that is done to make a mount, where all of it has so many seconds.
pub(super) fn deadline_before_undo(seconds: u64) -> Deadline {
    let kept = (seconds / SHARE).min(MOST_SECONDS);
    Deadline::after(Duration::from_secs(seconds - kept)).keeping(Duration::from_secs(kept))
}

/// The deadline of taking it away, after a deadline of [`deadline_before_undo`].
pub(super) fn undo_deadline(before: Deadline) -> Deadline {
    before.with_kept().at_least(LEAST)
}

impl Mounter<'_> {
    /// Takes a mount away again, if it is still the one that is seen there.
    pub(super) fn undo(&self, mount: &Mount, before: Deadline, mut failure: Failure) -> Failure {
        let is_there = self
            .host
            .mounts()
            .is_ok_and(|table| table.on(&mount.directory).is_some_and(|top| top.id == mount.id));
        if !is_there {
            return failure;
        }
        let undone = unmount(self.host, &mount.directory, undo_deadline(before), None);
        failure.because = match undone {
            Ok(()) => format!("{}; it was unmounted again", failure.because),
            Err(error) if error.code == Code::NotMounted => failure.because,
            Err(error) => format!("{}; it is still mounted: {}", failure.because, error.because),
        };
        failure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_together_end_within_the_time_that_was_given() {
        for seconds in [8_u64, 9, 15, 16, 30, 79, 80, 81, 600] {
            let before = deadline_before_undo(seconds);
            let whole = undo_deadline(before).left();
            assert!(before.left() >= Duration::from_secs(seconds * 7 / 8 - 1), "{seconds}");
            assert!(whole <= Duration::from_secs(seconds), "{seconds}: {whole:?}");
            // What was waited while it was CREATING is no part of it.
            let waited = undo_deadline(before.later_by(Duration::from_mins(10)));
            assert!(waited.left() <= Duration::from_secs(seconds + 600), "{seconds}");
        }
        assert_eq!(deadline_before_undo(80).budget(), Duration::from_secs(70));
        assert_eq!(deadline_before_undo(3).budget(), Duration::from_secs(3));
    }
}
