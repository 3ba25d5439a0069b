//! The ladder of one unmount: look, flush, unmount plainly and again, end the job's own processes
//! where that is allowed; then stop. Never by force, never lazily.

use super::course::Course;
use crate::jobs::{Node, Phase, members::Members};
use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::host::{Bounds, Deadline, sleep_unless_interrupted};
use fsxlustre_mount::record::MountRecord;
use fsxlustre_mount::unmount::{
    ClientFiles, Target, UnmountError, UnmountRequest, unmount_as, write_errors,
};
use nix::sys::signalfd::SignalFd;
use rustix::process::Signal;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// The pause before a busy mount is tried again, at first and at most: each try looks through all
/// processes.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];

/// One unmount.
pub(super) struct Ladder<'a> {
    pub(super) node: &'a Node<'a>,
    /// The mount; one that is gone already where only its end is to be seen.
    pub(super) target: &'a Target,
    /// Its job, whose processes may be ended where that is allowed.
    pub(super) job: Option<&'a Members<'a>>,
    /// How long ago the job began, for what the kernel logged meanwhile.
    pub(super) since: Duration,
    /// The jobs that want it by now: one that starts writes its lease before it waits for us.
    pub(super) wanted_by: &'a dyn Fn() -> Vec<String>,
    /// The directories that go at the same time.
    pub(super) together: &'a [PathBuf],
    pub(super) interrupt: Option<&'a SignalFd>,
    /// When the look at the client must have ended.
    pub(super) preflight: Deadline,
    /// When all of it must have ended.
    pub(super) whole: Deadline,
}

/// Where the climb ended.
pub(super) enum Top {
    /// The mount is gone.
    Gone,
    /// These jobs want it, so it stays.
    Wanted(Vec<String>),
    /// It is still there, for this reason.
    Stays(Failure),
}

/// What one more try must have.
const LEAST_FOR_A_TRY: Duration = Duration::from_millis(200);

/// The part of the time that is kept for the search for who uses the mount, after the last try.
const SEARCH: u32 = 4;

type Step = Result<Option<Vec<String>>, Box<UnmountError>>;

impl Ladder<'_> {
    /// Climbs it.
    pub(super) fn climb(&self, course: &mut Course) -> Top {
        course.file_system = self.target.fsname();
        if self.is_last_mount() {
            self.flush(course);
        }
        let deadline = self.deadline(Phase::Unmount);
        let mut last = course.timed(Phase::Unmount, |course| self.unmount_until(deadline, course));
        if let (Err(error), Some(job), true) = (&last, self.job, self.node.jobs.may_kill())
            && error.failure.code == Code::Busy
        {
            last = course.timed(Phase::Kill, |course| self.end_holders(job, error, course));
        }
        if let Some(fsname) = &course.file_system {
            course.write_errors = write_errors(self.node.host, fsname, self.since);
        }
        match last {
            Ok(None) => Top::Gone,
            Ok(Some(jobs)) => Top::Wanted(jobs),
            Err(error) => Top::Stays(error.failure),
        }
    }

    fn deadline(&self, phase: Phase) -> Deadline {
        Deadline::after(self.node.jobs.deadlines.of(phase)).at_most(self.whole.left())
    }

    fn bounds(&self, phase: Phase) -> Bounds<'_> {
        Bounds { deadline: self.deadline(phase), interrupt: self.interrupt }
    }

    /// Whether the client goes with this mount and those that go at the same time: each of them sends
    /// what is not written, since any may be the last. One that stays for others keeps what it has not
    /// written, and their locks are not ours to drop.
    fn is_last_mount(&self) -> bool {
        let table = self.node.host.mounts();
        table.is_ok_and(|table| {
            let others = self.target.other_mounts(&table);
            self.target.is_in(&table) && others.iter().all(|other| self.together.contains(other))
        })
    }

    /// Looks what is not written yet, and sends it.
    fn flush(&self, course: &mut Course) {
        let host = self.node.host;
        let Some(fsname) = self.target.fsname() else { return };
        let record = MountRecord::read(host, &self.target.directory).ok().flatten();
        let client = record.and_then(|record| record.client);
        let files = ClientFiles::new(host, &fsname).of_instance(client.as_deref());
        let before = course.timed(Phase::Preflight, |_| files.state(self.preflight));
        let is_lost = match &before {
            Ok(state) => {
                course.troubles.extend(state.troubles());
                course.troubles.extend(state.was_evicted_by());
                // Nobody takes these bytes any more.
                !state.evicted_and_dirty().is_empty()
            }
            Err(because) => {
                course.troubles.push(because.clone());
                false
            }
        };
        if !is_lost {
            let bounds = self.bounds(Phase::Flush);
            course.flushed = Some(course.timed(Phase::Flush, |_| files.flush(&bounds)));
        }
    }

    /// Unmounts plainly, and again while it is only in use.
    fn unmount_until(&self, whole: Deadline, course: &mut Course) -> Step {
        let deadline = whole.at_most(whole.left() / SEARCH * (SEARCH - 1));
        let [mut pause, longest] = PAUSES;
        let mut busy: Option<Box<UnmountError>> = None;
        loop {
            let jobs = (self.wanted_by)();
            if !jobs.is_empty() {
                return Ok(Some(jobs));
            }
            let error = match (self.unmount(deadline, whole, course), busy.take()) {
                // No time was left for another try: who uses it says more.
                (Err(late), Some(busy))
                    if late.was_called_off(self.node.host, &self.target.directory) =>
                {
                    return Err(busy);
                }
                (Err(error), _) if error.failure.code == Code::Busy => error,
                (done, _) => return done,
            };
            if deadline.left() < pause + LEAST_FOR_A_TRY {
                return Err(error);
            }
            if sleep_unless_interrupted(pause, self.interrupt) {
                return Err(error);
            }
            busy = Some(error);
            pause = (pause * 2).min(longest);
        }
    }

    fn unmount(&self, deadline: Deadline, whole: Deadline, course: &mut Course) -> Step {
        course.tries = course.tries.saturating_add(1);
        let request = UnmountRequest {
            interrupt: self.interrupt,
            search_until: Some(whole),
            ..UnmountRequest::plain(&self.target.directory, deadline)
        };
        match unmount_as(self.node.host, &request, &mut |_| ()) {
            Ok(report) => {
                course.warnings.extend(report.warnings);
                Ok(None)
            }
            // Somebody else was first.
            Err(error) if error.failure.code == Code::NotMounted => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Ends those of the job's own processes that hold the mount: SIGTERM, and for the second half of
    /// the time SIGKILL.
    fn end_holders(
        &self,
        members: &Members<'_>,
        error: &UnmountError,
        course: &mut Course,
    ) -> Step {
        let whole = self.deadline(Phase::Kill);
        let mut last = Box::new(error.clone());
        for (signal, until) in
            [(Signal::TERM, whole.at_most(whole.budget() / 2)), (Signal::KILL, whole)]
        {
            let holders = last.holders.iter().flat_map(|holders| &holders.found);
            let busy: BTreeSet<u32> =
                holders.filter(|holder| holder.busy).filter_map(|holder| holder.pid).collect();
            let told = members.signal(&busy, signal);
            for pid in &told {
                course.note_ended(&last, *pid);
            }
            if told.is_empty() {
                continue;
            }
            match self.unmount_until(until, course) {
                Err(again) if again.failure.code == Code::Busy => last = again,
                done => return done,
            }
        }
        Err(last)
    }
}

impl Course {
    fn note_ended(&mut self, error: &UnmountError, pid: u32) {
        let mut holders = error.holders.iter().flat_map(|holders| &holders.found);
        let command = holders.find(|one| one.pid == Some(pid)).and_then(|one| one.command.clone());
        let name = format!("{} (pid {pid})", command.unwrap_or_else(|| "a process".into()));
        if !self.ended_processes.contains(&name) {
            self.ended_processes.push(name);
        }
    }
}

/// What is to be seen of an unmount that an earlier call began; `None` when there is none.
pub(super) fn earlier_target(node: &Node<'_>, directory: &std::path::Path) -> Option<Target> {
    let begun = fsxlustre_mount::unmount::Begun::read(node.host, directory).ok().flatten()?;
    Some(begun.target)
}

/// The mount on a directory.
pub(super) fn target_on(
    node: &Node<'_>,
    directory: &std::path::Path,
) -> Result<Option<(Target, fsxlustre_mount::host::Mount)>, Failure> {
    let table = node.host.mounts().map_err(|error| error.failure())?;
    let mount = table.on(directory).filter(|mount| node.host.is_lustre(mount));
    Ok(mount.map(|mount| (Target::new(mount, &table), mount.clone())))
}
