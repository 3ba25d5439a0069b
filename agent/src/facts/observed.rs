//! A value with where it was read, or why it is not known.

use serde::Serialize;
use std::path::Path;

/// What was looked for, and what came of it. There is no default: unknown is not zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Observed<T> {
    /// It is known.
    Known {
        /// What it is.
        value: T,
        /// The file or command it was read from.
        from: String,
    },
    /// It is not known.
    Unknown {
        /// Why.
        #[serde(rename = "unknown")]
        because: String,
        /// The file or command that was tried.
        from: String,
    },
}

impl<T> Observed<T> {
    /// A known value.
    pub fn known(value: T, from: impl Into<String>) -> Self {
        Self::Known { value, from: from.into() }
    }

    /// An unknown value, with the reason.
    pub fn unknown(because: impl Into<String>, from: impl Into<String>) -> Self {
        Self::Unknown { because: because.into(), from: from.into() }
    }

    /// The value, if it is known.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Known { value, .. } => Some(value),
            Self::Unknown { .. } => None,
        }
    }

    /// Where it was read, or was tried to be read.
    pub fn from(&self) -> &str {
        let (Self::Known { from, .. } | Self::Unknown { from, .. }) = self;
        from
    }

    /// Puts another value in its place, read at the same place.
    pub fn map<U>(&self, change: impl FnOnce(&T) -> U) -> Observed<U> {
        match self {
            Self::Known { value, from } => Observed::known(change(value), from),
            Self::Unknown { because, from } => Observed::unknown(because, from),
        }
    }
}

/// Reads a small file whole and trims it; an empty file is unknown.
pub(super) fn read_trimmed(path: &Path) -> Observed<String> {
    let from = path.display().to_string();
    match fsxlustre_mount::host::read_text(path) {
        Ok(text) if !text.trim().is_empty() => Observed::known(text.trim().to_owned(), from),
        Ok(_) => Observed::unknown("the file is empty", from),
        Err(error) => Observed::unknown(error.to_string(), from),
    }
}
