//! Is the node in the file system's subnet?

use super::{Check, Evidence, Finding, Group};
use crate::facts::{Facts, Identity, NamedFileSystem};

const NAME: &str = "same_subnet";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Is this node in the subnet of each configured file system?",
    group: Group::Aws,
    is_required: false,
    meaning: "Compares the subnet that the metadata service tells with SubnetIds of the file system. \
              Pass: the same, so the same Availability Zone. Unknown: another one, which may be in the \
              same zone or not: traffic between zones costs money and time, and EFA does not go there; or \
              the node's own is not told. It never is Warn or Fail. Left out where AWS was not asked or \
              does not tell the file system's.",
    answer,
};

fn answer(facts: &Facts) -> Vec<Finding> {
    let Some(identity) = &facts.aws.identity else { return Vec::new() };
    let subnet = identity.value().and_then(|Identity { subnet, .. }| subnet.as_deref());
    facts.file_systems.iter().filter_map(|one| check(one, subnet)).collect()
}

fn check(one: &NamedFileSystem, subnet: Option<&str>) -> Option<Finding> {
    let found = one.asked.file_system().filter(|found| !found.subnet_ids.is_empty())?;
    let theirs = Evidence::new(found.subnet_ids.join(", "), "SubnetIds, fsx:DescribeFileSystems");
    let Some(subnet) = subnet else {
        let summary = "the node's subnet is not known, so it may be in another zone";
        let remedy = "let the instance metadata service answer (see `fsxlustre check --explain imds`); \
                      traffic between zones is billed and slower, and EFA does not cross it";
        return Some(Finding::unknown(NAME, summary, remedy).about(&one.source).seen(theirs));
    };
    let finding = if found.subnet_ids.iter().any(|id| id == subnet) {
        Finding::pass(NAME, format!("node and file system are in {subnet}"))
    } else {
        let other = found.subnet_ids.join(", ");
        let summary =
            format!("the node is in {subnet}, the file system in {other}: maybe in another zone");
        let remedy = format!(
            "compare their zones: aws ec2 describe-subnets --region {} --subnet-ids {subnet} {}; traffic \
             between zones is billed and slower, and EFA does not cross it",
            found.region,
            found.subnet_ids.join(" ")
        );
        Finding::unknown(NAME, summary, remedy)
    };
    let seen = Evidence::new(format!("node {subnet}"), "the instance metadata service");
    Some(finding.about(&one.source).seen(seen).seen(theirs))
}
