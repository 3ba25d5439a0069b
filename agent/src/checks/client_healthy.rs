//! Does the Lustre client say of itself that it is healthy?

use super::Verdict::{Fail, Unknown};
use super::{Check, Evidence, Finding, Group};
use crate::facts::NodeFacts;

const NAME: &str = "client_healthy";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Does the Lustre client say of itself that it is healthy?",
    group: Group::Local,
    is_required: false,
    meaning: "Reads health_check. Pass: healthy. Fail: any other word. Unknown: not loaded, or not \
              readable. It says nothing of the servers.",
    answer: |facts| vec![check(&facts.node)],
};

/// Pass: `healthy`. Fail: any other word (`NOT HEALTHY`, `LBUG`). Unknown: not loaded, or not
/// readable. It says nothing of the servers: it stays `healthy` while all are unreachable.
fn check(facts: &NodeFacts) -> Finding {
    let finding = match facts.health.value().map(String::as_str) {
        Some("healthy") => Finding::pass(
            NAME,
            "the client reports no fault of its own (it does not judge servers)",
        ),
        Some(words) => {
            let remedy =
                "read the Lustre lines of `dmesg`; unmount its file systems and reboot the node";
            Finding::other(NAME, Fail, format!("the client says: {words}"), remedy)
        }
        None if facts.module_loaded.value() == Some(&false) => {
            let summary = "the Lustre client is not loaded yet, so it has no health";
            Finding::other(NAME, Unknown, summary, "run `fsxlustre check` again after a mount")
        }
        None => {
            let remedy = format!("see why {} cannot be read, as root", facts.health.from());
            Finding::other(NAME, Unknown, "the client's health could not be read", remedy)
        }
    };
    finding.seen(Evidence::of(&facts.health, Clone::clone))
}
