//! Has this node the client settings that AWS advises for its size?

use super::Verdict::{Unknown, Warn};
use super::{Check, Evidence, Finding, Group};
use crate::facts::{Facts, NodeFacts};

const NAME: &str = "tuning_advised";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Has this node the client settings that AWS advises for its size?",
    group: Group::Local,
    is_required: false,
    meaning: "Reads processors and memory, and for more than 64 processors or 64 GiB the settings of the \
              loaded modules and of the clients that are mounted. Pass: AWS advises nothing, or all holds \
              (more requests in flight than advised are right, too). Warn: a setting is another one, or \
              nothing is mounted that shows it. Unknown: processors, memory or settings could not be read.",
    answer: |facts: &Facts| vec![check(&facts.node)],
};

/// AWS advises settings for more processors than this.
const MANY_CPUS: usize = 64;
/// AWS advises settings for more memory than this.
const MUCH_MEMORY_BYTES: u64 = 64 << 30;

/// A setting that AWS advises.
struct Advice {
    /// `osc`, or `module ptlrpc`.
    kind: &'static str,
    name: &'static str,
    /// `None` where it depends on what is not known.
    value: Option<u64>,
    /// How lctl(8) or modprobe.d(5) is told.
    told: String,
    /// Whether a higher value does as well.
    is_least: bool,
}

impl Advice {
    fn is_of_module(&self) -> bool {
        self.kind.starts_with("module ")
    }

    fn is_met_by(&self, text: &str) -> bool {
        let Some((value, found)) = self.value.zip(text.parse::<u64>().ok()) else { return false };
        found == value || self.is_least && found > value
    }
}

/// *Source*: Amazon FSx for Lustre user guide, performance tips.
fn advice(cpus: Option<usize>, memory: Option<u64>) -> Vec<Advice> {
    let least = |kind, name, value: u64, path: &str| Advice {
        kind,
        name,
        value: Some(value),
        told: format!("{path}{name}={value}"),
        is_least: true,
    };
    let mut all = Vec::new();
    if cpus.is_some_and(|cpus| cpus > MANY_CPUS) {
        all.push(least("module ptlrpc", "ptlrpcd_per_cpt_max", 32, "options ptlrpc "));
        all.push(least("module ksocklnd", "credits", 2560, "options ksocklnd "));
        all.push(least("osc", "max_rpcs_in_flight", 32, "osc.*OST*."));
        all.push(least("mdc", "max_rpcs_in_flight", 64, "mdc.*."));
        all.push(least("mdc", "max_mod_rpcs_in_flight", 50, "mdc.*."));
    }
    if memory.is_some_and(|bytes| bytes > MUCH_MEMORY_BYTES) {
        let locks = cpus.and_then(|cpus| u64::try_from(cpus * 100).ok());
        let words = locks.map_or_else(|| "100*CPUS".to_owned(), |locks| locks.to_string());
        let exactly = |name, value, told| Advice {
            kind: "ldlm.namespaces",
            name,
            value,
            told,
            is_least: false,
        };
        let age = "ldlm.namespaces.*.lru_max_age=600000".to_owned();
        all.push(exactly("lru_max_age", Some(600_000), age));
        all.push(exactly("lru_size", locks, format!("ldlm.namespaces.*.lru_size={words}")));
    }
    all
}

/// What the node has of one of them: nothing where nothing shows it.
fn found<'f>(facts: &'f NodeFacts, advice: &Advice) -> Vec<&'f str> {
    if let Some(module) = advice.kind.strip_prefix("module ") {
        let own = facts.module_parameters.iter();
        let own = own.filter(|one| one.module == module && one.name == advice.name);
        return own.filter_map(|one| one.value.as_deref()).collect();
    }
    let settings = facts.clients.value().into_iter().flat_map(|clients| &clients.settings);
    let own = settings.filter(|one| one.kind == advice.kind && one.name == advice.name);
    own.flat_map(|one| one.values.iter().map(|value| value.value.as_str())).collect()
}

fn check(facts: &NodeFacts) -> Finding {
    let cpus = facts.hardware.cpus.value().copied();
    let memory = facts.hardware.memory_bytes.value().copied();
    let advised = advice(cpus, memory);
    let finding = if advised.is_empty() {
        nothing_advised(cpus.is_some() && memory.is_some())
    } else {
        compared(facts, &advised)
    };
    finding
        .seen(Evidence::of(&facts.hardware.cpus, |cpus| format!("{cpus} CPUs")))
        .seen(Evidence::of(&facts.hardware.memory_bytes, |bytes| gib(*bytes)))
}

fn nothing_advised(is_known: bool) -> Finding {
    if is_known {
        return Finding::pass(NAME, "AWS advises no client settings for a node of this size");
    }
    let remedy = "see `nproc` and `free -g`, and AWS's performance tips";
    Finding::other(NAME, Unknown, "how big this node is could not be read", remedy)
}

fn compared(facts: &NodeFacts, advised: &[Advice]) -> Finding {
    let count = advised.len();
    let (mut wrong, mut told, mut unseen) = (Vec::new(), Vec::new(), 0);
    for one in advised {
        let found = found(facts, one);
        let other = found.iter().find(|text| !one.is_met_by(text));
        if let Some(other) = other {
            told.push(format!("{} {} is {other}", one.kind, one.name));
        }
        unseen += usize::from(found.is_empty());
        if other.is_some() || found.is_empty() {
            wrong.push(one);
        }
    }
    if wrong.is_empty() {
        let summary = format!("the {count} client settings that AWS advises for this size hold");
        return Finding::pass(NAME, summary);
    }
    let is_unread = told.is_empty() && facts.clients.value().is_none();
    let mut summary = vec![format!("AWS advises {count} client settings for a node of this size")];
    if !told.is_empty() {
        summary.push(format!("other ones hold: {}", told.join(", ")));
    }
    if unseen > 0 {
        summary.push(format!("nothing here shows {unseen} of them"));
    }
    let verdict = if is_unread { Unknown } else { Warn };
    Finding::other(NAME, verdict, summary.join("; "), remedy(&wrong))
}

/// The settings that AWS advises for this node: lines of modprobe.d(5), and words for `lctl set_param`.
/// One whose value is not known is left out.
pub(crate) fn settings(facts: &NodeFacts) -> (Vec<String>, Vec<String>) {
    let cpus = facts.hardware.cpus.value().copied();
    let memory = facts.hardware.memory_bytes.value().copied();
    let known = advice(cpus, memory).into_iter().filter(|one| one.value.is_some());
    let (modules, client): (Vec<_>, Vec<_>) = known.partition(Advice::is_of_module);
    let told = |all: Vec<Advice>| all.into_iter().map(|one| one.told).collect();
    (told(modules), told(client))
}

/// What is set where: before the modules load, or after each mount.
fn remedy(wrong: &[&Advice]) -> String {
    let words = |of_module: bool, join: &str| {
        let own = wrong.iter().filter(|one| one.is_of_module() == of_module);
        own.map(|one| one.told.as_str()).collect::<Vec<_>>().join(join)
    };
    let (modules, client) = (words(true, "; "), words(false, " "));
    let mut all = Vec::new();
    if !modules.is_empty() {
        all.push(format!("in /etc/modprobe.d/fsx-lustre.conf before the modules load: {modules}"));
    }
    if !client.is_empty() {
        all.push(format!("after each mount: sudo lctl set_param {client}"));
    }
    all.join("; ")
}

/// Rounded to a tenth, without leaving whole numbers.
fn gib(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) / (1 << 30);
    format!("{}.{} GiB", tenths / 10, tenths % 10)
}
