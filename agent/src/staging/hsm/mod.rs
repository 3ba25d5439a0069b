//! Lustre's HSM, by which FSx ties files to objects in S3: which files are in the archive, which of them are here, and
//! requests to bring, send and release them, for whole trees.
//!
//! A file is asked by ioctl through a descriptor of its own, and its data are never read: a read of a file that is not
//! here waits for its restore. What touches the mount is a child (`hand`) that can be left behind.

mod asking;
mod counts;
mod decide;
mod error;
mod fid;
mod file;
pub mod hand;
mod ioctl;
mod journal;
mod request;
mod scan;
mod state;
mod text;
mod wait;

pub use asking::{Asked, Asking, Begun, Failed, ask};
pub use counts::{Counts, Skipped, Tally};
pub use decide::{Decision, Verb, decide};
pub use error::HsmError;
pub use fid::Fid;
pub use file::{FileName, FileSeen};
pub use journal::{Unfinished, unfinished};
pub(crate) use scan::outermost;
pub use scan::{Heard, Questions, ScanOptions, scan, scan_for_unarchived};
pub use state::{Current, Going, HsmAction, HsmState, Progress};
pub use wait::{Waited, wait};
