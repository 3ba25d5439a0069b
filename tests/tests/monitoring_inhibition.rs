//! A page is told before the tickets that it explains, whatever order Prometheus evaluates the groups
//! of rules in; and what Alertmanager makes of that.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use fsxlustre_tests::{Running, Sandbox};
use serde_json::{Value, json};

const ALERTMANAGER: &str = "http://127.0.0.1:9093";
/// Nodes of the file system x.
const NODES: u32 = 12;
/// When it begins, in seconds.
const BEGIN: u32 = 600;
/// How long it is looked at.
const LOOKED_AT: u32 = 2700;

fn packaged(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging").join(path);
    std::fs::read_to_string(path).unwrap()
}

/// How long Alertmanager collects alerts before it tells of them.
fn group_wait() -> u32 {
    let config = packaged("prometheus/alertmanager.yml");
    let told = config.split("group_wait: ").nth(1).unwrap().split('s').next().unwrap();
    told.parse().unwrap()
}

/// A series of a node, and its value by node and second.
type Series = (&'static str, fn(u32, u32) -> u32);

/// What happens to the nodes: the page of it, and what that page explains.
struct Trouble {
    page: &'static str,
    tickets: &'static [&'static str],
    series: &'static [Series],
}

/// Nodes find out one after the other, within a minute.
fn begun(node: u32, second: u32) -> bool {
    second >= BEGIN + node * 60 / NODES
}

const LOST: Series = (
    "lustre_client_imports{instance=\"NODE\",fs=\"x\",kind=\"osc\",state=\"DISCONN\"}",
    |node, second| u32::from(begun(node, second)),
);
const EVICTED: Series = (
    "lustre_client_import_evictions_total{instance=\"NODE\",fs=\"x\",kind=\"osc\"}",
    |node, second| u32::from(begun(node, second)),
);
const STUCK: Series = (
    "lustre_client_statfs_probe_stuck_seconds{instance=\"NODE\",fs=\"x\",mountpoint=\"/x\"}",
    |node, second| if begun(node, second) { second - BEGIN } else { 0 },
);

const TROUBLES: [Trouble; 4] = [
    Trouble { page: "LustreClientsCutOff", tickets: &["LustreNodeCutOff"], series: &[LOST] },
    Trouble { page: "LustreClientsEvicted", tickets: &["LustreNodeEvicted"], series: &[EVICTED] },
    Trouble { page: "LustreClientsStuck", tickets: &["LustreNodeStuck"], series: &[STUCK] },
    // A failover: the servers are lost, and statvfs waits for them.
    Trouble {
        page: "LustreClientsCutOff",
        tickets: &["LustreClientsStuck", "LustreNodeCutOff", "LustreNodeStuck"],
        series: &[LOST, STUCK],
    },
];

/// The groups of the packaged rules, in the order of the files.
fn groups() -> Vec<String> {
    let mut groups = Vec::new();
    for name in ["recording", "alerts"] {
        let rules = packaged(&format!("prometheus/rules/{name}.yml"));
        let named = rules.lines().filter_map(|line| line.strip_prefix("  - name: "));
        groups.extend(named.map(str::to_owned));
    }
    assert!(groups.len() > 4, "{groups:?}");
    groups
}

/// A file for `promtool test rules` that asks what fires at every evaluation, and expects something
/// else each time.
fn question(trouble: &Trouble, order: &[String], interval: u32) -> String {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/prometheus/rules");
    let rules = rules.canonicalize().unwrap().display().to_string();
    let mut text = format!(
        "rule_files: [{rules}/recording.yml, {rules}/alerts.yml]\n\
         evaluation_interval: {interval}s\ngroup_eval_order: [{}]\n\
         tests:\n  - interval: 30s\n    input_series:\n",
        order.join(", ")
    );
    for node in 0..NODES {
        for (series, value) in trouble.series {
            let samples = (0..=LOOKED_AT / 30).map(|sample| value(node, sample * 30).to_string());
            let values = samples.collect::<Vec<_>>().join(" ");
            let series = series.replace("NODE", &format!("n{node}"));
            let _ = writeln!(text, "      - series: '{series}'\n        values: {values}");
        }
    }
    text += "    promql_expr_test:\n";
    for second in (0..=LOOKED_AT).step_by(usize::try_from(interval).unwrap()) {
        let _ = write!(
            text,
            "      - expr: group by (alertname) (ALERTS{{alertstate=\"firing\"}})\n        \
             eval_time: {second}s\n        exp_samples: [{{labels: '{{other=\"x\"}}', value: 1}}]\n"
        );
    }
    text
}

/// Seconds at which each alert fires.
fn firing(trouble: &Trouble, order: &[String], interval: u32) -> BTreeMap<String, BTreeSet<u32>> {
    let series = trouble.series.len();
    let name = format!("fsxl-order-{}-{series}-{interval}-{}", trouble.page, std::process::id());
    let file = std::env::temp_dir().join(name);
    std::fs::write(&file, question(trouble, order, interval)).unwrap();
    let output = Command::new("promtool").args(["test", "rules"]).arg(&file).output();
    let output = output.expect("promtool; do: make test");
    std::fs::remove_file(&file).unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let mut firing: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    let mut second = None;
    let mut answers = 0;
    for line in said.lines() {
        if let Some((_, time)) = line.split_once(", time: ") {
            second = Some(seconds(time.trim_end_matches([',', ':'])));
            answers += 1;
        }
        for part in line.split("alertname=\"").skip(1) {
            let alert = part.split('"').next().unwrap().to_owned();
            firing.entry(alert).or_default().insert(second.unwrap());
        }
    }
    assert_eq!(answers, LOOKED_AT / interval + 1, "{said}");
    firing
}

/// `1h2m30s` in seconds.
fn seconds(time: &str) -> u32 {
    let mut sum = 0;
    let mut number = 0;
    for letter in time.chars() {
        match letter {
            'h' => sum += std::mem::take(&mut number) * 3600,
            'm' => sum += std::mem::take(&mut number) * 60,
            's' => sum += std::mem::take(&mut number),
            digit => number = number * 10 + digit.to_digit(10).expect(time),
        }
    }
    sum
}

/// Seconds from the begin of a trouble to the page at its latest, and to its first ticket.
fn page_and_ticket(trouble: &Trouble, interval: u32) -> (u32, u32) {
    let forth = groups();
    let back: Vec<String> = forth.iter().rev().cloned().collect();
    let (mut page, mut ticket) = (0, u32::MAX);
    for order in [forth, back] {
        let firing = firing(trouble, &order, interval);
        let of = |alert: &str| firing.get(alert).expect(alert).iter().copied();
        page = page.max(of(trouble.page).next().unwrap());
        for name in trouble.tickets {
            ticket = ticket.min(of(name).next().unwrap());
            // From then on, the page is never gone while a ticket is there.
            let alone: Vec<u32> =
                of(name).filter(|at| !firing[trouble.page].contains(at)).collect();
            assert_eq!(alone, [0; 0], "{name} without {} ({order:?})", trouble.page);
        }
        let expected: BTreeSet<&str> =
            trouble.tickets.iter().copied().chain([trouble.page]).collect();
        assert_eq!(firing.keys().map(String::as_str).collect::<BTreeSet<_>>(), expected);
    }
    (page - BEGIN, ticket - BEGIN)
}

#[test]
fn a_page_fires_before_its_tickets_in_either_order_of_the_groups() {
    for trouble in &TROUBLES {
        for interval in [30, 60] {
            let (page, ticket) = page_and_ticket(trouble, interval);
            let least = group_wait() + 2 * interval;
            assert!(
                page + least <= ticket,
                "{} {:?}: {page} s, {ticket} s",
                trouble.page,
                trouble.tickets
            );
        }
    }
}

/// Everything that Alertmanager tells goes to one listener, which writes down whose alerts they are.
const LISTENER: &str = r#"
import http.server, json
class Told(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with open("/run/incidents", "a") as incidents:
            print(body["receiver"], body["groupKey"], file=incidents)
        with open("/run/told", "a") as told:
            for alert in body["alerts"]:
                print(body["receiver"], alert["status"], alert["labels"]["alertname"], file=told)
        self.send_response(200)
        self.end_headers()
    def log_message(self, *args):
        pass
http.server.HTTPServer(("127.0.0.1", 9095), Told).serve_forever()
"#;

/// A minute of the rules in the test below.
const MINUTE: Duration = Duration::from_millis(600);

/// Alertmanager with the packaged routes and inhibition, its clock a hundred times as fast.
fn alertmanager(sandbox: &Sandbox) -> [Running; 2] {
    let config = packaged("prometheus/alertmanager.yml");
    let receivers = config.split_once("\nreceivers:").unwrap().0.to_owned();
    let mut config = receivers
        .replace("group_wait: 30s", "group_wait: 300ms")
        .replace("group_interval: 5m", "group_interval: 3s")
        + "\nreceivers:\n  - name: nobody\n";
    for name in ["pager", "tickets"] {
        let _ = write!(
            config,
            "  - name: {name}\n    webhook_configs: [{{url: 'http://127.0.0.1:9095/'}}]\n"
        );
    }
    sandbox.write_file("/etc/alertmanager.yml", &config);
    sandbox.write_file("/run/listener.py", LISTENER);
    sandbox.write_file("/run/told", "");
    sandbox.write_file("/run/incidents", "");
    let listener = sandbox.spawn(["python3", "/run/listener.py"]);
    let running = sandbox.spawn([
        "prometheus-alertmanager",
        "--config.file=/etc/alertmanager.yml",
        "--storage.path=/run/alertmanager",
        "--web.listen-address=127.0.0.1:9093",
        "--cluster.listen-address=",
    ]);
    until("Alertmanager and the listener are ready", || {
        let ready = sandbox.request("GET", &format!("{ALERTMANAGER}/-/ready")).try_send().ok()?;
        let listens = sandbox.request("GET", "http://127.0.0.1:9095/").try_send().ok()?;
        (ready.status == 200 && listens.status == 501).then_some(())
    });
    [running, listener]
}

#[track_caller]
fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    for _ in 0..200 {
        if let Some(answer) = ask() {
            return answer;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    panic!("{what}");
}

fn send(sandbox: &Sandbox, alerts: impl IntoIterator<Item = Value>) {
    let alerts: Vec<Value> =
        alerts.into_iter().map(|labels| json!({"labels": labels, "annotations": {}})).collect();
    let send = sandbox.request("POST", &format!("{ALERTMANAGER}/api/v2/alerts"));
    let sent =
        send.header("Content-Type", "application/json").body(Value::from(alerts).to_string());
    assert_eq!(sent.send().status, 200);
}

/// Labels as the packaged rules give them.
fn labels(alert: &str, own: &Value) -> Value {
    let rules = packaged("prometheus/rules/alerts.yml");
    let rule = rules.split(&format!("- alert: {alert}\n")).nth(1).expect(alert);
    let given = rule.split_once("labels: {").unwrap().1.split_once('}').unwrap().0;
    let mut all = own.clone();
    all["alertname"] = alert.into();
    for pair in given.split(", ") {
        let (name, value) = pair.split_once(": ").unwrap();
        all[name] = value.into();
    }
    all
}

fn told(sandbox: &Sandbox) -> BTreeSet<String> {
    sandbox.read_file("/run/told").lines().map(str::to_owned).collect()
}

/// Sends a page and the tickets of its nodes, each so long after the begin.
fn goes_by(sandbox: &Sandbox, fs: &str, trouble: &Trouble, (page, ticket): (u32, u32)) {
    let wait = |seconds: u32| std::thread::sleep(MINUTE * seconds / 60);
    let page_now = || send(sandbox, [labels(trouble.page, &json!({"fs": fs}))]);
    let tickets_now = || {
        let node = |node| json!({"fs": fs, "instance": format!("n{node}"), "mountpoint": "/x"});
        let of = |name| (0..NODES).map(move |number| labels(name, &node(number)));
        send(sandbox, trouble.tickets.iter().copied().flat_map(of));
    };
    if page <= ticket {
        page_now();
        wait(ticket - page);
        tickets_now();
    } else {
        tickets_now();
        wait(page - ticket);
        page_now();
    }
}

#[test]
fn with_the_times_that_the_rules_give_only_the_page_is_told() {
    let sandbox = Sandbox::start();
    let _running = alertmanager(&sandbox);
    for (number, trouble) in TROUBLES.iter().enumerate() {
        goes_by(&sandbox, &format!("fs{number}"), trouble, page_and_ticket(trouble, 60));
    }
    // A ticket that comes first, by as much, is told: that is what would be heard of one too many.
    goes_by(&sandbox, "late", &TROUBLES[1], (450, 330));
    let late = "tickets firing LustreNodeEvicted".to_owned();
    until("the ticket before its page", || told(&sandbox).contains(&late).then_some(()));
    let pages = TROUBLES.iter().map(|trouble| format!("pager firing {}", trouble.page));
    let expected: BTreeSet<String> = pages.chain([late]).collect();
    until("the pages", || expected.is_subset(&told(&sandbox)).then_some(()));
    assert_eq!(told(&sandbox), expected);
}

#[test]
fn a_failover_that_also_evicts_is_one_incident_for_a_pager_and_another_file_systems_is_another() {
    let sandbox = Sandbox::start();
    let _running = alertmanager(&sandbox);
    let page = |alert: &str, fs: &str| labels(alert, &json!({"fs": fs}));
    send(&sandbox, [page("LustreClientsCutOff", "x"), page("LustreClientsEvicted", "y")]);
    until("the first pages", || (told(&sandbox).len() == 2).then_some(()));
    send(&sandbox, [page("LustreClientsEvicted", "x")]);
    until("evictions beside them", || {
        let incidents = sandbox.read_file("/run/incidents");
        (incidents.lines().count() >= 3).then_some(())
    });
    let incidents: BTreeSet<String> =
        sandbox.read_file("/run/incidents").lines().map(str::to_owned).collect();
    assert_eq!(incidents.len(), 2, "{incidents:?}");
    assert!(incidents.iter().all(|incident| incident.starts_with("pager ")), "{incidents:?}");
    let both =
        ["LustreClientsCutOff", "LustreClientsEvicted"].map(|it| format!("pager firing {it}"));
    assert_eq!(told(&sandbox), BTreeSet::from(both));
}

#[test]
fn the_maintenance_window_is_quiet_for_alerts_of_nodes_too_and_loud_for_what_it_does_not_explain() {
    let sandbox = Sandbox::start();
    let _running = alertmanager(&sandbox);
    send(&sandbox, [labels("LustreMaintenance", &json!({"fs": "x"}))]);
    let node =
        json!({"instance": "a", "check": "imports", "collector": "import", "kind": "options"});
    let (mut quiet, mut loud) = (Vec::new(), Vec::new());
    for alert in [
        "LustreNodeLnetDrops",
        "LustreNodeNetworkAllowance",
        "FsxlustreCheckFails",
        "FsxlustreCollectorIncomplete",
    ] {
        quiet.push(labels(alert, &node));
    }
    for alert in
        ["LustreClientsCutOff", "LustreFileSystemFull", "LustreNodeCutOff", "LustreNodeStuck"]
    {
        quiet.push(labels(alert, &json!({"fs": "x", "instance": "a"})));
    }
    for alert in ["LustreNodeBug", "FsxlustreDown", "FsxlustreFamiliesDropped"] {
        loud.push(labels(alert, &node));
    }
    for alert in ["LustreClientsStuck", "LustreNodeMountFails"] {
        loud.push(labels(alert, &json!({"fs": if alert.contains("Node") { "y" } else { "z" }})));
    }
    let name = |labels: &Value| labels["alertname"].as_str().unwrap().to_owned();
    let expected: BTreeSet<String> = loud.iter().map(name).collect();
    send(&sandbox, quiet.iter().cloned().chain(loud));
    until("what the window does not explain", || {
        let told: BTreeSet<String> =
            told(&sandbox).iter().map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect();
        (told.len() >= expected.len()).then_some(())
    });
    // Every group has been told of, or held back, once more by then.
    std::thread::sleep(MINUTE * 7);
    let told: BTreeSet<String> =
        told(&sandbox).iter().map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect();
    assert_eq!(told, expected);
}
