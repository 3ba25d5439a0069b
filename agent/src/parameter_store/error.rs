//! Why Parameter Store gave no settings.

use crate::aws::AwsError;
use fsxlustre_mount::answer::PARAMETER_STORE_QUOTA;
use fsxlustre_mount::failure::{Code, Explain};
use std::time::Duration;

/// There is no whole set of settings.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
    /// Nothing names a version.
    #[error("no parameter names the version of the settings")]
    NoPointer {
        /// The name of the parameter that is missing.
        name: String,
    },
    /// What names the version is none.
    #[error("the parameter that names the version of the settings is not valid")]
    Pointer {
        /// The parameter.
        name: String,
    },
    /// The version that is named is not there.
    #[error("the version of the settings that is named is not there")]
    Empty {
        /// Where it should be.
        folder: String,
    },
    /// The versions changed faster than they could be read.
    #[error("the settings changed while they were read")]
    Moving {
        /// The path.
        path: String,
    },
    /// A part was changed after the version was named.
    #[error("the version of the settings was changed after it had been named")]
    Changed {
        /// The part.
        name: String,
        /// The version.
        version: String,
        /// The path.
        path: String,
    },
    /// A part is a list.
    #[error("a parameter of the settings is neither a String nor a SecureString")]
    Kind {
        /// The parameter.
        name: String,
    },
    /// All parts together are too long.
    #[error("the settings are too long")]
    TooLarge {
        /// Where they are.
        folder: String,
    },
    /// This node's turn comes too late.
    #[error("this node's turn to read the settings comes after this call must have ended")]
    Turn {
        /// The path.
        path: String,
        /// How many nodes share the calls.
        nodes: u32,
        /// When its turn is.
        slot: Duration,
        /// What the call has.
        budget: Duration,
    },
    /// Parameter Store could not be asked.
    #[error("the settings could not be read from Parameter Store")]
    Aws {
        /// The path that was asked for.
        path: String,
        /// Why.
        #[source]
        source: Box<AwsError>,
    },
}

impl Explain for SetError {
    fn code(&self) -> Code {
        match self {
            Self::Aws { source, .. } => source.code(),
            Self::Moving { .. } => Code::ConfigMoving,
            Self::Turn { .. } => Code::SlotBeyondBudget,
            _ => Code::ConfigSet,
        }
    }
    fn asked(&self) -> String {
        match self {
            Self::NoPointer { name } | Self::Pointer { name } | Self::Kind { name } => {
                format!("read the parameter {name}")
            }
            Self::Empty { folder } | Self::TooLarge { folder } => {
                format!("read the parameters below {folder}")
            }
            Self::Moving { path } | Self::Changed { path, .. } | Self::Turn { path, .. } => {
                format!("read the settings below {path}")
            }
            Self::Aws { path, source } => format!("{} of {path}", source.asked()),
        }
    }
    fn because(&self) -> String {
        match self {
            Self::NoPointer { .. } => "it is not there".into(),
            Self::Pointer { .. } => {
                "it is a String that holds the name of a version: 1 to 64 of A-Za-z0-9._-".into()
            }
            Self::Empty { .. } => "there is none".into(),
            Self::Moving { path } => format!("{path}/current was put anew each time"),
            Self::Changed { name, version, .. } => {
                format!("{name} was put later than the name of version {version}")
            }
            Self::Kind { .. } => "a list has no lines".into(),
            Self::TooLarge { .. } => "all of them together have more than 256 KiB".into(),
            Self::Turn { nodes, slot, budget, .. } => format!(
                "{nodes} nodes ([fleet] size) share {PARAMETER_STORE_QUOTA} calls a second: its turn \
                 is in {} s, the call has {} s, and nothing is kept from before",
                slot.as_secs(),
                budget.as_secs()
            ),
            Self::Aws { source, .. } => source.because(),
        }
    }
    fn remedy(&self) -> String {
        match self {
            Self::NoPointer { name } | Self::Pointer { name } => format!(
                "put the parts below PATH/VERSION/, then aws ssm put-parameter --name {name} \
                 --type String --overwrite --value VERSION; or correct `[config] ssm_path`"
            ),
            Self::Empty { folder } => {
                format!("put the parts below {folder}/, or name a version that is there")
            }
            Self::Moving { .. } => "try again when whoever puts versions is done".into(),
            Self::Changed { path, .. } => {
                format!("put a new version and name it last; or put {path}/current once more")
            }
            Self::Kind { name } => format!("put {name} as a String or SecureString"),
            Self::TooLarge { .. } => "leave out what defaults say already".into(),
            Self::Turn { .. } => {
                "run `fsxlustre config show --refresh` when the image is made, so that a set is kept; \
                 or put what a mount needs into /etc/fsxlustre; or raise timeout="
                    .into()
            }
            Self::Aws { source, .. } => source.remedy(),
        }
    }
}
