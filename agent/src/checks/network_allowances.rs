//! Was the instance's share of the network enough?

use super::{Check, Evidence, Finding, Group};
use crate::facts::{Exceeded, Facts, NodeFacts};

const NAME: &str = "network_allowances";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Was this instance's share of the network enough so far?",
    group: Group::Local,
    is_required: false,
    meaning: "Reads the allowance counters of each ENA interface by `ethtool -S`. Pass: none was used up \
              since the interface came up. Warn: packets were queued or dropped for one. Unknown: \
              ethtool is not installed or failed.",
    answer: |facts: &Facts| vec![check(&facts.node)],
};

fn check(facts: &NodeFacts) -> Finding {
    let shown = |all: &Vec<Exceeded>| {
        let told =
            all.iter().map(|one| format!("{} {}={}", one.interface, one.counter, one.packets));
        let told: Vec<_> = told.collect();
        if told.is_empty() { "no allowance was used up".to_owned() } else { told.join(", ") }
    };
    let finding = match facts.allowances.value().map(Vec::as_slice) {
        None => {
            let summary = "the counters of the ENA driver could not be read";
            Finding::unknown(
                NAME,
                summary,
                "install ethtool, or see why it fails: ethtool -S INTERFACE",
            )
        }
        Some([]) => Finding::pass(NAME, "no allowance of the network was used up"),
        Some(all) => {
            let told: Vec<_> =
                all.iter().map(|one| format!("{} {}", one.packets, one.counter)).collect();
            let summary = format!("packets were queued or dropped by EC2: {}", told.join(", "));
            let remedy = "they slow Lustre down when they grow (`ethtool -S INTERFACE | grep allowance`, \
                          twice): take an instance with more baseline bandwidth, or EFA";
            Finding::warn(NAME, summary, remedy)
        }
    };
    finding.seen(Evidence::of(&facts.allowances, shown))
}
