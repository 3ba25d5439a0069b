//! `fsxlustre support-bundle`.

use super::Outcome;
use crate::config::AgentConfig;
use crate::support::write;
use clap::Args;
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::mount::check_root;
use std::path::PathBuf;

/// Arguments of `fsxlustre support-bundle`.
#[derive(Debug, Args)]
#[command(after_help = "Exit status: 0 the bundle is written, and its path printed; 1 it is not")]
pub struct SupportBundleArgs {
    /// Directory for the bundle, not on Lustre
    #[arg(long, value_name = "DIR", default_value = "/var/tmp")]
    to: PathBuf,
}

impl SupportBundleArgs {
    /// Gathers, writes, and says where it is.
    pub fn run(&self, config: &AgentConfig) -> Outcome {
        self.try_run(config).into()
    }

    fn try_run(&self, config: &AgentConfig) -> Result<Outcome, Failure> {
        check_root("gather what only root may read on")?;
        let path = write(config, &self.to).map_err(|error| error.failure())?;
        let note = "fsxlustre: it has names, addresses and account ids in it, and no secrets that were \
                    recognised: read it before you send it\n";
        Ok(Outcome { stderr: note.into(), ..Outcome::done(format!("{}\n", path.display())) })
    }
}
