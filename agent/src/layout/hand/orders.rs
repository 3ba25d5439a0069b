//! What a hand is told, and what it answers.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Open a place, and read its layout where the client gives it. What follows is done there.
    Open(Spot),
    /// Give the directory an owner and a mode.
    Arrange(Arrangement),
    /// Run `lfs`, in the directory itself, or in that of the file.
    Lfs {
        /// By its whole path.
        program: PathBuf,
        /// All of its arguments.
        arguments: Vec<String>,
    },
    /// Read what this client says of a file system.
    Shape(ShapeOrder),
    /// Look at what is below the directory, a step at a time: an answer for each step.
    Walk(WalkOrder),
}

/// A place below a mount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Spot {
    /// Where it is mounted.
    pub mount: PathBuf,
    /// The kernel's number of the mount.
    pub mount_id: i32,
    /// The names below it, one by one.
    pub below: Vec<String>,
    /// Make the directories that are missing.
    pub make: bool,
}

/// Owner and mode of a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Arrangement {
    /// A user, by name or number.
    pub user: Option<String>,
    /// A group, by name or number.
    pub group: Option<String>,
    /// Permission bits.
    pub mode: Option<u32>,
}

/// Whose shape, and where the kernel says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ShapeOrder {
    /// Lustre's name of the file system.
    pub fs_name: String,
    /// Root of procfs.
    pub procfs: PathBuf,
    /// Root of sysfs.
    pub sysfs: PathBuf,
    /// Root of debugfs.
    pub debugfs: PathBuf,
}

/// What this client says of a file system; `None` is what it does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ShapeSaid {
    /// The indices of its OSTs.
    pub osts: Option<Vec<u32>>,
    /// Its pools and the indices of their OSTs.
    pub pools: Option<BTreeMap<String, Vec<u32>>>,
    /// How many MDTs it has.
    pub mdts: Option<u32>,
    /// The version of the client.
    pub client: Option<String>,
    /// The version of the servers.
    pub servers: Option<String>,
}

/// Until where to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WalkOrder {
    /// The most entries.
    pub entries: u64,
    /// The most time.
    pub milliseconds: u64,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Reply {
    /// It is open.
    Opened(Opened),
    /// Owner and mode are as they were told; what was changed.
    Arranged(Vec<String>),
    /// `lfs` ended.
    Ran(Ran),
    /// What is known of the file system.
    Shape(ShapeSaid),
    /// A step of a walk.
    Walked(Walked),
    /// It does not work.
    Trouble(Trouble),
}

/// What was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Opened {
    /// What it is.
    pub kind: Kind,
    /// A file's size, bytes.
    pub size: u64,
    /// What had to be made.
    pub made: Made,
    /// The attribute `lustre.lov`.
    pub lov: Lov,
}

/// Whether the directory was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Made {
    /// It was.
    WasThere,
    /// It was made.
    Made,
}

/// The kinds that may carry a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
}

/// The attribute `lustre.lov`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Lov {
    /// The layout.
    Bytes(Vec<u8>),
    /// There is none.
    None,
    /// The client does not give it.
    NotGiven,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ran {
    /// Exit status; -1 when a signal ended it.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it said.
    pub stderr: String,
}

/// Files that were met since the last answer, each kind of layout once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Walked {
    /// The attribute without what differs from file to file, how many files have it, and one of them.
    pub layouts: Vec<(Vec<u8>, u64, String)>,
    /// Files whose layout cannot be read.
    pub unread: u64,
    /// All entries so far.
    pub entries: u64,
    /// Why it ends here; `None` while it goes on.
    pub end: Option<WalkEnd>,
}

/// Why a walk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum WalkEnd {
    /// Everything was looked at.
    All,
    /// So many entries were enough.
    Entries,
    /// The time was over.
    Time,
}

/// Why something does not work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Trouble {
    /// A name is a symbolic link.
    Link(PathBuf),
    /// It is neither a directory nor, where one may be named, a file.
    Is(PathBuf, String),
    /// Something else is mounted there by now.
    OtherMount(PathBuf),
    /// No such user or group.
    Unknown(String),
    /// A call failed: what on what, and the errno.
    Call(String, PathBuf, i32),
    /// The order makes no sense here.
    Order(String),
}
