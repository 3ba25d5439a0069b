//! Is this the network namespace that LNet lives in?

use super::{Check, Evidence, Finding, Group};
use crate::facts::{Facts, NodeFacts};

const NAME: &str = "network_namespace";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Is this the network namespace of the node, in which LNet lives?",
    group: Group::Local,
    is_required: false,
    meaning: "Compares the network namespace with that of process 1, and looks for the marks of a \
              container. Pass: the same, and no container. Warn: another one, or a container: what this \
              run sees of the network is not what LNet has. Unknown: the namespaces cannot be read.",
    answer: |facts: &Facts| vec![check(&facts.node)],
};

fn check(facts: &NodeFacts) -> Finding {
    let network = &facts.network;
    let remedy = "run it on the node itself; LNet and the mounts belong there (`hostNetwork: true` for a \
                  pod that loads the client)";
    let finding = match (network.container.value(), network.is_initial_namespace.value()) {
        (Some(Some(kind)), _) => {
            Finding::warn(NAME, format!("this is a container ({kind})"), remedy)
        }
        (_, Some(false)) => {
            Finding::warn(NAME, "this is another network namespace than that of process 1", remedy)
        }
        (Some(None), Some(true)) => Finding::pass(NAME, "this is the node's own network namespace"),
        _ => Finding::unknown(
            NAME,
            "whether this is the node's own network namespace could not be found out",
            "run it as root: sudo fsxlustre check",
        ),
    };
    let text = |is_same: &bool| {
        let same = if *is_same { "the same as" } else { "another than" };
        format!("{same} that of process 1")
    };
    finding
        .seen(Evidence::of(&network.is_initial_namespace, text))
        .seen(Evidence::of(&network.container, |kind| {
            kind.as_ref().map_or("no container".to_owned(), |kind| format!("container {kind}"))
        }))
}
