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
              same zone or not: traffic between zones costs money and time, and EFA does not go there. \
              It never is Warn or Fail. Left out where one of the two is not known.",
    answer,
};

fn answer(facts: &Facts) -> Vec<Finding> {
    let identity = facts.aws.identity.as_ref().and_then(|known| known.value());
    let Some(subnet) = identity.and_then(|Identity { subnet, .. }| subnet.as_deref()) else {
        return Vec::new();
    };
    facts.file_systems.iter().filter_map(|one| check(one, subnet)).collect()
}

fn check(one: &NamedFileSystem, subnet: &str) -> Option<Finding> {
    let found = one.asked.file_system().filter(|found| !found.subnet_ids.is_empty())?;
    let finding = if found.subnet_ids.iter().any(|id| id == subnet) {
        Finding::pass(NAME, format!("node and file system are in {subnet}"))
    } else {
        let theirs = found.subnet_ids.join(", ");
        let summary =
            format!("the node is in {subnet}, the file system in {theirs}: maybe in another zone");
        let remedy = format!(
            "compare their zones: aws ec2 describe-subnets --region {} --subnet-ids {subnet} {}; traffic \
             between zones is billed and slower, and EFA does not cross it",
            found.region,
            found.subnet_ids.join(" ")
        );
        Finding::unknown(NAME, summary, remedy)
    };
    let seen = Evidence::new(format!("node {subnet}"), "the instance metadata service");
    let theirs = Evidence::new(found.subnet_ids.join(", "), "SubnetIds, fsx:DescribeFileSystems");
    Some(finding.about(&one.source).seen(seen).seen(theirs))
}
