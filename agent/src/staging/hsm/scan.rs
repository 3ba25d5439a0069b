//! Looks at a whole tree, from the side that cannot get stuck.

use super::counts::Counts;
use super::decide::Verb;
use super::error::HsmError;
use super::file::FileSeen;
use super::hand::{HsmHand, Order, Reply, ScanOrder, Telling, WORD};
use crate::layout::hand::{Kind, Trouble};
use crate::layout::site::Site;
use fsxlustre_mount::host::{Deadline, Host, MountTable};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How a tree is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanOptions {
    /// How many files are looked at at a time, 1 to 64.
    pub threads: usize,
    /// What the files are looked at for: `needed` counts those that would have to be asked for.
    pub verb: Option<Verb>,
    /// How many files are asked for their request.
    pub questions: Questions,
    /// Tell every file, not only how many there are.
    pub tell_files: bool,
    /// The longest time in which nothing moves.
    pub patience: Duration,
}

/// How many files are asked for the request that they may have.
///
/// The coordinator of a metadata server answers each question by going through all requests that it keeps
/// (`mdt_hsm_get_action` of `mdt_hsm_cdt_client.c`), so asking for every file of a large queue costs its square.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Questions {
    /// None.
    None,
    /// So many at most; `not_asked` counts the others.
    UpTo(u64),
    /// Every one that may have a request.
    All,
}

/// What was heard of a scan that goes on.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    /// Where the names of files are below.
    pub top: &'a Path,
    /// Everything counted up to now.
    pub so_far: &'a Counts,
    /// Files since the last time, where they are told.
    pub files: &'a [FileSeen],
}

/// Looks at everything at and below a path, in a child that is left behind when nothing moves; `hear` hears of it and may
/// end it by an error of its own. Memory does not grow with the tree, but for files of several names.
///
/// # Errors
/// [`HsmError`]: the path is not on Lustre, or the mount does not answer.
pub fn scan(
    host: &Host,
    table: &MountTable,
    path: &Path,
    options: &ScanOptions,
    hear: &mut dyn FnMut(Heard<'_>) -> Result<(), HsmError>,
) -> Result<Counts, HsmError> {
    let telling = if options.tell_files { Telling::All } else { Telling::Nothing };
    look_through(host, table, path, (options, telling), hear)
}

/// The same, which tells those of the files that the archive does not have as they stand, `most` at most.
///
/// # Errors
/// As [`scan`].
pub fn scan_for_unarchived(
    host: &Host,
    table: &MountTable,
    path: &Path,
    (options, most): (&ScanOptions, u64),
    hear: &mut dyn FnMut(Heard<'_>) -> Result<(), HsmError>,
) -> Result<Counts, HsmError> {
    look_through(host, table, path, (options, Telling::NotArchived(most)), hear)
}

fn look_through(
    host: &Host,
    table: &MountTable,
    path: &Path,
    (options, telling): (&ScanOptions, Telling),
    hear: &mut dyn FnMut(Heard<'_>) -> Result<(), HsmError>,
) -> Result<Counts, HsmError> {
    let site = Site::find(host, table, path).map_err(|error| HsmError::unfit(path, &error))?;
    let (mut hand, top) = open(&site, options.patience)?;
    let questions = match options.questions {
        Questions::None => 0,
        Questions::UpTo(most) => most,
        Questions::All => u64::MAX,
    };
    let order = Order::Scan(ScanOrder {
        threads: options.threads,
        verb: options.verb,
        questions,
        telling,
        lfs: lfs(host),
    });
    let lost = |lost| HsmError::lost(&site.path, lost);
    hand.tell(&order).map_err(lost)?;
    let mut counts = Counts::default();
    let mut moved = Instant::now();
    loop {
        let seen = match hand.hear(Deadline::after(options.patience)).map_err(lost)? {
            Reply::Seen(seen) => seen,
            reply => return Err(unexpected(&site.path, reply)),
        };
        if seen.counts != Counts::default() {
            moved = Instant::now();
        }
        counts.add(&seen.counts);
        hear(Heard { top: &top, so_far: &counts, files: &seen.files })?;
        if seen.is_end {
            return Ok(counts);
        }
        // What we do with files takes its own time.
        let is_still = seen.counts == Counts::default();
        if is_still && moved.elapsed() >= options.patience {
            let seconds = options.patience.as_secs();
            return Err(HsmError::Late { path: site.path.clone(), seconds });
        }
    }
}

/// A child that has the place open, and where names are below.
pub(super) fn open(site: &Site<'_>, patience: Duration) -> Result<(HsmHand, PathBuf), HsmError> {
    let lost = |lost| HsmError::lost(&site.path, lost);
    let mut hand = HsmHand::start_as(WORD).map_err(lost)?;
    let reply = hand.ask(&Order::Open(site.spot()), Deadline::after(patience)).map_err(lost)?;
    let top = match reply {
        Reply::Opened(Kind::Directory) => site.path.clone(),
        Reply::Opened(Kind::File) => site.path.parent().unwrap_or(&site.path).to_owned(),
        reply => return Err(unexpected(&site.path, reply)),
    };
    Ok((hand, top))
}

/// `lfs`, where this node has it.
pub(super) fn lfs(host: &Host) -> Option<PathBuf> {
    host.program("lfs").ok().map(|program| program.path().to_owned())
}

/// An answer that is none to what was asked.
pub(super) fn unexpected(path: &Path, reply: Reply) -> HsmError {
    let trouble = match reply {
        Reply::Trouble(trouble) => trouble,
        _ => Trouble::Order("another answer than was asked for".into()),
    };
    HsmError::trouble(path, trouble)
}

/// The paths without those that lie at or below another one, in their order.
pub(crate) fn outermost(paths: &[PathBuf]) -> Vec<PathBuf> {
    let clean: Vec<PathBuf> = paths.iter().map(|path| path.components().collect()).collect();
    let mut kept: Vec<PathBuf> = Vec::new();
    for path in &clean {
        let is_below = |other: &PathBuf| path != other && path.starts_with(other);
        if !clean.iter().any(is_below) && !kept.contains(path) {
            kept.push(path.clone());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tree_is_looked_at_twice() {
        let paths = ["/fsx/a/b", "/fsx/a", "/fsx/ab", "/fsx/a/", "/fsx/c"].map(PathBuf::from);
        let kept = ["/fsx/a", "/fsx/ab", "/fsx/c"].map(PathBuf::from);
        assert_eq!(outermost(&paths), kept);
    }
}
