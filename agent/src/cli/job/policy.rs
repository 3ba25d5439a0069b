//! `fsxlustre job policy`: the causes, what each leads to, and the deadlines.

use super::super::{Outcome, json};
use crate::config::AgentConfig;
use crate::jobs::PolicyTable;
use clap::Args;

/// Arguments of `fsxlustre job policy`.
#[derive(Debug, Args)]
pub(super) struct PolicyArgs {
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl PolicyArgs {
    pub(super) fn run(&self, config: &AgentConfig) -> Outcome {
        let table = PolicyTable::of(&config.jobs);
        if self.json { json(&table) } else { Outcome::done(table.to_string()) }
    }
}
