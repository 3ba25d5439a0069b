//! What the last `fsxlustre check` found. Nothing is checked in a scrape.

use super::encode::Encoder;
use super::families::{CHECK_STATUS, CHECK_TIME};
use super::sources::Sources;
use super::verdict::{SourceError, Verdict};
use crate::checks::{LastRun, Verdict as Status};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;

/// The word of the label.
fn word(status: Status) -> &'static str {
    match status {
        Status::Pass => "pass",
        Status::Warn => "warn",
        Status::Fail => "fail",
        Status::Unknown => "unknown",
    }
}

/// What was read of a file that is replaced as a whole, for as long as it is the same.
#[derive(Debug)]
pub(super) struct KeptRun {
    /// Device, inode, size, and the times of the last change of its contents and of its owner or mode.
    seen: Option<(u64, u64, u64, [i64; 4])>,
    run: Option<LastRun>,
}

impl KeptRun {
    /// Nothing yet.
    pub(super) const NOTHING: Self = Self { seen: None, run: None };

    /// What is in the file of which this is known.
    fn of(&mut self, about: &Metadata, read: impl FnOnce() -> Option<LastRun>) -> Option<&LastRun> {
        let times = [about.mtime(), about.mtime_nsec(), about.ctime(), about.ctime_nsec()];
        let seen = Some((about.dev(), about.ino(), about.size(), times));
        if self.seen != seen {
            *self = Self { seen, run: read() };
        }
        self.run.as_ref()
    }
}

/// The collector.
///
/// *Source*: `/run/fsxlustre/check.json`. *Units*: seconds since 1970 UTC.
pub(super) fn collect(sources: &mut Sources, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    let (host, kept) = sources.last_check();
    let path = LastRun::path(host);
    let Ok(about) = path.symlink_metadata() else { return verdict };
    let Some(run) = kept.of(&about, || LastRun::kept(host)) else {
        verdict.note(SourceError::NotUnderstood { path });
        return verdict;
    };
    let mut status = encoder.family(&CHECK_STATUS);
    for answer in &run.answers {
        status.sample([&answer.check, word(answer.verdict)], true);
    }
    encoder.family(&CHECK_TIME).sample([], run.at_unix_seconds);
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_again_when_it_was_replaced_or_changed() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("check.json");
        let new = folder.path().join("new");
        let mut kept = KeptRun::NOTHING;
        let mut reads = || {
            let about = path.symlink_metadata().expect("a file");
            let mut was_read = false;
            kept.of(&about, || {
                was_read = true;
                None
            });
            was_read
        };
        std::fs::write(&path, "a").expect("write");
        assert_eq!([reads(), reads()], [true, false]);
        std::fs::write(&new, "b").expect("write");
        std::fs::rename(&new, &path).expect("rename");
        assert_eq!([reads(), reads()], [true, false]);
        let mut permissions = path.metadata().expect("a file").permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(&path, permissions).expect("a mode");
        assert_eq!([reads(), reads()], [true, false]);
    }
}
