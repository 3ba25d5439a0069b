//! Do other nodes want the locks that this node holds, and the other way round?
//!
//! A client shows two things, of all file systems together: how often a server asked for a lock
//! back (blocking callbacks), and how often it granted one later than it was asked for (completion
//! callbacks). It does not show for how long anybody waited.

use super::super::facts::{percent, weighed};
use super::{Facts, Finding, Rule};
use crate::metrics::families::{LDLM_CALLBACKS, OPERATIONS};
use crate::window::{Span, float, sum};

pub(super) const RULE: Rule = Rule {
    name: "lock_contention",
    about: "servers ask for locks back, or grant them late: several nodes use the same files",
};

/// Fewer in a second are every day's.
const MANY_A_SECOND: f64 = 10.0;
const SOME_A_SECOND: f64 = 1.0;

pub(super) fn judge(facts: &Facts) -> Finding {
    let (Some(callbacks), Some(seconds)) = (&facts.window.lock_callbacks, facts.window.seconds)
    else {
        return Finding::unknown(RULE.name, facts.why_unknown(LDLM_CALLBACKS.row()))
            .mended_by(facts.to_know(LDLM_CALLBACKS.row()));
    };
    let of = |name: &str| callbacks.get(name).copied().unwrap_or_default();
    let (asked_back, late) = (of("ldlm_bl_callback"), of("ldlm_cp_callback"));
    let rate = float(asked_back.saturating_add(late)) / seconds.max(0.001);
    let calls = sum(facts.window.file_systems.values().map(crate::window::FileSystemWindow::calls));
    let share = calls.map_or(0, |calls| percent(asked_back.saturating_add(late), calls.max(1)));
    let when = if facts.window.span == Span::Job {
        "in the job".into()
    } else {
        format!("in {seconds:.1} s")
    };
    let summary = format!("servers asked for {asked_back} locks back and granted {late} late");
    let finding = if rate >= MANY_A_SECOND && share >= 10 {
        Finding::limits(RULE.name, weighed(40, share), summary)
    } else if rate >= SOME_A_SECOND {
        Finding::suspect(RULE.name, weighed(20, share), summary)
    } else {
        Finding::clear(RULE.name, summary)
    };
    let finding = finding.seen(
        format!("{asked_back} blocking and {late} completion callbacks {when}, all file systems together"),
        LDLM_CALLBACKS.row().source,
    );
    let finding = match calls {
        Some(calls) => {
            finding.seen(format!("{calls} calls of programs {when}"), OPERATIONS.row().source)
        }
        None => finding,
    };
    if rate < SOME_A_SECOND {
        return finding;
    }
    finding.mended_by(
        "let each node write files of its own, or large regions of a shared one that do not meet",
    )
}
