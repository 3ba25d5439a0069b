//! `fsxlustre cache`: the answers that this node keeps.

use super::Outcome;
use crate::config::AgentConfig;
use clap::{Args, Subcommand};
use fsxlustre_mount::answer::read_shared;
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{Bounds, Deadline};
use fsxlustre_mount::id_cache;
use fsxlustre_mount::mount::check_root;
use serde::Serialize;
use std::fmt::Write as _;
use std::time::Duration;

/// Arguments of `fsxlustre cache`.
#[derive(Debug, Args)]
pub struct CacheArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Verb {
    /// Every answer that is kept here, and in the shared cache file
    List {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Forget this node's answers; the next look-up asks the FSx API
    Clear {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

/// The layout of the JSON object; fields are only ever added to it.
const FORMAT: u32 = 1;
const READ_TIME: Duration = Duration::from_secs(5);

/// One answer that is kept.
#[derive(Clone, Debug, Serialize)]
struct Listed {
    /// `ids`, `tags` or `shared`.
    kept_in: &'static str,
    /// What was looked up.
    source: String,
    id: String,
    device: String,
    /// When the API said so, seconds since 1970 UTC.
    asked_unix_seconds: u64,
    /// How long ago that was; `null` when it lies ahead of this node's clock.
    age_seconds: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Listing {
    format: u32,
    answers: Vec<Listed>,
    /// Why the shared cache file is passed over, where it is.
    troubles: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Cleared {
    format: u32,
    removed: usize,
}

impl CacheArgs {
    /// Does it.
    pub fn run(&self, config: &AgentConfig) -> Outcome {
        let result = match self.verb {
            Verb::List { json } => list(config).map(|listing| {
                if json { super::json(&listing) } else { Outcome::done(text(&listing)) }
            }),
            Verb::Clear { json } => clear(config).map(|cleared| {
                let line = format!("{} answers forgotten\n", cleared.removed);
                if json { super::json(&cleared) } else { Outcome::done(line) }
            }),
        };
        result.into()
    }
}

fn list(config: &AgentConfig) -> Result<Listing, Failure> {
    let (ids, tags) = id_cache::list(config.host()).map_err(|error| error.failure())?;
    let answer = |kept_in, source: &str, names: &fsxlustre_mount::answer::Names, asked| Listed {
        kept_in,
        source: source.to_owned(),
        id: names.id.clone(),
        device: names.device(None).map(|device| device.to_string()).unwrap_or_default(),
        asked_unix_seconds: asked,
        age_seconds: id_cache::age_of(asked).map(|age| age.as_secs()),
    };
    let mut listing = Listing { format: FORMAT, answers: Vec::new(), troubles: Vec::new() };
    listing.answers.extend(
        ids.iter().map(|one| answer("ids", &one.names.id, &one.names, one.written_unix_seconds)),
    );
    listing.answers.extend(
        tags.iter().map(|one| answer("tags", &one.key, &one.names, one.asked_unix_seconds)),
    );
    let Some(path) = &config.base.answers.shared else { return Ok(listing) };
    match read_shared(path, &Bounds::from(Deadline::after(READ_TIME))) {
        Ok(file) => listing.answers.extend(
            file.answers
                .iter()
                .map(|one| answer("shared", &one.key, &one.names, one.asked_unix_seconds)),
        ),
        Err(because) => {
            listing.troubles.push(format!("the shared cache file is passed over: {because}"));
        }
    }
    Ok(listing)
}

fn clear(config: &AgentConfig) -> Result<Cleared, Failure> {
    check_root("forget the answers about")?;
    let removed = id_cache::clear(config.host()).map_err(|error| error.failure())?;
    Ok(Cleared { format: FORMAT, removed })
}

fn text(listing: &Listing) -> String {
    let mut text = String::new();
    if listing.answers.is_empty() {
        text.push_str("no answer is kept\n");
    }
    for one in &listing.answers {
        let age = one.age_seconds.map_or_else(
            || "written ahead of this node's clock".to_owned(),
            |seconds| format!("{seconds} s old"),
        );
        // Writing to a String does not fail.
        let _ =
            writeln!(text, "{:<7}{}  {}  {}  {age}", one.kept_in, one.source, one.id, one.device);
    }
    for trouble in &listing.troubles {
        let _ = writeln!(text, "warning: {trouble}");
    }
    text
}
