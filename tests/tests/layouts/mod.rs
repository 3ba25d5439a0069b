//! A file system that is mounted, with profiles, and the two programs that speak of layouts.

use fsxlustre_tests::{FileSystem, Output, Sandbox};

/// Where it is mounted.
pub const FSX: &str = "/mnt/fsx";
/// The client's `lfs`.
pub const LFS: &str = "/run/standin/usr/bin/lfs";

/// With this configuration.
pub fn mounted(profiles: &str) -> Sandbox {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre());
    sandbox.append_config(profiles);
    sandbox.run(["mkdir", "-p", FSX]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", &made.id, FSX]).assert_success();
    sandbox
}

/// Runs `fsxlustre layout`; `@` is where it is mounted.
pub fn layout(sandbox: &Sandbox, words: &str) -> Output {
    let words = words.replace('@', FSX);
    sandbox.run(["fsxlustre", "layout"].into_iter().chain(words.split(' ')))
}

/// Runs a line of bash, in which `lfs` is the client's.
#[track_caller]
pub fn shell(sandbox: &Sandbox, line: &str) -> Output {
    let line = line.replace('@', FSX).replace("lfs ", &format!("{LFS} "));
    sandbox.run(["bash", "-c", &line]).assert_success()
}
