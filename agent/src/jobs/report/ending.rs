//! The report of a job that ends: counted before the unmount, completed after it, kept, and never a
//! reason for an end to wait or to fail.

use super::begun;
use super::keep::handed_in;
use super::{
    DirectoryReport, FORMAT, JobReport, PhaseReport, Whose, count_at_end, hand_in, keep_all,
    kept_in,
};
use crate::config::JobsSection;
use crate::jobs::stuck::Stuck;
use crate::jobs::{Ended, FrozenRequest, JobVariables, Lease, Node, Phase, PhaseTime};
use fsxlustre_mount::failure::{Explain as _, Failure, one_line};
use fsxlustre_mount::host::{
    Deadline, Host, read_state, remove_state, state_names, unix_seconds, write_state,
};
use fsxlustre_mount::source::Device;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The report of a job whose end has begun.
#[derive(Clone, Debug)]
pub struct EndingReport {
    report: JobReport,
    warnings: Vec<String>,
    /// What Lustre calls the file systems on the job's directories.
    names: BTreeMap<PathBuf, String>,
}

/// A part of the phase's time: counting, keeping, and ending a child that does not answer.
fn part(jobs: &JobsSection) -> Duration {
    jobs.deadlines.of(Phase::Report) / 3
}

fn stuck_path(host: &Host, key: &str) -> PathBuf {
    host.paths.state.join("stuck").join(format!("{key}.json"))
}

/// Keeps what `fsxlustre job stuck` saw, for the report of the job's end, and hands it in by itself: a
/// node that Slurm drains may never see that end.
///
/// # Errors
/// The state folder cannot be written.
pub fn remember_stuck(host: &Host, key: &str, stuck: &Stuck) -> Result<(), Failure> {
    write_state(&stuck_path(host, key), stuck).map_err(|error| error.failure())?;
    hand_in(host, &format!("stuck-{key}"), stuck)
}

/// Forgets what was kept for the end of a job.
///
/// # Errors
/// State cannot be written.
pub fn forget_stuck(host: &Host, key: &str) -> Result<(), Failure> {
    remove_state(&stuck_path(host, key)).map_err(|error| error.failure())
}

impl EndingReport {
    /// Counts, before anything is unmounted. `None` for a job without a lease here, or that was given
    /// nothing: there is nothing to report.
    pub fn begin(host: &Host, jobs: &JobsSection, job: &JobVariables) -> Option<Self> {
        let lease = Lease::read(host, job).ok().flatten();
        let lease = lease.filter(|lease| !lease.directories.is_empty())?;
        let mut ending = match count_at_end(host, job, Deadline::after(part(jobs))) {
            Ok(report) => Self { report, warnings: Vec::new(), names: BTreeMap::new() },
            Err(failure) => {
                let report = JobReport::of(&Whose::from(job));
                let warnings = vec![not_told(&failure)];
                return Some(Self { report, warnings, names: BTreeMap::new() });
            }
        };
        ending.report.phases = FrozenRequest::read(host, &job.key())
            .and_then(|request| request.start)
            .map(|start| start.phases.iter().map(PhaseReport::of_start).collect())
            .unwrap_or_default();
        if let Ok(Some(stuck)) = read_state::<Stuck>(&stuck_path(host, &job.key())) {
            ending.report.add_stuck(&stuck);
        }
        if let Ok(table) = host.mounts() {
            for directory in &lease.directories {
                let mount = table.on(directory).filter(|mount| host.is_lustre(mount));
                let name = mount.and_then(|mount| Device::parse(&mount.source));
                ending.names.extend(name.map(|device| (directory.clone(), device.fsname)));
            }
        }
        // If this end is killed, the next start or end on this node keeps what was counted.
        ending.report.line = ending.report.to_line();
        if let Err(failure) = begun::note(host, &ending.report) {
            ending.warnings.push(not_told(&failure));
        }
        Some(ending)
    }

    /// Hands in the whole report, and only then forgets what was there before it.
    fn hand_in(&mut self, host: &Host) {
        self.report.line = self.report.to_line();
        let handed_in = hand_in(host, &self.report.key, &self.report)
            .and_then(|()| begun::forget(host, &self.report.key));
        if let Err(failure) = handed_in {
            self.warnings.push(not_told(&failure));
        }
    }

    /// Says what became of the directories.
    fn add(&mut self, ended: &[Ended]) {
        for one in ended {
            let Ended { directory, course, .. } = one;
            let file_system = self.names.get(directory).or(course.file_system.as_ref()).cloned();
            if let (Some(fs), Some(flushed)) = (&file_system, &course.flushed)
                && let Some(report) = self.report.file_systems.get_mut(fs)
            {
                report.dirty_bytes = flushed.before.or(report.dirty_bytes);
                report.flushed_bytes = flushed.sent();
            }
            let phases = course.phases.iter().map(|(phase, time)| PhaseReport {
                of: "end".into(),
                phase: phase.word().into(),
                milliseconds: u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
            });
            self.report.phases.extend(phases);
            let (directory, fate) = (directory.clone(), one_line(&one.text()));
            let settled_unix_seconds = None;
            self.report.directories.push(DirectoryReport {
                directory,
                file_system,
                fate,
                settled_unix_seconds,
            });
            let lost = course.write_errors.iter();
            self.report.write_errors.extend(lost.map(|line| one_line(line)));
        }
    }

    /// Keeps the report. Answers with its line, and with warnings.
    pub fn finish(
        mut self,
        host: &Host,
        jobs: &JobsSection,
        ended: &[Ended],
    ) -> (String, Vec<String>) {
        self.add(ended);
        self.hand_in(host);
        let deadline = Deadline::after(part(jobs));
        let shared = jobs.report_dir.as_deref();
        self.warnings.extend(keep_all(host, jobs.reports_bytes(), shared, deadline));
        (self.report.line, self.warnings)
    }
}

impl PhaseReport {
    fn of_start(time: &PhaseTime) -> Self {
        let (of, phase) = ("start".into(), time.phase.word().into());
        Self { of, phase, milliseconds: time.milliseconds }
    }
}

/// Writes into the report of a job what became of a mount that its end had left behind. Nothing where it
/// has no report any more, or the report does not name the directory.
///
/// # Errors
/// The report cannot be handed in.
pub(in crate::jobs) fn note_settled(
    host: &Host,
    key: &str,
    directory: &Path,
    fate: &str,
) -> Result<(), Failure> {
    let name = format!("{key}.json");
    // One that is not kept yet is newer than the one that is.
    let handed_in: Option<JobReport> = read_state(&handed_in(host).join(&name)).ok().flatten();
    let kept = || read_state(&kept_in(host).join(&name)).ok().flatten();
    let Some(mut report) = handed_in.or_else(kept) else { return Ok(()) };
    // One of a later version would lose what this one does not know.
    if report.format > FORMAT {
        return Ok(());
    }
    let mut all = report.directories.iter_mut();
    let Some(one) = all.find(|one| one.directory == directory) else { return Ok(()) };
    one.fate = one_line(fate);
    one.settled_unix_seconds = Some(unix_seconds());
    hand_in(host, key, &report)
}

/// Keeps what was handed in and could not be kept at once, or was settled since.
pub fn keep_reports(node: &Node<'_>) -> Vec<String> {
    let shared = node.jobs.report_dir.as_deref();
    keep_all(node.host, node.jobs.reports_bytes(), shared, Deadline::after(part(node.jobs)))
}

fn not_told(failure: &Failure) -> String {
    format!("the job's report is not whole: {}: {}", failure.asked, failure.because)
}

/// Whether a file tells of something else than what a job did: threads that were stuck, a drain, an
/// export.
pub(in crate::jobs) fn is_beside_a_report(name: &str) -> bool {
    ["stuck-", "drain-", crate::staging::export::TICKET_PREFIX]
        .iter()
        .any(|one| name.starts_with(one))
}

/// The reports that are kept on this node, those of one job or all, the oldest end first; and what
/// of them could not be read, and why.
///
/// # Errors
/// The folder cannot be listed.
pub fn all_kept(host: &Host, job: Option<u32>) -> Result<(Vec<JobReport>, Vec<String>), Failure> {
    let folder = kept_in(host);
    let part = job.map(|job| format!("_{job}_"));
    let (mut reports, mut unread) = (Vec::new(), Vec::new());
    for name in state_names(&folder).map_err(|error| error.failure())? {
        let is_of_job = part.as_ref().is_none_or(|part| name.contains(part));
        if !is_of_job || is_beside_a_report(&name) {
            continue;
        }
        match read_state::<JobReport>(&folder.join(&name)) {
            Ok(Some(report)) if job.is_none_or(|job| report.job_id == job) => reports.push(report),
            Ok(_) => {}
            Err(error) => unread.push(format!("{}: {}", error.asked(), error.because())),
        }
    }
    reports.sort_by_key(|report| (report.ended_unix_seconds, report.restart));
    Ok((reports, unread))
}
