//! Are the connections to all targets up?

use super::{Check, Evidence, Finding, Group};
use crate::facts::{Clients, Facts, Target};
use std::collections::{BTreeMap, BTreeSet};

const NAME: &str = "imports";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Are the connections to all targets up?",
    group: Group::Local,
    is_required: true,
    meaning: "Reads the client's own word of each connection (import, state). Pass: every one is FULL or \
              IDLE, which is a connection that was closed for want of work. Warn: one is on its way \
              (CONNECTING, REPLAY, RECOVER). Fail: one is EVICTED, DISCONN, CLOSED or deactivated. \
              Unknown: a file cannot be read, or \
              a file system is mounted and shows no connection. Left out where there is no client.",
    answer,
};

fn answer(facts: &Facts) -> Vec<Finding> {
    let Some(clients) = facts.node.clients.value() else {
        let summary = "the connections to targets could not be read";
        let finding = Finding::unknown(NAME, summary, "run it as root: sudo fsxlustre check");
        return vec![finding.seen(Evidence::unknown(&facts.node.clients))];
    };
    let from = facts.node.clients.from();
    let all = by_fs(clients);
    let mounted = facts.node.mounts.value().into_iter().flatten();
    let names: BTreeSet<&str> = mounted.filter_map(|mount| mount.fs_name.as_deref()).collect();
    let untold = names.into_iter().filter(|fs| !all.contains_key(fs));
    let untold: Vec<Finding> = untold.map(|fs| no_connection(fs, from)).collect();
    let told = all.into_iter().map(|(fs, targets)| check(clients, fs, &targets, from));
    told.chain(untold).collect()
}

/// A file system that is mounted has connections.
fn no_connection(fs: &str, from: &str) -> Finding {
    let summary = format!("{fs}: it is mounted, and none of its connections is shown");
    let remedy = "see `lctl dl` and `ls /proc/fs/lustre`; run it on the node itself, as root";
    Finding::unknown(NAME, summary, remedy).about(fs).seen(Evidence::new("no connection", from))
}

/// The connections of each file system.
pub(super) fn by_fs(clients: &Clients) -> BTreeMap<&str, Vec<&Target>> {
    let mut all: BTreeMap<&str, Vec<&Target>> = BTreeMap::new();
    for target in &clients.targets {
        all.entry(&target.fs_name).or_default().push(target);
    }
    all
}

fn check(clients: &Clients, fs: &str, targets: &[&Target], from: &str) -> Finding {
    let named = |wanted: fn(&Target) -> bool| {
        let names = targets.iter().filter(|target| wanted(target)).map(|target| told(target));
        names.collect::<Vec<_>>()
    };
    let (down, coming, unread) = (named(is_down), named(is_coming), named(is_unread));
    let finding = if !down.is_empty() {
        let summary = format!("{fs}: not connected: {}", few(&down));
        Finding::fail(NAME, summary, remedy(targets))
    } else if !coming.is_empty() {
        let summary = format!("{fs}: not connected yet: {}", few(&coming));
        Finding::warn(NAME, summary, remedy(targets))
    } else if !unread.is_empty() || !clients.is_whole {
        let summary =
            format!("{fs}: the state of a connection could not be read: {}", few(&unread));
        Finding::unknown(NAME, summary, "run it again; an unmount that goes on holds these files")
    } else {
        Finding::pass(NAME, format!("{fs}: {} connections are up", targets.len()))
    };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for target in targets {
        *counts.entry(target.state.as_deref().unwrap_or("unknown")).or_default() += 1;
    }
    let counts: Vec<_> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
    finding.about(fs).seen(Evidence::new(counts.join(", "), from))
}

fn is_down(target: &Target) -> bool {
    target.is_deactivated
        || matches!(target.state.as_deref(), Some("EVICTED" | "DISCONN" | "CLOSED" | "NEW"))
}

fn is_coming(target: &Target) -> bool {
    let state = target.state.as_deref();
    state.is_some_and(|state| !matches!(state, "FULL" | "IDLE")) && !is_down(target)
}

fn is_unread(target: &Target) -> bool {
    target.state.is_none() && !target.is_deactivated
}

fn told(target: &Target) -> String {
    let state = target.state.as_deref().unwrap_or("unknown");
    let state = if target.is_deactivated { "DEACTIVATED" } else { state };
    let at = target.nid.as_ref().map(|nid| format!(" at {nid}")).unwrap_or_default();
    format!("{} {state}{at}", target.target)
}

/// The first three, and how many more.
pub(super) fn few(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(3).map(String::as_str).collect();
    let more = names.len().saturating_sub(shown.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    shown.join(", ") + &more
}

fn remedy(targets: &[&Target]) -> String {
    if let Some(off) = targets.iter().find(|target| target.is_deactivated) {
        let kind = if off.target.starts_with("OST") { "osc" } else { "mdc" };
        let (fs, target) = (&off.fs_name, &off.target);
        return format!(
            "an administrator switched it off: sudo lctl set_param {kind}.{fs}-{target}-*.active=1"
        );
    }
    let nid = targets.iter().find_map(|target| target.nid.as_deref()).unwrap_or("SERVER@tcp");
    format!(
        "sudo lctl ping {nid}; open TCP 988 and 1018-1023 both ways in the security groups of node and \
         file system (the file system connects back); a weekly maintenance ends by itself"
    )
}
