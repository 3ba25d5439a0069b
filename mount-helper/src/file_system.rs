//! A file system as the FSx API describes it: what a mount, a check and a person need of it.

use crate::source::{Device, Tag};
use serde::{Deserialize, Serialize};

/// One FSx for Lustre file system.
///
/// *Source*: DescribeFileSystems of the FSx API (2018-03-01). Also what
/// `fsxlustre resolve --json` prints and the mount helper reads; fields are only ever added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSystem {
    /// `fs-` and hexadecimal digits.
    pub id: String,
    /// DNS name of its management server.
    pub dns_name: String,
    /// Lustre's name of it; `fsx` for every SCRATCH_1 file system.
    pub mount_name: String,
    /// `AVAILABLE`, `CREATING`, `UPDATING`, `MISCONFIGURED`, `FAILED`, `DELETING`.
    pub lifecycle: String,
    /// Why it failed, in the API's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Lustre version of the file system: `2.10`, `2.12`, `2.15`. `None` when the API gave none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lustre_version: Option<String>,
    /// `SCRATCH_1`, `SCRATCH_2`, `PERSISTENT_1`, `PERSISTENT_2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_type: Option<String>,
    /// Size in GiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_capacity_gib: Option<u32>,
    /// `SSD`, `HDD`, `INTELLIGENT_TIERING`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_type: Option<String>,
    /// What it gives for each TiB of storage, in MB/s; `PERSISTENT_1` and `PERSISTENT_2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throughput_mb_per_second_per_tib: Option<u32>,
    /// What it gives as a whole, in MB/s; Intelligent-Tiering.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throughput_mb_per_second: Option<u32>,
    /// Whether it takes EFA; `None` when the API does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub efa_enabled: Option<bool>,
    /// When its maintenance may begin, UTC: day of the week (1 is Monday), hour and minute,
    /// `2:04:30`. Half an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintenance_window: Option<String>,
    /// Its ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// The subnets of its servers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subnet_ids: Vec<String>,
    /// The VPC it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc_id: Option<String>,
    /// The account that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
    /// When it was created, seconds since 1970 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_unix_seconds: Option<i64>,
    /// All of its tags.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// The data repositories that it is linked to; `None` when nobody asked, or when that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_repositories: Option<Vec<DataRepository>>,
    /// Why the data repositories are not known, when somebody asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_repositories_unknown: Option<String>,
    /// The AWS Region that was asked.
    pub region: String,
    /// Where this answer came from, and how old it is.
    #[serde(default)]
    pub origin: AnswerOrigin,
    /// What whoever mounts it should know, one line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A data repository that a file system is linked to.
///
/// *Source*: `DescribeDataRepositoryAssociations` of the FSx API, and of older file systems the
/// `DataRepositoryConfiguration` of DescribeFileSystems.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataRepository {
    /// `dra-…`; `None` for the link of an older file system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The directory on the file system that it is shown at.
    pub path: String,
    /// Where it is, `s3://bucket/prefix`.
    pub location: String,
    /// What is imported by itself: `NEW`, `CHANGED`, `DELETED`. Empty for nothing.
    #[serde(default)]
    pub import_events: Vec<String>,
    /// What is exported by itself: `NEW`, `CHANGED`, `DELETED`. Empty for nothing.
    #[serde(default)]
    pub export_events: Vec<String>,
    /// `AVAILABLE`, `CREATING`, `MISCONFIGURED`, `UPDATING`, `DELETING`, `FAILED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<String>,
    /// Why it failed, in the API's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// Where an answer came from, and how old it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerOrigin {
    /// Who knew it.
    pub from: AnswerSource,
    /// How long ago the API said so; 0 for the API itself and for the map.
    #[serde(default)]
    pub age_seconds: u64,
}

/// Who knew an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerSource {
    /// The FSx API, just now.
    #[default]
    Api,
    /// The static map of the configuration.
    Map,
    /// The node's cache, within its time.
    Cache,
    /// The shared cache file, within its time.
    SharedCache,
    /// A cache beyond its time, since the API could not be asked.
    StaleCache,
}

impl std::fmt::Display for AnswerOrigin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let from = match self.from {
            AnswerSource::Api => return f.write_str("the FSx API, now"),
            AnswerSource::Map => return f.write_str("the configuration's map"),
            AnswerSource::Cache => "the cache",
            AnswerSource::SharedCache => "the shared cache file",
            AnswerSource::StaleCache => "a stale cache",
        };
        write!(f, "{from}, {} s old", self.age_seconds)
    }
}

impl FileSystem {
    /// The Lustre device to mount, with a sub-directory if one is wanted.
    pub fn device(&self, subdir: Option<&str>) -> Device {
        Device {
            servers: format!("{}@tcp", self.dns_name),
            fsname: self.mount_name.clone(),
            subdir: subdir.map(str::to_owned),
        }
    }

    /// Whether it can be mounted now: AVAILABLE, UPDATING (normal use goes on) and
    /// MISCONFIGURED (a recoverable fault, often of the data repository).
    pub fn is_usable(&self) -> bool {
        matches!(self.lifecycle.as_str(), "AVAILABLE" | "UPDATING" | "MISCONFIGURED")
    }

    /// The value of its `Name` tag.
    pub fn name(&self) -> Option<&str> {
        self.tags.iter().find(|tag| tag.key == "Name").map(|tag| tag.value.as_str())
    }
}
