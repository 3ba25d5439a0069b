//! Do requests wait for others of this node, since only so many may be in flight?

use super::super::facts::{percent, weighed};
use super::{Facts, FileSystemWindow, Finding, Rule};
use crate::metrics::families::{MAX_MOD_RPCS, MAX_RPCS, PENDING, RPC_CONCURRENCY, RPCS_IN_FLIGHT};
use crate::tune::TuningData;
use crate::window::Requests;

pub(super) const RULE: Rule = Rule {
    name: "rpcs_in_flight",
    about: "requests wait for others of this node: max_rpcs_in_flight or max_mod_rpcs_in_flight is met",
};

const FEWEST: u64 = 50;

/// All requests, and those that found more in flight than half of what is allowed. The kernel's
/// steps are powers of two, so this is what can be told of any setting.
fn crowded(window: &FileSystemWindow, limit: u64) -> (u64, u64) {
    let of = |requests: &Requests| requests.above_concurrency(limit / 2);
    let (reads, writes) = (of(&window.reads), of(&window.writes));
    (reads.0.saturating_add(writes.0), reads.1.saturating_add(writes.1))
}

/// A target at its limit now, with how many are in flight.
fn at_limit(
    window: &FileSystemWindow,
    is_mdt: bool,
    direction: &str,
    limit: u64,
) -> Option<(String, u64)> {
    let prefix = if is_mdt { "MDT" } else { "OST" };
    let mut targets = window.targets.iter().filter(|(name, _)| name.starts_with(prefix));
    let of =
        |name: &String, in_flight: u64| (in_flight >= limit).then(|| (name.clone(), in_flight));
    targets.find_map(|(name, target)| of(name, *target.in_flight.get(direction)?))
}

pub(super) fn judge(facts: &Facts, fs: &str, window: &FileSystemWindow) -> Finding {
    if let Some(finding) = metadata(fs, window) {
        return finding;
    }
    let Some(limit) = window.settings.osc_max_rpcs.filter(|limit| *limit > 0) else {
        return Finding::unknown(RULE.name, facts.why_unknown(MAX_RPCS.row()))
            .mended_by(format!("lctl get_param osc.{fs}-*.max_rpcs_in_flight"));
    };
    let busy = ["read", "write"].iter().find_map(|way| at_limit(window, false, way, limit));
    let Some(judged) = facts.judged(fs, |found| crowded(found, limit).0 >= FEWEST) else {
        if let Some((target, count)) = busy {
            return data(fs, limit, 40, false)
                .seen(format!("{count} in flight to {target}"), RPCS_IN_FLIGHT.row().source);
        }
        if window.reads.by_concurrency.is_empty() && window.writes.by_concurrency.is_empty() {
            return Finding::unknown(RULE.name, facts.why_unknown(RPC_CONCURRENCY.row()))
                .mended_by(facts.to_know(RPC_CONCURRENCY.row()));
        }
        return Finding::unknown(RULE.name, format!("fewer than {FEWEST} requests were sent"))
            .mended_by("run it while the job reads and writes");
    };
    let (all, many) = crowded(judged.window, limit);
    let share = percent(many, all);
    let waits = window.pending_bytes.is_some_and(|pending| pending > 0);
    let mut finding = match (share, judged.is_of_the_window() && (busy.is_some() || waits)) {
        (50.., true) => data(fs, limit, weighed(40, share), true),
        (50.., false) => data(fs, limit, weighed(20, share), false),
        (_, true) if busy.is_some() => data(fs, limit, 40, false),
        _ => Finding::clear(
            RULE.name,
            format!("{share} % of requests met half of the limit of {limit}"),
        ),
    };
    finding = finding.seen(
        format!(
            "{many} of {all} requests found more than {} of {limit} in flight {}",
            limit / 2,
            judged.when()
        ),
        RPC_CONCURRENCY.row().source,
    );
    if let Some((target, count)) = busy {
        finding =
            finding.seen(format!("{count} in flight to {target}"), RPCS_IN_FLIGHT.row().source);
    }
    match window.pending_bytes.filter(|pending| *pending > 0) {
        Some(pending) => {
            finding.seen(format!("{pending} bytes wait for a request"), PENDING.row().source)
        }
        None => finding,
    }
}

fn data(fs: &str, limit: u64, weight: u8, limits: bool) -> Finding {
    let summary = format!("requests meet the limit of {limit} in flight to a target");
    let make = if limits { Finding::limits } else { Finding::suspect };
    let advised = documented("osc.max_rpcs_in_flight").unwrap_or_default();
    let better = if limit < advised { advised } else { limit.saturating_mul(2) };
    make(RULE.name, weight, summary)
        .mended_by(format!("lctl set_param osc.{fs}-OST*.max_rpcs_in_flight={better}"))
}

/// Changes of metadata at their limit.
fn metadata(fs: &str, window: &FileSystemWindow) -> Option<Finding> {
    let limit = window.settings.mdc_max_mod_rpcs.filter(|limit| *limit > 0)?;
    let (target, count) = at_limit(window, true, "modify", limit)?;
    let summary = format!("changes of metadata meet the limit of {limit} in flight to a target");
    let finding = Finding::limits(RULE.name, 70, summary)
        .seen(format!("{count} changes in flight to {target}"), RPCS_IN_FLIGHT.row().source)
        .seen(format!("max_mod_rpcs_in_flight is {limit}"), MAX_MOD_RPCS.row().source);
    // In this order, since the second one must stay below the first.
    let words = ["max_rpcs_in_flight", "max_mod_rpcs_in_flight"].into_iter().filter_map(|name| {
        Some(format!("mdc.{fs}-*.{name}={}", documented(&format!("mdc.{name}"))?))
    });
    let words: Vec<_> = words.collect();
    Some(finding.mended_by(format!("lctl set_param {}", words.join(" "))))
}

/// The value that AWS documents for many processors.
fn documented(key: &str) -> Option<u64> {
    let data = TuningData::carried().ok()?;
    let rules = data.rules(data.profile("aws-documented")?);
    rules.into_iter().find(|rule| rule.set == key)?.value
}
