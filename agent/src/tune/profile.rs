//! A profile by its name: one of the data, or one of the configuration.

use super::data::{How, Rule, TuningData};
use super::error::TuneError;
use fsxlustre_mount::options::OFF;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `[tune]`: which profile is set after each mount, and profiles of one's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TuneSection {
    /// The profile of mounts that name none; none is set where it is not given.
    pub profile: Option<String>,
    /// Profiles of one's own.
    pub profiles: BTreeMap<String, OwnProfile>,
}

/// `[tune.profiles.NAME]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OwnProfile {
    /// The profile of the data that it begins with.
    pub base: Option<String>,
    /// `KEY=VALUE`, over what that says.
    pub set: Vec<String>,
}

/// A profile that can be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    base: Option<String>,
    own: BTreeMap<String, u64>,
}

impl Profile {
    /// One of the data.
    pub fn carried(data: &TuningData, name: &str) -> Option<Self> {
        let row = data.profile(name)?;
        Some(Self { name: name.to_owned(), base: Some(row.name.clone()), own: BTreeMap::new() })
    }

    /// The profile of that name: of the configuration first.
    ///
    /// # Errors
    /// [`TuneError::Profile`] where there is none, or it is not valid.
    pub fn named(data: &TuningData, section: &TuneSection, name: &str) -> Result<Self, TuneError> {
        let invalid = |because: String| TuneError::Profile { name: name.to_owned(), because };
        match section.profiles.get(name) {
            Some(own) => Self::own(data, name, own).map_err(invalid),
            None => Self::carried(data, name).ok_or_else(|| {
                let known = data.profiles.iter().map(|row| row.name.as_str());
                let known = known.chain(section.profiles.keys().map(String::as_str));
                invalid(format!("there are {}", known.collect::<Vec<_>>().join(", ")))
            }),
        }
    }

    /// One of the configuration; the error is the reason in words.
    fn own(data: &TuningData, name: &str, own: &OwnProfile) -> Result<Self, String> {
        let base = own.base.clone();
        if let Some(base) = base.as_ref().filter(|base| data.profile(base).is_none()) {
            let known: Vec<_> = data.profiles.iter().map(|row| row.name.as_str()).collect();
            return Err(format!("its base {base} is none of {}", known.join(", ")));
        }
        let mut values = BTreeMap::new();
        for text in &own.set {
            let (key, value) = assignment(data, text)?;
            if values.insert(key.clone(), value).is_some() {
                return Err(format!("{key} is set twice"));
            }
        }
        for (key, value) in &values {
            let Some((other, is_strict)) = data.setting(key).and_then(|one| one.bound()) else {
                continue;
            };
            let Some(most) = values.get(other) else { continue };
            if value > most || is_strict && value == most {
                let word = if is_strict { "below" } else { "not above" };
                return Err(format!("{key}={value} must be {word} {other}={most}"));
            }
        }
        Ok(Self { name: name.to_owned(), base, own: values })
    }

    /// What the configuration itself says of a setting.
    pub(super) fn own_value(&self, key: &str) -> Option<u64> {
        self.own.get(key).copied()
    }

    /// The rule of the data for a setting.
    pub(super) fn rule<'d>(&self, data: &'d TuningData, key: &str) -> Option<&'d Rule> {
        let row = data.profile(self.base.as_deref()?)?;
        data.rules(row).into_iter().find(|rule| rule.set == key)
    }
}

impl TuneSection {
    /// What does not fit in it: the steps of a key, and why.
    pub fn mistakes(&self) -> Vec<(Vec<String>, String)> {
        let Ok(data) = TuningData::carried() else { return Vec::new() };
        let steps = |steps: &[&str]| steps.iter().map(|&step| step.to_owned()).collect();
        let own = self.profiles.iter().filter_map(|(name, own)| {
            Some((steps(&["tune", "profiles", name]), Profile::own(data, name, own).err()?))
        });
        let mut mistakes: Vec<_> = own.collect();
        if self.profiles.contains_key(OFF) {
            let because = format!("{OFF} is the word for none");
            mistakes.push((steps(&["tune", "profiles", OFF]), because));
        }
        if let Some(name) = &self.profile
            && name != OFF
            && !self.profiles.contains_key(name)
            && data.profile(name).is_none()
        {
            let because = format!("there is no tuning profile {name}");
            mistakes.push((steps(&["tune", "profile"]), because));
        }
        mistakes
    }
}

/// `KEY=VALUE` of a setting that is known, within its range; the error is the reason in words.
pub(super) fn assignment(data: &TuningData, text: &str) -> Result<(String, u64), String> {
    let (key, value) = text.split_once('=').ok_or_else(|| format!("'{text}' is not KEY=VALUE"))?;
    let settable = |how: How| how != How::Lnetctl;
    let setting = data.setting(key).filter(|setting| settable(setting.how)).ok_or_else(|| {
        let known = data.settings.iter().filter(|setting| settable(setting.how));
        let known: Vec<_> = known.map(|setting| setting.key.as_str()).collect();
        format!("'{key}' is none of {}", known.join(", "))
    })?;
    let [least, most] = setting.range;
    let digits = value.len() <= 10 && value.bytes().all(|byte| byte.is_ascii_digit());
    let number =
        value.parse::<u64>().ok().filter(|number| digits && (least..=most).contains(number));
    let number = number.ok_or_else(|| format!("{key} takes {least} to {most}, not '{value}'"))?;
    Ok((key.to_owned(), number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use fsxlustre_mount::failure::Explain as _;

    fn own(base: Option<&str>, set: &[&str]) -> OwnProfile {
        let set = set.iter().map(|&text| text.to_owned()).collect();
        OwnProfile { base: base.map(str::to_owned), set }
    }

    fn named(own: OwnProfile) -> Result<Profile, TuneError> {
        let section =
            TuneSection { profiles: BTreeMap::from([("ours".into(), own)]), profile: None };
        Profile::named(TuningData::carried().expect("data"), &section, "ours")
    }

    #[test]
    fn a_profile_of_ones_own_goes_over_the_one_it_begins_with() {
        let profile = named(own(Some("streaming"), &["osc.max_rpcs_in_flight=64"])).expect("fits");
        assert_eq!(profile.own_value("osc.max_rpcs_in_flight"), Some(64));
        let data = TuningData::carried().expect("data");
        assert!(profile.rule(data, "osc.max_dirty_mb").is_some());
        assert!(profile.rule(data, "mdc.max_dirty_mb").is_none());
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (base, set, words) in [
            (Some("fast"), &[][..], "its base fast is none of aws-documented"),
            (None, &["osc.max_rpcs"], "is not KEY=VALUE"),
            (None, &["osc.nosuch=1"], "'osc.nosuch' is none of"),
            (None, &["efa.peer_credits=32"], "is none of"),
            (None, &["osc.max_rpcs_in_flight=0"], "takes 1 to 256, not '0'"),
            (None, &["osc.max_rpcs_in_flight=+8"], "takes 1 to 256"),
            (None, &["osc.max_rpcs_in_flight=8", "osc.max_rpcs_in_flight=9"], "is set twice"),
            (
                None,
                &["mdc.max_rpcs_in_flight=8", "mdc.max_mod_rpcs_in_flight=8"],
                "mdc.max_mod_rpcs_in_flight=8 must be below mdc.max_rpcs_in_flight=8",
            ),
        ] {
            let because = named(own(base, set)).expect_err(words).because();
            assert!(because.contains(words), "{because}");
        }
        let equal = ["llite.max_read_ahead_mb=64", "llite.max_read_ahead_per_file_mb=64"];
        named(own(None, &equal)).expect("as high as");
        let data = TuningData::carried().expect("data");
        let unknown = Profile::named(data, &TuneSection::default(), "x").expect_err("unknown");
        assert_eq!(unknown.because(), "there are aws-documented, metadata-heavy, streaming");
    }
}
