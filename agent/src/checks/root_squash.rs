//! Is this node's root root on the file system?

use super::{Check, Evidence, Finding, Group};
use crate::facts::{ClientInstance, Facts, Lnet};

const NAME: &str = "root_squash";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Is this node's root also root on the file system?",
    group: Group::Local,
    is_required: false,
    meaning: "Reads root_squash and nosquash_nids of each client. Pass: root is root, or this node is \
              among those that are left alone. Warn: root is somebody else there: chown, chmod and mkdir \
              by root's hooks fail. Unknown: the files cannot be read.",
    answer,
};

fn answer(facts: &Facts) -> Vec<Finding> {
    let Some(clients) = facts.node.clients.value() else { return Vec::new() };
    let nids = match facts.node.lnet.value() {
        Some(Lnet::Up(nids)) => nids.iter().map(|nid| nid.nid.as_str()).collect(),
        _ => Vec::new(),
    };
    let mut seen: Vec<&str> = Vec::new();
    let mut findings = Vec::new();
    for instance in &clients.instances {
        if !seen.contains(&instance.fs_name.as_str()) {
            seen.push(&instance.fs_name);
            findings.push(check(instance, &nids));
        }
    }
    findings
}

/// `UID:GID`.
fn are_ids(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once(':').is_some_and(|(uid, gid)| is_number(uid) && is_number(gid))
}

fn check(instance: &ClientInstance, nids: &[&str]) -> Finding {
    let fs = &instance.fs_name;
    let left_alone = instance.no_squash_nids.as_deref().unwrap_or("NONE");
    let squash = instance.root_squash.as_deref().filter(|ids| are_ids(ids));
    let is_named = nids.iter().any(|nid| left_alone.split([' ', ',', ':']).any(|one| one == *nid));
    let finding = match squash {
        None => {
            let summary = format!("{fs}: whether root is squashed could not be read");
            Finding::unknown(
                NAME,
                summary,
                "run it as root: sudo lctl get_param llite.*.root_squash",
            )
        }
        Some("0:0") => Finding::pass(NAME, format!("{fs}: root is root")),
        Some(other) if is_named => {
            let summary = format!("{fs}: root is {other} for others, and root here");
            Finding::pass(NAME, summary)
        }
        Some(other) => {
            let nid = nids.first().unwrap_or(&"NID");
            let summary = format!(
                "{fs}: root of this node is {other} there, unless its NID is in {left_alone}"
            );
            let remedy = format!(
                "if root is to work there: aws fsx update-file-system --file-system-id ID \
                 --lustre-configuration 'RootSquashConfiguration={{NoSquashNids=[{nid}]}}'"
            );
            Finding::warn(NAME, summary, remedy)
        }
    };
    let from = "root_squash, nosquash_nids of the client";
    let told = format!("root_squash {}, nosquash_nids {left_alone}", squash.unwrap_or("unknown"));
    finding.about(fs).seen(Evidence::new(told, from))
}
