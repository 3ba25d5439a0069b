//! `fsxlustre resolve`: which file system a source names.

use super::Outcome;
use crate::config::AgentConfig;
use crate::resolve::{AgentResolver, From, Steps};
use clap::Args;
use fsxlustre_mount::answer::Caller;
use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::file_system::FileSystem;
use fsxlustre_mount::host::{Deadline, stop_signals};
use fsxlustre_mount::options::{MountOptions, Prefer};
use fsxlustre_mount::resolve::Question;
use fsxlustre_mount::source::Source;
use std::fmt::Write as _;
use std::time::Duration;

/// Arguments of `fsxlustre resolve`.
#[derive(Debug, Args)]
pub struct ResolveArgs {
    /// fs-ID, tag:Key:Value[,Key:Value...] or name:NAME
    source: String,
    /// AWS Region to look in
    #[arg(long)]
    region: Option<String>,
    /// Of several with the same tags take this one
    #[arg(long, value_enum)]
    prefer: Option<Preference>,
    /// Time for all calls
    #[arg(long, value_name = "SECONDS", default_value_t = 30,
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    /// Print one JSON object, also for a failure
    #[arg(long)]
    json: bool,
    /// On whose behalf, which says how old an answer may be: person, fstab, boot, timer, job, ssm
    #[arg(long = "for", value_name = "CALLER", default_value = "person",
          value_parser = caller)]
    caller: Caller,
    /// Ask the FSx API, whatever the map or a cache says
    #[arg(long)]
    from_api: bool,
}

/// A caller by its word.
fn caller(word: &str) -> Result<Caller, String> {
    let words = || Caller::WORDS.map(|(word, _)| word).join(", ");
    Caller::of_word(word).ok_or_else(|| format!("it takes {}", words()))
}

/// Which of several file systems with the same tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Preference {
    /// The one that was created last
    Newest,
}

impl std::convert::From<Preference> for Prefer {
    fn from(given: Preference) -> Self {
        match given {
            Preference::Newest => Self::Newest,
        }
    }
}

impl ResolveArgs {
    /// Does it.
    pub fn run(&self, config: &AgentConfig) -> Outcome {
        match self.resolve(config) {
            Ok(found) if self.json => match serde_json::to_string_pretty(&found) {
                Ok(json) => Outcome::done(json + "\n"),
                Err(error) => Outcome::failed(&unprintable(&error)),
            },
            Ok(found) => Outcome { stderr: warnings(&found), ..Outcome::done(describe(&found)) },
            Err(failure) if self.json => Outcome::failed_json(&failure),
            Err(failure) => Outcome::failed(&failure),
        }
    }

    fn resolve(&self, config: &AgentConfig) -> Result<FileSystem, Failure> {
        let source = Source::parse(&self.source).map_err(|error| error.failure())?;
        let region = self.region.as_deref().map(checked).transpose()?;
        let deadline = Deadline::after(Duration::from_secs(self.timeout));
        let prefer = self.prefer.map_or(Prefer::None, Prefer::from);
        let question = Question { source: &source, region, prefer, caller: self.caller };
        let signals = stop_signals();
        let resolver = AgentResolver { config, interrupt: signals.as_ref() };
        let from = if self.from_api { From::TheApi } else { From::Anywhere };
        resolver.look_up(&question, deadline, from, &Steps::default())
    }
}

/// A Region as the mount option takes it.
fn checked(region: &str) -> Result<&str, Failure> {
    MountOptions::parse(&format!("region={region}")).map_err(|error| error.failure())?;
    Ok(region)
}

fn unprintable(error: &serde_json::Error) -> Failure {
    Failure {
        code: Code::Internal,
        what: "the answer cannot be printed".into(),
        asked: "print JSON".into(),
        because: error.to_string(),
        remedy: "report this".into(),
    }
}

fn warnings(found: &FileSystem) -> String {
    found.warnings.iter().fold(String::new(), |mut text, warning| {
        // Writing to a String does not fail.
        let _ = writeln!(text, "fsxlustre: warning: {warning}");
        text
    })
}

fn describe(found: &FileSystem) -> String {
    let device = found.device(None);
    let unknown = || "unknown".to_owned();
    let size = found.storage_capacity_gib.map(|gib| format!("{gib} GiB"));
    let tags: Vec<_> = found.tags.iter().map(ToString::to_string).collect();
    let rows = [
        ("id", found.id.clone()),
        ("name", found.name().map_or_else(|| "none".into(), str::to_owned)),
        ("lifecycle", found.lifecycle.clone()),
        ("lustre version", found.lustre_version.clone().unwrap_or_else(unknown)),
        ("deployment", found.deployment_type.clone().unwrap_or_else(unknown)),
        ("size", size.unwrap_or_else(unknown)),
        ("region", found.region.clone()),
        ("vpc", found.vpc_id.clone().unwrap_or_else(unknown)),
        ("tags", tags.join(", ")),
        ("device", device.to_string()),
        ("answer", found.origin.to_string()),
        ("mount", format!("mount -t lustre -o noatime,flock {device} DIRECTORY")),
    ];
    rows.iter().fold(String::new(), |mut text, (name, value)| {
        let value = fsxlustre_mount::failure::one_line(value);
        // Writing to a String does not fail.
        let _ = writeln!(text, "{name:<15} {value}");
        text
    })
}
