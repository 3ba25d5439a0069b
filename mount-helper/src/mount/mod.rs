//! A mount from beginning to end: is it there already, may it be made, make it, prove it.
//!
//! The order matters. mountinfo is read before anything touches the directory, so that nothing
//! hangs on a dead mount; the lock of the file system is taken before the attempt, so that two
//! calls never mount the same twice; a record is written before and after, so that whoever comes
//! next knows whose the mount is.

mod afterwards;
mod already;
mod attempt;
mod directory;
mod errno;
mod fit;
mod given_up;
mod late;
mod make;
mod namespace;
mod node;
mod occupied;
mod once_asked;
mod phases;
mod proof;
mod remount;
mod tell_hook;
mod undo;
mod way;

pub use directory::{DirectoryReport, inspect_directory, make_mount_point};
pub use errno::{ERRNO_MEANINGS, ErrnoMeaning};
pub use late::{finish_late_mount, wait_for_attempt};
pub use make::DEFAULT_RETRY;
pub use namespace::MoveInto;
pub use phases::Found;
pub use proof::{missing_options, write_and_remove};
pub use way::{BindMount, Way};

use crate::answer::{AnswerSettings, Caller, PinnedAs, agree_with_pin};
use crate::config::MountDefaults;
use crate::failure::{Code, Explain as _, Failure};
use crate::host::{Bounds, Deadline, Host, Lock, LockError, Mount};
use crate::last_failure::LastFailure;
use crate::options::MountOptions;
use crate::reach;
use crate::record::{Maker, MountRecord, Origin};
use crate::resolve::{LookUp, Resolve, Resolved, Tell, interrupted};
use crate::source::{Device, Source};
use crate::unmount::wait_for_unmount;
use nix::sys::signalfd::SignalFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Time for a whole mount: below the 90 s that systemd gives a mount unit.
pub const DEFAULT_TIMEOUT_SECONDS: u64 = 80;
/// How long a file system that was just made is waited for until its server answers. The mount itself
/// is tried after that in any case, with half of the time at least: what keeps our connection away may
/// let Lustre's through.
const REACH_PATIENCE: Duration = Duration::from_secs(30);

/// What is wanted.
#[derive(Clone, Debug)]
pub struct MountRequest {
    /// The source as it was given.
    pub source: String,
    /// An absolute path.
    pub directory: PathBuf,
    /// The `-o` list, sorted.
    pub options: MountOptions,
    /// Whether to stop before the mount itself.
    pub is_dry_run: bool,
    /// On whose behalf.
    pub made_by: Maker,
    /// Whether a mount point that is missing is made.
    pub makes_directory: bool,
    /// The mount namespace to mount in (`-N`), when it is not this one.
    pub namespace: Option<PathBuf>,
    /// The job whose nodes must all use one file system.
    pub pinned_as: Option<PinnedAs>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// The same file system was there already.
    Already,
    /// It was mounted.
    Made,
    /// It would have been mounted (`-f`).
    Planned,
    /// Its options were changed.
    Remounted,
}

/// A mount that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountReport {
    /// What became of it.
    pub done: Done,
    /// The device that was asked for.
    pub device: Device,
    /// The id of the file system, where a source was resolved.
    pub file_system_id: Option<String>,
    /// Where the device came from.
    pub origin: Origin,
    /// How it comes to the directory.
    pub way: Way,
    /// The options that mount.lustre gets where it is called.
    pub options: String,
    /// Time that was spent while the file system was still CREATING.
    pub waited: Duration,
    /// The mount, unless it is only planned.
    pub mount: Option<Mount>,
    /// What an administrator should know all the same.
    pub warnings: Vec<String>,
}

impl MountReport {
    /// One line that says what was done.
    pub fn line(&self, directory: &Path) -> String {
        let (device, options) = (&self.device, &self.options);
        let directory = directory.display();
        let how = match &self.way {
            Way::Client => String::new(),
            Way::Bind { from, .. } => format!(", bound from {}", from.display()),
            Way::PrivateClient => ", bound from a client of its own".into(),
        };
        match self.done {
            Done::Already => format!("{device}: is mounted already on {directory}"),
            Done::Made => format!("{device}: mounted on {directory} with {options}{how}"),
            Done::Planned => {
                format!("{device}: would be mounted on {directory} with {options}{how}")
            }
            Done::Remounted => format!("{device}: {directory} now has {options}"),
        }
    }
}

/// Everything that a mount needs of its surroundings.
#[derive(Clone, Copy)]
pub struct Mounter<'a> {
    /// This machine.
    pub host: &'a Host,
    /// What holds where the options say nothing.
    pub defaults: &'a MountDefaults,
    /// The answers that need no call, and how old others may be.
    pub answers: &'a AnswerSettings,
    /// Who is asked for ids and tags.
    pub resolver: &'a (dyn Resolve + Sync),
    /// Signals that end it early.
    pub interrupt: Option<&'a SignalFd>,
    /// Who hears how it goes while a file system is waited for.
    pub tell: Tell<'a>,
}

impl std::fmt::Debug for Mounter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mounter").field("host", self.host).finish_non_exhaustive()
    }
}

impl Mounter<'_> {
    /// Mounts, unless the same is mounted already.
    ///
    /// # Errors
    /// A [`Failure`]; nothing is then mounted that was not before.
    pub fn mount(&self, request: &MountRequest) -> Result<MountReport, Failure> {
        let deadline = self.deadline(&request.options);
        let result = self.try_mount(request, deadline);
        let waited = result.as_ref().map_or(Duration::ZERO, |report| report.waited);
        self.noted(request, result, deadline.later_by(waited))
    }

    /// What became of a mount is kept for `fsxlustre status`, and told to the hook.
    fn noted(
        &self,
        request: &MountRequest,
        mut result: Result<MountReport, Failure>,
        deadline: Deadline,
    ) -> Result<MountReport, Failure> {
        match &mut result {
            Ok(report) => {
                if !request.is_dry_run && request.namespace.is_none() {
                    // The caller is told all the same.
                    let _ = LastFailure::clear(self.host, &request.directory);
                }
                self.tell_ready(request, report, deadline);
            }
            Err(failure) => self.note_failure(request, failure, deadline),
        }
        result
    }

    fn note_failure(&self, request: &MountRequest, failure: &Failure, deadline: Deadline) {
        if request.is_dry_run {
            return;
        }
        if request.namespace.is_none() {
            // The caller is told all the same.
            let _ = LastFailure::write(self.host, &request.directory, failure);
        }
        self.tell_failed(request, failure, deadline);
    }

    fn try_mount(
        &self,
        request: &MountRequest,
        deadline: Deadline,
    ) -> Result<MountReport, Failure> {
        if request.options.is_remount {
            let source = checked_source(request)?;
            return self.remount(request, &source, deadline);
        }
        let found = self.try_find(request, deadline)?;
        self.try_mount_found(request, &found, deadline.later_by(found.resolved.waited))
    }

    fn look_up<'a>(&'a self, request: &MountRequest) -> LookUp<'a> {
        LookUp {
            host: self.host,
            resolver: self.resolver,
            interrupt: self.interrupt,
            tell: self.tell,
            settings: self.answers,
            caller: Caller::of_this_process(self.host, &request.made_by),
        }
    }

    fn try_find(&self, request: &MountRequest, deadline: Deadline) -> Result<Found, Failure> {
        let source = checked_source(request)?;
        let mut resolved = self.look_up(request).device(&source, &request.options, deadline)?;
        self.agree_with_others(request, &mut resolved, deadline)?;
        Ok(Found { source, resolved })
    }

    fn try_mount_found(
        &self,
        request: &MountRequest,
        Found { source, resolved }: &Found,
        whole: Deadline,
    ) -> Result<MountReport, Failure> {
        let bounds = self.bounds(once_asked::deadline_before_asking(whole, resolved));
        self.wait_until_reachable(resolved, &bounds)?;
        let result = match &request.namespace {
            Some(namespace) => self.mount_elsewhere(request, resolved, namespace, &bounds),
            None => self.mount_resolved(request, resolved, &bounds),
        };
        let result = result.map(|report| self.afterwards(request, report, &bounds));
        result.map_err(|failure| {
            let asked = (source, &request.options);
            once_asked::explain(failure, resolved, &self.look_up(request), asked, whole)
                .unwrap_or_else(|failure| with_phase(failure, &resolved.device, &bounds))
        })
    }

    /// Refuses a file system that is not the one of the job's other nodes.
    fn agree_with_others(
        &self,
        request: &MountRequest,
        resolved: &mut Resolved,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let (Some(whose), Some(folder)) = (&request.pinned_as, &self.answers.pins) else {
            return Ok(());
        };
        let device = || resolved.device.to_string();
        let file_system = resolved.id.clone().unwrap_or_else(device);
        let bounds = self.bounds(deadline);
        let warning = agree_with_pin(folder, whose, &request.source, &file_system, &bounds)?;
        resolved.warnings.extend(warning);
        Ok(())
    }

    /// One that was just made is AVAILABLE before its name is known everywhere.
    fn wait_until_reachable(
        &self,
        resolved: &Resolved,
        bounds: &Bounds<'_>,
    ) -> Result<(), Failure> {
        if resolved.waited.is_zero() {
            return Ok(());
        }
        let patience = REACH_PATIENCE.min(bounds.deadline.left() / 2);
        let is_interrupted =
            reach::wait_for(&resolved.device, &bounds.at_most(patience), self.tell);
        if is_interrupted { Err(interrupted(&resolved.device.to_string())) } else { Ok(()) }
    }

    fn mount_resolved(
        &self,
        request: &MountRequest,
        resolved: &Resolved,
        bounds: &Bounds<'_>,
    ) -> Result<MountReport, Failure> {
        wait_for_unmount(self.host, &request.directory, bounds)?;
        let mut report = report(request, resolved);
        match self.look(request, &resolved.device)? {
            Some(mount) if request.is_dry_run || !self.is_being_made(request) => {
                return Ok(self.already(request, report, mount));
            }
            Some(_) => {}
            None => {
                self.check_client(request, resolved)?;
                let is_empty = self.check_directory(request, bounds)?;
                // A look at an automount's directory has it mounted.
                match self.look(request, &resolved.device)? {
                    Some(mount) if !self.is_being_made(request) => {
                        return Ok(self.already(request, report, mount));
                    }
                    _ => report.warnings.extend(self.judge_emptiness(request, is_empty)?),
                }
            }
        }
        report.way = self.way(request, &resolved.device, bounds)?;
        if request.is_dry_run {
            return Ok(report);
        }
        let key = &resolved.device.key();
        let explain = |error| late::explain_lock(self.host, request, key, &error);
        // Always in this order: the directory, then the file system.
        let _directory = lock_directory(self.host, &request.directory, bounds).map_err(explain)?;
        let _file_system = lock_file_system(self.host, key, bounds).map_err(explain)?;
        late::wait_for_earlier(self.host, &request.directory, key, bounds)?;
        if let Some(mount) = self.look(request, &resolved.device)? {
            return Ok(self.already(request, report, mount));
        }
        let (mount, more) = match self.make_somehow(request, resolved, &mut report.way, bounds) {
            // Somebody who takes no lock of ours was quicker; what is there is theirs.
            Err(exists) if exists.code == Code::MountExists => {
                let theirs = self.look(request, &resolved.device)?.ok_or(exists)?;
                return Ok(self.already(request, report, theirs));
            }
            made => made?,
        };
        report.warnings.extend(more);
        Ok(MountReport { done: Done::Made, mount: Some(mount), ..report })
    }

    /// Makes the mount, in the way that there is. A mount of another directory that is to be bound may
    /// go meanwhile, since whoever unmounts that has no lock of this one: then there is another way.
    fn make_somehow(
        &self,
        request: &MountRequest,
        resolved: &Resolved,
        way: &mut Way,
        bounds: &Bounds<'_>,
    ) -> Result<(Mount, Vec<String>), Failure> {
        loop {
            *way = self.way(request, &resolved.device, bounds)?;
            if bounds.deadline.has_passed() {
                return Err(late::no_time_left(request, bounds.deadline));
            }
            let made = self.make(request, resolved, way, bounds);
            let is_final =
                made.as_ref().map_or_else(|failed| failed.code == Code::Interrupted, |_| true);
            if is_final || bounds.deadline.has_passed() || !self.is_lost(way, &request.directory) {
                return made;
            }
        }
    }

    /// Whether what was to be bound is not mounted any more, and nothing came of it. What a killed call has
    /// left is taken away by whoever binds it.
    fn is_lost(&self, way: &Way, directory: &Path) -> bool {
        let Way::Bind { from, mount_id } = way else { return false };
        let Ok(table) = self.host.mounts() else { return false };
        let is_source = |mount: &Mount| {
            mount.id == *mount_id
                && self.host.is_lustre(mount)
                && from.starts_with(&mount.directory)
        };
        !from.starts_with(self.host.paths.state.join("roots"))
            && !table.mounts.iter().any(is_source)
            && table.on(directory).is_none_or(|mount| !self.host.is_lustre(mount))
    }

    /// The longest time that a mount with these options takes.
    pub fn longest(&self, options: &MountOptions) -> Duration {
        let seconds = options.timeout_seconds.or(self.defaults.timeout);
        let timeout = seconds.unwrap_or(DEFAULT_TIMEOUT_SECONDS);
        Duration::from_secs(timeout.saturating_add(options.wait_seconds))
    }

    fn bounds(&self, deadline: Deadline) -> Bounds<'_> {
        Bounds { deadline, interrupt: self.interrupt }
    }

    fn deadline(&self, options: &MountOptions) -> Deadline {
        let seconds = options.timeout_seconds.or(self.defaults.timeout);
        undo::deadline_before_undo(seconds.unwrap_or(DEFAULT_TIMEOUT_SECONDS))
    }

    /// Whether the mount point, which is one, is empty.
    fn check_directory(
        &self,
        request: &MountRequest,
        bounds: &Bounds<'_>,
    ) -> Result<bool, Failure> {
        let table = self.host.mounts().map_err(|error| error.failure())?;
        match directory::check(&table, &request.directory, bounds) {
            Err(missing) if missing.code == Code::MountPointMissing && request.makes_directory => {
                Ok(true)
            }
            checked => checked,
        }
    }

    fn judge_emptiness(
        &self,
        request: &MountRequest,
        is_empty: bool,
    ) -> Result<Vec<String>, Failure> {
        let must_be_empty =
            request.options.require_empty || self.defaults.require_empty.unwrap_or_default();
        match (is_empty, must_be_empty) {
            (true, _) => Ok(Vec::new()),
            (false, true) => Err(directory::not_empty(&request.directory)),
            (false, false) => Ok(vec![directory::not_empty_warning(&request.directory)]),
        }
    }

    fn way(
        &self,
        request: &MountRequest,
        device: &Device,
        bounds: &Bounds<'_>,
    ) -> Result<Way, Failure> {
        let table = self.host.mounts().map_err(|error| error.failure())?;
        let way = way::choose(self.host, &table, device, &request.options);
        // A bind mount of a client that is there needs nothing of LNet.
        if !matches!(way, Way::Bind { .. }) {
            self.host.lnet_namespace.check()?;
        }
        match way {
            // mount.lustre walks the path itself, and a user may put a link there meanwhile.
            Way::Client if !directory::is_roots(&table, &request.directory, bounds) => {
                Ok(Way::PrivateClient)
            }
            way => Ok(way),
        }
    }
}

fn checked_source(request: &MountRequest) -> Result<Source, Failure> {
    if !request.is_dry_run {
        check_root("mount")?;
    }
    Source::parse(&request.source).map_err(|error| error.failure())
}

fn report(request: &MountRequest, resolved: &Resolved) -> MountReport {
    let misconfigured = resolved
        .file_system
        .iter()
        .filter(|file_system| file_system.lifecycle == "MISCONFIGURED")
        .map(|file_system| {
            let why = file_system.failure.as_deref().unwrap_or("no reason given");
            format!("{} is MISCONFIGURED: {why}", file_system.id)
        });
    let told = resolved.file_system.iter().flat_map(|file_system| file_system.warnings.clone());
    let told = told.chain(resolved.warnings.clone());
    MountReport {
        done: Done::Planned,
        device: resolved.device.clone(),
        file_system_id: resolved.id.clone(),
        origin: resolved.origin,
        way: Way::Client,
        options: request.options.for_mount_lustre(),
        waited: resolved.waited,
        mount: None,
        warnings: misconfigured.chain(told).collect(),
    }
}

/// How far the way to the server goes, where mount.lustre only said that it does not answer.
fn with_phase(failure: Failure, device: &Device, bounds: &Bounds<'_>) -> Failure {
    if !matches!(failure.code, Code::ServerUnreachable | Code::MountTimeout) {
        return failure;
    }
    let bounds = Bounds { deadline: undo::undo_deadline(bounds.deadline), ..*bounds };
    let Some(reached) = reach::look(device, &bounds) else { return failure };
    Failure { because: format!("{}; {reached}", failure.because), ..failure }
}

/// Keeps attempts on one file system apart; another file system's never wait for it.
fn lock_file_system(host: &Host, key: &str, bounds: &Bounds<'_>) -> Result<Lock, LockError> {
    Lock::take(&host.paths.state, &format!("mount.{key}"), *bounds)
}

/// Keeps mounts on one directory apart, of whichever file system they are.
fn lock_directory(host: &Host, directory: &Path, bounds: &Bounds<'_>) -> Result<Lock, LockError> {
    Lock::take(&host.paths.state, &format!("directory.{}", MountRecord::name(directory)), *bounds)
}

/// Refuses to go on as an ordinary user.
///
/// # Errors
/// [`Code::NotRoot`].
pub fn check_root(verb: &str) -> Result<(), Failure> {
    let user = nix::unistd::geteuid();
    if user.is_root() {
        return Ok(());
    }
    Err(Failure {
        code: Code::NotRoot,
        what: format!("only root may {verb} a Lustre file system"),
        asked: format!("{verb} as uid {user}"),
        because: "the kernel permits it to root only".into(),
        remedy: format!("run it as root (`sudo {verb} …`)"),
    })
}
