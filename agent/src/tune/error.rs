//! Why settings of a client cannot be planned, set or put back.

use fsxlustre_mount::failure::{Code, Explain};
use std::path::PathBuf;

/// A command about settings that cannot be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TuneError {
    /// The profile is unknown or not valid.
    #[error("the tuning profile '{name}' cannot be used")]
    Profile {
        /// Its name.
        name: String,
        /// Why.
        because: String,
    },
    /// No profile is named.
    #[error("no tuning profile is named")]
    NoProfile,
    /// There is no client that is meant, or it is not known which one is.
    #[error("there is no client to tune")]
    Client {
        /// What was asked for.
        asked: String,
        /// Why.
        because: String,
        /// What mends it.
        remedy: String,
    },
    /// The client's files did not answer.
    #[error("the settings of {client} could not be read")]
    Unread {
        /// The client's name.
        client: String,
        /// Why.
        because: String,
    },
    /// Values that were not taken.
    #[error("not all settings of {client} are as the profile {profile} wants them")]
    Refused {
        /// The client's name.
        client: String,
        /// The profile.
        profile: String,
        /// Which, and why.
        because: String,
    },
    /// Values that were not put back.
    #[error("not all settings of {client} were put back")]
    NotPutBack {
        /// The client's name.
        client: String,
        /// Which, and why.
        because: String,
    },
    /// A file of modprobe.d that is not ours, or cannot be written.
    #[error("the parameters of modules cannot be kept")]
    Persist {
        /// The file.
        path: PathBuf,
        /// Why.
        because: String,
    },
}

impl Explain for TuneError {
    fn code(&self) -> Code {
        match self {
            Self::Profile { .. } | Self::NoProfile => Code::TuneProfile,
            Self::Client { .. } => Code::TuneClient,
            Self::Unread { .. } => Code::TuneUnread,
            Self::Refused { .. } | Self::NotPutBack { .. } => Code::TuneRefused,
            Self::Persist { .. } => Code::TunePersist,
        }
    }
    fn asked(&self) -> String {
        match self {
            Self::Profile { name, .. } => format!("tune by the profile {name}"),
            Self::NoProfile => "tune".into(),
            Self::Client { asked, .. } => format!("tune {asked}"),
            Self::Unread { client, .. } => format!("read the settings of {client}"),
            Self::Refused { client, .. } => format!("set what the profile wants on {client}"),
            Self::NotPutBack { client, .. } => format!("put back the settings of {client}"),
            Self::Persist { path, .. } => format!("write {}", path.display()),
        }
    }
    fn because(&self) -> String {
        match self {
            Self::NoProfile => "neither --profile nor `[tune] profile` names one".into(),
            Self::Profile { because, .. }
            | Self::Client { because, .. }
            | Self::Unread { because, .. }
            | Self::Refused { because, .. }
            | Self::NotPutBack { because, .. }
            | Self::Persist { because, .. } => because.clone(),
        }
    }
    fn remedy(&self) -> String {
        match self {
            Self::Profile { .. } => "name a profile that there is, or correct [tune.profiles]".into(),
            Self::NoProfile => {
                "say --profile aws-documented, or set `[tune] profile` in /etc/fsxlustre/fsxlustre.toml"
                    .into()
            }
            Self::Client { remedy, .. } => remedy.clone(),
            Self::Unread { .. } => {
                "see `fsxlustre status`: the client may be on its way out, or its servers dead".into()
            }
            Self::Refused { .. } => {
                "give the setting a value that the client takes in [tune.profiles], or leave it out".into()
            }
            Self::NotPutBack { .. } => {
                "run it again as root; a new mount has Lustre's own values, too".into()
            }
            Self::Persist { path, .. } => format!("look at {}, and move it away", path.display()),
        }
    }
}
