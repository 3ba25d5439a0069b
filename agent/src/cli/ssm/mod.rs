//! `fsxlustre ssm`: what AWS Systems Manager has to do with this node. One file a verb.

mod compliance;
mod inventory;
mod push_config;
mod run;
mod work;

use super::Outcome;
use crate::config::AgentConfig;
use crate::parameter_store::Asking;
use clap::{Args, Subcommand};
use fsxlustre_mount::failure::Failure;

/// Arguments of `fsxlustre ssm`.
#[derive(Debug, Args)]
pub struct SsmArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// What SSM Inventory tells of this node, as files that the SSM Agent picks up
    Inventory(inventory::InventoryArgs),
    /// What `fsxlustre check` finds, as compliance items that Systems Manager counts over a fleet
    Compliance(compliance::ComplianceArgs),
    /// The fleet's settings into Parameter Store, as one version that is named last
    PushConfig(push_config::PushConfigArgs),
    /// What a document of `packaging/ssm` does on this node; its script calls it
    Run(run::RunArgs),
    /// What `run` has begun
    #[command(hide = true)]
    Work(work::WorkArgs),
}

impl SsmArgs {
    /// When Parameter Store may be asked for settings.
    pub(super) fn asking(&self) -> Asking {
        match self.verb {
            Verb::Inventory(_)
            | Verb::Compliance(_)
            | Verb::PushConfig(_)
            | Verb::Run(_)
            | Verb::Work(_) => Asking::Never,
        }
    }

    /// Whether it does something to the node.
    pub(super) fn changes_the_node(&self) -> bool {
        match self.verb {
            // What they run tells the journal itself.
            Verb::Inventory(_)
            | Verb::Compliance(_)
            | Verb::PushConfig(_)
            | Verb::Run(_)
            | Verb::Work(_) => false,
        }
    }

    /// What is said where the settings cannot be read, by a verb that has its own way to say it.
    pub(super) fn broken_configuration(&self, failure: &Failure) -> Option<Outcome> {
        match &self.verb {
            Verb::Run(args) => Some(args.broken_configuration(failure)),
            _ => None,
        }
    }

    /// Does it.
    pub fn run(&self, config: &AgentConfig) -> Outcome {
        match &self.verb {
            Verb::Inventory(args) => args.run(config),
            Verb::Compliance(args) => args.run(config),
            Verb::PushConfig(args) => args.run(config),
            Verb::Run(args) => args.run(config),
            Verb::Work(args) => args.run(config),
        }
    }
}
