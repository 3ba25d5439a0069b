//! Is LNet on the interface that leads to the file systems?

use super::{Check, Evidence, Finding, Group};
use crate::facts::{Facts, Lnet, Network, NodeFacts};
use std::net::Ipv4Addr;

const NAME: &str = "lnet_interface";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Is LNet on the interface that leads to the file systems?",
    group: Group::Local,
    is_required: false,
    meaning: "Compares LNet's addresses with the node's own and with its routes to the mounted file \
              systems, or its default route. Pass: the same interface. Warn: another interface with a \
              device. Fail: an address that this node does not have, or an interface without a device \
              (docker0, a bridge). Unknown: addresses or routes cannot be read. Left out while LNet is \
              not up.",
    answer,
};

fn answer(facts: &Facts) -> Vec<Finding> {
    let Some(Lnet::Up(nids)) = facts.node.lnet.value() else { return Vec::new() };
    let tcp = nids.iter().filter_map(|nid| {
        let (address, network) = nid.nid.split_once('@')?;
        (network == "tcp" || network.starts_with("tcp")).then(|| address.parse().ok())?
    });
    let own: Vec<Ipv4Addr> = tcp.collect();
    if own.is_empty() { Vec::new() } else { vec![check(&facts.node, &own)] }
}

const REPAIR: &str = "write `options lnet networks=tcp(INTERFACE)` into /etc/modprobe.d/lustre.conf, \
                      unmount, then sudo lustre_rmmod && sudo modprobe lustre";

fn check(facts: &NodeFacts, own: &[Ipv4Addr]) -> Finding {
    let network = &facts.network;
    let seen = |finding: Finding| {
        let list = |all: &Vec<Ipv4Addr>| {
            all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        finding
            .seen(Evidence::of(&facts.lnet, |_| format!("LNet has {}", list(&own.to_vec()))))
            .seen(Evidence::of(&network.addresses, |all| format!("this node has {}", list(all))))
    };
    let (Some(addresses), Some(_)) = (network.addresses.value(), network.routes.value()) else {
        let summary = "which interface LNet's addresses are of could not be found out";
        return seen(Finding::unknown(
            NAME,
            summary,
            "compare `lctl list_nids` with `ip -br addr`",
        ));
    };
    if let Some(gone) = own.iter().find(|address| !addresses.contains(address)) {
        let summary = format!("LNet has {gone}@tcp, an address that this node does not have");
        let remedy = "the address changed after LNet was started (an image of another node, an interface \
                      that was moved): unmount, then sudo lustre_rmmod && sudo modprobe lustre";
        return seen(Finding::fail(NAME, summary, remedy));
    }
    seen(compare(network, own, wanted(facts)))
}

/// The interface by which the first mounted file system is reached, or that of the default route, with
/// what it leads to.
fn wanted(facts: &NodeFacts) -> Option<(String, String)> {
    let servers = facts.mounts.value().into_iter().flatten().filter_map(|mount| {
        let address = mount.server.as_deref()?.parse::<Ipv4Addr>().ok()?;
        Some((facts.network.interface_to(address)?.to_owned(), format!("to {address}")))
    });
    let default = || {
        let beyond = Ipv4Addr::new(169, 254, 169, 254);
        let name = facts.network.interface_to(beyond)?;
        Some((name.to_owned(), "of the default route".to_owned()))
    };
    servers.into_iter().next().or_else(default)
}

fn compare(network: &Network, own: &[Ipv4Addr], wanted: Option<(String, String)>) -> Finding {
    let used: Vec<&str> = own.iter().flat_map(|address| network.interfaces_of(*address)).collect();
    let shown = if used.is_empty() { "an address of no interface".into() } else { used.join(", ") };
    let is_virtual =
        |name: &&str| network.interface(name).is_some_and(|interface| interface.driver.is_none());
    let Some((name, leads)) = wanted else {
        let summary = format!("LNet is on {shown}; no route says whether that is the right one");
        return Finding::unknown(NAME, summary, "see `ip route`");
    };
    let remedy = REPAIR.replace("INTERFACE", &name);
    if used.is_empty() {
        let summary = "which interface LNet's addresses are of could not be found out";
        Finding::unknown(NAME, summary, "compare `lctl list_nids` with `ip -br addr`")
    } else if used.contains(&name.as_str()) {
        Finding::pass(NAME, format!("LNet is on {shown}, the interface {leads}"))
    } else if used.iter().all(is_virtual) {
        let summary =
            format!("LNet is on {shown}, which has no device; the interface {leads} is {name}");
        Finding::fail(NAME, summary, remedy)
    } else {
        Finding::warn(NAME, format!("LNet is on {shown}; the interface {leads} is {name}"), remedy)
    }
}
