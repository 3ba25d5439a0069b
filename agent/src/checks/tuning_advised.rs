//! Does AWS advise client settings for a node of this size?

use super::Verdict::{Unknown, Warn};
use super::{Check, Evidence, Finding, Group};
use crate::facts::NodeFacts;

const NAME: &str = "tuning_advised";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Does AWS advise client settings for a node of this size?",
    group: Group::Local,
    is_required: false,
    meaning: "Reads processors and memory. Pass: AWS advises nothing. Warn: more than 64 \
              processors or 64 GiB. Unknown: processors or memory could not be read.",
    answer: |facts| vec![check(&facts.node)],
};

/// AWS advises settings for more processors than this.
const MANY_CPUS: usize = 64;
/// AWS advises settings for more memory than this.
const MUCH_MEMORY_BYTES: u64 = 64 << 30;

/// Pass: a node for which AWS advises nothing. Warn: more than 64 processors or 64 GiB. Unknown:
/// processors or memory could not be read and what is known is no reason for a Warn.
///
/// *Source*: Amazon FSx for Lustre user guide, performance tips.
fn check(facts: &NodeFacts) -> Finding {
    let cpus = facts.hardware.cpus.value().copied();
    let memory = facts.hardware.memory_bytes.value().copied();
    let many_cpus = cpus.is_some_and(|cpus| cpus > MANY_CPUS);
    let much_memory = memory.is_some_and(|bytes| bytes > MUCH_MEMORY_BYTES);
    let mut settings = Vec::new();
    if many_cpus {
        settings.push(
            "in /etc/modprobe.d/fsx-lustre.conf before the modules load: \
             options ptlrpc ptlrpcd_per_cpt_max=32; options ksocklnd credits=2560"
                .to_owned(),
        );
        settings.push(
            "after each mount: sudo lctl set_param osc.*OST*.max_rpcs_in_flight=32 \
             mdc.*.max_rpcs_in_flight=64 mdc.*.max_mod_rpcs_in_flight=50"
                .to_owned(),
        );
    }
    if much_memory {
        let lru_size = cpus.map_or_else(|| "100*CPUS".to_owned(), |cpus| (cpus * 100).to_string());
        settings.push(format!(
            "after each mount: sudo lctl set_param ldlm.namespaces.*.lru_max_age=600000 \
             ldlm.namespaces.*.lru_size={lru_size}"
        ));
    }
    let finding = if !settings.is_empty() {
        let summary = "AWS advises client settings for a node of this size; fsxlustre does not apply \
                       or compare them yet";
        Finding::other(NAME, Warn, summary, settings.join("; "))
    } else if cpus.is_some() && memory.is_some() {
        Finding::pass(NAME, "AWS advises no client settings for a node of this size")
    } else {
        let summary = "how big this node is could not be read";
        Finding::other(
            NAME,
            Unknown,
            summary,
            "see `nproc` and `free -g`, and AWS's performance tips",
        )
    };
    finding
        .seen(Evidence::of(&facts.hardware.cpus, |cpus| format!("{cpus} CPUs")))
        .seen(Evidence::of(&facts.hardware.memory_bytes, |bytes| gib(*bytes)))
}

/// Rounded to a tenth, without leaving whole numbers.
fn gib(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) / (1 << 30);
    format!("{}.{} GiB", tenths / 10, tenths % 10)
}
