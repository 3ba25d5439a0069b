//! Has EC2 held back packets, since this instance used up its share of the network?

use super::{Facts, Finding, Rule};
use crate::metrics::families::ALLOWANCE;
use crate::window::{Span, float};

pub(super) const RULE: Rule = Rule {
    name: "network_allowance",
    about: "EC2 held back packets, since the instance was above its network allowance (driver ena)",
};

/// Packets to EC2's own services at 169.254.0.0/16; Lustre sends none there.
const LINK_LOCAL: &str = "linklocal";
/// What a burst now and then costs is nothing beside what Lustre moves.
const FEW_A_SECOND: f64 = 10.0;

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
    let (mut packets, mut worst) = (0, None);
    let mut seen = Vec::new();
    for (interface, allowances) in all {
        for (allowance, held) in allowances.iter().filter(|(_, held)| **held > 0) {
            seen.push(format!("{held} packets of {interface} above {allowance}"));
            if allowance != LINK_LOCAL {
                packets += held;
                worst = worst.max(Some((held, interface, allowance)));
            }
        }
    }
    let finding = match (worst, facts.window.seconds) {
        (Some(_), Some(seconds)) if float(packets) >= seconds * FEW_A_SECOND => Finding::limits(
            RULE.name,
            90,
            "EC2 held back packets: this instance is above its network allowance",
        ),
        (Some(_), _) => Finding::suspect(
            RULE.name,
            20,
            "EC2 held back a few packets: this instance touches its network allowance",
        ),
        (None, _) if !seen.is_empty() => Finding::clear(
            RULE.name,
            "EC2 held back only packets to its own services (names, metadata, time), none of Lustre's",
        ),
        (None, _) => {
            let names = all.keys().cloned().collect::<Vec<_>>().join(", ");
            Finding::clear(RULE.name, "EC2 held no packet back")
                .seen(format!("0 packets of {names}"), from)
        }
    };
    let finding = seen.into_iter().fold(finding, |finding, line| finding.seen(line, from));
    match worst {
        Some((_, _, allowance)) if allowance == "conntrack" => finding.mended_by(
            "a security group rule for TCP 988 and 1018-1023 that needs no tracking, both directions open to all",
        ),
        Some((_, interface, _)) => finding.mended_by(format!(
            "take an instance type with more network, or EFA; `ethtool -S {interface}` shows the counters"
        )),
        None => finding,
    }
}
