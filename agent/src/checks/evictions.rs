//! Was this client evicted since it was mounted?

use super::imports::{by_fs, few};
use super::{Check, Evidence, Finding, Group};
use crate::facts::{Facts, Target};

const NAME: &str = "evictions";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Was no client evicted since it was mounted?",
    group: Group::Local,
    is_required: false,
    meaning: "Reads the last sixteen states of each connection. Pass: no eviction among them. Warn: one: \
              a server took back this client's locks, and what was not written yet was lost. Unknown: \
              the states of a connection cannot be read. Left out where there is no client.",
    answer,
};

fn answer(facts: &Facts) -> Vec<Finding> {
    let Some(clients) = facts.node.clients.value() else { return Vec::new() };
    let from = facts.node.clients.from().replace('*', "*/state");
    by_fs(clients).into_iter().map(|(fs, targets)| check(fs, &targets, &from)).collect()
}

fn check(fs: &str, targets: &[&Target], from: &str) -> Finding {
    let evicted: Vec<(u64, &Target)> =
        targets.iter().filter_map(|target| Some((target.evicted_unix_seconds?, *target))).collect();
    let Some(last) = evicted.iter().map(|(at, _)| *at).max() else {
        let unread = targets.iter().filter(|target| !target.is_history_read);
        let unread: Vec<String> = unread.map(|target| target.target.clone()).collect();
        if !unread.is_empty() {
            let summary = format!("{fs}: the last states could not be read: {}", few(&unread));
            let remedy = "run it again, as root; an unmount that goes on holds these files";
            let seen = Evidence::new(format!("{} not read", unread.len()), from);
            return Finding::unknown(NAME, summary, remedy).about(fs).seen(seen);
        }
        let seen = Evidence::new("no eviction among the last states", from);
        return Finding::pass(NAME, format!("{fs}: no eviction")).about(fs).seen(seen);
    };
    let names: Vec<String> = evicted.iter().map(|(_, target)| target.target.clone()).collect();
    let at = crate::checks::utc(last);
    let summary = format!("{fs}: evicted, last {at}: {}", few(&names));
    let remedy = "look whether a job wrote at that time (its last writes may be lost) and at the Lustre \
                  lines of `dmesg`; frequent ones: the node or its network did not answer the server in \
                  time. It is forgotten when the file system is unmounted";
    let seen = Evidence::new(format!("[ {last}, EVICTED ]"), from);
    Finding::warn(NAME, summary, remedy).about(fs).seen(seen)
}
