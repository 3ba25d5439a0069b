//! Where tickets are: a folder that nodes share, `[jobs] report_dir`.

use super::hand::{Entry, FolderWork, HandWork};
use super::ticket::PREFIX;
use super::{ExportError, Ticket};
use crate::config::AgentConfig;
use fsxlustre_mount::host::Bounds;
use std::path::PathBuf;

/// The folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketFolder {
    folder: PathBuf,
}

/// What is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tickets {
    /// The tickets, by name.
    pub all: Vec<Ticket>,
    /// Files that are named as tickets and cannot be read, and why.
    pub unread: Vec<String>,
}

impl TicketFolder {
    /// The one that the settings name.
    pub fn of(config: &AgentConfig) -> Option<Self> {
        config.jobs.report_dir.clone().map(|folder| Self { folder })
    }

    /// The same, for whoever cannot do without.
    ///
    /// # Errors
    /// No folder is named.
    pub fn needed(config: &AgentConfig) -> Result<Self, ExportError> {
        Self::of(config).ok_or_else(|| ExportError::Tickets {
            attempt: "use the tickets of exports".into(),
            because: "`[jobs] report_dir` names no folder that nodes share".into(),
        })
    }

    /// Every ticket, in a child that is given up at the bounds.
    ///
    /// # Errors
    /// The folder is not administrators' alone, cannot be read, or does not answer.
    pub fn read(&self, bounds: Bounds<'_>) -> Result<Tickets, ExportError> {
        let work = FolderWork::Read { folder: self.folder.clone(), prefix: PREFIX.to_owned() };
        let entries: Vec<Entry> =
            HandWork::Folder(work).done(bounds).map_err(|because| self.trouble("read", because))?;
        let mut tickets = Tickets::default();
        for Entry { name, text } in entries {
            match text.and_then(|text| Ticket::parse(&name, &text)) {
                Ok(ticket) => tickets.all.push(ticket),
                Err(because) => tickets.unread.push(format!("{name}: {because}")),
            }
        }
        Ok(tickets)
    }

    /// Writes a ticket, whole or not at all.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn write(&self, ticket: &Ticket, bounds: Bounds<'_>) -> Result<(), ExportError> {
        let text = serde_json::to_string_pretty(ticket)
            .map_err(|error| self.trouble("write", error.to_string()))?;
        let (folder, name) = (self.folder.clone(), ticket.file_name());
        let work = FolderWork::Write { folder, name, text: text + "\n" };
        let _: Vec<Entry> = HandWork::Folder(work)
            .done(bounds)
            .map_err(|because| self.trouble("write", because))?;
        Ok(())
    }

    /// Removes a ticket.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn remove(&self, ticket: &Ticket, bounds: Bounds<'_>) -> Result<(), ExportError> {
        let work = FolderWork::Remove { folder: self.folder.clone(), name: ticket.file_name() };
        let _: Vec<Entry> = HandWork::Folder(work)
            .done(bounds)
            .map_err(|because| self.trouble("remove", because))?;
        Ok(())
    }

    fn trouble(&self, verb: &str, because: String) -> ExportError {
        let attempt = format!("{verb} tickets in {}", self.folder.display());
        ExportError::Tickets { attempt, because }
    }
}
