//! `fsxlustre hsm restore`, `archive` and `release`.

use super::progress::Progress;
use super::status::unknown;
use super::{TreeArgs, UNKNOWN, text};
use crate::cli::{FAILED, Outcome};
use crate::config::AgentConfig;
use crate::staging::hsm::{
    Asked, Asking, Begun, Failed, HsmError, Questions, ScanOptions, Unfinished, Verb, Waited, ask,
    unfinished, wait,
};
use clap::Args;
use fsxlustre_mount::failure::{Code, Explain as _, Failure, FailureRecord};
use fsxlustre_mount::host::{Deadline, Host, MountTable};
use fsxlustre_mount::journal::Entry;
use fsxlustre_mount::resolve::Tell;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

/// What the exit statuses mean.
pub(super) const EXITS: &str = "Exits 0 when everything that needs it was asked for (with --wait: is done), 1 when \
    something was refused or failed, 3 when nobody takes the requests, the time was over, or something could not be \
    read. It may be ended and run again at any time: root's runs keep a journal in /var/lib/fsxlustre/hsm, and nothing \
    is asked for twice without need (a journal that nobody wrote to for 90 days is removed). A request names 52 files at \
    most, since the kernel takes no more: by FID, without a process; by `lfs` where the client tells no FIDs. Files that \
    failed are named with their reason, the first 1000 of them, and all are counted. On a terminal a bar on stderr shows \
    how far it is, the rate and the time to go; Ctrl-C takes it away, and what was asked for stays asked for. No \
    file's data are read.";

/// How long the first requests may wait for somebody who takes them.
const BEGIN_WITHIN: Duration = Duration::from_secs(15);
/// A week: `--wait` without a number.
const LONG: &str = "604800";

/// Arguments of `fsxlustre hsm restore` and `archive`.
#[derive(Debug, Args)]
pub(super) struct AskingArgs {
    #[command(flatten)]
    what: ReleaseArgs,
    /// Wait until all of it is there, or so long
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true,
          default_missing_value = LONG, value_parser = clap::value_parser!(u64).range(1..=2_592_000))]
    wait: Option<u64>,
}

/// Arguments of `fsxlustre hsm release`.
#[derive(Debug, Args)]
pub(super) struct ReleaseArgs {
    /// Directories and files, by their whole paths
    #[arg(required_unless_present = "resume")]
    paths: Vec<PathBuf>,
    /// Go on with everything of the kind that was begun and is not known to be done, as after a reboot
    #[arg(long, conflicts_with = "paths")]
    resume: bool,
    #[command(flatten)]
    tree: TreeArgs,
}

impl AskingArgs {
    pub(super) fn run(&self, config: &AgentConfig, verb: Verb, tell: Tell<'_>) -> Outcome {
        self.what.ask(config, verb, self.wait.map(Duration::from_secs), tell)
    }
}

impl ReleaseArgs {
    pub(super) fn run(&self, config: &AgentConfig, tell: Tell<'_>) -> Outcome {
        self.ask(config, Verb::Release, None, tell)
    }

    fn ask(
        &self,
        config: &AgentConfig,
        verb: Verb,
        long: Option<Duration>,
        tell: Tell<'_>,
    ) -> Outcome {
        let host = config.host();
        let table = match host.mounts() {
            Ok(table) => table,
            Err(error) => return Outcome::failed(&error.failure()),
        };
        let (paths, elsewhere) = match self.paths(host, &table, verb) {
            Ok(found) => found,
            Err(error) => return Outcome::failed(&error.failure()),
        };
        if paths.is_empty() {
            return not_here(
                &elsewhere,
                Outcome::done(format!("no {} is unfinished here\n", verb.word())),
            );
        }
        let mut progress = Progress::new(self.tree.json);
        let done = self.carry_out(host, &table, (verb, &paths, long), (&mut progress, tell));
        progress.end();
        let outcome = match done {
            Ok((asked, waited)) => told(verb, &paths, (&asked, waited.as_ref()), self.tree.json),
            Err(error) if self.tree.json => Outcome::failed_json(&error.failure()),
            Err(error) => Outcome::failed(&error.failure()),
        };
        not_here(&elsewhere, outcome)
    }

    /// What is to be asked for, and what was begun on a file system that is not mounted there now.
    fn paths(
        &self,
        host: &Host,
        table: &MountTable,
        verb: Verb,
    ) -> Result<(Vec<PathBuf>, Vec<PathBuf>), HsmError> {
        if !self.resume {
            return Ok((self.paths.clone(), Vec::new()));
        }
        let begun = unfinished(host)?.into_iter().filter(|of| of.verb == verb);
        let (here, elsewhere): (Vec<_>, Vec<_>) = begun.partition(|of| of.is_here(host, table));
        let path = |of: Unfinished| of.path;
        Ok((here.into_iter().map(path).collect(), elsewhere.into_iter().map(path).collect()))
    }

    fn carry_out(
        &self,
        host: &Host,
        table: &MountTable,
        (verb, paths, long): (Verb, &[PathBuf], Option<Duration>),
        (progress, tell): (&mut Progress, Tell<'_>),
    ) -> Result<(Asked, Option<Waited>), HsmError> {
        let deadline = long.map(Deadline::after);
        let (threads, patience) = (self.tree.threads(), self.tree.patience());
        let asking = Asking { verb, paths, threads, patience, begin_within: BEGIN_WITHIN };
        let asked = ask(host, table, &asking, &mut |asked| progress.asking(verb, asked))?;
        let Some(deadline) = deadline else { return Ok((asked, None)) };
        if let Some(Begun::Not(seconds)) = asked.begun {
            progress.pause();
            tell(&format!("{} (it goes on waiting)", not_begun(verb, &asked, seconds).what));
        }
        let options = ScanOptions {
            threads,
            verb: Some(verb),
            questions: Questions::None,
            tell_files: true,
            patience,
        };
        let waited = wait(host, table, (verb, paths), &options, deadline, &mut |waited| {
            progress.waiting(verb, waited);
        })?;
        Ok((asked, Some(waited)))
    }
}

/// With what could not be gone on with.
fn not_here(elsewhere: &[PathBuf], mut outcome: Outcome) -> Outcome {
    for path in elsewhere {
        let line =
            format!("fsxlustre: {}: its file system is not mounted there now\n", path.display());
        outcome.stderr += &line;
        if outcome.status == 0 {
            outcome.status = UNKNOWN;
        }
    }
    outcome
}

/// What came of it: on stdout what was done and each file that failed, on stderr what is wrong and what mends it.
fn told(
    verb: Verb,
    paths: &[PathBuf],
    (asked, waited): (&Asked, Option<&Waited>),
    is_json: bool,
) -> Outcome {
    let failures = wrong(verb, asked, waited);
    let mut outcome = Outcome::default();
    if is_json {
        let records: Vec<FailureRecord> =
            failures.iter().map(|(failure, _)| FailureRecord::from(failure)).collect();
        let result = serde_json::json!({
            "verb": verb, "paths": paths, "asked": asked, "waited": waited, "failures": records,
        });
        outcome.stdout = text::line("done", &result);
    } else {
        outcome.stdout = text::asked(verb, paths, asked);
        outcome.stdout += &waited.map(|waited| text::waited(verb, waited)).unwrap_or_default();
        for Failed { path, because } in named(asked, waited) {
            let _ = writeln!(outcome.stdout, "  {}: {because}", path.display());
        }
    }
    for (failure, _) in &failures {
        let _ = writeln!(outcome.stderr, "fsxlustre: {failure}");
        outcome.log.push(Entry::failure(failure));
    }
    let statuses = failures.iter().map(|(_, status)| *status);
    outcome.status = if failures.iter().any(|(_, status)| *status == FAILED) {
        FAILED
    } else {
        statuses.max().unwrap_or(0)
    };
    outcome
}

fn named<'a>(asked: &'a Asked, waited: Option<&'a Waited>) -> impl Iterator<Item = &'a Failed> {
    asked.failures.iter().chain(waited.into_iter().flat_map(|waited| &waited.failures))
}

/// Everything that is not as it was asked for, each with its exit status.
fn wrong(verb: Verb, asked: &Asked, waited: Option<&Waited>) -> Vec<(Failure, u8)> {
    let mut all = Vec::new();
    let ended = waited.filter(|waited| !waited.is_over).map_or(0, |waited| waited.left().files);
    let failed = asked.failed + asked.refused_files() + ended;
    if failed > 0 {
        all.push((some_failed(verb, failed, asked, waited), FAILED));
    }
    match (asked.begun, waited) {
        (Some(Begun::Not(seconds)), None) => {
            all.push((not_begun(verb, asked, seconds), UNKNOWN));
        }
        (_, Some(waited)) if waited.is_over => all.push((not_done(verb, waited), UNKNOWN)),
        _ => {}
    }
    let counts = waited.map_or(&asked.counts, |waited| &waited.counts);
    if !counts.is_whole() {
        all.push((unknown(counts), UNKNOWN));
    }
    all
}

fn failure(code: Code, what: String, verb: Verb, because: String) -> Failure {
    let (asked, remedy) = (format!("{} each file", verb.word()), code.row().remedy.to_owned());
    Failure { code, what, asked, because, remedy }
}

fn some_failed(verb: Verb, failed: u64, asked: &Asked, waited: Option<&Waited>) -> Failure {
    let first = named(asked, waited).next();
    let because = match first {
        Some(Failed { path, because }) => format!("the first is {}: {because}", path.display()),
        None => "their requests ended".into(),
    };
    let what = format!("{failed} files could not be {}d", verb.word());
    failure(Code::HsmFailed, what, verb, because)
}

fn not_begun(verb: Verb, asked: &Asked, seconds: u64) -> Failure {
    let what = format!(
        "{} files are asked for, and nobody has taken the first requests after {seconds} s",
        asked.pending()
    );
    let because = "either many requests are before them, or no copytool takes requests".to_owned();
    Failure {
        remedy: "look that the file system has a data repository association that is AVAILABLE \
                 (`aws fsx describe-data-repository-associations`); the requests stay, and \
                 `fsxlustre hsm status` shows what waits"
            .into(),
        ..failure(Code::HsmNotBegun, what, verb, because)
    }
}

fn not_done(verb: Verb, waited: &Waited) -> Failure {
    let (done, left) = (waited.done(), waited.left());
    let what = format!("{} files are there, {} are not yet", done.files, left.files);
    let because = match waited.to_go() {
        Some(rest) => {
            format!("the time was over; at this rate the rest takes {} s", rest.as_secs())
        }
        None => "the time was over, and nothing has come meanwhile".into(),
    };
    failure(Code::HsmNotDone, what, verb, because)
}
