//! Which processes are a job's: those in its cgroups, and Slurm's own for it.
//!
//! Never by user: a user may have other jobs on the node. Slurm's daemons are in a job's cgroup too,
//! but are nobody's to end.

use super::traces::{is_roots_step_daemon, lineage};
use fsxlustre_mount::host::{CgroupPlace, Host};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The processes of one job on this node.
#[derive(Clone, Debug)]
pub(super) struct Members<'a> {
    processes: &'a Path,
    job: String,
    /// The unique id of the run, by which later versions of Slurm name cgroups.
    run: Option<String>,
}

impl<'a> Members<'a> {
    /// Those of the job of that number, whose run may have an id of its own.
    pub(super) fn of(host: &'a Host, job: u32, run: Option<String>) -> Self {
        Self { processes: &host.paths.processes, job: job.to_string(), run }
    }

    fn folder(&self, pid: u32) -> PathBuf {
        self.processes.join(pid.to_string())
    }

    /// Whether a process is in one of the job's cgroups.
    fn has(&self, pid: u32) -> bool {
        let places = CgroupPlace::of(&self.folder(pid));
        places.iter().filter_map(CgroupPlace::job).any(|name| self.is_named(name))
    }

    fn is_named(&self, name: &str) -> bool {
        name == self.job || self.run.as_deref() == Some(name)
    }

    /// Sends a signal to those of `pids` that are the job's, and says to which. Who called us, and
    /// Slurm's own, are spared.
    pub(super) fn signal(&self, pids: &BTreeSet<u32>, signal: Signal) -> Vec<u32> {
        let spared = lineage(self.processes);
        let is_meant = |pid: u32| {
            !spared.contains(&pid) && self.has(pid) && !is_roots_step_daemon(&self.folder(pid))
        };
        let mut signalled = Vec::new();
        for pid in pids {
            let raw = i32::try_from(*pid).ok().and_then(Pid::from_raw);
            // Held first, so that who is looked at is who is signalled.
            let Some(held) = raw.and_then(|raw| pidfd_open(raw, PidfdFlags::empty()).ok()) else {
                continue;
            };
            if is_meant(*pid) && pidfd_send_signal(&held, signal).is_ok() {
                signalled.push(*pid);
            }
        }
        signalled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_is_signalled_and_we_are_spared() {
        let host = Host::default();
        let members = Members::of(&host, 9, None);
        let own = std::process::id();
        let above = lineage(members.processes);
        assert!(above.contains(&own) && above.len() > 1);
        assert_eq!(members.signal(&[own, 1, u32::MAX].into(), Signal::CONT), Vec::<u32>::new());
    }
}
