//! `[layout]`: the profiles that `fsxlustre layout` knows.

use crate::layout::{LayoutProfile, ProfileError};
use fsxlustre_mount::config::Key;
use fsxlustre_mount::failure::Explain as _;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The profiles there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LayoutSection {
    /// Profiles by name.
    pub profiles: BTreeMap<String, LayoutProfile>,
}

impl LayoutSection {
    /// What does not fit in the profiles themselves.
    pub(super) fn mistakes(&self) -> Vec<(Key, String)> {
        let profiles = Key::from(["layout", "profiles"].as_slice());
        let mistake = |(name, profile): (&String, &LayoutProfile)| {
            Some((profiles.name(name), profile.check(name).err()?.because()))
        };
        self.profiles.iter().filter_map(mistake).collect()
    }

    /// The profile of that name.
    pub fn profile(&self, name: &str) -> Option<&LayoutProfile> {
        self.profiles.get(name)
    }

    /// The failure to find a profile.
    pub fn unknown(&self, name: &str) -> ProfileError {
        ProfileError::Unknown {
            name: name.to_owned(),
            known: self.profiles.keys().cloned().collect(),
        }
    }
}
