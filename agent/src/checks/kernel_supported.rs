//! Does AWS list this kernel with a Lustre client?

use super::Verdict::{Fail, Unknown, Warn};
use super::{Check, Evidence, Finding, Group, distribution_name, is_loaded, matrix, node, update};
use crate::compat::{KernelRow, Listing, Matrix, Node};
use crate::facts::NodeFacts;

const NAME: &str = "kernel_supported";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Does AWS list this kernel with a Lustre client?",
    group: Group::Local,
    is_required: false,
    meaning: "Reads the release of the running kernel, os-release and the architecture, and looks \
              them up in the compatibility matrix. Pass: listed. Warn: not listed, or known not to \
              work while a client of one's own is loaded. Fail: known not to work. Unknown: one of \
              the three could not be read.",
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
        Listing::Listed(row) => listed(matrix, row, kernel),
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

fn listed(matrix: &Matrix, row: &KernelRow, kernel: &str) -> Finding {
    let systems = row.file_systems.join(", ");
    let summary = format!(
        "AWS lists {kernel} ({}) with the Lustre {} client, for file systems {systems}",
        row.name, row.client
    );
    let finding = if row.verified {
        Finding::pass(NAME, summary)
    } else {
        let remedy = "look at AWS's current client matrix before relying on it: \
                      docs.aws.amazon.com/fsx/latest/LustreGuide/lustre-client-matrix.html";
        Finding::other(NAME, Warn, format!("{summary}; no source confirms it"), remedy)
    };
    finding.seen(Evidence::new(format!("row: {}", row.kernels()), matrix.source(&row.source)))
}
