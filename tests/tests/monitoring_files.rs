//! What is packaged for Prometheus, Alertmanager and Grafana, through their own programs.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn rules() -> String {
    root().join("packaging/prometheus/rules").display().to_string()
}

/// A folder that goes away with the value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("fsxl-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        #[expect(clippy::disallowed_methods, reason = "a folder of this test alone")]
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[track_caller]
fn passes(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}; do: make test"));
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{program} {words:?}:\n{said}");
    said
}

#[test]
fn scrapes_of_captured_clients_are_clean() {
    let golden = root().join("agent/tests/fixtures/metrics/golden");
    let mut checked = 0;
    for scrape in fs::read_dir(golden).unwrap() {
        let path = scrape.unwrap().path();
        let mut promtool = Command::new("promtool");
        let check = promtool.args(["check", "metrics"]).stdin(fs::File::open(&path).unwrap());
        let output =
            check.output().unwrap_or_else(|error| panic!("promtool: {error}; do: make test"));
        let said = [&output.stdout[..], &output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(output.status.success() && said.is_empty(), "{}:\n{said}", path.display());
        checked += 1;
    }
    assert!(checked >= 4, "{checked}");
}

/// What is recorded is asked for by a unit test, or by a rule or an alert that is.
#[test]
fn every_recording_rule_is_in_a_unit_test() {
    let [tests, alerts, recording] = [
        "tests/prometheus/alerts.test.yml",
        "packaging/prometheus/rules/alerts.yml",
        "packaging/prometheus/rules/recording.yml",
    ]
    .map(|path| fs::read_to_string(root().join(path)).unwrap());
    let names: Vec<&str> =
        recording.lines().filter_map(|line| line.trim().strip_prefix("- record: ")).collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        let is_asked = tests.contains(name) || alerts.contains(name);
        assert!(is_asked || recording.matches(name).count() > 1, "{name}");
    }
}

#[test]
fn the_rules_do_what_their_unit_tests_say() {
    let folder = Folder::new("rules");
    let tests = fs::read_to_string(root().join("tests/prometheus/alerts.test.yml")).unwrap();
    let file = folder.write("alerts.test.yml", &tests.replace("RULES", &rules()));
    passes("promtool", &["test", "rules", &file]);
    let broken =
        tests.replace("RULES", &rules()).replace("fs=\"x\",scope=\"file_system\"", "fs=\"q\"");
    let file = folder.write("broken.test.yml", &broken);
    let output = Command::new("promtool").args(["test", "rules", &file]).output().unwrap();
    assert!(!output.status.success(), "a test that expects something else fails");
}

/// As many as promtool computes with: one server is lost by a quarter of a thousand.
#[test]
fn a_failover_of_a_thousand_clients_pages_once() {
    let mut series = String::new();
    for number in 0..1000 {
        let lost = if number % 4 == 0 { "0x2 1x20" } else { "0x22" };
        let labels = format!("instance=\"n{number}\",fs=\"x\",kind=\"osc\",state=\"DISCONN\"");
        let _ = write!(
            series,
            "      - series: 'lustre_client_imports{{{labels}}}'\n        values: {lost}\n"
        );
    }
    let text = format!(
        "rule_files: [{rules}/recording.yml, {rules}/alerts.yml]\nevaluation_interval: 1m\n\
         tests:\n  - interval: 1m\n    input_series:\n{series}    promql_expr_test:\n\
         \x20     - expr: count by (alertname, severity) (ALERTS{{alertstate=\"firing\"}})\n\
         \x20       eval_time: 12m\n        exp_samples:\n\
         \x20         - labels: '{{alertname=\"LustreClientsCutOff\",severity=\"page\"}}'\n\
         \x20           value: 1\n",
        rules = rules()
    );
    let folder = Folder::new("failover");
    passes("promtool", &["test", "rules", &folder.write("failover.test.yml", &text)]);
}

#[test]
fn every_expression_is_promql() {
    let mut expressions = Vec::new();
    for entry in fs::read_dir(root().join("packaging/grafana/dashboards")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let board: Value = serde_json::from_str(&text).unwrap();
        let panels = board["panels"].as_array().unwrap();
        let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
        let asked = targets.map(|target| target["expr"].as_str().unwrap().to_owned());
        expressions.extend(asked.map(|asked| asked.replace("$__rate_interval", "5m")));
    }
    let boards = expressions.len();
    assert!(boards > 50, "{boards}");
    expressions.extend(questions().into_iter().map(|(_, promql)| promql));
    let rules: Vec<Value> = expressions
        .iter()
        .enumerate()
        .map(|(number, asked)| json!({"record": format!("asked:{number}"), "expr": asked}))
        .collect();
    let file = json!({"groups": [{"name": "asked", "rules": rules}]}).to_string();
    let folder = Folder::new("expressions");
    let said = passes("promtool", &["check", "rules", &folder.write("asked.yml", &file)]);
    assert!(said.contains(&format!("{} rules found", expressions.len())), "{said}");
}

/// The questions of fsxlustre-metrics(7).
fn questions() -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("agent/data/questions.toml")).unwrap();
    let all: toml::Table = text.parse().unwrap();
    let text = |one: &toml::Value, key: &str| one[key].as_str().unwrap().to_owned();
    let all = all["question"].as_array().unwrap();
    all.iter().map(|one| (text(one, "ask"), text(one, "promql"))).collect()
}

#[test]
fn the_scrape_configurations_are_prometheus_own() {
    let folder = Folder::new("scrape");
    for name in ["static", "ec2", "slurm"] {
        let path = root().join(format!("packaging/prometheus/scrape-{name}.yml"));
        let text = fs::read_to_string(path).unwrap();
        let text = text.replace("/usr/share/fsxlustre/prometheus/rules", &rules());
        let said = passes("promtool", &["check", "config", &folder.write(name, &text)]);
        assert!(said.contains("2 rule files found"), "{said}");
    }
    let site = root().join("packaging/prometheus/site/maintenance.yml");
    passes("promtool", &["check", "rules", &site.display().to_string()]);
}

#[test]
fn alertmanager_takes_its_file_and_routes_by_severity() {
    let file = root().join("packaging/prometheus/alertmanager.yml").display().to_string();
    passes("amtool", &["check-config", &file]);
    let config = format!("--config.file={file}");
    for (labels, receiver) in [
        (&["component=fsxlustre", "severity=page", "fs=x"][..], "pager"),
        (&["component=fsxlustre", "severity=ticket", "instance=a"][..], "tickets"),
        (&["component=fsxlustre", "severity=none", "fs=x"][..], "nobody"),
    ] {
        let verify = format!("--verify.receivers={receiver}");
        passes("amtool", &[&["config", "routes", "test", &config, &verify], labels].concat());
    }
}

#[test]
fn what_a_runbook_asks_the_journal_is_what_journalctl_takes() {
    let rules = fs::read_to_string(root().join("packaging/prometheus/rules/alerts.yml")).unwrap();
    let lines = rules.lines().filter_map(|line| line.trim().strip_prefix("runbook: \"journalctl "));
    let asked: BTreeSet<&str> = lines.map(|line| line.trim_end_matches('"')).collect();
    assert!(asked.len() >= 3, "{asked:?}");
    for words in asked {
        let words: Vec<&str> = words.split(' ').chain(["-n", "0", "--no-pager"]).collect();
        passes("journalctl", &words);
    }
}

#[test]
fn slurms_nodes_become_targets() {
    let folder = Folder::new("slurm");
    // As `sinfo` of Slurm 22.05 and 24.11 prints it for this format.
    let sinfo = "n1 10.0.0.1 cpu idle\nn1 10.0.0.1 gpu idle\nn2 n2.example cpu mix\n\
                 n3 10.0.0.3 cpu down*\nn4 10.0.0.4 cpu idle~\nn5 fd00::5 cpu alloc\n\
                 bad;name 10.0.0.6 cpu idle\n";
    let program = folder.write("sinfo", &format!("#!/bin/sh\ncat <<'E'\n{sinfo}E\n"));
    passes("chmod", &["755", &program]);
    let script = root().join("packaging/prometheus/slurm-targets").display().to_string();
    let file = folder.0.join("slurm.json");
    let path = format!("PATH={}:/usr/bin:/bin", folder.0.display());
    passes("env", &["-i", &path, &script, &file.display().to_string()]);
    let targets: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let shown: Vec<_> = targets
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (one["targets"][0].as_str().unwrap(), one["labels"]["partition"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        shown,
        [("10.0.0.1:9988", "cpu,gpu"), ("n2.example:9988", "cpu"), ("[fd00::5]:9988", "cpu")]
    );

    // When Slurm does not answer, what was there stays.
    folder.write("sinfo", "#!/bin/sh\nexit 1\n");
    let output = Command::new("env").args(["-i", &path, &script]).arg(&file).output().unwrap();
    assert!(!output.status.success());
    let again: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(again, targets);
    let left = fs::read_dir(&folder.0).unwrap().count();
    assert_eq!(left, 2, "sinfo and slurm.json");
}

#[test]
fn the_dashboards_are_of_grafanas_own_types() {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root().join("target"), PathBuf::from);
    let types = target.join("grafana").display().to_string();
    let check = root().join("tests/grafana/check").display().to_string();
    let board = |name: &str| {
        root().join(format!("packaging/grafana/dashboards/{name}.json")).display().to_string()
    };
    passes(&check, &[&types, &board("fleet"), &board("node"), &board("job")]);
    let folder = Folder::new("dashboards");
    let text = fs::read_to_string(board("job")).unwrap();
    let wrong = text.replacen("\"schemaVersion\": 39", "\"schemaVersion\": \"39\"", 1);
    assert_ne!(wrong, text);
    let file = folder.write("wrong.json", &wrong);
    let output = Command::new(&check).args([&types, &file]).output().unwrap();
    assert!(!output.status.success(), "a field of another type is found");
}
