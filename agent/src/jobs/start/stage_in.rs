//! What a job needs of S3 is brought before it begins, as far as it comes within the phase.

use super::Started;
use crate::jobs::stage_in::{StageIn, begin, is_for_this_node, trees, unfilled};
use crate::jobs::{JobVariables, Verdict};
use fsxlustre_mount::host::{Bounds, Host};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::time::Duration;

/// Between two looks at how far it is.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The whole paths that this node brings for the job: of mounts that are ready, unless it does not begin.
pub(super) fn wanted(job: &JobVariables, started: &mut Started) -> Vec<PathBuf> {
    let begins = started.verdict().is_none_or(|verdict| verdict == Verdict::Admit);
    if !begins || !is_for_this_node(job) {
        return Vec::new();
    }
    let is_ready = |directory| started.ready.iter().any(|one| one.directory == directory);
    let mounts = started.request.mounts.iter().filter(|mount| is_ready(mount.directory.clone()));
    let (mut paths, mut unfit) = (Vec::new(), Vec::new());
    for mount in mounts {
        paths.extend(trees(mount));
        unfit.extend(unfilled(mount).map(|path| {
            format!(
                "{}: nothing is brought for stage_in {path}: the job lacks that field",
                mount.directory.display()
            )
        }));
    }
    started.warnings.extend(unfit);
    paths
}

/// Begins it and waits. A job is as well without: its first read of a file brings that file.
pub(super) fn bring(
    host: &Host,
    key: &str,
    paths: Vec<PathBuf>,
    started: &mut Started,
    bounds: Bounds<'_>,
) {
    if let Err(because) = begin(host, key, paths, bounds.deadline) {
        started.warnings.push(format!("stage_in could not be begun: {because}"));
        return;
    }
    let staged = loop {
        let staged = StageIn::read(host, key);
        let has_ended = staged.as_ref().is_none_or(StageIn::has_ended);
        if has_ended || bounds.deadline.has_passed() || is_interrupted(&bounds) {
            break staged;
        }
    };
    let trees = staged.iter().flat_map(|staged| &staged.trees);
    let (troubles, well): (Vec<_>, Vec<_>) = trees.partition(|tree| tree.is_trouble());
    started.warnings.extend(troubles.iter().map(|tree| tree.words()));
    started.staged = well.iter().map(|tree| tree.words()).collect();
    started.stage_in = staged.as_ref().map(StageIn::word);
}

/// Waits for the next look; true when a signal came instead.
fn is_interrupted(bounds: &Bounds<'_>) -> bool {
    let pause = bounds.pause(LOOK_EVERY);
    let Some(interrupt) = bounds.interrupt else {
        std::thread::sleep(pause);
        return false;
    };
    let mut signals = [PollFd::new(interrupt.as_fd(), PollFlags::POLLIN)];
    let pause = PollTimeout::try_from(pause).unwrap_or(PollTimeout::ZERO);
    matches!(poll(&mut signals, pause), Ok(some) if some > 0)
}
