//! A mount that failed: what is left of it is taken away, or written down.

use super::Mounter;
use crate::failure::{Code, Failure};
use crate::host::Deadline;
use crate::record::{Maker, MountRecord};
use crate::unmount::{lustre_mount, remove_made_directory};
use crate::utab;

impl Mounter<'_> {
    /// Leaves nothing of a mount that failed, but what came up although mount.lustre was ended or
    /// reported an error: that is kept for a line of fstab or a person, whose next call finds it,
    /// and taken away from a job, which does not start, and from a call that was told to stop.
    pub(super) fn given_up(
        &self,
        mut record: MountRecord,
        before: Deadline,
        failure: Failure,
    ) -> Failure {
        // A process that is still there is waited for by somebody else.
        if record.attempt.is_some() {
            return failure;
        }
        let shown = lustre_mount(self.host, &record.directory).ok().flatten();
        // Somebody who takes no lock of ours was quicker.
        let is_theirs = failure.code == Code::MountExists;
        let Some(mount) = shown.filter(|mount| !is_theirs && record.made(self.host, mount)) else {
            self.forget(&record);
            return failure;
        };
        record.complete(self.host, &mount);
        // One that only failed its proof came up in time.
        record.came_up_late =
            !matches!(failure.code, Code::NotVerified | Code::NoAnswer | Code::WriteRefused);
        // Nothing is lost without either: the next call on this directory makes up for it.
        let _ = record.write(self.host);
        let _ = utab::remember(&mount);
        let is_unwanted =
            failure.code == Code::Interrupted || matches!(record.made_by, Maker::Job(_));
        if is_unwanted {
            return self.undo(&mount, before, failure);
        }
        let because = format!("{}; it is mounted all the same", failure.because);
        Failure { because, ..failure }
    }

    fn forget(&self, record: &MountRecord) {
        if record.made_directory {
            // Empty, or it stays; either way the failure is the one to tell.
            let _ = remove_made_directory(&record.directory);
        }
        // A record without a mount of its own means nothing to anybody.
        let _ = MountRecord::remove(self.host, &record.directory);
    }
}
