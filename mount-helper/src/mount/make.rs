//! The mount itself: record, attempts, bind, proof, record.

use super::attempt::{Attempt, pause_before};
use super::undo::undo_deadline;
use super::way::{self, Way};
use super::{MountRequest, Mounter, directory, proof};
use crate::failure::{Code, Explain as _, Failure};
use crate::host::{Bounds, Deadline, Host, Mount, sleep_unless_interrupted};
use crate::options::Verify;
use crate::record::MountRecord;
use crate::resolve::Resolved;
use crate::source::Device;
use crate::unmount::unmount;
use crate::utab;
use std::path::{Path, PathBuf};

/// Attempts after the first.
pub const DEFAULT_RETRY: u32 = 2;

impl Mounter<'_> {
    /// Makes the mount and proves it. On a failure nothing is left but what could not be taken
    /// away, which the failure then says.
    pub(super) fn make(
        &self,
        request: &MountRequest,
        resolved: &Resolved,
        way: &Way,
        bounds: &Bounds<'_>,
    ) -> Result<(Mount, Vec<String>), Failure> {
        let table = self.host.mounts().map_err(|error| error.failure())?;
        let before = table.on(&request.directory).map(|mount| mount.id);
        let mut record = MountRecord::intent(
            self.host,
            request.source.clone(),
            &resolved.device,
            &request.directory,
            request.made_by.clone(),
        );
        record.file_system_id.clone_from(&resolved.id);
        record.is_bind = matches!(way, Way::Bind { .. });
        record.origin = resolved.origin;
        record.look_up.clone_from(&resolved.key);
        record.answer_age_seconds = resolved.age.as_secs();
        record.options.clone_from(&request.options.passed);
        record.made_directory = request.makes_directory && self.is_missing(request, bounds);
        record.write(self.host).map_err(|error| error.failure())?;
        let made = Self::make_directory(&record, bounds)
            .and_then(|()| self.bring(request, resolved, way, bounds, &mut record))
            .and_then(|()| self.prove(request, &resolved.device, before, bounds));
        match made {
            Ok((mount, mut warnings)) => {
                record.complete(self.host, &mount);
                record.write(self.host).map_err(|error| error.failure())?;
                if let Err(error) = utab::remember(&mount) {
                    warnings.push(format!("{error}: umount will not call umount.fsxlustre"));
                }
                Ok((mount, warnings))
            }
            Err(failure) => Err(self.given_up(record, bounds.deadline, failure)),
        }
    }

    fn make_directory(record: &MountRecord, bounds: &Bounds<'_>) -> Result<(), Failure> {
        if record.made_directory { directory::make(&record.directory, bounds) } else { Ok(()) }
    }

    fn is_missing(&self, request: &MountRequest, bounds: &Bounds<'_>) -> bool {
        let Ok(table) = self.host.mounts() else { return false };
        let checked = directory::check(&table, &request.directory, bounds);
        checked.is_err_and(|failure| failure.code == Code::MountPointMissing)
    }

    fn bring(
        &self,
        request: &MountRequest,
        resolved: &Resolved,
        way: &Way,
        bounds: &Bounds<'_>,
        record: &mut MountRecord,
    ) -> Result<(), Failure> {
        let device = &resolved.device;
        match way {
            Way::Client => self.attempts(request, resolved, &request.directory, bounds, record),
            Way::Bind { from, mount_id } => {
                let _left_over = PrivateRoot::left_over(self.host, from, bounds.deadline);
                record.client = self.client_of(*mount_id);
                way::bind(self.host, from, *mount_id, record, bounds)
            }
            Way::PrivateClient => {
                let whole = Device { subdir: None, ..device.clone() };
                let whole = Resolved { device: whole, ..resolved.clone() };
                let root = PrivateRoot::make(self.host, &device.key(), bounds.deadline)?;
                self.attempts(request, &whole, &root.directory, bounds, record)?;
                let table = self.host.mounts().map_err(|error| error.failure())?;
                let mount_id = table.on(&root.directory).map_or(-1, |mount| mount.id);
                let subdir = device.subdir.as_deref().unwrap_or_default();
                let from = root.directory.join(subdir.trim_start_matches('/'));
                way::bind(self.host, &from, mount_id, record, bounds)
            }
        }
    }

    /// The client instance of a mount that is there, as far as its record knows.
    fn client_of(&self, mount_id: i32) -> Option<String> {
        let table = self.host.mounts().ok()?;
        let mount = table.mounts.iter().find(|mount| mount.id == mount_id)?;
        MountRecord::read_of(self.host, mount)?.client
    }

    fn attempts(
        &self,
        request: &MountRequest,
        resolved: &Resolved,
        directory: &Path,
        bounds: &Bounds<'_>,
        record: &mut MountRecord,
    ) -> Result<(), Failure> {
        let retry = request.options.retry.or(self.defaults.retry).unwrap_or(DEFAULT_RETRY);
        let attempt = Attempt {
            host: self.host,
            device: &resolved.device.to_string(),
            directory,
            options: &request.options.for_mount_lustre(),
            check: &|| self.check_client(request, resolved),
            bounds: *bounds,
        };
        for number in 0.. {
            let Err(failure) = attempt.run(record) else { break };
            let pause = pause_before(number);
            if failure.code == Code::MountExists && self.is_mounted(directory) {
                return Err(failure);
            }
            let may_help = failure.may_pass()
                && failure.code != Code::Interrupted
                && record.attempt.is_none()
                && number < retry
                && bounds.deadline.left() > pause;
            if !may_help {
                return Err(failure);
            }
            if sleep_unless_interrupted(pause, self.interrupt) {
                let because = format!("a signal asked this program to stop; before: {failure}");
                return Err(Failure { code: Code::Interrupted, because, ..failure });
            }
        }
        Ok(())
    }

    fn is_mounted(&self, directory: &Path) -> bool {
        self.host.mounts().is_ok_and(|table| table.on(directory).is_some())
    }

    /// Proves the mount; one that is not as it was asked for is taken away again.
    fn prove(
        &self,
        request: &MountRequest,
        device: &Device,
        before: Option<i32>,
        bounds: &Bounds<'_>,
    ) -> Result<(Mount, Vec<String>), Failure> {
        let verify = request.options.verify.or(self.defaults.verify).unwrap_or(Verify::Stat);
        let mount = proof::find(self.host, request, device).map_err(|failure| {
            match self.came_since(before, request, device) {
                Some(mount) => self.undo(&mount, bounds.deadline, failure),
                None => failure,
            }
        })?;
        proof::prove(request, device, &mount, verify, bounds)
            .map(|unproved| (mount.clone(), unproved))
            .map_err(|failure| self.undo(&mount, bounds.deadline, failure))
    }

    /// What the attempt brought, though it is not what was asked for: a mount of the same file system
    /// that was not there before. Any other one is somebody else's, and stays.
    fn came_since(
        &self,
        before: Option<i32>,
        request: &MountRequest,
        device: &Device,
    ) -> Option<Mount> {
        let table = self.host.mounts().ok()?;
        let mount = table.on(&request.directory).filter(|mount| self.host.is_lustre(mount))?;
        let is_of_it = Device::parse(&mount.source).is_some_and(|d| d.fsname == device.fsname);
        (is_of_it && Some(mount.id) != before).then(|| mount.clone())
    }
}

/// A private directory for the time of a mount: root's only, and gone afterwards.
struct PrivateRoot<'a> {
    host: &'a Host,
    directory: PathBuf,
    /// Of the mount that it serves.
    before: Deadline,
}

impl<'a> PrivateRoot<'a> {
    /// The private directory of a call that was killed, if a path lies in one.
    fn left_over(host: &'a Host, path: &Path, before: Deadline) -> Option<Self> {
        let roots = host.paths.state.join("roots");
        let name = path.strip_prefix(&roots).ok()?.components().next()?;
        Some(Self { host, directory: roots.join(name), before })
    }

    fn make(host: &'a Host, key: &str, before: Deadline) -> Result<Self, Failure> {
        use std::os::unix::fs::DirBuilderExt as _;
        let directory = host.paths.state.join("roots").join(key);
        let failed = |error: std::io::Error| Failure {
            code: Code::StateUnwritable,
            what: "a private directory could not be made".into(),
            asked: format!("mkdir {}", directory.display()),
            because: error.to_string(),
            remedy: "run this as root, with /run writable and not full".into(),
        };
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)
            .map_err(failed)?;
        Ok(Self { host, directory, before })
    }
}

impl Drop for PrivateRoot<'_> {
    /// The bind mount keeps the client; what is left of a call that was killed is bound, and taken
    /// away, by the next one.
    fn drop(&mut self) {
        let _ = unmount(self.host, &self.directory, undo_deadline(self.before), None);
        let _ = std::fs::remove_dir(&self.directory);
    }
}
