//! What the last `fsxlustre check` found, kept for the metrics service: a check is work, and a scrape
//! must not do any.

use super::{Report, Verdict, worst};
use fsxlustre_mount::host::{Host, StateError, read_own_state, unix_seconds, write_state};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The layout of the file; another number is another layout.
const FORMAT: u32 = 1;

/// The answer of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The check's name.
    pub check: String,
    /// Its answer.
    pub verdict: Verdict,
}

/// The last run on this node since it was booted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastRun {
    format: u32,
    /// When it ended, in seconds since 1970 UTC.
    pub at_unix_seconds: u64,
    /// What came of each check.
    pub answers: Vec<Answer>,
}

impl LastRun {
    /// A run that has just ended.
    pub fn of(report: &Report) -> Self {
        let mut answers: Vec<Answer> = Vec::new();
        for finding in &report.findings {
            let verdict = finding.verdict;
            match answers.iter_mut().find(|answer| answer.check == finding.check) {
                // A check of several things is as good as the worst of them.
                Some(answer) => answer.verdict = worst(answer.verdict, verdict),
                None => answers.push(Answer { check: finding.check.to_owned(), verdict }),
            }
        }
        Self { format: FORMAT, at_unix_seconds: unix_seconds(), answers }
    }

    /// Where it is kept.
    pub fn path(host: &Host) -> PathBuf {
        host.paths.state.join("check.json")
    }

    /// Keeps it, in place of the one before.
    ///
    /// # Errors
    /// [`StateError::Io`]; the one before is then untouched.
    pub fn keep(&self, host: &Host) -> Result<(), StateError> {
        write_state(&Self::path(host), self)
    }

    /// The one that is kept; `None` when there is none, or none that only root can have written.
    pub fn kept(host: &Host) -> Option<Self> {
        read_own_state(&Self::path(host)).filter(|run: &Self| run.format == FORMAT)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Finding;
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_run_is_kept_and_one_that_others_may_have_written_is_not_used() {
        let folder = tempfile::tempdir().expect("folder");
        let mut host = Host::default();
        host.paths.state = folder.path().join("run");
        host.paths.procfs = folder.path().join("none");
        assert_eq!(LastRun::kept(&host), None);
        let findings = vec![
            Finding::pass("lnet_up", "yes"),
            Finding::pass("client_healthy", "yes"),
            Finding::other("client_healthy", Verdict::Unknown, "?", "look"),
        ];
        let run = LastRun::of(&Report::new(findings, crate::facts::samples::healthy()));
        assert_eq!(run.answers.len(), 2);
        assert_eq!(run.answers.last().map(|one| one.verdict), Some(Verdict::Unknown));
        run.keep(&host).expect("kept");
        assert_eq!(LastRun::kept(&host), Some(run.clone()));
        let later = LastRun { format: FORMAT + 1, ..run };
        later.keep(&host).expect("kept");
        assert_eq!(LastRun::kept(&host), None, "of another layout");
        later.keep(&host).expect("kept");
        let everybodys = std::fs::Permissions::from_mode(0o666);
        std::fs::set_permissions(LastRun::path(&host), everybodys).expect("a mode");
        assert_eq!(LastRun::kept(&host), None);
    }
}
