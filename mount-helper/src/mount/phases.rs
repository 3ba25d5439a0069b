//! A mount in two phases, each with its own time, for a caller whose clock counts each from its own
//! start: which file system it is, then the mount.

use super::undo::deadline_before_undo;
use super::{MountReport, MountRequest, Mounter};
use crate::failure::Failure;
use crate::host::Deadline;
use crate::options::MountOptions;
use crate::record::{MountRecord, Origin};
use crate::resolve::Resolved;
use crate::source::{Device, Source};
use crate::unmount::lustre_mount;
use std::time::Duration;

/// What is kept of the first phase for asking, where a file system that is CREATING is waited for.
const TIME_TO_ASK_SECONDS: u64 = 3;

/// The file system that a source names.
#[derive(Clone, Debug)]
pub struct Found {
    pub(super) source: Source,
    pub(super) resolved: Resolved,
}

impl Found {
    /// The device that is mounted.
    pub fn device(&self) -> &Device {
        &self.resolved.device
    }
}

impl Mounter<'_> {
    /// Which file system a request names. One that is CREATING is waited for as the options say, but
    /// within this time.
    ///
    /// # Errors
    /// A [`Failure`]; nothing was touched.
    pub fn find(&self, request: &MountRequest, within: Duration) -> Result<Found, Failure> {
        let waits = request.options.wait_seconds;
        let waits = waits.min(within.as_secs().saturating_sub(TIME_TO_ASK_SECONDS));
        let options = MountOptions { wait_seconds: waits, ..request.options.clone() };
        let deadline = Deadline::after(within.saturating_sub(Duration::from_secs(waits)));
        let request = MountRequest { options, ..request.clone() };
        self.try_find(&request, deadline)
            .inspect_err(|failure| self.note_failure(&request, failure, deadline))
    }

    /// The file system that is mounted on the directory already, where a mount of ours has the same
    /// source: it serves where nobody can be asked what the source names now.
    pub fn find_mounted(&self, request: &MountRequest) -> Option<Found> {
        let record = MountRecord::read(self.host, &request.directory).ok()??;
        let mount = lustre_mount(self.host, &request.directory).ok()??;
        let is_it = record.source == request.source && record.is_of(self.host, &mount);
        let device = Device::parse(&record.device).filter(|_| is_it)?;
        let source = Source::Device(device.clone());
        let id = record.file_system_id;
        Some(Found { source, resolved: Resolved::known(device, id, Origin::StaleCache) })
    }

    /// Mounts what was found, within this time or that of the options, whichever is shorter. Some of
    /// it is kept for taking away what comes up too late.
    ///
    /// # Errors
    /// A [`Failure`]; nothing is then mounted that was not before.
    pub fn mount_found(
        &self,
        request: &MountRequest,
        found: &Found,
        within: Duration,
    ) -> Result<MountReport, Failure> {
        let seconds = request.options.timeout_seconds.unwrap_or(u64::MAX).min(within.as_secs());
        let deadline = deadline_before_undo(seconds.max(1));
        let result = self.try_mount_found(request, found, deadline);
        self.noted(request, result, deadline)
    }
}
