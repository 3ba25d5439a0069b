//! Do packets to the servers have the size that EC2 allows?

use super::{Check, Evidence, Finding, Group};
use crate::facts::{Facts, NodeFacts};

const NAME: &str = "mtu";
/// What an interface of EC2 takes within a VPC.
const JUMBO: u32 = 8500;

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Does the interface to the servers have jumbo frames?",
    group: Group::Local,
    is_required: false,
    meaning: "Reads the MTU of the interface of the default route. Pass: 8500 and more (EC2: 9001). \
              Warn: less, which costs processor time and throughput. Unknown: it cannot be read.",
    answer: |facts: &Facts| vec![check(&facts.node)],
};

fn check(facts: &NodeFacts) -> Finding {
    let network = &facts.network;
    let name = network.interface_to([169, 254, 169, 254].into());
    let found = name.and_then(|name| network.interface(name));
    let Some((interface, mtu)) = found.and_then(|found| Some((found, found.mtu?))) else {
        return Finding::unknown(NAME, "the interface's MTU could not be read", "see `ip link`")
            .seen(Evidence::of(&network.routes, |all| format!("{} routes", all.len())))
            .seen(Evidence::of(&network.interfaces, |all| format!("{} interfaces", all.len())));
    };
    let summary = format!("{} has an MTU of {mtu}", interface.name);
    let finding = if mtu >= JUMBO {
        Finding::pass(NAME, summary)
    } else {
        let remedy = format!(
            "sudo ip link set dev {} mtu 9001, and in the network's configuration; a way through a \
             gateway or a peering in another Region takes 1500 only",
            interface.name
        );
        Finding::warn(NAME, summary, remedy)
    };
    finding.seen(Evidence::of(&network.interfaces, |_| format!("mtu {mtu}")))
}
