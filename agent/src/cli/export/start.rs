//! `fsxlustre export start`.

use super::super::{Outcome, json};
use super::{FileSystemArgs, UNKNOWN};
use crate::aws::RegionHints;
use crate::aws::tasks::Task;
use crate::config::AgentConfig;
use crate::staging::export::{
    Begun, ExportError, Facts, FailedFiles, Named, Place, Ticket, TicketFolder, TicketState,
    Wanted, api_paths, ask, begin, failed_files, follow, node_name, on_one_file_system, progress,
    wait_for_calls, where_it_is,
};
use clap::Args;
use fsxlustre_mount::failure::{Code, Explain as _, Failure, FailureRecord, one_line};
use fsxlustre_mount::host::{Bounds, Deadline, stop_signals, unix_seconds};
use fsxlustre_mount::journal::{Entry, Priority};
use fsxlustre_mount::mount::check_root;
use fsxlustre_mount::resolve::Tell;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

const FORMAT: u32 = 1;
/// Exit status of a task that ended without every file.
const INCOMPLETE: u8 = 5;
/// The longest that FSx takes for the place of a report, in characters.
const LONGEST_REPORT: usize = 4357;
/// Time for the report of files that failed, and for a ticket.
const LONGEST_FOR_FILES: Duration = Duration::from_secs(10);
/// So many files that failed are printed.
const MOST_PRINTED: usize = 20;

/// Arguments of `fsxlustre export start`.
#[derive(Debug, Args)]
#[command(
    after_help = "The same call again finds the task that goes on, and begins no other. It needs \
    fsx:CreateDataRepositoryTask (packaging/iam/export.json), which nodes that run jobs should not have: \
    there --ticket leaves it to the head node. The report of files that failed is in S3; it is read where \
    an association with auto-import shows it on the same mount. Exit status: 0 begun, or done; 1 it could not \
    be begun; 3 it goes on after --wait; 5 it ended, and not every file was exported"
)]
pub(super) struct StartArgs {
    /// Files and directories of one file system, by their absolute paths
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    file_system: FileSystemArgs,
    /// Follow the task so long
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=604_800))]
    wait: Option<u64>,
    /// Leave a ticket in `[jobs] report_dir`, by which the head node brings it to its end
    #[arg(long)]
    ticket: bool,
    /// Where the report of failed files goes, below what the file system is linked to [default:
    /// fsxlustre-reports there]
    #[arg(long, value_name = "s3://BUCKET/PREFIX", value_parser = report)]
    report: Option<String>,
    /// Time for the calls to AWS, the wait apart
    #[arg(long, value_name = "SECONDS", default_value_t = 30,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Print one JSON object, also for a failure
    #[arg(long)]
    pub(super) json: bool,
}

fn report(text: &str) -> Result<String, String> {
    let bucket = text.strip_prefix("s3://").and_then(|rest| rest.split('/').next());
    let is_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-_".contains(&b);
    let fits =
        bucket.is_some_and(|name| (3..=63).contains(&name.len()) && name.bytes().all(is_name));
    if fits && text.chars().count() <= LONGEST_REPORT && !text.contains(char::is_control) {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    Err("it is s3://BUCKET/PREFIX".into())
}

/// What `--json` prints.
#[derive(Serialize)]
struct Shown<'a> {
    format: u32,
    file_system_id: &'a str,
    paths: &'a [String],
    was_there: bool,
    task: Option<&'a Task>,
    ticket: Option<&'a Ticket>,
    warnings: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_files: Option<&'a FailedFiles>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureRecord>,
}

/// A task that was begun, and how it is now.
struct Followed {
    facts: Facts,
    begun: Begun,
    last: Task,
}

impl StartArgs {
    pub(super) fn run(&self, config: &AgentConfig, tell: Tell<'_>) -> Result<Outcome, Failure> {
        let places = on_one_file_system(config.host(), &self.paths)?;
        let paths = api_paths(&places).map_err(|error| error.failure())?;
        let Some(first) = places.first() else { return Ok(Outcome::default()) };
        let named = Named::of(first, self.file_system.file_system.as_deref());
        if self.ticket {
            return self.with_ticket(config, first, &named, &paths, tell);
        }
        let followed = self.follow(config, &named, &paths, None, tell)?;
        Ok(self.told(first, &paths, &followed, None))
    }

    fn hints<'a>(&'a self, named: &'a Named) -> RegionHints<'a> {
        let option = self.file_system.region.as_deref();
        RegionHints { option, of_name: named.region.as_deref() }
    }

    fn follow(
        &self,
        config: &AgentConfig,
        named: &Named,
        paths: &[String],
        token: Option<&str>,
        tell: Tell<'_>,
    ) -> Result<Followed, Failure> {
        let signals = stop_signals();
        let wait = Duration::from_secs(self.wait.unwrap_or_default());
        let calls = Duration::from_secs(self.timeout);
        let deadline = Deadline::after(calls.saturating_add(wait));
        let bounds = Bounds { deadline, interrupt: signals.as_ref() };
        let report = self.report.as_deref();
        wait_for_calls(config, self.hints(named), bounds, async |aws| {
            let facts = match ask(aws, named).await? {
                Ok(facts) => facts,
                Err(failure) => return Ok(Err(failure)),
            };
            let wanted = Wanted { paths, report, token, since: None };
            let begun = match begin(aws, &facts, &wanted).await? {
                Ok(begun) => begun,
                Err(failure) => return Ok(Err(failure)),
            };
            let hear = |task: &Task| tell(&progress(task));
            let last = follow(aws, begun.task.clone(), Deadline::after(wait), &hear).await?;
            Ok(Ok(Followed { facts, begun, last }))
        })
    }

    /// The ticket is written first: a call that is killed leaves one by which the head node goes on.
    fn with_ticket(
        &self,
        config: &AgentConfig,
        place: &Place,
        named: &Named,
        paths: &[String],
        tell: Tell<'_>,
    ) -> Result<Outcome, Failure> {
        check_root("leave a ticket on")?;
        let folder = TicketFolder::needed(config).map_err(|error| error.failure())?;
        let named = self.known(config, named)?;
        let mut ticket = self.new_ticket(&named, paths);
        let write = |ticket: &Ticket| {
            let bounds = Bounds::from(Deadline::after(LONGEST_FOR_FILES));
            folder.write(ticket, bounds).map_err(|error| error.failure())
        };
        write(&ticket)?;
        let token = ticket.token();
        match self.follow(config, &named, paths, Some(&token), tell) {
            Ok(followed) => {
                ticket.saw(followed.last.clone());
                write(&ticket)?;
                Ok(self.told(place, paths, &followed, Some(&ticket)))
            }
            Err(failure) if can_be_left(failure.code) => {
                ticket.waits(&format!("{} [{}]", failure.because, failure.code));
                write(&ticket)?;
                Ok(self.left(&ticket, &failure))
            }
            Err(failure) => {
                ticket.state = TicketState::Failed;
                ticket.waits(&format!("{} [{}]", failure.because, failure.code));
                write(&ticket)?;
                Err(failure)
            }
        }
    }

    /// With the id of the file system, which a ticket needs.
    fn known(&self, config: &AgentConfig, named: &Named) -> Result<Named, Failure> {
        if named.id.is_some() {
            return Ok(named.clone());
        }
        let deadline = Deadline::after(Duration::from_secs(self.timeout));
        let facts = wait_for_calls(config, self.hints(named), deadline.into(), async |aws| {
            ask(aws, named).await
        })?;
        Ok(Named { id: Some(facts.id), region: Some(facts.region), ..named.clone() })
    }

    fn new_ticket(&self, named: &Named, paths: &[String]) -> Ticket {
        let node = node_name();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let plain: String = node.chars().filter(|c| is_plain(*c)).take(64).collect();
        let id = format!("{plain}-{}-{}", unix_seconds(), std::process::id());
        let user = nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten();
        let user = user.map_or_else(|| nix::unistd::getuid().to_string(), |user| user.name);
        let file_system_id = named.id.clone().unwrap_or_default();
        Ticket {
            region: self.file_system.region.clone().or_else(|| named.region.clone()),
            paths: paths.to_vec(),
            report: self.report.clone(),
            ..Ticket::new(id, node, user, file_system_id)
        }
    }

    /// What could not be done here is left to the head node.
    fn left(&self, ticket: &Ticket, failure: &Failure) -> Outcome {
        let line = format!("asked: the ticket {} is left for the head node", ticket.id);
        let log = vec![Entry::new(Priority::Info, format!("{line}: {}", failure.because))];
        if self.json {
            let shown = Shown {
                format: FORMAT,
                file_system_id: &ticket.file_system_id,
                paths: &ticket.paths,
                was_there: false,
                task: None,
                ticket: Some(ticket),
                warnings: &[],
                failed_files: None,
                failure: Some(failure.into()),
            };
            return Outcome { log, ..json(&shown) };
        }
        let stderr = format!("fsxlustre: warning: {}: {}\n", failure.what, failure.because);
        Outcome { stderr, log, ..Outcome::done(line + "\n") }
    }

    fn told(
        &self,
        place: &Place,
        paths: &[String],
        followed: &Followed,
        ticket: Option<&Ticket>,
    ) -> Outcome {
        let Followed { facts, begun, last } = followed;
        let is_incomplete = !last.is_open() && !last.is_proof();
        let report = is_incomplete.then(|| {
            let bounds = Bounds::from(Deadline::after(LONGEST_FOR_FILES));
            let repositories = facts.repositories.as_deref().unwrap_or_default();
            failed_files(last, repositories, place, bounds)
        });
        let failure = is_incomplete.then(|| incomplete(last, report.as_ref()));
        let status = match (&failure, last.is_open(), self.wait) {
            (Some(_), ..) => INCOMPLETE,
            (None, true, Some(_)) => UNKNOWN,
            (None, ..) => 0,
        };
        let log = vec![Entry::new(Priority::Info, one_line(&progress(last)))];
        let read = report.as_ref().and_then(|read| read.as_ref().ok());
        if self.json {
            let shown = Shown {
                format: FORMAT,
                file_system_id: &facts.id,
                paths,
                was_there: begun.was_there,
                task: Some(last),
                ticket,
                warnings: &begun.warnings,
                failed_files: read,
                failure: failure.as_ref().map(FailureRecord::from),
            };
            return Outcome { status, log, ..json(&shown) };
        }
        let stderr = begun.warnings.iter().fold(String::new(), |text, line| {
            text + "fsxlustre: warning: " + &one_line(line) + "\n"
        });
        let stderr = failure.iter().fold(stderr, |text, one| text + &format!("fsxlustre: {one}\n"));
        Outcome { stdout: words(begun, last, ticket, read), stderr, status, log }
    }
}

/// What another node, or a later time, may mend.
fn can_be_left(code: Code) -> bool {
    matches!(
        code,
        Code::ExportBusy
            | Code::ExportLimit
            | Code::ExportAutomatic
            | Code::AccessDenied
            | Code::NoCredentials
            | Code::NoRegion
            | Code::ApiThrottled
            | Code::ApiUnavailable
            | Code::ApiTimeout
            | Code::CredentialsRefused
            | Code::ClockSkew
            | Code::Interrupted
    )
}

fn incomplete(task: &Task, report: Option<&Result<FailedFiles, String>>) -> Failure {
    let place = where_it_is(task);
    let report = match report {
        Some(Err(because)) if task.report.is_some() => {
            format!("{place} (it is not read here: {because})")
        }
        _ => place,
    };
    ExportError::Incomplete { task: task.id.clone(), because: progress(task), report }.failure()
}

fn words(
    begun: &Begun,
    last: &Task,
    ticket: Option<&Ticket>,
    read: Option<&FailedFiles>,
) -> String {
    let word = if begun.was_there { "goes on already" } else { "begun" };
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = writeln!(text, "{word}: {}", one_line(&progress(last)));
    if let Some(ticket) = ticket {
        let _ = writeln!(text, "ticket: {}", ticket.id);
    }
    if let Some(read) = read {
        for file in read.files.iter().take(MOST_PRINTED) {
            let _ = writeln!(text, "failed: {} ({})", one_line(&file.path), one_line(&file.error));
        }
        if read.is_cut || read.files.len() > MOST_PRINTED {
            text.push_str("failed: and more; see the report\n");
        }
    }
    text
}
