//! The settings that are known and the profiles that give them values, as data, and their reader.
//!
//! Knows `data/tuning.toml`; knows nothing of this machine.

use fsxlustre_mount::failure::{Code, Explain, one_line};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The settings and the profiles.
///
/// *Source*: each rule names its own in `data/tuning.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TuningData {
    /// The day that its rows are of.
    pub date: String,
    sources: BTreeMap<String, Source>,
    /// Every setting that is known, in the order in which they are shown.
    #[serde(rename = "setting")]
    pub settings: Vec<Setting>,
    /// Every profile.
    #[serde(rename = "profile")]
    pub profiles: Vec<ProfileRow>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    title: String,
    read: String,
}

/// How a setting is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Written into the client's files, after each mount.
    SetParam,
    /// By modprobe.d(5), before the module loads.
    Modprobe,
    /// By lnetctl(8), which AWS's EFA setup runs; never by us.
    Lnetctl,
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// `osc.max_rpcs_in_flight`, `ldlm.namespaces.lru_size`, `ptlrpc.ptlrpcd_per_cpt_max`.
    pub key: String,
    /// How it is set.
    pub how: How,
    /// The least and the most that a profile may give it.
    pub range: [u64; 2],
    /// Of the value; empty where there is none.
    pub unit: String,
    /// Another setting of the same device that it must stay below.
    #[serde(default)]
    pub below: Option<String>,
    /// Another setting of the same device that it may be as high as.
    #[serde(default)]
    pub not_above: Option<String>,
    /// A field of the device's `import` that it must not be above.
    #[serde(default)]
    pub server_limit: Option<String>,
    /// Another setting of the same device that Lustre raises with it.
    #[serde(default)]
    pub raises: Option<String>,
    /// What makes it move by itself again, where it shows something else until it is set.
    #[serde(default)]
    pub while_free: Option<u64>,
    /// What it is.
    pub meaning: String,
}

impl Setting {
    /// Its folder (or module) and its name.
    pub fn folder_and_name(&self) -> (&str, &str) {
        self.key.rsplit_once('.').unwrap_or(("", &self.key))
    }

    /// The bound that another setting of its device sets, and whether it must stay below that.
    pub fn bound(&self) -> Option<(&str, bool)> {
        let below = self.below.as_deref().map(|other| (other, true));
        below.or_else(|| self.not_above.as_deref().map(|other| (other, false)))
    }

    /// How `lctl set_param` or modprobe.d(5) is told a value, for all devices there are.
    pub fn told(&self, value: &str) -> String {
        match (self.how, self.folder_and_name()) {
            (How::Modprobe, (module, name)) => format!("options {module} {name}={value}"),
            (_, ("osc", name)) => format!("osc.*OST*.{name}={value}"),
            (_, (folder, name)) => format!("{folder}.*.{name}={value}"),
        }
    }
}

/// A profile of the data.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileRow {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub about: String,
    /// Profiles whose rules come before its own.
    #[serde(default)]
    pub includes: Vec<String>,
    /// Its rules.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

/// What a profile says of a setting.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The key of the setting.
    pub set: String,
    /// What it is set to.
    #[serde(default)]
    pub value: Option<u64>,
    /// So much for each processor.
    #[serde(default)]
    pub per_cpu: Option<u64>,
    /// Whether a higher value is as good.
    #[serde(default)]
    pub at_least: bool,
    /// For nodes with more processors.
    #[serde(default)]
    pub cpus_above: Option<usize>,
    /// For nodes with more memory, GiB.
    #[serde(default)]
    pub memory_gib_above: Option<u64>,
    /// For clients of this version or a later one.
    #[serde(default)]
    pub client_at_least: Option<String>,
    /// For nodes with an EFA device.
    #[serde(default)]
    pub efa: bool,
    /// A key of the sources.
    pub source: String,
    /// Why, in words.
    pub reason: String,
}

impl Rule {
    /// Whether it depends on how big the node is.
    pub fn is_of_size(&self) -> bool {
        self.cpus_above.is_some() || self.memory_gib_above.is_some()
    }
}

/// The data cannot be used: a fault of this program's build.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the tuning data that fsxlustre carries cannot be read")]
pub struct DataError {
    because: String,
}

impl Explain for DataError {
    fn code(&self) -> Code {
        Code::Internal
    }
    fn asked(&self) -> String {
        "read tuning.toml in the program itself".into()
    }
    fn because(&self) -> String {
        self.because.clone()
    }
    fn remedy(&self) -> String {
        "install the fsxlustre package anew, and report this as a bug".into()
    }
}

static CARRIED: LazyLock<Result<TuningData, DataError>> =
    LazyLock::new(|| TuningData::parse(include_str!("../../data/tuning.toml")));

impl TuningData {
    /// The data that this program carries.
    ///
    /// # Errors
    /// [`DataError`], which is our bug.
    pub fn carried() -> Result<&'static Self, &'static DataError> {
        CARRIED.as_ref()
    }

    fn parse(text: &str) -> Result<Self, DataError> {
        let because = |because: String| DataError { because };
        let data: Self =
            toml::from_str(text).map_err(|error| because(one_line(&error.to_string())))?;
        let faults = data.faults();
        if faults.is_empty() { Ok(data) } else { Err(because(faults.join("; "))) }
    }

    /// The setting of that key.
    pub fn setting(&self, key: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.key == key)
    }

    /// The profile of that name.
    pub fn profile(&self, name: &str) -> Option<&ProfileRow> {
        self.profiles.iter().find(|profile| profile.name == name)
    }

    /// Where a rule is from: `TITLE, YEAR-MONTH`.
    pub fn source(&self, rule: &Rule) -> String {
        let source = self.sources.get(&rule.source);
        source.map_or_else(
            || rule.source.clone(),
            |source| format!("{}, {}", source.title, source.read),
        )
    }

    /// The rules of a profile, those of the ones that it includes first; of several for one setting the
    /// last one alone.
    pub fn rules(&self, profile: &ProfileRow) -> Vec<&Rule> {
        let included = profile.includes.iter().filter_map(|name| self.profile(name));
        let all = included.flat_map(|other| self.rules(other)).collect::<Vec<_>>();
        self.profile(&profile.name).into_iter().flat_map(|own| &own.rules).fold(
            all,
            |mut all, rule| {
                match all.iter_mut().find(|earlier| earlier.set == rule.set) {
                    Some(earlier) => *earlier = rule,
                    None => all.push(rule),
                }
                all
            },
        )
    }

    /// What it names and does not have, and values that no profile may give.
    fn faults(&self) -> Vec<String> {
        let has = |key: &String| self.setting(key).is_some();
        let mut faults = Vec::new();
        for setting in &self.settings {
            let others = [&setting.below, &setting.not_above, &setting.raises];
            let unknown = others.into_iter().flatten().filter(|key| !has(key));
            faults.extend(unknown.map(|key| format!("{}: there is no {key}", setting.key)));
        }
        for (at, profile) in self.profiles.iter().enumerate() {
            // Only earlier ones, so that none includes itself.
            let earlier = |name: &&String| {
                !self.profiles.iter().take(at).any(|one| one.name.as_str() == name.as_str())
            };
            let unknown = profile.includes.iter().filter(earlier);
            faults.extend(unknown.map(|name| format!("{}: there is no {name}", profile.name)));
            for rule in &profile.rules {
                let fault = self.fault(rule);
                faults
                    .extend(fault.map(|fault| format!("{}: {}: {fault}", profile.name, rule.set)));
            }
        }
        faults
    }

    fn fault(&self, rule: &Rule) -> Option<String> {
        let Some(setting) = self.setting(&rule.set) else { return Some("no such setting".into()) };
        let [least, most] = setting.range;
        let is_version = |text: &String| crate::compat::numbers(text).is_some();
        if rule.value.is_some() == rule.per_cpu.is_some() {
            Some("it has one of value and per_cpu".into())
        } else if rule.value.is_some_and(|value| !(least..=most).contains(&value)) {
            Some(format!("its value is not from {least} to {most}"))
        } else if !self.sources.contains_key(&rule.source) {
            Some(format!("there is no source {}", rule.source))
        } else if rule.client_at_least.as_ref().is_some_and(|text| !is_version(text)) {
            Some("client_at_least is no version".into())
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_carried_data_is_sound_and_says_whence_it_is() {
        let data = TuningData::carried().expect("the carried data");
        for profile in &data.profiles {
            for rule in data.rules(profile) {
                assert!(data.source(rule).contains(", 20"), "{}: {}", profile.name, rule.set);
                assert!(!rule.reason.is_empty());
            }
        }
        let documented = data.profile("aws-documented").expect("a profile");
        assert!(data.rules(documented).iter().all(|rule| rule.source != "lustre-manual"));
        let streaming = data.rules(data.profile("streaming").expect("a profile"));
        let rpcs: Vec<_> =
            streaming.iter().filter(|rule| rule.set == "osc.max_rpcs_in_flight").collect();
        assert_eq!(rpcs.len(), 1, "the last one counts");
        assert_eq!(rpcs[0].cpus_above, None);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let carried = include_str!("../../data/tuning.toml");
        let refused = |from: &str, to: &str| {
            assert!(carried.contains(from), "{from}");
            TuningData::parse(&carried.replacen(from, to, 1)).expect_err(to).because()
        };
        assert!(refused("set = \"llite.statahead_agl\"", "set = \"llite.x\"").contains("no such"));
        assert!(refused("value = 32\n", "value = 32000\n").contains("from 1 to 1024"));
        assert!(refused("value = 32\n", "value = 32\nper_cpu = 1\n").contains("one of"));
        assert!(refused("source = \"fsx-guide\"", "source = \"y\"").contains("no source y"));
        assert!(
            refused("includes = [\"aws-documented\"]", "includes = [\"streaming\"]")
                .contains("there is no streaming")
        );
        assert!(
            refused("below = \"mdc.max_rpcs_in_flight\"", "below = \"mdc.z\"").contains("mdc.z")
        );
        assert!(
            refused("client_at_least = \"2.15\"", "client_at_least = \"new\"").contains("version")
        );
    }
}
