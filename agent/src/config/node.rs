//! `[node]`: what this node is.

use serde::Deserialize;

/// `[node]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NodeSection {
    /// What it is for.
    pub role: Option<Role>,
}

/// What a node is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It runs jobs.
    #[default]
    Compute,
    /// People log in there.
    Login,
    /// The scheduler's controller is there.
    Head,
}

impl NodeSection {
    /// What it is for.
    pub fn role(&self) -> Role {
        self.role.unwrap_or_default()
    }
}

impl Role {
    /// The word of the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Compute => "compute",
            Self::Login => "login",
            Self::Head => "head",
        }
    }
}
