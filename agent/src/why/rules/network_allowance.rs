//! Has EC2 held back packets, since this instance used up its share of the network?

use super::{Facts, Finding, Rule};
use crate::metrics::families::ALLOWANCE;
use crate::window::Span;

pub(super) const RULE: Rule = Rule {
    name: "network_allowance",
    about: "EC2 held back packets, since the instance was above its network allowance (driver ena)",
};

pub(super) fn judge(facts: &Facts) -> Finding {
    let from = ALLOWANCE.row().source;
    let Some(all) = &facts.window.allowances else {
        let because = match facts.window.span {
            Span::Job => facts.why_unknown(ALLOWANCE.row()),
            _ => "no interface with the driver ena tells its allowances".into(),
        };
        return Finding::unknown(RULE.name, because)
            .mended_by("ethtool -S INTERFACE | grep allowance");
    };
    let mut finding = Finding::limits(
        RULE.name,
        90,
        "EC2 held back packets: this instance is above its network allowance",
    );
    let mut exceeded = None;
    for (interface, allowances) in all {
        for (allowance, packets) in allowances.iter().filter(|(_, packets)| **packets > 0) {
            finding =
                finding.seen(format!("{packets} packets of {interface} above {allowance}"), from);
            exceeded = exceeded.or(Some((interface, allowance)));
        }
    }
    match exceeded {
        Some((_, allowance)) if allowance == "conntrack" => finding.mended_by(
            "a security group rule for TCP 988 and 1018-1023 that needs no tracking, both directions open to all",
        ),
        Some((interface, _)) => finding.mended_by(format!(
            "take an instance type with more network, or EFA; `ethtool -S {interface}` shows the counters"
        )),
        None => Finding::clear(RULE.name, "EC2 held no packet back")
            .seen(format!("0 packets of {}", all.keys().cloned().collect::<Vec<_>>().join(", ")), from),
    }
}
