//! Waits until trees have what was asked for them.
//!
//! A look at the states of a tree costs a question a file, whatever the queue of requests is; who has a request is asked
//! of a bounded number only. So a wait needs no memory of the files, and goes on after a reboot as well as before it.

use super::asking::Failed;
use super::counts::{Counts, Tally};
use super::decide::{Decision, Verb, decide};
use super::error::HsmError;
use super::file::FileSeen;
use super::journal::{forget, of_now};
use super::scan::{Heard, Questions, ScanOptions, outermost, scan};
use super::state::Going;
use crate::layout::site::Site;
use fsxlustre_mount::host::{Deadline, Host, MountTable};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Between the first two looks, and at most between two.
const SOON: Duration = Duration::from_millis(500);
const LATER: Duration = Duration::from_secs(30);
/// Files that are asked for their request at each look.
const QUESTIONS: u64 = 1000;
/// The most files that are named.
const MOST_NAMED: usize = 1000;

/// How a wait stands, or ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Waited {
    /// What was seen at the last look.
    pub counts: Counts,
    /// What still needed it at the first look.
    pub at_first: Tally,
    /// Seconds since then.
    pub seconds: f64,
    /// Files that still need it and have no request any more: it was cancelled, or failed. Only in the last look.
    pub failures: Vec<Failed>,
    /// The time was over before everything was there.
    pub is_over: bool,
}

impl Waited {
    /// What still needs it.
    pub fn left(&self) -> Tally {
        self.counts.needed
    }

    /// What came since the first look.
    pub fn done(&self) -> Tally {
        let (first, left) = (self.at_first, self.left());
        Tally {
            files: first.files.saturating_sub(left.files),
            bytes: first.bytes.saturating_sub(left.bytes),
        }
    }

    /// Bytes a second since the first look; `None` before anything came.
    pub fn rate(&self) -> Option<f64> {
        let bytes = self.done().bytes;
        (bytes > 0 && self.seconds > 0.0).then(|| lossy(bytes) / self.seconds)
    }

    /// How long the rest takes at that rate.
    pub fn to_go(&self) -> Option<Duration> {
        let rate = self.rate()?;
        Duration::try_from_secs_f64(lossy(self.left().bytes) / rate).ok()
    }

    /// Whether everything was read and is there.
    pub fn is_done(&self) -> bool {
        self.left().files == 0 && self.counts.is_whole()
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate needs no more digits")]
fn lossy(bytes: u64) -> f64 {
    bytes as f64
}

/// Waits until nothing at and below the paths needs it any more, nothing of it has a request, or the time is over;
/// `tell` hears of each look.
///
/// # Errors
/// [`HsmError`].
pub fn wait(
    host: &Host,
    table: &MountTable,
    (verb, paths): (Verb, &[PathBuf]),
    options: &ScanOptions,
    deadline: Deadline,
    tell: &mut dyn FnMut(&Waited),
) -> Result<Waited, HsmError> {
    let paths = outermost(paths);
    let began = Instant::now();
    let (mut at_first, mut pause, mut idle) = (None, SOON, false);
    loop {
        let mut waited = look(host, table, (verb, &paths), options)?;
        waited.at_first = *at_first.get_or_insert(waited.left());
        waited.seconds = began.elapsed().as_secs_f64();
        let all_idle = waited.left().files == waited.counts.needed_idle;
        if waited.left().files == 0 {
            is_done(host, table, verb, (&paths, &waited))?;
            tell(&waited);
            return Ok(waited);
        }
        // What ended between the two questions looks idle too, but not at the next look.
        waited.is_over = !all_idle && deadline.has_passed();
        if waited.is_over || (all_idle && idle) {
            return Ok(waited);
        }
        idle = all_idle;
        tell(&Waited { failures: Vec::new(), ..waited });
        std::thread::sleep(pause.min(deadline.left().max(SOON)));
        pause = (pause * 3 / 2).min(LATER);
    }
}

fn look(
    host: &Host,
    table: &MountTable,
    (verb, paths): (Verb, &[PathBuf]),
    options: &ScanOptions,
) -> Result<Waited, HsmError> {
    let mut waited = Waited::default();
    let left = |counts: &Counts| QUESTIONS.saturating_sub(asked(counts));
    for path in paths {
        let questions = Questions::UpTo(left(&waited.counts));
        let options = ScanOptions { verb: Some(verb), questions, tell_files: true, ..*options };
        let counts = scan(host, table, path, &options, &mut |heard: Heard<'_>| {
            let failed = heard.files.iter().filter(|seen| is_idle(verb, seen));
            for seen in failed.take(MOST_NAMED.saturating_sub(waited.failures.len())) {
                let because = "its request ended, and it still needs it".to_owned();
                let path = seen.name.below(heard.top);
                waited.failures.push(Failed { path, because });
            }
            Ok(())
        })?;
        waited.counts.add(&counts);
    }
    Ok(waited)
}

fn asked(counts: &Counts) -> u64 {
    counts.needed.files.saturating_sub(counts.not_asked)
}

fn is_idle(verb: Verb, seen: &FileSeen) -> bool {
    let needs = seen.state.as_ref().is_ok_and(|state| decide(verb, *state) == Decision::Ask);
    needs && seen.going == Going::Nothing
}

/// The journals are of no more use.
fn is_done(
    host: &Host,
    table: &MountTable,
    verb: Verb,
    (paths, waited): (&[PathBuf], &Waited),
) -> Result<(), HsmError> {
    if !waited.is_done() || !nix::unistd::geteuid().is_root() {
        return Ok(());
    }
    paths.iter().try_for_each(|path: &PathBuf| {
        let site = Site::find(host, table, path).map_err(|error| HsmError::unfit(path, &error))?;
        forget(host, &of_now(verb, Path::new(path), &site.mount.source))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_time_to_go_are_of_bytes_that_came() {
        let counts = |files, bytes| Counts { needed: Tally { files, bytes }, ..Counts::default() };
        let mut waited = Waited {
            counts: counts(3, 300),
            at_first: Tally { files: 4, bytes: 400 },
            seconds: 10.0,
            ..Waited::default()
        };
        assert_eq!(waited.done(), Tally { files: 1, bytes: 100 });
        assert_eq!(waited.rate(), Some(10.0));
        assert_eq!(waited.to_go(), Some(Duration::from_secs(30)));
        assert!(!waited.is_done());
        waited.counts = counts(4, 400);
        assert_eq!((waited.rate(), waited.to_go()), (None, None));
        waited.counts = counts(0, 0);
        assert!(waited.is_done());
        waited.counts.unread.insert("Permission denied".into(), 1);
        assert!(!waited.is_done(), "what could not be read is not done");
    }
}
