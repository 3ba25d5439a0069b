//! Why a tree could not be looked at, or nothing be asked for it.

use super::decide::Verb;
use crate::layout::LayoutError;
use crate::layout::hand::{Lost, Trouble};
use fsxlustre_mount::failure::{Code, Explain};
use std::path::{Path, PathBuf};

/// Why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HsmError {
    /// The path is none whose files have such a state.
    #[error("{} cannot be looked at", path.display())]
    Path {
        /// The path.
        path: PathBuf,
        /// Why.
        because: String,
        /// What mends it.
        remedy: String,
    },
    /// The mount does not answer.
    #[error("{} does not answer", path.display())]
    Late {
        /// The path.
        path: PathBuf,
        /// The time in which nothing moved.
        seconds: u64,
    },
    /// Something on this node does not work.
    #[error("{} could not be looked at", path.display())]
    Node {
        /// The path.
        path: PathBuf,
        /// Why.
        because: String,
    },
    /// The file system takes no requests.
    #[error("the file system takes no requests for its archive")]
    Disabled {
        /// The path.
        path: PathBuf,
        /// What was asked for.
        verb: Verb,
    },
    /// Nothing on this node can send a request.
    #[error("no request can be sent")]
    NoWay {
        /// The path.
        path: PathBuf,
        /// What was asked for.
        verb: Verb,
    },
    /// The file system refuses all of it from this user.
    #[error("the requests were refused")]
    Permission {
        /// The path.
        path: PathBuf,
        /// What was asked for.
        verb: Verb,
        /// What was said.
        because: String,
    },
    /// Another run has the journal.
    #[error("another run is at work on {}", path.display())]
    Busy {
        /// The path.
        path: PathBuf,
        /// What was asked for.
        verb: Verb,
    },
    /// The journal cannot be used.
    #[error("the journal of requests cannot be used")]
    Journal {
        /// The file.
        file: PathBuf,
        /// Why.
        because: String,
    },
}

impl HsmError {
    /// A path that is not on Lustre.
    pub(super) fn unfit(path: &Path, error: &LayoutError) -> Self {
        Self::Path { path: path.to_owned(), because: error.because(), remedy: error.remedy() }
    }

    /// A child that gives no answer.
    pub(super) fn lost(path: &Path, lost: Lost) -> Self {
        let path = path.to_owned();
        match lost {
            Lost::Late(seconds) => Self::Late { path, seconds },
            Lost::Gone(because) => {
                Self::Node { path, because: format!("the child that looks: {because}") }
            }
        }
    }

    /// What a child met.
    pub(super) fn trouble(path: &Path, trouble: Trouble) -> Self {
        let unfit = |because: String, remedy: &str| Self::Path {
            path: path.to_owned(),
            because,
            remedy: remedy.to_owned(),
        };
        match trouble {
            Trouble::Link(at) => unfit(
                format!("{} is a symbolic link, and none is followed", at.display()),
                "name what it leads to",
            ),
            Trouble::Is(at, word) => unfit(
                format!("{} is {word}", at.display()),
                "name a directory or a regular file of a Lustre file system",
            ),
            Trouble::OtherMount(at) => unfit(
                format!("{} is on another mount than the table of mounts says", at.display()),
                "run the same again; if it stays, look at `findmnt`",
            ),
            Trouble::Call(what, at, errno) => unfit(
                format!(
                    "to {what} {}: {}",
                    at.display(),
                    nix::errno::Errno::from_raw(errno).desc()
                ),
                "correct the path, or run it as a user who may read it",
            ),
            Trouble::Unknown(because) | Trouble::Order(because) => {
                Self::Node { path: path.to_owned(), because }
            }
        }
    }
}

impl Explain for HsmError {
    fn code(&self) -> Code {
        match self {
            Self::Path { .. } => Code::HsmPath,
            Self::Late { .. } => Code::HsmLate,
            Self::Node { .. } => Code::ProgramFailed,
            Self::Disabled { .. } => Code::HsmDisabled,
            Self::NoWay { .. } => Code::HsmNoWay,
            Self::Permission { .. } => Code::HsmPermission,
            Self::Busy { .. } => Code::HsmBusy,
            Self::Journal { .. } => Code::StateUnwritable,
        }
    }
    fn asked(&self) -> String {
        match self {
            Self::Path { path, .. } | Self::Late { path, .. } | Self::Node { path, .. } => {
                format!("the archive state of {}", path.display())
            }
            Self::Disabled { path, verb }
            | Self::NoWay { path, verb }
            | Self::Permission { path, verb, .. }
            | Self::Busy { path, verb } => format!("{} {}", verb.word(), path.display()),
            Self::Journal { file, .. } => format!("write {}", file.display()),
        }
    }
    fn because(&self) -> String {
        match self {
            Self::Path { because, .. }
            | Self::Node { because, .. }
            | Self::Permission { because, .. }
            | Self::Journal { because, .. } => because.clone(),
            Self::Late { seconds, .. } => {
                format!("nothing moved for {seconds} s; the child that looked was left behind")
            }
            Self::Disabled { .. } => {
                "its metadata servers have no coordinator of requests running (EAGAIN)".into()
            }
            Self::NoWay { .. } => {
                "the client tells no FIDs of its files (LL_IOC_PATH2FID), by which they are asked for \
                 without a program, and this node has no lfs, which asks for them by name"
                    .into()
            }
            Self::Busy { .. } => "it has the journal locked".into(),
        }
    }
    fn remedy(&self) -> String {
        match self {
            Self::Path { remedy, .. } => remedy.clone(),
            Self::Late { .. } => "look at the mount: `fsxlustre status`, `fsxlustre check`".into(),
            Self::Node { .. } => "run `fsxlustre check`".into(),
            Self::Disabled { .. } => {
                "give the file system a data repository association (`aws fsx \
                 create-data-repository-association`); without one nothing can be brought from S3"
                    .into()
            }
            Self::Permission { .. } => {
                "run it as root; where root is squashed (RootSquashConfiguration of the file \
                 system), add this node's NID to NoSquashNids"
                    .into()
            }
            Self::NoWay { .. } => {
                "install the client's programs, which have lfs (package lustre-client; on Ubuntu \
                 lustre-client-utils), or name their folder in program_folders of [host]"
                    .into()
            }
            Self::Busy { .. } => "wait for it, or end it".into(),
            Self::Journal { .. } => {
                "run it as root, with /var/lib/fsxlustre writable and not full".into()
            }
        }
    }
}
