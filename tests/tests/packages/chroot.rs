//! A clean root, made by `tests/chroots/build`, in a sandbox whose stand-in client and AWS endpoint it shares.

#![allow(dead_code, reason = "each test file that includes this uses its own part")]

use fsxlustre_tests::stage::{built_program, built_stage};
use fsxlustre_tests::{FileSystem, Output, Running, Sandbox, Setup};
use std::path::Path;
use std::time::{Duration, Instant};

/// Where the root is in the sandbox.
pub const ROOT: &str = "/run/chroot/root";

/// What the package manager and mount(8) keep for themselves.
const OF_OTHERS: [&str; 7] = [
    "/var/lib/dpkg",
    "/var/lib/rpm",
    "/var/log",
    "/etc/.pwd.lock",
    "/usr/lib/sysimage",
    "/run/mount",
    "/tmp",
];

/// The root.
pub struct Chroot {
    /// What it is in.
    pub sandbox: Sandbox,
}

impl Chroot {
    /// One of `target/chroots`; what is changed in it stays in the sandbox.
    pub fn of(name: &str) -> Self {
        // The stand-in's programs are links to it.
        let standin = built_program("standin-client").canonicalize().unwrap();
        let lower = built_stage("chroots").join(name).canonicalize().unwrap();
        let sandbox = Setup::bare().start().unwrap_or_else(|error| panic!("{error}"));
        let script = format!(
            "set -eu; cd /run; mkdir -p chroot/changes chroot/work chroot/root
             mount -t overlay -o lowerdir={},upperdir=/run/chroot/changes,workdir=/run/chroot/work overlay {ROOT}
             for folder in proc dev sys; do mount --rbind /$folder {ROOT}/$folder; done
             mkdir -p {ROOT}/run/standin {ROOT}/mnt; mount --rbind /run/standin {ROOT}/run/standin
             mkdir -p {ROOT}{programs}; mount --bind {programs} {ROOT}{programs}
             # Names come from /etc/hosts.
             cp /etc/nsswitch.conf {ROOT}/etc/nsswitch.conf
             for file in hosts resolv.conf; do rm -f {ROOT}/etc/$file; : >{ROOT}/etc/$file; done",
            lower.display(),
            programs = standin.parent().unwrap().display()
        );
        sandbox.run(["sh", "-c", &script]).assert_success();
        Self { sandbox }
    }

    /// Runs lines of sh in it.
    #[track_caller]
    pub fn sh(&self, script: &str) -> Output {
        self.sandbox
            .command(["chroot", ROOT, "/bin/sh", "-c", script])
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .run()
    }

    /// What such lines print; they must end with 0.
    #[track_caller]
    pub fn ask(&self, script: &str) -> String {
        self.sh(script).assert_success().stdout
    }

    /// Whether a path is there, also as a link that leads nowhere.
    pub fn has(&self, path: &str) -> bool {
        self.sh(&format!("test -e {path} || test -L {path}")).is_success()
    }

    /// Writes a file.
    pub fn write(&self, path: &str, text: &str) {
        self.sandbox.write_file(&format!("{ROOT}{path}"), text);
    }

    /// dpkg, with a package of the host.
    pub fn dpkg(&self, package: &Path) -> Output {
        let copied = format!("{ROOT}/tmp/package.deb");
        self.sandbox.run(["cp".as_ref(), package.as_os_str(), copied.as_ref()]).assert_success();
        self.sh("dpkg --install --force-downgrade /tmp/package.deb").assert_success()
    }

    /// rpm of the host, on this root.
    #[track_caller]
    pub fn rpm(&self, words: &[&str], package: &str) -> Output {
        // Debian's rpm warns of itself else.
        let all = ["rpm", "--force-debian", "--root", ROOT, "--dbpath", "/var/lib/rpm"];
        let words = all.iter().chain(words).chain([&package]).copied();
        self.sandbox.run(words.collect::<Vec<_>>())
    }

    /// Every file there is: kind, mode, owner, path and size; what is in those of /etc.
    pub fn files(&self) -> Vec<String> {
        let shown = self.ask(
            "find / -xdev ! -type d -printf '%y %m %u %g %p %s %l\\n' -o -printf '%y %m %u %g %p\\n'; \
             find /etc -type f -exec cksum {} +",
        );
        let is_ours = |line: &&str| {
            let path = line.split(' ').find(|word| word.starts_with('/')).unwrap_or_default();
            // Copies that the tools for users keep.
            let is_copy = path.starts_with("/etc/") && path.ends_with('-');
            !is_copy && !OF_OTHERS.iter().any(|folder| path.starts_with(folder))
        };
        let mut files: Vec<String> = shown.lines().filter(is_ours).map(str::to_owned).collect();
        files.sort();
        files
    }

    /// A file system that is found by a tag, and the settings by which a job gets it.
    pub fn genomics(&self) -> FileSystem {
        let made = self.sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
        let settings = self.sandbox.read_file("/etc/fsxlustre/fsxlustre.toml");
        let jobs = "\n[[jobs.mount]]\nsource = \"tag:Project:genomics\"\n\
                    directory = \"/mnt/genomics\"\noptions = \"noatime,flock\"\n\
                    [layout.profiles.large]\nstripe_count = 4\n";
        self.write("/etc/fsxlustre/fsxlustre.d/site.toml", &(settings + jobs));
        self.sandbox.run(["cp", "/etc/hosts", &format!("{ROOT}/etc/hosts")]).assert_success();
        made
    }

    /// The start or the end of a job.
    pub fn job(&self, verb: &str, id: &str) -> Output {
        self.sh(&format!(
            "SLURM_JOB_ID={id} SLURM_CLUSTER_NAME=prod SLURM_JOB_PARTITION=cpu SLURM_JOB_RESTART_COUNT=0 \
             SLURMD_NODENAME=node-1 fsxlustre job {verb}"
        ))
    }

    /// The line of mountinfo for a directory, empty when nothing is mounted there.
    pub fn mountinfo(&self, directory: &str) -> String {
        let wanted = format!(" {directory} ");
        let all = self.ask("cat /proc/self/mountinfo");
        all.lines().rev().find(|line| line.contains(&wanted)).unwrap_or_default().to_owned()
    }

    /// A process that has its current folder in a directory.
    pub fn holder(&self, directory: &str) -> Running {
        let script = format!("cd {directory} && echo in && exec sleep 600");
        let holder = self.sandbox.spawn(["chroot", ROOT, "/bin/sh", "-c", &script]);
        let started = Instant::now();
        while !holder.stdout().contains("in") {
            assert!(started.elapsed() < Duration::from_secs(10), "{}", holder.stderr());
            std::thread::sleep(Duration::from_millis(10));
        }
        holder
    }
}
