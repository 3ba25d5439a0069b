//! A real Prometheus and a real Alertmanager beside `fsxlustre serve`.

use fsxlustre_tests::{FileSystem, Running, Sandbox};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

const DIRECTORY: &str = "/mnt/genomics";
const PROMETHEUS: &str = "http://127.0.0.1:9090";
const ALERTMANAGER: &str = "http://127.0.0.1:9093";
/// What crypt(3) has for the password "test".
const HASH: &str = "$2y$05$QOauhQNbBCuQDKes6eFzPeGx5hrGyGC4/NwpDFaoBmaexZ16B4qxC";

fn packaged(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging").join(path);
    std::fs::read_to_string(path).unwrap()
}

#[track_caller]
fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < Duration::from_secs(40), "{what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn get(sandbox: &Sandbox, url: &str) -> Option<String> {
    let answer = sandbox.request("GET", url).try_send().ok()?;
    (answer.status == 200).then_some(answer.body)
}

/// Everything but letters and digits as %XX.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// What an expression gives: labels and value of each series.
#[track_caller]
fn query(sandbox: &Sandbox, promql: &str) -> Vec<(Value, f64)> {
    let url = format!("{PROMETHEUS}/api/v1/query?query={}", encoded(promql));
    let answer = sandbox.request("GET", &url).send().json();
    assert_eq!(answer["status"], "success", "{promql}: {answer}");
    let result = answer["data"]["result"].as_array().unwrap().iter();
    let value = |one: &Value| one["value"][1].as_str().unwrap().parse().unwrap();
    result.map(|one| (one["metric"].clone(), value(one))).collect()
}

/// Starts Prometheus with the packaged rules and the packaged scrape configuration, faster.
fn prometheus(sandbox: &Sandbox) -> Running {
    for name in ["recording", "alerts"] {
        let path = format!("/etc/prometheus/rules/{name}.yml");
        sandbox.write_file(&path, &packaged(&format!("prometheus/rules/{name}.yml")));
    }
    let config = packaged("prometheus/scrape-static.yml")
        .replace("/usr/share/fsxlustre/prometheus/rules", "/etc/prometheus/rules")
        .replace("scrape_interval: 30s", "scrape_interval: 1s")
        .replace(
            "scrape_timeout: 10s",
            "scrape_timeout: 1s\n    basic_auth: {username: p, password: test}",
        )
        .replace("node-1:9988", "127.0.0.1:9988")
        .replace("          - node-2:9988\n", "");
    let config = format!("global: {{evaluation_interval: 1s}}\n{config}");
    sandbox.write_file("/etc/prometheus/test.yml", &config);
    let running = sandbox.spawn([
        "prometheus",
        "--config.file=/etc/prometheus/test.yml",
        "--storage.tsdb.path=/run/prometheus",
        "--web.listen-address=127.0.0.1:9090",
    ]);
    until("Prometheus is ready", || get(sandbox, &format!("{PROMETHEUS}/-/ready")));
    running
}

fn serve(sandbox: &Sandbox) -> Running {
    let running = sandbox.spawn(["fsxlustre", "serve", "--web.config.file=/etc/fsxlustre/web.yml"]);
    until(&running.stderr(), || {
        sandbox.request("GET", "http://127.0.0.1:9988/-/ready").try_send().ok()
    });
    running
}

/// Reads, writes and lists for a while, so that rates are there.
fn work(sandbox: &Sandbox) -> Running {
    let script = format!(
        "n=0; while :; do n=$((n+1)); dd if=/dev/zero of={DIRECTORY}/f$((n%4)) bs=64k count=16 2>/dev/null; \
         cat {DIRECTORY}/f* >/dev/null; ls -l {DIRECTORY} >/dev/null; mkdir -p {DIRECTORY}/d; rmdir {DIRECTORY}/d; \
         sleep 0.2; done"
    );
    sandbox.spawn(["sh", "-c", &script])
}

#[test]
fn a_real_prometheus_scrapes_restarts_and_evaluates_every_rule() {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.append_config(&format!(
        "\n[[jobs.mount]]\nsource = \"tag:Project:genomics\"\ndirectory = \"{DIRECTORY}\"\n\
         options = \"noatime,flock\"\n"
    ));
    let mut job = sandbox.command(["fsxlustre", "job", "start"]);
    for (name, value) in [
        ("SLURM_JOB_ID", "17"),
        ("SLURM_CLUSTER_NAME", "prod"),
        ("SLURM_JOB_PARTITION", "cpu"),
        ("SLURMD_NODENAME", "node-1"),
    ] {
        job = job.env(name, value);
    }
    job.run().assert_success();
    sandbox.write_file("/etc/fsxlustre/web.yml", &format!("basic_auth_users: {{p: {HASH}}}\n"));
    let _service = serve(&sandbox);
    let _work = work(&sandbox);
    let mut first = prometheus(&sandbox);
    let is_up = || (query(&sandbox, "up").first()?.1 > 0.0).then_some(());
    until("Prometheus scrapes, with its password", is_up);
    let read = "fs:lustre_client_read_bytes:rate5m";
    until("the recording rules are evaluated", || {
        (query(&sandbox, read).first()?.1 > 0.0).then_some(())
    });
    let fs = query(&sandbox, read)[0].0["fs"].clone();
    assert_eq!(fs, made.mount_name.as_str());

    // What it had stays over a restart, and it goes on.
    first.signal(nix::sys::signal::Signal::SIGTERM);
    assert!(first.wait(Duration::from_secs(20)).is_some(), "Prometheus ends");
    let _second = prometheus(&sandbox);
    let scrapes = "count_over_time(up[10m])";
    let before = query(&sandbox, scrapes).first().expect("what was scraped before").1;
    until("it scrapes again", || {
        (query(&sandbox, scrapes).first()?.1 > before + 2.0).then_some(())
    });

    let rules = sandbox.request("GET", &format!("{PROMETHEUS}/api/v1/rules")).send().json();
    let groups = rules["data"]["groups"].as_array().unwrap();
    let all = groups.iter().flat_map(|group| group["rules"].as_array().unwrap());
    let mut count = 0;
    for rule in all {
        assert_eq!(rule["health"], "ok", "{rule}");
        count += 1;
    }
    assert!(count > 30, "{count}");
    assert_eq!(query(&sandbox, "ALERTS{alertstate=\"firing\"}"), [], "a node that is well");

    let metadata = sandbox.request("GET", &format!("{PROMETHEUS}/api/v1/metadata")).send().json();
    let read = &metadata["data"]["lustre_client_read_bytes"][0];
    assert_eq!(read["unit"], "bytes", "it was OpenMetrics that was scraped: {read}");
}

fn alert(labels: &Value) -> Value {
    json!({"labels": labels, "annotations": {"summary": "x"}})
}

/// How Alertmanager has the alerts of one name: how many of them are held back.
fn held_back(sandbox: &Sandbox, name: &str) -> (usize, usize) {
    let filter = encoded(&format!("alertname=\"{name}\""));
    let url = format!("{ALERTMANAGER}/api/v2/alerts?filter={filter}");
    let alerts = sandbox.request("GET", &url).send().json();
    let alerts = alerts.as_array().unwrap().clone();
    let held = alerts.iter().filter(|one| one["status"]["state"] == "suppressed").count();
    (held, alerts.len())
}

#[test]
fn alertmanager_pages_once_and_keeps_the_maintenance_window_quiet() {
    let sandbox = Sandbox::start();
    sandbox.write_file("/etc/alertmanager.yml", &packaged("prometheus/alertmanager.yml"));
    let _running = sandbox.spawn([
        "prometheus-alertmanager",
        "--config.file=/etc/alertmanager.yml",
        "--storage.path=/run/alertmanager",
        "--web.listen-address=127.0.0.1:9093",
        "--cluster.listen-address=",
    ]);
    until("Alertmanager is ready", || get(&sandbox, &format!("{ALERTMANAGER}/-/ready")));
    let own = |name: &str, fs: &str, scope: &str, severity: &str| json!({"alertname": name, "fs": fs, "scope": scope, "severity": severity, "component": "fsxlustre"});
    let mut alerts = vec![alert(&own("LustreClientsCutOff", "x", "file_system", "page"))];
    for number in 0..4000 {
        let mut labels = own("LustreNodeCutOff", "x", "node", "ticket");
        labels["instance"] = format!("n{number}").into();
        alerts.push(alert(&labels));
    }
    alerts.push(alert(&own("LustreNodeStuck", "y", "node", "ticket")));
    alerts.push(alert(&own("LustreMaintenance", "z", "maintenance", "none")));
    alerts.push(alert(&own("LustreClientsStuck", "z", "file_system", "page")));
    let body = Value::from(alerts).to_string();
    let send = sandbox.request("POST", &format!("{ALERTMANAGER}/api/v2/alerts"));
    let sent = send.header("Content-Type", "application/json").body(body).send();
    assert_eq!(sent.status, 200, "{sent:?}");
    until("each node's ticket is explained by the page", || {
        (held_back(&sandbox, "LustreNodeCutOff") == (4000, 4000)).then_some(())
    });
    assert_eq!(held_back(&sandbox, "LustreClientsCutOff"), (0, 1), "the page itself is told");
    assert_eq!(held_back(&sandbox, "LustreNodeStuck"), (0, 1), "another file system's is told");
    assert_eq!(held_back(&sandbox, "LustreClientsStuck"), (1, 1), "the window keeps it quiet");
}
