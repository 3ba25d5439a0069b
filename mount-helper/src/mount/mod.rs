//! A mount from beginning to end: is it there already, may it be made, make it, prove it.
//!
//! The order matters. mountinfo is read before anything touches the directory, so that nothing
//! hangs on a dead mount; the lock of the file system is taken before the attempt, so that two
//! calls never mount the same twice; a record is written before and after, so that whoever comes
//! next knows whose the mount is.

mod attempt;
mod directory;
mod occupied;
mod proof;

pub use directory::{DirectoryReport, inspect_directory};

use crate::config::MountDefaults;
use crate::failure::{Code, Explain as _, Failure};
use crate::host::{Deadline, Host, Lock, Mount};
use crate::options::{MountOptions, Verify};
use crate::record::{Maker, MountRecord};
use crate::resolve::{Resolve, Resolved, resolve_device};
use crate::source::{Device, Source};
use nix::sys::signalfd::SignalFd;
use occupied::Occupied;
use std::path::PathBuf;
use std::time::Duration;

/// Time for a whole mount: below the 90 s that systemd gives a mount unit.
const DEFAULT_TIMEOUT_SECONDS: u64 = 80;
/// Attempts after the first.
const DEFAULT_RETRY: u32 = 2;

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
}

/// A mount that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountReport {
    /// What became of it.
    pub done: Done,
    /// The device that mount.lustre got, or would get.
    pub device: Device,
    /// The id of the file system, where a source was resolved.
    pub file_system_id: Option<String>,
    /// The options that mount.lustre got, or would get.
    pub options: String,
    /// The mount, unless it is only planned.
    pub mount: Option<Mount>,
    /// What an administrator should know all the same.
    pub warnings: Vec<String>,
}

/// Everything that a mount needs of its surroundings.
#[derive(Clone, Copy)]
pub struct Mounter<'a> {
    /// This machine.
    pub host: &'a Host,
    /// What holds where the options say nothing.
    pub defaults: &'a MountDefaults,
    /// Who is asked for ids and tags.
    pub resolver: &'a dyn Resolve,
    /// Signals that end it early.
    pub interrupt: Option<&'a SignalFd>,
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
        if !request.is_dry_run {
            check_root("mount")?;
        }
        let deadline = self.deadline(&request.options);
        let source = Source::parse(&request.source).map_err(|error| error.failure())?;
        let resolved = resolve_device(
            &source,
            request.options.subdir.as_deref(),
            request.options.region.as_deref(),
            self.resolver,
            deadline,
        )?;
        let mut report = MountReport {
            done: Done::Planned,
            device: resolved.device.clone(),
            file_system_id: resolved.file_system.as_ref().map(|fs| fs.id.clone()),
            options: request.options.for_mount_lustre(),
            mount: None,
            warnings: warnings(&resolved),
        };
        if let Some(mount) = self.look(request, &resolved.device)? {
            return Ok(MountReport { done: Done::Already, mount: Some(mount), ..report });
        }
        report.warnings.extend(self.check_directory(request, deadline)?);
        if request.is_dry_run {
            return Ok(report);
        }
        let lock = format!("mount.{}", resolved.device.fsname);
        let _lock =
            Lock::take(&self.host.paths.state, &lock, deadline).map_err(|error| error.failure())?;
        if let Some(mount) = self.look(request, &resolved.device)? {
            return Ok(MountReport { done: Done::Already, mount: Some(mount), ..report });
        }
        let (mount, more) = self.make(request, &resolved, deadline)?;
        report.warnings.extend(more);
        Ok(MountReport { done: Done::Made, mount: Some(mount), ..report })
    }

    fn deadline(&self, options: &MountOptions) -> Deadline {
        let seconds = options.timeout_seconds.or(self.defaults.timeout);
        Deadline::after(Duration::from_secs(seconds.unwrap_or(DEFAULT_TIMEOUT_SECONDS)))
    }

    /// The mount that is asked for, if it is there already.
    fn look(&self, request: &MountRequest, device: &Device) -> Result<Option<Mount>, Failure> {
        let table = self.host.mounts().map_err(|error| error.failure())?;
        match occupied::occupied(self.host, &table, &request.directory, device) {
            Occupied::BySame(mount) => Ok(Some(mount)),
            Occupied::ByOther(failure) => Err(failure),
            Occupied::No if request.options.allow_same_fsname => Ok(None),
            Occupied::No => {
                occupied::check_same_fsname(self.host, &table, device)?;
                Ok(None)
            }
        }
    }

    fn check_directory(
        &self,
        request: &MountRequest,
        deadline: Deadline,
    ) -> Result<Vec<String>, Failure> {
        let is_empty = directory::check(&request.directory, deadline)?;
        let must_be_empty =
            request.options.require_empty || self.defaults.require_empty.unwrap_or_default();
        match (is_empty, must_be_empty) {
            (true, _) => Ok(Vec::new()),
            (false, true) => Err(directory::not_empty(&request.directory)),
            (false, false) => Ok(vec![directory::not_empty_warning(&request.directory)]),
        }
    }

    /// The attempts, the proof and the record.
    fn make(
        &self,
        request: &MountRequest,
        resolved: &Resolved,
        deadline: Deadline,
    ) -> Result<(Mount, Vec<String>), Failure> {
        let mut record = MountRecord::intent(
            self.host,
            request.source.clone(),
            &resolved.device,
            &request.directory,
            request.made_by.clone(),
        );
        record.file_system_id = resolved.file_system.as_ref().map(|fs| fs.id.clone());
        record.options.clone_from(&request.options.passed);
        record.write(self.host).map_err(|error| error.failure())?;
        let made = self
            .attempts(request, &resolved.device, deadline)
            .and_then(|()| self.prove(request, &resolved.device, deadline));
        match made {
            Ok((mount, warnings)) => {
                record.mount_id = Some(mount.id);
                record.write(self.host).map_err(|error| error.failure())?;
                Ok((mount, warnings))
            }
            Err(failure) => {
                // The failure of the mount is the one to tell; a record without a mount of its
                // own means nothing to anybody.
                let _ = MountRecord::remove(self.host, &request.directory);
                Err(failure)
            }
        }
    }

    fn attempts(
        &self,
        request: &MountRequest,
        device: &Device,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let retry = request.options.retry.or(self.defaults.retry).unwrap_or(DEFAULT_RETRY);
        let mut attempt = 0;
        loop {
            let made = attempt::attempt(
                self.host,
                device,
                &request.directory,
                &request.options.for_mount_lustre(),
                deadline,
                self.interrupt,
            );
            let Err(failure) = made else { return Ok(()) };
            let pause = attempt::pause_before(attempt);
            let may_help = failure.may_pass() && attempt < retry && deadline.left() > pause;
            if !may_help || attempt::sleep_unless_interrupted(pause, self.interrupt) {
                return Err(failure);
            }
            attempt += 1;
        }
    }

    /// Proves the mount; one that is not as it was asked for is taken away again.
    fn prove(
        &self,
        request: &MountRequest,
        device: &Device,
        deadline: Deadline,
    ) -> Result<(Mount, Vec<String>), Failure> {
        let verify = request.options.verify.or(self.defaults.verify).unwrap_or(Verify::Stat);
        let proved = proof::prove(self.host, request, device, verify, deadline);
        proved.map_err(|mut failure| {
            let undone = crate::unmount::unmount(
                self.host,
                &request.directory,
                Deadline::after(Duration::from_secs(10)),
                None,
            );
            failure.because = match undone {
                Ok(()) => format!("{}; it was unmounted again", failure.because),
                Err(error) if error.code == Code::NotMounted => failure.because,
                Err(error) => {
                    format!("{}; it is still mounted: {}", failure.because, error.because)
                }
            };
            failure
        })
    }
}

fn warnings(resolved: &Resolved) -> Vec<String> {
    resolved
        .file_system
        .iter()
        .filter(|file_system| file_system.lifecycle == "MISCONFIGURED")
        .map(|file_system| {
            let why = file_system.failure.as_deref().unwrap_or("no reason given");
            format!("{} is MISCONFIGURED: {why}", file_system.id)
        })
        .collect()
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
