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
//! | `FSXLUSTRE_MISSING` | the directories that are not there, joined by `:`; unset where it is not known which |
//! | `FSXLUSTRE_STAGE_IN` | `done`, `going-on` or `failed`, on the node that brings files for the job |
//!
//! The tasks of a heterogeneous job have the number of its leader, whichever of its components they are of.
//! So what each component on this node is told is kept in `told-parts/LEADER/COMPONENT`, and the worst of
//! them stands in the leader's file.

use super::{Cause, Verdict};
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{Deadline, Host, Lock, remove_state, write_public_state};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest line that is told.
const LONGEST_LINE: usize = 400;
/// How long another hook that puts parts together is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a job is told of one directory that it goes without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The directory; `None` where the settings do not say which.
    pub directory: Option<PathBuf>,
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
    let mut text = format!(
        "export FSXLUSTRE_STATUS={status}\nexport FSXLUSTRE_CAUSE={}\n",
        worst.cause.word()
    );
    let directories = missing.iter().filter_map(|one| one.directory.as_deref().map(ascii));
    let directories = directories.collect::<Vec<_>>().join(":");
    if !directories.is_empty() {
        // Writing to a String does not fail.
        let _ = writeln!(text, "export FSXLUSTRE_MISSING={directories}");
    }
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
            one.directory.as_deref().map_or("what the job is given".into(), ascii),
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

fn parts(host: &Host, leader: u32) -> PathBuf {
    host.paths.state.join("told-parts").join(leader.to_string())
}

/// Writes what a job is told, with how its stage-in stands, in a word of ours. A component of a heterogeneous job has a leader.
///
/// # Errors
/// The state folder cannot be written.
pub fn tell(
    host: &Host,
    job_id: u32,
    leader: Option<u32>,
    missing: &[Missing],
    stage_in: Option<&str>,
) -> Result<(), Failure> {
    let staged = stage_in.map(|word| format!("export FSXLUSTRE_STAGE_IN={word}\n"));
    let text = told(missing) + &staged.unwrap_or_default();
    let write = |path: &Path| {
        write_public_state(path, text.trim_end().as_bytes()).map_err(|error| error.failure())
    };
    let Some(leader) = leader else { return write(&path(host, job_id)) };
    write(&parts(host, leader).join(job_id.to_string()))?;
    if leader != job_id {
        write(&path(host, job_id))?;
    }
    put_together(host, leader)
}

/// Takes it away. Fine when it is gone.
///
/// # Errors
/// The state folder cannot be written.
pub fn forget_told(host: &Host, job_id: u32) -> Result<(), Failure> {
    let leaders = std::fs::read_dir(host.paths.state.join("told-parts"));
    for leader in leaders.into_iter().flatten().flatten() {
        let part = leader.path().join(job_id.to_string());
        let leader = leader.file_name().to_str().and_then(|leader| leader.parse().ok());
        if let Some(leader) = leader.filter(|_| part.exists()) {
            remove_state(&part).map_err(|error| error.failure())?;
            put_together(host, leader)?;
        }
    }
    if parts(host, job_id).exists() {
        // Its tasks here are those of other components.
        return Ok(());
    }
    remove_state(&path(host, job_id)).map_err(|error| error.failure())
}

/// Has the leader's file say the worst of the components that are here; without any it goes.
fn put_together(host: &Host, leader: u32) -> Result<(), Failure> {
    // Without the lock one of two that write at once is not heard, which is better than none.
    let _lock = Lock::take(&host.paths.state, "told", Deadline::after(PATIENCE));
    let folder = parts(host, leader);
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let is_part = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
    let texts = entries
        .filter(|entry| entry.file_name().to_str().is_some_and(is_part))
        .filter_map(|entry| std::fs::read_to_string(entry.path()).ok());
    let put = if let Some(worst) = texts.max_by_key(|text| badness(text)) {
        write_public_state(&path(host, leader), worst.trim_end().as_bytes())
    } else {
        // One that is written to again meanwhile stays.
        let _ = std::fs::remove_dir(&folder);
        remove_state(&path(host, leader))
    };
    put.map_err(|error| error.failure())
}

/// How bad it is what a text tells.
fn badness(text: &str) -> (u8, usize) {
    let has = |wanted: &str| text.lines().any(|line| line == wanted);
    let status = if has("refuse") { 2 } else { u8::from(!has("export FSXLUSTRE_STATUS=ready")) };
    let words = ["done", "going-on", "failed"];
    let staged = words.iter().rposition(|word| has(&format!("export FSXLUSTRE_STAGE_IN={word}")));
    (status, staged.map_or(0, |at| at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(verdict: Verdict, what: &str) -> Missing {
        Missing {
            directory: Some("/mnt/a".into()),
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
        tell(&host, 7, None, &[], Some("going-on")).expect("written");
        let file = folder.path().join("told/7");
        assert_eq!(std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o644);
        let text = std::fs::read_to_string(&file).expect("a text");
        assert_eq!(text.lines().last(), Some("export FSXLUSTRE_STAGE_IN=going-on"));
        forget_told(&host, 7).expect("removed");
        forget_told(&host, 7).expect("again");
        assert!(!file.exists());
    }

    #[test]
    fn what_is_not_known_to_be_missing_is_not_named() {
        let unknown = Missing { directory: None, ..missing(Verdict::Admit, "no settings") };
        let text = told(&[unknown]);
        assert!(text.starts_with("export FSXLUSTRE_STATUS=missing\n"), "{text}");
        assert!(!text.contains("FSXLUSTRE_MISSING") && text.contains("no settings"), "{text}");
    }

    #[test]
    fn the_leader_of_components_is_told_the_worst_of_those_that_are_here() {
        let folder = tempfile::tempdir().expect("folder");
        let mut host = Host::default();
        host.paths.state = folder.path().to_owned();
        let told = || std::fs::read_to_string(folder.path().join("told/10")).unwrap_or_default();
        let tell = |job: u32, missing: &[Missing]| {
            tell(&host, job, Some(10), missing, None).expect("written");
        };
        tell(11, &[]);
        assert_eq!(told(), "export FSXLUSTRE_STATUS=ready\n", "the leader itself is not here");
        tell(12, &[missing(Verdict::Refuse, "x")]);
        tell(10, &[missing(Verdict::Admit, "y")]);
        assert!(told().contains("\nrefuse\n"), "{}", told());
        forget_told(&host, 12).expect("forgotten");
        assert!(told().starts_with("export FSXLUSTRE_STATUS=missing\n"), "{}", told());
        forget_told(&host, 10).expect("forgotten");
        assert_eq!(told(), "export FSXLUSTRE_STATUS=ready\n");
        forget_told(&host, 11).expect("forgotten");
        assert_eq!(told(), "");
        assert!(!parts(&host, 10).exists());
    }

    #[test]
    fn of_components_that_are_ready_the_one_that_waits_longest_for_its_files_is_told() {
        let folder = tempfile::tempdir().expect("folder");
        let mut host = Host::default();
        host.paths.state = folder.path().to_owned();
        for (job, word) in
            [(10, Some("done")), (11, Some("going-on")), (12, None), (13, Some("done"))]
        {
            tell(&host, job, Some(10), &[], word).expect("written");
        }
        let told = std::fs::read_to_string(folder.path().join("told/10")).expect("a text");
        assert!(told.contains("FSXLUSTRE_STAGE_IN=going-on"), "{told}");
    }
}
