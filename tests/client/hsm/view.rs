//! How a file's state goes on with the time: a request waits, is at work, and has an outcome.

use serde::{Deserialize, Serialize};

pub const EXISTS: u32 = 0x01;
pub const DIRTY: u32 = 0x02;
pub const RELEASED: u32 = 0x04;
pub const ARCHIVED: u32 = 0x08;
pub const NEVER_RELEASE: u32 = 0x10;
pub const NEVER_ARCHIVE: u32 = 0x20;
pub const LOST: u32 = 0x40;

/// What may be asked of the coordinator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    Archive,
    Restore,
    Remove,
}

impl Action {
    /// `enum hsm_user_action`.
    pub fn number(self) -> u32 {
        match self {
            Self::Archive => 10,
            Self::Restore => 11,
            Self::Remove => 13,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Archive => "ARCHIVE",
            Self::Restore => "RESTORE",
            Self::Remove => "REMOVE",
        }
    }
}

/// A request, and when it came, milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    pub action: Action,
    pub since: u64,
}

/// What is kept of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub flags: u32,
    pub archive_id: u32,
    pub request: Option<Request>,
    /// Its copy is gone from the archive, and nobody knows yet (`prep_nocopytool`).
    #[serde(default)]
    pub gone: bool,
}

/// What the servers do with requests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The coordinator runs.
    pub enabled: bool,
    pub copytool: Option<Copytool>,
}

/// A copytool, as fast as it is told to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copytool {
    /// When it came, milliseconds since 1970.
    pub since: u64,
    /// How long each request waits.
    pub waits: u64,
    /// How long each one takes then.
    pub takes: u64,
}

/// How far a request is: `enum hsm_progress_states`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Waiting = 1,
    Running = 2,
}

impl Record {
    /// How it stands at a time.
    pub fn at(mut self, now: u64, settings: &Settings) -> (Self, Option<(Action, Stage)>) {
        let Some(request) = self.request else { return (self, None) };
        let Some(copytool) = &settings.copytool else {
            return (self, Some((request.action, Stage::Waiting)));
        };
        let age = now.saturating_sub(request.since.max(copytool.since));
        if age < copytool.waits {
            return (self, Some((request.action, Stage::Waiting)));
        }
        if request.action == Action::Archive {
            self.flags |= EXISTS;
            self.archive_id = self.archive_id.max(1);
        }
        if age < copytool.waits + copytool.takes {
            return (self, Some((request.action, Stage::Running)));
        }
        self.request = None;
        match request.action {
            Action::Archive => self.flags = (self.flags | ARCHIVED) & !DIRTY,
            Action::Restore if !self.gone => self.flags &= !RELEASED,
            Action::Restore => {}
            Action::Remove => self.flags = 0,
        }
        (self, None)
    }

    /// Whether a request does anything.
    pub fn needs(&self, action: Action) -> bool {
        match action {
            Action::Archive => self.flags & DIRTY != 0 || self.flags & ARCHIVED == 0,
            Action::Restore => self.flags & RELEASED != 0,
            Action::Remove => self.flags & (ARCHIVED | EXISTS) != 0,
        }
    }
}
