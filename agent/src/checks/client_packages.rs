//! Are packages of the Lustre client installed, all of one version?

use super::{Check, Evidence, Finding, Group, install};
use crate::facts::{Facts, NodeFacts, Package};

const NAME: &str = "client_packages";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Are packages of the Lustre client installed, tools and modules of one version?",
    group: Group::Local,
    is_required: false,
    meaning: "Asks rpm or dpkg-query for packages with lustre in their name. Pass: there are some, of \
              one version of Lustre. Warn: none, while the client's programs are there (a client of \
              one's own); or versions that differ in their last part. Fail: none, and no programs; or \
              tools and modules of different series. Unknown: no package manager answered.",
    answer: |facts: &Facts| vec![check(&facts.node)],
};

fn check(facts: &NodeFacts) -> Finding {
    let shown = |packages: &Vec<Package>| {
        let names: Vec<_> = packages.iter().map(|p| format!("{} {}", p.name, p.version)).collect();
        if names.is_empty() { "no package of Lustre".to_owned() } else { names.join(", ") }
    };
    let evidence = Evidence::of(&facts.packages, shown);
    let Some(packages) = facts.packages.value() else {
        let summary = "whether packages of the client are installed could not be found out";
        let remedy = format!("see why {} does not answer", facts.packages.from());
        return Finding::unknown(NAME, summary, remedy).seen(evidence);
    };
    judge(facts, packages).seen(evidence)
}

fn judge(facts: &NodeFacts, packages: &[Package]) -> Finding {
    let mut versions: Vec<&str> = packages
        .iter()
        .map(Package::lustre_version)
        .filter(|version| !version.is_empty())
        .collect();
    versions.sort_unstable();
    versions.dedup();
    let mut series: Vec<_> = versions.iter().map(|version| of_series(version)).collect();
    series.dedup();
    match (versions.as_slice(), series.len()) {
        ([], _) => none(facts),
        ([one], _) => Finding::pass(NAME, format!("packages of Lustre {one} are installed")),
        (_, 1) => {
            let summary = format!("packages of Lustre {} are installed", versions.join(" and "));
            Finding::warn(NAME, summary, format!("make them one version: {}", install(facts)))
        }
        _ => {
            let summary = format!(
                "packages of different series of Lustre are installed: {}",
                versions.join(" and ")
            );
            Finding::fail(NAME, summary, format!("remove the older ones, then {}", install(facts)))
        }
    }
}

fn none(facts: &NodeFacts) -> Finding {
    let has_programs = facts.programs.mount.value().is_some_and(Option::is_some);
    if has_programs {
        let summary =
            "the client was not installed by a package: updates of the kernel leave it behind";
        let remedy = "build a package of it (`make rpms` or `make debs` of lustre-release), or build it \
                      anew after each update of the kernel";
        Finding::warn(NAME, summary, remedy)
    } else {
        Finding::fail(NAME, "no package of the Lustre client is installed", install(facts))
    }
}

/// `2.15` of `2.15.6`.
fn of_series(version: &str) -> String {
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}
