//! What is left behind before a node is drained: a line for slurmd's log, an entry for the journal,
//! and a file for whoever looks at the fleet, on this node and in `[jobs] report_dir`.

use super::end::Ended;
use super::report::{hand_in, keep_all};
use super::{Cause, FrozenRequest, Started};
use crate::config::JobsSection;
use fsxlustre_mount::failure::{Failure, FailureRecord, one_line};
use fsxlustre_mount::host::{Deadline, Host, unix_seconds};
use serde::Serialize;
use std::path::{Path, PathBuf};

const FORMAT: u32 = 1;

/// Why a node was drained, as JSON: `drain-KEY.json`.
#[derive(Debug, Serialize)]
struct DrainEvidence<'a> {
    /// The layout of this object.
    format: u32,
    /// The hook that drains it: `start` or `end`.
    hook: &'static str,
    /// The line that slurmd logs.
    line: &'a str,
    /// When, seconds since 1970 UTC.
    at_unix_seconds: u64,
    /// What the job went without, or what its end left behind, each with its cause.
    failures: Vec<DrainFailure>,
    /// What was decided for the job, and how its start went; null where an end finds none.
    request: Option<&'a FrozenRequest>,
}

#[derive(Debug, Serialize)]
struct DrainFailure {
    directory: PathBuf,
    cause: Cause,
    failure: FailureRecord,
}

impl DrainFailure {
    fn of(directory: &Path, failure: &Failure) -> Self {
        let (cause, record) = (Cause::of(failure.code), FailureRecord::from(failure));
        Self { directory: directory.to_owned(), cause, failure: record }
    }
}

fn line(label: &str, failure: &Failure) -> String {
    let cause = Cause::of(failure.code).word();
    one_line(&format!(
        "fsxlustre: {label}: this node is not fit ({cause}): {}: {} [{}]; do: {}",
        failure.what, failure.because, failure.code, failure.remedy
    ))
}

/// The one line that slurmd logs of a start that exits 1; `None` where nothing is wrong.
pub fn drain_line(started: &Started, label: &str) -> Option<String> {
    Some(line(label, &started.worst()?.failure))
}

/// The same of an end: its first mount that stays.
pub fn drain_line_of_end(ended: &[Ended], label: &str) -> Option<String> {
    Some(line(label, ended.iter().find_map(|one| one.fate.failure())?))
}

/// Leaves the file of a start behind. What could not be written comes back in words.
pub(super) fn leave_at_start(
    host: &Host,
    jobs: &JobsSection,
    started: &Started,
    deadline: Deadline,
) -> Vec<String> {
    let request = &started.request;
    let label = format!("job {}", request.job_id);
    let Some(line) = drain_line(started, &label) else { return Vec::new() };
    let failures = started.lacking.iter();
    let evidence = DrainEvidence {
        format: FORMAT,
        hook: "start",
        line: &line,
        at_unix_seconds: unix_seconds(),
        failures: failures.map(|one| DrainFailure::of(&one.directory, &one.failure)).collect(),
        request: Some(request),
    };
    let troubles = leave(host, &request.job, &evidence);
    if !troubles.is_empty() {
        return troubles;
    }
    keep_all(host, jobs.reports_bytes(), jobs.report_dir.as_deref(), deadline)
}

/// Hands the file of an end in; it is kept with the job's report. What could not be written comes back
/// in words.
pub fn leave_at_end(
    host: &Host,
    key: &str,
    label: &str,
    ended: &[Ended],
    request: Option<&FrozenRequest>,
) -> Vec<String> {
    let Some(line) = drain_line_of_end(ended, label) else { return Vec::new() };
    let failed = |one: &Ended| Some(DrainFailure::of(&one.directory, one.fate.failure()?));
    let evidence = DrainEvidence {
        format: FORMAT,
        hook: "end",
        line: &line,
        at_unix_seconds: unix_seconds(),
        failures: ended.iter().filter_map(failed).collect(),
        request,
    };
    leave(host, key, &evidence)
}

fn leave(host: &Host, key: &str, evidence: &DrainEvidence<'_>) -> Vec<String> {
    let handed_in = hand_in(host, &format!("drain-{key}"), evidence);
    let trouble = |failure: Failure| {
        format!("the evidence is not kept: {}: {}", failure.asked, failure.because)
    };
    handed_in.err().map(trouble).into_iter().collect()
}
