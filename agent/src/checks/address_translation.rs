//! Do connections to servers keep their address and port?

use super::{Check, Evidence, Finding, Group};
use crate::facts::{Facts, NodeFacts, Translated};

const NAME: &str = "address_translation";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Do connections to servers keep their source port?",
    group: Group::Local,
    is_required: false,
    meaning: "Reads the kernel's table of tracked connections, where the module nf_nat is loaded. Pass: \
              no connection to TCP 988 is translated. Fail: one is: FSx drops a connection that does not \
              come from ports 988 or 1018-1023. Unknown: nf_nat is loaded and the table cannot be read.",
    answer: |facts: &Facts| vec![check(&facts.node)],
};

fn check(facts: &NodeFacts) -> Finding {
    let shown = |all: &Vec<Translated>| {
        let told: Vec<_> =
            all.iter().take(3).map(|one| format!("{} leaves as {}", one.own, one.seen)).collect();
        if told.is_empty() { "no connection is translated".to_owned() } else { told.join(", ") }
    };
    let finding = match facts.translated.value().map(|all| all.first()) {
        Some(None) => Finding::pass(NAME, "no connection to a server is translated on this node"),
        Some(Some(one)) => {
            let summary = format!(
                "a connection to a server leaves this node as {} and not as {}",
                one.seen, one.own
            );
            let remedy = "take the file systems' addresses out of the masquerading rule (`sudo iptables \
                          -t nat -S | grep -i masquerade`; for Kubernetes: AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS)";
            Finding::fail(NAME, summary, remedy)
        }
        None => {
            let summary = "nf_nat is loaded, and whether it translates connections to servers could not \
                           be found out";
            let remedy = "look for a masquerading rule that fits the file systems' addresses: sudo \
                          iptables -t nat -S; sudo nft list ruleset";
            Finding::unknown(NAME, summary, remedy)
        }
    };
    finding.seen(Evidence::of(&facts.translated, shown))
}
