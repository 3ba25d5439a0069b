//! README's journey "stage in, export, tear down": the commands that stand there, run, print what stands there.
//! `FSXLUSTRE_UPDATE_EXPECTED=1` writes what they print today.

use fsxlustre_tests::{FileSystem, Sandbox};
use regex_lite::Regex;
use serde_json::json;
use std::path::PathBuf;

const BEGIN: &str = "<!-- journey: staging -->\n```\n";
const END: &str = "```\n<!-- /journey -->";

/// 300 files of S3 that are not here yet, and two results that are not in S3.
fn node() -> (Sandbox, FileSystem) {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.set_associations(
        &made.id,
        &json!([{
            "AssociationId": "dra-0a1b2c3d4e5f60718", "FileSystemPath": "/",
            "DataRepositoryPath": "s3://genomics", "Lifecycle": "AVAILABLE", "S3": {},
        }]),
    );
    let lines = "mkdir -p /mnt/fsx && mount -t fsxlustre tag:Project:genomics /mnt/fsx && \
         mkdir -p /mnt/fsx/input/{a,b,c} /mnt/fsx/results && cd /mnt/fsx/input && \
         for f in {a,b,c}/{1..100}; do head -c 20480 /dev/zero >$f; done && \
         head -c 8192 /dev/zero >../results/summary.csv && head -c 4096 /dev/zero >../results/run.log";
    sandbox.run(["bash", "-ec", lines]).assert_success();
    sandbox.archive(&made.mount_name, "copytool 0 1200");
    sandbox.archive(&made.mount_name, "set /input 0d");
    sandbox.set_metric(&made.id, "ClientConnections", &[(60, 1.0)]);
    sandbox.end_tasks(&json!({"looks": 1, "lifecycle": "SUCCEEDED", "total": 2, "failed": 0}));
    (sandbox, made)
}

/// Ids and ages are others each time.
fn settled(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, settled) in [
        (r"\b(fs|task)-[0-9a-f]{17}\b", "$1-0123456789abcdef0"),
        (r" in \d+ seconds?\n", " in 2 seconds\n"),
        (r"(?m)^(  .{10}) +(now|\d+ s ago)  ", "$1          …  "),
    ] {
        text = Regex::new(pattern).expect("a pattern").replace_all(&text, settled).into_owned();
    }
    text
}

#[test]
fn the_journey_prints_what_the_readme_shows() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(&path).expect("README.md");
    let (before, rest) = readme.split_once(BEGIN).expect("where the journey begins");
    let (shown, after) = rest.split_once(END).expect("where it ends");
    let (sandbox, made) = node();
    let commands = shown.lines().filter_map(|line| line.strip_prefix("$ "));
    let printed: String = commands
        .map(|command| {
            let done = sandbox.run(["bash", "-c", command]);
            assert!(matches!(done.code(), Some(0 | 1)), "{done}");
            if command.contains("export start") {
                // What FSx's task has done to the files.
                sandbox.archive(&made.mount_name, "set /results 09");
            }
            format!("$ {command}\n{}", settled(&done.stdout))
        })
        .collect();
    if std::env::var_os("FSXLUSTRE_UPDATE_EXPECTED").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{printed}{END}{after}")).expect("README.md");
        return;
    }
    assert_eq!(printed, shown);
}
