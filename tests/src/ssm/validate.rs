//! What is wrong with a document, beyond what Systems Manager itself refuses.

use fsxlustre_agent::ssm::document;
use regex_lite::Regex;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::Document;

/// The largest document that Systems Manager takes.
const LARGEST: usize = 64 << 10;

/// Every problem of a document's text, in words; none for a sound one.
pub fn problems(text: &str) -> Vec<String> {
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return vec!["it is not JSON".into()];
    };
    let mut found = Vec::new();
    if text.len() > LARGEST {
        found.push(format!("it is larger than {LARGEST} bytes"));
    }
    if value["schemaVersion"] != "2.2" {
        found.push("schemaVersion is not 2.2".into());
    }
    for (name, about) in value["parameters"].as_object().into_iter().flatten() {
        found.extend(of_parameter(name, about).into_iter().map(|one| format!("{name}: {one}")));
    }
    let steps: Vec<&Value> = value["mainSteps"].as_array().into_iter().flatten().collect();
    if steps.len() != 1 {
        found.push(format!("it has {} steps, not one", steps.len()));
    }
    found.extend(steps.iter().flat_map(|step| of_step(step)));
    found.extend(of_use(&Document(value)));
    found
}

fn of_step(step: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if step["action"] != "aws:runShellScript" {
        found.push("its action is not aws:runShellScript".into());
    }
    if step["precondition"] != json!({ "StringEquals": ["platformType", "Linux"] }) {
        found.push("it has no precondition that the platform is Linux".into());
    }
    let seconds =
        step["inputs"]["timeoutSeconds"].as_str().and_then(|text| text.parse::<u32>().ok());
    if !seconds.is_some_and(|seconds| (5..=172_800).contains(&seconds)) {
        found.push("it has no timeoutSeconds of 5 to 172800".into());
    }
    if step.to_string().contains("{{") {
        found.push("a parameter is pasted into its text: {{ }}".into());
    }
    found
}

fn of_parameter(name: &str, about: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        found.push("its name is not letters and digits".into());
    }
    if about["type"] != "String" {
        found.push("only a String comes by the environment".into());
    }
    if about["interpolationType"] != "ENV_VAR" {
        found.push("it does not come by the environment (interpolationType)".into());
    }
    match (about["allowedPattern"].as_str(), about["allowedValues"].as_array()) {
        (None, None) => found.push("nothing says what it may be".into()),
        (Some(pattern), _) if !is_anchored(pattern) => {
            found.push(format!("its pattern is not anchored as a whole: {pattern}"));
        }
        _ => {}
    }
    if about["default"].is_string() {
        let declared = Document(json!({ "parameters": { name: about } }));
        found.extend(
            declared.parameters(&[]).err().map(|because| format!("its default: {because}")),
        );
    }
    found
}

/// Whether a pattern is `^…$`, and no alternative in it escapes one of the two.
fn is_anchored(pattern: &str) -> bool {
    let Some(inner) = pattern.strip_prefix('^').and_then(|rest| rest.strip_suffix('$')) else {
        return false;
    };
    let (mut depth, mut is_class, mut is_escaped) = (0, false, false);
    for c in inner.chars() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '[' => is_class = true,
            ']' => is_class = false,
            _ if is_class => {}
            '(' => depth += 1,
            ')' => depth -= 1,
            '|' if depth == 0 => return false,
            _ => {}
        }
    }
    // The last `$` has to be an anchor, and lines none of their own.
    !is_escaped && !is_class && !pattern.contains("(?")
}

/// Parameters that nobody reads, and those that are read and not declared.
fn of_use(document: &Document) -> Vec<String> {
    let script = document.script();
    let mut read: BTreeSet<String> = BTreeSet::new();
    let in_script = Regex::new(r"SSM_([A-Za-z0-9]+)").expect("a pattern");
    read.extend(in_script.captures_iter(&script).map(|found| found[1].to_owned()));
    let called = Regex::new(r"fsxlustre ssm run ([a-z-]+)").expect("a pattern");
    for found in called.captures_iter(&script) {
        match document::document(&found[1]) {
            Some(known) => read.extend(known.all_parameters().map(|one| one.name.to_owned())),
            None => return vec![format!("`fsxlustre ssm run {}` is not known", &found[1])],
        }
    }
    let declared: BTreeSet<String> = document.0["parameters"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect();
    let unused =
        declared.difference(&read).map(|name| format!("{name}: it is declared and not used"));
    let undeclared =
        read.difference(&declared).map(|name| format!("{name}: it is used and not declared"));
    unused.chain(undeclared).collect()
}

/// What shellcheck says of a document's script.
///
/// # Panics
///
/// When shellcheck cannot be run.
pub fn script_problems(document: &Document) -> String {
    let mut child = Command::new("shellcheck")
        .args(["-s", "sh", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("shellcheck runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(document.script().as_bytes()).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
