//! A job's `AdminComment` in Slurm's accounting: read by sacct, written by sacctmgr. scontrol refuses a
//! job that has ended.

use super::JobSummary;
use super::comment::BEGINS;
use fsxlustre_mount::failure::{Code, Explain, one_line};
use fsxlustre_mount::host::{Deadline, Host, Program, ProgramError, RunLimits};
use std::path::PathBuf;

/// Where Slurm's programs are beside the usual folders: ParallelCluster's, and sites' own builds.
const FOLDERS: &[&str] = &["/opt/slurm/bin", "/usr/local/slurm/bin", "/opt/slurm/current/bin"];

/// The comment was not written.
#[derive(Debug, thiserror::Error)]
pub enum AccountingError {
    /// A program could not be run.
    #[error("Slurm's accounting could not be asked")]
    Program(#[from] ProgramError),
    /// It ran, and failed.
    #[error("Slurm's accounting did not take the comment")]
    Refused {
        /// The program.
        program: &'static str,
        /// What it said last.
        said: String,
    },
    /// Somebody else's comment is there.
    #[error("the job has a comment of somebody else")]
    Occupied {
        /// How it begins.
        comment: String,
    },
}

impl Explain for AccountingError {
    fn code(&self) -> Code {
        match self {
            Self::Program(_) | Self::Refused { .. } => Code::AccountingFailed,
            Self::Occupied { .. } => Code::CommentStands,
        }
    }
    fn asked(&self) -> String {
        match self {
            Self::Program(error) => error.asked(),
            Self::Refused { program, .. } => format!("run {program}"),
            Self::Occupied { .. } => "write the job's AdminComment".into(),
        }
    }
    fn because(&self) -> String {
        match self {
            Self::Program(error) => error.because(),
            Self::Refused { said, .. } => one_line(said),
            Self::Occupied { comment } => format!("it begins with '{}'", one_line(comment)),
        }
    }
    fn remedy(&self) -> String {
        match self {
            Self::Program(_) => {
                "name the folder of sacctmgr in `[host] program_folders`, or use --print".into()
            }
            Self::Refused { .. } => {
                "run it as an operator of Slurm on a machine that reaches slurmdbd, or use --print"
                    .into()
            }
            Self::Occupied { .. } => "say --replace, or use --print".into(),
        }
    }
}

/// Slurm's programs.
struct Slurm<'h> {
    host: &'h Host,
    /// Its configuration, where it is not in the usual place.
    conf: Option<PathBuf>,
    deadline: Deadline,
}

impl Slurm<'_> {
    fn run(&self, program: &'static str, words: &[&str]) -> Result<String, AccountingError> {
        let mut folders = self.host.program_folders.clone();
        folders.extend(FOLDERS.iter().map(PathBuf::from));
        let found = Program::find(program, &folders)?;
        let mut limits = RunLimits::until(self.deadline);
        if let Some(conf) = &self.conf {
            limits.environment.push(("SLURM_CONF".into(), conf.into()));
        }
        let done = found.run(words, &limits)?;
        if !done.status.success() {
            return Err(AccountingError::Refused { program, said: done.last_words() });
        }
        Ok(done.stdout)
    }

    /// The job's comment; empty where there is none.
    fn comment_of(&self, summary: &JobSummary) -> Result<String, AccountingError> {
        let job = summary.job_id.to_string();
        let mut of_job = vec!["-X", "-n", "-P", "-o", "AdminComment", "-j", &job];
        if !summary.cluster.is_empty() {
            of_job.extend(["-M", &summary.cluster]);
        }
        Ok(self.run("sacct", &of_job)?.trim().to_owned())
    }
}

/// Whether the summary is the job's `AdminComment`. Slurm 22.05 writes it in small letters.
///
/// # Errors
/// [`AccountingError`].
pub fn comment_stands(
    host: &Host,
    summary: &JobSummary,
    conf: Option<PathBuf>,
    deadline: Deadline,
) -> Result<bool, AccountingError> {
    let stands = Slurm { host, conf, deadline }.comment_of(summary)?;
    Ok(stands.eq_ignore_ascii_case(&summary.comment()))
}

/// Writes the summary to the job's `AdminComment`. A comment of somebody else stays, unless it is to
/// be replaced.
///
/// `conf` is where Slurm's configuration is, when not in the usual place.
///
/// # Errors
/// [`AccountingError`].
pub fn write_comment(
    host: &Host,
    summary: &JobSummary,
    conf: Option<PathBuf>,
    replaces: bool,
    deadline: Deadline,
) -> Result<(), AccountingError> {
    let slurm = Slurm { host, conf, deadline };
    let job = summary.job_id.to_string();
    let stands = slurm.comment_of(summary)?;
    if !stands.is_empty() && !stands.starts_with(BEGINS.trim_end()) && !replaces {
        let comment = stands.chars().take(60).collect();
        return Err(AccountingError::Occupied { comment });
    }
    let (job, comment) = (format!("jobid={job}"), format!("AdminComment={}", summary.comment()));
    let cluster = format!("cluster={}", summary.cluster);
    let mut words = vec!["-i", "-Q", "modify", "job", "where", &job];
    if !summary.cluster.is_empty() {
        words.push(&cluster);
    }
    words.extend(["set", &comment]);
    slurm.run("sacctmgr", &words).map(drop)
}
