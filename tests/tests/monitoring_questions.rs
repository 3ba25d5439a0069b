//! Every question of fsxlustre-metrics(7), asked of a real Prometheus that scrapes three nodes. What
//! it answers is held against what was changed in the nodes' files.

#[path = "monitoring_questions/nodes.rs"]
mod nodes;

use nodes::{FS, Nodes};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Questions whose data no files have, each with the reason.
const NO_FILE_HAS_IT: [(&str, &str); 1] = [(
    "Is it the instance's own network?",
    "the driver ena answers an ioctl (ETHTOOL_GSTATS) on EC2 alone; the unit tests of the rules have its series",
)];

/// A series without its name: labels and value.
type Answer = Vec<(BTreeMap<String, String>, f64)>;

/// What Prometheus answers at one time.
struct Asked<'n> {
    nodes: &'n Nodes,
    at: String,
}

impl Asked<'_> {
    #[track_caller]
    fn ask(&self, promql: &str) -> Answer {
        let answer = self.nodes.query(promql, Some(&self.at));
        let one = |one: &Value| {
            let labels = one["metric"].as_object().unwrap().iter();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let labels = labels.map(|(name, value)| (name.clone(), text(value))).collect();
            (labels, one["value"][1].as_str().unwrap().parse().unwrap())
        };
        answer["data"]["result"].as_array().expect(promql).iter().map(one).collect()
    }

    /// The answers by one label.
    #[track_caller]
    fn by(&self, label: &str, promql: &str) -> BTreeMap<String, f64> {
        let answers = self.ask(promql);
        let all: BTreeMap<String, f64> =
            answers.iter().map(|(labels, value)| (labels[label].clone(), *value)).collect();
        assert_eq!(all.len(), answers.len(), "{promql}: one each");
        all
    }

    /// What `rate` makes of a counter of a node that grew by one while it was watched: Prometheus'
    /// own guess for the ends of its window, which is the same for all counters of a scrape.
    fn unit(&self, node: usize) -> f64 {
        let labels = format!("{{instance=\"{}\",fs=\"{FS}\"}}", nodes::instance(node));
        let grown = self.ask(&format!("rate(lustre_client_write_bytes_total{labels}[5m])"));
        grown[0].1 / nodes::written(node)
    }
}

#[track_caller]
fn same(told: f64, expected: f64, what: &str) {
    let apart = ((told - expected) / expected).abs();
    assert!(apart < 0.001, "{what}: {told}, expected {expected}");
}

/// Each node has what is expected of it, and no other file system has anything.
#[track_caller]
fn each_node(asked: &Asked<'_>, promql: &str, expected: impl Fn(usize) -> f64) {
    let all = asked.ask(promql).into_iter();
    let (own, others): (Answer, Answer) = all.partition(|(labels, _)| labels["fs"] == FS);
    assert!(others.iter().all(|(_, value)| *value == 0.0), "{promql}: {others:?}");
    let told: BTreeMap<String, f64> =
        own.iter().map(|(labels, value)| (labels["instance"].clone(), *value)).collect();
    assert_eq!((told.len(), own.len()), (nodes::COUNT, nodes::COUNT), "{promql}: {own:?}");
    for node in 0..nodes::COUNT {
        same(told[&nodes::instance(node)], expected(node), promql);
    }
}

/// Holds the answer of a question against what was changed.
#[track_caller]
fn hold(asked: &Asked<'_>, ask: &str, promql: &str) {
    let unit = |node| asked.unit(node);
    let all = |of: fn(usize) -> f64| (0..nodes::COUNT).map(|node| of(node) * unit(node)).sum();
    let moved = |node| nodes::read(node) + nodes::written(node);
    match ask {
        "Which node is hammering the metadata servers?" => {
            each_node(asked, promql, |node| nodes::metadata_requests(node) * unit(node));
            let first = asked.ask(promql)[0].0["instance"].clone();
            assert_eq!(first, nodes::instance(nodes::COUNT - 1), "the busiest comes first");
        }
        "Which nodes read and write most?" => {
            each_node(asked, promql, |node| moved(node) * unit(node))
        }
        "Which job is it?" => {
            let told = asked.ask(promql);
            assert_eq!(told.len(), 1, "{told:?}");
            let (labels, value) = &told[0];
            assert_eq!((labels["cluster"].as_str(), labels["job_id"].as_str()), ("prod", "17"));
            same(*value, all(|node| nodes::read(node) + nodes::written(node)), promql);
        }
        "Does everything go to one OST?" => {
            let told = asked.by("target", promql);
            let sum: f64 = all(|node| nodes::sent(node, 0) + nodes::sent(node, 1));
            same(told["OST0000"], all(|node| nodes::sent(node, 0)) / sum, promql);
            same(told["OST0001"], all(|node| nodes::sent(node, 1)) / sum, promql);
            same(told.values().sum(), 1.0, promql);
        }
        "Are the requests too small?" => each_node(asked, promql, |node| {
            let bytes = nodes::fetched() + nodes::sent(node, 0) + nodes::sent(node, 1);
            bytes / (nodes::FETCHES + 2.0 * nodes::sends(node))
        }),
        "Does a node wait for the servers?" => {
            each_node(asked, promql, |node| nodes::in_flight(node) / nodes::MOST_IN_FLIGHT);
        }
        "How long does an open take?" => each_node(asked, promql, nodes::open_seconds),
        "Does the page cache spare the network anything?" => {
            // The other part tells the nodes apart.
            let rest = format!("1 - ({promql})");
            each_node(asked, &rest, |node| nodes::fetched() / nodes::read(node));
        }
        "Which nodes have lost which server?" => {
            let told = asked.ask(promql);
            assert_eq!(told.len(), 1, "{told:?}");
            let label = |name: &str| told[0].0[name].as_str();
            let lost = (label("instance"), label("target"), label("state"));
            assert_eq!(lost, (nodes::instance(1).as_str(), "OST0001", "DISCONN"));
        }
        "Who lost data today?" => {
            let told = asked.by("instance", promql);
            assert_eq!(told.keys().collect::<Vec<_>>(), [&nodes::instance(2)]);
            let count = told.values().next().unwrap();
            assert!((1.0..1.5).contains(count), "one: {told:?}");
        }
        "When is the file system full?" => {
            let told = asked.by("fs", promql);
            same(told[FS], days_left(asked), promql);
            assert!(!told.contains_key("fsx"), "its room stays");
        }
        "Which file system is that in CloudWatch?" => {
            let told = asked.by("file_system_id", promql);
            let sum = all(nodes::read);
            same(told[&asked.nodes.file_system_id], sum, promql);
            assert_eq!(told.len(), 1, "which of two is not told: {told:?}");
            let known =
                asked.by("file_system_id", "max by (file_system_id) (fsxlustre_file_system_info)");
            assert_eq!(known.len(), 3, "two more are there: {known:?}");
        }
        _ => panic!("nothing is known of the answer of {ask:?}"),
    }
}

/// Days until the room that is left has gone, by least squares over every sample.
fn days_left(asked: &Asked<'_>) -> f64 {
    let series = format!("lustre_client_filesystem_avail_bytes{{fs=\"{FS}\"}}");
    let answer = asked.nodes.query(&format!("{series}[6h]"), Some(&asked.at));
    let days = answer["data"]["result"].as_array().unwrap().iter().map(|one| {
        let samples: Vec<(f64, f64)> = one["values"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| (pair[0].as_f64().unwrap(), pair[1].as_str().unwrap().parse().unwrap()))
            .collect();
        let count = f64::from(u32::try_from(samples.len()).unwrap());
        let mean = |of: fn(&(f64, f64)) -> f64| samples.iter().map(of).sum::<f64>() / count;
        let (time, room) = (mean(|sample| sample.0), mean(|sample| sample.1));
        let over = samples.iter().map(|sample| (sample.0 - time) * (sample.1 - room)).sum::<f64>();
        let under = samples.iter().map(|sample| (sample.0 - time).powi(2)).sum::<f64>();
        samples.last().unwrap().1 / -(over / under) / 86400.0
    });
    days.fold(f64::INFINITY, f64::min)
}

#[test]
fn every_question_is_answered_for_several_nodes_by_a_real_prometheus() {
    let nodes = Nodes::start();
    nodes.change();
    let asked = Asked { at: nodes.settled(), nodes: &nodes };
    let text = Path::new(env!("CARGO_MANIFEST_DIR")).join("../agent/data/questions.toml");
    let questions: toml::Table = std::fs::read_to_string(text).unwrap().parse().unwrap();
    let mut excused: BTreeSet<&str> = NO_FILE_HAS_IT.iter().map(|(ask, _)| *ask).collect();
    let questions = questions["question"].as_array().unwrap();
    assert!(questions.len() >= 10 + excused.len());
    for one in questions {
        let (ask, promql) = (one["ask"].as_str().unwrap(), one["promql"].as_str().unwrap());
        if excused.remove(ask) {
            assert!(asked.ask(promql).is_empty(), "{ask} can be asked after all");
        } else {
            hold(&asked, ask, promql);
        }
    }
    assert!(excused.is_empty(), "no question any more: {excused:?}");
}
