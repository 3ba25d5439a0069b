//! Has this node the client settings that AWS advises for its size?

use super::Verdict::{Unknown, Warn};
use super::{Check, Evidence, Finding, Group};
use crate::facts::{Facts, NodeFacts};
use crate::tune::{How, NodeSize, TuningData, Wanted, Wishes};

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

/// *Source*: the profile aws-documented of `data/tuning.toml`.
fn advice(facts: &NodeFacts) -> Vec<Wanted> {
    let node = NodeSize {
        cpus: facts.hardware.cpus.value().copied(),
        memory_bytes: facts.hardware.memory_bytes.value().copied(),
        ..NodeSize::default()
    };
    TuningData::carried().map(|data| Wishes::advised(data, &node)).unwrap_or_default()
}

/// How lctl(8) or modprobe.d is told.
fn told(wanted: &Wanted) -> String {
    let setting = TuningData::carried().ok().and_then(|data| data.setting(&wanted.key));
    setting.map(|setting| setting.told(&wanted.value_text())).unwrap_or_default()
}

fn is_met_by(wanted: &Wanted, text: &str) -> bool {
    text.parse().is_ok_and(|found| wanted.is_met_by(found))
}

/// Folder and name of a setting, or module and name of a parameter.
fn named(wanted: &Wanted) -> (&str, &str) {
    wanted.key.rsplit_once('.').unwrap_or_default()
}

/// What the node has of one of them: nothing where nothing shows it.
fn found<'f>(facts: &'f NodeFacts, wanted: &Wanted) -> Vec<&'f str> {
    let (folder, name) = named(wanted);
    if wanted.how == How::Modprobe {
        let own = facts.module_parameters.iter();
        let own = own.filter(|one| one.module == folder && one.name == name);
        return own.filter_map(|one| one.value.as_deref()).collect();
    }
    let settings = facts.clients.value().into_iter().flat_map(|clients| &clients.settings);
    let own = settings.filter(|one| one.kind == folder && one.name == name);
    own.flat_map(|one| one.values.iter().map(|value| value.value.as_str())).collect()
}

fn check(facts: &NodeFacts) -> Finding {
    let advised = advice(facts);
    let finding = if advised.is_empty() {
        let is_known = facts.hardware.cpus.value().is_some();
        nothing_advised(is_known && facts.hardware.memory_bytes.value().is_some())
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

fn compared(facts: &NodeFacts, advised: &[Wanted]) -> Finding {
    let count = advised.len();
    let (mut wrong, mut other_ones, mut unseen) = (Vec::new(), Vec::new(), 0);
    for one in advised {
        let found = found(facts, one);
        let other = found.iter().find(|text| !is_met_by(one, text));
        if let Some(other) = other {
            let (folder, name) = named(one);
            let module = if one.how == How::Modprobe { "module " } else { "" };
            other_ones.push(format!("{module}{folder} {name} is {other}"));
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
    let is_unread = other_ones.is_empty() && facts.clients.value().is_none();
    let mut summary = vec![format!("AWS advises {count} client settings for a node of this size")];
    if !other_ones.is_empty() {
        summary.push(format!("other ones hold: {}", other_ones.join(", ")));
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
    let known = advice(facts).into_iter().filter(|one| one.value.is_some());
    let (modules, client): (Vec<_>, Vec<_>) = known.partition(|one| one.how == How::Modprobe);
    let all_told = |all: Vec<Wanted>| all.iter().map(told).collect();
    (all_told(modules), all_told(client))
}

/// What is set where: before the modules load, or after each mount.
fn remedy(wrong: &[&Wanted]) -> String {
    let words = |of_module: bool, join: &str| {
        let own = wrong.iter().filter(|one| (one.how == How::Modprobe) == of_module);
        own.map(|one| told(one)).collect::<Vec<_>>().join(join)
    };
    let (modules, client) = (words(true, "; "), words(false, " "));
    let mut all = Vec::new();
    if !modules.is_empty() {
        all.push(format!("in /etc/modprobe.d/fsx-lustre.conf before the modules load: {modules}"));
    }
    if !client.is_empty() {
        all.push(format!("after each mount: sudo lctl set_param {client}"));
    }
    all.push(
        "or all of it: sudo fsxlustre tune apply --persist --profile aws-documented".to_owned(),
    );
    all.join("; ")
}

/// Rounded to a tenth, without leaving whole numbers.
fn gib(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) / (1 << 30);
    format!("{}.{} GiB", tenths / 10, tenths % 10)
}
