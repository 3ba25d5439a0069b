//! What is said of a node's mounts: the shape of `fsxlustre status --json`.

use super::Counts;
use fsxlustre_mount::failure::FailureRecord;
use fsxlustre_mount::record::{Maker, Origin};
use serde::Serialize;

/// The layout of the JSON object; fields are only ever added to it.
pub(super) const FORMAT: u32 = 1;

/// What is true of one directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// A Lustre file system is mounted there.
    Mounted,
    /// We mounted it, and it is not mounted any more; nobody told us.
    Gone,
    /// A mount was begun: it goes on, or its caller was killed.
    Begun,
    /// The last mount failed.
    Failed,
    /// It is not in the list of mounts any more, but the kernel is still unmounting it.
    Unmounting,
}

/// What we wrote down when a mount was made.
#[derive(Clone, Debug, Serialize)]
pub struct Recorded {
    /// The source as it was given.
    pub source: String,
    /// The file system's id, where it was looked up.
    pub file_system_id: Option<String>,
    /// Who asked for it.
    pub made_by: Maker,
    /// Where the device came from.
    pub origin: Origin,
    /// How old the answer was when the mount was made.
    pub answer_age_seconds: u64,
    /// When it was written, seconds since 1970 UTC.
    pub at_unix_seconds: u64,
    /// How long ago that was.
    pub age_seconds: u64,
    /// Whether it came up after its caller had given up.
    pub came_up_late: bool,
}

/// The last failure of a mount on a directory.
#[derive(Clone, Debug, Serialize)]
pub struct Failed {
    /// What was said then.
    #[serde(flatten)]
    pub failure: FailureRecord,
    /// When, seconds since 1970 UTC.
    pub at_unix_seconds: u64,
    /// How long ago that was.
    pub age_seconds: u64,
}

/// The connections of a mount's file system.
#[derive(Clone, Debug, Serialize)]
pub struct ImportSummary {
    /// How many are in each state, by kind.
    pub counts: Counts,
    /// Why something is missing, if it is.
    pub unknown: Option<String>,
}

/// One directory.
#[derive(Clone, Debug, Serialize)]
pub struct DirectoryStatus {
    /// Its path.
    pub directory: String,
    /// What is true of it.
    pub state: State,
    /// The kernel's number of the mount.
    pub mount_id: Option<i32>,
    /// The device, as the kernel shows it where it is mounted.
    pub device: Option<String>,
    /// Options of mount and file system, as the kernel shows them.
    pub options: Vec<String>,
    /// What we wrote down; `null` for a mount that is not by fsxlustre.
    pub record: Option<Recorded>,
    /// The keys of the jobs that use it now.
    pub leases: Vec<String>,
    /// The states of its connections; `null` when nothing is mounted.
    pub imports: Option<ImportSummary>,
    /// The last failure of a mount on it since one succeeded.
    pub last_failure: Option<Failed>,
    /// The process of a mount that is stuck in the kernel.
    pub stuck_pid: Option<u32>,
    /// The process of an unmount that goes on, or is stuck in the kernel.
    pub unmounting_pid: Option<u32>,
    /// The other file system that the tags of the source named when the API was asked last.
    pub resolves_elsewhere: Option<Elsewhere>,
}

/// Another file system that carries the tags by now.
#[derive(Clone, Debug, Serialize)]
pub struct Elsewhere {
    /// Its id.
    pub file_system_id: String,
    /// How long ago the API said so.
    pub age_seconds: u64,
}

/// The whole answer.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    pub(super) format: u32,
    /// When it was given, seconds since 1970 UTC.
    pub at_unix_seconds: u64,
    /// Mounts first, in the kernel's order; then directories where nothing is mounted.
    pub directories: Vec<DirectoryStatus>,
    /// What could not be read.
    pub troubles: Vec<String>,
}
