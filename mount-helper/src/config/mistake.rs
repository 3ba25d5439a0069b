//! What is wrong with one line of the configuration.

use super::place::Origin;
use crate::failure::{Code, one_line};
use std::fmt;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where it is.
    pub origin: Origin,
    /// The key as it was given; none where the text is not TOML.
    pub key: Option<String>,
    /// What is wrong with it.
    pub because: String,
    /// The known key that may be meant.
    pub nearest: Option<String>,
    /// [`Code::ConfigInvalid`], or [`Code::ConfigForbidden`] for what Parameter Store must not say.
    pub code: Code,
}

impl Mistake {
    /// A mistake of no particular kind.
    pub fn new(origin: Origin, key: Option<String>, because: impl Into<String>) -> Self {
        let because = because.into();
        Self { origin, key, because, nearest: None, code: Code::ConfigInvalid }
    }

    /// Key, cause and nearest known key, without the place.
    pub fn text(&self) -> String {
        let key = self.key.as_deref().map(|key| format!("{key}: ")).unwrap_or_default();
        let nearest = self
            .nearest
            .as_deref()
            .map(|near| format!("; did you mean {near}?"))
            .unwrap_or_default();
        one_line(&format!("{key}{}{nearest}", self.because))
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.origin, self.text())
    }
}
