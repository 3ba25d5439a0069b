//! Asks for whole trees: what needs it is asked for in requests of 52 files, as it is found.

mod asked;
mod asker;
mod begun;

pub use asked::{Asked, Begun, Failed};

use super::decide::{Decision, Verb, decide};
use super::error::HsmError;
use super::file::FileSeen;
use super::journal::{Journal, of_now, prepare};
use super::scan::{Heard, Questions, ScanOptions, outermost, scan};
use crate::layout::site::Site;
use asker::Asker;
use fsxlustre_mount::host::{Host, MountTable};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What is to be asked, and how.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// What.
    pub verb: Verb,
    /// For everything at and below these paths.
    pub paths: &'a [PathBuf],
    /// How many files are looked at at a time.
    pub threads: usize,
    /// The longest time in which nothing moves.
    pub patience: Duration,
    /// How long the first requests may wait for somebody who takes them.
    pub begin_within: Duration,
}

/// Asks for everything that needs it. Root's runs keep a journal: what an earlier run asked for is looked at before it is
/// asked for again. `tell` hears how far it is.
///
/// # Errors
/// [`HsmError`]: what was asked for until then stays asked for, and the next run goes on from there.
pub fn ask(
    host: &Host,
    table: &MountTable,
    asking: &Asking<'_>,
    tell: &mut dyn FnMut(&Asked),
) -> Result<Asked, HsmError> {
    let mut asked = Asked::default();
    for path in outermost(asking.paths) {
        one(host, table, (asking, &path), &mut asked, tell)?;
    }
    Ok(asked)
}

fn one(
    host: &Host,
    table: &MountTable,
    (asking, path): (&Asking<'_>, &Path),
    asked: &mut Asked,
    tell: &mut dyn FnMut(&Asked),
) -> Result<(), HsmError> {
    let site = Site::find(host, table, path).map_err(|error| HsmError::unfit(path, &error))?;
    let is_root = nix::unistd::geteuid().is_root();
    if asking.verb == Verb::Archive && !is_root {
        let because = "only root may ask for copies to the archive".to_owned();
        return Err(HsmError::Permission { path: path.to_owned(), verb: asking.verb, because });
    }
    let of = of_now(asking.verb, path, &site.mount.source);
    let file = if is_root { Some(prepare(host, &of)?) } else { None };
    let mut sender = Asker::open(host, &site, asking, file.as_deref())?;
    // Only now: whoever had the lock may have written more.
    sender.journal = file.map(|file| Journal::begin(file, &of)).transpose()?;
    asked.resumed += sender.journal.as_ref().map_or(0, Journal::known);
    let options = ScanOptions {
        threads: asking.threads,
        verb: Some(asking.verb),
        // Nothing remembers what others were asked for.
        questions: if is_root { Questions::None } else { Questions::All },
        tell_files: true,
        patience: asking.patience,
    };
    let before = asked.counts.clone();
    let (asked_before, found) = (asked.pending(), asked.found());
    scan(host, table, path, &options, &mut |heard: Heard<'_>| {
        asked.counts = before.clone();
        asked.counts.add(heard.so_far);
        for seen in heard.files {
            sort(&mut sender, seen, asked)?;
        }
        tell(asked);
        Ok(())
    })?;
    sender.flush(asked)?;
    tell(asked);
    asked.begun = asked.begun.max(sender.begun(asked)?);
    let is_quiet = asked.pending() == asked_before && asked.found() == found;
    match &sender.journal {
        // It looked at everything, and nothing is left to be asked for or waited for.
        Some(journal) if is_quiet && asked.counts.is_whole() => journal.end(),
        _ => Ok(()),
    }
}

/// What is to be done with a file that was found.
fn sort(sender: &mut Asker<'_>, seen: &FileSeen, asked: &mut Asked) -> Result<(), HsmError> {
    // One whose state is not known is among the counts.
    let Ok(state) = seen.state else { return Ok(()) };
    match decide(sender.verb(), state) {
        Decision::Holds => Ok(()),
        Decision::Refused(because) => {
            asked.refuse(seen.name.below(&sender.top), because);
            Ok(())
        }
        Decision::Ask => sender.wants(seen, asked),
    }
}
