//! Do writes go out one by one, since a target has promised no room, or wait since too much is dirty?

use super::super::facts::bytes;
use super::{Facts, FileSystemWindow, Finding, Rule};
use crate::metrics::families::{OSC_DIRTY, OSC_DIRTY_MAX, OSC_GRANT};

pub(super) const RULE: Rule = Rule {
    name: "grants",
    about: "a target that is written to has promised no room for a whole request, or all that may be dirty is",
};

/// Of a request, where the setting is not known.
const ONE_REQUEST_BYTES: u64 = 1 << 20;

pub(super) fn judge(facts: &Facts, _fs: &str, window: &FileSystemWindow) -> Finding {
    let request = window.settings.osc_max_rpc_bytes.unwrap_or(ONE_REQUEST_BYTES);
    let osts: Vec<_> = window.osts().collect();
    let known: Vec<_> = osts
        .iter()
        .filter_map(|(name, target)| {
            Some((*name, target.grant_bytes?, target.dirty_bytes?, *target))
        })
        .collect();
    if osts.is_empty() || known.len() < osts.len() {
        return Finding::unknown(RULE.name, facts.why_unknown(OSC_GRANT.row()))
            .mended_by("lctl get_param osc.*.cur_grant_bytes");
    }
    let is_written =
        |dirty: u64, written: Option<u64>| dirty > 0 || written.is_some_and(|more| more > 0);
    let written: Vec<_> = known
        .iter()
        .filter(|(_, _, dirty, target)| is_written(*dirty, target.write_bytes))
        .collect();
    let low: Vec<_> = written.iter().filter(|(_, grant, _, _)| *grant < request).collect();
    if let Some((name, grant, dirty, _)) = low.iter().min_by_key(|(_, grant, _, _)| *grant) {
        let directory = window.directories.first().map_or("DIRECTORY", String::as_str);
        let share = super::super::facts::percent(count(&low), count(&written));
        let summary = format!(
            "{} of {} targets that are written to have promised too little room",
            low.len(),
            written.len()
        );
        return Finding::limits(RULE.name, super::super::facts::weighed(50, share), summary)
            .seen(
                format!("{} granted by {name}, a request is {}", bytes(*grant), bytes(request)),
                OSC_GRANT.row().source,
            )
            .seen(format!("{} dirty for {name}", bytes(*dirty)), OSC_DIRTY.row().source)
            .mended_by(format!("free room, or add storage: lfs df -h {directory}"));
    }
    let full = |dirty: u64| {
        let most = window.settings.osc_max_dirty_bytes.filter(|most| *most > 0);
        most.is_some_and(|most| dirty >= most / 10 * 9)
    };
    if let Some((name, _, dirty, _)) = known.iter().find(|(_, _, dirty, _)| full(*dirty)) {
        let summary = "programs write faster than the target takes it: all that may be dirty is";
        return Finding::suspect(RULE.name, 45, summary)
            .seen(format!("{} dirty for {name}", bytes(*dirty)), OSC_DIRTY.row().source)
            .seen(
                format!(
                    "{} may be",
                    bytes(window.settings.osc_max_dirty_bytes.unwrap_or_default())
                ),
                OSC_DIRTY_MAX.row().source,
            )
            .mended_by("spread the writes over more targets: lfs setstripe -c -1 DIRECTORY");
    }
    let least = known.iter().map(|(_, grant, _, _)| *grant).min().unwrap_or_default();
    Finding::clear(RULE.name, "every target that is written to has promised room")
        .seen(format!("{} at least", bytes(least)), OSC_GRANT.row().source)
}

fn count<T>(list: &[T]) -> u64 {
    u64::try_from(list.len()).unwrap_or(u64::MAX)
}
