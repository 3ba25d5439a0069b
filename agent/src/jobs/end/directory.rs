//! One directory that a job does not use any more: whose is its mount, who else uses it, what is to
//! be done.

use super::course::{Course, Ended, Fate};
use super::ladder::{Ladder, Top, earlier_target, target_on};
use crate::config::UnmountWhen;
use crate::jobs::report::note_settled;
use crate::jobs::{Leaked, Lease, Node, Phase, idle, lock_directory, members::Members};
use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::host::{Bounds, Deadline, Mount, Program};
use fsxlustre_mount::mount::wait_for_attempt;
use fsxlustre_mount::record::{Maker, MountRecord};
use fsxlustre_mount::unmount::Target;
use fsxlustre_mount::worker::Work;
use nix::sys::signalfd::SignalFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The end of one use.
pub(in crate::jobs) struct Ending<'a> {
    pub(in crate::jobs) node: &'a Node<'a>,
    /// The key of the job that does not use it any more, for what is written down.
    pub(in crate::jobs) key: &'a str,
    /// The key of the job that asks, whose own lease keeps nothing here. `None` in housekeeping: the
    /// job that gave a mount up may have begun again under the same key.
    pub(in crate::jobs) asks: Option<&'a str>,
    /// Its processes, where they may be ended.
    pub(in crate::jobs) job: Option<&'a Members<'a>>,
    /// How long ago it began.
    pub(in crate::jobs) since: Duration,
    /// Whether it is unmounted now, whatever the configuration says of waiting.
    pub(in crate::jobs) is_now: bool,
    /// The directories that go at the same time: none of them keeps another's client.
    pub(in crate::jobs) together: &'a [PathBuf],
    pub(in crate::jobs) interrupt: Option<&'a SignalFd>,
    /// When all of it must have ended, whatever each phase may take.
    pub(in crate::jobs) whole: Deadline,
}

/// Whose a directory's mount is.
enum Whose {
    Nobodys,
    Another,
    OfAJob(Target, Box<Mount>),
}

impl Ending<'_> {
    fn deadline(&self, phase: Phase) -> Deadline {
        Deadline::after(self.node.jobs.deadlines.of(phase)).at_most(self.whole.left())
    }

    /// Does what is to be done, and writes down what is left to do.
    pub(in crate::jobs) fn settle(&self, directory: &Path) -> Ended {
        let mut course = Course::default();
        let fate = self.fate(directory, &mut course).unwrap_or_else(Fate::Failed);
        Ended { directory: directory.to_owned(), fate, course }
    }

    /// Whether this end takes its mount away, as far as can be told before.
    pub(super) fn takes_away(&self, directory: &Path) -> bool {
        let is_due = self.is_now
            || self.node.jobs.unmount() == UnmountWhen::LastJob
            || Leaked::of(self.node.host, directory).is_some();
        is_due
            && mount_of_a_job(self.node, directory).is_some()
            && self.others(directory).is_ok_and(|jobs| jobs.is_empty())
    }

    fn fate(&self, directory: &Path, course: &mut Course) -> Result<Fate, Failure> {
        let host = self.node.host;
        let others = || self.others(directory);
        let used_by = others()?;
        if !used_by.is_empty() {
            return self.leave_to(directory, used_by);
        }
        // Half of it for whoever is before us, the rest for the look at the client.
        let preflight = self.deadline(Phase::Preflight);
        let deadline = preflight.at_most(preflight.budget() / 2);
        let bounds = Bounds { deadline, interrupt: self.interrupt };
        let _lock = match lock_directory(host, directory, &bounds) {
            // Whoever holds it that long is a start, which the mount then belongs to, or an end,
            // which sees that nobody uses it.
            Err(held) if held.code == Code::LockTimeout => {
                return Ok(Fate::InUse(vec!["a job that is starting or ending".into()]));
            }
            lock => lock?,
        };
        let used_by = others()?;
        if !used_by.is_empty() {
            return self.leave_to(directory, used_by);
        }
        if let Err(stuck) = wait_for_attempt(host, directory, &bounds) {
            // Of a start that was killed or gave up: whoever is left behind takes it away when it
            // comes up. If nobody can be, the next job's end does.
            let _ = Program::leave_behind(&Work::FinishLateMount(directory.to_owned()));
            return Ok(Fate::Coming(stuck));
        }
        let earlier = earlier_target(self.node, directory);
        match (whose(self.node, directory)?, earlier) {
            (Whose::Another, _) => self.forget(directory, Fate::Adopted),
            (Whose::OfAJob(target, mount), _) => {
                self.unmount_when_due(&target, &mount, preflight, course)
            }
            (Whose::Nobodys, Some(target)) => self.unmount(&target, preflight, course),
            (Whose::Nobodys, None) => {
                forget_record(self.node, directory)?;
                self.forget(directory, Fate::Gone)
            }
        }
    }

    /// The keys of those who use it, and are not who asks.
    fn others(&self, directory: &Path) -> Result<Vec<String>, Failure> {
        Lease::others(self.node.host, self.asks.unwrap_or_default(), directory)
    }

    /// Another job has it: what was left to do is that job's. That the mount is unwell stays known.
    fn leave_to(&self, directory: &Path, others: Vec<String>) -> Result<Fate, Failure> {
        let leaked = Leaked::of(self.node.host, directory);
        if leaked.is_some_and(|leaked| leaked.cause.spoils_the_mount()) {
            return Ok(Fate::InUse(others));
        }
        self.forget(directory, Fate::InUse(others))
    }

    /// Nothing is left to do with it.
    fn forget(&self, directory: &Path, fate: Fate) -> Result<Fate, Failure> {
        if let Some(leaked) = Leaked::of(self.node.host, directory) {
            // The report of the job that left it there; that it cannot be written changes nothing here.
            let fate = format!("{} {}", directory.display(), fate.words());
            let _ = note_settled(self.node.host, &leaked.job, directory, &fate);
        }
        Leaked::forget(self.node.host, directory)?;
        idle::cancel(self.node.host, directory, self.deadline(Phase::Lease));
        Ok(fate)
    }

    fn unmount_when_due(
        &self,
        target: &Target,
        mount: &Mount,
        preflight: Deadline,
        course: &mut Course,
    ) -> Result<Fate, Failure> {
        let is_leaked = Leaked::of(self.node.host, &target.directory).is_some();
        match self.node.jobs.unmount() {
            UnmountWhen::Never if !is_leaked => Ok(Fate::Kept),
            UnmountWhen::IdleAfter(time) if !self.is_now && !is_leaked => {
                let until = self.deadline(Phase::Lease);
                let planned = idle::plan(self.node.host, mount, self.key, time, until)?;
                course.warnings.extend(planned);
                Ok(Fate::Idle(time))
            }
            UnmountWhen::Never | UnmountWhen::IdleAfter(_) | UnmountWhen::LastJob => {
                self.unmount(target, preflight, course)
            }
        }
    }

    fn unmount(
        &self,
        target: &Target,
        preflight: Deadline,
        course: &mut Course,
    ) -> Result<Fate, Failure> {
        let Self { node, job, since, interrupt, whole, together, .. } = *self;
        // Unknown is never nobody.
        let unknown = |_| vec!["a job whose lease cannot be read".to_owned()];
        // mount(8) takes over what a start has mounted by changing its record, and that between two tries, too.
        let is_taken_over = || matches!(whose(node, &target.directory), Ok(Whose::Another));
        let wanted_by = || match self.others(&target.directory).unwrap_or_else(unknown) {
            nobody if nobody.is_empty() && is_taken_over() => vec!["whoever mounted it".to_owned()],
            jobs => jobs,
        };
        let wanted_by: &dyn Fn() -> Vec<String> = &wanted_by;
        let ladder =
            Ladder { node, target, job, since, wanted_by, together, interrupt, preflight, whole };
        match ladder.climb(course) {
            Top::Gone => self.forget(&target.directory, Fate::Unmounted),
            Top::Wanted(_) if is_taken_over() => self.forget(&target.directory, Fate::Adopted),
            Top::Wanted(jobs) => self.leave_to(&target.directory, jobs),
            Top::Stays(failure) => {
                Leaked::new(node.host, target, self.key, &failure).write(node.host)?;
                Ok(Fate::Leaked(failure))
            }
        }
    }
}

/// What would be done with a directory; nothing is touched.
pub(super) fn foresee(node: &Node<'_>, key: &str, directory: &Path) -> Result<Fate, Failure> {
    let others = Lease::others(node.host, key, directory)?;
    if !others.is_empty() {
        return Ok(Fate::InUse(others));
    }
    Ok(match (whose(node, directory)?, node.jobs.unmount()) {
        (Whose::Nobodys, _) => Fate::Gone,
        (Whose::Another, _) => Fate::Adopted,
        (Whose::OfAJob(..), UnmountWhen::LastJob) => Fate::Foreseen,
        (Whose::OfAJob(..), UnmountWhen::IdleAfter(time)) => Fate::Idle(time),
        (Whose::OfAJob(..), UnmountWhen::Never) => Fate::Kept,
    })
}

/// Whose the mount on a directory is, by its record: a job's when a start made this very mount.
fn whose(node: &Node<'_>, directory: &Path) -> Result<Whose, Failure> {
    let Some((target, mount)) = target_on(node, directory)? else { return Ok(Whose::Nobodys) };
    // One that cannot be trusted or understood is not ours to act upon.
    let record = MountRecord::read(node.host, directory).ok().flatten();
    let is_a_jobs = record.is_some_and(|record| {
        matches!(record.made_by, Maker::Job(_)) && record.is_of(node.host, &mount)
    });
    Ok(if is_a_jobs { Whose::OfAJob(target, Box::new(mount)) } else { Whose::Another })
}

/// Whether a start made what is mounted there now; with its mount.
pub(in crate::jobs) fn mount_of_a_job(node: &Node<'_>, directory: &Path) -> Option<Target> {
    match whose(node, directory) {
        Ok(Whose::OfAJob(target, _)) => Some(target),
        _ => None,
    }
}

/// Removes what is written down of a job's mount that is gone.
fn forget_record(node: &Node<'_>, directory: &Path) -> Result<(), Failure> {
    let record = MountRecord::read(node.host, directory).ok().flatten();
    if record.is_some_and(|record| matches!(record.made_by, Maker::Job(_))) {
        MountRecord::remove(node.host, directory).map_err(|error| error.failure())?;
    }
    Ok(())
}
