//! `fsxlustre job stage-in`: brings what a start wrote down, in a process of its own.

use super::super::{FAILED, Outcome};
use crate::config::AgentConfig;
use crate::jobs::{Tree, bring_staged};
use clap::Args;
use fsxlustre_mount::failure::Failure;
use fsxlustre_mount::journal::{Entry, Priority};
use fsxlustre_mount::mount::check_root;
use std::fmt::Write as _;

/// Arguments of `fsxlustre job stage-in`.
#[derive(Debug, Args)]
pub(super) struct StageInArgs {
    /// The job's key
    key: String,
}

impl StageInArgs {
    pub(super) fn run(&self, config: &AgentConfig) -> Result<Outcome, Failure> {
        check_root("bring files for a job on")?;
        // A key is a name of one file.
        let is_key = !self.key.is_empty() && !self.key.starts_with('.') && !self.key.contains('/');
        let ended = if is_key { bring_staged(config.host(), &self.key)? } else { None };
        let Some(ended) = ended else {
            return Ok(Outcome::done("nothing is to be brought\n"));
        };
        let mut outcome = Outcome::default();
        for tree in &ended.trees {
            // Writing to a String does not fail.
            let _ = writeln!(outcome.stdout, "{}", tree.words());
            let priority = if tree.is_trouble() { Priority::Warning } else { Priority::Info };
            outcome
                .log
                .push(Entry::new(priority, tree.words()).with("FSXLUSTRE_JOB", self.key.clone()));
        }
        outcome.status = if ended.trees.iter().any(Tree::is_trouble) { FAILED } else { 0 };
        Ok(outcome)
    }
}
