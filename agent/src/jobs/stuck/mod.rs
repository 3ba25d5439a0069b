//! `fsxlustre job stuck`: which processes sleep in the kernel where no signal reaches them, in which
//! of its functions, on which mount, and how the connections of that mount's file system are.
//!
//! For a job whose processes do not die: Slurm calls `UnkillableStepProgram`, and what it can say
//! before the node is drained is all that is left of the reason. So nothing here waits for a server,
//! sends an RPC or touches a mount: procfs and the client's status files only, in children that are
//! listened to until a deadline.
//!
//! | part | knows |
//! |---|---|
//! | this file | the answer, and how it is put together |
//! | `thread` | what procfs says of one thread: its text is read by pure functions |
//! | `child` | the child that looks for them, and who listens to it |
//! | `text` | the answer for a person and for the journal |

mod child;
mod text;
mod thread;

pub use child::{asked_for, tell};

use fsxlustre_mount::host::{Deadline, Host, unix_seconds};
use fsxlustre_mount::source::Device;
use fsxlustre_mount::unmount::ClientFiles;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

/// The layout of the JSON.
pub const FORMAT: u32 = 1;
/// How long the whole may take; Slurm waits for nothing else meanwhile.
pub const PATIENCE: Duration = Duration::from_secs(8);
/// How long the search for processes may take.
const SEARCH: Duration = Duration::from_secs(5);

/// What is stuck on this node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stuck {
    /// The layout of this object.
    pub format: u32,
    /// The job that was asked about.
    pub job_id: Option<u32>,
    /// When it was looked, seconds since 1970 UTC.
    pub seen_unix_seconds: u64,
    /// The threads that are stuck: those of the job first, then those in Lustre.
    pub threads: Vec<StuckThread>,
    /// How many there are; of very many only the first are told.
    pub total: usize,
    /// The connections of the mounted file systems, by Lustre's name.
    pub connections: BTreeMap<String, Connections>,
    /// What could not be looked at, and why.
    pub unread: Vec<String>,
}

/// One thread that sleeps where no signal reaches it (state D).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StuckThread {
    /// The process.
    pub pid: u32,
    /// The thread; of the first one it is the number of the process.
    pub tid: u32,
    /// Its command.
    pub command: String,
    /// Its user's number.
    pub uid: Option<u32>,
    /// The job whose cgroup it is in.
    pub job_id: Option<u32>,
    /// The kernel's functions it is in, the innermost first; empty where the kernel does not show
    /// them.
    pub kernel_stack: Vec<String>,
    /// What it waits for, as far as those functions say.
    pub waits_for: Option<WaitsFor>,
    /// The mount with the file of its system call, where that names a file by descriptor.
    pub mount: Option<StuckMount>,
    /// Lustre mounts of which it has files open or in which its directory is.
    pub uses: BTreeSet<PathBuf>,
}

/// What a thread waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitsFor {
    /// An answer, or pages, of object storage targets.
    Data,
    /// An answer of a metadata target.
    Metadata,
    /// A lock.
    Lock,
    /// Something else of Lustre.
    Lustre,
}

/// The mount on which a thread is stuck.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StuckMount {
    /// Where it is mounted in that process's namespace.
    pub directory: PathBuf,
    /// Its source.
    pub source: String,
    /// Its type.
    pub fs_type: String,
    /// Lustre's name of the file system, where it is one.
    pub file_system: Option<String>,
}

/// The connections of one file system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Connections {
    /// How many are up or idle.
    pub well: usize,
    /// The others: the target, and its state or `unknown`.
    pub ill: BTreeMap<String, String>,
    /// Targets that have evicted this client among their last sixteen changes.
    pub evicted: BTreeSet<String>,
    /// Bytes that are not written yet; null when that is not known of every target.
    pub dirty_bytes: Option<u64>,
    /// Why nothing is known of them.
    pub unknown: Option<String>,
}

/// Looks at this node. `job_id` only decides who is told first.
pub fn look(host: &Host, job_id: Option<u32>) -> Stuck {
    let deadline = Deadline::after(PATIENCE);
    let mut stuck =
        Stuck { format: FORMAT, job_id, seen_unix_seconds: unix_seconds(), ..Stuck::default() };
    let names = match host.mounts() {
        Ok(table) => {
            let lustre = table.mounts.iter().filter(|mount| host.is_lustre(mount));
            lustre.filter_map(|mount| Some(Device::parse(&mount.source)?.fsname)).collect()
        }
        Err(error) => {
            stuck.unread.push(error.to_string());
            BTreeSet::new()
        }
    };
    std::thread::scope(|scope| {
        let asked: Vec<_> = names
            .into_iter()
            .map(|fs| {
                let files = ClientFiles::new(host, &fs);
                (fs, scope.spawn(move || Connections::of(&files, deadline)))
            })
            .collect();
        child::find(host, deadline.at_most(SEARCH), &mut stuck);
        for (fs, thread) in asked {
            let lost =
                || Connections { unknown: Some("not read".into()), ..Connections::default() };
            stuck.connections.insert(fs, thread.join().unwrap_or_else(|_| lost()));
        }
    });
    stuck.put_in_order();
    stuck
}

impl Stuck {
    /// Those of the job first, then those in Lustre; else as they were found.
    fn put_in_order(&mut self) {
        let job = self.job_id;
        self.threads.sort_by_key(|one| {
            let is_of_job = job.is_some() && one.job_id == job;
            (!is_of_job, !one.is_in_lustre(), one.pid, one.tid)
        });
    }

    /// The threads of the job that was asked about; all, where none was.
    pub fn of_the_job(&self) -> impl Iterator<Item = &StuckThread> {
        self.threads.iter().filter(|one| self.job_id.is_none() || one.job_id == self.job_id)
    }
}

impl StuckThread {
    /// Whether it is known to have to do with Lustre.
    fn is_in_lustre(&self) -> bool {
        self.waits_for.is_some()
            || self.mount.as_ref().is_some_and(|mount| mount.file_system.is_some())
            || !self.uses.is_empty()
    }
}

impl Connections {
    fn of(files: &ClientFiles, deadline: Deadline) -> Self {
        let state = match files.state(deadline) {
            Ok(state) => state,
            Err(unknown) => return Self { unknown: Some(unknown), ..Self::default() },
        };
        let mut found = Self { dirty_bytes: state.dirty_bytes(), ..Self::default() };
        for one in &state.connections {
            if one.was_evicted == Some(true) {
                found.evicted.insert(one.target.clone());
            }
            match one.state.as_deref() {
                Some("FULL" | "IDLE") => found.well += 1,
                other => {
                    let state = other.unwrap_or("unknown").to_owned();
                    found.ill.insert(one.target.clone(), state);
                }
            }
        }
        if state.connections.is_empty() {
            let because = state.unread.first().cloned();
            found.unknown = Some(because.unwrap_or("the client shows no connection".into()));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_jobs_own_threads_are_told_first_then_those_in_lustre() {
        let thread = |pid, job_id, waits_for| StuckThread {
            pid,
            tid: pid,
            job_id,
            waits_for,
            ..StuckThread::default()
        };
        let mut stuck = Stuck {
            job_id: Some(7),
            threads: vec![
                thread(1, None, None),
                thread(2, Some(8), Some(WaitsFor::Data)),
                thread(3, Some(7), None),
            ],
            ..Stuck::default()
        };
        stuck.put_in_order();
        assert_eq!(stuck.threads.iter().map(|one| one.pid).collect::<Vec<_>>(), [3, 2, 1]);
        assert_eq!(stuck.of_the_job().count(), 1);
        stuck.job_id = None;
        assert_eq!(stuck.of_the_job().count(), 3);
    }
}
