//! `[layout]`: the profiles that `fsxlustre layout` knows, and the presets beside them.

use super::LayoutRule;
use crate::layout::{
    ByteCount, LayoutProfile, ProfileError, StripeSize, Until, preset, preset_names,
};
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
    /// `[[layout.directory]]`, in the order of the files.
    pub directory: Vec<LayoutRule>,
}

impl LayoutSection {
    /// What does not fit in the profiles themselves.
    pub(super) fn mistakes(&self) -> Vec<(Key, String)> {
        let profiles = Key::from(["layout", "profiles"].as_slice());
        let mistake = |(name, profile): (&String, &LayoutProfile)| {
            let error = profile.check(name).err()?;
            Some((profiles.name(name), format!("{}: {}", error.because(), fix(&error))))
        };
        self.profiles.iter().filter_map(mistake).collect()
    }

    /// The profile of that name; a preset of that name where the configuration has none.
    pub fn profile(&self, name: &str) -> Option<LayoutProfile> {
        let of_preset = || {
            let preset = Some(preset(name)?.name);
            Some(LayoutProfile { preset, ..LayoutProfile::default() })
        };
        self.profiles.get(name).cloned().or_else(of_preset)
    }

    /// The failure to find a profile.
    pub fn unknown(&self, name: &str) -> ProfileError {
        let known = self.profiles.keys().cloned().chain(preset_names()).collect();
        ProfileError::Unknown { name: name.to_owned(), known }
    }
}

/// What to write instead, without the place, which a mistake names by itself.
fn fix(error: &ProfileError) -> String {
    match error {
        ProfileError::Invalid { problem, .. } => problem.fix.clone(),
        ProfileError::Unknown { .. } => error.remedy(),
    }
}

/// Whether a text is a stripe size.
pub(super) fn check_stripe_size(text: &str) -> Result<(), String> {
    StripeSize::try_from(text.to_owned()).map(|_| ())
}

/// Whether a text is a length.
pub(super) fn check_bytes(text: &str) -> Result<(), String> {
    ByteCount::try_from(text.to_owned()).map(|_| ())
}

/// Whether a text is the end of a part.
pub(super) fn check_until(text: &str) -> Result<(), String> {
    Until::try_from(text.to_owned()).map(|_| ())
}
