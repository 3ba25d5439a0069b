//! One question a file: facts in, findings out. Nothing here reads the machine.

mod connections;
mod efa_fallback;
mod file_system_throughput;
mod grants;
mod lock_contention;
mod maintenance_window;
mod metadata_latency;
mod network_allowance;
mod one_target;
mod rpcs_in_flight;
mod s3_restores;
mod small_rpcs;

use super::Finding;
use super::facts::Facts;
use crate::window::FileSystemWindow;

/// A question about the whole node.
type NodeRule = fn(&Facts) -> Finding;
/// A question about one file system.
type FileSystemRule = fn(&Facts, &str, &FileSystemWindow) -> Finding;

/// A rule's name and what it asks, for the manual.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its name.
    pub name: &'static str,
    /// What limits the I/O when its answer is yes, and by what that is known.
    pub about: &'static str,
}

const OF_THE_NODE: &[(Rule, NodeRule)] = &[
    (network_allowance::RULE, network_allowance::judge),
    (efa_fallback::RULE, efa_fallback::judge),
    (lock_contention::RULE, lock_contention::judge),
];

const OF_A_FILE_SYSTEM: &[(Rule, FileSystemRule)] = &[
    (connections::RULE, connections::judge),
    (small_rpcs::RULE, small_rpcs::judge),
    (rpcs_in_flight::RULE, rpcs_in_flight::judge),
    (grants::RULE, grants::judge),
    (one_target::RULE, one_target::judge),
    (metadata_latency::RULE, metadata_latency::judge),
    (file_system_throughput::RULE, file_system_throughput::judge),
    (maintenance_window::RULE, maintenance_window::judge),
    (s3_restores::RULE, s3_restores::judge),
];

/// Every rule, in the order of the manual.
pub fn rules() -> impl Iterator<Item = Rule> {
    let of_a_file_system = OF_A_FILE_SYSTEM.iter().map(|(rule, _)| *rule);
    of_a_file_system.chain(OF_THE_NODE.iter().map(|(rule, _)| *rule))
}

/// Every answer, ranked.
pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    let mut findings: Vec<Finding> = OF_THE_NODE.iter().map(|(_, judge)| judge(facts)).collect();
    for (fs, window) in &facts.window.file_systems {
        findings.extend(OF_A_FILE_SYSTEM.iter().map(|(_, judge)| judge(facts, fs, window).of(fs)));
    }
    super::finding::rank(&mut findings);
    findings
}
