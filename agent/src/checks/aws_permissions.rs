//! Has this node the permissions that its configuration uses?

use super::{Check, Evidence, Finding, Group};
use crate::facts::{Facts, Permission, is_about_permission};

const NAME: &str = "aws_permissions";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Has this node credentials, and each permission to read that its configuration uses?",
    group: Group::Aws,
    is_required: false,
    meaning: "Uses each of them: fsx:DescribeFileSystems for ids and tags, ssm:GetParametersByPath for \
              [config] ssm_path, sts:AssumeRole for [aws] role_arn; \
              fsx:DescribeDataRepositoryAssociations, which nothing needs, is told by atime. Pass: AWS answered. Fail: AWS refused, or there are no credentials; the \
              remedy has the statement. Unknown: AWS did not answer. Left out where nothing of AWS is \
              used. fsxlustre asks AWS for nothing that writes, so that it needs no permission to write.",
    answer,
};

fn answer(facts: &Facts) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for permission in &facts.aws.permissions {
        let finding = check(permission);
        // One line an action: the worst, or the first that was given.
        match findings.iter_mut().find(|known| known.subject.as_deref() == Some(permission.action))
        {
            Some(known) if known.verdict == super::Verdict::Pass => *known = finding,
            Some(_) => {}
            None => findings.push(finding),
        }
    }
    let credentials = facts.aws.credentials.as_ref();
    let seen = credentials.map(|from| Evidence::of(from, |told| format!("credentials {told}")));
    findings
        .into_iter()
        .map(|finding| seen.clone().into_iter().fold(finding, Finding::seen))
        .collect()
}

fn check(permission: &Permission) -> Finding {
    let Permission { action, policy, used_for, refused } = permission;
    let finding = match refused {
        None => Finding::pass(NAME, format!("{action} is allowed")),
        Some(failure) if is_about_permission(failure) => {
            let remedy = format!(
                "{}; the statement: packaging/iam/{policy} (/usr/share/fsxlustre/iam)",
                failure.remedy
            );
            let finding = Finding::fail(NAME, format!("{action}: {}", failure.what), remedy);
            Finding { code: Some(failure.code.to_string()), ..finding }
        }
        Some(failure) => {
            let summary = format!("{action}: {}", failure.what);
            let finding = Finding::unknown(NAME, summary, &failure.remedy);
            Finding { code: Some(failure.code.to_string()), ..finding }
        }
    };
    let told = refused.as_ref().map_or("AWS answered", |failure| failure.because.as_str());
    finding.about(*action).seen(Evidence::new(told, format!("{action} for {used_for}")))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use std::path::Path;

    /// A permission to write cannot be tried by a check. Only what is asked for by a command of its own
    /// writes, and says itself what it lacks.
    #[test]
    fn no_packaged_policy_but_three_lets_anything_be_written() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/iam");
        let mut count = 0;
        for file in std::fs::read_dir(folder).expect("a folder") {
            let path = file.expect("a file").path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let may_write = match path.file_name().and_then(|name| name.to_str()) {
                Some("push-config.json") => &["ssm:PutParameter", "ssm:DeleteParameters"][..],
                Some("compliance.json") => &["ssm:PutComplianceItems"],
                // The head node's own, which no node that runs jobs should have.
                Some("export.json") => &["fsx:CreateDataRepositoryTask"],
                _ => &[],
            };
            let text = std::fs::read_to_string(&path).expect("text");
            let policy: Value = serde_json::from_str(&text).expect("JSON");
            for statement in policy["Statement"].as_array().expect("statements") {
                let action = statement["Action"].as_str().expect("one action").to_owned();
                let verb = action.split_once(':').expect("a service").1;
                let reads = ["Describe", "Get", "List"].iter().any(|begin| verb.starts_with(begin));
                let is_needed_to_read =
                    ["sts:AssumeRole", "kms:Decrypt"].contains(&action.as_str());
                let writes = may_write.contains(&action.as_str());
                assert!(reads || is_needed_to_read || writes, "{}: {action}", path.display());
                count += 1;
            }
        }
        assert!(count >= 4, "{count}");
    }
}
