//! A job's frozen request: what this node was asked to give it, decided once at its start.
//!
//! Slurm rebuilds what it tells a hook when a job is killed, and a user may change a comment
//! meanwhile. So a start decides once and writes it down, for root's eyes only, in
//! `/run/fsxlustre/requests/KEY.json`; the same start again and the end read this and nothing else.
//!
//! A file of a later version of ours is read as far as it is understood, and is not written over.

mod outcome;

pub use outcome::{MountOutcome, PhaseTime, StartOutcome};

use super::{JobVariables, fill};
use crate::config::{ExportAtEnd, JobMount, JobsSection};
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{
    Host, read_own_state, remove_state, state_names, unix_seconds, write_private_state,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Path, PathBuf};

const FORMAT: u32 = 1;

/// What a job is given on this node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenRequest {
    /// The version of the file's form.
    pub format: u32,
    /// The job's key.
    pub job: String,
    /// Slurm's id of the job.
    #[serde(default)]
    pub job_id: u32,
    /// The unique id of this run, where Slurm has one.
    #[serde(default)]
    pub sluid: Option<String>,
    /// The id that the components of a heterogeneous job have in common.
    #[serde(default)]
    pub het_job_id: Option<u32>,
    /// The user's name.
    #[serde(default)]
    pub user: Option<String>,
    /// The account.
    #[serde(default)]
    pub account: Option<String>,
    /// The partition.
    #[serde(default)]
    pub partition: Option<String>,
    /// The boot it belongs to.
    #[serde(default)]
    pub boot_id: Option<String>,
    /// When it was decided, seconds since 1970 UTC.
    #[serde(default)]
    pub frozen_unix_seconds: u64,
    /// What the rules give it, in their order.
    pub mounts: Vec<FrozenMount>,
    /// How its start ended; `None` while it goes on, or where it was killed.
    #[serde(default)]
    pub start: Option<StartOutcome>,
}

/// One file system of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenMount {
    /// The source as the rule has it.
    #[serde(default)]
    pub rule: String,
    /// The source with the job's fields in it; `None` where the job lacks one.
    #[serde(default)]
    pub source: Option<String>,
    /// Where.
    pub directory: PathBuf,
    /// The `-o` list, with what job-made mounts have by default.
    #[serde(default)]
    pub options: String,
    /// What its end does for the data repository, as the rule has it.
    #[serde(default)]
    pub export: Option<String>,
    /// What of S3 is brought at its start, below the directory; a path that the job could not fill stands as the
    /// rule has it, with its braces.
    #[serde(default)]
    pub stage_in: Vec<String>,
    /// What became of it; `None` while that goes on.
    #[serde(default)]
    pub outcome: Option<MountOutcome>,
}

impl FrozenMount {
    fn of(rule: &JobMount, job: &JobVariables) -> Self {
        Self {
            rule: rule.source.clone(),
            source: fill(&rule.source, job).ok(),
            directory: rule.directory.clone(),
            options: rule.mount_options(),
            export: rule.export.clone(),
            stage_in: rule.stage_in_for(job),
            outcome: None,
        }
    }

    /// What its end does for the data repository.
    pub fn export_at_end(&self) -> ExportAtEnd {
        ExportAtEnd::of(self.export.as_deref())
    }
}

impl FrozenRequest {
    /// What the rules give to this job. A pure decision, but for boot and time.
    pub fn decide(host: &Host, jobs: &JobsSection, job: &JobVariables) -> Self {
        Self {
            format: FORMAT,
            job: job.key(),
            job_id: job.id(),
            sluid: job.sluid.clone(),
            het_job_id: job.het_job_id,
            user: job.user.clone(),
            account: job.account.clone(),
            partition: job.partition.clone(),
            boot_id: host.boot_id(),
            frozen_unix_seconds: unix_seconds(),
            mounts: jobs.rules_for(job).map(|rule| FrozenMount::of(rule, job)).collect(),
            start: None,
        }
    }

    fn folder(host: &Host) -> PathBuf {
        host.paths.state.join("requests")
    }

    fn path(host: &Host, key: &str) -> PathBuf {
        Self::folder(host).join(format!("{key}.json"))
    }

    /// The request of a job by its key: of this boot, written by root. What cannot be read is taken
    /// for none: the lease and the records of mounts say the rest.
    pub fn read(host: &Host, key: &str) -> Option<Self> {
        let request = of_value(&read_own_state(&Self::path(host, key))?)?;
        (request.job == key && request.boot_id == host.boot_id()).then_some(request)
    }

    /// Every request of this boot, by key.
    ///
    /// # Errors
    /// The folder cannot be listed.
    pub fn all(host: &Host) -> Result<Vec<Self>, Failure> {
        let names = state_names(&Self::folder(host)).map_err(|error| error.failure())?;
        let keys = names.iter().filter_map(|name| name.strip_suffix(".json"));
        Ok(keys.filter_map(|key| Self::read(host, key)).collect())
    }

    /// Writes it, unless a later version of ours wrote it.
    ///
    /// # Errors
    /// The state folder cannot be written.
    pub fn write(&self, host: &Host) -> Result<(), Failure> {
        if self.format > FORMAT {
            return Ok(());
        }
        write_private_state(&Self::path(host, &self.job), self).map_err(|error| error.failure())
    }

    /// Removes that of a job. Fine when it is gone.
    ///
    /// # Errors
    /// The state folder cannot be written.
    pub fn remove(host: &Host, key: &str) -> Result<(), Failure> {
        remove_state(&Self::path(host, key)).map_err(|error| error.failure())
    }

    /// Whether it is of the same run: job ids are given anew when a cluster loses its state.
    pub fn is_of(&self, job: &JobVariables) -> bool {
        match (&self.sluid, &job.sluid) {
            (Some(frozen), Some(now)) => frozen == now,
            _ => true,
        }
    }

    /// The directories that it gives.
    pub fn directories(&self) -> impl Iterator<Item = &Path> {
        self.mounts.iter().map(|mount| mount.directory.as_path())
    }
}

/// A request as far as it is understood: what a later version says differently is left out, but never
/// the directories.
fn of_value(value: &Value) -> Option<FrozenRequest> {
    let format = value.get("format")?.as_u64()?;
    if let Ok(request) = serde_json::from_value::<FrozenRequest>(value.clone()) {
        return Some(request);
    }
    let text = |value: &Value, name: &str| value.get(name)?.as_str().map(str::to_owned);
    let mount = |value: &Value| {
        Some(FrozenMount {
            rule: text(value, "rule").unwrap_or_default(),
            source: text(value, "source"),
            directory: text(value, "directory").filter(|path| path.starts_with('/'))?.into(),
            options: text(value, "options").unwrap_or_default(),
            export: text(value, "export"),
            // Nothing is brought for a request that is not understood.
            ..FrozenMount::default()
        })
    };
    Some(FrozenRequest {
        format: u32::try_from(format).unwrap_or(u32::MAX),
        job: text(value, "job")?,
        job_id: 0,
        sluid: text(value, "sluid"),
        het_job_id: None,
        user: None,
        account: None,
        partition: None,
        boot_id: text(value, "boot_id"),
        frozen_unix_seconds: 0,
        mounts: value.get("mounts")?.as_array()?.iter().filter_map(mount).collect(),
        start: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(folder: &Path) -> Host {
        let mut host = Host::default();
        host.paths.state = folder.to_owned();
        host
    }

    fn job(id: &str, sluid: Option<&str>) -> JobVariables {
        JobVariables::read(|name| match name {
            "SLURM_JOB_ID" => Some(id.to_owned()),
            "SLURM_JOB_SLUID" => sluid.map(str::to_owned),
            _ => None,
        })
        .expect("fits")
    }

    fn jobs() -> JobsSection {
        let rule = JobMount {
            source: "tag:Project:{job.account}".into(),
            directory: "/mnt/a".into(),
            ..JobMount::default()
        };
        JobsSection { mount: vec![rule], ..JobsSection::default() }
    }

    #[test]
    fn it_comes_back_for_root_only_and_goes_away() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("folder");
        let host = host(folder.path());
        let job = job("7", None);
        let request = FrozenRequest::decide(&host, &jobs(), &job);
        assert_eq!(request.mounts[0].source, None, "the job has no account");
        assert_eq!(request.mounts[0].options, "nosuid,nodev");
        request.write(&host).expect("written");
        let path = FrozenRequest::path(&host, &job.key());
        let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(FrozenRequest::read(&host, &job.key()), Some(request.clone()));
        assert_eq!(FrozenRequest::all(&host).expect("listed"), [request]);
        FrozenRequest::remove(&host, &job.key()).expect("removed");
        assert_eq!(FrozenRequest::read(&host, &job.key()), None);
    }

    #[test]
    fn another_boot_another_run_and_a_file_that_others_may_write_are_none() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("folder");
        let host = host(folder.path());
        let first = job("7", Some("s1"));
        let request = FrozenRequest::decide(&host, &jobs(), &first);
        assert!(request.is_of(&first) && request.is_of(&job("7", None)));
        assert!(!request.is_of(&job("7", Some("s2"))));
        let earlier = FrozenRequest { boot_id: Some("earlier".into()), ..request.clone() };
        earlier.write(&host).expect("written");
        assert_eq!(FrozenRequest::read(&host, &first.key()), None);
        request.write(&host).expect("written");
        let path = FrozenRequest::path(&host, &first.key());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).expect("mode");
        assert_eq!(FrozenRequest::read(&host, &first.key()), None);
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_understood_and_never_written_over() {
        let folder = tempfile::tempdir().expect("folder");
        let host = host(folder.path());
        let job = job("7", None);
        let later = serde_json::json!({
            "format": 9, "job": job.key(), "boot_id": host.boot_id(), "job_id": "seven",
            "mounts": [{"directory": "/mnt/a", "source": {"id": "fs-1"}, "news": true}, {"x": 1}],
        });
        let path = FrozenRequest::path(&host, &job.key());
        write_private_state(&path, &later).expect("written");
        let read = FrozenRequest::read(&host, &job.key()).expect("read");
        assert_eq!(read.directories().collect::<Vec<_>>(), [Path::new("/mnt/a")]);
        read.write(&host).expect("left alone");
        let kept: Value =
            serde_json::from_slice(&std::fs::read(&path).expect("file")).expect("JSON");
        assert_eq!(kept, later);
        for torn in ["", "{", "[]", "{\"format\":1}", "{\"format\":-1,\"mounts\":[]}"] {
            std::fs::write(&path, torn).expect("file");
            assert_eq!(FrozenRequest::read(&host, &job.key()), None, "{torn}");
        }
    }
}
