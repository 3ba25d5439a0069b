//! A mount that is there already: found, completed where its record was cut short, and kept.

use super::occupied::{Occupied, check_same_fsname, occupied};
use super::proof;
use super::{Done, MountReport, MountRequest, Mounter};
use crate::failure::{Explain as _, Failure};
use crate::host::Mount;
use crate::record::{Maker, MountRecord};
use crate::source::Device;
use crate::utab;

impl Mounter<'_> {
    /// The mount that is asked for, if it is there already.
    pub(super) fn look(
        &self,
        request: &MountRequest,
        device: &Device,
    ) -> Result<Option<Mount>, Failure> {
        let table = self.host.mounts().map_err(|error| error.failure())?;
        match occupied(self.host, &table, &request.directory, device) {
            Occupied::BySame(mount) => Ok(Some(mount)),
            Occupied::ByOther(failure) => Err(failure),
            Occupied::No if request.options.allow_same_fsname => Ok(None),
            Occupied::No => {
                check_same_fsname(self.host, &table, device)?;
                Ok(None)
            }
        }
    }

    /// Whether the mount that is there may be one that another call has not proved yet, and may
    /// still take away.
    pub(super) fn is_being_made(&self, request: &MountRequest) -> bool {
        let record = MountRecord::read(self.host, &request.directory).ok().flatten();
        record.is_some_and(|record| record.mount_id.is_none() && record.is_of_this_boot(self.host))
    }

    /// Success without a mount. A record that was cut short is completed, and what was mounted for
    /// a job now stays for whoever else asked for it.
    pub(super) fn already(
        &self,
        request: &MountRequest,
        mut report: MountReport,
        mount: Mount,
    ) -> MountReport {
        let missing = proof::missing_options(&mount, &request.options.passed);
        if !missing.is_empty() {
            report.warnings.push(format!(
                "{} is mounted without {}; unmount it and mount it again to have that",
                mount.directory.display(),
                missing.join(",")
            ));
        }
        let record = MountRecord::read_of(self.host, &mount);
        if record.as_ref().is_some_and(|record| record.came_up_late || record.attempt.is_some()) {
            report.warnings.push(format!(
                "{} came up after an earlier call had given up on it or was killed",
                mount.directory.display()
            ));
        }
        if let Some(known) = record.filter(|_| !request.is_dry_run) {
            let mut whole = known.clone();
            if whole.mount_id.is_none() {
                whole.came_up_late = whole.attempt.is_some();
                whole.complete(self.host, &mount);
                let _ = utab::remember(&mount);
            }
            if matches!(whole.made_by, Maker::Job(_)) && !matches!(request.made_by, Maker::Job(_)) {
                whole.made_by.clone_from(&request.made_by);
            }
            if whole != known {
                // It is as good without: the next call completes it.
                let _ = whole.write(self.host);
            }
        }
        MountReport { done: Done::Already, mount: Some(mount), ..report }
    }
}
