//! Are the client's programs installed?

use super::Verdict::{Fail, Unknown};
use super::{Evidence, Finding, install};
use crate::facts::{NodeFacts, Observed};
use fsxlustre_mount::file_system::FileSystem;

pub(super) const NAME: &str = "client_programs";

/// Pass: mount.lustre and lfs are there. Fail: one is not. Unknown: it could not be looked for.
pub(super) fn check(facts: &NodeFacts, _: Option<&FileSystem>) -> Finding {
    let programs = [("mount.lustre", &facts.programs.mount), ("lfs", &facts.programs.lfs)];
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
        Finding::pass(NAME, "mount.lustre and lfs are installed")
    } else {
        let summary = "whether the client's programs are installed could not be found out";
        let remedy = "run `ls -l /sbin/mount.lustre /usr/bin/lfs`";
        Finding::other(NAME, Unknown, summary, remedy)
    };
    programs.iter().fold(finding, |finding, (name, found)| {
        let show = |path: &Option<String>| path.clone().unwrap_or_else(|| format!("no {name}"));
        finding.seen(Evidence::of(found, show))
    })
}
