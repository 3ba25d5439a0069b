//! What a tree holds, added up.

use super::decide::{Decision, Verb, decide};
use super::file::FileSeen;
use super::state::{Going, HsmState, Progress};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Files, and the bytes of their sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many.
    pub files: u64,
    /// Their sizes together.
    pub bytes: u64,
}

impl Tally {
    /// With one more.
    pub fn count(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }

    fn add(&mut self, other: Self) {
        self.files += other.files;
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// Names that are no files to ask about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Symbolic links; none is followed.
    pub symlinks: u64,
    /// FIFOs, sockets and devices.
    pub special: u64,
    /// What lies on another mount.
    pub other_mounts: u64,
    /// Further names of a file that was counted.
    pub hard_links: u64,
}

/// What was seen. `archived`, `dirty`, `never_archived` and the files of `unknown` are all of `total`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Regular files.
    pub total: Tally,
    /// Their data are in the archive only.
    pub released: Tally,
    /// The archive has them as they stand.
    pub archived: Tally,
    /// The archive has an earlier version.
    pub dirty: Tally,
    /// The archive has no whole copy.
    pub never_archived: Tally,
    /// The archive lost its copy.
    pub lost: Tally,
    /// A request waits.
    pub waiting: Tally,
    /// A request is at work.
    pub running: Tally,
    /// Files that may have a request, and that nobody asked: `waiting` and `running` may be more.
    pub not_asked: u64,
    /// Files that need what a scan looked for; none where it looked for nothing.
    pub needed: Tally,
    /// Of these, how many were asked and have no request.
    pub needed_idle: u64,
    /// Files whose state could not be read, by reason.
    pub unknown: BTreeMap<String, u64>,
    /// Directories that could not be read, by reason: nobody knows what is in them.
    pub unread: BTreeMap<String, u64>,
    /// Directories that were read.
    pub directories: u64,
    /// Names that were passed over.
    pub skipped: Skipped,
    /// When a file was last changed, the newest of them, seconds since 1970 UTC.
    #[serde(default)]
    pub newest_change_unix_seconds: Option<u64>,
    /// Files of which it is not known when they were changed.
    #[serde(default)]
    pub changes_unknown: u64,
}

impl Counts {
    /// With one more file.
    pub(super) fn file(&mut self, seen: &FileSeen, verb: Option<Verb>) {
        self.total.count(seen.bytes);
        match &seen.state {
            Err(because) => *self.unknown.entry(because.clone()).or_default() += 1,
            Ok(state) => self.state(*state, seen, verb),
        }
    }

    fn state(&mut self, state: HsmState, seen: &FileSeen, verb: Option<Verb>) {
        let of = if state.is_dirty() {
            &mut self.dirty
        } else if state.is_archived() {
            &mut self.archived
        } else {
            &mut self.never_archived
        };
        of.count(seen.bytes);
        if state.is_released() {
            self.released.count(seen.bytes);
        }
        if state.has(HsmState::LOST) {
            self.lost.count(seen.bytes);
        }
        let is_needed = verb.is_some_and(|verb| decide(verb, state) == Decision::Ask);
        if is_needed {
            self.needed.count(seen.bytes);
        }
        match seen.going {
            Going::On(current) if current.progress == Progress::Waiting => {
                self.waiting.count(seen.bytes);
            }
            Going::On(current) if current.progress == Progress::Running => {
                self.running.count(seen.bytes);
            }
            Going::NotAsked if may_have_request(state, verb) => self.not_asked += 1,
            Going::Nothing if is_needed => self.needed_idle += 1,
            _ => {}
        }
    }

    /// With what another part counted.
    pub fn add(&mut self, other: &Self) {
        for (own, other) in [
            (&mut self.total, other.total),
            (&mut self.released, other.released),
            (&mut self.archived, other.archived),
            (&mut self.dirty, other.dirty),
            (&mut self.never_archived, other.never_archived),
            (&mut self.lost, other.lost),
            (&mut self.waiting, other.waiting),
            (&mut self.running, other.running),
            (&mut self.needed, other.needed),
        ] {
            own.add(other);
        }
        self.not_asked += other.not_asked;
        self.needed_idle += other.needed_idle;
        self.directories += other.directories;
        self.newest_change_unix_seconds =
            self.newest_change_unix_seconds.max(other.newest_change_unix_seconds);
        self.changes_unknown += other.changes_unknown;
        let (own, other_skipped) = (&mut self.skipped, other.skipped);
        own.symlinks += other_skipped.symlinks;
        own.special += other_skipped.special;
        own.other_mounts += other_skipped.other_mounts;
        own.hard_links += other_skipped.hard_links;
        for (reasons, others) in
            [(&mut self.unknown, &other.unknown), (&mut self.unread, &other.unread)]
        {
            for (reason, count) in others {
                *reasons.entry(reason.clone()).or_default() += count;
            }
        }
    }

    /// Files whose state is not known. What is in unread directories comes on top, and nobody knows how much.
    pub fn unknown_files(&self) -> u64 {
        self.unknown.values().sum()
    }

    /// Whether the state of everything was read.
    pub fn is_whole(&self) -> bool {
        self.unknown.is_empty() && self.unread.is_empty()
    }

    /// When the newest file was last changed; `None` where that of one of them is not known, or there is none.
    pub fn newest_change(&self) -> Option<u64> {
        let is_known = self.changes_unknown == 0 && self.unread.is_empty();
        self.newest_change_unix_seconds.filter(|_| is_known)
    }

    /// Notes when a file was changed.
    pub(super) fn changed(&mut self, unix_seconds: Option<u64>) {
        match unix_seconds {
            Some(_) => {
                self.newest_change_unix_seconds = self.newest_change_unix_seconds.max(unix_seconds);
            }
            None => self.changes_unknown += 1,
        }
    }

    /// Files that the archive does not have as they stand.
    pub fn not_archived(&self) -> Tally {
        let mut both = self.dirty;
        both.add(self.never_archived);
        both
    }
}

/// Whether a request may be on its way for a file of this state: for what is looked for, or for anything.
pub(super) fn may_have_request(state: HsmState, verb: Option<Verb>) -> bool {
    match verb {
        Some(verb) => decide(verb, state) == Decision::Ask,
        None => !state.is_settled(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staging::hsm::{Current, FileName, HsmAction};

    fn seen(bytes: u64, state: Result<u32, &str>, going: Going) -> FileSeen {
        let state = state.map(|flags| HsmState { flags, archive_id: 1 });
        let name = FileName("f".into());
        FileSeen { name, bytes, fid: None, state: state.map_err(str::to_owned), going }
    }

    #[test]
    fn the_parts_are_the_whole() {
        let waiting =
            Going::On(Current { action: HsmAction::Restore, progress: Progress::Waiting });
        let mut counts = Counts::default();
        for file in [
            seen(1, Ok(0x0d), waiting),
            seen(2, Ok(0x0d), Going::Nothing),
            seen(4, Ok(0x09), Going::NotAsked),
            seen(8, Ok(0x0b), Going::NotAsked),
            seen(16, Ok(0x00), Going::NotAsked),
            seen(32, Ok(0x01), Going::NotAsked),
            seen(64, Err("EACCES"), Going::NotAsked),
        ] {
            let mut one = Counts::default();
            one.file(&file, Some(Verb::Restore));
            counts.add(&one);
        }
        let tally = |files, bytes| Tally { files, bytes };
        assert_eq!(counts.total, tally(7, 127));
        assert_eq!(counts.archived, tally(3, 7));
        assert_eq!(counts.dirty, tally(1, 8));
        assert_eq!(counts.never_archived, tally(2, 48));
        assert_eq!(counts.unknown_files(), 1);
        assert_eq!(counts.released, tally(2, 3));
        assert_eq!(counts.needed, tally(2, 3));
        assert_eq!((counts.waiting, counts.needed_idle), (tally(1, 1), 1));
        assert_eq!(counts.not_archived(), tally(3, 56));
        assert!(!counts.is_whole());
        let parts = counts.archived.files + counts.dirty.files + counts.never_archived.files;
        assert_eq!(parts + counts.unknown_files(), counts.total.files);
    }

    #[test]
    fn what_may_have_a_request_and_was_not_asked_is_counted() {
        let mut counts = Counts::default();
        for flags in [0x00, 0x0d, 0x09] {
            counts.file(&seen(0, Ok(flags), Going::NotAsked), None);
        }
        assert_eq!(counts.not_asked, 2);
    }
}
