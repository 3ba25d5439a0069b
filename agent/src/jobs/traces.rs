//! What is to be seen of jobs on this node: Slurm's cgroups and its own processes for them. One look
//! serves all jobs.
//!
//! Slurm's cgroups are listed at once. Processes are looked at by a child with a deadline: procfs
//! itself may make whoever reads it wait.

use fsxlustre_mount::host::{
    CgroupPlace, Deadline, Host, MountTable, Program, RunLimits, cgroup_hierarchy, read_text,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Slurm's program for a step.
const STEP_DAEMON: &str = "slurmstepd";
/// The step that a job has on each of its nodes as long as it lasts, with `PrologFlags=Contain`.
const EXTERN: &str = "extern";
/// The first argument that makes `fsxlustre` look at processes; their folder follows.
const WORD: &str = "--fsxlustre-traces";

/// The jobs that are to be seen, by the words that Slurm names them by: a job's id, or its run's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traces {
    jobs: BTreeSet<String>,
    with_extern_step: BTreeSet<String>,
    /// Those of which a step's daemon is seen that did not start whoever looks.
    #[serde(default)]
    with_other_step: BTreeSet<String>,
}

impl Traces {
    /// Whether anything is seen of one of these names.
    pub(super) fn has(&self, names: &[String]) -> bool {
        names.iter().any(|name| self.jobs.contains(name))
    }

    /// Whether the extern step is seen of one of these names.
    pub(super) fn has_extern_step(&self, names: &[String]) -> bool {
        names.iter().any(|name| self.with_extern_step.contains(name))
    }

    /// Whether a step of one of these names is seen, other than the one that whoever looks runs in.
    pub(super) fn has_other_step(&self, names: &[String]) -> bool {
        names.iter().any(|name| self.with_other_step.contains(name))
    }

    fn add(&mut self, job: &str, has_extern_step: bool) {
        self.jobs.insert(job.to_owned());
        if has_extern_step {
            self.with_extern_step.insert(job.to_owned());
        }
    }

    /// The cgroups of jobs, be they empty. `None` when the mounts cannot be read.
    ///
    /// *Source*: [`CgroupPlace::job`] has the layouts.
    pub(super) fn of_cgroups(host: &Host) -> Option<Self> {
        let table = MountTable::read(&host.paths.processes.join("self/mountinfo")).ok()?;
        let mut traces = Self::default();
        for mount in table.mounts.iter().filter(|mount| mount.fs_type == "cgroup") {
            for slurm in below(&mount.directory, |name| name.starts_with("slurm")) {
                let users = below(&slurm, |name| name.starts_with("uid_"));
                for user in users {
                    traces.add_all(&user);
                }
            }
        }
        if let Some(mount) = cgroup_hierarchy(&table, "") {
            let is_scope = |name: &str| name.ends_with("slurmstepd.scope");
            let scopes = below(&mount.join("system.slice"), is_scope);
            for scope in scopes {
                traces.add_all(&scope);
            }
        }
        Some(traces)
    }

    /// Takes in the jobs whose cgroups are in this folder.
    fn add_all(&mut self, folder: &Path) {
        for job in below(folder, |name| name != "system") {
            let name = job.file_name().unwrap_or_default().to_string_lossy();
            let step = job.join(format!("step_{EXTERN}"));
            self.add(name.strip_prefix("job_").unwrap_or(&name), step.exists());
        }
    }

    /// Has a child look at all processes. `None` when it does not answer in time.
    pub(super) fn of_processes(host: &Host, deadline: Deadline) -> Option<Self> {
        let words = [WORD.into(), host.paths.processes.clone().into_os_string()];
        let limits = RunLimits { grace: std::time::Duration::ZERO, ..RunLimits::until(deadline) };
        let done = Program::own().run(&words, &limits).ok()?;
        serde_json::from_str(&done.stdout).ok().filter(|_| done.status.success())
    }

    /// What that child does.
    pub fn look(processes: &Path) -> Self {
        let mut traces = Self::default();
        let is_number = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
        let lineage = lineage(processes);
        let is_above = |process: &Path| {
            let pid = process.file_name().and_then(|name| name.to_str()?.parse().ok());
            pid.is_some_and(|pid: u32| lineage.contains(&pid))
        };
        for process in below(processes, is_number) {
            for place in CgroupPlace::of(&process) {
                if let Some(job) = place.job() {
                    traces.add(job, false);
                }
            }
            if let Some((job, step)) = step_of(&process) {
                traces.add(&job, step == EXTERN);
                if !is_above(&process) {
                    traces.with_other_step.insert(job);
                }
            }
        }
        traces
    }
}

/// The jobs of Slurm of which a step lives on this node, by the words that Slurm names them by. `None` when
/// that could not be looked at.
pub fn live_jobs(host: &Host, deadline: Deadline) -> Option<BTreeSet<String>> {
    let processes = Traces::of_processes(host, deadline)?;
    Some(processes.jobs)
}

/// This process and all above it.
pub(super) fn lineage(processes: &Path) -> BTreeSet<u32> {
    let mut all = BTreeSet::new();
    let mut next = Some(std::process::id());
    while let Some(pid) = next.filter(|pid| *pid > 0 && all.insert(*pid)) {
        let stat = read_text(&processes.join(pid.to_string()).join("stat")).unwrap_or_default();
        let after = stat.rsplit_once(')').map(|(_, after)| after.to_owned());
        next = after.and_then(|after| after.split_whitespace().nth(1)?.parse().ok());
    }
    all
}

/// The folder of processes that this process was started to look at, if it was.
pub fn asked_for() -> Option<PathBuf> {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let [word, processes] = words.as_slice() else { return None };
    (word == WORD).then(|| processes.into())
}

/// The job and the step whose daemon a process is.
///
/// *Source*: `slurmstepd: [17.batch]` is how it names itself.
fn step_of(process: &Path) -> Option<(String, String)> {
    // The name first: who reads a command line may have to wait.
    read_text(&process.join("comm")).ok().filter(|name| name.trim_end() == STEP_DAEMON)?;
    if !is_roots_step_daemon(process) {
        return None;
    }
    let words = read_text(&process.join("cmdline")).ok()?;
    let rest = words.strip_prefix(STEP_DAEMON)?;
    let title = rest.trim_start_matches([':', ' ', '\0']).strip_prefix('[')?;
    let (job, step) = title.split(']').next()?.split_once('.')?;
    Some((job.to_owned(), step.to_owned()))
}

/// By program and user: a user may give any name to a process, and to a program of his own.
pub(super) fn is_roots_step_daemon(process: &Path) -> bool {
    let program = std::fs::read_link(process.join("exe")).ok();
    let is_named = program.as_deref().and_then(Path::file_name).is_some_and(|name| {
        name.to_string_lossy().trim_end_matches(" (deleted)").starts_with("slurm")
    });
    is_named && std::fs::metadata(process).is_ok_and(|about| about.uid() == 0)
}

/// The folders in a folder whose names are meant.
fn below(folder: &Path, is_meant: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let folders = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|t| t.is_dir()));
    let names = folders.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| is_meant(name)).map(|name| folder.join(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A procfs with one process, in this cgroup and with this command line.
    fn procfs(cgroup: &str, command: &str, program: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("folder");
        let process = folder.path().join("77");
        std::fs::create_dir_all(&process).expect("folder");
        std::fs::write(process.join("cgroup"), cgroup).expect("file");
        std::fs::write(process.join("cmdline"), command).expect("file");
        std::fs::write(process.join("comm"), "slurmstepd\n").expect("file");
        std::os::unix::fs::symlink(program, process.join("exe")).expect("link");
        folder
    }

    fn names(name: &str) -> Vec<String> {
        vec![name.to_owned()]
    }

    #[test]
    fn a_job_is_seen_by_its_cgroup_or_its_step_daemon() {
        let folder = procfs("6:freezer:/slurm/uid_0/job_9/step_0\n", "sleep\09\0", "/bin/sleep");
        let by_cgroup = Traces::look(folder.path());
        assert!(by_cgroup.has(&names("9")) && !by_cgroup.has(&names("99")));
        let folder = procfs("0::/\n", "slurmstepd: [17.batch]\0", "/usr/sbin/slurmstepd");
        let by_daemon = Traces::look(folder.path());
        let is_root = nix::unistd::geteuid().is_root();
        assert_eq!((by_daemon.has(&names("17")), by_daemon.has(&names("1"))), (is_root, false));
        assert_eq!(by_daemon.has_other_step(&names("17")), is_root);
        assert!(!by_cgroup.has_other_step(&names("9")), "a process is no step's daemon");
        assert!(!by_daemon.has_extern_step(&names("17")));
        let folder = procfs("0::/\n", "slurmstepd: [17.extern]\0", "/usr/sbin/slurmstepd");
        assert_eq!(Traces::look(folder.path()).has_extern_step(&names("17")), is_root);
        let pretender = procfs("0::/\n", "slurmstepd: [17.extern]\0", "/home/x/sleep");
        let by_name = Traces::look(pretender.path());
        assert_eq!(by_name, Traces::default(), "a user may give any name to a process");
    }

    #[test]
    fn cgroups_are_seen_be_they_empty() {
        let folder = tempfile::tempdir().expect("folder");
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        for path in [
            one.join("slurm_n1/uid_1000/job_9/step_extern"),
            one.join("slurm_n1/system"),
            two.join("system.slice/n1_slurmstepd.scope/job_17/step_0"),
            two.join("system.slice/n1_slurmstepd.scope/s3XY/step_extern"),
            two.join("system.slice/n1_slurmstepd.scope/system"),
            folder.path().join("self"),
        ] {
            std::fs::create_dir_all(path).expect("folder");
        }
        let line = |path: &Path, kind: &str| {
            format!("30 29 0:27 / {} rw - {kind} cgroup rw\n", path.display())
        };
        let table = line(&one, "cgroup") + &line(&two, "cgroup2");
        std::fs::write(folder.path().join("self/mountinfo"), table).expect("file");
        let mut host = Host::default();
        host.paths.processes = folder.path().to_owned();
        let seen = Traces::of_cgroups(&host).expect("read");
        let set = |names: &[&str]| names.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
        assert_eq!(seen.jobs, set(&["17", "9", "s3XY"]));
        assert_eq!(seen.with_extern_step, set(&["9", "s3XY"]));
    }
}
