//! Does AWS list this kernel with a Lustre client?

use super::Verdict::{Fail, Unknown, Warn};
use super::{Check, Evidence, Finding, Group, distribution_name, is_loaded, matrix, node, update};
use crate::compat::{KernelRow, Listing, Matrix, Node};
use crate::facts::{NodeFacts, Observed};

const NAME: &str = "kernel_supported";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Does AWS list this kernel with a Lustre client?",
    group: Group::Local,
    is_required: false,
    meaning: "Reads the release of the running kernel, os-release and the architecture, and looks \
              them up in the compatibility matrix; on RHEL also whether dnf brings kernels of Extended \
              Update Support (EUS), which AWS does not support. Pass: listed. Warn: not listed, or \
              maybe of EUS, or known not to work while a client of one's own is loaded. Fail: known \
              not to work. Unknown: one of these could not be read.",
    answer: |facts| vec![check(&facts.node)],
};

/// Pass: listed. Warn: not listed, or refused while a client of one's own is loaded. Fail: known
/// not to work. Unknown: kernel, distribution or architecture could not be read.
fn check(facts: &NodeFacts) -> Finding {
    let looked_up = matrix(facts).and_then(|matrix| Ok((matrix, node(facts)?)));
    let finding = match looked_up {
        Ok((matrix, node)) => judge(matrix, node, facts),
        Err(evidence) => {
            let summary = "what AWS lists for this node cannot be looked up";
            let remedy =
                format!("make {} readable, then run `fsxlustre check` again", evidence.from);
            return Finding::other(NAME, Unknown, summary, remedy).seen(evidence);
        }
    };
    finding
        .seen(Evidence::of(&facts.kernel_release, Clone::clone))
        .seen(Evidence::of(&facts.distribution, |_| distribution_name(facts)))
        .seen(Evidence::of(&facts.hardware.architecture, Clone::clone))
}

fn judge(matrix: &Matrix, node: Node<'_>, facts: &NodeFacts) -> Finding {
    let (kernel, name) = (node.kernel, distribution_name(facts));
    match matrix.kernel(node) {
        Listing::Listed(row) => {
            let finding = match (&facts.extended_support, node.distribution) {
                (Observed::Known { value: None, .. }, _) => listed(row, kernel),
                (extended, "rhel") => maybe_extended(extended, kernel),
                _ => listed(row, kernel),
            };
            let finding = finding.seen(row_of(matrix, row));
            matrix.note(node.distribution).into_iter().fold(finding, |finding, told| {
                finding.seen(Evidence::new(told, "a note of the compatibility data"))
            })
        }
        Listing::Refused(row) => {
            let verdict = if is_loaded(facts) { Warn } else { Fail };
            let summary = format!("{kernel} is known not to work: {}", row.because);
            Finding::other(NAME, verdict, summary, update(facts))
                .seen(Evidence::new("refused", matrix.source(&row.source)))
        }
        Listing::KernelNotListed(rows) => {
            let summary =
                format!("{kernel} is not listed by AWS for {name} on {}", node.architecture);
            let kernels: Vec<String> = rows.iter().map(|row| row.kernels()).collect();
            let remedy = format!("{}; listed are: {}", update(facts), kernels.join("; "));
            Finding::other(NAME, Warn, summary, remedy)
        }
        Listing::DistributionNotListed => {
            let summary = format!("{name} on {} is not listed by AWS", node.architecture);
            let remedy = "use a distribution that AWS lists (Amazon Linux, Ubuntu LTS, RHEL, Rocky \
                          Linux), or keep a Lustre client of your own built for each kernel";
            Finding::other(NAME, Warn, summary, remedy)
        }
    }
}

fn listed(row: &KernelRow, kernel: &str) -> Finding {
    let systems = row.file_systems.join(", ");
    let summary = format!(
        "AWS lists {kernel} ({}) with the Lustre {} client, for file systems {systems}",
        row.name, row.client
    );
    if row.verified {
        Finding::pass(NAME, summary)
    } else {
        let remedy = "look at AWS's current client matrix before relying on it: \
                      docs.aws.amazon.com/fsx/latest/LustreGuide/lustre-client-matrix.html";
        Finding::other(NAME, Warn, format!("{summary}; no source confirms it"), remedy)
    }
}

fn row_of(matrix: &Matrix, row: &KernelRow) -> Evidence {
    Evidence::new(format!("row: {}", row.kernels()), matrix.source(&row.source))
}

/// A listed kernel of RHEL that may be one of EUS: the release does not tell them apart.
fn maybe_extended(extended: &Observed<Option<String>>, kernel: &str) -> Finding {
    let finding = match extended {
        Observed::Known { value, from } => {
            let what = value.as_deref().unwrap_or_default();
            let summary = format!(
                "AWS lists {kernel}, but supports no kernel of Extended Update Support (EUS), \
                 which {what} brings"
            );
            let leave = if what.starts_with("releasever") {
                format!("sudo rm {from}")
            } else {
                "sudo yum-config-manager --disable '*-eus*'".to_owned()
            };
            let remedy = format!(
                "leave EUS: {leave} && sudo yum update -y 'kernel*' && sudo reboot, then \
                 `fsxlustre check --plan`; or try each kernel of EUS before nodes boot it"
            );
            Finding::other(NAME, Warn, summary, remedy)
        }
        Observed::Unknown { from, .. } => {
            let summary = format!("AWS lists {kernel}; whether it is one of EUS is not known");
            let remedy = format!("make {from} readable, then run `fsxlustre check` again");
            Finding::other(NAME, Unknown, summary, remedy)
        }
    };
    finding.seen(Evidence::of(extended, |what| what.clone().unwrap_or_default()))
}
