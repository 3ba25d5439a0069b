//! Where a piece of configuration stands, and where a value came from.

use std::fmt;
use std::path::PathBuf;

/// A piece of configuration as it was read: a file, or a parameter of Parameter Store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where it is.
    pub place: Place,
    /// What is in it.
    pub text: String,
}

impl Piece {
    /// A file's.
    pub fn file(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self { place: Place::File(path.into()), text: text.into() }
    }
}

impl Piece {
    /// A file's text as the part of a set that it is to become.
    #[must_use]
    pub fn as_parameter(self) -> Self {
        let name = self.place.to_string();
        let place = Place::Parameter { name, version: 0, is_secret: false, read_unix_seconds: 0 };
        Self { place, ..self }
    }
}

/// Where a piece is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file.
    File(PathBuf),
    /// A parameter of Parameter Store.
    Parameter {
        /// Its whole name.
        name: String,
        /// Which version of the parameter it is, counted by Parameter Store.
        version: i64,
        /// Whether it is a `SecureString`, whose values are never printed.
        is_secret: bool,
        /// When it was read, seconds since 1970 UTC.
        read_unix_seconds: u64,
    },
    /// The command line.
    CommandLine,
}

impl Place {
    /// Whether it is a parameter.
    pub fn is_parameter(&self) -> bool {
        matches!(self, Self::Parameter { .. })
    }

    /// Whether its values must not be printed.
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::Parameter { is_secret: true, .. })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            // What is not put yet has no version.
            Self::Parameter { name, version: 0, .. } => write!(f, "parameter {name}"),
            Self::Parameter { name, version, .. } => {
                write!(f, "parameter {name} (version {version})")
            }
            Self::CommandLine => f.write_str("the command line"),
        }
    }
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The piece that says it.
    pub place: Place,
    /// The line in it, counted from 1; 0 where there are no lines.
    pub line: usize,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.place, self.line) {
            (Place::File(path), line) if line > 0 => write!(f, "{}:{line}", path.display()),
            (place, line) if line > 0 => write!(f, "{place} line {line}"),
            (place, _) => write!(f, "{place}"),
        }
    }
}
