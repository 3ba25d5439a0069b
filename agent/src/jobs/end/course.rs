//! What an end did with one directory, and how that is told.

use crate::jobs::{JobVariables, Phase};
use fsxlustre_mount::failure::Failure;
use fsxlustre_mount::unmount::Flushed;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What became of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was unmounted.
    Unmounted,
    /// It was not mounted any more.
    Gone,
    /// Its mount is stuck in the kernel; it is taken away when it comes up.
    Coming(Failure),
    /// It was there before any job's start, so it stays.
    Adopted,
    /// Other jobs use it, so it stays.
    InUse(Vec<String>),
    /// It stays for so long, unless a job needs it again.
    Idle(Duration),
    /// It stays, since the configuration says that mounts of jobs do.
    Kept,
    /// It could not be unmounted, and housekeeping goes on with it.
    Leaked(Failure),
    /// It would be unmounted; but nothing is touched.
    Foreseen,
    /// It could not be looked at, or what became of it could not be written down.
    Failed(Failure),
}

/// What was done on the way, for logs and reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// Lustre's name of the file system.
    pub file_system: Option<String>,
    /// How long each phase took, in their order.
    pub phases: Vec<(Phase, Duration)>,
    /// What was sent to the servers before the unmount; `None` where the client stays for other
    /// mounts, so that nothing had to be sent.
    pub flushed: Option<Flushed>,
    /// Connections that were not up, evictions: what the client said of itself before.
    pub troubles: Vec<String>,
    /// Lines of the kernel's log about writes that failed after their programs had been told that
    /// all was well.
    pub write_errors: Vec<String>,
    /// The processes that were ended, with their commands.
    pub ended_processes: Vec<String>,
    /// How often the unmount was tried.
    pub tries: u32,
    /// What was done for the data repository.
    pub export: Option<String>,
    /// What went wrong beside it.
    pub warnings: Vec<String>,
}

/// One directory of a job that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The directory.
    pub directory: PathBuf,
    /// What became of it.
    pub fate: Fate,
    /// What was done on the way.
    pub course: Course,
}

impl Course {
    /// Does something and notes how long it took.
    pub(super) fn timed<T>(&mut self, phase: Phase, does: impl FnOnce(&mut Self) -> T) -> T {
        let begun = Instant::now();
        let answer = does(self);
        self.phases.push((phase, begun.elapsed()));
        answer
    }
}

impl Fate {
    /// In words, after the directory.
    pub fn words(&self) -> String {
        match self {
            Self::Unmounted => "unmounted".into(),
            Self::Gone => "is not mounted any more".into(),
            Self::Coming(stuck) => format!("is taken away when it comes up: {}", stuck.because),
            Self::Adopted => "stays: it was not mounted by a job's start".into(),
            Self::InUse(others) => format!("stays: in use by {}", others.join(", ")),
            Self::Idle(time) => {
                format!("stays for {} s, unless a job needs it again", time.as_secs())
            }
            Self::Kept => "stays: [jobs] unmount is never".into(),
            Self::Leaked(failure) => format!(
                "stays: {} ({}): {}; housekeeping tries again",
                failure.what,
                failure.code.row().id,
                failure.because
            ),
            Self::Foreseen => "would be unmounted; nothing is touched".into(),
            Self::Failed(failure) => format!("stays: {}", failure.what),
        }
    }

    /// What went wrong with it.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Leaked(failure) | Self::Failed(failure) => Some(failure),
            _ => None,
        }
    }
}

impl Ended {
    /// One line for the log, failures apart.
    pub fn line(&self, job: &JobVariables) -> String {
        format!("{}: {}", job.label(), self.text())
    }

    /// The same without the job.
    pub fn text(&self) -> String {
        let Course { flushed, ended_processes, export, .. } = &self.course;
        let mut text = format!("{} {}", self.directory.display(), self.fate.words());
        if let Some(flushed) = flushed {
            text = format!("{text}; {}", flushed.text());
        }
        if !ended_processes.is_empty() {
            text = format!("{text}; ended of the job: {}", ended_processes.join(", "));
        }
        if let Some(export) = export {
            text = format!("{text}; {export}");
        }
        text
    }

    /// What an administrator should know all the same, a line each.
    pub fn warnings(&self) -> Vec<String> {
        let directory = self.directory.display();
        let Course { troubles, write_errors, warnings, .. } = &self.course;
        let lost = write_errors
            .iter()
            .map(|line| format!("{directory}: a write failed after it was accepted: {line}"));
        let others = troubles.iter().chain(warnings).map(|text| format!("{directory}: {text}"));
        lost.chain(others).collect()
    }
}
