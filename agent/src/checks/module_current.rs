//! Is the loaded module the one that is installed?

use super::{Check, Evidence, Finding, Group};
use crate::facts::{Facts, NodeFacts};

const NAME: &str = "module_current";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Is the loaded Lustre module the one that is installed?",
    group: Group::Local,
    is_required: false,
    meaning: "Compares version and source checksum of the loaded module with those of the file that \
              modinfo finds. Pass: the same. Warn: another one is on disk, so that what runs is not what \
              the next boot or load brings. Unknown: one of the two cannot be read. Left out while \
              nothing is loaded.",
    answer,
};

fn answer(facts: &Facts) -> Vec<Finding> {
    let node = &facts.node;
    if node.module_loaded.value() == Some(&true) { vec![check(node)] } else { Vec::new() }
}

fn check(facts: &NodeFacts) -> Finding {
    let module = facts.module_installed.value().and_then(Option::as_ref);
    let on_disk = module.and_then(|module| module.version.as_deref());
    let source_on_disk = module.and_then(|module| module.srcversion.as_deref());
    let loaded = facts.loaded_version.value().map(String::as_str);
    let source = facts.loaded_source.value().map(String::as_str);
    let is_other_source = source.zip(source_on_disk).is_some_and(|(one, other)| one != other);
    let remedy = "use the installed one from now on: unmount every Lustre file system, then sudo \
                  lustre_rmmod && sudo modprobe lustre, or reboot";
    let finding = match (loaded, on_disk) {
        (Some(loaded), Some(on_disk)) if loaded != on_disk => Finding::warn(
            NAME,
            format!("client {loaded} is loaded, {on_disk} is installed"),
            remedy,
        ),
        (Some(loaded), Some(_)) if is_other_source => {
            let summary = format!("another build of {loaded} is loaded than is installed");
            Finding::warn(NAME, summary, remedy)
        }
        (Some(loaded), Some(_)) => {
            Finding::pass(NAME, format!("the loaded client {loaded} is the installed one"))
        }
        (_, None) if facts.module_installed.value() == Some(&None) => Finding::warn(
            NAME,
            "a Lustre client is loaded, and none is installed for this kernel any more",
            super::install(facts),
        ),
        _ => Finding::unknown(
            NAME,
            "the versions of the loaded and of the installed module could not be compared",
            "compare `cat /sys/fs/lustre/version` with `modinfo lustre`",
        ),
    };
    finding
        .seen(Evidence::of(&facts.loaded_version, |version| format!("loaded {version}")))
        .seen(Evidence::of(&facts.loaded_source, |source| format!("loaded srcversion {source}")))
        .seen(Evidence::of(&facts.module_installed, |module| {
            let module = module.as_ref();
            let text = |field: Option<&String>| field.map_or("unknown", String::as_str).to_owned();
            let version = text(module.and_then(|module| module.version.as_ref()));
            let source = text(module.and_then(|module| module.srcversion.as_ref()));
            format!("installed {version}, srcversion {source}")
        }))
}
