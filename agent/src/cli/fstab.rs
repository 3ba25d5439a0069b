//! `fsxlustre fstab`: check, line, migrate. None of them writes fstab.

use super::{Outcome, USAGE, json};
use crate::config::AgentConfig;
use crate::fstab::diff::unified;
use crate::fstab::generator::generate;
use crate::fstab::judge::Surroundings;
use crate::fstab::migrate::{Migrated, Target, migrate};
use crate::fstab::recommend::{Wanted, line};
use crate::fstab::report::Report;
use crate::resolve::{AgentResolver, From, Steps};
use clap::{Args, Subcommand};
use fsxlustre_mount::answer::Caller;
use fsxlustre_mount::failure::{Code, Failure, chain};
use fsxlustre_mount::fstab::{Entry, Field};
use fsxlustre_mount::host::{Deadline, stop_signals};
use fsxlustre_mount::options::MountOptions;
use fsxlustre_mount::resolve::Question;
use fsxlustre_mount::source::{Device, Source};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// For all sources of a file together.
const RESOLVING: Duration = Duration::from_secs(30);

/// Arguments of `fsxlustre fstab`.
#[derive(Debug, Args)]
pub struct FstabArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// What is wrong with the lines of type fsxlustre and lustre, and how they should read
    Check(CheckArgs),
    /// The recommended line for a source and a directory
    Line(LineArgs),
    /// The difference that turns lines of one type into the other, for patch(1)
    Migrate(MigrateArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "Exit status: 0 no line fails, warnings allowed; 1 at least one FAIL; \
                        2 usage, or the file cannot be read")]
struct CheckArgs {
    /// The file [default: /etc/fstab]
    file: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Exit status: 0; 2 source, directory or options cannot stand in a line")]
struct LineArgs {
    /// `fs-ID[:/DIR]`, `tag:KEY:VALUE[,KEY:VALUE…]`, `name:NAME` or a Lustre device
    source: String,
    /// The mount point
    directory: PathBuf,
    /// More mount options, joined by commas
    #[arg(short = 'o', long = "options", value_name = "OPTIONS", default_value = "")]
    options: String,
    /// Mount at the first use instead of at boot
    #[arg(long)]
    automount: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0, also when nothing is to be changed; 1 a line had to stay as \
                        it is; 2 usage, or the file cannot be read"
)]
struct MigrateArgs {
    /// The file [default: /etc/fstab]
    file: Option<PathBuf>,
    /// The type that the lines are to have: fsxlustre or lustre
    #[arg(long, value_enum, value_name = "TYPE", default_value = "fsxlustre")]
    to: Target,
    /// With --to lustre: look ids and tags up, 30 s at most for all, and write their devices
    #[arg(long)]
    resolve: bool,
}

impl FstabArgs {
    /// Does it.
    pub fn run(&self, config: &AgentConfig) -> Outcome {
        match &self.verb {
            Verb::Check(args) => args.run(config),
            Verb::Line(args) => args.run(config),
            Verb::Migrate(args) => args.run(config),
        }
    }
}

impl CheckArgs {
    fn run(&self, config: &AgentConfig) -> Outcome {
        let path = file(self.file.as_deref(), config);
        let text = match read(&path) {
            Ok(text) => text,
            Err(failure) if self.json => {
                return Outcome { status: USAGE, ..Outcome::failed_json(&failure) };
            }
            Err(failure) => return misused(&failure),
        };
        let around = Surroundings::of(config.host(), &config.base.mount);
        // The generator needs a whole path; where there is none, it could not be read either.
        let whole = std::path::absolute(&path).unwrap_or_else(|_| path.clone());
        let report = Report::new(path.display().to_string(), &text, &around, generate(&whole));
        let outcome = if self.json { json(&report) } else { Outcome::done(report.text()) };
        Outcome { status: outcome.status.max(report.exit()), ..outcome }
    }
}

impl LineArgs {
    fn run(&self, config: &AgentConfig) -> Outcome {
        let wanted = Wanted {
            source: &self.source,
            directory: &self.directory,
            options: &self.options,
            is_automount: self.automount,
        };
        match line(&wanted, &Surroundings::of(config.host(), &config.base.mount)) {
            Ok(line) => Outcome::done(line + "\n"),
            Err(failure) => misused(&failure),
        }
    }
}

impl MigrateArgs {
    fn run(&self, config: &AgentConfig) -> Outcome {
        let path = file(self.file.as_deref(), config);
        let text = match read(&path) {
            Ok(text) => text,
            Err(failure) => return misused(&failure),
        };
        let deadline = Deadline::after(RESOLVING);
        let signals = stop_signals();
        let resolver = AgentResolver::new(config, signals.as_ref());
        let devices =
            |entry: &Entry| self.resolve.then(|| device(&resolver, entry, deadline)).flatten();
        let Migrated { text: changed, left } = migrate(&text, self.to, &devices);
        let warn = |text: String, line: &String| text + "fsxlustre: warning: " + line + "\n";
        let stderr = left.iter().fold(String::new(), warn);
        Outcome {
            stdout: unified(&path.display().to_string(), &text, &changed),
            stderr,
            status: u8::from(!left.is_empty()),
            ..Outcome::default()
        }
    }
}

fn file(given: Option<&Path>, config: &AgentConfig) -> PathBuf {
    given.map_or_else(|| config.host().paths.rootfs.join("etc/fstab"), Path::to_owned)
}

/// The device of a line's source, asked for as by a person.
fn device(resolver: &AgentResolver<'_>, entry: &Entry, deadline: Deadline) -> Option<Device> {
    let source = Source::parse(&entry.word(Field::Source)).ok()?;
    let options = MountOptions::parse(&entry.options().join(",")).ok()?;
    let question = Question {
        source: &source,
        region: options.region.as_deref(),
        prefer: options.prefer,
        caller: Caller::Person,
    };
    let found = resolver.look_up(&question, deadline, From::Anywhere, &Steps::default()).ok()?;
    let Source::Id { subdir, .. } = &source else { return Some(found.device(None)) };
    Some(found.device(subdir.as_deref()))
}

/// Reads it whole; what is not UTF-8 is not guessed at.
fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure {
        code: Code::FstabUnreadable,
        what: "the fstab cannot be read".into(),
        asked: format!("read {}", path.display()),
        because: chain(&error),
        remedy: "name a file of lines as fstab(5) describes them, in UTF-8".into(),
    })
}

fn misused(failure: &Failure) -> Outcome {
    Outcome { status: USAGE, ..Outcome::failed(failure) }
}
