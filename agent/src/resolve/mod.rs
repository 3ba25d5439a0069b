//! From a source to one file system: by its id, or by its tags.

mod api;
mod look_up;
mod many;
mod map;
mod reach;
mod select;
mod steps;

pub use api::ApiResolver;
pub use look_up::{From, UNKNOWN_LIFECYCLE};
pub use map::map_of;
pub use reach::{Counts, Reach};
pub use select::{SelectError, Selection};
pub use steps::{Step, Steps};

use crate::aws;
use crate::config::AgentConfig;
use fsxlustre_mount::answer::{Caller, slot_of};
use fsxlustre_mount::failure::Failure;
use fsxlustre_mount::file_system::FileSystem;
use fsxlustre_mount::host::{Bounds, Deadline, read_text};
use fsxlustre_mount::resolve::{Question, Resolve};
use nix::sys::signalfd::SignalFd;
use std::time::Duration;

/// Resolves for the agent's own commands.
#[derive(Clone, Copy, Debug)]
pub struct AgentResolver<'a> {
    /// The configuration of this node.
    pub config: &'a AgentConfig,
    /// Signals that end it early.
    pub interrupt: Option<&'a SignalFd>,
    /// Whether a person wants to know the data repositories too; no mount needs them.
    pub with_data_repositories: bool,
}

impl<'a> AgentResolver<'a> {
    /// For a mount: what it needs, and no more.
    pub fn new(config: &'a AgentConfig, interrupt: Option<&'a SignalFd>) -> Self {
        Self { config, interrupt, with_data_repositories: false }
    }
}

impl AgentResolver<'_> {
    /// Finds the file system, and notes each step.
    ///
    /// # Errors
    /// A failure that names what was asked and what mends it.
    pub fn resolve_in_steps(
        &self,
        question: &Question<'_>,
        deadline: Deadline,
        steps: &Steps,
    ) -> Result<FileSystem, Failure> {
        let bounds = Bounds { deadline, interrupt: self.interrupt };
        ApiResolver { config: self.config, with_data_repositories: self.with_data_repositories }
            .ask(question, bounds, steps)
    }
}

impl Resolve for AgentResolver<'_> {
    fn resolve(&self, question: &Question<'_>, deadline: Deadline) -> Result<FileSystem, Failure> {
        self.resolve_in_steps(question, deadline, &Steps::default())
    }

    /// This node's slot by the id of its instance, or by its machine-id where that cannot be had.
    fn slot(&self, caller: Caller, deadline: Deadline) -> Duration {
        let fleet = &self.config.base.answers.fleet;
        if fleet.size.is_none() || !caller.is_splayed() {
            return Duration::ZERO;
        }
        let bounds = Bounds { deadline, interrupt: self.interrupt };
        slot_of(fleet, caller, &node_key(self.config, bounds))
    }
}

/// What tells this node from others in every boot: the id of its instance, or its machine-id where
/// that cannot be had.
pub(crate) fn node_key(config: &AgentConfig, bounds: Bounds<'_>) -> String {
    let key = aws::instance_id(bounds)
        .or_else(|| read_text(&config.host().paths.rootfs.join("etc/machine-id")).ok());
    key.as_deref().unwrap_or_default().trim().to_owned()
}
