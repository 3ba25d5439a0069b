//! `fsxlustre hsm`: which files are in S3 and which of them are here, and requests for whole trees.

mod asking;
mod progress;
mod status;
mod text;

use super::Outcome;
use crate::config::AgentConfig;
use crate::staging::hsm::Verb;
use clap::{Args, Subcommand};
use fsxlustre_mount::resolve::Tell;
use std::time::Duration;

/// Exit status where something is not known, or not there yet.
const UNKNOWN: u8 = 3;

/// Arguments of `fsxlustre hsm`.
#[derive(Debug, Args)]
pub struct HsmArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// How many files of a tree are in the archive, how many of them are here, and what waits; nothing is read or changed
    Status(status::StatusArgs),
    /// Bring the files that are in the archive only; asks, and waits where it is told to
    #[command(after_help = asking::EXITS)]
    Restore(asking::AskingArgs),
    /// Copy files that the archive does not have as they stand (root only)
    #[command(after_help = asking::EXITS)]
    Archive(asking::AskingArgs),
    /// Let the data of files go that the archive has as they stand
    #[command(after_help = asking::EXITS)]
    Release(asking::ReleaseArgs),
}

/// What every command takes.
#[derive(Debug, Args)]
struct TreeArgs {
    /// Print JSON, a line at a time: how far it is each second, and the result
    #[arg(long)]
    json: bool,
    /// Files that are looked at at a time
    #[arg(long, value_name = "NUMBER", default_value_t = 8,
          value_parser = clap::value_parser!(u64).range(1..=64))]
    threads: u64,
    /// Give a mount up on which nothing moves for so long
    #[arg(long, value_name = "SECONDS", default_value_t = 60,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
}

impl TreeArgs {
    fn patience(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }

    fn threads(&self) -> usize {
        usize::try_from(self.threads).unwrap_or(1)
    }
}

impl HsmArgs {
    /// Does it.
    pub fn run(&self, config: &AgentConfig, tell: Tell<'_>) -> Outcome {
        match &self.command {
            Command::Status(args) => args.run(config),
            Command::Restore(args) => args.run(config, Verb::Restore, tell),
            Command::Archive(args) => args.run(config, Verb::Archive, tell),
            Command::Release(args) => args.run(config, tell),
        }
    }

    /// Whether it changes anything.
    pub fn changes_the_node(&self) -> bool {
        !matches!(self.command, Command::Status(_))
    }
}
