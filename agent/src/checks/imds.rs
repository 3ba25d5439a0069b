//! Does the instance metadata service answer?

use super::{Check, Evidence, Finding, Group};
use crate::facts::{Facts, Identity};

const NAME: &str = "imds";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Does the instance metadata service answer?",
    group: Group::Aws,
    is_required: false,
    meaning: "Asks IMDSv2 who and where this instance is. Pass: it says account, VPC and subnet. Warn: it \
              does not answer, or not all of it. Unknown is not used: what does not answer is a Warn, \
              since a node may have its Region and credentials from files.",
    answer: |facts: &Facts| facts.aws.identity.iter().map(check).collect(),
};

fn check(identity: &crate::facts::Observed<Identity>) -> Finding {
    let remedy = "turn it on: aws ec2 modify-instance-metadata-options --instance-id ID --http-endpoint \
                  enabled --http-tokens required --http-put-response-hop-limit 2 (2 for containers); let \
                  169.254.169.254 through the node's firewall";
    let finding = match identity.value() {
        Some(Identity { account: Some(account), vpc: Some(vpc), subnet: Some(subnet) }) => {
            Finding::pass(NAME, format!("this instance is in {subnet} of {vpc}, account {account}"))
        }
        Some(_) => Finding::warn(NAME, "the metadata service says not all that is needed", remedy),
        None => Finding::warn(NAME, "the metadata service does not answer", remedy),
    };
    let shown = |identity: &Identity| {
        let text = |field: &Option<String>| field.clone().unwrap_or_else(|| "unknown".into());
        let Identity { account, vpc, subnet } = identity;
        format!("account {}, vpc {}, subnet {}", text(account), text(vpc), text(subnet))
    };
    finding.seen(Evidence::of(identity, shown))
}
