//! Three nodes with files of their own, and a Prometheus that scrapes them.

use fsxlustre_tests::{FileSystem, Running, Sandbox};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

const DIRECTORY: &str = "/mnt/genomics";
const PROMETHEUS: &str = "http://127.0.0.1:9090";
/// How many there are.
pub const COUNT: usize = 3;
/// The name of the file system in Lustre.
pub const FS: &str = "genomics";
/// What each counter has before.
const BEFORE: u64 = 900_000_000;

/// The label of a node, counted from 0.
pub fn instance(node: usize) -> String {
    format!("127.0.0.1:{}", 9988 + node)
}

/// 1 for the first, 2 for the second, …
fn nth(node: usize) -> f64 {
    f64::from(u32::try_from(node + 1).unwrap())
}

/// Bytes that its programs read.
pub fn read(node: usize) -> f64 {
    30e6 * nth(node)
}

/// Bytes that its programs wrote.
pub fn written(node: usize) -> f64 {
    10e6 * nth(node)
}

/// Bytes that came from OST0000, on each node.
pub fn fetched() -> f64 {
    6e6
}

/// Requests for them.
pub const FETCHES: f64 = 6.0;

/// Bytes that went to a target.
pub fn sent(node: usize, ost: usize) -> f64 {
    if ost == 0 { 3e6 * nth(node) } else { 1e6 * nth(node) }
}

/// Requests with them, for each of both targets.
pub fn sends(node: usize) -> f64 {
    2.0 * nth(node) * nth(node)
}

/// Requests to metadata targets.
pub fn metadata_requests(node: usize) -> f64 {
    700.0 * nth(node)
}

/// What an open takes.
pub fn open_seconds(node: usize) -> f64 {
    0.001 * nth(node)
}

/// Requests that OST0000 has not answered.
pub fn in_flight(node: usize) -> f64 {
    2.0 * nth(node)
}

/// As many as it may have.
pub const MOST_IN_FLIGHT: f64 = 8.0;

/// The nodes, and who asks them.
pub struct Nodes {
    sandbox: Sandbox,
    /// Of the file system that their job uses.
    pub file_system_id: String,
    /// What tells its client in names of files.
    client: String,
    _running: Vec<Running>,
}

impl Nodes {
    /// Mounts, copies the client's files for each node, and lets Prometheus scrape them.
    pub fn start() -> Self {
        let sandbox = Sandbox::start();
        let file_system_id = mounted(&sandbox);
        let listed = sandbox.run(["ls", "/run/standin/sys/kernel/debug/lustre/llite"]).stdout;
        let client = listed.lines().find_map(|name| name.strip_prefix(&format!("{FS}-")));
        let client = client.expect(&listed).to_owned();
        let mut nodes = Self { sandbox, file_system_id, client, _running: Vec::new() };
        for node in 0..COUNT {
            let folder = format!("/run/n{node}");
            nodes.sandbox.run(["mkdir", &folder]).assert_success();
            for part in ["proc", "sys"] {
                let from = format!("/run/standin/{part}");
                nodes.sandbox.run(["cp", "-r", &from, &folder]).assert_success();
            }
            nodes.write_counters(node, 0.0);
            nodes._running.push(nodes.serve(node));
        }
        let prometheus = nodes.prometheus();
        nodes._running.push(prometheus);
        nodes.settled();
        nodes
    }

    fn serve(&self, node: usize) -> Running {
        let address = instance(node);
        let running = self.sandbox.spawn([
            "fsxlustre",
            "serve",
            &format!("--web.listen-address={address}"),
            &format!("--path.procfs=/run/n{node}/proc"),
            &format!("--path.sysfs=/run/n{node}/sys"),
        ]);
        until(&address, || {
            let ready = format!("http://{address}/-/ready");
            self.sandbox.request("GET", &ready).try_send().ok()
        });
        running
    }

    /// The packaged scrape configuration, faster and for these nodes. A service has what it is waited for less
    /// half a second, and a collector that a busy machine has no time for is missed by Prometheus' rates.
    fn prometheus(&self) -> Running {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/prometheus/scrape-static.yml");
        let targets: String =
            (0..COUNT).map(|node| format!("          - {}\n", instance(node))).collect();
        let config = std::fs::read_to_string(path)
            .unwrap()
            .replace("scrape_interval: 30s", "scrape_interval: 2s")
            .replace("scrape_timeout: 10s", "scrape_timeout: 2s")
            .replace("          - node-1:9988\n          - node-2:9988\n", &targets);
        assert!(config.contains(&targets), "{config}");
        self.sandbox.write_file("/etc/prometheus/test.yml", &config);
        let running = self.sandbox.spawn([
            "prometheus",
            "--config.file=/etc/prometheus/test.yml",
            "--storage.tsdb.path=/run/prometheus",
            "--web.listen-address=127.0.0.1:9090",
        ]);
        until("Prometheus is ready", || {
            let ready = self.sandbox.request("GET", &format!("{PROMETHEUS}/-/ready"));
            ready.try_send().ok().filter(|answer| answer.status == 200)
        });
        running
    }

    /// What an expression gives, now or at a time.
    #[track_caller]
    pub fn query(&self, promql: &str, at: Option<&str>) -> Value {
        let time = at.map_or_else(String::new, |at| format!("&time={at}"));
        let url = format!("{PROMETHEUS}/api/v1/query?query={}{time}", encoded(promql));
        let answer = self.sandbox.request("GET", &url).send().json();
        assert_eq!(answer["status"], "success", "{promql}: {answer}");
        answer
    }

    /// Waits until each node was scraped a few times more, and gives a time at which nothing is missing:
    /// a busy machine may have had no time for a scrape or for one collector of it.
    pub fn settled(&self) -> String {
        let scrapes = || {
            let counts = self.query("count_over_time(lustre_client_write_bytes_total[10m])", None);
            let counts = counts["data"]["result"].as_array().unwrap().clone();
            let count = |one: &Value| one["value"][1].as_str().unwrap().parse::<u32>().unwrap();
            let of_fs = counts.iter().filter(|one| one["metric"]["fs"] == FS);
            let counts: Vec<u32> = of_fs.map(count).collect();
            if counts.len() == COUNT { counts.into_iter().min().unwrap() } else { 0 }
        };
        let before = scrapes();
        until("every node is scraped", || (scrapes() >= before + 4).then_some(()));
        until("a whole scrape of each", || {
            let at = self.query("time()", None)["data"]["result"][0].as_f64().unwrap().to_string();
            let up = "count(up == 1) * min(fsxlustre_collector_success) * count(count by (instance) (lustre_client_mount_up))";
            let answer = self.query(up, Some(&at));
            let squared = (COUNT * COUNT).to_string();
            (answer["data"]["result"][0]["value"][1] == squared.as_str()).then_some(at)
        })
    }

    /// Lets every node do what this module says of it.
    pub fn change(&self) {
        for node in 0..COUNT {
            self.write_counters(node, 1.0);
            // A metadata target may have more, and is not asked about.
            for (device, told) in [
                (format!("osc/{FS}-OST0000-osc"), in_flight(node)),
                (format!("mdc/{FS}-MDT0000-mdc"), 64.0),
            ] {
                let file =
                    format!("/run/n{node}/proc/fs/lustre/{device}-{}/rpc_stats", self.client);
                let told = format!("read RPCs in flight:  {told}");
                self.edit(&file, |line| {
                    line.starts_with("read RPCs in flight:").then(|| told.clone())
                });
            }
        }
        let folder = |node: usize, ost: usize| {
            format!("/run/n{node}/proc/fs/lustre/osc/{FS}-OST000{ost}-osc-{}", self.client)
        };
        let state = format!("{}/ost_server_uuid", folder(1, 1));
        self.edit(&state, |line| Some(line.replace("FULL", "DISCONN").replace("IDLE", "DISCONN")));
        let now = self.query("time()", None)["data"]["result"][0].as_f64().unwrap();
        let changes = format!(" - [ {now:.0}, EVICTED ]\n - [ {now:.0}, FULL ]\n");
        self.sandbox.append(&format!("{}/state", folder(2, 0)), &changes);
        // It is evicted for as long as the room goes below, and then has its connection back.
        let evicted = format!("{}/ost_server_uuid", folder(2, 0));
        let well = self.sandbox.read_file(&evicted);
        self.edit(&evicted, |line| {
            Some(line.replace("FULL", "EVICTED").replace("IDLE", "EVICTED"))
        });
        // Room goes, a little at a time.
        let fill = format!(
            "for n in 1 2 3 4 5 6; do dd if=/dev/zero of={DIRECTORY}/fill$n bs=1M count=20; sleep 1; done"
        );
        self.sandbox.run(["sh", "-c", &fill]).assert_success();
        self.edit(&evicted, |_| Some(well.trim_end().to_owned()));
    }

    /// Writes the counters of a node: what they had before, and this part of what it does.
    fn write_counters(&self, node: usize, part: f64) {
        let client = &self.client;
        let llite = [
            ("read_bytes", "bytes", 10.0, read(node)),
            ("write_bytes", "bytes", 10.0, written(node)),
            ("open", "usecs", 100.0, 100.0 * open_seconds(node) * 1e6),
        ];
        self.write_stats(node, &format!("llite/{FS}-{client}"), part, &llite);
        let name = |ost: usize| format!("osc/{FS}-OST000{ost}-osc-{client}");
        let sends = |ost| {
            let bytes = ("write_bytes", "bytes", sends(node), sent(node, ost));
            [bytes, ("ost_write", "usecs", sends(node), 1e6)]
        };
        let fetches =
            [("read_bytes", "bytes", FETCHES, fetched()), ("ost_read", "usecs", FETCHES, 1e6)];
        self.write_stats(node, &name(0), part, &[&fetches[..], &sends(0)].concat());
        self.write_stats(node, &name(1), part, &sends(1));
        let waits = [("req_waittime", "usecs", metadata_requests(node), 1e6)];
        self.write_stats(node, &format!("mdc/{FS}-MDT0000-mdc-{client}"), part, &waits);
    }

    /// Puts lines into a `stats` file: name, unit, samples and sum, above [`BEFORE`].
    fn write_stats(&self, node: usize, device: &str, part: f64, lines: &[(&str, &str, f64, f64)]) {
        let path = format!("/run/n{node}/sys/kernel/debug/lustre/{device}/stats");
        let text = self.sandbox.read_file(&path);
        let is_other =
            |line: &&str| !lines.iter().any(|(name, ..)| line.split(' ').next() == Some(name));
        let mut text: String =
            text.lines().filter(is_other).flat_map(|line| [line, "\n"]).collect();
        let before = f64::from(u32::try_from(BEFORE).unwrap());
        for (name, unit, count, sum) in lines {
            let (count, sum) = (before + count * part, before + sum * part);
            text += &format!("{name:<25} {count:.0} samples [{unit}] 1 1 {sum:.0} {sum:.0}\n");
        }
        self.sandbox.write_file(&format!("{path}.new"), &text);
        self.sandbox.run(["mv", &format!("{path}.new"), &path]).assert_success();
    }

    /// Changes lines of a file in its place: the service keeps it open.
    fn edit(&self, path: &str, change: impl Fn(&str) -> Option<String>) {
        let before = self.sandbox.read_file(path);
        let lines = before.lines().map(|line| change(line).unwrap_or_else(|| line.to_owned()));
        let after: String = lines.flat_map(|line| [line, "\n".into()]).collect();
        assert_ne!(before, after, "{path}");
        self.sandbox.write_file("/run/changed", &after);
        self.sandbox.run(["sh", "-c", &format!("cat /run/changed >{path}")]).assert_success();
    }
}

/// Mounts a file system by a job's start, and two that have one name by hand; gives the id of the first.
fn mounted(sandbox: &Sandbox) -> String {
    let named = json!({"MountName": FS});
    let made = FileSystem::lustre().tag("Project", "genomics").field("LustreConfiguration", named);
    let made = sandbox.create_file_system(made);
    sandbox.append_config(&format!(
        "\n[[jobs.mount]]\nsource = \"tag:Project:genomics\"\ndirectory = \"{DIRECTORY}\"\n"
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
    for directory in ["/mnt/one", "/mnt/two"] {
        let scratch = FileSystem::lustre().deployment("SCRATCH_1");
        let scratch = sandbox.create_file_system(scratch);
        assert_eq!(scratch.mount_name, "fsx", "as all of the type");
        sandbox.run(["mkdir", directory]).assert_success();
        let same = ["-o", "allow_same_fsname", &scratch.id, directory];
        sandbox.run(["fsxlustre", "mount"].into_iter().chain(same)).assert_success();
    }
    made.id
}

/// Everything but letters and digits as %XX.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
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
