//! Does Slurm call a job's start and end as they need it? Left out where no Slurm is installed, and
//! on login and head nodes.

mod clocks;
mod flags;
mod hooks;
mod namespace;
mod questions;

pub(super) use questions::{CLOCKS, FLAGS, HOOKS, NAMESPACE};

use super::Verdict::Unknown;
use super::{Evidence, Finding};
use crate::config::{JobsSection, Role};
use crate::facts::{NodeFacts, Observed, Slurm};

/// What one question about Slurm finds.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Trouble {
    is_fail: bool,
    summary: String,
    remedy: String,
}

impl Trouble {
    fn fail(summary: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { is_fail: true, summary: summary.into(), remedy: remedy.into() }
    }

    fn warn(summary: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { is_fail: false, ..Self::fail(summary, remedy) }
    }
}

/// All findings about Slurm.
fn slurm(facts: &NodeFacts, jobs: &JobsSection, role: Role) -> Vec<Finding> {
    if role != Role::Compute {
        return Vec::new();
    }
    let slurm = match &facts.slurm {
        Observed::Known { value: None, .. } => return Vec::new(),
        Observed::Known { value: Some(slurm), .. } => slurm,
        Observed::Unknown { .. } if jobs.mount.is_empty() => return Vec::new(),
        Observed::Unknown { .. } => {
            let remedy = "run `scontrol show config` on this node: munge must run, and the \
                          controller must answer";
            let told = "what Slurm calls is not known: scontrol gave no answer";
            let finding = Finding::other(hooks::NAME, Unknown, told, remedy);
            return vec![finding.seen(Evidence::unknown(&facts.slurm))];
        }
    };
    // A cluster that calls nothing of ours, with nothing configured for jobs, is none of ours.
    let is_ours = |files: &Observed<Vec<_>>| {
        files
            .value()
            .is_none_or(|files| files.iter().any(|file: &crate::facts::HookFile| file.is_ours))
    };
    if jobs.mount.is_empty() && !is_ours(&slurm.prolog) && !is_ours(&slurm.epilog) {
        return Vec::new();
    }
    vec![
        hooks::check(slurm),
        flags::check(slurm),
        clocks::check(slurm, jobs),
        namespace::check(slurm),
    ]
}

/// The worst of what was found says the verdict; what mends it says all.
fn finding(
    name: &'static str,
    troubles: &[Trouble],
    well: impl Into<String>,
    evidence: Vec<Evidence>,
) -> Finding {
    let join = |part: fn(&Trouble) -> &str| {
        let parts: Vec<_> = troubles.iter().map(part).collect();
        parts.join("; ")
    };
    let finding = if troubles.is_empty() {
        Finding::pass(name, well)
    } else {
        let is_fail = troubles.iter().any(|trouble| trouble.is_fail);
        let verdict = if is_fail { super::Verdict::Fail } else { super::Verdict::Warn };
        Finding::other(name, verdict, join(|one| &one.summary), join(|one| &one.remedy))
    };
    evidence.into_iter().fold(finding, Finding::seen)
}

/// A setting as evidence.
fn setting(slurm: &Slurm, name: &str) -> Evidence {
    let values = slurm.config.list(name);
    let value = if values.is_empty() { "not set".to_owned() } else { values.join(", ") };
    Evidence::new(format!("{name}={value}"), "scontrol show config")
}

#[cfg(test)]
mod tests;
