//! A node whose configuration gives every job one file system, and the cgroups of its jobs.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fsxlustre_tests::{FileSystem, Output, Running, Sandbox};

/// Where jobs get it.
pub const DIRECTORY: &str = "/mnt/genomics";
/// The tree of the client.
pub const TREE: &str = "/run/standin";

/// A node with a file system.
#[derive(Debug)]
pub struct Node {
    pub sandbox: Sandbox,
    pub made: FileSystem,
}

impl Node {
    /// One with these lines in `[jobs]`.
    pub fn with(jobs: &str) -> Self {
        let sandbox = Sandbox::start();
        let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
        sandbox.run(["mkdir", "-p", DIRECTORY]).assert_success();
        sandbox.append_config(&format!(
            "\n[jobs]\n{jobs}\n[[jobs.mount]]\nsource = \"tag:Project:genomics\"\n\
             directory = \"{DIRECTORY}\"\n"
        ));
        Self { sandbox, made }
    }

    /// What Slurm's hook runs.
    pub fn job(&self, verb: &str, id: u32) -> Output {
        self.hook(["fsxlustre", "job", verb], id).deadline(Duration::from_mins(2)).run()
    }

    /// A command with the variables of a job.
    pub fn hook<'a>(
        &self,
        words: impl IntoIterator<Item = &'a str>,
        id: u32,
    ) -> fsxlustre_tests::Run<'_> {
        self.sandbox
            .command(words)
            .env("SLURM_JOB_ID", id.to_string())
            .env("SLURM_CLUSTER_NAME", "prod")
            .env("SLURM_JOB_PARTITION", "cpu")
            .env("SLURMD_NODENAME", "node-1")
    }

    /// A start that mounts.
    #[track_caller]
    pub fn started(&self, id: u32) {
        self.job("start", id).assert_success();
        assert!(self.is_mounted(), "job {id} has its file system");
    }

    /// The line of mountinfo for the directory, empty when nothing is mounted there.
    pub fn mountinfo(&self) -> String {
        let all = self.sandbox.read_file("/proc/self/mountinfo");
        let wanted = format!(" {DIRECTORY} ");
        all.lines().rev().find(|line| line.contains(&wanted)).unwrap_or_default().to_owned()
    }

    pub fn is_mounted(&self) -> bool {
        !self.mountinfo().is_empty()
    }

    /// Puts a text into every file of the client's tree that the pattern names.
    pub fn edit(&self, pattern: &str, text: &str) {
        let script = format!("for f in {TREE}/{pattern}; do cat > \"$f\"; done");
        self.sandbox.command(["sh", "-c", &script]).stdin(text).run().assert_success();
    }

    /// Says of one target that so many bytes are not written to it.
    pub fn make_dirty(&self, bytes: u32) {
        let osc = format!("{}-OST0001-osc-*", self.made.mount_name);
        self.edit(&format!("sys/fs/lustre/osc/{osc}/cur_dirty_bytes"), &format!("{bytes}\n"));
    }

    /// What is left of our state: every file but locks.
    pub fn left(&self) -> Vec<String> {
        let script = "cd /run/fsxlustre 2>/dev/null && \
                      find . -type f -not -path './lock/*' | sort; :";
        self.sandbox.run(["sh", "-c", script]).stdout.lines().map(str::to_owned).collect()
    }

    /// What is known of a mount that could not be unmounted.
    pub fn leaked(&self) -> Option<serde_json::Value> {
        let script = "cat /run/fsxlustre/leaked/*.json 2>/dev/null; :";
        let text = self.sandbox.run(["sh", "-c", script]).stdout;
        (!text.is_empty()).then(|| serde_json::from_str(&text).expect("one file of JSON"))
    }

    /// The processes that sleep until housekeeping is due.
    pub fn sleepers(&self) -> Vec<String> {
        self.processes("BecomeAfter")
    }

    /// Processes with this in their arguments.
    pub fn processes(&self, with: &str) -> Vec<String> {
        let all = self.sandbox.run(["ps", "-e", "-o", "pid=,stat=,args="]).stdout;
        let is_meant = |line: &&str| line.contains(with) && !line.contains(" Z");
        all.lines().filter(is_meant).map(str::to_owned).collect()
    }

    /// A shell that says its number and lives on: `script` ends in what keeps it.
    pub fn holder(&self, script: &str) -> (Running, u32) {
        let running = self.sandbox.spawn(["bash", "-c", script]);
        eventually("the holder says its number", || running.stdout().ends_with('\n'));
        let pid =
            running.stdout().trim().parse().unwrap_or_else(|_| panic!("{}", running.stderr()));
        (running, pid)
    }

    pub fn is_alive(&self, pid: u32) -> bool {
        let state = self.sandbox.run(["ps", "-o", "stat=", "-p", &pid.to_string()]).stdout;
        !state.trim().is_empty() && !state.starts_with('Z')
    }
}

/// A number that no other test, and no real job of a test, has.
pub fn job_number(index: u32) -> u32 {
    2_000_000_000 + std::process::id() * 10 + index
}

/// A job's cgroup as Slurm makes it, in the hierarchy of this machine that has that version.
#[derive(Debug)]
pub struct JobCgroup {
    /// The folders, the deepest first.
    folders: Vec<PathBuf>,
}

/// Which version.
#[derive(Clone, Copy, Debug)]
pub enum Version {
    One,
    Two,
}

impl JobCgroup {
    /// Makes it, with a step.
    pub fn new(version: Version, job: u32) -> Self {
        Self::with_step(version, job, "step_0")
    }

    /// Makes it, with the step of that name.
    pub fn with_step(version: Version, job: u32, step: &str) -> Self {
        let own = format!("fsxtest{}", std::process::id());
        let parts = match version {
            Version::One => {
                vec![format!("slurm_{own}"), "uid_0".into(), format!("job_{job}"), step.into()]
            }
            Version::Two => {
                let scope = format!("{own}_slurmstepd.scope");
                vec!["system.slice".into(), scope, format!("job_{job}"), step.into()]
            }
        };
        let mut folder = hierarchy(version);
        let mut folders = Vec::new();
        for part in parts {
            folder.push(part);
            if fs::create_dir(&folder).is_ok() {
                folders.insert(0, folder.clone());
            }
            assert!(folder.is_dir(), "{} cannot be made: run this as root", folder.display());
        }
        Self { folders }
    }

    /// The file into which a process writes 0 to enter it.
    pub fn door(&self) -> String {
        self.folders[0].join("cgroup.procs").display().to_string()
    }
}

impl Drop for JobCgroup {
    fn drop(&mut self) {
        let end = Instant::now() + Duration::from_secs(5);
        for folder in &self.folders {
            // Others may share the upper ones, and the last process may need a moment.
            while fs::remove_dir(folder).is_err() && folder.exists() && Instant::now() < end {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}

/// Where this machine has cgroups of that version.
fn hierarchy(version: Version) -> PathBuf {
    let mounts = fs::read_to_string("/proc/self/mountinfo").expect("readable");
    let fits = |line: &&str| match version {
        Version::One => line.contains(" - cgroup cgroup ") && line.contains("freezer"),
        Version::Two => line.contains(" - cgroup2 "),
    };
    let line = mounts.lines().find(fits).unwrap_or_else(|| {
        panic!("this machine has no cgroups of version {version:?}: mount them on /sys/fs/cgroup")
    });
    Path::new(line.split(' ').nth(4).expect("a mount point")).to_owned()
}

#[track_caller]
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(15);
    while !holds() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
