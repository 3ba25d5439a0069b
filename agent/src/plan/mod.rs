//! What a person would type to install or mend the Lustre client of this node, as a script to read.
//!
//! Facts and findings in, text out. Nothing here runs anything.

mod script;
mod steps;
#[cfg(test)]
mod tests;

use crate::checks::{Finding, Verdict};
use crate::compat::{Matrix, Node};
use crate::facts::{NodeFacts, Observed};
use fsxlustre_mount::failure::{Code, Explain};
use fsxlustre_mount::partition::Partition;
use std::path::PathBuf;

/// Where the commands are to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the node itself.
    Node,
    /// On another kernel of this node, which does not run yet.
    OtherKernel,
    /// On the machine that builds the image that is there.
    Image(PathBuf),
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it does.
    pub title: String,
    /// Why.
    pub reasons: Vec<String>,
    /// Lines of sh(1).
    pub lines: Vec<String>,
    /// Whether the lines stand as comments, for the reader to choose.
    pub is_offered: bool,
}

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    place: Place,
    /// What it is for: name and value.
    about: Vec<(&'static str, String)>,
    steps: Vec<Step>,
    /// What no command here mends.
    left: Vec<Finding>,
}

/// Nothing can be planned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no plan can be made: {what} is not known")]
pub struct NoPlan {
    what: &'static str,
    because: String,
}

impl Explain for NoPlan {
    fn code(&self) -> Code {
        Code::NoPlan
    }
    fn asked(&self) -> String {
        "fsxlustre check --plan".into()
    }
    fn because(&self) -> String {
        self.because.clone()
    }
    fn remedy(&self) -> String {
        "make etc/os-release readable below the root; name the kernel: --kernel VERSION".into()
    }
}

/// A node with what its plan needs to know of it.
struct Planned<'a> {
    facts: &'a NodeFacts,
    findings: &'a [Finding],
    matrix: &'a Matrix,
    node: Node<'a>,
    as_root: &'static str,
}

impl Planned<'_> {
    fn finding(&self, check: &str) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.check == check)
    }

    /// The summaries of those of these checks that are not Pass.
    fn reasons(&self, checks: &[&str]) -> Vec<String> {
        let found = checks.iter().filter_map(|check| self.finding(check));
        let wrong = found.filter(|finding| finding.verdict != Verdict::Pass);
        wrong.map(|finding| format!("{} ({})", finding.summary, finding.check)).collect()
    }

    fn has(&self, check: &str, verdict: Verdict) -> bool {
        self.finding(check).is_some_and(|finding| finding.verdict == verdict)
    }
}

impl Plan {
    /// Plans for a node of which these findings are.
    ///
    /// # Errors
    /// [`NoPlan`] when distribution, kernel or architecture is not known.
    pub fn of(facts: &NodeFacts, findings: &[Finding], place: Place) -> Result<Self, NoPlan> {
        let unknown = |what: &'static str, because: String| NoPlan { what, because };
        let in_use = facts.compatibility.value().ok_or_else(|| {
            unknown("the compatibility data", facts.compatibility.from().to_owned())
        })?;
        let node = crate::checks::node(facts)
            .map_err(|seen| unknown("distribution, kernel or architecture", seen.to_string()))?;
        let as_root = if matches!(place, Place::Image(_)) { "chroot \"$root\" " } else { "" };
        let planned = Planned { facts, findings, matrix: in_use.matrix(), node, as_root };
        let (steps, covered) = steps::all(&planned, &place);
        let left = findings.iter().filter(|finding| {
            finding.verdict != Verdict::Pass && !covered.contains(&finding.check)
        });
        let left = left.cloned().collect();
        let about = about(facts, &planned, &in_use.date, &steps);
        Ok(Self { place, about, steps, left })
    }
}

fn about(
    facts: &NodeFacts,
    planned: &Planned<'_>,
    date: &str,
    steps: &[Step],
) -> Vec<(&'static str, String)> {
    let Node { kernel, architecture, .. } = planned.node;
    let name = crate::checks::distribution_name(facts);
    let listed = planned.finding("kernel_supported").map(|finding| finding.summary.clone());
    let mut about = vec![
        ("for", format!("{name}, kernel {kernel}, {architecture}")),
        ("known", listed.unwrap_or_else(|| "nothing of this kernel".into())),
        ("data", format!("of {date}, {}", facts.compatibility.from())),
    ];
    let from_aws = |line: &String| line.contains("https://");
    if facts.region.value().is_some() || steps.iter().any(|step| step.lines.iter().any(from_aws)) {
        about.push(("partition", partition(facts)));
    }
    about
}

/// The partition whose hosts the commands name.
fn partition(facts: &NodeFacts) -> String {
    match &facts.region {
        Observed::Known { value, from } => {
            format!("{}, of {value} ({from})", Partition::of_region(value).name)
        }
        Observed::Unknown { .. } => {
            "aws, for no Region is known here ([aws] region names it)".into()
        }
    }
}
