//! `fsxlustre layout`: profiles on directories.

use super::Outcome;
use crate::config::AgentConfig;
use crate::layout::{Applied, LayoutProfile, LayoutRequest, apply};
use clap::{Args, Subcommand};
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::Deadline;
use std::path::PathBuf;
use std::time::Duration;

/// Arguments of `fsxlustre layout`.
#[derive(Debug, Args)]
pub struct LayoutArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Give a directory the layout of a profile, and prove it
    Apply(ApplyArgs),
}

#[derive(Debug, Args)]
struct ApplyArgs {
    /// The directory, by its whole path
    directory: PathBuf,
    /// The profile: [layout.profiles.NAME] in the configuration
    #[arg(long, value_name = "NAME")]
    profile: String,
    /// Replace another default that somebody set, or that of the file system's root
    #[arg(long)]
    replace: bool,
    /// Time for all calls
    #[arg(long, value_name = "SECONDS", default_value_t = 30,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
}

impl LayoutArgs {
    /// Does it.
    pub fn run(&self, config: &AgentConfig) -> Outcome {
        let Verb::Apply(args) = &self.verb;
        args.apply(config).into()
    }
}

impl ApplyArgs {
    fn apply(&self, config: &AgentConfig) -> Result<Outcome, Failure> {
        let deadline = Deadline::after(Duration::from_secs(self.timeout));
        let profile = self.profile(config)?;
        let request = LayoutRequest {
            directory: &self.directory,
            profile_name: &self.profile,
            profile: &profile,
            replace: self.replace,
        };
        let directory = self.directory.display();
        let text = match apply(config.host(), &request, deadline)? {
            Applied::Already(layout) => {
                format!("{directory}: {layout}: holds already, nothing done\n")
            }
            Applied::Changed { before, after, command } => format!(
                "{directory}\n  before:  {before}\n  ran:     {command}\n  \
                 proved:  {after} (lfs getstripe)\n"
            ),
        };
        Ok(Outcome::done(text))
    }

    fn profile(&self, config: &AgentConfig) -> Result<LayoutProfile, Failure> {
        let unknown = || config.layout.unknown(&self.profile).failure();
        config.layout.profile(&self.profile).ok_or_else(unknown)
    }
}
