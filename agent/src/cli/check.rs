//! `fsxlustre check`.

use super::Outcome;
use crate::config::AgentConfig;
use clap::Args;

/// Arguments of `fsxlustre check`.
#[derive(Debug, Args)]
pub struct CheckArgs {}

impl CheckArgs {
    /// Does it.
    pub fn run(&self, _config: &AgentConfig) -> Outcome {
        Outcome::default()
    }
}
