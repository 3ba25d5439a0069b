//! A layout profile that cannot be used.

use super::problem::LayoutProblem;
use fsxlustre_mount::failure::{Code, Explain, one_line};

/// Why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// No profile and no preset has this name.
    #[error("the layout profile '{}' is not known", one_line(name))]
    Unknown {
        /// The name.
        name: String,
        /// The names there are: of the configuration, and of presets.
        known: Vec<String>,
    },
    /// What it says does not fit.
    #[error("the layout profile '{}' is not valid", one_line(name))]
    Invalid {
        /// The name.
        name: String,
        /// What is wrong, and what to write.
        problem: LayoutProblem,
    },
}

impl Explain for ProfileError {
    fn code(&self) -> Code {
        Code::LayoutProfile
    }
    fn asked(&self) -> String {
        let (Self::Unknown { name, .. } | Self::Invalid { name, .. }) = self;
        format!("the layout profile '{}'", one_line(name))
    }
    fn because(&self) -> String {
        match self {
            Self::Unknown { known, .. } => format!("there are: {}", known.join(", ")),
            Self::Invalid { problem, .. } => problem.because.clone(),
        }
    }
    fn remedy(&self) -> String {
        match self {
            Self::Unknown { name, .. } => format!(
                "name one of them, or add [layout.profiles.{}] to /etc/fsxlustre/fsxlustre.toml",
                one_line(name)
            ),
            Self::Invalid { problem, name } => {
                format!("{} ([layout.profiles.{}] in /etc/fsxlustre)", problem.fix, one_line(name))
            }
        }
    }
}
