//! Why the configuration cannot be used.

use super::mistake::Mistake;
use crate::failure::{Code, Explain, chain};
use std::path::PathBuf;

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("a configuration file cannot be read")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Somebody else than root can change it.
    #[error("a configuration file may be changed by others than root")]
    Untrusted {
        /// The file.
        path: PathBuf,
        /// Owner and mode.
        because: String,
    },
    /// It is a folder, a device or a FIFO.
    #[error("a configuration file is not a regular file")]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// It is not valid TOML, has a key that nobody knows, or a value that does not fit.
    #[error("{}", what(.first))]
    Invalid {
        /// The first mistake.
        first: Box<Mistake>,
        /// How many more there are.
        more: usize,
    },
}

fn what(mistake: &Mistake) -> &'static str {
    match (mistake.code, mistake.origin.place.is_parameter()) {
        (Code::ConfigForbidden, _) => "Parameter Store says what only root's files may say",
        (_, true) => "a parameter of the configuration is not valid",
        (_, false) => "a configuration file is not valid",
    }
}

impl ConfigError {
    /// The error of these mistakes, where there is one.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] with the first of them.
    pub fn of(mistakes: &[Mistake]) -> Result<(), Self> {
        match mistakes.split_first() {
            None => Ok(()),
            Some((first, more)) => {
                Err(Self::Invalid { first: Box::new(first.clone()), more: more.len() })
            }
        }
    }
}

impl Explain for ConfigError {
    fn code(&self) -> Code {
        match self {
            Self::Unreadable { .. } => Code::ConfigUnreadable,
            Self::Untrusted { .. } | Self::NotAFile { .. } => Code::ConfigInvalid,
            Self::Invalid { first, .. } => first.code,
        }
    }
    fn asked(&self) -> String {
        match self {
            Self::Unreadable { path, .. }
            | Self::Untrusted { path, .. }
            | Self::NotAFile { path } => format!("read {}", path.display()),
            Self::Invalid { first, .. } => format!("read {}", first.origin.place),
        }
    }
    fn because(&self) -> String {
        match self {
            Self::Unreadable { source, .. } => chain(source),
            Self::Untrusted { because, .. } => because.clone(),
            Self::NotAFile { .. } => "it is a folder, a device or a FIFO".into(),
            Self::Invalid { first, more } => {
                let more = match more {
                    0 => String::new(),
                    count => format!(" (and {count} more)"),
                };
                format!("line {}: {}{more}", first.origin.line, first.text())
            }
        }
    }
    fn remedy(&self) -> String {
        match self {
            Self::Unreadable { .. } => "make the file readable".into(),
            Self::Untrusted { path, .. } => {
                let path = path.display();
                format!("chown root {path} && chmod go-w {path}")
            }
            Self::NotAFile { path } => format!("put a regular file at {}", path.display()),
            Self::Invalid { first, .. } => {
                let place = &first.origin.place;
                format!("correct the line in {place}; `fsxlustre config check` names every mistake")
            }
        }
    }
}
