//! What fsxlustre keeps on this node of mounts, jobs and checks, for whoever only looks.

use super::unchanged::Unchanged;
use super::verdict::SourceError;
use crate::checks::LastRun;
use crate::jobs::Lease;
use fsxlustre_mount::failure::Explain as _;
use fsxlustre_mount::host::Host;
use fsxlustre_mount::record::MountRecord;
use std::sync::Arc;

/// What was read of it last.
#[derive(Debug, Default)]
pub(super) struct OwnState {
    records: Unchanged<Vec<MountRecord>>,
    leases: Unchanged<Vec<Lease>>,
    last_check: Unchanged<Option<LastRun>>,
}

impl OwnState {
    /// The records of this boot's mounts.
    ///
    /// # Errors
    /// As [`MountRecord::all`].
    pub(super) fn records(&mut self, host: &Host) -> Result<Arc<Vec<MountRecord>>, SourceError> {
        self.records
            .of(&MountRecord::folder(host), || MountRecord::all(host))
            .map_err(|error| SourceError::told(&error.failure()))
    }

    /// The leases of live jobs.
    ///
    /// # Errors
    /// As [`Lease::live`].
    pub(super) fn leases(&mut self, host: &Host) -> Result<Arc<Vec<Lease>>, SourceError> {
        self.leases
            .of(&Lease::folder(host), || Lease::live(host))
            .map_err(|error| SourceError::told(&error))
    }

    /// What the last `fsxlustre check` found, if there was one.
    ///
    /// # Errors
    /// [`SourceError::NotUnderstood`].
    pub(super) fn last_check(&mut self, host: &Host) -> Result<Arc<Option<LastRun>>, SourceError> {
        let path = LastRun::path(host);
        let read = || LastRun::kept(host).map(Some).ok_or(());
        self.last_check.of(&path, read).map_err(|()| SourceError::NotUnderstood { path })
    }
}
