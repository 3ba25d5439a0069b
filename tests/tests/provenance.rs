//! What is linked into the programs: the licences that packages carry, and the bill of materials beside them.

use fsxlustre_tests::stage::built_stage;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "x86_64-unknown-linux-gnu";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.current_dir(root()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// The licences and the bill, made anew.
fn made() -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    run(Command::new(root().join("packaging/provenance")).arg(folder.path()));
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    (read("THIRD-PARTY-LICENSES"), read("fsxlustre.cdx.json"))
}

/// `NAME VERSION` of each crate that Cargo links.
fn linked() -> BTreeSet<String> {
    let packages = ["--package", "fsxlustre-agent", "--package", "fsxlustre-mount"];
    let tree = run(Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--edges", "normal", "--target", TARGET, "--prefix", "none"])
        .args(packages));
    let crates = tree.lines().filter_map(|line| {
        let mut words = line.split(' ');
        Some(format!("{} {}", words.next()?, words.next()?.trim_start_matches('v')))
    });
    crates.collect()
}

#[test]
fn each_crate_that_is_linked_stands_in_the_licences_with_a_text() {
    let (licences, _) = made();
    let (list, texts) = licences.split_once("\n\n====").unwrap();
    let listed: BTreeSet<_> = list
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(crate_, _)| crate_.trim_end_matches('*').to_owned())
        .collect();
    let linked = linked();
    assert!(
        linked.len() > 150
            && linked.contains(concat!("fsxlustre-mount ", env!("CARGO_PKG_VERSION")))
    );
    assert_eq!(listed, linked);
    let without: Vec<_> = linked
        .iter()
        .filter(|name| {
            let stands = |line: &str| line.split(", ").any(|one| one == name.as_str());
            !texts.lines().any(stands)
        })
        .collect();
    assert!(without.is_empty(), "{without:?}");
    for known in
        ["Redistribution and use in source and binary forms", "TERMS AND CONDITIONS FOR USE"]
    {
        assert!(texts.contains(known), "{known}");
    }
}

#[test]
fn each_crate_that_is_linked_stands_in_the_bill_of_materials() {
    let (_, bill) = made();
    let bill: Value = serde_json::from_str(&bill).unwrap();
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let components = bill["components"].as_array().unwrap();
    let standing: BTreeSet<_> = components
        .iter()
        .filter(|one| text(one, "purl").starts_with("pkg:cargo/"))
        .map(|one| format!("{} {}", text(one, "name"), text(one, "version")))
        .collect();
    assert_eq!(standing, linked());
    let references: BTreeSet<_> = components.iter().map(|one| text(one, "bom-ref")).collect();
    assert_eq!(references.len(), components.len());
    for row in bill["dependencies"].as_array().unwrap() {
        let needed = row["dependsOn"].as_array().unwrap();
        assert!(needed.iter().all(|one| references.contains(one.as_str().unwrap())), "{row}");
    }
    for one in components {
        let is_ours =
            text(one, "name").starts_with("fsxlustre-") || text(one, "name") == "rust-std";
        assert!(is_ours || one["hashes"][0]["alg"] == "SHA-256", "{one}");
    }
}

#[test]
fn the_bill_fits_the_schema_and_deny_toml() {
    let folder = tempfile::tempdir().unwrap();
    let bill = made().1;
    let changed = |from: &str, to: &str| {
        assert!(bill.contains(from), "{from}");
        bill.replace(from, to)
    };
    let odd = changed("\"excluded\"", "\"absent\"");
    let forbidden = changed("\"Zlib\"", "\"GPL-3.0-only\"");
    let files = [("good", &bill), ("odd", &odd), ("forbidden", &forbidden)].map(|(name, text)| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    });
    let said = run(Command::new(built_stage("ways-in").join("bin/python"))
        .args(["tests/ways-in/bill-of-materials", "deny.toml"])
        .args(files));
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines[0], "fits");
    // The check finds what is wrong.
    assert!(lines[1].contains("'absent' is not one of"), "{said}");
    assert!(lines[2].contains("GPL-3.0-only is not allowed"), "{said}");
}

#[test]
fn the_same_commit_gives_the_same_bytes_wherever_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("elsewhere");
    run(Command::new("git").args(["-c", "safe.directory=*", "clone", "--quiet", "."]).arg(&copy));
    let commit = run(Command::new("git").args(["-c", "safe.directory=*", "rev-parse", "HEAD"]));
    let make = |program: &Path, out: &str| {
        let out = folder.path().join(out);
        run(Command::new(program).arg(&out));
        ["THIRD-PARTY-LICENSES", "fsxlustre.cdx.json"]
            .map(|name| std::fs::read_to_string(out.join(name)).unwrap())
    };
    let there = make(&copy.join("packaging/provenance"), "there");
    let again = make(&copy.join("packaging/provenance"), "again");
    assert!(there == again);
    for text in &there {
        assert!(!text.contains(folder.path().to_str().unwrap()), "a path of this machine");
        assert!(!text.contains("/.cargo/registry"), "a path of this machine");
    }
    assert!(there[1].contains(commit.trim()));
}
