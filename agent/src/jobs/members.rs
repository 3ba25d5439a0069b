//! Which processes are a job's: those in its cgroups, and Slurm's own for it.
//!
//! Never by user: a user may have other jobs on the node. Slurm's daemons are in a job's cgroup too,
//! but are nobody's to end.

use fsxlustre_mount::host::{CgroupPlace, Host, MountTable, cgroup_hierarchy, read_text};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Slurm's program for a step.
const STEP_DAEMON: &str = "slurmstepd";

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

    /// Whether a process is Slurm's own for a step of this job.
    ///
    /// *Source*: `slurmstepd: [17.batch]` is how it names itself.
    fn is_step_daemon_of_it(&self, pid: u32) -> bool {
        let Ok(words) = read_text(&self.folder(pid).join("cmdline")) else { return false };
        let step = words
            .strip_prefix(STEP_DAEMON)
            .and_then(|rest| rest.trim_start_matches([':', ' ', '\0']).strip_prefix('['));
        step.is_some_and(|step| step.split(['.', ']']).next() == Some(self.job.as_str()))
            && self.is_roots_step_daemon(pid)
    }

    /// By program and user: a user may give any name to a process, and to a program of his own.
    fn is_roots_step_daemon(&self, pid: u32) -> bool {
        let folder = self.folder(pid);
        let program = std::fs::read_link(folder.join("exe")).ok();
        let is_named = program.as_deref().and_then(Path::file_name).is_some_and(|name| {
            name.to_string_lossy().trim_end_matches(" (deleted)").starts_with("slurm")
        });
        is_named && std::fs::metadata(&folder).is_ok_and(|about| about.uid() == 0)
    }

    /// Sends a signal to those of `pids` that are the job's, and says to which. Who called us, and
    /// Slurm's own, are spared.
    pub(super) fn signal(&self, pids: &BTreeSet<u32>, signal: Signal) -> Vec<u32> {
        let spared = self.ourselves();
        let is_meant =
            |pid: u32| !spared.contains(&pid) && self.has(pid) && !self.is_roots_step_daemon(pid);
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

    /// This process and all above it.
    fn ourselves(&self) -> BTreeSet<u32> {
        let mut all = BTreeSet::new();
        let mut next = Some(std::process::id());
        while let Some(pid) = next.filter(|pid| *pid > 0 && all.insert(*pid)) {
            let stat = read_text(&self.folder(pid).join("stat")).unwrap_or_default();
            let after = stat.rsplit_once(')').map(|(_, after)| after.to_owned());
            next = after.and_then(|after| after.split_whitespace().nth(1)?.parse().ok());
        }
        all
    }

    /// Whether the job has a process on this node, one of Slurm's for it, or a cgroup.
    pub(super) fn is_here(&self) -> bool {
        let Ok(entries) = std::fs::read_dir(self.processes) else { return true };
        let mut pids =
            entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
        pids.any(|pid| self.has(pid) || self.is_step_daemon_of_it(pid)) || self.has_cgroup()
    }

    /// Whether a cgroup of the job is there, be it empty.
    fn has_cgroup(&self) -> bool {
        let Ok(table) = MountTable::read(&self.processes.join("self/mountinfo")) else {
            return true;
        };
        let is_it = |folder: &Path| {
            let is_meant = |name: &str| self.is_named(name.strip_prefix("job_").unwrap_or(name));
            !below(folder, is_meant).is_empty()
        };
        let of_version_1 = |mount: &Path| {
            let users = below(mount, |name| name.starts_with("slurm"))
                .into_iter()
                .flat_map(|slurm| below(&slurm, |name| name.starts_with("uid_")));
            users.into_iter().any(|user| is_it(&user))
        };
        let of_version_2 = |mount: &Path| {
            let scopes =
                below(&mount.join("system.slice"), |name| name.ends_with("slurmstepd.scope"));
            scopes.into_iter().any(|scope| is_it(&scope))
        };
        let version_1 = table.mounts.iter().filter(|mount| mount.fs_type == "cgroup");
        version_1.into_iter().any(|mount| of_version_1(&mount.directory))
            || cgroup_hierarchy(&table, "").is_some_and(of_version_2)
    }
}

/// The entries of a folder whose names are meant.
fn below(folder: &Path, is_meant: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter(|name| is_meant(name)).map(|name| folder.join(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A procfs with one process, in this cgroup and with this command line.
    fn procfs(cgroup: &str, command: &str, program: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("folder");
        let process = folder.path().join("77");
        std::fs::create_dir_all(folder.path().join("self")).expect("folder");
        std::fs::create_dir_all(&process).expect("folder");
        std::fs::write(folder.path().join("self/mountinfo"), "").expect("file");
        std::fs::write(process.join("cgroup"), cgroup).expect("file");
        std::fs::write(process.join("cmdline"), command).expect("file");
        std::os::unix::fs::symlink(program, process.join("exe")).expect("link");
        folder
    }

    fn is_here(folder: &tempfile::TempDir, job: u32) -> bool {
        let mut host = Host::default();
        host.paths.processes = folder.path().to_owned();
        Members::of(&host, job, None).is_here()
    }

    #[test]
    fn a_job_is_here_by_its_cgroup_or_its_step_daemon() {
        let by_cgroup = procfs("6:freezer:/slurm/uid_0/job_9/step_0\n", "sleep\09\0", "/bin/sleep");
        assert!(is_here(&by_cgroup, 9) && !is_here(&by_cgroup, 99) && !is_here(&by_cgroup, 1));
        let by_daemon = procfs("0::/\n", "slurmstepd: [17.batch]\0", "/usr/sbin/slurmstepd");
        let is_root = nix::unistd::geteuid().is_root();
        assert_eq!((is_here(&by_daemon, 17), is_here(&by_daemon, 1)), (is_root, false));
        let pretender = procfs("0::/\n", "slurmstepd: [17.batch]\0", "/home/x/sleep");
        assert!(!is_here(&pretender, 17), "a user may give any name to a process");
    }

    #[test]
    fn nobody_else_is_signalled_and_we_are_spared() {
        let host = Host::default();
        let members = Members::of(&host, 9, None);
        let own = std::process::id();
        assert!(members.ourselves().contains(&own) && members.ourselves().len() > 1);
        assert_eq!(members.signal(&[own, 1, u32::MAX].into(), Signal::CONT), Vec::<u32>::new());
    }
}
