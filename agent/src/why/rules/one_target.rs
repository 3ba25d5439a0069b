//! Does most of the traffic go to one object storage target?

use super::super::facts::{bytes, percent, weighed};
use super::{Facts, FileSystemWindow, Finding, Rule};
use crate::metrics::families::{OSC_READ_BYTES, OSC_WRITE_BYTES};

pub(super) const RULE: Rule = Rule {
    name: "one_target",
    about: "most bytes go to one object storage target: files of one stripe",
};

/// With less, one file's place is no news.
const LEAST_BYTES: u64 = 16_000_000;

pub(super) fn judge(facts: &Facts, fs: &str, window: &FileSystemWindow) -> Finding {
    let targets = window.osts().count();
    if targets == 1 {
        return Finding::clear(RULE.name, "the file system has one target");
    }
    if window.moved_bytes().is_none() {
        return Finding::unknown(RULE.name, facts.why_unknown(OSC_READ_BYTES.row()))
            .mended_by(facts.to_know(OSC_READ_BYTES.row()));
    }
    let is_enough =
        |found: &FileSystemWindow| found.moved_bytes().is_some_and(|moved| moved >= LEAST_BYTES);
    let Some(judged) = facts.judged(fs, is_enough) else {
        return Finding::unknown(RULE.name, format!("less than {} were moved", bytes(LEAST_BYTES)))
            .mended_by("run it while the job reads and writes");
    };
    let all = judged.window.moved_bytes().unwrap_or_default();
    let moved = |target: &crate::window::TargetWindow| target.moved_bytes().unwrap_or_default();
    let Some((name, most)) = judged
        .window
        .osts()
        .map(|(name, target)| (name, moved(target)))
        .max_by_key(|(_, most)| *most)
    else {
        return Finding::unknown(RULE.name, "the targets are not known").mended_by("lfs osts");
    };
    let share = percent(most, all);
    // Of two, one easily has most of it.
    let is_one = share >= if targets == 2 { 90 } else { 70 };
    let summary = format!("{share} % of the bytes go to {name}, one of {targets} targets");
    let finding = match (is_one, judged.is_of_the_window()) {
        (true, true) => Finding::limits(RULE.name, weighed(30, share), summary),
        (true, false) => Finding::suspect(RULE.name, weighed(10, share), summary),
        (false, _) => {
            Finding::clear(RULE.name, format!("no target has more than {share} % of the bytes"))
        }
    };
    let from = format!("{}, {}", OSC_READ_BYTES.row().name, OSC_WRITE_BYTES.row().name);
    let finding = finding.seen(
        format!("{} of {} {}", bytes(most), bytes(all), judged.when()),
        format!("{} ({from})", OSC_READ_BYTES.row().source),
    );
    if !is_one {
        return finding;
    }
    let directory = judged.window.directories.first().map_or("", String::as_str);
    finding.mended_by(format!(
        "lfs setstripe -c -1 {directory}/SUBDIRECTORY, for new files; lfs migrate -c -1 FILE, for those that are there"
    ))
}
