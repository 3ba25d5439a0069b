//! `fsxlustre ssm push-config`.

use super::super::{FAILED, Outcome};
use crate::config::AgentConfig;
use clap::Args;
use fsxlustre_mount::config::read_untrusted;
use fsxlustre_mount::failure::Explain as _;
use fsxlustre_mount::host::PathOverrides;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Arguments of `fsxlustre ssm push-config`.
#[derive(Debug, Args)]
pub(super) struct PushConfigArgs {
    /// A file of settings that Parameter Store may say
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Say what would be written, and write nothing
    #[arg(long, required = true)]
    dry_run: bool,
}

impl PushConfigArgs {
    /// Does it.
    pub(super) fn run(&self, _config: &AgentConfig) -> Outcome {
        let piece = match read_untrusted(&self.file) {
            Ok(piece) => piece.as_parameter(),
            Err(error) => return Outcome::failed(&error.failure()),
        };
        let (_, mistakes) =
            AgentConfig::look_at(std::slice::from_ref(&piece), &PathOverrides::default());
        if mistakes.is_empty() {
            return Outcome::done(format!("no mistakes in {}\n", piece.place));
        }
        let mut stdout = String::new();
        for mistake in mistakes {
            // Writing to a String does not fail.
            let _ = writeln!(stdout, "{mistake}  [{}]", mistake.code);
        }
        Outcome { status: FAILED, ..Outcome::done(stdout) }
    }
}
