//! A file system that is mounted, with an archive behind it, and the programs that speak of it.

use fsxlustre_tests::{FileSystem, Output, Sandbox};
use serde_json::Value;

/// Where it is mounted.
pub const FSX: &str = "/mnt/fsx";
/// The client's `lfs`.
pub const LFS: &str = "/run/standin/usr/bin/lfs";

/// A node with a file system.
pub struct Node {
    pub sandbox: Sandbox,
    pub name: String,
}

impl Node {
    /// Whose servers take requests; nobody copies yet.
    pub fn start() -> Self {
        let sandbox = Sandbox::start();
        let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "archive"));
        sandbox.run(["mkdir", "-p", FSX]).assert_success();
        sandbox.run(["mount", "-t", "fsxlustre", &made.id, FSX]).assert_success();
        let node = Self { sandbox, name: made.mount_name };
        node.archive("on");
        node
    }

    /// Tells the servers what to do.
    #[track_caller]
    pub fn archive(&self, words: &str) {
        self.sandbox.archive(&self.name, words);
    }

    /// Runs `fsxlustre hsm`; `@` is where it is mounted.
    pub fn hsm(&self, words: &str) -> Output {
        let words = words.replace('@', FSX);
        self.sandbox.run(["fsxlustre", "hsm"].into_iter().chain(words.split(' ')))
    }

    /// The last line that a command printed, as JSON.
    #[track_caller]
    pub fn json(&self, words: &str) -> Value {
        let said = self.hsm(&format!("{words} --json"));
        let last = said.stdout.lines().last().unwrap_or_else(|| panic!("{said}"));
        serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {said}"))
    }

    /// Runs a line of bash, in which `lfs` is the client's.
    #[track_caller]
    pub fn shell(&self, line: &str) -> String {
        let line = line.replace('@', FSX).replace("lfs ", &format!("{LFS} "));
        self.sandbox.run(["bash", "-c", &line]).assert_success().stdout
    }

    /// The calls of `lfs` for a verb, each with its arguments.
    pub fn calls(&self, verb: &str) -> Vec<Vec<String>> {
        let calls = self.sandbox.client_calls().into_iter().filter_map(|call| {
            let call: Value = serde_json::from_str(&call).ok()?;
            let args = call["args"].as_array()?.iter();
            Some(args.filter_map(|arg| arg.as_str().map(str::to_owned)).collect::<Vec<_>>())
        });
        calls.filter(|args| args.first().is_some_and(|first| first == verb)).collect()
    }
}

/// The files of one row of a status.
pub fn files(value: &Value, row: &str) -> u64 {
    value["counts"][row]["files"].as_u64().unwrap_or_else(|| panic!("{row}: {value}"))
}
