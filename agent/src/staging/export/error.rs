//! What can go wrong with an export.

use fsxlustre_mount::failure::{Code, Explain, one_line};

/// An export cannot be begun, or what it needs is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// A path that no task takes.
    #[error("the path cannot be exported")]
    Path {
        /// The path.
        path: String,
        /// Why.
        because: String,
    },
    /// The paths are not of one file system.
    #[error("the paths are on more than one file system")]
    Several {
        /// The mounts that they are on.
        mounts: String,
    },
    /// Which file system of FSx a mount is of is not known.
    #[error("which file system this mount is of is not known")]
    FileSystem {
        /// The mount.
        mount: String,
        /// Why.
        because: String,
    },
    /// No data repository holds a path.
    #[error("no data repository holds this path")]
    NoRepository {
        /// The file system and the path below its root.
        place: String,
        /// What there is instead.
        because: String,
    },
    /// The association is in no state to export.
    #[error("the data repository association cannot export now")]
    Unfit {
        /// The association.
        association: String,
        /// Its lifecycle, and why.
        because: String,
    },
    /// The association exports by itself, and no task may.
    #[error("the data repository association exports by itself")]
    Automatic {
        /// The association.
        association: String,
        /// Its events.
        events: String,
    },
    /// Another task of the file system goes on.
    #[error("another data repository task of this file system goes on")]
    Busy {
        /// The file system.
        file_system_id: String,
        /// What the service said, and which task it is.
        because: String,
    },
    /// There are as many tasks as the account may have.
    #[error("the account has no room for another data repository task")]
    Limit {
        /// The file system.
        file_system_id: String,
        /// What the service said.
        because: String,
    },
    /// A task ended, and not all files were exported.
    #[error("not every file was exported")]
    Incomplete {
        /// The task.
        task: String,
        /// What it told.
        because: String,
        /// Where its report is, in words.
        report: String,
    },
    /// The folder of tickets cannot be used.
    #[error("the tickets of exports cannot be read or written")]
    Tickets {
        /// What was attempted.
        attempt: String,
        /// Why.
        because: String,
    },
}

impl Explain for ExportError {
    fn code(&self) -> Code {
        match self {
            Self::Path { .. } | Self::Several { .. } => Code::ExportPath,
            Self::FileSystem { .. } => Code::ExportFileSystem,
            Self::NoRepository { .. } => Code::NoDataRepository,
            Self::Unfit { .. } => Code::DataRepositoryUnfit,
            Self::Automatic { .. } => Code::ExportAutomatic,
            Self::Busy { .. } => Code::ExportBusy,
            Self::Limit { .. } => Code::ExportLimit,
            Self::Incomplete { .. } => Code::ExportIncomplete,
            Self::Tickets { .. } => Code::ExportTickets,
        }
    }
    fn asked(&self) -> String {
        match self {
            Self::Path { path, .. } => format!("export {}", one_line(path)),
            Self::Several { mounts } => format!("export paths of {mounts} at once"),
            Self::FileSystem { mount, .. } => format!("find the file system of {mount}"),
            Self::NoRepository { place, .. } => format!("export {place}"),
            Self::Unfit { association, .. } | Self::Automatic { association, .. } => {
                format!("begin an export task below {association}")
            }
            Self::Busy { file_system_id, .. } | Self::Limit { file_system_id, .. } => {
                format!("begin an export task of {file_system_id}")
            }
            Self::Incomplete { task, .. } => format!("export by {task}"),
            Self::Tickets { attempt, .. } => attempt.clone(),
        }
    }
    fn because(&self) -> String {
        match self {
            Self::Several { .. } => "a task is of one file system".into(),
            Self::Automatic { events, .. } => {
                format!("auto-export of {events} is on, and FSx takes no export task meanwhile")
            }
            Self::Path { because, .. }
            | Self::FileSystem { because, .. }
            | Self::NoRepository { because, .. }
            | Self::Unfit { because, .. }
            | Self::Busy { because, .. }
            | Self::Limit { because, .. }
            | Self::Incomplete { because, .. }
            | Self::Tickets { because, .. } => one_line(because),
        }
    }
    fn remedy(&self) -> String {
        match self {
            Self::Incomplete { report, .. } => {
                format!("{report}; mend what it names and export again")
            }
            Self::Automatic { association, .. } => format!(
                "wait for it and look with `fsxlustre export verify`; or turn it off first: aws fsx \
                 update-data-repository-association --association-id {association} --s3 \
                 AutoExportPolicy={{Events=[]}}"
            ),
            other => other.code().row().remedy.into(),
        }
    }
}
