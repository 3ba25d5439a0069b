//! README's journey "check 4,000 nodes and read the answer": the commands that stand there, run on ten nodes,
//! print what stands there. `FSXLUSTRE_UPDATE_EXPECTED=1` writes what they print today.
//!
//! `aws` is a program of this test: `send-command` has the document run by the harness, and
//! `list-command-invocations` answers with what the harness keeps, queried by the real JMESPath.

use fsxlustre_tests::ssm::{Agent, Document, Version};
use fsxlustre_tests::{Running, Sandbox, Setup};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

const BEGIN: &str = "<!-- journey: ssm -->\n```\n";
const END: &str = "```\n<!-- /journey -->";
const COMMAND_ID: &str = "0831e1a8-a1ac-4257-a1fd-c831bb48c4f4";

const AWS: &str = r#"#!PYTHON
import json, os, sys
import jmespath
words = sys.argv[1:]
query = words[words.index("--query") + 1]
with open(os.path.join(os.path.dirname(__file__), words[1] + ".json")) as file:
    found = jmespath.search(query, json.load(file))
rows = found if isinstance(found, list) else [found]
for row in rows:
    cells = row if isinstance(row, list) else [row]
    print("\t".join(str(cell) for cell in cells))
"#;

fn nodes() -> Vec<(Sandbox, Running)> {
    (0..10)
        .map(|_| {
            let node = Setup::standard()
                .aws_of("127.0.0.1:1")
                .start()
                .unwrap_or_else(|error| panic!("{error}"));
            let servers = node.answering_servers();
            (node, servers)
        })
        .collect()
}

/// The value of an option in a command line of the README.
fn option<'a>(command: &'a str, name: &str) -> &'a str {
    let (_, rest) = command.split_once(name).unwrap_or_else(|| panic!("{name} in {command}"));
    rest.split_whitespace().next().expect("a value")
}

/// Has the document of this command run on every node.
fn sent(command: &str, nodes: &[(Sandbox, Running)]) -> Vec<Value> {
    let name = option(command, "--document-name ");
    let document = Document::packaged(name);
    let given: Vec<(&str, &str)> =
        option(command, "--parameters ").split_once('=').into_iter().collect();
    let given: Vec<(&str, String)> = given
        .into_iter()
        .map(|(name, value)| (name, value.replace(['\'', '"', '\\'], "")))
        .collect();
    let given: Vec<(&str, &str)> =
        given.iter().map(|(name, value)| (*name, value.as_str())).collect();
    nodes
        .iter()
        .enumerate()
        .map(|(number, (node, _))| {
            let version = if number == 8 { Version::Old } else { Version::Current };
            let agent = Agent::of(node).instance(&format!("i-{:017x}", 0xa1_0000 + number));
            agent.version(version).run(&document, &given).listed(COMMAND_ID, name)
        })
        .collect()
}

fn python() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    target.join("aws-endpoint/bin/python").canonicalize().map_or_else(
        |error| panic!("{error}: run tests/prepare test"),
        // The environment is found by the link, not by what it points to.
        |_| target.join("aws-endpoint/bin/python"),
    )
}

#[test]
fn the_journey_prints_what_the_readme_shows() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(&path).expect("README.md");
    let (before, rest) = readme.split_once(BEGIN).expect("where the journey begins");
    let (shown, after) = rest.split_once(END).expect("where it ends");

    let nodes = nodes();
    for broken in [2, 5] {
        nodes[broken].0.remove("/run/standin/usr/bin/lfs");
    }
    nodes[9].0.run(["umount", "/usr/bin/fsxlustre"]).assert_success();
    nodes[9].0.remove("/usr/bin/fsxlustre");
    let folder = tempfile::tempdir().expect("a folder");
    let aws = folder.path().join("aws");
    let program = AWS.replace("PYTHON", &python().to_string_lossy());
    std::fs::write(&aws, program).expect("written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&aws, mode).expect("its mode");
    let answer = |name: &str, value: &Value| {
        let file = folder.path().join(format!("{name}.json"));
        std::fs::write(file, value.to_string()).expect("written");
    };
    let mut printed = String::new();
    for command in shown.lines().filter_map(|line| line.strip_prefix("$ ")) {
        if command.starts_with("aws ssm send-command") {
            let listed = sent(command, &nodes);
            answer("send-command", &json!({ "Command": { "CommandId": COMMAND_ID } }));
            answer("list-command-invocations", &json!({ "CommandInvocations": listed }));
        }
        let search = format!("{}:/usr/bin:/bin", folder.path().display());
        let output = Command::new("bash")
            .args(["-c", command])
            .env("PATH", search)
            .env("LC_ALL", "C")
            .output()
            .expect("bash runs");
        assert!(output.status.success(), "{command}: {output:?}");
        printed += &format!("$ {command}\n{}", String::from_utf8_lossy(&output.stdout));
    }
    if std::env::var_os("FSXLUSTRE_UPDATE_EXPECTED").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{printed}{END}{after}")).expect("README.md");
        return;
    }
    assert_eq!(printed, shown);
}
