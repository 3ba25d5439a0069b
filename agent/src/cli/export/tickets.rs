//! `fsxlustre export tickets`.

use super::super::{FAILED, Outcome, json};
use crate::config::AgentConfig;
use crate::staging::export::{ExportError, Finished, Ticket, TicketFolder, TicketState, finish};
use clap::Args;
use fsxlustre_mount::failure::{Explain as _, Failure, one_line};
use fsxlustre_mount::host::{Bounds, Deadline, Lock, stop_signals};
use fsxlustre_mount::journal::{Entry, Priority};
use fsxlustre_mount::mount::check_root;
use serde::Serialize;
use std::time::Duration;

const FORMAT: u32 = 1;

/// Arguments of `fsxlustre export tickets`.
#[derive(Debug, Args)]
#[command(
    after_help = "fsxlustre-tickets.timer calls it with --finish on the head node, which also removes tickets that \
    have been done for 30 days. Those that failed stay until they are removed with --remove: somebody has to look at \
    what was not exported. Exit status: 0; 1 the folder, or a ticket in it, cannot be read or written, or the ticket \
    to remove is not there or not over"
)]
pub(super) struct TicketsArgs {
    /// Begin what is asked for, look at what is begun, and write down how it is
    #[arg(long)]
    pub(super) finish: bool,
    /// Those that are over, too
    #[arg(long, conflicts_with = "finish")]
    all: bool,
    /// Remove this ticket, which is done or failed
    #[arg(long, value_name = "TICKET", conflicts_with_all = ["finish", "all"])]
    pub(super) remove: Option<String>,
    /// Time for all of it
    #[arg(long, value_name = "SECONDS", default_value_t = 120,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Shown<'a> {
    format: u32,
    tickets: &'a [Ticket],
    removed: &'a [String],
    troubles: &'a [String],
}

impl TicketsArgs {
    pub(super) fn run(&self, config: &AgentConfig) -> Result<Outcome, Failure> {
        let folder = TicketFolder::needed(config).map_err(|error| error.failure())?;
        let signals = stop_signals();
        let deadline = Deadline::after(Duration::from_secs(self.timeout));
        let bounds = Bounds { deadline, interrupt: signals.as_ref() };
        // Two at once would begin nothing twice, but write over each other.
        let lock = || {
            check_root("change tickets of exports on")?;
            Lock::take(&config.host().paths.state, "tickets", bounds).map_err(|e| e.failure())
        };
        let finished = if self.finish {
            let _lock = lock()?;
            finish(config, &folder, bounds)?
        } else if let Some(id) = &self.remove {
            let _lock = lock()?;
            remove(&folder, id, bounds).map_err(|error| error.failure())?
        } else {
            let mut tickets = folder.read(bounds).map_err(|error| error.failure())?;
            tickets.all.retain(|ticket| self.all || ticket.is_open());
            Finished { tickets: tickets.all, troubles: tickets.unread, ..Finished::default() }
        };
        Ok(self.told(&finished))
    }

    /// Whether it does more than look.
    pub(super) fn changes_tickets(&self) -> bool {
        self.finish || self.remove.is_some()
    }

    fn told(&self, finished: &Finished) -> Outcome {
        let Finished { tickets, removed, troubles } = finished;
        let status = if troubles.is_empty() { 0 } else { FAILED };
        let log = if self.changes_tickets() { heard(finished) } else { Vec::new() };
        if self.json {
            let shown = Shown { format: FORMAT, tickets, removed, troubles };
            return Outcome { status, log, ..json(&shown) };
        }
        let mut stdout =
            removed.iter().fold(String::new(), |text, id| text + &one_line(id) + " removed\n");
        if self.remove.is_none() && tickets.is_empty() {
            stdout.push_str("no export waits for its end\n");
        }
        stdout.extend(tickets.iter().map(|ticket| ticket.line() + "\n"));
        let stderr = troubles.iter().fold(String::new(), |text, line| {
            text + "fsxlustre: warning: " + &one_line(line) + "\n"
        });
        Outcome { stdout, stderr, status, log }
    }
}

/// Removes one that is over.
fn remove(folder: &TicketFolder, id: &str, bounds: Bounds<'_>) -> Result<Finished, ExportError> {
    let refused = |because: &str| ExportError::Tickets {
        attempt: format!("remove the ticket {}", one_line(id)),
        because: because.to_owned(),
    };
    let tickets = folder.read(bounds)?;
    let ticket = tickets.all.iter().find(|ticket| ticket.id == id);
    match ticket {
        None => Err(refused("there is no such ticket: look at `fsxlustre export tickets --all`")),
        Some(ticket) if ticket.is_open() => {
            Err(refused("it is not over: `fsxlustre export tickets --finish` goes on with it"))
        }
        Some(ticket) => {
            folder.remove(ticket, bounds)?;
            Ok(Finished { removed: vec![ticket.id.clone()], ..Finished::default() })
        }
    }
}

/// What the journal hears: ends, and what is wrong.
fn heard(finished: &Finished) -> Vec<Entry> {
    let over = finished.tickets.iter().filter(|ticket| !ticket.is_open()).map(|ticket| {
        let is_done = ticket.state == TicketState::Done;
        Entry::new(if is_done { Priority::Info } else { Priority::Warning }, ticket.line())
    });
    let removed = finished.removed.iter();
    let removed =
        removed.map(|id| Entry::new(Priority::Info, format!("the ticket {id} was removed")));
    let troubles =
        finished.troubles.iter().map(|text| Entry::new(Priority::Warning, one_line(text)));
    over.chain(removed).chain(troubles).collect()
}
