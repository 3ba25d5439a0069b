//! The report of an end that is not done yet: what was counted, without what became of the directories.
//!
//! It is kept only when its end is gone and never came to hand in the whole one, and never in the place
//! of another.

use super::JobReport;
use super::claim::BEGUN;
use super::keep::handed_in;
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{Host, remove_state, write_state};
use fsxlustre_mount::record::Attempt;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

#[derive(Debug, Serialize, Deserialize)]
struct Begun<R> {
    /// The end that is at work.
    by: Option<Attempt>,
    report: R,
}

fn path(host: &Host, key: &str) -> PathBuf {
    handed_in(host).join(BEGUN).join(format!("{key}.json"))
}

/// Notes what was counted by an end that is this process.
///
/// # Errors
/// The state folder cannot be written.
pub(super) fn note(host: &Host, report: &JobReport) -> Result<(), Failure> {
    let begun = Begun { by: Attempt::of(std::process::id()), report };
    write_state(&path(host, &report.key), &begun).map_err(|error| error.failure())
}

/// Takes it away, since the whole one is handed in.
///
/// # Errors
/// The state folder cannot be written.
pub(super) fn forget(host: &Host, key: &str) -> Result<(), Failure> {
    remove_state(&path(host, key)).map_err(|error| error.failure())
}

/// The report, as JSON, of an end that is gone; `None` while that is at work, and for a file that is none
/// of ours.
pub(super) fn left_behind(file: &[u8]) -> Option<Vec<u8>> {
    let begun: Begun<JobReport> = serde_json::from_slice(file).ok()?;
    let is_at_work = begun.by.is_some_and(|by| by.is_alive());
    if is_at_work { None } else { serde_json::to_vec_pretty(&begun.report).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_that_of_an_end_that_is_gone_is_taken() {
        let folder = tempfile::tempdir().expect("folder");
        let mut host = Host::default();
        host.paths.state = folder.path().to_owned();
        let report = JobReport { key: "prod_7_0_n1".into(), ..JobReport::default() };
        note(&host, &report).expect("noted");
        let own = std::fs::read(path(&host, &report.key)).expect("file");
        assert_eq!(left_behind(&own), None, "this process is at work");
        let of_one_who_is_gone = Begun { by: None, report: &report };
        let text = serde_json::to_vec(&of_one_who_is_gone).expect("JSON");
        let left = left_behind(&text).expect("a report");
        assert_eq!(serde_json::from_slice::<JobReport>(&left).expect("JSON"), report);
        assert_eq!(left_behind(b"{}"), None);
        forget(&host, &report.key).expect("removed");
        assert!(!path(&host, &report.key).exists());
    }
}
