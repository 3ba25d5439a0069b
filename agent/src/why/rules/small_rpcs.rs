//! Are requests to the servers much smaller than they might be?

use super::super::facts::{Judged, bytes, percent, weighed};
use super::{Facts, FileSystemWindow, Finding, Rule};
use crate::metrics::families::{MAX_PAGES, RPC_SIZE};
use crate::window::Requests;

pub(super) const RULE: Rule = Rule {
    name: "small_rpcs",
    about: "most requests to object storage targets carry 64 KiB or less",
};

/// What counts as small: a 64th of what FSx advises for one request.
const SMALL_BYTES: u64 = 65_536;
/// With fewer, a share means nothing.
const FEWEST: u64 = 50;
/// A client whose setting is below it splits what programs do in larger calls.
const LOW_SETTING_BYTES: u64 = 1 << 20;

fn most(window: &FileSystemWindow) -> (&'static str, u64, u64) {
    let of = |name, requests: &Requests| {
        let (all, small) = requests.up_to_size(SMALL_BYTES);
        (name, all, small)
    };
    let (reads, writes) = (of("read", &window.reads), of("write", &window.writes));
    if reads.2 > writes.2 || (reads.2 == writes.2 && reads.1 > writes.1) { reads } else { writes }
}

pub(super) fn judge(facts: &Facts, fs: &str, window: &FileSystemWindow) -> Finding {
    if window.reads.by_size.is_empty() && window.writes.by_size.is_empty() {
        return Finding::unknown(RULE.name, facts.why_unknown(RPC_SIZE.row()))
            .mended_by(facts.to_know(RPC_SIZE.row()));
    }
    let Some(judged) = facts.judged(fs, |found| most(found).1 >= FEWEST) else {
        return Finding::unknown(RULE.name, format!("fewer than {FEWEST} requests were sent"))
            .mended_by("run it while the job reads and writes");
    };
    let (direction, all, small) = most(judged.window);
    let share = percent(small, all);
    let seen =
        format!("{small} of {all} {direction} requests carried 64 KiB or less {}", judged.when());
    let finding = match (share, judged.is_of_the_window()) {
        (50.., true) => Finding::limits(
            RULE.name,
            weighed(40, share) - 10,
            format!("{share} % of {direction} requests are small"),
        ),
        (50.., false) | (25.., true) => Finding::suspect(
            RULE.name,
            weighed(20, share),
            format!("{share} % of {direction} requests are small"),
        ),
        _ => {
            return Finding::clear(
                RULE.name,
                format!("{share} % of {direction} requests are small"),
            )
            .seen(seen, RPC_SIZE.row().source);
        }
    };
    with_setting(finding.seen(seen, RPC_SIZE.row().source), fs, &judged)
}

fn with_setting(finding: Finding, fs: &str, judged: &Judged<'_>) -> Finding {
    match judged.window.settings.osc_max_rpc_bytes {
        Some(most) if most < LOW_SETTING_BYTES => finding
            .seen(format!("the largest request is {}", bytes(most)), MAX_PAGES.row().source)
            .mended_by(format!("lctl set_param osc.{fs}-*.max_pages_per_rpc=1024")),
        Some(most) => finding
            .seen(format!("the largest request is {}", bytes(most)), MAX_PAGES.row().source)
            .mended_by(
                "let programs read and write 1 MiB or more in a call, one file behind the other",
            ),
        None => finding.mended_by("let programs read and write 1 MiB or more in a call"),
    }
}
