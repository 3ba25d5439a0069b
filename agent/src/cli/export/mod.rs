//! `fsxlustre export`: get it to S3; is it there, may the file system go? One file a verb.

mod deletable;
mod start;
mod tickets;
mod verify;

use super::{FAILED, Outcome};
use crate::config::AgentConfig;
use crate::staging::export::Place;
use clap::{Args, Subcommand};
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::options::MountOptions;
use fsxlustre_mount::resolve::Tell;
use fsxlustre_mount::source::is_file_system_id;

/// Exit status where the answer is not known.
const UNKNOWN: u8 = 3;

/// Arguments of `fsxlustre export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Is everything below these paths in the data repository? What was looked at, and how old that is
    Verify(verify::VerifyArgs),
    /// Begin an export task of these paths, or find the one that goes on (head node)
    Start(start::StartArgs),
    /// Exports that wait for their end, in the folder that nodes share
    Tickets(tickets::TicketsArgs),
    /// May this file system be deleted? Yes, or what still stands against it
    Deletable(deletable::DeletableArgs),
}

/// Which file system of FSx it is, where a mount does not tell.
#[derive(Debug, Args)]
struct FileSystemArgs {
    /// The file system, where the mount is not ours and its name is that of several
    #[arg(long, value_name = "fs-ID", value_parser = file_system_id)]
    file_system: Option<String>,
    /// AWS Region to ask
    #[arg(long, value_parser = region)]
    region: Option<String>,
}

fn file_system_id(text: &str) -> Result<String, String> {
    if is_file_system_id(text) { Ok(text.to_owned()) } else { Err("it is fs- and digits".into()) }
}

/// A Region as the mount option takes it.
fn region(text: &str) -> Result<String, String> {
    MountOptions::parse(&format!("region={text}")).map_err(|error| error.because())?;
    Ok(text.to_owned())
}

impl ExportArgs {
    /// Does it.
    pub fn run(&self, config: &AgentConfig, tell: Tell<'_>) -> Outcome {
        let done = match &self.verb {
            Verb::Verify(args) => args.run(config),
            Verb::Start(args) => args.run(config, tell),
            Verb::Tickets(args) => args.run(config),
            Verb::Deletable(args) => args.run(config),
        };
        done.unwrap_or_else(|failure| self.failed(&failure))
    }

    /// Where 1 is an answer, a question that could not be asked has another one.
    fn failed(&self, failure: &Failure) -> Outcome {
        let outcome =
            if self.is_json() { Outcome::failed_json(failure) } else { Outcome::failed(failure) };
        let status = if outcome.status == FAILED { self.failed_status() } else { outcome.status };
        Outcome { status, ..outcome }
    }

    /// The exit status of a call that could not be carried out.
    pub(super) fn failed_status(&self) -> u8 {
        match self.verb {
            Verb::Verify(_) | Verb::Deletable(_) => UNKNOWN,
            Verb::Start(_) | Verb::Tickets(_) => FAILED,
        }
    }

    fn is_json(&self) -> bool {
        match &self.verb {
            Verb::Verify(args) => args.json,
            Verb::Start(args) => args.json,
            Verb::Tickets(args) => args.json,
            Verb::Deletable(args) => args.json,
        }
    }

    /// Whether it does something that the journal should hear of.
    pub(super) fn changes_the_node(&self) -> bool {
        match &self.verb {
            Verb::Start(_) => true,
            Verb::Tickets(args) => args.changes_tickets(),
            Verb::Verify(_) | Verb::Deletable(_) => false,
        }
    }
}

/// Paths as a person gave them.
fn given(places: &[Place]) -> String {
    let paths: Vec<_> = places.iter().map(|place| place.path.display().to_string()).collect();
    paths.join(", ")
}
