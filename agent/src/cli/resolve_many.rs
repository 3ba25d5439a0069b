//! `fsxlustre resolve --export-map` and `--write-cache`: a head node asks once for all its nodes.

use super::Outcome;
use crate::config::AgentConfig;
use crate::resolve::{AgentResolver, ApiResolver, map_of};
use clap::Args;
use fsxlustre_mount::answer::{Caller, Names, SharedAnswer, SharedAnswers, read_shared};
use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::file_system::FileSystem;
use fsxlustre_mount::host::{Bounds, Deadline, stop_signals, unix_seconds, write_public};
use fsxlustre_mount::mount::check_root;
use fsxlustre_mount::options::Prefer;
use fsxlustre_mount::resolve::Question;
use fsxlustre_mount::source::Source;
use std::path::{Path, PathBuf};

/// Arguments of `fsxlustre resolve` that take many sources.
#[derive(Debug, Args)]
#[group(id = "many", multiple = false)]
pub(super) struct ManyArgs {
    /// Write [[filesystem]] entries of the sources, or of all file systems of the Region, to FILE or
    /// stdout: nodes that have them in /etc/fsxlustre/fsxlustre.d need no API
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true,
          default_missing_value = "-")]
    export_map: Option<PathBuf>,
    /// Write the answers for the sources to FILE, for nodes whose `[cache] shared` names it
    #[arg(long, value_name = "FILE")]
    write_cache: Option<PathBuf>,
}

/// What all the sources have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sources<'a> {
    pub(super) config: &'a AgentConfig,
    pub(super) texts: &'a [String],
    pub(super) region: Option<&'a str>,
    pub(super) prefer: Prefer,
    pub(super) deadline: Deadline,
}

impl ManyArgs {
    /// Does it, where one of the two is asked for.
    pub(super) fn run(&self, sources: &Sources<'_>) -> Option<Outcome> {
        match (&self.export_map, &self.write_cache) {
            (Some(file), _) => Some(sources.export_map(file).into()),
            (None, Some(file)) => Some(sources.write_cache(file).into()),
            (None, None) => None,
        }
    }
}

impl Sources<'_> {
    fn export_map(&self, file: &Path) -> Result<Outcome, Failure> {
        let found = if self.texts.is_empty() {
            AgentResolver::new(self.config, None).every_usable(self.region, self.deadline)?
        } else {
            self.ask(&self.parsed()?)?.into_iter().collect::<Result<Vec<_>, Failure>>()?
        };
        let text = map_of(&found);
        if file == Path::new("-") {
            return Ok(Outcome::done(text));
        }
        write_public(file, text.as_bytes()).map_err(|error| error.failure())?;
        Ok(Outcome::done(format!("{} entries written to {}\n", found.len(), file.display())))
    }

    /// Writes what the API says now. An answer that cannot be had now is kept as it stands in the
    /// file; one that the API refuses is left out.
    fn write_cache(&self, file: &Path) -> Result<Outcome, Failure> {
        check_root("write the cache file of")?;
        let before = read_shared(file, &Bounds::from(self.deadline)).ok();
        let mut outcome = Outcome::default();
        let mut answers = Vec::new();
        let sources = self.parsed()?;
        if self.prefer == Prefer::SameSubnet {
            return Err(of_this_subnet(file));
        }
        // Where nobody can be asked the file stays as it is: its answers have their own ages.
        let asked = self.ask(&sources)?;
        for (source, result) in sources.iter().zip(asked) {
            let key = self.question(source).key();
            match result {
                Ok(found) => answers.extend(Names::of(&found).map(|names| SharedAnswer {
                    key,
                    names,
                    asked_unix_seconds: unix_seconds(),
                })),
                Err(failure) => {
                    let kept = before.as_ref().and_then(|file| file.find(&key));
                    answers.extend(kept.filter(|_| failure.may_pass()).cloned());
                    let failed = Outcome::failed(&failure);
                    // What is wrong with the asking itself is said once, not of each source.
                    if !outcome.stderr.contains(&failed.stderr) {
                        outcome.stderr.push_str(&failed.stderr);
                    }
                    outcome.status = outcome.status.max(failed.status);
                }
            }
        }
        let (count, all) = (answers.len(), sources.len());
        let text =
            serde_json::to_vec_pretty(&SharedAnswers::new(answers)).map_err(|error| Failure {
                code: Code::Internal,
                what: "the cache file could not be written as JSON".into(),
                asked: format!("write {}", file.display()),
                because: error.to_string(),
                remedy: "report this".into(),
            })?;
        write_public(file, &text).map_err(|error| error.failure())?;
        outcome.stdout = format!("{count} of {all} answers written to {}\n", file.display());
        Ok(outcome)
    }

    fn parsed(&self) -> Result<Vec<Source>, Failure> {
        let parse = |text: &String| Source::parse(text).map_err(|error| error.failure());
        self.texts.iter().map(parse).collect()
    }

    fn question<'q>(&'q self, source: &'q Source) -> Question<'q> {
        let (region, prefer) = (self.region, self.prefer);
        Question { source, region, prefer, caller: Caller::Person }
    }

    /// Asks the API for all of them together: what is written is never older than it says.
    fn ask(&self, sources: &[Source]) -> Result<Vec<Result<FileSystem, Failure>>, Failure> {
        let signals = stop_signals();
        let bounds = Bounds { deadline: self.deadline, interrupt: signals.as_ref() };
        let resolver = ApiResolver { config: self.config, with_data_repositories: false };
        let asked = resolver.ask_many(sources, self.region, self.prefer, bounds)?;
        Ok(sources.iter().zip(asked).map(|(source, found)| usable(source, found?)).collect())
    }
}

fn of_this_subnet(file: &Path) -> Failure {
    Failure {
        code: Code::OptionConflict,
        what: "an answer for this node's subnet is none for other nodes".into(),
        asked: format!("write {} with --prefer=same-subnet", file.display()),
        because: "the file serves nodes of every subnet".into(),
        remedy: "leave out --prefer, or name one more tag".into(),
    }
}

/// What can be mounted now.
fn usable(source: &Source, found: FileSystem) -> Result<FileSystem, Failure> {
    if found.is_usable() {
        return Ok(found);
    }
    Err(Failure {
        code: Code::FileSystemUnusable,
        what: format!("{} cannot be mounted now", found.id),
        asked: format!("resolve {source}"),
        because: format!("its lifecycle is {}", found.lifecycle),
        remedy: "run this again when it is AVAILABLE".into(),
    })
}
