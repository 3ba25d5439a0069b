//! Who hears that a file system came to this node, or that it failed itself.

use super::undo::undo_deadline;
use super::{Done, MountReport, MountRequest, Mounter};
use crate::failure::{Code, Failure};
use crate::hooks::{self, About, Event};
use crate::host::{Bounds, Deadline};

impl Mounter<'_> {
    /// Tells the hook of a mount that was made, within what is left of its time.
    pub(super) fn tell_ready(
        &self,
        request: &MountRequest,
        report: &mut MountReport,
        deadline: Deadline,
    ) {
        if report.done != Done::Made {
            return;
        }
        let directory = request.directory.to_string_lossy();
        let device = report.device.to_string();
        let about = About {
            source: &request.source,
            directory: &directory,
            device: &device,
            file_system_id: report.file_system_id.as_deref().unwrap_or_default(),
            ..About::default()
        };
        let bounds = Bounds { deadline: undo_deadline(deadline), interrupt: self.interrupt };
        report.warnings.extend(hooks::run(self.host, Event::Ready, &about, &bounds));
    }

    /// The same of a file system that failed itself.
    pub(super) fn tell_failed(
        &self,
        request: &MountRequest,
        failure: &Failure,
        deadline: Deadline,
    ) {
        if failure.code != Code::FileSystemUnusable {
            return;
        }
        let directory = request.directory.to_string_lossy();
        let about = About {
            source: &request.source,
            directory: &directory,
            code: failure.code.row().id,
            ..About::default()
        };
        let bounds = Bounds { deadline: undo_deadline(deadline), interrupt: self.interrupt };
        // What became of the hook is in the journal; the failure is the one to tell.
        let _ = hooks::run(self.host, Event::Failed, &about, &bounds);
    }
}
