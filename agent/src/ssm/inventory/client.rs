//! `Custom:FsxLustreClient`: what this node is, and what the checks say of it. One entry.

use super::fit::Entry;
use super::{UNKNOWN, told};
use crate::checks::{Report, Verdict, distribution_name, worst};
use crate::facts::{NodeFacts, Observed};

/// The name of the type.
pub(super) const TYPE: &str = "Custom:FsxLustreClient";
/// The checks that say whether kernel, client and file system fit together.
const COMPATIBILITY: &[&str] =
    &["kernel_supported", "client_packages", "module_loadable", "module_current"];

/// The attributes, and what each is.
pub(super) fn entry(report: &Report) -> Entry {
    let node = &report.node;
    let count = |verdict| report.count(verdict).to_string();
    Entry::from([
        ("FsxlustreVersion", env!("CARGO_PKG_VERSION").to_owned()),
        ("ClientVersion", client_version(node)),
        ("ClientLoaded", yes_or_no(&node.module_loaded)),
        ("KernelRelease", told(&node.kernel_release, Clone::clone)),
        ("Distribution", told(&node.distribution, |_| distribution_name(node))),
        ("Architecture", told(&node.hardware.architecture, Clone::clone)),
        ("Compatibility", compatibility(report)),
        ("CompatibilityData", told(&node.compatibility, |in_use| in_use.date.clone())),
        ("Verdict", word(report.verdict)),
        ("ChecksFail", count(Verdict::Fail)),
        ("ChecksUnknown", count(Verdict::Unknown)),
        ("ChecksWarn", count(Verdict::Warn)),
        ("ChecksPass", count(Verdict::Pass)),
        ("Fail", names(report, Verdict::Fail)),
        ("Unknown", names(report, Verdict::Unknown)),
        ("Warn", names(report, Verdict::Warn)),
    ])
}

fn client_version(node: &NodeFacts) -> String {
    match (&node.module_loaded, &node.module_installed) {
        (Observed::Known { value: false, .. }, Observed::Known { value: None, .. }) => {
            "none".into()
        }
        _ => told(&node.client_version(), Clone::clone),
    }
}

fn yes_or_no(observed: &Observed<bool>) -> String {
    told(observed, |is| if *is { "yes" } else { "no" }.into())
}

/// The worst answer of the checks that ask for it; not known where none of them was asked.
fn compatibility(report: &Report) -> String {
    let of_it = report.findings.iter().filter(|finding| COMPATIBILITY.contains(&finding.check));
    of_it.map(|finding| finding.verdict).reduce(worst).map_or(UNKNOWN.into(), word)
}

fn word(verdict: Verdict) -> String {
    verdict.word().to_ascii_lowercase()
}

/// The checks with that answer, each once.
fn names(report: &Report, verdict: Verdict) -> String {
    let of_it = report.findings.iter().filter(|finding| finding.verdict == verdict);
    let mut names: Vec<&str> = of_it.map(|finding| finding.check).collect();
    names.dedup();
    names.join(" ")
}
