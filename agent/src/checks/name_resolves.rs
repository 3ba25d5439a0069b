//! Do the names of the file systems' servers resolve?

use super::{Check, Evidence, Finding, Group};
use crate::facts::{Facts, NamedFileSystem, Observed};
use fsxlustre_mount::reach::Reached;

const NAME: &str = "name_resolves";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Does the name of each configured file system resolve?",
    group: Group::Network,
    is_required: false,
    meaning: "Asks this node's resolver. Pass: it has an address. Fail: it has none. Left out for a file \
              system whose name is not known, and for addresses.",
    answer,
};

fn answer(facts: &Facts) -> Vec<Finding> {
    facts.file_systems.iter().filter_map(check).collect()
}

fn check(one: &NamedFileSystem) -> Option<Finding> {
    let Observed::Known { value, from } = one.reached.as_ref()? else { return None };
    let finding = match value {
        Reached::Nothing { host, because } => {
            let summary = format!("{host} does not resolve: {because}");
            let remedy = format!(
                "turn on DNS for the VPC (enableDnsSupport, enableDnsHostnames) and ask the resolver of \
                 Amazon (`cat /etc/resolv.conf`; `getent hosts {host}`); from another VPC or on-premises \
                 forward the name to it"
            );
            Finding::fail(NAME, summary, remedy)
        }
        Reached::Port { address } | Reached::Name { address, .. } => {
            Finding::pass(NAME, format!("its server is {address}"))
        }
    };
    Some(finding.about(&one.source).seen(Evidence::new(value.to_string(), from)))
}
