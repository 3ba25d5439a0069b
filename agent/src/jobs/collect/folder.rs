//! The reports of one run of a job, in the folder that nodes share.
//!
//! The folder may lie on a server that is gone, so a child reads it. What is in it was written by
//! many nodes, and is taken for what it says only where name and content agree.

use super::JobSummary;
use crate::jobs::report::{self, JobReport};
use fsxlustre_mount::failure::{Explain as _, one_line};
use fsxlustre_mount::host::{Deadline, Program, RunLimits};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

/// The first argument that makes `fsxlustre` such a child; the [`Wanted`] follows as JSON.
const WORD: &str = "--fsxlustre-collect";
/// So many files that are no reports are named.
const MOST_NAMED: usize = 10;
/// The longest answer of the child.
const LONGEST_ANSWER_BYTES: usize = 16 << 20;

/// Whose reports are wanted, and where they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The folder.
    pub folder: PathBuf,
    /// The job's number.
    pub job_id: u32,
    /// The cluster's name; any where it is not given.
    pub cluster: Option<String>,
    /// Which run of the job; the last one that has a report where it is not given.
    pub restart: Option<u32>,
}

/// What the child found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Found {
    summary: JobSummary,
    /// The nodes of the job, as its reports name them.
    nodes: Option<String>,
}

/// Reads and merges, in a child. Answers with the summary and the nodes of the job, as its reports
/// name them.
///
/// # Errors
/// Why the folder cannot be read, in words.
pub fn collect(
    wanted: &Wanted,
    deadline: Deadline,
) -> Result<(JobSummary, Option<String>), String> {
    let text = serde_json::to_string(wanted).map_err(|error| error.to_string())?;
    let limits = RunLimits { output_bytes: LONGEST_ANSWER_BYTES, ..RunLimits::until(deadline) };
    let done = Program::own()
        .run(&[WORD, &text], &limits)
        .map_err(|error| format!("{}: {}", wanted.folder.display(), error.because()))?;
    if !done.status.success() {
        return Err(done.last_words());
    }
    let found: Result<Found, String> =
        serde_json::from_str(&done.stdout).map_err(|error| error.to_string())?;
    found.map(|found| (found.summary, found.nodes))
}

/// The work that this process was started for, if it was.
pub fn asked_for() -> Option<Wanted> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let [word, text] = arguments.as_slice() else { return None };
    serde_json::from_str(text.to_str().filter(|_| word == WORD)?).ok()
}

impl Wanted {
    /// Does it; only ever called in the child.
    pub fn carry_out(&self) -> String {
        let found = self.find();
        serde_json::to_string(&found).unwrap_or_default()
    }

    fn find(&self) -> Result<Found, String> {
        let failed = |error: std::io::Error| format!("{}: {error}", self.folder.display());
        let entries = std::fs::read_dir(&self.folder).map_err(failed)?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let part = format!("_{}_", self.job_id);
        let is_wanted = |name: &String| {
            report::is_name(name) && name.contains(&part) && !report::is_beside_a_report(name)
        };
        let names: BTreeSet<String> = names.filter(is_wanted).collect();
        let (mut reports, mut unread) = (Vec::new(), Vec::new());
        for name in names {
            match self.read(&name) {
                Ok(report) => reports.push(report),
                Err(because) => unread.push(format!("{name}: {}", one_line(&because))),
            }
        }
        reports.retain(|report| self.is_of(report));
        let last = reports.iter().map(|report| report.restart).max();
        reports.retain(|report| Some(report.restart) == last);
        let more = unread.len().saturating_sub(MOST_NAMED);
        unread.truncate(MOST_NAMED);
        if more > 0 {
            unread.push(format!("and {more} more"));
        }
        let nodes = reports.iter().find_map(|report| report.nodes.clone());
        Ok(Found { summary: JobSummary::of(&reports, unread), nodes })
    }

    fn read(&self, name: &str) -> Result<JobReport, String> {
        let bytes =
            report::read_bounded(&self.folder.join(name)).map_err(|error| error.to_string())?;
        let report: JobReport =
            serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        if report.format > report::FORMAT {
            return Err(format!("its format {} is newer than this program", report.format));
        }
        if format!("{}.json", report.key) != name || !report.has_its_key() {
            return Err("its name is not that of its job and node".into());
        }
        Ok(report)
    }

    fn is_of(&self, report: &JobReport) -> bool {
        report.job_id == self.job_id
            && self.cluster.as_ref().is_none_or(|cluster| *cluster == report.cluster)
            && self.restart.is_none_or(|restart| restart == report.restart)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reports_of_the_last_run_under_their_own_names_count() {
        let folder = tempfile::tempdir().expect("folder");
        let write = |name: &str, node: &str, restart: u32| {
            let key = format!("prod_17_{restart}_{node}");
            let report = JobReport {
                format: 1,
                key,
                cluster: "prod".into(),
                job_id: 17,
                restart,
                node: node.into(),
                nodes: Some("n[1-3]".into()),
                ..JobReport::default()
            };
            let text = serde_json::to_string(&report).expect("JSON");
            std::fs::write(folder.path().join(name), text).expect("file");
        };
        write("prod_17_0_n1.json", "n1", 0);
        write("prod_17_1_n1.json", "n1", 1);
        write("prod_17_1_n2.json", "n2", 1);
        // Under another node's name; torn; another job's; a link.
        write("prod_17_1_n9.json", "n1", 1);
        std::fs::write(folder.path().join("prod_17_1_n8.json"), "{").expect("file");
        std::fs::write(folder.path().join("prod_171_1_n1.json"), "{").expect("file");
        let link = folder.path().join("prod_17_1_n7.json");
        std::os::unix::fs::symlink("/etc/passwd", link).expect("link");
        let wanted =
            Wanted { folder: folder.path().to_owned(), job_id: 17, cluster: None, restart: None };
        let found = wanted.find().expect("listed");
        assert_eq!(found.nodes.as_deref(), Some("n[1-3]"));
        let nodes: Vec<_> = found.summary.nodes.iter().map(String::as_str).collect();
        assert_eq!((nodes, found.summary.restart), (vec!["n1", "n2"], 1));
        assert_eq!(found.summary.unread.len(), 3, "{:?}", found.summary.unread);
        let first = Wanted { restart: Some(0), ..wanted.clone() }.find().expect("listed");
        assert_eq!(first.summary.nodes.len(), 1);
        let other = Wanted { cluster: Some("dev".into()), ..wanted }.find().expect("listed");
        assert!(other.summary.nodes.is_empty());
    }
}
