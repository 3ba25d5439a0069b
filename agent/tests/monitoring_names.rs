//! What is packaged for Prometheus and Grafana, held against the table of families: every name and
//! every label in every expression.

#![expect(clippy::expect_used, reason = "a test says with it what it relies on")]

use fsxlustre_agent::metrics::families::{FAMILIES, Kind};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every file below a folder with this ending.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let folder = root().join(folder);
    let entries = std::fs::read_dir(&folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<_> = paths.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{}", folder.display());
    paths
}

fn yaml(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("a file");
    serde_norway::from_str(&text).expect("YAML")
}

/// Every rule of the packaged rule files.
fn rules() -> Vec<Value> {
    let mut rules = Vec::new();
    for folder in ["packaging/prometheus/rules", "packaging/prometheus/site"] {
        for path in files(folder, ".yml") {
            for group in yaml(&path)["groups"].as_array().expect("groups") {
                rules.extend(group["rules"].as_array().expect("rules").iter().cloned());
            }
        }
    }
    rules
}

/// What an expression of a dashboard is asked with by.
fn filled(expression: &str) -> String {
    expression.replace("$__rate_interval", "5m")
}

/// Every expression, with where it stands.
fn expressions() -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let mut all: Vec<(String, String)> = Vec::new();
    for rule in rules() {
        let name = rule.get("record").or(rule.get("alert")).map(text).expect("a name");
        all.push((name, text(&rule["expr"])));
    }
    for path in files("packaging/grafana/dashboards", ".json") {
        let board = std::fs::read_to_string(&path).expect("a dashboard");
        let board: Value = serde_json::from_str(&board).expect("JSON");
        let file = path.file_name().expect("a name").to_string_lossy().into_owned();
        for panel in board["panels"].as_array().expect("panels") {
            for target in panel["targets"].as_array().unwrap_or(&Vec::new()) {
                let place = format!("{file}: {}", panel["title"]);
                all.push((place, filled(&text(&target["expr"]))));
            }
        }
        for variable in board["templating"]["list"].as_array().expect("variables") {
            if let Some(query) = variable["query"]["query"].as_str() {
                let inner = query.strip_prefix("label_values(").expect("label_values");
                let (series, label) = inner.trim_end_matches(')').rsplit_once(", ").expect("two");
                all.push((format!("{file}: ${label}"), format!("sum by ({label}) ({series})")));
            }
        }
    }
    let questions = std::fs::read_to_string(root().join("agent/data/questions.toml"));
    let questions: toml::Table = questions.expect("questions").parse().expect("TOML");
    for one in questions["question"].as_array().expect("a list") {
        let text = |key: &str| one[key].as_str().expect("a text").to_owned();
        all.push((text("ask"), text("promql")));
    }
    all
}

/// The labels of a series of a family, and those that Prometheus adds.
fn labels_of(name: &str) -> Option<BTreeSet<String>> {
    let plain = |suffix: &str| name.strip_suffix(suffix);
    let row = FAMILIES.iter().find(|row| match row.kind {
        Kind::Counter | Kind::Gauge => row.name == name,
        Kind::Summary => [plain("_sum"), plain("_count")].contains(&Some(row.name)),
        Kind::Histogram => {
            [plain("_sum"), plain("_count"), plain("_bucket")].contains(&Some(row.name))
        }
    })?;
    let edge = name.ends_with("_bucket").then_some("le");
    let added = ["instance", "job"].into_iter().chain(edge);
    Some(row.labels.iter().copied().chain(added).map(str::to_owned).collect())
}

/// What stands in an expression: names outside of quotes, each with the sign behind it.
fn words(expression: &str) -> Vec<(String, char)> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut in_quotes = false;
    let mut in_range = false;
    for letter in expression.chars().chain([' ']) {
        match letter {
            '"' => in_quotes = !in_quotes,
            _ if in_quotes => {}
            '[' => in_range = true,
            ']' => in_range = false,
            _ if in_range => {}
            _ if letter.is_ascii_alphanumeric() || matches!(letter, '_' | ':') => {
                word.push(letter);
                continue;
            }
            _ => {}
        }
        if !word.is_empty() {
            words.push((std::mem::take(&mut word), letter));
        } else if !in_quotes && !letter.is_whitespace() {
            words.push((String::new(), letter));
        }
    }
    words
}

/// What one expression asks for.
#[derive(Debug, Default)]
struct Asked {
    /// Metrics, each with the labels that its braces name.
    metrics: Vec<(String, BTreeSet<String>)>,
    /// Labels of `by`, `on` and their like.
    grouped: BTreeSet<String>,
}

fn asked(expression: &str) -> Asked {
    let mut asked = Asked::default();
    let (mut in_braces, mut in_group, mut next_is_group) = (false, false, false);
    for (word, sign) in words(expression) {
        let groups = ["by", "on", "without", "ignoring", "group_left", "group_right"]
            .contains(&word.as_str());
        let is_metric = word.contains(':')
            || word == "up"
            || word == "ALERTS"
            || word.starts_with("lustre_")
            || word.starts_with("fsxlustre_");
        if word.is_empty() {
        } else if in_braces {
            let (_, labels) = asked.metrics.last_mut().expect("a metric before its braces");
            labels.insert(word.clone());
        } else if in_group {
            asked.grouped.insert(word.clone());
        } else if is_metric {
            asked.metrics.push((word.clone(), BTreeSet::new()));
        }
        next_is_group |= groups;
        match sign {
            '{' => in_braces = true,
            '}' => in_braces = false,
            '(' if next_is_group => (in_group, next_is_group) = (true, false),
            ')' => in_group = false,
            _ => {}
        }
    }
    asked
}

/// The labels that a recorded series has: those that its rule groups by, and those that it adds.
fn recorded() -> BTreeMap<String, BTreeSet<String>> {
    let mut recorded: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for rule in rules() {
        let Some(name) = rule["record"].as_str() else { continue };
        let asked = asked(rule["expr"].as_str().expect("an expression"));
        let mut labels = asked.grouped;
        for (metric, _) in asked.metrics.iter().filter(|(metric, _)| metric.contains(':')) {
            labels.extend(recorded.get(metric).into_iter().flatten().cloned());
        }
        let added =
            rule["labels"].as_object().into_iter().flat_map(|labels| labels.keys().cloned());
        labels.extend(added);
        recorded.entry(name.to_owned()).or_default().extend(labels);
    }
    recorded
}

#[test]
fn every_name_and_label_is_one_of_the_table() {
    let mut recorded = recorded();
    let start = recorded.remove("fs:lustre_maintenance_start:seconds_of_week").expect("a start");
    recorded.entry("fs:lustre_maintenance:active".into()).or_default().extend(start.clone());
    recorded.insert("fs:lustre_maintenance_start:seconds_of_week".into(), start);
    let alerts = ["component", "alertstate", "alertname", "severity", "scope", "instance", "fs"];
    let mut wrong = Vec::new();
    for (place, expression) in expressions() {
        let asked = asked(&expression);
        let mut known: BTreeSet<String> = BTreeSet::new();
        for (metric, matched) in &asked.metrics {
            let labels = match metric.as_str() {
                "ALERTS" => Some(alerts.map(str::to_owned).into()),
                "up" => Some(["instance", "job"].map(str::to_owned).into()),
                name => labels_of(name).or_else(|| recorded.get(name).cloned()),
            };
            let Some(labels) = labels else {
                wrong.push(format!("{place}: there is no metric {metric}"));
                continue;
            };
            for label in matched.difference(&labels) {
                wrong.push(format!("{place}: {metric} has no label {label}"));
            }
            known.extend(labels);
        }
        for label in asked.grouped.difference(&known) {
            wrong.push(format!("{place}: no metric there has a label {label}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_check_finds_what_is_wrong() {
    let asked =
        asked("sum by (fs, zone) (rate(lustre_x{a=\"lustre_y{\",b!~\"\"}[5m])) / on (fs) c:d:e");
    let metrics: Vec<&str> = asked.metrics.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(metrics, ["lustre_x", "c:d:e"]);
    assert_eq!(asked.metrics[0].1, ["a", "b"].map(str::to_owned).into());
    assert_eq!(asked.grouped, ["fs", "zone"].map(str::to_owned).into());
    assert!(labels_of("lustre_client_read_bytes_total").expect("known").contains("fs"));
    assert_eq!(labels_of("lustre_client_read_bytes"), None);
    assert_eq!(labels_of("lustre_client_read_bytes_total_sum"), None);
}

#[test]
fn every_alert_says_what_it_is_and_what_to_do_first() {
    let programs = ["fsxlustre", "aws", "lfs", "lctl", "lnetctl", "journalctl", "systemctl"];
    let programs = [&programs[..], &["ethtool", "dmesg", "curl"]].concat();
    let alerts: Vec<_> = rules().into_iter().filter(|rule| rule.get("alert").is_some()).collect();
    assert!(alerts.len() > 10);
    for alert in alerts {
        let name = alert["alert"].as_str().expect("a name");
        let text = |at: &str, key: &str| alert[at][key].as_str().unwrap_or_default().to_owned();
        for key in ["summary", "description", "runbook"] {
            assert!(!text("annotations", key).is_empty(), "{name} has no {key}");
        }
        let runbook = text("annotations", "runbook");
        let first = runbook.split(' ').next().expect("a word");
        let is_one = !runbook.contains(['\n', ';', '|', '&']);
        assert!(programs.contains(&first) && is_one, "{name}: {runbook:?} is not one command");
        // Interfaces are called otherwise on other instances; the label tells.
        assert!(!runbook.contains("eth0") && !runbook.contains("ens5"), "{name}: {runbook:?}");
        assert_eq!(text("labels", "component"), "fsxlustre", "{name}");
        let kind = (text("labels", "scope"), text("labels", "severity"));
        let known = [("file_system", "page"), ("file_system", "ticket"), ("node", "ticket")];
        let known = known.iter().chain(&[("maintenance", "none")]);
        let is_known =
            known.clone().any(|(scope, severity)| kind == ((*scope).into(), (*severity).into()));
        assert!(is_known, "{name}: {kind:?}");
        let is_grouped = kind.0 != "node";
        let expression = alert["expr"].as_str().expect("an expression");
        assert!(!is_grouped || !expression.contains("by (instance, fs)"), "{name} is one a node");
    }
}
