//! `[[filesystem]]`, `[cache]` and `[fleet]` as they are written.

use super::{Ages, Fleet, MapEntry};
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// `[cache]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CacheSection {
    /// A cache file that many nodes read.
    pub shared: Option<PathBuf>,
    /// Seconds for which an answer of it serves without a call.
    pub shared_fresh: Option<u64>,
    /// Seconds for which the node's own last answer serves a job's hooks without a call.
    pub job_fresh: Option<u64>,
    /// Seconds for which it serves a job when the API cannot be reached.
    pub job_stale_max: Option<u64>,
    /// Seconds for which it then serves anybody else.
    pub stale_max: Option<u64>,
    /// A folder that many nodes share, in which the first answer of a job is pinned.
    pub pins: Option<PathBuf>,
}

/// `[fleet]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FleetSection {
    /// Nodes that may boot at the same time.
    pub size: Option<u32>,
    /// Calls a second that the FSx API takes from the account.
    pub quota: Option<u32>,
}

/// What the configuration says of answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerSettings {
    /// `[[filesystem]]`: answers that need no call.
    pub map: Vec<MapEntry>,
    /// How old an answer may be.
    pub ages: Ages,
    /// A cache file that many nodes read.
    pub shared: Option<PathBuf>,
    /// A folder that many nodes share, in which the first answer of a job is pinned.
    pub pins: Option<PathBuf>,
    /// How many nodes ask the same API.
    pub fleet: Fleet,
}

impl AnswerSettings {
    /// Of the three sections.
    pub fn of(map: Vec<MapEntry>, cache: CacheSection, fleet: &FleetSection) -> Self {
        let plain = Ages::default();
        let age = |given: Option<u64>, plain| given.map_or(plain, Duration::from_secs);
        Self {
            map,
            ages: Ages {
                shared_fresh: age(cache.shared_fresh, plain.shared_fresh),
                job_fresh: age(cache.job_fresh, plain.job_fresh),
                job_stale: age(cache.job_stale_max, plain.job_stale),
                stale: age(cache.stale_max, plain.stale),
            },
            shared: cache.shared,
            pins: cache.pins,
            fleet: Fleet {
                size: fleet.size.filter(|size| *size > 0),
                quota: fleet.quota.unwrap_or(Fleet::default().quota),
            },
        }
    }
}
