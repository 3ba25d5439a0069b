//! Is the Lustre module loaded, or one that fits the running kernel installed?

use super::Verdict::{Fail, Unknown, Warn};
use super::{Check, Evidence, Finding, Group, install, is_loaded};
use crate::facts::{InstalledModule, NodeFacts, Observed};

const NAME: &str = "module_loadable";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Is the Lustre module loaded, or one that fits the running kernel installed?",
    group: Group::Local,
    is_required: true,
    meaning: "Reads /proc/modules and `modinfo lustre`. Pass: loaded, or installed and built for \
              this kernel or linked to it by weak-modules. Warn: built for another kernel, with \
              symbol versions, so that it may load. Fail: none installed, or one that this kernel \
              refuses. Unknown: modinfo gave no answer.",
    answer: |facts| vec![check(&facts.node)],
};

/// Pass: loaded, or installed and built for this kernel or linked to it by weak-modules(8).
/// Warn: built for another kernel, but with symbol versions, so that it may load. Fail: none
/// installed, or one that this kernel refuses. Unknown: modinfo gave no answer.
fn check(facts: &NodeFacts) -> Finding {
    if is_loaded(facts) {
        let version = facts.loaded_version.value().map_or("of unknown version", String::as_str);
        return Finding::pass(NAME, format!("the Lustre client {version} is loaded"))
            .seen(Evidence::of(&facts.module_loaded, |_| "lustre is loaded".into()))
            .seen(Evidence::of(&facts.loaded_version, Clone::clone));
    }
    match &facts.module_installed {
        Observed::Known { value: Some(module), .. } => installed(facts, module),
        Observed::Known { value: None, .. } => {
            let kernel = facts.kernel_release.value().map_or("the running kernel", String::as_str);
            let summary = format!("no Lustre module is installed for {kernel}");
            Finding::other(NAME, Fail, summary, install(facts))
                .seen(Evidence::of(&facts.module_installed, |_| "Module lustre not found".into()))
                .seen(Evidence::of(&facts.kernel_release, Clone::clone))
        }
        Observed::Unknown { .. } => {
            let summary = "whether a Lustre module is installed could not be found out";
            let remedy =
                "run `modinfo lustre` by hand (package kmod), then `fsxlustre check` again";
            Finding::other(NAME, Unknown, summary, remedy)
                .seen(Evidence::unknown(&facts.module_installed))
        }
    }
}

fn installed(facts: &NodeFacts, module: &InstalledModule) -> Finding {
    let version = module.version.as_deref().unwrap_or("of unknown version");
    let seen = |finding: Finding| {
        let shown = |_: &Option<InstalledModule>| {
            let vermagic = module.vermagic.as_deref().unwrap_or("none");
            format!("vermagic {}", vermagic.trim())
        };
        finding
            .seen(Evidence::of(&facts.module_installed, shown))
            .seen(Evidence::of(&facts.kernel_release, Clone::clone))
    };
    let (Some(kernel), Some(built_for)) = (facts.kernel_release.value(), module.built_for()) else {
        let summary =
            format!("whether the Lustre module {version} fits the running kernel is unknown");
        let remedy = "compare `uname -r` with the vermagic that `modinfo lustre` shows";
        return seen(Finding::other(NAME, Unknown, summary, remedy));
    };
    let pass = |how: &str| {
        Finding::pass(
            NAME,
            format!("the Lustre module {version} is installed {how}; a mount loads it"),
        )
    };
    seen(if kernel == built_for {
        pass("for the running kernel")
    } else if module.is_weak_update() && module.has_symbol_versions() {
        pass(&format!("for {built_for} and linked to the running kernel"))
    } else if module.has_symbol_versions() {
        let summary =
            format!("the Lustre module {version} was built for {built_for}, not for {kernel}");
        Finding::other(
            NAME,
            Warn,
            summary,
            format!("try it: sudo modprobe lustre; else {}", install(facts)),
        )
    } else {
        let summary =
            format!("the Lustre module {version} is for {built_for}; {kernel} refuses it");
        Finding::other(NAME, Fail, summary, install(facts))
    })
}
