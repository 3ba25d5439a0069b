//! Is EFA used where it is there?

use super::{Check, Evidence, Finding, Group};
use crate::facts::{Facts, Lnet, NodeFacts, Traffic};

const NAME: &str = "efa";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Is EFA used where this node has it and a file system takes it?",
    group: Group::Local,
    is_required: false,
    meaning: "Reads EFA devices in sysfs, LNet's networks, and by `lnetctl net show -v` what went over \
              each. Pass: no EFA device, or none of the file systems takes EFA, or traffic goes over it. \
              Warn: devices are there and LNet was not told of them, or everything goes over TCP: a \
              silent fall-back. Unknown: what is there could not be read.",
    answer: |facts: &Facts| vec![check(facts)],
};

const SETUP: &str = "run AWS's setup for EFA before LNet is loaded: configure-efa-fsx-lustre-client.zip, \
                     setup.sh (docs.aws.amazon.com/fsx/latest/LustreGuide/configure-efa-clients.html), \
                     and keep its service configure-efa-fsx-lustre-client before the mounts";

fn check(facts: &Facts) -> Finding {
    let node = &facts.node;
    let finding = match node.efa.devices.value().map(Vec::as_slice) {
        None => {
            let remedy = "see `ls /sys/class/infiniband`";
            Finding::unknown(NAME, "whether this node has EFA could not be read", remedy)
        }
        Some([]) if networks(node).is_empty() => {
            Finding::pass(NAME, "this node has no EFA device; TCP is used")
        }
        Some([]) => {
            let summary = "LNet has a network of EFA, and this node no EFA device";
            Finding::warn(NAME, summary, SETUP)
        }
        Some(devices) => with_devices(facts, devices.len()),
    };
    let shown = |devices: &Vec<String>| {
        if devices.is_empty() { "no EFA device".to_owned() } else { devices.join(", ") }
    };
    let finding = finding.seen(Evidence::of(&node.efa.devices, shown));
    match node.efa.devices.value() {
        Some(devices) if !devices.is_empty() => {
            let told = |all: &Vec<Traffic>| {
                let told = all
                    .iter()
                    .map(|one| format!("{} sent {} received {}", one.nid, one.sent, one.received));
                told.collect::<Vec<_>>().join(", ")
            };
            finding.seen(Evidence::of(&node.efa.traffic, told))
        }
        _ => finding,
    }
}

/// LNet's addresses of EFA.
fn networks(node: &NodeFacts) -> Vec<&str> {
    match node.lnet.value() {
        Some(Lnet::Up(nids)) => {
            nids.iter().map(|nid| nid.nid.as_str()).filter(|nid| nid.contains("@efa")).collect()
        }
        _ => Vec::new(),
    }
}

fn with_devices(facts: &Facts, devices: usize) -> Finding {
    let node = &facts.node;
    // What AWS says of every file system that was found; nothing where nobody asked.
    let takes: Vec<Option<bool>> = facts
        .file_systems
        .iter()
        .filter_map(|one| Some(one.asked.file_system()?.efa_enabled))
        .collect();
    let nobody_takes_it = !takes.is_empty() && takes.iter().all(|takes| *takes == Some(false));
    if nobody_takes_it {
        return Finding::pass(NAME, "this node has EFA, and no configured file system takes it");
    }
    if networks(node).is_empty() {
        if !matches!(node.lnet.value(), Some(Lnet::Up(_))) {
            let summary = format!("this node has {devices} EFA devices; LNet is not up yet");
            return Finding::unknown(NAME, summary, "run it again after a mount");
        }
        let summary = format!(
            "this node has {devices} EFA devices, and LNet only TCP: a file system with EFA is reached by \
             TCP, without a word"
        );
        return Finding::warn(NAME, summary, SETUP);
    }
    traffic(node)
}

fn traffic(node: &NodeFacts) -> Finding {
    let Some(traffic) = node.efa.traffic.value() else {
        let summary = "LNet has a network of EFA; whether it is used could not be asked";
        return Finding::unknown(NAME, summary, "sudo lnetctl net show -v");
    };
    let sum = |network: &str| {
        let of_it = traffic.iter().filter(|one| one.network.starts_with(network));
        of_it.fold(0_u64, |sum, one| sum.saturating_add(one.sent).saturating_add(one.received))
    };
    match (sum("efa"), sum("tcp")) {
        (0, 0) => Finding::pass(NAME, "LNet has a network of EFA; nothing was sent yet"),
        (0, tcp) => {
            let summary =
                format!("LNet has a network of EFA, and all {tcp} messages went over TCP");
            Finding::warn(
                NAME,
                summary,
                format!(
                    "{SETUP}; EFA needs the file system in this Availability Zone, with EfaEnabled, and security groups that allow all traffic between the two"
                ),
            )
        }
        (efa, tcp) => Finding::pass(NAME, format!("{efa} messages went over EFA, {tcp} over TCP")),
    }
}
