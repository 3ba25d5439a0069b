//! Is none of the kernel's rules in the client's way?

use super::{Check, Evidence, Finding, Group, is_loaded};
use crate::facts::{Facts, InstalledModule, NodeFacts};

const NAME: &str = "kernel_restrictions";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Are lockdown, SELinux and the rules for modules not in the client's way?",
    group: Group::Local,
    is_required: false,
    meaning: "Reads lockdown, SELinux's mode, whether modules must be signed, and whether LNet's files in \
              debugfs can be opened. Pass: nothing is in the way. Warn: debugfs is shut, so that metrics \
              and checks of LNet are missing. Fail: modules must be signed and the installed one is not. \
              Unknown: the rules cannot be read, or securityfs is not mounted and the module is not signed.",
    answer: |facts: &Facts| vec![check(&facts.node)],
};

fn check(facts: &NodeFacts) -> Finding {
    let rules = &facts.restrictions;
    let lockdown = rules.lockdown.value().and_then(Option::as_deref).filter(|word| *word != "none");
    let must_be_signed = lockdown.is_some() || rules.needs_signatures.value() == Some(&Some(true));
    let module = facts.module_installed.value().and_then(Option::as_ref);
    let is_unsigned = module.is_some_and(|module: &InstalledModule| module.signer.is_none());
    let finding = if must_be_signed && is_unsigned && !is_loaded(facts) {
        let remedy = "sign the client's modules with a key that the firmware knows (mokutil --import), or \
                      start the instance without Secure Boot";
        Finding::fail(
            NAME,
            "the kernel takes signed modules only, and Lustre's is not signed",
            remedy,
        )
    } else if rules.debugfs_readable.value() == Some(&Some(false)) {
        shut(facts, lockdown)
    } else if rules.lockdown.value().is_none() && is_unsigned && !is_loaded(facts) {
        let remedy = "mount securityfs, so that lockdown is seen: sudo mount -t securityfs none \
                      /sys/kernel/security";
        Finding::unknown(NAME, "whether the kernel takes an unsigned module is not known", remedy)
    } else if rules.lockdown.value().is_none() && rules.selinux_enforces.value().is_none() {
        Finding::unknown(NAME, "the kernel's rules could not be read", "run it as root")
    } else {
        Finding::pass(NAME, "no rule of the kernel is in the client's way")
    };
    finding
        .seen(Evidence::of(&rules.lockdown, |word| {
            format!("lockdown {}", word.as_deref().unwrap_or("not built in"))
        }))
        .seen(Evidence::of(&rules.selinux_enforces, |mode| {
            let mode = match mode {
                Some(true) => "enforcing",
                Some(false) => "permissive",
                None => "off",
            };
            format!("SELinux {mode}")
        }))
        .seen(Evidence::of(&rules.debugfs_readable, |readable| {
            let told = match readable {
                Some(true) => "readable",
                Some(false) => "not readable",
                None => "LNet is not loaded",
            };
            told.to_owned()
        }))
}

fn shut(facts: &NodeFacts, lockdown: Option<&str>) -> Finding {
    let rules = &facts.restrictions;
    let (why, remedy) = match lockdown {
        Some(word) => (
            format!("lockdown ({word}) shuts debugfs"),
            "metrics of LNet and of each client are not to be had under lockdown; I/O is not concerned",
        ),
        None if rules.selinux_enforces.value() == Some(&Some(true)) => (
            "debugfs cannot be read, and SELinux enforces".to_owned(),
            "see `sudo ausearch -m avc -c fsxlustre`, and allow what it shows with audit2allow; as another \
             user than root it is never readable",
        ),
        None => (
            "debugfs cannot be read".to_owned(),
            "run it as root; mount it if it is not there: sudo mount -t debugfs none /sys/kernel/debug",
        ),
    };
    Finding::warn(NAME, why, remedy)
}
