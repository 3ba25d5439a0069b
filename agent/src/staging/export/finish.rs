//! Tickets brought nearer to their end, one file system after another. What could not be done now is
//! tried again by the next call; a call that is killed leaves tickets by which the next one goes on.

use super::ticket::Step;
use super::{Facts, Named, Ticket, TicketFolder, TicketState, Wanted, ask, begin, wait_for_calls};
use crate::aws::tasks::task;
use crate::aws::{Aws, AwsError, RegionHints};
use crate::config::AgentConfig;
use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::host::{Bounds, unix_seconds};
use std::collections::BTreeMap;

/// What became of the tickets.
#[derive(Clone, Debug, Default)]
pub struct Finished {
    /// Every ticket that was open, as it is now.
    pub tickets: Vec<Ticket>,
    /// Tickets that were removed, by their ids.
    pub removed: Vec<String>,
    /// Files that are named as tickets and cannot be read, and tickets that could not be written.
    pub troubles: Vec<String>,
}

/// Brings every open ticket of the folder as far as it goes now, and removes those that have been done for 30 days.
///
/// # Errors
/// The folder cannot be read.
pub fn finish(
    config: &AgentConfig,
    folder: &TicketFolder,
    bounds: Bounds<'_>,
) -> Result<Finished, Failure> {
    let tickets = folder.read(bounds).map_err(|error| error.failure())?;
    let mut finished = Finished { troubles: tickets.unread, ..Finished::default() };
    let now = unix_seconds();
    for ticket in tickets.all.iter().filter(|ticket| ticket.is_outlived(now)) {
        match folder.remove(ticket, bounds) {
            Ok(()) => finished.removed.push(ticket.id.clone()),
            Err(error) => finished.troubles.push(format!("{}: {}", ticket.id, error.because())),
        }
    }
    let mut by_file_system: BTreeMap<(String, Option<String>), Vec<Ticket>> = BTreeMap::new();
    for ticket in tickets.all.into_iter().filter(Ticket::is_open) {
        let key = (ticket.file_system_id.clone(), ticket.region.clone());
        by_file_system.entry(key).or_default().push(ticket);
    }
    for ((id, region), tickets) in by_file_system {
        let mut on = OneFileSystem { config, folder, bounds, finished: &mut finished };
        on.finish(&id, region.as_deref(), tickets);
    }
    Ok(finished)
}

struct OneFileSystem<'a> {
    config: &'a AgentConfig,
    folder: &'a TicketFolder,
    bounds: Bounds<'a>,
    finished: &'a mut Finished,
}

impl OneFileSystem<'_> {
    fn finish(&mut self, id: &str, region: Option<&str>, tickets: Vec<Ticket>) {
        let hints = RegionHints { option: region, of_name: None };
        let named = Named::by_id(id, region);
        let before = tickets.clone();
        let done = wait_for_calls(self.config, hints, self.bounds, async |aws| {
            let facts = match ask(aws, &named).await? {
                Ok(facts) => facts,
                Err(failure) => return Ok(Err(failure)),
            };
            let mut now = Vec::new();
            for ticket in tickets {
                now.push(advance(aws, &facts, ticket).await);
            }
            Ok(Ok(now))
        });
        let now = done.unwrap_or_else(|failure| {
            let mut tickets = before.clone();
            for ticket in &mut tickets {
                not_now(ticket, &failure);
            }
            tickets
        });
        for (ticket, before) in now.into_iter().zip(before) {
            self.keep(ticket, &before);
        }
    }

    fn keep(&mut self, mut ticket: Ticket, before: &Ticket) {
        if ticket != *before {
            ticket.updated_unix_seconds = unix_seconds();
            if let Err(error) = self.folder.write(&ticket, self.bounds) {
                self.finished.troubles.push(format!("{}: {}", ticket.id, error.because()));
            }
        }
        self.finished.tickets.push(ticket);
    }
}

/// A ticket of a file system that is gone can never be finished.
fn not_now(ticket: &mut Ticket, failure: &Failure) {
    if failure.code == Code::FileSystemUnknown {
        ticket.state = TicketState::Failed;
    }
    ticket.waits(&format!("{} [{}]", failure.because, failure.code));
}

/// One ticket as far as it goes now. What fails is noted in it.
async fn advance(aws: &Aws, facts: &Facts, mut ticket: Ticket) -> Ticket {
    let done = match ticket.step(facts, unix_seconds()) {
        Step::Keep => return ticket,
        Step::Look(id) => look(aws, &mut ticket, &id).await,
        Step::Begin => begin_of(aws, facts, &mut ticket).await,
    };
    match done {
        Ok(Ok(())) => {}
        Ok(Err(failure)) => not_now(&mut ticket, &failure),
        Err(error) => not_now(&mut ticket, &error.failure()),
    }
    ticket
}

async fn look(aws: &Aws, ticket: &mut Ticket, id: &str) -> Result<Result<(), Failure>, AwsError> {
    if let Some(task) = task(aws, id).await? {
        ticket.saw(task);
    } else {
        // It ended at some time, and nobody knows how.
        ticket.state = TicketState::Failed;
        ticket.waits(&format!("the service does not know {id} any more"));
    }
    Ok(Ok(()))
}

async fn begin_of(
    aws: &Aws,
    facts: &Facts,
    ticket: &mut Ticket,
) -> Result<Result<(), Failure>, AwsError> {
    let token = ticket.token();
    let wanted = Wanted {
        paths: &ticket.paths,
        report: ticket.report.as_deref(),
        token: Some(&token),
        since: Some(ticket.asked_unix_seconds),
    };
    match begin(aws, facts, &wanted).await? {
        Ok(begun) => {
            ticket.saw(begun.task);
            Ok(Ok(()))
        }
        Err(failure) => Ok(Err(failure)),
    }
}
