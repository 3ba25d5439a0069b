//! Mounts of jobs that could not be unmounted: what they are, and why.
//!
//! One small file a directory in `/run/fsxlustre/leaked`, written before the end that gives up
//! returns. Housekeeping goes on with them, and a start looks here before it relies on such a mount.

use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::host::{
    Host, read_state, remove_state, state_names, unix_seconds, write_state,
};
use fsxlustre_mount::record::MountRecord;
use fsxlustre_mount::unmount::{Begun, Target};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The layout of the file.
const FORMAT: u32 = 1;

/// Why a mount could not be unmounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeakCause {
    /// Something uses it. The mount itself is well.
    Busy,
    /// The unmount did not end.
    Hung,
    /// The unmount was called off before it had begun: the mount is as it was.
    Late,
    /// The client was evicted with unwritten bytes: an unmount can panic the node.
    Evicted,
    /// It is unmounted here, and its client lives on.
    ClientStays,
    /// Its job vanished without an end, or the end was cut short.
    Abandoned,
    /// Something else.
    Other,
}

/// A mount of a job's start that nobody needs any more, and that is still there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaked {
    /// The layout of the file.
    pub format: u32,
    /// The boot it belongs to.
    pub boot_id: Option<String>,
    /// Where it is mounted.
    pub directory: PathBuf,
    /// The source, as mountinfo shows it.
    pub source: String,
    /// The kernel's number of the mount.
    pub mount_id: Option<i32>,
    /// The key of the job whose end gave it up.
    pub job: String,
    /// Why.
    pub cause: LeakCause,
    /// The code of the failure.
    pub code: String,
    /// Why, in words: who uses it, what it waits for.
    pub because: String,
    /// What mends it.
    pub remedy: String,
    /// When it was first given up, seconds since 1970 UTC.
    pub since_unix_seconds: u64,
    /// How often it was tried.
    pub tries: u32,
}

impl LeakCause {
    /// The cause that a failed unmount tells of.
    pub fn of(code: Code) -> Self {
        match code {
            Code::Busy => Self::Busy,
            Code::UnmountTimeout | Code::LockTimeout => Self::Hung,
            Code::Interrupted => Self::Abandoned,
            Code::EvictedAndDirty => Self::Evicted,
            Code::ClientStays => Self::ClientStays,
            _ => Self::Other,
        }
    }

    /// Whether the mount is of no use to another job. One that is merely in use, or was forgotten,
    /// is well: the next job may have it.
    pub fn spoils_the_mount(self) -> bool {
        match self {
            Self::Busy | Self::Late | Self::Abandoned | Self::ClientStays => false,
            Self::Hung | Self::Evicted | Self::Other => true,
        }
    }
}

impl Leaked {
    /// A mount that was given up because of a failure.
    pub fn new(host: &Host, target: &Target, job: &str, failure: &Failure) -> Self {
        let is_at_work = || Begun::read(host, &target.directory).is_ok_and(|begun| begun.is_some());
        let cause = match LeakCause::of(failure.code) {
            LeakCause::Hung if !is_at_work() => LeakCause::Late,
            cause => cause,
        };
        Self {
            format: FORMAT,
            boot_id: host.boot_id(),
            directory: target.directory.clone(),
            source: target.source.clone(),
            mount_id: Some(target.mount_id),
            job: job.to_owned(),
            cause,
            code: failure.code.row().id.to_owned(),
            because: failure.because.clone(),
            remedy: failure.remedy.clone(),
            since_unix_seconds: unix_seconds(),
            tries: 1,
        }
    }

    /// A mount that no job uses and no end was called for.
    pub fn abandoned(host: &Host, target: &Target, job: &str) -> Self {
        Self {
            cause: LeakCause::Abandoned,
            ..Self::new(
                host,
                target,
                job,
                &Failure {
                    code: Code::Busy,
                    what: String::new(),
                    asked: String::new(),
                    because: "its job is gone from this node without an end".into(),
                    remedy: "none: housekeeping unmounts it".into(),
                },
            )
        }
    }

    fn folder(host: &Host) -> PathBuf {
        host.paths.state.join("leaked")
    }

    fn path(host: &Host, directory: &Path) -> PathBuf {
        Self::folder(host).join(format!("{}.json", MountRecord::name(directory)))
    }

    /// What is known of a directory, of this boot. One of a layout that is not ours, or that cannot be
    /// read, is left out: it is told by the mount itself.
    pub fn of(host: &Host, directory: &Path) -> Option<Self> {
        let leaked = read_state(&Self::path(host, directory)).ok().flatten();
        leaked.filter(|leaked: &Self| leaked.is_current(host))
    }

    /// All of this boot.
    ///
    /// # Errors
    /// The folder cannot be listed.
    pub fn all(host: &Host) -> Result<Vec<Self>, Failure> {
        let folder = Self::folder(host);
        let names = state_names(&folder).map_err(|error| error.failure())?;
        let all = names.iter().filter_map(|name| read_state(&folder.join(name)).ok().flatten());
        Ok(all.filter(|leaked: &Self| leaked.is_current(host)).collect())
    }

    fn is_current(&self, host: &Host) -> bool {
        self.format == FORMAT && self.boot_id == host.boot_id()
    }

    /// Writes it, and keeps since when it is so.
    ///
    /// # Errors
    /// The state folder cannot be written.
    pub fn write(mut self, host: &Host) -> Result<(), Failure> {
        if let Some(earlier) = Self::of(host, &self.directory)
            && earlier.mount_id == self.mount_id
        {
            self.since_unix_seconds = earlier.since_unix_seconds;
            self.tries = earlier.tries.saturating_add(1);
            self.job = earlier.job;
        }
        write_state(&Self::path(host, &self.directory), &self).map_err(|error| error.failure())
    }

    /// Forgets what is known of a directory.
    ///
    /// # Errors
    /// The state folder cannot be written.
    pub fn forget(host: &Host, directory: &Path) -> Result<(), Failure> {
        remove_state(&Self::path(host, directory)).map_err(|error| error.failure())
    }

    /// One line for the log.
    pub fn line(&self) -> String {
        let age = unix_seconds().saturating_sub(self.since_unix_seconds);
        format!(
            "{} ({}) could not be unmounted for {age} s: {}; {}",
            self.directory.display(),
            self.source,
            self.because,
            self.remedy
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fsxlustre_mount::host::MountTable;

    #[test]
    fn a_leak_keeps_since_when_it_is_one() {
        let folder = tempfile::tempdir().expect("folder");
        let mut host = Host::default();
        host.paths.state = folder.path().to_owned();
        let line = "193 27 0:50 / /fsx rw - lustre 10.0.0.5@tcp:/abcdefgh rw,flock";
        let table = MountTable::parse(line.as_bytes());
        let failure = Failure {
            code: Code::Busy,
            what: "/fsx is in use".into(),
            asked: "unmount /fsx".into(),
            because: "sleep (pid 7, ann): current directory".into(),
            remedy: "end it".into(),
        };
        let target = Target::new(&table.mounts[0], &table);
        let leaked = Leaked::new(&host, &target, "c_1_0_n", &failure);
        let first = Leaked { since_unix_seconds: 5, ..leaked.clone() };
        first.write(&host).expect("written");
        leaked.write(&host).expect("written");
        let kept = Leaked::of(&host, Path::new("/fsx")).expect("there");
        assert_eq!((kept.since_unix_seconds, kept.tries, kept.cause), (5, 2, LeakCause::Busy));
        assert!(kept.line().contains("pid 7"), "{}", kept.line());
        assert_eq!(Leaked::all(&host).expect("listed").len(), 1);
        Leaked::forget(&host, Path::new("/fsx")).expect("forgotten");
        assert_eq!(Leaked::of(&host, Path::new("/fsx")), None);
    }

    #[test]
    fn only_a_mount_that_is_unwell_is_of_no_use_to_the_next_job() {
        for (code, spoils) in [
            (Code::Busy, false),
            (Code::ClientStays, false),
            (Code::UnmountTimeout, true),
            (Code::EvictedAndDirty, true),
            (Code::UnmountFailed, true),
        ] {
            assert_eq!(LeakCause::of(code).spoils_the_mount(), spoils, "{code:?}");
        }
    }
}
