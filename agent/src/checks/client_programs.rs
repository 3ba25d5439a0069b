//! Are the client's programs installed?

use super::Verdict::{Fail, Unknown};
use super::{Check, Evidence, Finding, Group, install};
use crate::facts::{NodeFacts, Observed};

const NAME: &str = "client_programs";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Are the client's programs installed?",
    group: Group::Local,
    is_required: true,
    meaning: "Looks for mount.lustre, lfs and lctl in the folders of programs. Pass: all are \
              there. Fail: one is not. Unknown: it could not be looked for.",
    answer: |facts| vec![check(&facts.node)],
};

/// Pass: mount.lustre, lfs and lctl are there. Fail: one is not. Unknown: it could not be looked for.
fn check(facts: &NodeFacts) -> Finding {
    let found = &facts.programs;
    let programs = [("mount.lustre", &found.mount), ("lfs", &found.lfs), ("lctl", &found.lctl)];
    let missing: Vec<&str> = programs
        .iter()
        .filter(|(_, found)| matches!(found, Observed::Known { value: None, .. }))
        .map(|(name, _)| *name)
        .collect();
    let finding = if !missing.is_empty() {
        let summary = format!("not installed: {}", missing.join(", "));
        let remedy = format!(
            "{}; if they are in another folder, name it in `[host] program_folders`",
            install(facts)
        );
        Finding::other(NAME, Fail, summary, remedy)
    } else if programs.iter().all(|(_, found)| found.value().is_some()) {
        Finding::pass(NAME, "mount.lustre, lfs and lctl are installed")
    } else {
        let summary = "whether the client's programs are installed could not be found out";
        let remedy = "run `ls -l /sbin/mount.lustre /usr/bin/lfs /usr/sbin/lctl`";
        Finding::other(NAME, Unknown, summary, remedy)
    };
    programs.iter().fold(finding, |finding, (name, found)| {
        let show = |path: &Option<String>| path.clone().unwrap_or_else(|| format!("no {name}"));
        finding.seen(Evidence::of(found, show))
    })
}
