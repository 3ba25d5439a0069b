//! The documents of `packaging/ssm`: sound by our own validator, which is shown to find each fault, and by
//! shellcheck.

use fsxlustre_tests::ssm::{Document, problems, script_problems};
use fsxlustre_tests::stage::source;
use serde_json::{Value, json};

const NAMES: [&str; 7] = [
    "FsxLustre-Check",
    "FsxLustre-Mount",
    "FsxLustre-Unmount",
    "FsxLustre-ApplyLayout",
    "FsxLustre-Tune",
    "FsxLustre-InstallClient",
    "FsxLustre-SupportBundle",
];

fn text(name: &str) -> String {
    source(&format!("packaging/ssm/{name}.json"))
}

#[test]
fn every_document_is_sound() {
    for name in NAMES {
        assert_eq!(problems(&text(name)), Vec::<String>::new(), "{name}");
        assert_eq!(script_problems(&Document::packaged(name)), "", "{name}");
    }
}

/// A change to a good document, and what has to be said of it.
type Broken = (fn(&mut Value), &'static str);

const BROKEN: &[Broken] = &[
    (
        |value| value["parameters"]["Source"]["allowedPattern"] = "[a-z]+".into(),
        "Source: its pattern is not anchored as a whole: [a-z]+",
    ),
    (
        |value| value["parameters"]["Source"]["allowedPattern"] = "^[a-z]+".into(),
        "Source: its pattern is not anchored as a whole: ^[a-z]+",
    ),
    (
        |value| value["parameters"]["Source"]["allowedPattern"] = "^a|b$".into(),
        "Source: its pattern is not anchored as a whole: ^a|b$",
    ),
    (
        |value| value["parameters"]["Source"]["allowedPattern"] = r"^a\$".into(),
        r"Source: its pattern is not anchored as a whole: ^a\$",
    ),
    (
        |value| value["parameters"]["Source"]["allowedPattern"] = "^(?m)a$".into(),
        "Source: its pattern is not anchored as a whole: ^(?m)a$",
    ),
    (
        |value| {
            value["parameters"]["Source"].as_object_mut().unwrap().remove("allowedPattern");
        },
        "Source: nothing says what it may be",
    ),
    (
        |value| value["parameters"]["Extra"] = value["parameters"]["Detail"].clone(),
        "Extra: it is declared and not used",
    ),
    (
        |value| {
            value["parameters"].as_object_mut().unwrap().remove("Source");
        },
        "Source: it is used and not declared",
    ),
    (
        |value| value["mainSteps"][0]["inputs"]["runCommand"][3] = "echo $SSM_Other".into(),
        "Other: it is used and not declared",
    ),
    (
        |value| value["mainSteps"][0]["inputs"]["runCommand"][3] = "echo {{ Source }}".into(),
        "a parameter is pasted into its text: {{ }}",
    ),
    (
        |value| {
            value["parameters"]["Source"].as_object_mut().unwrap().remove("interpolationType");
        },
        "Source: it does not come by the environment (interpolationType)",
    ),
    (
        |value| value["parameters"]["Gate"]["default"] = "breakfast".into(),
        "Gate: its default: parameter value of Gate is not in the allowed list",
    ),
    (
        |value| {
            value["mainSteps"][0].as_object_mut().unwrap().remove("precondition");
        },
        "it has no precondition that the platform is Linux",
    ),
    (
        |value| {
            value["mainSteps"][0]["inputs"].as_object_mut().unwrap().remove("timeoutSeconds");
        },
        "it has no timeoutSeconds of 5 to 172800",
    ),
    (|value| value["schemaVersion"] = "1.2".into(), "schemaVersion is not 2.2"),
    (|value| value["description"] = "x".repeat(70_000).into(), "it is larger than 65536 bytes"),
];

#[test]
fn the_validator_finds_each_fault() {
    for (break_it, wanted) in BROKEN {
        let mut value: Value = serde_json::from_str(&text("FsxLustre-Check")).unwrap();
        break_it(&mut value);
        let found = problems(&value.to_string());
        assert!(found.iter().any(|one| one == wanted), "{wanted}: {found:?}");
    }
    assert_eq!(problems("- yaml"), ["it is not JSON"]);
    let script =
        json!({ "mainSteps": [{ "inputs": { "runCommand": ["#!/bin/sh", "rm -r $1"] } }] });
    assert!(script_problems(&Document::of(&script.to_string())).contains("SC2086"));
}
