//! One question a file: facts in, [`Finding`] out. Nothing here reads the machine.

mod address_translation;
mod atime;
mod aws_permissions;
mod client_healthy;
mod client_packages;
mod client_programs;
mod clock;
mod compatibility_data;
mod disk_space;
mod efa;
mod evictions;
mod file_system_found;
mod file_system_version;
mod finding;
mod fleet_fits_quota;
mod fstab;
mod imds;
mod imports;
mod io;
mod kernel_restrictions;
mod kernel_supported;
mod last_run;
mod lnet_interface;
mod lnet_port;
mod lnet_up;
mod module_current;
mod module_loadable;
mod module_options;
mod mount_point_empty;
mod mounts_answer;
mod mounts_as_asked;
mod mtu;
mod name_resolves;
mod network_allowances;
mod network_namespace;
mod next_kernel;
mod question;
mod remedies;
mod report;
mod root_squash;
mod same_subnet;
mod selection;
mod server_answers;
mod slurm;
mod targets_room;
mod text;
mod tuning_advised;
mod tuning_drift;

pub use finding::{Evidence, Finding, Verdict, worst};
pub use io::io;
pub use last_run::{Answer, LastRun};
pub use next_kernel::reboot;
pub use question::{Check, Group};
pub(crate) use remedies::{client_task, keep_booting, series, words};
pub use report::Report;
pub use selection::{Selection, UnknownCheck, find};
pub use text::{Colours, brief, explanation, list};
pub(crate) use tuning_advised::settings as advised_settings;

use remedies::{install, install_for, update};

use crate::compat::{InUse, Matrix, Node};
use crate::facts::{Facts, NodeFacts, Observed};

/// Every question, in the order in which they are shown: what the node is, what runs on it, what is
/// mounted, the network, AWS.
pub const CHECKS: &[Check] = &[
    compatibility_data::CHECK,
    kernel_supported::CHECK,
    client_packages::CHECK,
    client_programs::CHECK,
    module_loadable::CHECK,
    module_current::CHECK,
    module_options::CHECK,
    next_kernel::CHECK,
    kernel_restrictions::CHECK,
    lnet_up::CHECK,
    lnet_port::CHECK,
    lnet_interface::CHECK,
    network_namespace::CHECK,
    address_translation::CHECK,
    mtu::CHECK,
    network_allowances::CHECK,
    efa::CHECK,
    client_healthy::CHECK,
    mounts_answer::CHECK,
    mounts_as_asked::CHECK,
    imports::CHECK,
    evictions::CHECK,
    root_squash::CHECK,
    mount_point_empty::CHECK,
    fstab::CHECK,
    clock::CHECK,
    disk_space::CHECK,
    tuning_advised::CHECK,
    tuning_drift::CHECK,
    fleet_fits_quota::CHECK,
    slurm::HOOKS,
    slurm::FLAGS,
    slurm::CLOCKS,
    slurm::NAMESPACE,
    name_resolves::CHECK,
    server_answers::CHECK,
    targets_room::CHECK,
    imds::CHECK,
    aws_permissions::CHECK,
    file_system_found::CHECK,
    file_system_version::CHECK,
    same_subnet::CHECK,
    atime::CHECK,
];

/// Asks what was selected.
pub fn answers(facts: &Facts, selection: &Selection) -> Vec<Finding> {
    selection.checks.iter().flat_map(|check| (check.answer)(facts)).collect()
}

/// `2026-11-21 06:15:00 UTC` of seconds since 1970.
pub(crate) fn utc(unix_seconds: u64) -> String {
    let (days, seconds) = (unix_seconds / 86_400, unix_seconds % 86_400);
    // Days are counted in eras of 400 years that begin on a 1 March, where leap days come last.
    let from_era = days + 719_468;
    let (era, day) = (from_era / 146_097, from_era % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let place = (5 * day + 2) / 153;
    let (day, month) = (day - (153 * place + 2) / 5 + 1, (place + 2) % 12 + 1);
    let year = year + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// The node as the matrix looks at it, or the part that is not known.
pub(crate) fn node(facts: &NodeFacts) -> Result<Node<'_>, Evidence> {
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

/// The matrix that this node is judged by.
fn matrix(facts: &NodeFacts) -> Result<&Matrix, Evidence> {
    let in_use = &facts.compatibility;
    in_use.value().map(InUse::matrix).ok_or_else(|| Evidence::unknown(in_use))
}

/// `Amazon Linux 2023`, or what stands for it.
pub(crate) fn distribution_name(facts: &NodeFacts) -> String {
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
mod node_tests;
#[cfg(test)]
mod outside_tests;
#[cfg(test)]
mod tests;
