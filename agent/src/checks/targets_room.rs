//! Is there room on every target?

use super::imports::{by_fs, few};
use super::{Check, Evidence, Finding, Group};
use crate::facts::{Facts, Target, TargetRoom};

const NAME: &str = "targets_room";
/// Below this many percent free it is said.
const LOW_PERCENT: u64 = 5;

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Is there room for data and files on every target?",
    group: Group::Network,
    is_required: false,
    meaning: "Asks each target that is connected for its size (an RPC). Pass: 5 % and more of space and \
              files are free on each. Warn: less on one: files that have a stripe there cannot grow, \
              though the file system as a whole has room. Fail: nothing is free on a metadata target: no \
              file can be made. Unknown: no target answered, or one that is connected \
              did not. A target that sleeps (IDLE) is not woken, and is counted.",
    answer,
};

fn answer(facts: &Facts) -> Vec<Finding> {
    let clients = facts.node.clients.value().filter(|clients| clients.is_room_asked);
    let Some(clients) = clients else { return Vec::new() };
    by_fs(clients).into_iter().map(|(fs, targets)| check(fs, &targets)).collect()
}

fn check(fs: &str, targets: &[&Target]) -> Finding {
    // A target without any size has told nothing.
    let room = |target: &Target| target.room.filter(|room| room.kib > 0 && room.files > 0);
    let known: Vec<(&Target, TargetRoom)> =
        targets.iter().filter_map(|target| Some((*target, room(target)?))).collect();
    let is_asked = |target: &&Target| target.state.as_deref() == Some("FULL");
    let silent = targets.iter().copied().filter(is_asked).filter(|target| room(target).is_none());
    let silent: Vec<String> =
        silent.filter(|target| !target.is_deactivated).map(|one| one.target.clone()).collect();
    let lacking = |wanted: fn(&Target, TargetRoom) -> bool| {
        let found = known.iter().filter(|(target, room)| wanted(target, *room));
        found.map(|(target, room)| told(target, *room)).collect::<Vec<_>>()
    };
    let (full, low) = (lacking(is_full_metadata), lacking(|_, room| is_low(room)));
    let remedy = "sudo lfs df -h and lfs df -i show all; move files off it (`lfs find DIR --ost N | \
                  lfs_migrate -y`), delete, or add storage: aws fsx update-file-system --storage-capacity";
    let finding = if !full.is_empty() {
        Finding::fail(NAME, format!("{fs}: full: {}", few(&full)), remedy)
    } else if !low.is_empty() {
        Finding::warn(NAME, format!("{fs}: nearly full: {}", few(&low)), remedy)
    } else if known.is_empty() {
        let summary = format!("{fs}: no target was asked for its size");
        Finding::unknown(NAME, summary, "run `lfs df` when its connections are up and in use")
    } else if !silent.is_empty() {
        let summary = format!("{fs}: a target did not tell its size: {}", few(&silent));
        Finding::unknown(NAME, summary, "run it again, as root, or see `sudo lfs df -h`")
    } else {
        let asleep = targets.len() - known.len();
        let unasked = if asleep > 0 { format!(" ({asleep} not asked)") } else { String::new() };
        let summary =
            format!("{fs}: the fullest of {} targets has {}{unasked}", known.len(), least(&known));
        Finding::pass(NAME, summary)
    };
    let seen = format!("{} of {} targets told", known.len(), targets.len());
    finding.about(fs).seen(Evidence::new(seen, "kbytesavail, filesfree of each device"))
}

fn percent(part: u64, whole: u64) -> u64 {
    part.saturating_mul(100).checked_div(whole).unwrap_or(100)
}

fn is_low(room: TargetRoom) -> bool {
    percent(room.free_kib, room.kib) < LOW_PERCENT
        || percent(room.free_files, room.files) < LOW_PERCENT
}

fn is_full_metadata(target: &Target, room: TargetRoom) -> bool {
    target.target.starts_with("MDT") && (room.free_kib == 0 || room.free_files == 0)
}

fn told(target: &Target, room: TargetRoom) -> String {
    let (space, files) = (percent(room.free_kib, room.kib), percent(room.free_files, room.files));
    format!("{} has {space} % of its space and {files} % of its files free", target.target)
}

fn least(known: &[(&Target, TargetRoom)]) -> String {
    let space = known.iter().map(|(_, room)| percent(room.free_kib, room.kib)).min();
    let files = known.iter().map(|(_, room)| percent(room.free_files, room.files)).min();
    format!("{} % of space and {} % of files free", space.unwrap_or(100), files.unwrap_or(100))
}
