//! `fsxlustre status`.

use super::{Outcome, json};
use crate::config::AgentConfig;
use crate::status::{all_holders, gather};
use clap::Args;

/// Arguments of `fsxlustre status`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0, also when a mount is dead or failed; 1 the list of mounts \
                        cannot be read; 2 usage"
)]
pub struct StatusArgs {
    /// Who uses each mount, by user; as root, since others' processes are seen by root only
    #[arg(long)]
    holders: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl StatusArgs {
    /// Prints JSON from now on.
    pub(super) fn as_json(&mut self) {
        self.json = true;
    }

    /// Looks at every Lustre mount, without touching one.
    pub fn run(&self, config: &AgentConfig) -> Outcome {
        if self.holders {
            return match all_holders(config.host()) {
                Ok(holders) if self.json => json(&holders),
                Ok(holders) => Outcome::done(holders.text()),
                Err(failure) if self.json => Outcome::failed_json(&failure),
                Err(failure) => Outcome::failed(&failure),
            };
        }
        match gather(config.host()) {
            Ok(status) if self.json => json(&status),
            Ok(status) => Outcome::done(status.text()),
            Err(failure) if self.json => Outcome::failed_json(&failure),
            Err(failure) => Outcome::failed(&failure),
        }
    }
}
