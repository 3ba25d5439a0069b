//! What a job is told: a file that its `TaskProlog` reads, `/run/fsxlustre/told/JOBID`.
//!
//! A `TaskProlog` runs as the user, so the file is for everybody. Each line is `export NAME=VALUE` or
//! `print TEXT`, as Slurm reads them from a `TaskProlog`; all of it is printable ASCII of ours. Where a
//! line is `refuse`, the `TaskProlog` ends the job.
//!
//! | variable | value |
//! |---|---|
//! | `FSXLUSTRE_STATUS` | `ready`, `missing` or `refused` |
//! | `FSXLUSTRE_CAUSE` | the cause, where it is not `ready` |
//! | `FSXLUSTRE_MISSING` | the directories that are not there, joined by `:` |

use super::{Cause, Verdict};
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{Host, remove_state, write_public_state};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Longest line that is told.
const LONGEST_LINE: usize = 400;

/// What a job is told of one directory that it goes without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The directory.
    pub directory: PathBuf,
    /// Whether it is mounted all the same.
    pub is_mounted: bool,
    /// Why, as the table of causes has it.
    pub cause: Cause,
    /// What that leads to.
    pub verdict: Verdict,
    /// What did not work, in a line.
    pub what: String,
}

/// The text for a job that goes without these; all is ready where there is none.
pub fn told(missing: &[Missing]) -> String {
    let Some(worst) = missing.iter().max_by_key(|one| one.verdict) else {
        return "export FSXLUSTRE_STATUS=ready\n".to_owned();
    };
    let is_admitted = worst.verdict == Verdict::Admit;
    let status = if is_admitted { "missing" } else { "refused" };
    let directories: Vec<_> = missing.iter().map(|one| ascii(&one.directory)).collect();
    let mut text = format!(
        "export FSXLUSTRE_STATUS={status}\nexport FSXLUSTRE_CAUSE={}\nexport FSXLUSTRE_MISSING={}\n",
        worst.cause.word(),
        directories.join(":")
    );
    let goes_on = if is_admitted { "the job goes on without it" } else { "the job is refused" };
    if !is_admitted {
        text.push_str("refuse\n");
    }
    for one in missing {
        let what = plain(&one.what);
        let state = if one.is_mounted { "not as it should be" } else { "not there" };
        // Writing to a String does not fail.
        let _ = writeln!(
            text,
            "print fsxlustre: {} is {state} ({}): {what}; {goes_on}",
            ascii(&one.directory),
            one.cause.word()
        );
    }
    text
}

fn ascii(path: &Path) -> String {
    plain(&path.to_string_lossy())
}

/// Printable ASCII of one line; every other character becomes `?`.
fn plain(text: &str) -> String {
    let is_plain = |c: char| c == ' ' || c.is_ascii_graphic();
    text.chars().take(LONGEST_LINE).map(|c| if is_plain(c) { c } else { '?' }).collect()
}

fn path(host: &Host, job_id: u32) -> PathBuf {
    host.paths.state.join("told").join(job_id.to_string())
}

/// Writes what a job is told.
///
/// # Errors
/// The state folder cannot be written.
pub fn tell(host: &Host, job_id: u32, missing: &[Missing]) -> Result<(), Failure> {
    let path = path(host, job_id);
    write_public_state(&path, told(missing).as_bytes()).map_err(|error| error.failure())
}

/// Takes it away. Fine when it is gone.
///
/// # Errors
/// The state folder cannot be written.
pub fn forget_told(host: &Host, job_id: u32) -> Result<(), Failure> {
    remove_state(&path(host, job_id)).map_err(|error| error.failure())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(verdict: Verdict, what: &str) -> Missing {
        Missing {
            directory: "/mnt/a".into(),
            is_mounted: false,
            cause: Cause::Unreachable,
            verdict,
            what: what.into(),
        }
    }

    #[test]
    fn each_status_has_its_text() {
        assert_eq!(told(&[]), "export FSXLUSTRE_STATUS=ready\n");
        assert_eq!(
            told(&[missing(Verdict::Admit, "no answer")]),
            "export FSXLUSTRE_STATUS=missing\nexport FSXLUSTRE_CAUSE=unreachable\n\
             export FSXLUSTRE_MISSING=/mnt/a\n\
             print fsxlustre: /mnt/a is not there (unreachable): no answer; \
             the job goes on without it\n"
        );
        let two = told(&[missing(Verdict::Admit, "x"), missing(Verdict::Refuse, "y")]);
        assert!(two.starts_with("export FSXLUSTRE_STATUS=refused\n"), "{two}");
        assert_eq!(two.lines().filter(|line| *line == "refuse").count(), 1, "{two}");
        assert!(two.contains("FSXLUSTRE_MISSING=/mnt/a:/mnt/a\n"), "{two}");
    }

    #[test]
    fn it_is_printable_ascii_whatever_failed() {
        let text =
            told(&[missing(Verdict::Admit, "a\nexport PATH=/x\r\u{1b}[31m \u{e9}\0 %s $(id)")]);
        assert!(text.bytes().all(|b| b == b'\n' || (b' '..=b'~').contains(&b)), "{text:?}");
        assert_eq!(text.lines().filter(|line| line.starts_with("export ")).count(), 3, "{text}");
        let long = told(&[missing(Verdict::Admit, &"x".repeat(100_000))]);
        assert!(long.lines().all(|line| line.len() < LONGEST_LINE + 200), "{}", long.len());
    }

    #[test]
    fn everybody_may_read_it_and_it_goes_away() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("folder");
        let mut host = Host::default();
        host.paths.state = folder.path().to_owned();
        tell(&host, 7, &[]).expect("written");
        let file = folder.path().join("told/7");
        assert_eq!(std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o644);
        forget_told(&host, 7).expect("removed");
        forget_told(&host, 7).expect("again");
        assert!(!file.exists());
    }
}
