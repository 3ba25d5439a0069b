//! What is left behind before a node is drained: a line for slurmd's log, an entry for the journal,
//! and a file for whoever looks at the fleet, on this node and in `[jobs] report_dir`.

use super::Started;
use crate::config::JobsSection;
use crate::jobs::report::{hand_in, keep_all};
use crate::jobs::{Cause, FrozenRequest};
use fsxlustre_mount::failure::{FailureRecord, one_line};
use fsxlustre_mount::host::{Deadline, Host, unix_seconds};
use serde::Serialize;
use std::path::PathBuf;

const FORMAT: u32 = 1;

/// Why a node was drained, as JSON: `drain-KEY.json`.
#[derive(Debug, Serialize)]
struct DrainEvidence<'a> {
    /// The layout of this object.
    format: u32,
    /// The line that slurmd logs.
    line: &'a str,
    /// When, seconds since 1970 UTC.
    at_unix_seconds: u64,
    /// What the job went without, each with its cause.
    failures: Vec<DrainFailure>,
    /// What was decided for the job, and how its start went.
    request: &'a FrozenRequest,
}

#[derive(Debug, Serialize)]
struct DrainFailure {
    directory: PathBuf,
    cause: Cause,
    failure: FailureRecord,
}

/// The one line that slurmd logs of a start that exits 1; `None` where nothing is wrong.
pub fn drain_line(started: &Started, label: &str) -> Option<String> {
    let worst = started.worst()?;
    let failure = &worst.failure;
    let cause = Cause::of(failure.code).word();
    Some(one_line(&format!(
        "fsxlustre: {label}: this node is not fit ({cause}): {}: {} [{}]; do: {}",
        failure.what, failure.because, failure.code, failure.remedy
    )))
}

/// Leaves the file behind. What could not be written comes back in words.
pub(super) fn leave(
    host: &Host,
    jobs: &JobsSection,
    started: &Started,
    deadline: Deadline,
) -> Vec<String> {
    let label = format!("job {}", started.request.job_id);
    let Some(line) = drain_line(started, &label) else { return Vec::new() };
    let failures = started.lacking.iter().map(|one| DrainFailure {
        directory: one.directory.clone(),
        cause: Cause::of(one.failure.code),
        failure: FailureRecord::from(&one.failure),
    });
    let evidence = DrainEvidence {
        format: FORMAT,
        line: &line,
        at_unix_seconds: unix_seconds(),
        failures: failures.collect(),
        request: &started.request,
    };
    let name = format!("drain-{}", started.request.job);
    if let Err(failure) = hand_in(host, &name, &evidence) {
        return vec![format!("the evidence is not kept: {}: {}", failure.asked, failure.because)];
    }
    keep_all(host, jobs.reports_bytes(), jobs.report_dir.as_deref(), deadline)
}
