//! Is there a Lustre module for the kernel that the next boot takes?

use super::{Check, Evidence, Finding, Group, Verdict, install_for};
use crate::facts::{Facts, InstalledModule, NodeFacts};

const NAME: &str = "next_kernel";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Will there be a Lustre module after the next boot?",
    group: Group::Local,
    is_required: false,
    meaning: "Finds the kernel that grub will boot (GRUB_DEFAULT, else saved_entry, else the newest), and \
              asks modinfo for its module. Pass: there is one that fits. Warn: there is none, or one for \
              another kernel: the next boot strands the node. Unknown: no kernel is installed here (a \
              container), or modinfo gave no answer.",
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
    let stay = match (is_running, facts.kernel_release.value()) {
        (false, Some(running)) => format!("; or boot {running} again: {}", keep(facts, running)),
        _ => String::new(),
    };
    Finding::warn(NAME, summary, format!("before the reboot: {}{stay}", install_for(facts, next)))
}

/// How the running kernel is made the one that boots next.
fn keep(facts: &NodeFacts, running: &str) -> String {
    let id = facts.distribution.value().map_or("", |found| found.id.as_str());
    match id {
        "amzn" | "rhel" | "rocky" | "centos" | "almalinux" => {
            format!("sudo grubby --set-default=/boot/vmlinuz-{running}")
        }
        "ubuntu" => {
            "sudo apt-mark hold linux-aws linux-image-aws linux-headers-aws, and remove the \
                     newer linux-image package"
                .to_owned()
        }
        _ => format!("make {running} the default of the boot loader"),
    }
}
