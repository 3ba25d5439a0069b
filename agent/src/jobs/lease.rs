//! A lease: this job uses these directories on this node.
//!
//! One small file a job in `/run/fsxlustre/leases`, written before anything is mounted. An end
//! that could not unmount keeps the lease, marked as ended: it holds nothing any more, and the
//! same end may be run again.

use super::JobVariables;
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{
    Host, StateError, boot_seconds, read_state, remove_state, state_names, unix_seconds,
    write_state,
};
use fsxlustre_mount::record::Attempt;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

const FORMAT: u32 = 1;
/// How long an end may be at work before it counts as cut short.
const LONGEST_END: Duration = Duration::from_mins(10);

/// What one job holds on this node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    format: u32,
    /// The job's key.
    pub job: String,
    /// Slurm's cluster; empty in a lease of an earlier version.
    #[serde(default)]
    pub(crate) cluster: String,
    /// The job's number, which its cgroups and Slurm's processes for it are named by.
    #[serde(default)]
    pub(crate) job_id: Option<u32>,
    /// The unique id of the run, by which later versions of Slurm name its cgroups.
    #[serde(default)]
    sluid: Option<String>,
    /// How often the job was started before.
    #[serde(default)]
    restart: Option<u32>,
    /// The boot it belongs to.
    boot_id: Option<String>,
    /// When it began, seconds since 1970 UTC.
    began_unix_seconds: u64,
    /// The same since boot, by a clock that nobody sets.
    #[serde(default)]
    began_boot_seconds: Option<u64>,
    /// The directories it uses.
    pub directories: BTreeSet<PathBuf>,
    /// Whether the job has ended and only its unmount is still to be done.
    pub has_ended: bool,
    /// When its end began, seconds since boot.
    #[serde(default)]
    ended_boot_seconds: Option<u64>,
    /// The process of its end.
    #[serde(default)]
    ended_by: Option<Attempt>,
}

impl Lease {
    /// A new lease of a job.
    pub fn new(host: &Host, job: &JobVariables) -> Self {
        Self {
            format: FORMAT,
            job: job.key(),
            cluster: job.cluster().to_owned(),
            job_id: Some(job.id()),
            sluid: job.sluid.clone(),
            restart: Some(job.restart()),
            boot_id: host.boot_id(),
            began_unix_seconds: unix_seconds(),
            began_boot_seconds: Some(boot_seconds()),
            directories: BTreeSet::new(),
            has_ended: false,
            ended_boot_seconds: None,
            ended_by: None,
        }
    }

    /// Notes that the job has ended, and that this process does what is to be done.
    pub(super) fn end(&mut self) {
        self.has_ended = true;
        self.ended_by = Attempt::of(std::process::id());
        self.ended_boot_seconds = Some(boot_seconds());
    }

    /// How long ago it began, in this boot.
    pub fn age(&self) -> Duration {
        let seconds = match self.began_boot_seconds {
            Some(began) => boot_seconds().saturating_sub(began),
            None => unix_seconds().saturating_sub(self.began_unix_seconds),
        };
        Duration::from_secs(seconds)
    }

    /// Whether its end began and did not come back: its process is gone, or has been at it for longer
    /// than any end takes. One that was written without them began as long ago as ever.
    pub(super) fn is_cut_short(&self) -> bool {
        let since = self.ended_boot_seconds.unwrap_or_default();
        let age = Duration::from_secs(boot_seconds().saturating_sub(since));
        let is_alone = self.ended_by.is_some_and(|process| !process.is_alive());
        self.has_ended && (is_alone || age > LONGEST_END)
    }

    /// The words by which Slurm names it in cgroups and titles of processes.
    pub(super) fn names(&self) -> Vec<String> {
        self.job_id.map(|id| id.to_string()).into_iter().chain(self.sluid.clone()).collect()
    }

    /// The unique id of the run, where Slurm has one.
    pub(super) fn sluid(&self) -> Option<&String> {
        self.sluid.as_ref()
    }

    /// Whether it is of an earlier run of the same job here. A job runs on a node once at a time.
    pub(super) fn is_earlier_run_of(&self, later: &Self) -> bool {
        let without_restart = |lease: &Self| {
            let (id, restart) = (lease.job_id?, lease.restart?);
            Some(lease.job.replacen(&format!("_{id}_{restart}_"), "_", 1))
        };
        self.job_id == later.job_id
            && self.restart < later.restart
            && self.boot_id == later.boot_id
            && without_restart(self).is_some_and(|own| Some(own) == without_restart(later))
    }

    /// Whether it was written in this boot.
    pub(super) fn is_of_this_boot(&self, host: &Host) -> bool {
        self.boot_id == host.boot_id()
    }

    /// All leases that can be read, of any boot.
    ///
    /// # Errors
    /// The folder cannot be listed.
    pub(super) fn all(host: &Host) -> Result<Vec<Self>, Failure> {
        let folder = Self::folder(host);
        let names = state_names(&folder).map_err(|error| error.failure())?;
        Ok(names.iter().filter_map(|name| read_state(&folder.join(name)).ok().flatten()).collect())
    }

    /// When it began, seconds since 1970 UTC.
    pub fn began_unix_seconds(&self) -> u64 {
        self.began_unix_seconds
    }

    /// Where the leases are.
    pub fn folder(host: &Host) -> PathBuf {
        host.paths.state.join("leases")
    }

    fn path(host: &Host, key: &str) -> PathBuf {
        Self::folder(host).join(format!("{key}.json"))
    }

    /// The lease of a job, if it has one of this boot.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn read(host: &Host, job: &JobVariables) -> Result<Option<Self>, Failure> {
        let path = Self::path(host, &job.key());
        let lease = match read_state(&path) {
            // A later version may say some of it differently; the directories are what counts.
            Err(StateError::Content { .. }) => {
                let value = read_state(&path).map_err(|error| error.failure())?;
                value.and_then(|value| Self::understood(host, job, &value))
            }
            lease => lease.map_err(|error| error.failure())?,
        };
        Ok(lease.filter(|lease: &Self| lease.boot_id == host.boot_id()))
    }

    fn understood(host: &Host, job: &JobVariables, value: &Value) -> Option<Self> {
        let path =
            |value: &Value| value.as_str().filter(|path| path.starts_with('/')).map(Into::into);
        let directories = value.get("directories")?.as_array()?.iter().filter_map(path).collect();
        let boot_id = value.get("boot_id")?.as_str().map(str::to_owned);
        Some(Self { boot_id, directories, ..Self::new(host, job) })
    }

    /// Writes it.
    ///
    /// # Errors
    /// The state folder cannot be written.
    pub fn write(&self, host: &Host) -> Result<(), Failure> {
        write_state(&Self::path(host, &self.job), self).map_err(|error| error.failure())
    }

    /// Removes it.
    ///
    /// # Errors
    /// The state folder cannot be written.
    pub fn remove(&self, host: &Host) -> Result<(), Failure> {
        remove_state(&Self::path(host, &self.job)).map_err(|error| error.failure())
    }

    /// The keys of the leases that a job of this number has here, ended ones too.
    ///
    /// # Errors
    /// The folder cannot be listed.
    pub fn keys_of(host: &Host, job_id: u32) -> Result<Vec<String>, Failure> {
        let names = state_names(&Self::folder(host)).map_err(|error| error.failure())?;
        let is_of_it = |name: &&String| match read_state::<Self>(&Self::folder(host).join(name)) {
            Ok(Some(Self { job_id: Some(own), .. })) => own == job_id,
            Ok(None) => false,
            // Without a number that can be read, what its key has, restart counts too.
            Ok(Some(_)) | Err(_) => name.contains(&format!("_{job_id}_")),
        };
        let keys = names.iter().filter(is_of_it).map(|name| name.trim_end_matches(".json"));
        Ok(keys.map(str::to_owned).collect())
    }

    /// Every job that uses directories now. One whose lease cannot be read is left out.
    ///
    /// # Errors
    /// The folder cannot be listed.
    pub fn live(host: &Host) -> Result<Vec<Self>, Failure> {
        let folder = Self::folder(host);
        let names = state_names(&folder).map_err(|error| error.failure())?;
        let boot_id = host.boot_id();
        let leases = names.iter().filter_map(|name| read_state(&folder.join(name)).ok().flatten());
        Ok(leases.filter(|lease: &Self| !lease.has_ended && lease.boot_id == boot_id).collect())
    }

    /// The keys of other jobs that use a directory now. A lease that cannot be read counts as
    /// one that does: unknown is never "nobody".
    ///
    /// # Errors
    /// The folder cannot be listed.
    pub fn others(host: &Host, own: &str, directory: &Path) -> Result<Vec<String>, Failure> {
        let folder = Self::folder(host);
        let names = state_names(&folder).map_err(|error| error.failure())?;
        let mut others = Vec::new();
        for name in names {
            let key = name.trim_end_matches(".json");
            if key == own {
                continue;
            }
            let holds = match read_state::<Self>(&folder.join(&name)) {
                Ok(Some(lease)) => {
                    !lease.has_ended
                        && lease.boot_id == host.boot_id()
                        && lease.directories.contains(directory)
                }
                Ok(None) => false,
                Err(_) => true,
            };
            if holds {
                others.push(key.to_owned());
            }
        }
        Ok(others)
    }
}
