//! A task that is begun, or one that is found begun.

use super::association::{self, Holding};
use super::evidence::{can_export, progress};
use super::{ExportError, Facts, report_path, token};
use crate::aws::tasks::{ExportOrder, Task, create_export};
use crate::aws::{Aws, AwsError};
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::file_system::DataRepository;

/// An export that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// Paths below its root, without a `/` before them; none for all of it.
    pub paths: &'a [String],
    /// Where the report goes, where the caller says so.
    pub report: Option<&'a str>,
    /// The token of an earlier try of the same request, where there was one.
    pub token: Option<&'a str>,
    /// When the last of what is to be exported was written, in seconds since 1970 UTC: a task that began before then
    /// does not export it. `None` for whoever only wants a task.
    pub since: Option<u64>,
}

/// A task of this request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The task.
    pub task: Task,
    /// Whether it went on already.
    pub was_there: bool,
    /// What of the paths it does not export, and what was not known, a line each.
    pub warnings: Vec<String>,
}

/// Begins a task, unless one of the same paths goes on already that exports all that is wanted.
///
/// # Errors
/// [`AwsError`] of the call; the failure says why no task can be begun.
pub async fn begin(
    aws: &Aws,
    facts: &Facts,
    wanted: &Wanted<'_>,
) -> Result<Result<Begun, Failure>, AwsError> {
    let held = match held(facts, wanted) {
        Ok(held) => held,
        Err(error) => return Ok(Err(error.failure())),
    };
    let known = facts.tasks.as_deref().unwrap_or_default();
    let is_same = |task: &&Task| task.is_export() && is_same_set(&task.paths, wanted.paths);
    let same: Vec<&Task> = known.iter().filter(is_same).collect();
    let warnings = held.warnings;
    let exports_it = |task: &&&Task| {
        task.is_open() && wanted.since.is_none_or(|since| begins_after(task, since))
    };
    if let Some(open) = same.iter().find(exports_it) {
        return Ok(Ok(Begun { task: (*open).clone(), was_there: true, warnings }));
    }
    // Who asks again after the last one has ended wants another one.
    let last =
        same.iter().max_by_key(|task| task.created_unix_seconds).map(|task| task.id.as_str());
    let report = wanted.report.map(str::to_owned).or(held.report);
    let own = || token(&facts.id, wanted.paths, report.as_deref(), last);
    let order = ExportOrder {
        file_system_id: facts.id.clone(),
        paths: wanted.paths.to_vec(),
        token: wanted.token.map_or_else(own, str::to_owned),
        report,
    };
    match create_export(aws, &order).await {
        Ok(task) => Ok(Ok(Begun { task, was_there: false, warnings })),
        Err(AwsError::Refused { code, because, .. }) if is_told(&code) => {
            Ok(Err(refusal(facts, &code, because).failure()))
        }
        Err(error) => Err(error),
    }
}

/// Whether a task finds what was written until then: one that has not begun does.
fn begins_after(task: &Task, written: u64) -> bool {
    task.started_unix_seconds.map_or(task.lifecycle == "PENDING", |began| began > written)
}

fn is_same_set(one: &[String], other: &[String]) -> bool {
    let sorted = |paths: &[String]| {
        let mut all: Vec<String> =
            paths.iter().map(|path| path.trim_matches('/').to_owned()).collect();
        all.retain(|path| !path.is_empty());
        all.sort();
        all
    };
    sorted(one) == sorted(other)
}

fn is_told(code: &str) -> bool {
    matches!(code, "DataRepositoryTaskExecuting" | "ServiceLimitExceeded")
}

/// What the service's own refusal means here.
fn refusal(facts: &Facts, code: &str, because: String) -> ExportError {
    let file_system_id = facts.id.clone();
    if code == "ServiceLimitExceeded" {
        return ExportError::Limit { file_system_id, because };
    }
    let open = facts.tasks.iter().flatten().find(|task| task.is_open());
    let because = match open {
        Some(task) => format!("{because}: {}", progress(task)),
        None => because,
    };
    ExportError::Busy { file_system_id, because }
}

/// What the associations allow.
struct Held {
    report: Option<String>,
    warnings: Vec<String>,
}

fn held(facts: &Facts, wanted: &Wanted<'_>) -> Result<Held, ExportError> {
    let mut held = Held { report: None, warnings: Vec::new() };
    let all = match &facts.repositories {
        Ok(all) => all,
        Err(because) => {
            held.warnings.push(format!("the data repositories are not known: {because}"));
            return Ok(held);
        }
    };
    let root = [String::new()];
    let paths = if wanted.paths.is_empty() { &root[..] } else { wanted.paths };
    for path in paths {
        let path = format!("/{path}");
        let holding = Holding::of(&path, all);
        for one in holding.all() {
            check(one)?;
        }
        let first = holding.all().next().ok_or_else(|| not_held(facts, &path, all))?;
        if holding.whole.is_none() {
            let linked: Vec<_> = holding.below.iter().map(|one| one.path.as_str()).collect();
            let linked = linked.join(", ");
            held.warnings.push(format!("of {path} only {linked} are linked; the rest stays here"));
        }
        held.report = held.report.or_else(|| report_path(first));
    }
    Ok(held)
}

fn check(one: &DataRepository) -> Result<(), ExportError> {
    let association = one.id.clone().unwrap_or_else(|| association::name(one));
    if !can_export(one) {
        let state = one.lifecycle.as_deref().unwrap_or("in an unknown state");
        let why = one.failure.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        let because = format!("{} is {state}{why}", association::name(one));
        return Err(ExportError::Unfit { association, because });
    }
    if !one.export_events.is_empty() {
        let events = one.export_events.join("+");
        return Err(ExportError::Automatic { association, events });
    }
    Ok(())
}

fn not_held(facts: &Facts, path: &str, all: &[DataRepository]) -> ExportError {
    let linked: Vec<_> = all.iter().map(association::name).collect();
    let because = if linked.is_empty() {
        "the file system is linked to none".to_owned()
    } else {
        format!("linked are {}", linked.join(", "))
    };
    ExportError::NoRepository { place: format!("{path} of {}", facts.id), because }
}
