//! Has LNet a network?

use super::Verdict::{Fail, Unknown, Warn};
use super::{Check, Evidence, Finding, Group};
use crate::facts::{Lnet, Nid, NodeFacts};

const NAME: &str = "lnet_up";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Has LNet a network?",
    group: Group::Local,
    is_required: true,
    meaning: "Reads lnet/nis in debugfs, else `lctl list_nids`. Pass: an address other than 0@lo. \
              Warn: the client is not loaded yet, or every network is down. Fail: the client is \
              loaded and LNet has no network. Unknown: LNet could not be asked.",
    answer: |facts| vec![check(&facts.node)],
};

const TRY_IT: &str = "nothing once `module_loadable` is PASS, for a mount loads it; to see now: sudo modprobe lustre && sudo lctl list_nids";
const REPAIR: &str = "look at the LNet lines of `dmesg`; correct `networks=` in /etc/modprobe.d/lustre.conf \
                      (an interface that `ip link` shows), then sudo lustre_rmmod && sudo modprobe lustre";

/// Pass: a NID other than 0@lo. Warn: the client is not loaded yet, or every NID is down. Fail:
/// the client is loaded and LNet has no network. Unknown: the client is loaded and LNet could not
/// be asked, or LNet has no network and nobody knows whether the client is loaded.
fn check(facts: &NodeFacts) -> Finding {
    let is_client_loaded = facts.module_loaded.value().copied();
    let other =
        |verdict, summary: &str, remedy: &str| Finding::other(NAME, verdict, summary, remedy);
    let finding = match (facts.lnet.value(), is_client_loaded) {
        (Some(Lnet::Up(nids)), _) => up(nids),
        (Some(Lnet::Down), Some(true)) => {
            other(Fail, "the Lustre client is loaded and LNet has no network but 0@lo", REPAIR)
        }
        (Some(Lnet::Down), Some(false)) => {
            let summary = "LNet is loaded but not started, and the Lustre client is not loaded";
            let remedy =
                format!("sudo modprobe lustre && sudo lctl list_nids; if that fails: {REPAIR}");
            other(Warn, summary, &remedy)
        }
        (_, Some(false)) => {
            other(Warn, "LNet is not started yet: the Lustre client is not loaded", TRY_IT)
        }
        (Some(Lnet::NotLoaded), Some(true)) => {
            let summary =
                "what is known of LNet does not fit: the client is loaded and LNet is not";
            other(Unknown, summary, "sudo lctl list_nids, then `fsxlustre check` again")
        }
        (Some(_), None) => {
            let summary =
                "LNet has no network, and whether the Lustre client is loaded could not be read";
            other(Unknown, summary, "sudo modprobe lustre && sudo lctl list_nids")
        }
        (None, _) => other(
            Unknown,
            "LNet's networks could not be read",
            "run it as root, where the Lustre client is installed: sudo fsxlustre check",
        ),
    };
    finding.seen(Evidence::of(&facts.lnet, show))
}

fn up(nids: &[Nid]) -> Finding {
    let names: Vec<&str> = nids.iter().map(|nid| nid.nid.as_str()).collect();
    let names = names.join(", ");
    if nids.iter().all(|nid| nid.is_up == Some(false)) {
        Finding::other(NAME, Warn, format!("every network of LNet is down: {names}"), REPAIR)
    } else {
        Finding::pass(NAME, format!("LNet has {names}"))
    }
}

fn show(lnet: &Lnet) -> String {
    match lnet {
        Lnet::NotLoaded => "LNet is not loaded".into(),
        Lnet::Down => "no network but 0@lo".into(),
        Lnet::Up(nids) => {
            let shown = nids.iter().map(|nid| match nid.is_up {
                Some(true) => format!("{} up", nid.nid),
                Some(false) => format!("{} down", nid.nid),
                None => nid.nid.clone(),
            });
            shown.collect::<Vec<_>>().join(", ")
        }
    }
}
