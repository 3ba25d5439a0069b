//! What a profile wants of a node of this size: pure.

use super::data::{How, Rule, Setting, TuningData};
use super::profile::Profile;
use crate::compat::numbers;
use serde::Serialize;

/// The profile of what AWS documents.
const ADVICE: &str = "aws-documented";

/// What of a node decides. `None` is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NodeSize {
    /// Processors that are online.
    pub cpus: Option<usize>,
    /// All memory, bytes.
    pub memory_bytes: Option<u64>,
    /// Version of the loaded client.
    pub client: Option<String>,
    /// Whether it has an EFA device.
    pub has_efa: Option<bool>,
}

/// A value that a profile wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wanted {
    /// The key of the setting.
    pub key: String,
    /// How it is set.
    pub how: How,
    /// The value; `None` where it depends on what is not known.
    pub value: Option<u64>,
    /// Whether a higher value is as good.
    pub at_least: bool,
    /// The rule with its numbers, and why.
    pub why: String,
    /// Where it is from.
    pub source: String,
    /// Whether it depends on how big the node is.
    #[serde(skip)]
    pub is_of_size: bool,
    /// So much for each processor, where it goes by them.
    #[serde(skip)]
    pub per_cpu: Option<u64>,
}

impl Wanted {
    /// Whether a value is as it wants it.
    pub fn is_met_by(&self, found: u64) -> bool {
        self.value.is_some_and(|value| found == value || self.at_least && found > value)
    }

    /// The value, or how it goes by processors that are not known: `100*CPUS`.
    pub fn value_text(&self) -> String {
        let formula = || self.per_cpu.map_or_else(|| "?".to_owned(), |each| format!("{each}*CPUS"));
        self.value.map_or_else(formula, |value| value.to_string())
    }

    /// `32`, `>=32`.
    pub fn shown(&self) -> String {
        let value = self.value_text();
        if self.at_least { format!(">={value}") } else { value }
    }
}

/// What a profile wants of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Wishes {
    /// The profile's name.
    pub profile: String,
    /// What it wants, in the order of the data.
    pub wanted: Vec<Wanted>,
    /// The settings of which it cannot be told whether they are wanted, and why.
    pub undecided: Vec<Undecided>,
}

/// A setting of which it cannot be told whether it is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Undecided {
    /// Its key.
    pub key: String,
    /// What is not known.
    pub because: String,
}

/// Whether a rule is for a node: with its numbers, or what is not known.
enum Applies {
    Yes(String),
    No,
    Unknown(&'static str),
}

impl Wishes {
    /// What a profile wants of a node.
    pub fn of(data: &TuningData, profile: &Profile, node: &NodeSize) -> Self {
        let mut wishes = Self { profile: profile.name.clone(), ..Self::default() };
        for setting in &data.settings {
            if let Some(value) = profile.own_value(&setting.key) {
                wishes.wanted.push(own(setting, profile, value));
            } else if let Some(rule) = profile.rule(data, &setting.key) {
                wishes.take(data, setting, rule, node);
            }
        }
        wishes
    }

    fn take(&mut self, data: &TuningData, setting: &Setting, rule: &Rule, node: &NodeSize) {
        let key = setting.key.clone();
        match applies(rule, node) {
            Applies::No => {}
            Applies::Unknown(what) => {
                let because = format!("{what} is not known");
                self.undecided.push(Undecided { key, because });
            }
            Applies::Yes(numbers) => {
                let value = value(setting, rule, node);
                let numbers = match (numbers.is_empty(), rule.per_cpu) {
                    (_, Some(each)) => format!("{numbers}, {each} for each CPU: "),
                    (false, None) => format!("{numbers}: "),
                    (true, None) => String::new(),
                };
                self.wanted.push(Wanted {
                    key,
                    how: setting.how,
                    value,
                    at_least: rule.at_least,
                    why: format!("{numbers}{}", rule.reason),
                    source: data.source(rule),
                    is_of_size: rule.is_of_size(),
                    per_cpu: rule.per_cpu,
                });
            }
        }
    }

    /// What AWS documents for nodes of this size, as far as that decides.
    pub fn advised(data: &TuningData, node: &NodeSize) -> Vec<Wanted> {
        let profile = Profile::carried(data, ADVICE);
        let all = profile.map(|profile| Self::of(data, &profile, node).wanted).unwrap_or_default();
        all.into_iter().filter(|wanted| wanted.is_of_size).collect()
    }

    /// What it wants of a setting.
    pub fn of_key(&self, key: &str) -> Option<&Wanted> {
        self.wanted.iter().find(|wanted| wanted.key == key)
    }

    /// Whether it has a word about a setting, also where it could not decide.
    pub fn speaks_of(&self, key: &str) -> bool {
        self.of_key(key).is_some() || self.undecided.iter().any(|one| one.key == key)
    }
}

fn own(setting: &Setting, profile: &Profile, value: u64) -> Wanted {
    let table = format!("[tune.profiles.{}]", profile.name);
    Wanted {
        key: setting.key.clone(),
        how: setting.how,
        value: Some(value),
        at_least: false,
        why: format!("{table} says so"),
        source: table,
        is_of_size: false,
        per_cpu: None,
    }
}

/// Within what may be given, since a formula knows no range.
fn value(setting: &Setting, rule: &Rule, node: &NodeSize) -> Option<u64> {
    let [least, most] = setting.range;
    let of_cpus = || {
        let cpus = u64::try_from(node.cpus?).ok()?;
        Some(rule.per_cpu?.saturating_mul(cpus).clamp(least, most))
    };
    rule.value.or_else(of_cpus)
}

fn applies(rule: &Rule, node: &NodeSize) -> Applies {
    let conditions = [
        rule.cpus_above.map(|above| match node.cpus {
            None => Applies::Unknown("how many processors this node has"),
            Some(cpus) if cpus > above => Applies::Yes(format!("{cpus} CPUs, more than {above}")),
            Some(_) => Applies::No,
        }),
        rule.memory_gib_above.map(|above| match node.memory_bytes {
            None => Applies::Unknown("how much memory this node has"),
            Some(bytes) if bytes > above << 30 => {
                Applies::Yes(format!("{} of memory, more than {above} GiB", gib(bytes)))
            }
            Some(_) => Applies::No,
        }),
        rule.client_at_least.as_deref().map(|least| of_client(least, node.client.as_deref())),
        rule.efa.then(|| match node.has_efa {
            None => Applies::Unknown("whether this node has EFA"),
            Some(true) => Applies::Yes("an EFA device is here".into()),
            Some(false) => Applies::No,
        }),
    ];
    let mut told = Vec::new();
    let mut unknown = None;
    for condition in conditions.into_iter().flatten() {
        match condition {
            Applies::Yes(numbers) => told.push(numbers),
            Applies::Unknown(what) => unknown = unknown.or(Some(what)),
            Applies::No => return Applies::No,
        }
    }
    unknown.map_or_else(|| Applies::Yes(told.join(", ")), Applies::Unknown)
}

fn of_client(least: &str, client: Option<&str>) -> Applies {
    let leading = |version: &str| {
        let number = |piece: &str| piece.parse::<u32>().ok();
        version.split(|c: char| !c.is_ascii_digit()).map_while(number).take(2).collect::<Vec<_>>()
    };
    let Some(client) = client.filter(|version| leading(version).len() == 2) else {
        return Applies::Unknown("the version of the Lustre client");
    };
    if Some(leading(client)) >= numbers(least) {
        Applies::Yes(format!("client {client}, {least} or later"))
    } else {
        Applies::No
    }
}

/// Rounded to a tenth.
pub(super) fn gib(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) / (1 << 30);
    format!("{}.{} GiB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wishes(profile: &str, node: &NodeSize) -> Wishes {
        let data = TuningData::carried().expect("the carried data");
        let profile = Profile::carried(data, profile).expect("a profile");
        Wishes::of(data, &profile, node)
    }

    fn node(cpus: usize, gib: u64, client: &str) -> NodeSize {
        let client = Some(client.to_owned());
        let (cpus, memory_bytes) = (Some(cpus), Some(gib << 30));
        NodeSize { cpus, memory_bytes, client, has_efa: Some(false) }
    }

    #[test]
    fn aws_advises_by_processors_memory_and_version() {
        for (size, keys) in [
            (node(64, 64, "2.12.8"), 0),
            (node(65, 64, "2.12.8"), 5),
            (node(64, 65, "2.12.8"), 2),
            (node(96, 192, "2.12.8"), 7),
            (node(96, 192, "2.15.8"), 10),
            (node(4, 8, "2.16.1"), 3),
        ] {
            let wishes = wishes("aws-documented", &size);
            assert_eq!((wishes.wanted.len(), wishes.undecided.len()), (keys, 0), "{size:?}");
        }
        let big = wishes("aws-documented", &node(96, 192, "2.15.8"));
        let locks = big.of_key("ldlm.namespaces.lru_size").expect("wanted");
        assert_eq!(locks.value, Some(9600));
        assert!(locks.why.starts_with("192.0 GiB of memory, more than 64 GiB, 100 for each CPU: "));
        let rpcs = big.of_key("osc.max_rpcs_in_flight").expect("wanted");
        assert!(rpcs.is_met_by(32) && rpcs.is_met_by(64) && !rpcs.is_met_by(31));
        assert!(!locks.is_met_by(9601), "{locks:?}");
        assert_eq!(rpcs.shown(), ">=32");
    }

    #[test]
    fn what_is_not_known_decides_nothing() {
        let nothing = wishes("aws-documented", &NodeSize::default());
        assert_eq!(nothing.wanted, []);
        assert_eq!(nothing.undecided.len(), 11);
        let small = NodeSize { memory_bytes: None, ..node(4, 0, "2.15.8") };
        let keys: Vec<_> =
            wishes("aws-documented", &small).undecided.into_iter().map(|one| one.key).collect();
        assert_eq!(keys, ["ldlm.namespaces.lru_max_age", "ldlm.namespaces.lru_size"]);
        let odd = NodeSize { client: Some("unknown".into()), ..node(4, 8, "") };
        assert_eq!(wishes("aws-documented", &odd).undecided.len(), 3);
    }

    #[test]
    fn a_profile_for_a_workload_does_not_ask_how_big_the_node_is() {
        let small = wishes("metadata-heavy", &node(2, 4, "2.10.8"));
        let values: Vec<_> = small.wanted.iter().map(|one| (one.key.as_str(), one.value)).collect();
        let expected = [
            ("mdc.max_rpcs_in_flight", Some(64)),
            ("mdc.max_mod_rpcs_in_flight", Some(50)),
            ("llite.statahead_max", Some(1024)),
        ];
        assert_eq!(values, expected);
    }
}
