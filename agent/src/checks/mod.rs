//! One question a file: facts in, [`Finding`] out. Nothing here reads the machine.

mod client_healthy;
mod client_programs;
mod file_system_found;
mod file_system_version;
mod finding;
mod fleet_fits_quota;
mod kernel_supported;
mod last_run;
mod lnet_up;
mod module_loadable;
mod report;
mod slurm;
mod tuning_advised;

pub use file_system_found::Asked;
pub use finding::{Evidence, Finding, Verdict};
pub use last_run::{Answer, LastRun};
pub use report::Report;
pub use slurm::slurm;

use crate::compat::{Matrix, Node};
use crate::facts::{NodeFacts, Observed};
use fsxlustre_mount::answer::AnswerSettings;
use fsxlustre_mount::file_system::FileSystem;
use std::time::Duration;

/// A question about a node, and maybe about a file system.
pub type Check = fn(&NodeFacts, Option<&FileSystem>) -> Finding;

/// The questions about a node, in the order in which they are shown.
const NODE_CHECKS: &[Check] = &[
    kernel_supported::check,
    module_loadable::check,
    client_programs::check,
    lnet_up::check,
    client_healthy::check,
    tuning_advised::check,
];

/// Checks without whose answer nobody can say that a mount will work: their Unknown is exit 3.
///
/// The others advise: a kernel that AWS does not list may have a client of its own, a client that
/// is not loaded yet has no health, and tuning changes speed only.
const REQUIRED: &[&str] = &[
    module_loadable::NAME,
    client_programs::NAME,
    lnet_up::NAME,
    file_system_found::NAME,
    file_system_version::NAME,
];

/// Asks everything; `asked` is what came of the source that was given.
pub fn run_all(facts: &NodeFacts, asked: &Asked) -> Vec<Finding> {
    let found = asked.file_system();
    let mut findings: Vec<Finding> = NODE_CHECKS.iter().map(|check| check(facts, found)).collect();
    findings.extend(file_system_found::check(asked));
    if asked.is_something() {
        findings.push(file_system_version::check(facts, found));
    }
    findings
}

/// What the configuration says of the fleet that this node belongs to, where it says something.
pub fn fleet(answers: &AnswerSettings, budget: Duration) -> Option<Finding> {
    fleet_fits_quota::check(answers, budget)
}

/// The node as the matrix looks at it, or the part that is not known.
fn node(facts: &NodeFacts) -> Result<Node<'_>, Evidence> {
    let distribution =
        facts.distribution.value().ok_or_else(|| Evidence::unknown(&facts.distribution))?;
    let kernel =
        facts.kernel_release.value().ok_or_else(|| Evidence::unknown(&facts.kernel_release))?;
    let architecture = &facts.hardware.architecture;
    let architecture = architecture.value().ok_or_else(|| Evidence::unknown(architecture))?;
    Ok(Node {
        distribution: &distribution.id,
        release: distribution.version.as_deref().unwrap_or_default(),
        kernel,
        architecture,
    })
}

/// How the client is installed here, as far as AWS says so.
fn install(facts: &NodeFacts) -> String {
    let codename = facts.distribution.value().and_then(|found| found.codename.as_deref());
    let command =
        node(facts).ok().and_then(|node| Matrix::carried().ok()?.install_command(node, codename));
    command.unwrap_or_else(|| {
        let kernel = facts.kernel_release.value().map_or("the running kernel", String::as_str);
        format!(
            "fsxlustre knows no AWS package for this node: build the Lustre 2.15 client for {kernel} \
             from git.whamcloud.com/fs/lustre-release.git (`./configure --disable-server && make \
             debs` or `make rpms`) and install it"
        )
    })
}

/// `Amazon Linux 2023`, or what stands for it.
fn distribution_name(facts: &NodeFacts) -> String {
    facts.distribution.value().map_or_else(
        || "a distribution that is not known".to_owned(),
        |found| {
            let short = || format!("{} {}", found.id, found.version.as_deref().unwrap_or_default());
            found.name.clone().unwrap_or_else(short).trim().to_owned()
        },
    )
}

fn is_loaded(facts: &NodeFacts) -> bool {
    matches!(facts.module_loaded, Observed::Known { value: true, .. })
}

#[cfg(test)]
mod tests;
