//! What a scan of trees says, as far as a proof needs it.

use super::Place;
use super::association::is_within;
use crate::staging::hsm::{
    Counts, FileSeen, Heard, HsmError, HsmState, Questions, ScanOptions, scan_for_unarchived,
};
use fsxlustre_mount::failure::Explain as _;
use fsxlustre_mount::host::{Bounds, Host, sleep_unless_interrupted};
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// So many files are looked at at a time.
const THREADS: usize = 8;
/// The longest time in which nothing moves.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most files that are named.
const MOST_NAMED: usize = 1000;

/// A file that is not exported.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NotExported {
    /// Its path on this node.
    pub path: String,
    /// What shows it.
    pub because: String,
}

/// Counts of a scan of trees. What could not be looked at is unknown, and never counted as well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanCounts {
    /// Regular files that were found.
    pub files: u64,
    /// Of these, those with no copy in the data repository, or whose copy was lost there.
    pub not_archived: u64,
    /// Of these, those that were changed since their copy was made.
    pub dirty: u64,
    /// Files and directories of which nothing is known.
    pub unknown: u64,
    /// Why, of one of them.
    pub unknown_because: Option<String>,
    /// When the newest file was last changed, seconds since 1970 UTC by the servers' clock; `None`
    /// where that of one of them is not known.
    pub newest_change_unix_seconds: Option<u64>,
    /// Those that are not archived or dirty, by name: 1,000 at most.
    pub named: Vec<NotExported>,
}

/// Looks at every file of these places, those within another one once. No file is opened for writing, and none
/// is brought here.
///
/// # Errors
/// Why nothing is known, in words.
pub(super) fn scan_all(
    host: &Host,
    places: &[Place],
    bounds: Bounds<'_>,
) -> Result<ScanCounts, String> {
    let table = host.mounts().map_err(|error| error.because())?;
    let (mut all, mut named) = (Counts::default(), Vec::new());
    for (index, place) in places.iter().enumerate() {
        let is_in = |(other, it): (usize, &Place)| {
            let (path, folder) = (&place.in_file_system, &it.in_file_system);
            other != index && is_within(path, folder) && (path != folder || other < index)
        };
        if places.iter().enumerate().any(is_in) {
            continue;
        }
        let options = ScanOptions {
            threads: THREADS,
            verb: None,
            questions: Questions::None,
            tell_files: false,
            patience: PATIENCE.min(bounds.deadline.left()),
        };
        let seconds = bounds.deadline.budget().as_secs();
        let left = u64::try_from(MOST_NAMED.saturating_sub(named.len())).unwrap_or(0);
        let mut hear = |heard: Heard<'_>| {
            named.extend(heard.files.iter().map(|seen| NotExported::of(heard.top, seen)));
            let is_over = bounds.deadline.has_passed()
                || sleep_unless_interrupted(Duration::ZERO, bounds.interrupt);
            if is_over { Err(HsmError::Late { path: place.path.clone(), seconds }) } else { Ok(()) }
        };
        let counts = scan_for_unarchived(host, &table, &place.path, (&options, left), &mut hear);
        all.add(&counts.map_err(|error| format!("{error}: {}", error.because()))?);
    }
    named.sort();
    Ok(ScanCounts { named, ..ScanCounts::of(&all) })
}

impl NotExported {
    fn of(top: &Path, seen: &FileSeen) -> Self {
        let because = match &seen.state {
            Ok(state) if state.has(HsmState::LOST) => "its copy was lost",
            Ok(state) if state.is_dirty() => "changed since it was copied",
            _ => "no copy",
        };
        let path = seen.name.below(top).to_string_lossy().into_owned();
        Self { path, because: because.to_owned() }
    }

    /// Of a file that a process has open, as it is told: its path, and by whom.
    pub(super) fn open(told: &str) -> Self {
        let (path, who) = told.rsplit_once(" by ").unwrap_or((told, "a process"));
        Self { path: path.to_owned(), because: format!("open for writing by {who}") }
    }
}

impl ScanCounts {
    fn of(all: &Counts) -> Self {
        let unread: u64 = all.unread.values().sum();
        Self {
            files: all.total.files,
            not_archived: all.never_archived.files.saturating_add(all.lost.files),
            dirty: all.dirty.files,
            unknown: all.unknown_files().saturating_add(unread),
            unknown_because: all.unknown.keys().chain(all.unread.keys()).next().cloned(),
            newest_change_unix_seconds: all.newest_change(),
            named: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staging::hsm::Tally;

    #[test]
    fn a_directory_that_was_not_read_is_unknown_and_so_is_when_its_files_changed() {
        let mut counts = Counts {
            total: Tally { files: 3, bytes: 30 },
            archived: Tally { files: 3, bytes: 30 },
            newest_change_unix_seconds: Some(7),
            ..Counts::default()
        };
        let whole = ScanCounts::of(&counts);
        assert_eq!((whole.files, whole.unknown), (3, 0));
        assert_eq!(whole.newest_change_unix_seconds, Some(7));
        counts.unread.insert("EACCES".into(), 2);
        let part = ScanCounts::of(&counts);
        assert_eq!((part.unknown, part.unknown_because.as_deref()), (2, Some("EACCES")));
        assert_eq!(part.newest_change_unix_seconds, None);
        let lost = Counts { lost: Tally { files: 1, bytes: 1 }, ..Counts::default() };
        assert_eq!(ScanCounts::of(&lost).not_archived, 1);
    }
}
