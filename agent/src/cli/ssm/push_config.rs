//! `fsxlustre ssm push-config`.

use super::super::{FAILED, Outcome};
use crate::aws::{Aws, block_on};
use crate::config::AgentConfig;
use crate::parameter_store::push::{
    Decision, LARGEST_SET, LONGEST_ADVANCED, LONGEST_STANDARD, Part, Push, PushError, Pushed,
    Wanted, decide, push, split, there,
};
use clap::Args;
use fsxlustre_mount::config::{Mistake, is_parameter_path, read_untrusted};
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{Bounds, Deadline, PathOverrides, stop_signals};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

/// Arguments of `fsxlustre ssm push-config`.
#[derive(Debug, Args)]
#[command(
    after_help = "Parts are Strings of 4 KB at most; comments of the file are not put. The set in force is \
                  never changed in place: a call that is ended at any moment leaves it as it was. \
                  Exit status: 0 put, or in force already; 1 not, and what was in force still is"
)]
pub(super) struct PushConfigArgs {
    /// A file of settings that Parameter Store may say
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The path that nodes read, `[config] ssm_path`: /fsxlustre/prod
    #[arg(long, value_name = "PATH")]
    path: String,
    /// The version's name; the next number when it is left out
    #[arg(long, value_name = "NAME")]
    version: Option<String>,
    /// Older numbers that stay, so that they can be named again
    #[arg(long, value_name = "N", default_value_t = 5)]
    keep: u16,
    /// Tables of more than 4 KB become parameters of the advanced tier, up to 8 KB, which cost
    #[arg(long)]
    advanced: bool,
    /// An older version, the same settings once more, or Strings after a `SecureString`
    #[arg(long)]
    force: bool,
    /// Say what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// AWS Region
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Time for all of it
    #[arg(long, value_name = "SECONDS", default_value_t = 60,
          value_parser = clap::value_parser!(u32).range(5..=3600))]
    timeout: u32,
}

impl PushConfigArgs {
    /// Does it.
    pub(super) fn run(&self, config: &AgentConfig) -> Outcome {
        let piece = match read_untrusted(&self.file) {
            Ok(piece) => piece.as_parameter(),
            Err(error) => return Outcome::failed(&error.failure()),
        };
        let (found, mistakes) =
            AgentConfig::look_at(std::slice::from_ref(&piece), &PathOverrides::default());
        if !mistakes.is_empty() {
            return wrong(&mistakes);
        }
        if let Err(error) = found {
            return Outcome::failed(&error.failure());
        }
        self.parts(&piece.text)
            .map_err(|error| error.failure())
            .and_then(|parts| self.put(config, &parts))
            .into()
    }

    fn parts(&self, text: &str) -> Result<Vec<Part>, PushError> {
        let is_reserved = |word: &str| {
            let path = self.path.trim_start_matches('/').to_ascii_lowercase();
            path.starts_with(word)
        };
        if !is_parameter_path(&self.path) || is_reserved("aws") || is_reserved("ssm") {
            let because =
                "a path is /a/b of A-Za-z0-9._-, at most 13 names, the first not aws… or ssm…";
            return Err(PushError::Name { name: self.path.clone(), because });
        }
        let parts = split(text, if self.advanced { LONGEST_ADVANCED } else { LONGEST_STANDARD })?;
        let bytes = parts.iter().map(|part| part.text.len()).sum();
        if bytes > LARGEST_SET {
            return Err(PushError::TooLarge { bytes });
        }
        Ok(parts)
    }

    fn put(&self, config: &AgentConfig, parts: &[Part]) -> Result<Outcome, Failure> {
        let signals = stop_signals();
        let deadline = Deadline::after(Duration::from_secs(self.timeout.into()));
        let bounds = Bounds { deadline, interrupt: signals.as_ref() };
        let wanted = Wanted {
            path: &self.path,
            parts,
            version: self.version.as_deref(),
            keep: self.keep.into(),
            force: self.force,
        };
        let calls = async {
            let aws = Aws::connect(&config.aws, self.region.as_deref(), deadline).await?;
            Ok(self.ask(&aws, wanted).await)
        };
        let done = block_on(bounds, calls).map_err(|error| error.failure())?;
        done.map_err(|error| error.failure())
    }

    async fn ask(&self, aws: &Aws, wanted: Wanted<'_>) -> Result<Outcome, PushError> {
        let before = there(aws, wanted.path).await?;
        let planned = match decide(wanted, &before)? {
            Decision::Same { version } => {
                let path = wanted.path;
                return Ok(Outcome::done(format!(
                    "unchanged: version {version} of {path} is in force and says the same\n"
                )));
            }
            Decision::Write(planned) => planned,
        };
        let was = before.named();
        if self.dry_run {
            let text = told(wanted, &planned, was, "would be");
            return Ok(Outcome::done(text + &removed(&would_go(&planned), "would be")));
        }
        let Pushed { removed: gone, left } = push(aws, wanted, &before, &planned).await?;
        let text = told(wanted, &planned, was, "was") + &removed(&gone, "was");
        let stderr = left.map_or(String::new(), |failure| {
            format!(
                "fsxlustre: warning: the new version is in force, but old ones are not removed: \
                 {}: {}; {}\n",
                failure.asked, failure.because, failure.remedy
            )
        });
        Ok(Outcome { stderr, ..Outcome::done(text) })
    }
}

fn wrong(mistakes: &[Mistake]) -> Outcome {
    let mut stdout = String::new();
    for mistake in mistakes {
        // Writing to a String does not fail.
        let _ = writeln!(stdout, "{mistake}  [{}]", mistake.code);
    }
    Outcome { status: FAILED, ..Outcome::done(stdout) }
}

fn would_go(planned: &Push) -> Vec<String> {
    planned.old.iter().map(|(version, _)| version.clone()).collect()
}

/// What is written, in the order in which it is.
fn told(wanted: Wanted<'_>, planned: &Push, named: Option<&str>, word: &str) -> String {
    let (path, version) = (wanted.path, planned.version.as_str());
    let mut text = String::new();
    for part in wanted.parts {
        let name = part.parameter(path, version);
        let (bytes, tier) = (part.text.len(), part.tier().word());
        // Writing to a String does not fail.
        let _ = if planned.parts.contains(part) {
            writeln!(text, "{name} {word} written: String, {bytes} bytes, {tier}")
        } else {
            writeln!(text, "{name} is there already")
        };
    }
    let named = named.map_or("there was none".to_owned(), |named| format!("it was {named}"));
    let _ = writeln!(text, "{path}/current {word} set to {version} ({named})");
    text
}

fn removed(versions: &[String], word: &str) -> String {
    if versions.is_empty() {
        return String::new();
    }
    format!("{word} removed: old versions {}\n", versions.join(", "))
}
