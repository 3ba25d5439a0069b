//! Without somebody who copies, requests are taken and wait for ever: the first ones are watched.

use super::asked::Begun;
use crate::staging::hsm::error::HsmError;
use crate::staging::hsm::file::FileSeen;
use crate::staging::hsm::hand::FileRef;
use crate::staging::hsm::request::MOST_FILES;
use crate::staging::hsm::state::{Current, Going, Progress};
use std::time::{Duration, Instant};

/// Between the first two looks.
const SOON: Duration = Duration::from_millis(100);
/// Between the last ones.
const LATER: Duration = Duration::from_secs(3);

/// The first files that were asked for.
#[derive(Debug, Default)]
pub(super) struct Watch {
    files: Vec<FileRef>,
    since: Option<Instant>,
}

type Look<'a> = &'a mut dyn FnMut(Vec<FileRef>) -> Result<Vec<FileSeen>, HsmError>;

impl Watch {
    /// One that has a request.
    pub(super) fn add(&mut self, file: FileRef) {
        self.since.get_or_insert_with(Instant::now);
        if self.files.len() < MOST_FILES {
            self.files.push(file);
        }
    }

    /// Looks until one of them is at work or done, or the time since the first request is over.
    pub(super) fn look(
        &mut self,
        within: Duration,
        look: Look<'_>,
    ) -> Result<Option<Begun>, HsmError> {
        let Some(since) = self.since else { return Ok(None) };
        let mut pause = SOON;
        loop {
            let seen = look(self.files.clone())?;
            if !seen.iter().all(waits) {
                return Ok(Some(Begun::Yes));
            }
            let left = within.saturating_sub(since.elapsed());
            if left.is_zero() {
                return Ok(Some(Begun::Not(since.elapsed().as_secs())));
            }
            std::thread::sleep(pause.min(left));
            pause = (pause * 2).min(LATER);
        }
    }
}

fn waits(seen: &FileSeen) -> bool {
    matches!(seen.going, Going::On(Current { progress: Progress::Waiting, .. }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staging::hsm::{FileName, HsmAction, HsmState};

    fn file(name: &str) -> FileRef {
        FileRef { name: FileName(name.into()), fid: None }
    }

    fn seen(going: Going) -> FileSeen {
        let state = Ok(HsmState { flags: 0x0d, archive_id: 1 });
        FileSeen { name: FileName("a".into()), bytes: 0, fid: None, state, going }
    }

    #[test]
    fn one_that_is_taken_is_enough_and_none_ends_with_the_time() {
        let at = |progress| seen(Going::On(Current { action: HsmAction::Restore, progress }));
        let mut watch = Watch::default();
        assert_eq!(watch.look(Duration::ZERO, &mut |_| Ok(vec![])), Ok(None));
        (0..100).for_each(|number| watch.add(file(&number.to_string())));
        let mut looks = 0;
        let begun = watch.look(Duration::from_mins(1), &mut |files| {
            looks += 1;
            assert_eq!(files.len(), MOST_FILES);
            let second = if looks < 3 { Progress::Waiting } else { Progress::Running };
            Ok(vec![at(Progress::Waiting), at(second)])
        });
        assert_eq!((begun, looks), (Ok(Some(Begun::Yes)), 3));
        let waits = watch.look(Duration::ZERO, &mut |_| Ok(vec![at(Progress::Waiting)]));
        assert_eq!(waits, Ok(Some(Begun::Not(0))));
        // One that ended, well or not, was taken.
        let ended = watch.look(Duration::ZERO, &mut |_| Ok(vec![seen(Going::Nothing)]));
        assert_eq!(ended, Ok(Some(Begun::Yes)));
    }
}
