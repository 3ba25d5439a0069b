//! `fsxlustre layout`: profiles on directories.

mod bar;
mod look;
mod text;

use super::{FAILED, Outcome};
use crate::config::AgentConfig;
use crate::layout::{CountLimits, Manner, Report, Task, Verb, configured, is_known, run};
use bar::Bar;
use clap::{Args, Subcommand};
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::Deadline;
use fsxlustre_mount::journal::Entry;
use std::path::PathBuf;
use std::time::Duration;

/// Exit status of `verify` when nothing is known to differ, but something could not be looked at.
const UNKNOWN: u8 = 3;
/// How far files are counted: a tree of a million is another command's work.
const COUNT: CountLimits = CountLimits { entries: 200_000, time: Duration::from_secs(15) };

/// Arguments of `fsxlustre layout`.
#[derive(Debug, Args)]
pub struct LayoutArgs {
    #[command(subcommand)]
    verb: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// What stands, what is wanted, and the command that sets it; nothing is changed
    Plan(DirectoryArgs),
    /// Give directories the layout of a profile, and prove it; what holds is left alone
    Apply(DirectoryArgs),
    /// Exit 1 where a directory's layout is not the profile's, 3 where that is not known
    Verify(DirectoryArgs),
    /// The layout of directories and files: components, extents, stripes, OSTs
    Show(look::ShowArgs),
    /// What a layout means for a file of a given size, in a sentence
    Explain(look::ExplainArgs),
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
struct DirectoryArgs {
    /// Directories, by their whole paths; with --configured, only what lies at or below them
    #[arg(required_unless_present = "configured")]
    directories: Vec<PathBuf>,
    /// The profile: [layout.profiles.NAME] in the configuration, or a preset
    #[arg(long, value_name = "NAME", required_unless_present = "configured")]
    profile: Option<String>,
    /// What [[layout.directory]] says, but for what is made for jobs
    #[arg(long, conflicts_with = "profile")]
    configured: bool,
    /// Replace another default that somebody set, or that of the file system's root
    #[arg(long)]
    replace: bool,
    /// Do not count the files that have another layout
    #[arg(long)]
    no_count: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Time for all of it
    #[arg(long, value_name = "SECONDS", default_value_t = 30,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
}

impl LayoutArgs {
    /// Does it.
    pub fn run(&self, config: &AgentConfig) -> Outcome {
        match &self.verb {
            Command::Plan(args) => args.run(config, Verb::Plan),
            Command::Apply(args) => args.run(config, Verb::Apply),
            Command::Verify(args) => args.run(config, Verb::Verify),
            Command::Show(args) => args.run(config),
            Command::Explain(args) => args.run(config),
        }
    }

    /// Prints JSON from now on; false for what has none.
    pub(super) fn as_json(&mut self) -> bool {
        match &mut self.verb {
            Command::Plan(args) | Command::Apply(args) | Command::Verify(args) => args.json = true,
            Command::Show(args) => args.as_json(),
            Command::Explain(_) => return false,
        }
        true
    }

    /// Whether it changes anything.
    pub fn changes_the_node(&self) -> bool {
        matches!(self.verb, Command::Apply(_))
    }
}

impl DirectoryArgs {
    fn run(&self, config: &AgentConfig, verb: Verb) -> Outcome {
        let deadline = Deadline::after(Duration::from_secs(self.timeout));
        // A run without a person, as at a mount, only does what it is for.
        let is_alone = self.configured && verb == Verb::Apply;
        let count = Some(COUNT).filter(|_| !self.no_count && !is_alone);
        let manner = Manner { verb, replace: self.replace, deadline, count };
        let mut bar = Bar::new(COUNT.entries);
        let done = self.tasks(config).and_then(|(tasks, not_mounted)| {
            let reports =
                run(config, &tasks, manner, &mut |path, counted| bar.show(path, counted))?;
            Ok((reports, not_mounted))
        });
        bar.end();
        match done {
            Ok((reports, not_mounted)) => told(&reports, &not_mounted, verb, self.json),
            Err(failure) => Outcome::failed(&failure),
        }
    }

    /// What is to be looked at, and what of the rules is not mounted here.
    fn tasks(&self, config: &AgentConfig) -> Result<(Vec<Task>, Vec<PathBuf>), Failure> {
        if self.configured {
            let table = config.host().mounts().map_err(|error| error.failure())?;
            let found = configured(config, &table, &self.directories);
            return Ok((found.tasks, found.not_mounted));
        }
        let task = |directory: &PathBuf| Task {
            directory: directory.clone(),
            profile: self.profile.clone(),
            ..Task::default()
        };
        Ok((self.directories.iter().map(task).collect(), Vec::new()))
    }
}

/// Results on stdout, failures on stderr.
fn told(reports: &[Report], not_mounted: &[PathBuf], verb: Verb, as_json: bool) -> Outcome {
    let failures: Vec<&Failure> =
        reports.iter().filter_map(|report| report.result.as_ref().err()).collect();
    let stdout = if as_json {
        text::json(reports, not_mounted, verb)
    } else {
        text::words(reports, not_mounted, verb)
    };
    let stderr = said(failures.iter().copied());
    let log = failures.iter().map(|failure| Entry::failure(failure)).collect();
    Outcome { stdout, stderr, status: status(&failures, verb), log }
}

fn said<'a>(failures: impl Iterator<Item = &'a Failure>) -> String {
    failures.fold(String::new(), |said, failure| said + &format!("fsxlustre: {failure}\n"))
}

fn status(failures: &[&Failure], verb: Verb) -> u8 {
    let is_wrong = failures.iter().any(|failure| is_known(failure));
    match (failures.is_empty(), verb) {
        (true, _) => 0,
        (false, Verb::Verify) if !is_wrong => UNKNOWN,
        (false, _) => FAILED,
    }
}
