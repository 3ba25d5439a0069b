//! A node whose configuration gives file systems to jobs, and the hooks that Slurm calls.

use fsxlustre_tests::{FileSystem, Run, Sandbox};

/// Where jobs get it.
pub const DIRECTORY: &str = "/mnt/genomics";

/// What gives it to every job.
pub const RULE: &str =
    "\n[[jobs.mount]]\nsource = \"tag:Project:genomics\"\ndirectory = \"/mnt/genomics\"\n";

/// A node with one file system, and these lines of configuration.
pub fn node(configuration: &str) -> (Sandbox, FileSystem) {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.append_config(configuration);
    (sandbox, made)
}

/// A hook of a job, with the variables that name it.
pub fn hook<'a>(sandbox: &'a Sandbox, verb: &str, id: u32) -> Run<'a> {
    sandbox
        .command(["fsxlustre", "job", verb])
        .env("SLURM_JOB_ID", id.to_string())
        .env("SLURM_CLUSTER_NAME", "prod")
        .env("SLURM_JOB_PARTITION", "cpu")
        .env("SLURM_JOB_RESTART_COUNT", "0")
        .env("SLURMD_NODENAME", "node-1")
}

/// What a job was told.
pub fn told(sandbox: &Sandbox, id: u32) -> String {
    sandbox.read_file(&format!("/run/fsxlustre/told/{id}"))
}

/// The line of mountinfo of a directory, empty when nothing is mounted there.
pub fn mounted(sandbox: &Sandbox, directory: &str) -> String {
    let all = sandbox.read_file("/proc/self/mountinfo");
    let wanted = format!(" {directory} ");
    all.lines().rev().find(|line| line.contains(&wanted)).unwrap_or_default().to_owned()
}

/// Everything below our state folder, but locks.
pub fn state(sandbox: &Sandbox) -> String {
    let words = ["find", "/run/fsxlustre", "-type", "f", "-not", "-path", "*/lock/*"];
    sandbox.run(words).stdout
}
