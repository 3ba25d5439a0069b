//! Is a server out of reach, or has it thrown this client out?

use super::{Facts, FileSystemWindow, Finding, Rule};
use crate::metrics::families::{EVICTIONS, IMPORT_UP, MOUNT_UP, REQUEST_TIMEOUTS};

pub(super) const RULE: Rule = Rule {
    name: "connections",
    about: "a target's connection is not fit for use, or servers threw this node out",
};

pub(super) fn judge(facts: &Facts, _fs: &str, window: &FileSystemWindow) -> Finding {
    let down: Vec<String> = (window.targets.iter())
        .filter(|(_, target)| target.is_up == Some(false))
        .map(|(name, target)| {
            format!("{name} {}", target.state.as_deref().unwrap_or("deactivated"))
        })
        .collect();
    let remedy = "fsxlustre check: it names what does not answer";
    if !down.is_empty() {
        let named = down.iter().take(8).cloned().collect::<Vec<_>>().join(", ");
        let summary =
            format!("{} of {} targets are not fit for use", down.len(), window.targets.len());
        return Finding::limits(RULE.name, 100, summary)
            .seen(named, IMPORT_UP.row().source)
            .mended_by(remedy);
    }
    let happened = |count: Option<u64>| count.is_some_and(|count| count > 0);
    if happened(window.evictions) || happened(window.timeouts) {
        let count = |count: Option<u64>| count.map_or("unknown".into(), |count| count.to_string());
        return Finding::limits(
            RULE.name,
            95,
            "servers threw this node out, or did not answer in time",
        )
        .seen(format!("{} evictions", count(window.evictions)), EVICTIONS.row().source)
        .seen(
            format!("{} requests timed out", count(window.timeouts)),
            REQUEST_TIMEOUTS.row().source,
        )
        .mended_by(remedy);
    }
    if window.answers == Some(false) {
        return Finding::suspect(RULE.name, 90, "a mount does not answer statfs")
            .seen(window.directories.join(", "), MOUNT_UP.row().source)
            .mended_by("fsxlustre status");
    }
    if window.targets.is_empty() || window.targets.values().any(|target| target.is_up.is_none()) {
        return Finding::unknown(RULE.name, facts.why_unknown(IMPORT_UP.row()))
            .mended_by(facts.to_know(IMPORT_UP.row()));
    }
    Finding::clear(
        RULE.name,
        format!("all {} targets are connected, or idle", window.targets.len()),
    )
}
