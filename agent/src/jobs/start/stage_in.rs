//! What a job needs of S3 is brought before it begins, as far as it comes within the phase.

use super::Started;
use crate::jobs::stage_in::{FAILED, StageIn, begin, is_for_this_node, trees, unfilled};
use crate::jobs::{JobVariables, Verdict};
use crate::staging::hsm::outermost;
use fsxlustre_mount::host::{Bounds, Deadline, Host, sleep_unless_interrupted};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Between two looks at how far it is.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long a process of its own may take to begin.
const TO_BEGIN: Duration = Duration::from_secs(5);

/// The whole paths that this node brings for the job: of mounts that are ready, unless it does not begin.
pub(super) fn wanted(job: &JobVariables, started: &mut Started) -> Vec<PathBuf> {
    let begins = started.verdict().is_none_or(|verdict| verdict == Verdict::Admit);
    if !begins || !is_for_this_node(job) {
        return Vec::new();
    }
    let is_ready = |directory: &Path| started.ready.iter().any(|one| one.directory == directory);
    let mounts = started.request.mounts.iter().filter(|mount| is_ready(&mount.directory));
    let (mut paths, mut unfit) = (Vec::new(), Vec::new());
    for mount in mounts {
        paths.extend(trees(mount));
        unfit.extend(unfilled(mount).map(|path| {
            let directory = mount.directory.display();
            format!("{directory}: nothing is brought for stage_in {path}: the job lacks that field")
        }));
    }
    if !unfit.is_empty() {
        started.stage_in = Some(FAILED);
    }
    started.warnings.extend(unfit);
    outermost(&paths)
}

/// Begins it and waits. A job is as well without: its first read of a file brings that file.
pub(super) fn bring(
    host: &Host,
    key: &str,
    paths: Vec<PathBuf>,
    started: &mut Started,
    bounds: Bounds<'_>,
) {
    let begun = begin(host, key, paths, bounds.deadline);
    let staged = begun.and_then(|()| wait(host, key, &bounds));
    let staged = staged.unwrap_or_else(|because| {
        started.warnings.push(format!("stage_in: {because}"));
        started.stage_in = Some(FAILED);
        None
    });
    let Some(staged) = staged else { return };
    let (troubles, well): (Vec<_>, Vec<_>) =
        staged.trees.iter().partition(|tree| tree.is_trouble());
    started.warnings.extend(troubles.iter().map(|tree| tree.words()));
    started.staged = well.iter().map(|tree| tree.words()).collect();
    started.stage_in.get_or_insert(staged.word());
}

/// How far it is when all has ended, or the time is over.
fn wait(host: &Host, key: &str, bounds: &Bounds<'_>) -> Result<Option<StageIn>, String> {
    let begins_until = Deadline::after(TO_BEGIN);
    loop {
        let mut staged = StageIn::read(host, key);
        if staged.as_ref().is_some_and(StageIn::is_lost) {
            // Its process may have written that all is here, and ended, since that was read.
            staged = StageIn::read(host, key);
        }
        let is_over = bounds.deadline.has_passed();
        match &staged {
            Some(staged) if staged.is_lost() => {
                return Err("the process that brings files has ended early; see the journal".into());
            }
            Some(staged) if !staged.has_begun() && begins_until.has_passed() => {
                return Err("the process that brings files has not begun in time".into());
            }
            Some(staged) if !staged.has_ended() && !is_over => {}
            _ => return Ok(staged),
        }
        if sleep_unless_interrupted(bounds.pause(LOOK_EVERY), bounds.interrupt) {
            return Ok(staged);
        }
    }
}
