//! What the child is told, and what it answers: a line of JSON each.

use crate::layout::hand::{Kind, Spot, Trouble};
use crate::staging::hsm::counts::Counts;
use crate::staging::hsm::decide::Verb;
use crate::staging::hsm::fid::Fid;
use crate::staging::hsm::file::{FileName, FileSeen};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Open a place; what follows is done there.
    Open(Spot),
    /// Keep a file locked from now on, so that nobody works with the same journal. What it runs keeps it too.
    Hold(PathBuf),
    /// Look at everything below the place: many answers.
    Scan(ScanOrder),
    /// Look at these files, their requests too.
    Look(LookOrder),
    /// Ask for these files.
    Ask(AskOrder),
}

/// How to look at a tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ScanOrder {
    /// How many files are looked at at a time.
    pub threads: usize,
    /// What the files are looked at for.
    pub verb: Option<Verb>,
    /// How many files are asked for their request: each question has the server look through all requests.
    pub questions: u64,
    /// Which files are told, and not only counted.
    pub telling: Telling,
    /// `lfs`, where this node has it.
    pub lfs: Option<PathBuf>,
}

/// Which files of a scan are told one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Telling {
    /// None.
    Nothing,
    /// Every one, with its FID.
    All,
    /// Those that the archive does not have as they stand, so many at most.
    NotArchived(u64),
}

/// Which files to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LookOrder {
    /// The files.
    pub files: Vec<FileRef>,
    /// `lfs`, where this node has it.
    pub lfs: Option<PathBuf>,
}

/// A file below the place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileRef {
    /// Its path.
    pub name: FileName,
    /// Its FID, where the client tells it.
    pub fid: Option<Fid>,
}

/// Requests for files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AskOrder {
    /// What is asked for.
    pub verb: Verb,
    /// For which files; 52 make a request.
    pub files: Vec<FileRef>,
    /// `lfs`, where this node has it.
    pub lfs: Option<PathBuf>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Reply {
    /// The place is open: what it is.
    Opened(Kind),
    /// It is done.
    Done,
    /// A part of a scan.
    Seen(Box<Seen>),
    /// Files that were looked at, in their order.
    Looked(Vec<FileSeen>),
    /// Neither the call nor `lfs` can send a request here.
    NoWay,
    /// The request was not taken.
    Refused(Refused),
    /// It does not work.
    Trouble(Trouble),
}

/// A part of a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// What was counted since the last part.
    pub counts: Counts,
    /// Files, where they are told.
    pub files: Vec<FileSeen>,
    /// Nothing follows.
    pub is_end: bool,
}

/// A request that failed as a whole: nothing, or some of its first files were taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refused {
    /// The errno; 4 of `lfs` is a call that it does not know.
    pub errno: i32,
    /// What `lfs` said; nothing where the client was asked itself.
    pub said: String,
}
