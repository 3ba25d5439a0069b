//! Is there a Lustre module for the kernel that the next boot takes?

use super::{Check, Evidence, Finding, Group, Verdict, install_for, keep_booting, matrix, node};
use crate::compat::{Listing, Node};
use crate::facts::{Facts, InstalledModule, NodeFacts};

const NAME: &str = "next_kernel";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Will there be a Lustre module after the next boot?",
    group: Group::Local,
    is_required: false,
    meaning: "Finds the kernel that grub will boot (next_entry, else GRUB_DEFAULT, else saved_entry, \
              else the newest), and asks modinfo for its module. Pass: there is one that fits. Warn: there is none, or one for \
              another kernel: the next boot strands the node. Unknown: no kernel is installed here (a \
              container), grub's choice does not tell which kernel it is, or modinfo gave no answer.",
    answer: |facts: &Facts| vec![check(&facts.node)],
};

fn check(facts: &NodeFacts) -> Finding {
    let judged = match (facts.next_kernel.value(), facts.next_module.value()) {
        (Some(next), Some(module)) => judge(facts, next, module.as_ref()),
        (None, _) => {
            let summary = "which kernel the next boot takes could not be found out";
            Finding::unknown(NAME, summary, "see `ls /boot` and `grubby --default-kernel`")
        }
        (Some(next), None) => {
            let summary =
                format!("whether there is a Lustre module for {next} could not be found out");
            Finding::unknown(NAME, summary, format!("run `modinfo -k {next} lustre` by hand"))
        }
    };
    judged
        .seen(Evidence::of(&facts.next_kernel, |next| format!("next boot {next}")))
        .seen(Evidence::of(&facts.kernel_release, |running| format!("running {running}")))
        .seen(Evidence::of(&facts.next_module, |module| {
            let magic = module.as_ref().and_then(|module| module.vermagic.as_deref());
            magic.map_or_else(
                || "no module".to_owned(),
                |magic| format!("vermagic {}", magic.trim()),
            )
        }))
}

/// The same where a reboot depends on it: Fail when there is no module that fits.
pub fn reboot(facts: &NodeFacts) -> Finding {
    let finding = check(facts);
    let verdict = if finding.verdict == Verdict::Warn { Verdict::Fail } else { finding.verdict };
    Finding { verdict, ..finding }
}

fn judge(facts: &NodeFacts, next: &str, module: Option<&InstalledModule>) -> Finding {
    let is_running = facts.kernel_release.value().is_some_and(|running| running == next);
    let fits = module.is_some_and(|module| {
        module.built_for() == Some(next) || module.is_weak_update() && module.has_symbol_versions()
    });
    if fits {
        let which = if is_running { "which runs already" } else { "another one than runs now" };
        return Finding::pass(
            NAME,
            format!("the next boot takes {next}, {which}, with a Lustre module"),
        );
    }
    let built_for = module.and_then(InstalledModule::built_for);
    let what = built_for
        .map_or("no Lustre module".to_owned(), |other| format!("a Lustre module for {other} only"));
    let summary = format!("the next boot takes {next}, which has {what}");
    let remedy = remedy(facts, next, is_running);
    Finding::warn(NAME, summary, format!("before the reboot: {remedy}"))
}

/// The module for the next kernel, or that boot with the running one. AWS has a module only for kernels
/// that it lists; for another one the running kernel is the better choice.
fn remedy(facts: &NodeFacts, next: &str, is_running: bool) -> String {
    let install = install_for(facts, next);
    let running = facts.kernel_release.value().filter(|_| !is_running);
    let Some(stay) = running.map(|running| stay(facts, running)) else { return install };
    if is_listed(facts, next) {
        format!("{install}; or {stay}")
    } else {
        format!("{stay}; or {install}")
    }
}

fn is_listed(facts: &NodeFacts, kernel: &str) -> bool {
    let listing = || Some(matrix(facts).ok()?.kernel(Node { kernel, ..node(facts).ok()? }));
    matches!(listing(), Some(Listing::Listed(_)))
}

/// How the running kernel is made the one that boots next.
fn stay(facts: &NodeFacts, running: &str) -> String {
    let id = facts.distribution.value().map_or("", |found| found.id.as_str());
    keep_booting(id, running, "sudo ").map_or_else(
        || format!("make {running} the default of the boot loader"),
        |commands| format!("boot {running} again: {}", commands.join(" && ")),
    )
}
