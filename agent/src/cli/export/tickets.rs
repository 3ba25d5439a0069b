//! `fsxlustre export tickets`.

use super::super::{FAILED, Outcome, json};
use crate::config::AgentConfig;
use crate::staging::export::{Finished, Ticket, TicketFolder, TicketState, finish};
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
    after_help = "fsxlustre-tickets.timer calls it with --finish on the head node. Exit status: 0; 1 the \
    folder, or a ticket in it, cannot be read or written"
)]
pub(super) struct TicketsArgs {
    /// Begin what is asked for, look at what is begun, and write down how it is
    #[arg(long)]
    pub(super) finish: bool,
    /// Those that are over, too
    #[arg(long, conflicts_with = "finish")]
    all: bool,
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
    troubles: &'a [String],
}

impl TicketsArgs {
    pub(super) fn run(&self, config: &AgentConfig) -> Result<Outcome, Failure> {
        let folder = TicketFolder::needed(config).map_err(|error| error.failure())?;
        let signals = stop_signals();
        let deadline = Deadline::after(Duration::from_secs(self.timeout));
        let bounds = Bounds { deadline, interrupt: signals.as_ref() };
        let finished = if self.finish {
            check_root("finish exports on")?;
            // Two at once would begin nothing twice, but write over each other.
            let _lock = Lock::take(&config.host().paths.state, "tickets", bounds)
                .map_err(|error| error.failure())?;
            finish(config, &folder, bounds)?
        } else {
            let mut tickets = folder.read(bounds).map_err(|error| error.failure())?;
            tickets.all.retain(|ticket| self.all || ticket.is_open());
            Finished { tickets: tickets.all, troubles: tickets.unread }
        };
        Ok(self.told(&finished))
    }

    fn told(&self, finished: &Finished) -> Outcome {
        let Finished { tickets, troubles } = finished;
        let status = if troubles.is_empty() { 0 } else { FAILED };
        let log = if self.finish { heard(finished) } else { Vec::new() };
        if self.json {
            let shown = Shown { format: FORMAT, tickets, troubles };
            return Outcome { status, log, ..json(&shown) };
        }
        let stdout = if tickets.is_empty() {
            "no export waits for its end\n".to_owned()
        } else {
            tickets.iter().map(|ticket| ticket.line() + "\n").collect()
        };
        let stderr = troubles.iter().fold(String::new(), |text, line| {
            text + "fsxlustre: warning: " + &one_line(line) + "\n"
        });
        Outcome { stdout, stderr, status, log }
    }
}

/// What the journal hears: ends, and what is wrong.
fn heard(finished: &Finished) -> Vec<Entry> {
    let over = finished.tickets.iter().filter(|ticket| !ticket.is_open()).map(|ticket| {
        let is_done = ticket.state == TicketState::Done;
        Entry::new(if is_done { Priority::Info } else { Priority::Warning }, ticket.line())
    });
    let troubles =
        finished.troubles.iter().map(|text| Entry::new(Priority::Warning, one_line(text)));
    over.chain(troubles).collect()
}
