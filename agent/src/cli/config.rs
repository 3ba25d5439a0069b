//! `fsxlustre config`: what holds and where it came from; what is wrong.

use super::{FAILED, Outcome, USAGE, json};
use crate::config::{AgentConfig, ShownSetting, settings};
use crate::parameter_store::{self, Asking};
use clap::{Args, Subcommand};
use fsxlustre_mount::config::{ConfigError, FOLDER, Mistake, Piece, read_each, read_untrusted};
use fsxlustre_mount::failure::{Explain, Failure, FailureRecord};
use fsxlustre_mount::host::{PathOverrides, unix_seconds};
use serde::Serialize;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Arguments of `fsxlustre config`.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Every setting: its value, where it came from, and its default
    Show(ShowArgs),
    /// Every mistake, with its file and line and the nearest known key
    #[command(
        after_help = "Exit status: 0 there is none; 1 there is one; 2 a file cannot be read \
                            or trusted"
    )]
    Check(CheckArgs),
}

#[derive(Debug, Args)]
struct ShowArgs {
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Ask Parameter Store even where what is kept is still fresh
    #[arg(long)]
    refresh: bool,
    /// Only settings whose key begins with this: mount, aws.region
    #[arg(value_name = "KEY")]
    key: Option<String>,
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Look at the files of this node only, and do not ask Parameter Store
    #[arg(long, conflicts_with = "file")]
    local: bool,
    /// The file is to be a parameter: it may hold only what Parameter Store may say
    #[arg(long, requires = "file")]
    as_parameter: bool,
    /// A file that is not installed yet, instead of those of this node
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

impl ConfigArgs {
    /// Does it.
    pub fn run(&self, overrides: &PathOverrides) -> Outcome {
        match &self.verb {
            Verb::Show(args) => match AgentConfig::load(overrides, args.asking()) {
                Ok(config) => args.show(&config).warned(&config.warnings),
                Err(failure) if args.json => Outcome::failed_json(&failure),
                Err(failure) => Outcome::failed(&failure),
            },
            Verb::Check(args) => args.check(overrides),
        }
    }
}

#[derive(Serialize)]
struct ShownConfig {
    format: u32,
    settings: Vec<ShownSetting>,
}

impl ShowArgs {
    fn asking(&self) -> Asking {
        if self.refresh { Asking::Anew } else { Asking::WhenDue(Duration::MAX) }
    }

    fn show(&self, config: &AgentConfig) -> Outcome {
        let mut settings = settings(config, unix_seconds());
        if let Some(wanted) = &self.key {
            let is_below = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
            settings.retain(|one| one.key.strip_prefix(wanted.as_str()).is_some_and(is_below));
        }
        if self.json {
            return json(&ShownConfig { format: 1, settings });
        }
        Outcome::done(table(&settings))
    }
}

fn table(settings: &[ShownSetting]) -> String {
    let header = ["SETTING", "VALUE", "FROM", "DEFAULT"].map(str::to_owned);
    let cells = settings.iter().map(|one| {
        let has_unit = one.value.is_some() && !one.unit.is_empty();
        let unit = if has_unit { format!(" {}", one.unit) } else { String::new() };
        [one.key.clone(), one.value_text() + &unit, one.origin_text(), one.default.clone()]
    });
    let cells: Vec<_> = [header].into_iter().chain(cells).collect();
    let width =
        |column: usize| cells.iter().filter_map(|row| row.get(column)).map(String::len).max();
    let widths = [0, 1, 2].map(|column| width(column).unwrap_or_default());
    let mut text = String::new();
    for [key, value, origin, default] in &cells {
        let [a, b, c] = widths;
        // Writing to a String does not fail.
        let _ = writeln!(text, "{key:<a$}  {value:<b$}  {origin:<c$}  {default}");
    }
    text
}

#[derive(Serialize)]
struct CheckedConfig {
    format: u32,
    checked: Vec<String>,
    unreadable: Vec<FailureRecord>,
    mistakes: Vec<ShownMistake>,
}

#[derive(Serialize)]
struct ShownMistake {
    place: String,
    line: usize,
    key: Option<String>,
    because: String,
    did_you_mean: Option<String>,
    code: String,
}

impl From<&Mistake> for ShownMistake {
    fn from(mistake: &Mistake) -> Self {
        Self {
            place: mistake.origin.place.to_string(),
            line: mistake.origin.line,
            key: mistake.key.clone(),
            because: mistake.because.clone(),
            did_you_mean: mistake.nearest.clone(),
            code: mistake.code.to_string(),
        }
    }
}

impl CheckArgs {
    fn check(&self, overrides: &PathOverrides) -> Outcome {
        let read = match &self.file {
            Some(file) if self.as_parameter => vec![read_untrusted(file).map(Piece::as_parameter)],
            Some(file) => vec![read_untrusted(file)],
            None => read_each(Path::new(FOLDER)),
        };
        let (mut pieces, errors) = sorted(read);
        let mut errors: Vec<_> = errors.iter().map(Explain::failure).collect();
        let (config, mut mistakes) = look_at(&pieces, overrides);
        if let (Some(local), None, false, []) = (&config, &self.file, self.local, &*mistakes) {
            match parameter_store::read_now(local) {
                Ok(None) => {}
                Ok(Some(set)) => {
                    pieces = set.pieces().into_iter().chain(pieces).collect();
                    mistakes = look_at(&pieces, overrides).1;
                }
                Err(failure) => errors.push(failure),
            }
        }
        let status = match (errors.is_empty(), mistakes.is_empty()) {
            (false, _) => USAGE,
            (true, false) => FAILED,
            (true, true) => 0,
        };
        if self.json {
            let checked = pieces.iter().map(|piece| piece.place.to_string()).collect();
            let unreadable = errors.iter().map(FailureRecord::from).collect();
            let mistakes = mistakes.iter().map(ShownMistake::from).collect();
            let all = CheckedConfig { format: 1, checked, unreadable, mistakes };
            return Outcome { status, ..json(&all) };
        }
        Outcome { status, ..report(&pieces, &errors, &mistakes) }
    }
}

/// Everything that is wrong with pieces, and the configuration where nothing is.
fn look_at(pieces: &[Piece], overrides: &PathOverrides) -> (Option<AgentConfig>, Vec<Mistake>) {
    let (config, mut mistakes) = AgentConfig::look_at(pieces, overrides);
    match config {
        Ok(config) => (mistakes.is_empty().then_some(config), mistakes),
        Err(ConfigError::Invalid { first, .. }) => {
            mistakes.push(*first);
            (None, mistakes)
        }
        Err(_) => (None, mistakes),
    }
}

fn sorted(read: Vec<Result<Piece, ConfigError>>) -> (Vec<Piece>, Vec<ConfigError>) {
    let (mut pieces, mut errors) = (Vec::new(), Vec::new());
    for one in read {
        match one {
            Ok(piece) => pieces.push(piece),
            Err(error) => errors.push(error),
        }
    }
    (pieces, errors)
}

fn report(pieces: &[Piece], errors: &[Failure], mistakes: &[Mistake]) -> Outcome {
    let mut outcome = Outcome::default();
    for error in errors {
        // Writing to a String does not fail.
        let _ = writeln!(outcome.stderr, "fsxlustre: {error}");
    }
    for mistake in mistakes {
        let _ = writeln!(outcome.stdout, "{mistake}  [{}]", mistake.code);
    }
    if mistakes.is_empty() && errors.is_empty() {
        let places: Vec<_> = pieces.iter().map(|piece| piece.place.to_string()).collect();
        let places = if places.is_empty() { "no file".into() } else { places.join(", ") };
        outcome.stdout = format!("no mistakes in {places}\n");
    }
    outcome
}
