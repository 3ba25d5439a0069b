//! Why a layout could not be looked at or applied.

use super::hand::{Lost, Trouble};
use super::lfs_said::{Meaning, meaning};
use super::model::Layout;
use super::text_error::LayoutTextError;
use fsxlustre_mount::failure::{Code, Explain};
use std::path::{Path, PathBuf};

/// A layout could not be looked at or applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// The path cannot carry a layout.
    #[error("{} cannot carry a layout", path.display())]
    Path {
        /// The path.
        path: PathBuf,
        /// Why.
        because: String,
        /// What to do.
        remedy: String,
    },
    /// It carries a layout that somebody set.
    #[error("{} carries another layout", path.display())]
    Stands {
        /// The path.
        path: PathBuf,
        /// What stands, and that it does.
        stands: String,
    },
    /// A layout does not hold.
    #[error("the layout of {} is not the one that is wanted", path.display())]
    Differs {
        /// The path.
        path: PathBuf,
        /// What is wanted.
        wanted: String,
        /// What stands.
        found: String,
    },
    /// `lfs` failed.
    #[error("lfs refused the layout of {}", path.display())]
    Command {
        /// The path.
        path: PathBuf,
        /// The command.
        command: String,
        /// Its code, because and do.
        meaning: LfsMeaning,
    },
    /// What is read back is not what was set.
    #[error("the layout of {} is not the one that was set", path.display())]
    NotProved {
        /// The path.
        path: PathBuf,
        /// What was set.
        wanted: String,
        /// What was read back.
        found: String,
    },
    /// What is read of a layout is not understood.
    #[error("the layout of {} is not understood", path.display())]
    Answer {
        /// The path.
        path: PathBuf,
        /// What was read.
        asked: String,
        /// What is wrong with it.
        because: String,
    },
    /// The mount does not answer.
    #[error("{} does not answer", path.display())]
    Late {
        /// The path.
        path: PathBuf,
        /// The time it had.
        seconds: u64,
    },
    /// Something on this node does not work.
    #[error("the layout of {} could not be looked at", path.display())]
    Node {
        /// The path.
        path: PathBuf,
        /// Why.
        because: String,
    },
}

/// What the end of `lfs` means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LfsMeaning(Meaning);

impl LayoutError {
    /// A hand that gives no answer.
    pub(super) fn lost(path: &Path, lost: Lost) -> Self {
        let path = path.to_owned();
        match lost {
            Lost::Late(seconds) => Self::Late { path, seconds },
            Lost::Gone(because) => {
                Self::Node { path, because: format!("the child that looks: {because}") }
            }
        }
    }

    /// What a hand met.
    pub(super) fn trouble(path: &Path, trouble: Trouble) -> Self {
        let unfit = |because: String, remedy: &str| Self::Path {
            path: path.to_owned(),
            because,
            remedy: remedy.to_owned(),
        };
        match trouble {
            Trouble::Link(at) => unfit(
                format!("{} is a symbolic link, and none is followed", at.display()),
                "name the directory itself",
            ),
            Trouble::Is(at, word) => unfit(
                format!("{} is {word}", at.display()),
                "name a directory of a Lustre file system",
            ),
            Trouble::OtherMount(at) => unfit(
                format!("{} is on another mount than the table of mounts says", at.display()),
                "run the same again; if it stays, look at `findmnt`",
            ),
            Trouble::Unknown(who) => unfit(
                format!("there is no {who} on this node"),
                "correct `owner` in the rule, or make the account known to this node",
            ),
            Trouble::Order(because) => Self::Node { path: path.to_owned(), because },
            Trouble::Call(what, at, errno) => Self::call(path, &what, &at, errno),
        }
    }

    fn call(path: &Path, what: &str, at: &Path, errno: i32) -> Self {
        const ENOENT: i32 = 2;
        const ENOTDIR: i32 = 20;
        let Meaning { code, because, remedy } = meaning(errno, "", true);
        let system = std::io::Error::from_raw_os_error(errno);
        let because = match (errno, code) {
            (ENOENT, _) => format!("there is no {}", at.display()),
            (ENOTDIR, _) => format!("{} lies below something that is no directory", at.display()),
            (_, Code::LayoutPermission) => format!("to {what} {}: {because}", at.display()),
            _ => format!("to {what} {}: {system}", at.display()),
        };
        Self::Path { path: path.to_owned(), because, remedy }
    }

    /// `lfs` that failed.
    pub(super) fn command(path: &Path, command: String, code: i32, said: &str) -> Self {
        // It was run in the directory, and calls that '.'.
        let said = said.replace("'.'", &format!("'{}'", path.display()));
        let is_root = nix::unistd::geteuid().is_root();
        let meaning = LfsMeaning(meaning(code, &said, is_root));
        Self::Command { path: path.to_owned(), command, meaning }
    }

    /// Something that was read and is not understood.
    pub(super) fn answer(path: &Path, asked: &str, error: &LayoutTextError) -> Self {
        Self::Answer { path: path.to_owned(), asked: asked.to_owned(), because: error.to_string() }
    }

    /// A layout that is not what is wanted.
    pub(super) fn differs(path: &Path, wanted: &Layout, found: &Layout) -> Self {
        let (wanted, found) = (wanted.to_string(), found.to_string());
        Self::Differs { path: path.to_owned(), wanted, found }
    }
}

impl Explain for LayoutError {
    fn code(&self) -> Code {
        match self {
            Self::Path { .. } => Code::LayoutPath,
            Self::Stands { .. } => Code::LayoutStands,
            Self::Differs { .. } => Code::LayoutDiffers,
            Self::Command { meaning, .. } => meaning.0.code,
            Self::NotProved { .. } => Code::LayoutNotProved,
            Self::Answer { .. } => Code::LayoutAnswer,
            Self::Late { .. } => Code::LayoutLate,
            Self::Node { .. } => Code::ProgramFailed,
        }
    }
    fn asked(&self) -> String {
        match self {
            Self::Command { command, .. } => command.clone(),
            Self::Answer { asked, path, .. } => format!("{asked} {}", path.display()),
            Self::NotProved { wanted, path, .. } | Self::Differs { wanted, path, .. } => {
                format!("{wanted} on {}", path.display())
            }
            Self::Path { path, .. }
            | Self::Stands { path, .. }
            | Self::Late { path, .. }
            | Self::Node { path, .. } => format!("the layout of {}", path.display()),
        }
    }
    fn because(&self) -> String {
        match self {
            Self::Path { because, .. }
            | Self::Answer { because, .. }
            | Self::Node { because, .. } => because.clone(),
            Self::Stands { stands, .. } => stands.clone(),
            Self::Command { meaning, .. } => meaning.0.because.clone(),
            Self::NotProved { found, .. } => format!("read back is: {found}"),
            Self::Differs { found, .. } => format!("there is: {found}"),
            Self::Late { seconds, .. } => {
                format!(
                    "it did not answer within {seconds} s; the child that asked was left behind"
                )
            }
        }
    }
    fn remedy(&self) -> String {
        match self {
            Self::Path { remedy, .. } => remedy.clone(),
            Self::Stands { .. } => "leave it, or say --replace to set the profile over it".into(),
            Self::Differs { .. } => {
                "run `fsxlustre layout plan`, then `fsxlustre layout apply`".into()
            }
            Self::Command { meaning, .. } => meaning.0.remedy.clone(),
            Self::NotProved { .. } => {
                "run the same again; somebody else may have set it meanwhile".into()
            }
            Self::Answer { .. } => {
                "report this with the output of `lfs getstripe -d` and `lfs --version`".into()
            }
            Self::Late { .. } => "look at the mount: `fsxlustre status`, `fsxlustre check`".into(),
            Self::Node { .. } => "run `fsxlustre check`".into(),
        }
    }
}
