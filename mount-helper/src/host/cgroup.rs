//! The control groups that a process is in, and the way out of a job's.
//!
//! A scheduler ends whatever is in a job's cgroup, and waits until it is empty. Work that may get
//! stuck in the kernel must therefore not stay there.
//!
//! *Source*: `/proc/PID/cgroup` (cgroups(7)); Slurm's `slurm[_NODE]/uid_U/job_J/step_S` in each
//! hierarchy of version 1, `system.slice/[NODE_]slurmstepd.scope/job_J/step_S` in version 2.

use super::{MountTable, read_text};
use std::io::Write as _;
use std::path::Path;

/// One line of `/proc/PID/cgroup`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CgroupPlace {
    /// The controllers of a hierarchy of version 1 (`freezer`, `cpu,cpuacct`, `name=systemd`); empty
    /// for version 2.
    pub controllers: String,
    /// The path in the hierarchy.
    pub path: String,
}

impl CgroupPlace {
    /// The places of a process, by its folder in procfs; none when it is gone.
    pub fn of(process: &Path) -> Vec<Self> {
        read_text(&process.join("cgroup")).map(|text| Self::parse(&text)).unwrap_or_default()
    }

    fn parse(text: &str) -> Vec<Self> {
        let place = |line: &str| {
            let mut fields = line.splitn(3, ':').skip(1);
            let (controllers, path) = (fields.next()?.to_owned(), fields.next()?.to_owned());
            Some(Self { controllers, path })
        };
        text.lines().filter_map(place).collect()
    }

    /// The word by which Slurm names the job whose cgroup this is: `17` of
    /// `/slurm/uid_0/job_17/step_0`; in version 2 whatever is in the scope of the step daemons, which
    /// may be named by the id of the run.
    pub fn job(&self) -> Option<&str> {
        let mut parts = self.path.split('/').skip_while(|part| !part.contains("slurm"));
        if parts.next()?.ends_with("slurmstepd.scope") {
            let name = parts.next().filter(|name| *name != "system")?;
            return Some(name.strip_prefix("job_").unwrap_or(name));
        }
        parts.find_map(|part| part.strip_prefix("job_"))
    }
}

/// Moves this process out of a job's cgroups, into the root of each hierarchy. What cannot be done
/// is left: the work itself matters more.
pub(crate) fn leave_job() {
    let jobs = CgroupPlace::of(Path::new("/proc/self"));
    if jobs.iter().all(|place| place.job().is_none()) {
        return;
    }
    let Ok(table) = MountTable::read(Path::new("/proc/self/mountinfo")) else { return };
    for place in jobs.iter().filter(|place| place.job().is_some()) {
        let Some(root) = hierarchy(&table, &place.controllers) else { continue };
        let file = std::fs::OpenOptions::new().write(true).open(root.join("cgroup.procs"));
        // 0 is whoever writes it.
        let _ = file.and_then(|mut file| file.write_all(b"0\n"));
    }
}

/// Where a hierarchy is mounted; the controllers of version 2 are none.
pub fn hierarchy<'a>(table: &'a MountTable, controllers: &str) -> Option<&'a Path> {
    let has_all = |mount: &&super::Mount| {
        if controllers.is_empty() {
            return mount.fs_type == "cgroup2";
        }
        let has = |word: &str| mount.super_options.contains(word);
        mount.fs_type == "cgroup" && controllers.split(',').all(has)
    };
    table.mounts.iter().find(has_all).map(|mount| mount.directory.as_path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_read_from_every_layout() {
        // Of Slurm 22.05.8 with cgroup/v1 and several nodes on a host; of its cgroup/v2 as documented.
        let text = "6:freezer:/slurm_n1/uid_0/job_9/step_0\n5:devices:/\n\
                    1:name=systemd:/system.slice/slurmd.service\n\
                    0::/system.slice/n1_slurmstepd.scope/job_17/step_extern/user/task_special\n";
        let places = CgroupPlace::parse(text);
        let jobs: Vec<_> = places.iter().map(CgroupPlace::job).collect();
        assert_eq!(jobs, [Some("9"), None, None, Some("17")]);
        assert_eq!(places[0].controllers, "freezer");
        let foreign = CgroupPlace::parse("0::/user.slice/job_3\nrubbish\n");
        assert_eq!((foreign.len(), foreign[0].job()), (1, None), "no scheduler's");
    }

    #[test]
    fn each_hierarchy_is_found_where_it_is_mounted() {
        let text = "30 29 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
                    31 29 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n\
                    32 29 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let table = MountTable::parse(text.as_bytes());
        let at = |controllers| hierarchy(&table, controllers).and_then(Path::to_str);
        assert_eq!(at("cpu,cpuacct"), Some("/sys/fs/cgroup/cpu,cpuacct"));
        assert_eq!(at("name=systemd"), Some("/sys/fs/cgroup/systemd"));
        assert_eq!(at(""), Some("/sys/fs/cgroup/unified"));
        assert_eq!(at("memory"), None);
    }
}
