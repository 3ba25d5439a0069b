//! What is asked of an unmount, and what comes of it.

use super::child::{Begun, How};
use super::client::{ClientFate, ClientState};
use super::holders::Holders;
use super::target::Target;
use crate::failure::{Code, Failure};
use crate::host::{Deadline, Host};
use nix::sys::signalfd::SignalFd;
use std::path::Path;

/// What a forced or lazy unmount may do to others who use the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// Nothing: it is refused while there are any.
    Spare,
    /// It may cut off those that are blocked on it: the file system is proved to be gone.
    CutBlocked,
    /// It may cut everybody off: an operator said so.
    CutAll,
}

/// One unmount that is wanted.
#[derive(Clone, Copy, Debug)]
pub struct UnmountRequest<'a> {
    /// An absolute path, as mountinfo shows it.
    pub directory: &'a Path,
    /// When it must have ended, or be left behind.
    pub deadline: Deadline,
    /// When the search for who uses it must have ended; `None` leaves it a few seconds of its own, also
    /// after the deadline.
    pub search_until: Option<Deadline>,
    /// Signals that end it early.
    pub interrupt: Option<&'a SignalFd>,
    /// How.
    pub how: How,
    /// What it may do to others.
    pub others: Others,
    /// Whether an evicted client with unwritten bytes may be unmounted, which can panic the node.
    pub accept_risk: bool,
}

impl<'a> UnmountRequest<'a> {
    /// A plain unmount.
    pub fn plain(directory: &'a Path, deadline: Deadline) -> Self {
        Self {
            directory,
            deadline,
            search_until: None,
            interrupt: None,
            how: How::Plain,
            others: Others::Spare,
            accept_risk: false,
        }
    }
}

/// A mount that is gone.
#[derive(Clone, Debug)]
pub struct UnmountReport {
    /// What it was.
    pub target: Target,
    /// How it was taken away.
    pub how: How,
    /// What became of its client.
    pub client: ClientFate,
    /// What the client said of itself before; the reason when it did not answer.
    pub before: Result<ClientState, String>,
    /// Who used it before, where that was looked at: a forced or lazy unmount.
    pub cut_off: Holders,
    /// Whether an earlier call had begun it, and this one only saw its end.
    pub was_begun_before: bool,
    /// What an administrator should know all the same.
    pub warnings: Vec<String>,
}

/// An unmount that did not work, or not wholly.
#[derive(Clone, Debug)]
pub struct UnmountError {
    /// What, why, and what to do.
    pub failure: Failure,
    /// Who uses it, where that was looked at.
    pub holders: Option<Holders>,
    /// What the client said of itself before.
    pub before: Option<ClientState>,
}

impl UnmountError {
    /// Whether it had not begun when its time was over: the mount is as it was, and nothing of it
    /// goes on.
    pub fn was_called_off(&self, host: &Host, directory: &Path) -> bool {
        self.failure.code == Code::UnmountTimeout
            && matches!(Begun::read(host, directory), Ok(None))
    }
}

impl From<Failure> for Box<UnmountError> {
    fn from(failure: Failure) -> Self {
        Self::new(UnmountError { failure, holders: None, before: None })
    }
}
