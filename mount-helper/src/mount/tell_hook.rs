//! Who hears that a file system came to this node, or that it failed itself.

use super::undo::undo_deadline;
use super::{Done, MountReport, MountRequest, Mounter};
use crate::failure::{Code, Failure};
use crate::hooks::{self, About, Event};
use crate::host::{Bounds, Deadline};

impl Mounter<'_> {
    /// Runs the hook within what is left of the mount's time.
    pub(super) fn tell_hook(
        &self,
        request: &MountRequest,
        result: &mut Result<MountReport, Failure>,
        deadline: Deadline,
    ) {
        let directory = request.directory.to_string_lossy();
        let about = About { source: &request.source, directory: &directory, ..About::default() };
        let bounds = |deadline| Bounds { deadline, interrupt: self.interrupt };
        match result {
            Ok(report) if report.done == Done::Made => {
                let device = report.device.to_string();
                let id = report.file_system_id.clone().unwrap_or_default();
                let about = About { device: &device, file_system_id: &id, ..about };
                let bounds = bounds(undo_deadline(deadline.later_by(report.waited)));
                report.warnings.extend(hooks::run(self.host, Event::Ready, &about, &bounds));
            }
            Err(failure) if failure.code == Code::FileSystemUnusable => {
                let about = About { code: failure.code.row().id, ..about };
                let bounds = bounds(undo_deadline(deadline));
                // What became of the hook is in the journal; the failure is the one to tell.
                let _ = hooks::run(self.host, Event::Failed, &about, &bounds);
            }
            _ => {}
        }
    }
}
