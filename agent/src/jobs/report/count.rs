//! Counting what a job did, when it ends or while it runs.
//!
//! At the end it is done before the unmount, which takes the counters with it, and written down at
//! once: an end that is killed and run again finds what was counted then.

use super::{FORMAT, FileSystemReport, JobReport};
use crate::jobs::stuck::Stuck;
use crate::jobs::{JobVariables, io};
use crate::metrics::io_counters;
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{Deadline, Host, read_state, remove_state, unix_seconds, write_state};
use fsxlustre_mount::unmount::{ClientFiles, ClientState};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What was counted at an end that is not done yet.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Counted {
    boot_id: Option<String>,
    report: JobReport,
}

fn counted_path(host: &Host, key: &str) -> PathBuf {
    host.paths.state.join("io-ended").join(format!("{key}.json"))
}

/// Counts for the end of a job, or takes what an earlier call of the same end has counted.
///
/// # Errors
/// State cannot be read or written.
pub fn count_at_end(
    host: &Host,
    job: &JobVariables,
    deadline: Deadline,
) -> Result<JobReport, Failure> {
    let path = counted_path(host, &job.key());
    let earlier: Option<Counted> = read_state(&path).map_err(|error| error.failure())?;
    if let Some(earlier) = earlier.filter(|earlier| earlier.boot_id == host.boot_id()) {
        return Ok(earlier.report);
    }
    let mut report = count(host, &job.into(), deadline)?;
    report.ended_unix_seconds = Some(unix_seconds());
    report.nodes.clone_from(&job.nodes);
    let counted = Counted { boot_id: host.boot_id(), report };
    write_state(&path, &counted).map_err(|error| error.failure())?;
    Ok(counted.report)
}

/// Forgets what was counted for an end, which is done.
///
/// # Errors
/// State cannot be written.
pub fn forget(host: &Host, key: &str) -> Result<(), Failure> {
    remove_state(&counted_path(host, key)).map_err(|error| error.failure())
}

/// Whose report it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whose {
    /// The key of the job.
    pub key: String,
    /// The cluster's name.
    pub cluster: String,
    /// The job's number.
    pub job_id: u32,
    /// How often it was requeued.
    pub restart: u32,
    /// This node's name.
    pub node: String,
}

impl From<&JobVariables> for Whose {
    fn from(job: &JobVariables) -> Self {
        let node = job.node().to_owned();
        let key = job.key();
        Self::of(&key, &node).unwrap_or(Self {
            key,
            cluster: job.cluster().to_owned(),
            job_id: job.id(),
            restart: job.restart(),
            node,
        })
    }
}

impl Whose {
    /// Reads the key of a job that runs here. Where the node's name is not known, it is what follows
    /// the first three parts, read from the left: Slurm's own names of clusters have no `_`.
    pub fn of_live(key: &str, node: Option<&str>) -> Option<Self> {
        node.and_then(|node| Self::of(key, node)).or_else(|| {
            let node = key.splitn(4, '_').nth(3)?;
            Self::of(key, node)
        })
    }

    /// Reads a key; its node is known, since names may have a `_`.
    pub fn of(key: &str, node: &str) -> Option<Self> {
        let rest = key.strip_suffix(node)?.strip_suffix('_')?;
        let (rest, restart) = rest.rsplit_once('_')?;
        let (cluster, job_id) = rest.rsplit_once('_')?;
        Some(Self {
            key: key.to_owned(),
            cluster: cluster.to_owned(),
            job_id: job_id.parse().ok()?,
            restart: restart.parse().ok()?,
            node: node.to_owned(),
        })
    }
}

/// What a job did from its start until now.
///
/// # Errors
/// State cannot be read.
pub fn count(host: &Host, whose: &Whose, deadline: Deadline) -> Result<JobReport, Failure> {
    let now = io_counters(host);
    let mut report = JobReport::of(whose);
    let Some(done) = io::since_begin(host, &whose.key, &now)? else {
        report.unread.push("the counters at the job's start were not kept".into());
        return Ok(report);
    };
    report.began_unix_seconds = done.began_unix_seconds;
    report.is_shared = done.is_shared;
    report.unread.extend(now.unread);
    for fs in &done.begun_anew {
        report.unread.push(format!("{fs} was not mounted all the time: its counters began anew"));
    }
    for (fs, counters) in &done.file_systems {
        report.file_systems.insert(fs.clone(), FileSystemReport::of(counters));
    }
    let began = report.began_unix_seconds;
    std::thread::scope(|scope| {
        let asked: Vec<_> = report
            .file_systems
            .iter_mut()
            .map(|(fs, one)| {
                let files = ClientFiles::new(host, fs);
                (fs, one, scope.spawn(move || files.state(deadline)))
            })
            .collect();
        for (fs, one, thread) in asked {
            let lost = || Err("a thread ended early".into());
            match thread.join().unwrap_or_else(|_| lost()) {
                Ok(state) => one.add_connections(&state, began),
                Err(because) => report.unread.push(format!("{fs}: {because}")),
            }
        }
    });
    Ok(report)
}

impl FileSystemReport {
    /// Adds what the connections tell: evictions since the job began, and what is not written yet.
    fn add_connections(&mut self, state: &ClientState, began: Option<u64>) {
        self.dirty_bytes = state.dirty_bytes();
        let Some(began) = began else { return };
        let mut evictions = Some(0_u64);
        for one in &state.connections {
            let count = one.evicted_at.as_ref().map(|all| {
                let count = all.iter().filter(|at| **at >= began).count();
                u64::try_from(count).unwrap_or(u64::MAX)
            });
            evictions = evictions.zip(count).map(|(sum, count)| sum.saturating_add(count));
            self.has_more_evictions |= one.known_since.is_some_and(|since| since > began);
        }
        self.evictions = evictions.filter(|_| !state.connections.is_empty());
    }
}

impl JobReport {
    /// That of a job of which nothing was counted.
    pub(super) fn of(whose: &Whose) -> Self {
        Self {
            format: FORMAT,
            key: whose.key.clone(),
            cluster: whose.cluster.clone(),
            job_id: whose.job_id,
            restart: whose.restart,
            node: whose.node.clone(),
            ..Self::default()
        }
    }

    /// Adds what `fsxlustre job stuck` saw in the job.
    pub(in crate::jobs) fn add_stuck(&mut self, stuck: &Stuck) {
        self.stuck = stuck.of_the_job().cloned().collect();
    }

    /// Whether its key is that of its fields.
    pub(in crate::jobs) fn has_its_key(&self) -> bool {
        let whose = Whose::of(&self.key, &self.node);
        whose.is_some_and(|whose| {
            (whose.cluster, whose.job_id, whose.restart)
                == (self.cluster.clone(), self.job_id, self.restart)
        })
    }

    /// The directory's file system, where the report has it.
    pub fn at_directory(&self, directory: &Path) -> Option<&FileSystemReport> {
        let one = self.directories.iter().find(|one| one.directory == directory)?;
        self.file_systems.get(one.file_system.as_ref()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fsxlustre_mount::unmount::Connection;

    #[test]
    fn a_key_is_read_with_names_that_have_a_dash_below() {
        let whose = Whose::of("my_prod_17_2_node_1", "node_1").expect("a key");
        assert_eq!((whose.cluster.as_str(), whose.job_id, whose.restart), ("my_prod", 17, 2));
        for (key, node) in [("prod_17_0_n1", "n2"), ("prod_x_0_n1", "n1"), ("", ""), ("_n", "n")] {
            assert_eq!(Whose::of(key, node), None, "{key}");
        }
    }

    #[test]
    fn evictions_are_those_since_the_begin() {
        let connection = |evicted_at: Option<Vec<u64>>, known_since| Connection {
            target: "x-OST0000".into(),
            state: Some("FULL".into()),
            was_evicted: None,
            evicted_at,
            known_since,
            dirty_bytes: Some(5),
        };
        let of = |connections: Vec<Connection>| {
            let mut report = FileSystemReport::default();
            let state = ClientState { connections, unread: Vec::new() };
            report.add_connections(&state, Some(100));
            (report.evictions, report.has_more_evictions, report.dirty_bytes)
        };
        let known = connection(Some(vec![50, 100, 150]), None);
        assert_eq!(of(vec![known.clone(), known.clone()]), (Some(4), false, Some(10)));
        assert_eq!(of(vec![connection(Some(vec![]), Some(120))]), (Some(0), true, Some(5)));
        assert_eq!(of(vec![known, connection(None, None)]), (None, false, Some(10)));
        assert_eq!(of(vec![]), (None, false, None));
    }
}
