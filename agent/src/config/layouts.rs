//! `[layout]`: the profiles that `fsxlustre layout` knows.

use crate::layout::{LayoutProfile, ProfileError};
use fsxlustre_mount::config::ConfigError;
use fsxlustre_mount::failure::Explain as _;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The profiles of the files, and where else to look.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LayoutSection {
    /// Profiles by name.
    pub profiles: BTreeMap<String, LayoutProfile>,
    /// A path in Parameter Store, `/fsxlustre/prod/layouts`; the parameter below it that has the
    /// name of a profile holds the profile's TOML. A profile of the files goes before it.
    pub ssm_path: Option<String>,
}

impl LayoutSection {
    pub(super) fn check(&self, file: &Path) -> Result<(), ConfigError> {
        for (name, profile) in &self.profiles {
            profile.check(name).map_err(|error| {
                let because = format!("layout.profiles.{name}: {}", error.because());
                ConfigError::invalid(file, because)
            })?;
        }
        let fits = |path: &String| {
            path.starts_with('/')
                && !path.ends_with('/')
                && path.len() <= 900
                && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b))
        };
        if self.ssm_path.as_ref().is_none_or(fits) {
            return Ok(());
        }
        let because = "layout.ssm_path: a parameter's path is /a/b of A-Za-z0-9._-".to_owned();
        Err(ConfigError::invalid(file, because))
    }

    pub(super) fn add(&mut self, later: Self) {
        self.profiles.extend(later.profiles);
        self.ssm_path = later.ssm_path.or(self.ssm_path.take());
    }

    /// The profile of that name in the files.
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
