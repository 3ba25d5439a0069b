//! `fsxlustre export deletable`.

use super::super::{FAILED, Outcome, json};
use super::UNKNOWN;
use crate::aws::RegionHints;
use crate::config::AgentConfig;
use crate::resolve::{AgentResolver, From, Steps};
use crate::staging::export::{
    Deletable, DeletableQuestion, Doubt, Facts, Named, Obstacle, Place, TicketFolder, ask,
    deletable, on_one_file_system, wait_for_calls,
};
use clap::Args;
use fsxlustre_mount::answer::Caller;
use fsxlustre_mount::failure::{Explain as _, Failure, one_line};
use fsxlustre_mount::host::{Bounds, Deadline, stop_signals, unix_seconds};
use fsxlustre_mount::options::Prefer;
use fsxlustre_mount::resolve::Question;
use fsxlustre_mount::source::Source;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

const FORMAT: u32 = 1;
/// The longest time of all calls to AWS.
const LONGEST_CALLS: Duration = Duration::from_secs(30);

/// Arguments of `fsxlustre export deletable`.
#[derive(Debug, Args)]
#[command(
    after_help = "Looked at are: mounts and leases of jobs on this node, clients of other nodes \
    (CloudWatch's ClientConnections), tickets of all nodes, data repository tasks, and the files through a \
    mount that is named. What cannot be known means no. Nothing is deleted. Exit status: 0 yes; 1 no; \
    3 not known, which means no"
)]
pub(super) struct DeletableArgs {
    /// fs-ID, tag:Key:Value[,Key:Value...] or name:NAME
    #[arg(value_name = "FILESYSTEM")]
    source: String,
    /// Look at its files through this mount of this node, which then does not count itself
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "discard_files")]
    through: Option<PathBuf>,
    /// The files need not be exported
    #[arg(long)]
    discard_files: bool,
    /// No other node has it mounted: you say so, it is not looked at
    #[arg(long)]
    alone: bool,
    /// AWS Region to ask
    #[arg(long, value_parser = super::region)]
    region: Option<String>,
    /// Time for all of it
    #[arg(long, value_name = "SECONDS", default_value_t = 300,
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Shown<'a> {
    format: u32,
    file_system_id: &'a str,
    lifecycle: &'a str,
    deletable: &'static str,
    #[serde(flatten)]
    answer: &'a Deletable,
    at_unix_seconds: u64,
}

impl DeletableArgs {
    pub(super) fn run(&self, config: &AgentConfig) -> Result<Outcome, Failure> {
        let host = config.host();
        let signals = stop_signals();
        let deadline = Deadline::after(Duration::from_secs(self.timeout));
        let bounds = Bounds { deadline, interrupt: signals.as_ref() };
        // AWS is asked twice, before and after the files.
        let calls = deadline.at_most(deadline.left() / 4);
        let facts = self.facts(config, Bounds { deadline: calls, ..bounds })?;
        let through = match &self.through {
            Some(path) => on_one_file_system(host, std::slice::from_ref(path))?.pop(),
            None => None,
        };
        if let Some(place) = &through {
            is_of(place, &facts)?;
        }
        let question = DeletableQuestion {
            through: through.as_ref(),
            discard_files: self.discard_files,
            is_alone: self.alone,
        };
        let reserve = LONGEST_CALLS.min(deadline.left() / 4);
        let files = Bounds {
            deadline: deadline.at_most(deadline.left().saturating_sub(reserve)),
            ..bounds
        };
        let is_looked_through = through.is_some() && !self.discard_files;
        let look_again = || {
            let tickets = TicketFolder::of(config)
                .map(|folder| folder.read(bounds).map_err(|error| error.failure()));
            let facts = if is_looked_through { self.facts(config, bounds)? } else { facts.clone() };
            Ok((facts, tickets))
        };
        let answer = deletable(host, &facts, question, files, look_again)?;
        Ok(self.told(&facts, &answer))
    }

    fn facts(&self, config: &AgentConfig, bounds: Bounds<'_>) -> Result<Facts, Failure> {
        let source = Source::parse(&self.source).map_err(|error| error.failure())?;
        let region = self.region.as_deref();
        let question =
            Question { source: &source, region, prefer: Prefer::None, caller: Caller::Person };
        let calls = Bounds { deadline: bounds.deadline.at_most(LONGEST_CALLS), ..bounds };
        let resolver = AgentResolver::new(config, bounds.interrupt);
        // What is deleted must be what is there now, never what a cache says.
        let found = resolver.look_up(&question, calls.deadline, From::TheApi, &Steps::default())?;
        let named = Named::by_id(&found.id, Some(&found.region));
        let hints = RegionHints { option: Some(&found.region), of_name: None };
        wait_for_calls(config, hints, calls, async |aws| ask(aws, &named).await)
    }

    fn told(&self, facts: &Facts, answer: &Deletable) -> Outcome {
        let word = answer.word();
        let status = match word {
            "yes" => 0,
            "no" => FAILED,
            _ => UNKNOWN,
        };
        if self.json {
            let shown = Shown {
                format: FORMAT,
                file_system_id: &facts.id,
                lifecycle: &facts.lifecycle,
                deletable: word,
                answer,
                at_unix_seconds: unix_seconds(),
            };
            return Outcome { status, ..json(&shown) };
        }
        let mut text = format!("{word}: {} ({})\n", facts.id, facts.lifecycle);
        // Writing to a String does not fail.
        for Obstacle { kind, who, what } in &answer.against {
            let _ = writeln!(text, "  {kind:<8} {}: {}", one_line(who), one_line(what));
        }
        for Doubt { kind, because } in &answer.unknown {
            let _ = writeln!(text, "  {kind:<8} unknown: {}", one_line(because));
        }
        for line in &answer.given {
            let _ = writeln!(text, "  given    {}", one_line(line));
        }
        Outcome { status, ..Outcome::done(text) }
    }
}

/// Whether what is mounted there is the file system that is asked for.
fn is_of(place: &Place, facts: &Facts) -> Result<(), Failure> {
    let is_same = match &place.file_system_id {
        Some(id) => *id == facts.id,
        None => place.device.fsname == facts.mount_name,
    };
    if is_same {
        return Ok(());
    }
    let mount = place.mount.directory.display().to_string();
    let because = format!("{} is mounted there, not {}", place.device, facts.id);
    Err(crate::staging::export::ExportError::FileSystem { mount, because }.failure())
}
