//! Does TCP 988 of the file systems' servers answer?

use super::{Check, Evidence, Finding, Group};
use crate::facts::{Facts, NamedFileSystem, Observed};
use fsxlustre_mount::reach::Reached;

const NAME: &str = "server_answers";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Does TCP 988 of each configured file system answer?",
    group: Group::Network,
    is_required: false,
    meaning: "Makes a connection and closes it. Pass: it is taken. Fail: it is refused or not answered. \
              Unknown: nobody looked long enough. It says nothing of the way back, nor of 1018-1023. Left \
              out where no name or address is known.",
    answer: |facts: &Facts| facts.file_systems.iter().filter_map(check).collect(),
};

fn check(one: &NamedFileSystem) -> Option<Finding> {
    let reached = one.reached.as_ref()?;
    let finding = match reached {
        Observed::Known { value: Reached::Nothing { .. }, .. } => return None,
        Observed::Known { value: Reached::Port { address }, .. } => {
            Finding::pass(NAME, format!("TCP 988 of {address} answers"))
        }
        Observed::Known { value: Reached::Name { address, because }, .. } => {
            let summary = format!("TCP 988 of {address} does not answer: {because}");
            let remedy = "open TCP 988 and 1018-1023, both ways, between the security groups of node and \
                          file system, and in network ACLs; see the route: ip route get ";
            Finding::fail(NAME, summary, format!("{remedy}{address}"))
        }
        Observed::Unknown { because, .. } => {
            let summary = format!("whether TCP 988 answers is not known: {because}");
            Finding::unknown(NAME, summary, "run it again")
        }
    };
    Some(finding.about(&one.source).seen(Evidence::of(reached, ToString::to_string)))
}
