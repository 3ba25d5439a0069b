//! What a child is asked, and what it answers: one line of JSON each.

use super::super::import_file::{Change, ImportFile};
use super::super::import_state::Import;
use super::super::instances::Folder;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One device with a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Connection {
    /// Whether it is to a metadata target.
    pub(crate) is_mdc: bool,
    /// The device's name.
    pub(crate) device: String,
}

impl Connection {
    /// Where the device is.
    pub(crate) fn folder(&self) -> Folder {
        if self.is_mdc { Folder::Mdc } else { Folder::Osc }
    }
}

/// A question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Question {
    /// The connections from now on, when they are others than before.
    pub(crate) connections: Option<Vec<Connection>>,
    /// Whether to tell the state of each.
    pub(crate) states: bool,
    /// Whether to tell all else of each.
    pub(crate) details: bool,
    /// Directories to call statvfs(2) on.
    pub(crate) directories: Vec<PathBuf>,
}

/// What became of reading a connection's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum StateRead {
    /// It was read.
    Is(Import),
    /// It is not there any more.
    Gone,
    /// It was read and is not known.
    Unknown,
    /// It cannot be read; the message and its remedy.
    Refused(String, String),
}

/// All else of a connection; what could not be read is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Details {
    /// Its last changes, the oldest first.
    pub(crate) changes: Option<Vec<Change>>,
    /// What its `import` says.
    pub(crate) import: Option<ImportFile>,
    /// How long the way to the server is expected to take, in seconds.
    pub(crate) network_seconds: Option<i64>,
}

/// Room of a file system. *Units*: bytes, files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Room {
    pub(crate) size: u64,
    pub(crate) free: u64,
    pub(crate) available: u64,
    pub(crate) files: u64,
    pub(crate) files_free: u64,
}

/// An answer, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// The states, in the order of the connections.
    States(Vec<StateRead>),
    /// The details, in the order of the connections.
    Details(Vec<Details>),
    /// What statvfs(2) said of a directory, after how many microseconds.
    Statvfs {
        /// The directory as it was asked for.
        directory: PathBuf,
        /// Time of the call.
        micros: i64,
        /// Its result.
        result: Result<Room, String>,
    },
    /// A directory is not there for whoever asks: of what is mounted on it nothing is known.
    Unseen(PathBuf),
    /// The question is answered.
    End,
}
