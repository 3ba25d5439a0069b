//! `fsxlustre serve`.

use super::Outcome;
use crate::config::AgentConfig;
use clap::Args;

/// Arguments of `fsxlustre serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {}

impl ServeArgs {
    /// Does it.
    pub fn run(&self, _config: &AgentConfig) -> Outcome {
        Outcome::default()
    }
}
