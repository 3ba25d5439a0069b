//! The packaged rules over scrapes of captured failures, by Prometheus' own program.

use super::{captured, deactivated, tree_of};
use crate::metrics_tree::{Tree, scrape, value};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// Minutes for which all is well, and then for which the failure lasts.
const WELL: usize = 20;
const LASTS: usize = 40;

/// A failure; what fires 9 minutes into it, and 18 minutes into it. After 30 minutes it is the same, but
/// for evictions.
struct Case {
    name: &'static str,
    tree: Tree,
    early: &'static [&'static str],
    late: &'static [&'static str],
}

/// The samples of a scrape, but for what collectors could not read: the captures of failures hold connections alone.
fn samples(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_told = |line: &&str| {
        let own = line.starts_with("fsxlustre_") && !line.starts_with("fsxlustre_collector_");
        own || line.starts_with("lustre_")
    };
    text.lines().filter(is_told).filter_map(|line| line.rsplit_once(' '))
}

/// The input of one test: nodes that have the failure, and nodes that are well.
fn input(well: &str, ill: &str, nodes: (usize, usize)) -> String {
    let mut names: Vec<&str> = samples(well).chain(samples(ill)).map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    let mut series = String::new();
    for node in 0..nodes.0 + nodes.1 {
        for name in &names {
            // A series that is not told any more has no value.
            let at = |text| value(text, name).map_or("_".to_owned(), |value| format!("{value}+0"));
            let during = if node < nodes.0 { ill } else { well };
            let (before, during) = (at(well), at(during));
            let labelled = name.replacen('{', &format!("{{instance=\"n{node}\","), 1);
            let _ = writeln!(
                series,
                "      - series: '{labelled}'\n        values: {before}x{} {during}x{}",
                WELL - 1,
                LASTS - 1
            );
        }
    }
    series
}

fn expected(minute: usize, alerts: &[&str]) -> String {
    let mut text = format!(
        "      - expr: group by (alertname) (ALERTS{{alertstate=\"firing\"}})\n        \
         eval_time: {minute}m\n        exp_samples:{}\n",
        if alerts.is_empty() { " []" } else { "" }
    );
    for alert in alerts {
        let _ = writeln!(text, "          - {{labels: '{{alertname=\"{alert}\"}}', value: 1}}");
    }
    text
}

/// Of 25 nodes one has the failure: no page, and what is expected of its own tickets.
fn tickets<'a>(alerts: &[&'a str]) -> Vec<&'a str> {
    alerts.iter().copied().filter(|alert| alert.starts_with("LustreNode")).collect()
}

fn tests(cases: &[Case]) -> String {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/prometheus/rules");
    let rules = rules.display();
    let mut text = format!(
        "rule_files: [{rules}/recording.yml, {rules}/alerts.yml]\nevaluation_interval: 1m\ntests:\n"
    );
    let well = scrape(&tree_of("f0_healthy").host());
    for case in cases {
        let ill = scrape(&case.tree.host());
        for (nodes, early, late) in [
            ((4, 0), case.early.to_vec(), case.late.to_vec()),
            ((1, 24), tickets(case.early), tickets(case.late)),
        ] {
            let last: Vec<_> =
                late.iter().copied().filter(|alert| !alert.contains("Evicted")).collect();
            let _ = write!(
                text,
                "  - name: {} of {} nodes\n    interval: 1m\n    input_series:\n{}    \
                 promql_expr_test:\n{}{}{}{}",
                case.name,
                nodes.0 + nodes.1,
                input(&well, &ill, nodes),
                expected(WELL - 1, &[]),
                expected(WELL + 9, &early),
                expected(WELL + 18, &late),
                expected(WELL + 30, &last),
            );
        }
    }
    text
}

fn promtool(text: &str) -> (bool, String) {
    let folder = Tree::empty();
    folder.write("failures.test.yml", text);
    let file = folder.root.join("failures.test.yml");
    let output = Command::new("promtool").args(["test", "rules"]).arg(file).output();
    let output = output.expect("promtool; do: make test");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (output.status.success(), said)
}

/// Every connection is closed for want of work, as `osc` is in the capture of f2.
fn all_idle() -> Tree {
    let tree = tree_of("f0_healthy");
    for line in captured("f0_healthy.uuids").lines() {
        let Some((device, _)) = line.split_once('=').filter(|(name, _)| name.contains("uuid"))
        else {
            continue;
        };
        let parts: Vec<&str> = device.split('.').collect();
        let path = format!("proc/fs/lustre/{}/{}/{}", parts[0], parts[1], parts[2]);
        let target = parts[1].rsplitn(3, '-').last().expect("a target");
        tree.write(&path, format!("{target}_UUID\tIDLE\n"));
    }
    tree
}

const CUT_OFF: [&str; 2] = ["LustreClientsCutOff", "LustreNodeCutOff"];
const EVICTED: [&str; 2] = ["LustreClientsEvicted", "LustreNodeEvicted"];

fn cases() -> Vec<Case> {
    let case = |name, early, late| Case { name, tree: tree_of(name), early, late };
    let lost = |name| case(name, &["LustreClientsCutOff"], &CUT_OFF);
    vec![
        case("f0_healthy", &[], &[]),
        Case { name: "idle", tree: all_idle(), early: &[], late: &[] },
        lost("f1_drop_t60"),
        case("f1_after", &EVICTED[..1], &EVICTED),
        lost("f2_umount_running"),
        lost("f3_t75"),
        case("f4_after_ost_evict", &EVICTED[..1], &EVICTED),
        case("f4_after_mdt_evict", &EVICTED[..1], &EVICTED),
        lost("f5_t60"),
        Case {
            name: "f6_deactivate",
            tree: deactivated("DISCONN"),
            early: &[],
            late: &["LustreNodeDeactivated"],
        },
        lost("f7_t30"),
    ]
}

#[test]
fn each_captured_failure_fires_its_alerts_and_no_others() {
    let (passed, said) = promtool(&tests(&cases()));
    assert!(passed, "{said}");
}

#[test]
fn other_alerts_than_those_would_be_found() {
    let wrong = [Case { early: &[], late: &[], ..cases().swap_remove(2) }];
    let (passed, said) = promtool(&tests(&wrong));
    assert!(!passed && said.contains("LustreClientsCutOff"), "{said}");
}
