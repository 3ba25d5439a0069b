//! One file system of a job: which one it is, then the mount.

use crate::config::JobDeadlines;
use crate::jobs::report::note_settled;
use crate::jobs::{
    Cause, Fate, FrozenMount, FrozenRequest, JobVariables, Leaked, Phase, fill, lock_directory,
};
use fsxlustre_mount::answer::PinnedAs;
use fsxlustre_mount::failure::{Code, Explain as _, Failure, FailureRecord, one_line};
use fsxlustre_mount::host::{Bounds, Deadline, Host, unix_seconds};
use fsxlustre_mount::last_failure::LastFailure;
use fsxlustre_mount::mount::{Found, MountReport, MountRequest, Mounter};
use fsxlustre_mount::options::MountOptions;
use fsxlustre_mount::record::{Maker, MountRecord};
use fsxlustre_mount::source::Device;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// What the mounts of a start need.
pub(super) struct One<'a> {
    pub(super) mounter: Mounter<'a>,
    pub(super) job: &'a JobVariables,
    pub(super) deadlines: &'a JobDeadlines,
}

/// What became of one.
pub(super) struct OneResult {
    /// The profile that is to be applied to it.
    pub(super) layout: Option<String>,
    /// The profile of client settings that its client is to have.
    pub(super) tune: Option<String>,
    pub(super) result: Result<MountReport, Failure>,
    pub(super) resolve: Duration,
    pub(super) mount: Duration,
}

impl One<'_> {
    /// All of a request, side by side, in its order.
    pub(super) fn all(&self, request: &FrozenRequest) -> Vec<OneResult> {
        thread::scope(|scope| {
            let begun: Vec<_> = request
                .mounts
                .iter()
                .map(|mount| scope.spawn(|| self.one(request, mount)))
                .collect();
            begun.into_iter().map(|thread| thread.join().unwrap_or_else(|_| lost())).collect()
        })
    }

    fn one(&self, frozen: &FrozenRequest, mount: &FrozenMount) -> OneResult {
        let mut done = OneResult {
            layout: None,
            tune: None,
            result: Err(failure_of_a_thread()),
            resolve: Duration::ZERO,
            mount: Duration::ZERO,
        };
        let request = match self.request(frozen, mount) {
            Ok(request) => request,
            Err(failure) => return OneResult { result: Err(failure), ..done },
        };
        done.layout.clone_from(&request.options.layout);
        let tune = request.options.tune_profile(self.mounter.defaults.tune.as_deref());
        done.tune = tune.map(str::to_owned);
        let began = Instant::now();
        let found = self.find(&request);
        done.resolve = began.elapsed();
        let began = Instant::now();
        done.result = found.and_then(|(found, warning)| {
            let mut report = self.mount(&request, &found)?;
            report.warnings.extend(warning);
            Ok(report)
        });
        done.mount = began.elapsed();
        done
    }

    /// Which file system it is. Where AWS cannot be asked, one that an earlier start mounted there by
    /// the same source serves, with a warning.
    fn find(&self, request: &MountRequest) -> Result<(Found, Option<String>), Failure> {
        let failure = match self.mounter.find(request, self.deadlines.of(Phase::Resolve)) {
            Ok(found) => return Ok((found, None)),
            Err(failure) => failure,
        };
        let is_unasked = Cause::of(failure.code) == Cause::Api;
        let found = is_unasked.then(|| self.mounter.find_mounted(request)).flatten();
        let found = found.ok_or_else(|| failure.clone())?;
        let warning = format!(
            "{}: {}; what is mounted for the same source serves",
            failure.what, failure.because
        );
        Ok((found, Some(one_line(&warning))))
    }

    fn request(
        &self,
        frozen: &FrozenRequest,
        mount: &FrozenMount,
    ) -> Result<MountRequest, Failure> {
        let source = match &mount.source {
            Some(source) => source.clone(),
            None => fill(&mount.rule, self.job).map_err(|error| error.failure())?,
        };
        Ok(MountRequest {
            source,
            directory: mount.directory.clone(),
            options: MountOptions::parse(&mount.options).map_err(|error| error.failure())?,
            is_dry_run: false,
            made_by: Maker::Job(frozen.job.clone()),
            makes_directory: true,
            namespace: None,
            pinned_as: Some(PinnedAs {
                job: self.job.key_on_all_nodes(),
                node: self.job.node().to_owned(),
            }),
        })
    }

    /// Another job's start holds the directory for the time of its mount, an end for that of its
    /// unmount: what is left after the wait is the mount's.
    fn mount(&self, request: &MountRequest, found: &Found) -> Result<MountReport, Failure> {
        let deadline = Deadline::after(self.deadlines.of(Phase::Mount));
        let bounds = Bounds { deadline, interrupt: self.mounter.interrupt };
        let host = self.mounter.host;
        let _lock = lock_directory(host, &request.directory, &bounds)
            .map_err(|held| why_held(host, &request.directory, deadline, held))?;
        check_leaked(host, &request.directory, found.device())?;
        check_below(host, &request.directory)?;
        let report = self.mounter.mount_found(request, found, deadline.left())?;
        self.take_over(&request.directory)?;
        Ok(report)
    }

    /// A mount that was only left over is this job's now: nobody is to go on with its unmount, and the
    /// report of the job that left it there says so.
    fn take_over(&self, directory: &Path) -> Result<(), Failure> {
        let host = self.mounter.host;
        if let Some(leaked) = Leaked::of(host, directory) {
            let fate = Fate::InUse(vec![self.job.key()]).words();
            let fate = format!("{} {fate}", directory.display());
            // That it cannot be written changes nothing here.
            let _ = note_settled(host, &leaked.job, directory, &fate);
        }
        Leaked::forget(host, directory)
    }
}

/// What keeps another start on the same directory for that long: jobs that start together get the same
/// answer, whichever of them asked first.
fn why_held(host: &Host, directory: &Path, waited: Deadline, held: Failure) -> Failure {
    if held.code != Code::LockTimeout {
        return held;
    }
    let since = unix_seconds().saturating_sub(waited.budget().as_secs() + 1);
    let failed = LastFailure::read(host, directory).ok().flatten();
    let failed = failed.filter(|kept| kept.at_unix_seconds >= since).and_then(|kept| {
        let code = Code::from_id(&kept.failure.code)?;
        let FailureRecord { what, because, remedy, .. } = kept.failure;
        (Cause::of(code) != Cause::Late).then_some((code, what, because, remedy))
    });
    let record = || MountRecord::read(host, directory).ok().flatten();
    if let Some((code, what, because, remedy)) = failed {
        let because = format!("another job's start met it: {because}");
        Failure { code, what, because, remedy, ..held }
    } else if let Some(attempt) = record().and_then(|record| record.stuck_attempt(host)) {
        Failure {
            code: Code::MountTimeout,
            what: "the mount of another job's start did not end within the deadline".into(),
            because: format!("mount.lustre (pid {}) is still at work", attempt.pid),
            remedy: "see `fsxlustre status`, and check that the file system's servers answer"
                .into(),
            ..held
        }
    } else {
        held
    }
}

/// A mount hides those below it, and with them what other jobs use.
fn check_below(host: &Host, directory: &Path) -> Result<(), Failure> {
    let table = host.mounts().map_err(|error| error.failure())?;
    if table.on(directory).is_some() {
        // Nothing is mounted over it.
        return Ok(());
    }
    let is_below = |path: &Path| path != directory && path.starts_with(directory);
    let Some(below) = table.mounts.iter().find(|mount| is_below(&mount.directory)) else {
        return Ok(());
    };
    Err(Failure {
        code: Code::MountPointBusy,
        what: format!("something is mounted below {}", directory.display()),
        asked: format!("mount on {}", directory.display()),
        because: format!("{} would be hidden", below.directory.display()),
        remedy: "give file systems directories of which none is below another".into(),
    })
}

/// A file system of which a mount on this node is spoilt is not given to a job: neither that mount
/// nor another one of the same client would work.
fn check_leaked(host: &Host, directory: &Path, device: &Device) -> Result<(), Failure> {
    let is_there = |leaked: &Leaked| {
        let table = host.mounts();
        table.is_ok_and(|table| {
            table.on(&leaked.directory).is_some_and(|mount| Some(mount.id) == leaked.mount_id)
        })
    };
    let is_of_it = |leaked: &Leaked| {
        let same = Device::parse(&leaked.source).is_some_and(|of| of.key() == device.key());
        same || leaked.directory == directory
    };
    let all = Leaked::all(host)?;
    let mut spoilt = all.iter().filter(|leaked| leaked.cause.spoils_the_mount());
    let Some(leaked) = spoilt.find(|leaked| is_of_it(leaked) && is_there(leaked)) else {
        return Ok(());
    };
    Err(Failure {
        code: Code::from_id(&leaked.code).unwrap_or(Code::UnmountTimeout),
        what: format!("{} could not be unmounted after an earlier job", leaked.directory.display()),
        asked: format!("mount {device} on {}", directory.display()),
        because: leaked.because.clone(),
        remedy: leaked.remedy.clone(),
    })
}

/// A thread that ended without a result can only be a fault of ours.
fn failure_of_a_thread() -> Failure {
    Failure {
        code: Code::Internal,
        what: "a mount ended without a result".into(),
        asked: "mount for a job".into(),
        because: "its thread ended early".into(),
        remedy: "report this with the output of `fsxlustre job start`".into(),
    }
}

fn lost() -> OneResult {
    OneResult {
        layout: None,
        tune: None,
        result: Err(failure_of_a_thread()),
        resolve: Duration::ZERO,
        mount: Duration::ZERO,
    }
}
