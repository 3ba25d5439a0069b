//! README's journey "a checkpoint directory for 512 ranks": the commands that stand there, run, print what stands there.
//! `FSXLUSTRE_UPDATE_EXPECTED=1` writes what they print today.

use fsxlustre_tests::{FileSystem, Sandbox};
use std::path::PathBuf;

const BEGIN: &str = "<!-- journey: layout -->\n```\n";
const END: &str = "```\n<!-- /journey -->";

#[test]
fn the_journey_prints_what_the_readme_shows() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(&path).expect("README.md");
    let (before, rest) = readme.split_once(BEGIN).expect("where the journey begins");
    let (shown, after) = rest.split_once(END).expect("where it ends");

    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().osts(16));
    sandbox.run(["mkdir", "-p", "/mnt/fsx"]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", &made.id, "/mnt/fsx"]).assert_success();
    let (configuration, _) = shown.split_once("$ ").expect("a command");
    sandbox.append_config(&format!("\n{configuration}"));
    let commands = shown.lines().filter_map(|line| line.strip_prefix("$ "));
    let ran: String = commands
        .map(|command| {
            let done = sandbox.run(["bash", "-c", command]).assert_success();
            format!("$ {command}\n{}", done.stdout)
        })
        .collect();
    let printed = format!("{configuration}{ran}");
    if std::env::var_os("FSXLUSTRE_UPDATE_EXPECTED").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{printed}{END}{after}")).expect("README.md");
        return;
    }
    assert_eq!(printed, shown);
}
