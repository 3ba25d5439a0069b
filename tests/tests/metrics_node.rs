//! `fsxlustre serve` on a node that mounts, works, hangs, and unmounts.

use fsxlustre_tests::{FileSystem, Output, Running, Sandbox, Signal};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const A: &str = "/mnt/a";
const B: &str = "/mnt/b";

/// A node with the file systems of these directories mounted.
fn node(directories: &[&str]) -> (Sandbox, Vec<FileSystem>) {
    let sandbox = Sandbox::start();
    let made: Vec<_> = directories
        .iter()
        .map(|directory| {
            let made = sandbox.create_file_system(FileSystem::lustre());
            sandbox.run(["mkdir", directory]).assert_success();
            mount(&sandbox, &made.id, directory, "noatime").assert_success();
            made
        })
        .collect();
    (sandbox, made)
}

fn mount(sandbox: &Sandbox, source: &str, directory: &str, options: &str) -> Output {
    sandbox.run(["mount", "-t", "fsxlustre", "-o", options, source, directory])
}

fn serve(sandbox: &Sandbox) -> Running {
    serve_as(sandbox, &["fsxlustre", "serve"])
}

fn serve_as(sandbox: &Sandbox, words: &[&str]) -> Running {
    let running = sandbox.spawn(words);
    eventually("it is ready", || {
        sandbox.request("GET", "http://127.0.0.1:9988/-/ready").try_send().is_ok()
    });
    running
}

/// A scrape by a Prometheus that waits three seconds.
#[track_caller]
fn scrape(sandbox: &Sandbox) -> String {
    let begun = Instant::now();
    let request = sandbox.request("GET", "http://127.0.0.1:9988/metrics");
    let answer = request.header("X-Prometheus-Scrape-Timeout-Seconds", "3").send();
    assert_eq!(answer.status, 200, "{answer:?}");
    // Far more than that, as a loaded machine is slow too; what hangs would not end at all.
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    answer.body
}

/// The value of the series of this name and exactly these labels.
fn value(metrics: &str, series: &str) -> Option<f64> {
    metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

#[track_caller]
fn eventually(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Processes of the sandbox whose command line has these words: number and command line.
fn processes(sandbox: &Sandbox, words: &str) -> Vec<(String, String)> {
    let list =
        "for p in /proc/[0-9]*; do [ -r $p/exe ] && echo ${p#/proc/} $(tr '\\0' ' ' <$p/cmdline)
                done 2>/dev/null";
    let all = sandbox.run(["sh", "-c", list]).stdout;
    let pairs = all.lines().filter_map(|line| line.split_once(' '));
    let found = pairs.filter(|(_, command)| command.contains(words));
    found.map(|(pid, command)| (pid.to_owned(), command.to_owned())).collect()
}

fn probers(sandbox: &Sandbox) -> usize {
    processes(sandbox, "--fsxlustre-prober").len()
}

/// Of the server of the mount on a directory: it answers no request, or answers again.
fn server_of(sandbox: &Sandbox, directory: &str, signal: &str) {
    let holders: Vec<_> = processes(sandbox, " serve-mount ");
    let of_it: Vec<_> = holders.iter().filter(|(_, command)| command.contains(directory)).collect();
    assert!(!of_it.is_empty(), "{holders:?}");
    for (pid, _) in of_it {
        sandbox.run(["kill", signal, pid]).assert_success();
    }
}

fn of_mount(name: &str, made: &FileSystem, directory: &str) -> String {
    format!("{name}{{fs=\"{}\",mountpoint=\"{directory}\"}}", made.mount_name)
}

#[test]
fn an_unmount_while_it_serves_takes_the_client_away() {
    let (sandbox, made) = node(&[A]);
    let _service = serve(&sandbox);
    for _ in 0..2 {
        let metrics = scrape(&sandbox);
        assert_eq!(value(&metrics, &of_mount("lustre_client_mount_up", &made[0], A)), Some(1.0));
        assert_eq!(probers(&sandbox), 1);
        // What holds the client's modules: files of debugfs, and anything on the mount.
        let open = "ls -l /proc/[0-9]*/fd /proc/[0-9]*/cwd 2>/dev/null | grep -E 'debug/lustre|debug/lnet|/mnt/a'";
        assert_eq!(sandbox.run(["sh", "-c", open]).stdout, "");
        let gone = sandbox.run(["fsxlustre", "umount", "-v", A]).assert_success();
        assert!(gone.stdout.contains("its client is gone"), "{gone}");
        let metrics = scrape(&sandbox);
        assert!(!metrics.contains(&made[0].mount_name), "{metrics}");
        assert!(!metrics.contains("fsxlustre_collector_success{collector=\"import\"} 0"));
        scrape(&sandbox);
        assert_eq!(probers(&sandbox), 0, "its child is of no use any more");
        mount(&sandbox, &made[0].id, A, "noatime").assert_success();
    }
    // Scrapes at the same time hold nothing either.
    let loops = "import urllib.request\nwhile 1: urllib.request.urlopen('http://127.0.0.1:9988/metrics').read()";
    let _scrapes = sandbox.spawn(["python3", "-c", loops]);
    for _ in 0..5 {
        sandbox.run(["umount", A]).assert_success();
        mount(&sandbox, &made[0].id, A, "noatime").assert_success();
    }
}

#[test]
fn a_mount_that_hangs_costs_neither_a_scrape_nor_the_services_end() {
    let (sandbox, made) = node(&[A, B]);
    let mut service = serve(&sandbox);
    scrape(&sandbox);
    assert_eq!(probers(&sandbox), 2);
    server_of(&sandbox, A, "-STOP");
    for _ in 0..3 {
        let metrics = scrape(&sandbox);
        assert_eq!(value(&metrics, &of_mount("lustre_client_mount_up", &made[1], B)), Some(1.0));
        let size = of_mount("lustre_client_filesystem_size_bytes", &made[1], B);
        assert!(value(&metrics, &size) > Some(0.0));
        let stuck = of_mount("lustre_client_statfs_probe_stuck_seconds", &made[0], A);
        assert!(value(&metrics, &stuck) > Some(0.0), "{metrics}");
        let import = format!("lustre_client_import_up{{fs=\"{}\"", made[0].mount_name);
        assert!(metrics.contains(&import), "its connections are told all the same");
        assert_eq!(value(&metrics, "fsxlustre_scrape_stuck"), Some(0.0));
        assert!(probers(&sandbox) <= 3, "replaced once");
    }
    server_of(&sandbox, A, "-CONT");
    eventually("it is up again", || {
        value(&scrape(&sandbox), &of_mount("lustre_client_mount_up", &made[0], A)) == Some(1.0)
    });
    scrape(&sandbox);
    eventually("one child each", || probers(&sandbox) == 2);

    server_of(&sandbox, A, "-STOP");
    scrape(&sandbox);
    service.signal(Signal::SIGTERM);
    let ended = service.wait(Duration::from_secs(5)).expect("it ends while its child is stuck");
    ended.assert_success();
    server_of(&sandbox, A, "-CONT");
    eventually("its children end", || probers(&sandbox) == 0);
}

/// The child that is asleep in statvfs holds the mount. It is the service's, and replaced.
#[test]
fn a_mount_that_hangs_can_be_unmounted_while_it_is_served() {
    let (sandbox, made) = node(&[A]);
    let _service = serve(&sandbox);
    for how in [&[][..], &["--force"]] {
        scrape(&sandbox);
        server_of(&sandbox, A, "-STOP");
        let metrics = scrape(&sandbox);
        let stuck = of_mount("lustre_client_statfs_probe_stuck_seconds", &made[0], A);
        assert!(value(&metrics, &stuck) > Some(0.0), "{metrics}");
        let words = [&["fsxlustre", "umount", "--timeout", "5"], how, &[A]].concat();
        // A server that does not answer cannot take the client's files away either, so it lives on.
        let output = sandbox.run(words);
        assert!(!sandbox.read_file("/proc/self/mountinfo").contains(A), "{output}");
        assert!(!output.stderr.contains("in use"), "{output}");
        server_of(&sandbox, A, "-CONT");
        eventually("its client is gone", || !scrape(&sandbox).contains(&made[0].mount_name));
        mount(&sandbox, &made[0].id, A, "noatime").assert_success();
    }
}

#[test]
fn a_mount_that_the_services_namespace_has_not_is_not_the_folder_below_it() {
    let (sandbox, _) = node(&[]);
    let made = sandbox.create_file_system(FileSystem::lustre());
    sandbox.run(["mkdir", A]).assert_success();
    sandbox.run(["mount", "--make-rshared", "/"]).assert_success();
    for (propagation, is_there) in [("private", false), ("slave", true)] {
        let own = ["unshare", "--mount", "--propagation", propagation];
        let unit = ["fsxlustre", "serve", "--path.mountinfo=/proc/1/mountinfo"];
        let service = serve_as(&sandbox, &[&own[..], &unit].concat());
        mount(&sandbox, &made.id, A, "noatime").assert_success();
        let metrics = scrape(&sandbox);
        assert!(metrics.contains(&format!("lustre_client_mount_info{{fs=\"{}\"", made.mount_name)));
        for family in ["lustre_client_mount_up", "lustre_client_filesystem_size_bytes"] {
            let told = value(&metrics, &of_mount(family, &made, A));
            assert_eq!(told.is_some(), is_there, "{propagation}: {family} {told:?}\n{metrics}");
        }
        let success = value(&metrics, "fsxlustre_collector_success{collector=\"probe\"}");
        assert_eq!(success, Some(if is_there { 1.0 } else { 0.0 }), "{propagation}");
        let said = format!("what is mounted on {A} is not mounted for the service");
        assert_eq!(service.stderr().contains(&said), !is_there, "{}", service.stderr());
        sandbox.run(["umount", A]).assert_success();
        drop(service);
    }
}

/// Two clients of one name: as mountinfo shows them, nobody can tell which mount is whose.
#[test]
fn a_client_that_hangs_hides_no_other_of_the_same_name() {
    let (sandbox, made) = node(&[A]);
    sandbox.run(["mkdir", B]).assert_success();
    mount(&sandbox, &made[0].id, B, "noatime,new_client").assert_success();
    let bound = "/mnt/bound";
    sandbox.run(["mkdir", bound]).assert_success();
    mount(&sandbox, &made[0].id, bound, "noatime").assert_success();
    let _service = serve(&sandbox);
    scrape(&sandbox);
    assert_eq!(probers(&sandbox), 2, "one for each client, and a bind mount has its client's");
    server_of(&sandbox, B, "-STOP");
    let up = |metrics: &str, directory| {
        value(metrics, &of_mount("lustre_client_mount_up", &made[0], directory))
    };
    for _ in 0..2 {
        let metrics = scrape(&sandbox);
        assert_eq!((up(&metrics, A), up(&metrics, bound)), (Some(1.0), Some(1.0)), "{metrics}");
        let stuck = of_mount("lustre_client_statfs_probe_stuck_seconds", &made[0], B);
        assert!(value(&metrics, &stuck) > Some(0.0), "{metrics}");
    }
    server_of(&sandbox, B, "-CONT");
    eventually("both are up", || up(&scrape(&sandbox), B) == Some(1.0));
}

fn job(sandbox: &Sandbox, verb: &str, id: &str) {
    job_of(sandbox, verb, id, "cpu");
}

fn job_of(sandbox: &Sandbox, verb: &str, id: &str, partition: &str) {
    let mut job = sandbox.command(["fsxlustre", "job", verb]);
    for (name, value) in [
        ("SLURM_JOB_ID", id),
        ("SLURM_CLUSTER_NAME", "prod"),
        ("SLURM_JOB_PARTITION", partition),
        ("SLURM_JOB_RESTART_COUNT", "0"),
        ("SLURMD_NODENAME", "node-1"),
    ] {
        job = job.env(name, value);
    }
    job.run().assert_success();
}

/// The samples of a family, without its name.
fn samples<'m>(metrics: &'m str, family: &str) -> Vec<&'m str> {
    metrics
        .lines()
        .filter_map(|line| line.strip_prefix(family).filter(|rest| rest.starts_with('{')))
        .collect()
}

#[test]
fn what_a_job_read_and_wrote_is_told_exactly_while_it_is_alone() {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre());
    let directory = "/mnt/jobs";
    sandbox.append_config(&format!(
        "\n[[jobs.mount]]\nsource = \"{}\"\ndirectory = \"{directory}\"\noptions = \"noatime\"\n",
        made.id
    ));
    let _service = serve(&sandbox);
    job(&sandbox, "start", "17");
    let write = |file: &str, kilobytes: u32| {
        let (of, count) = (format!("of={directory}/{file}"), format!("count={kilobytes}"));
        sandbox.run(["dd", "if=/dev/zero", &of, "bs=1k", &count, "conv=fsync"]).assert_success();
    };
    write("one", 300);
    sandbox.run(["cat", &format!("{directory}/one")]).assert_success();
    let metrics = scrape(&sandbox);
    let info = samples(&metrics, "fsxlustre_job_info");
    assert_eq!(info.len(), 1, "{info:?}");
    let labels = format!(
        "{{cluster=\"prod\",job_id=\"17\",fs=\"{}\",mountpoint=\"{directory}\"}} 1",
        made.mount_name
    );
    assert_eq!(info, [labels]);
    for (family, bytes) in [("write", 300 * 1024), ("read", 300 * 1024)] {
        let told = samples(&metrics, &format!("fsxlustre_job_{family}_bytes_total"));
        assert_eq!(told.len(), 1, "{told:?}");
        let (labels, value) = told[0].split_once("} ").unwrap();
        assert!(labels.contains("shared=\"no\"") && labels.contains(&made.mount_name), "{told:?}");
        assert_eq!(value.parse::<u64>().unwrap(), bytes, "{family}");
    }
    assert!(!samples(&metrics, "fsxlustre_job_operations_total").is_empty());

    // Another one on the node: from now on both are of both.
    job(&sandbox, "start", "18");
    write("two", 200);
    let metrics = scrape(&sandbox);
    let written = samples(&metrics, "fsxlustre_job_write_bytes_total");
    assert_eq!(written.len(), 2, "{written:?}");
    assert!(written.iter().all(|sample| sample.contains("shared=\"yes\"")), "{written:?}");
    let bytes = |sample: &&str| sample.rsplit(' ').next().unwrap().parse::<u64>().unwrap();
    let mut sums: Vec<u64> = written.iter().map(bytes).collect();
    sums.sort_unstable();
    assert_eq!(sums, [200 * 1024, 500 * 1024]);
    let leases = format!("fsxlustre_mount_leases{{mountpoint=\"{directory}\"}}");
    assert_eq!(value(&metrics, &leases), Some(2.0));

    for id in ["17", "18"] {
        job(&sandbox, "end", id);
    }
    let metrics = scrape(&sandbox);
    for family in ["info", "read_bytes_total", "write_bytes_total", "operations_total"] {
        assert!(samples(&metrics, &format!("fsxlustre_job_{family}")).is_empty(), "{family}");
    }
}

/// It may read and write what others have mounted.
#[test]
fn a_job_that_is_given_nothing_leaves_nobody_alone_either() {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre());
    sandbox.append_config(&format!(
        "\n[[jobs.mount]]\nsource = \"{}\"\ndirectory = \"/mnt/jobs\"\npartitions = [\"cpu\"]\n",
        made.id
    ));
    let shared = || {
        let report = sandbox.run(["fsxlustre", "job", "report", "--json", "17"]).assert_success();
        let report: serde_json::Value = serde_json::from_str(&report.stdout).unwrap();
        report[0]["is_shared"].as_bool().unwrap_or_else(|| panic!("{report}"))
    };
    for (first, second, partitions) in [("17", "18", ["cpu", "gpu"]), ("18", "17", ["gpu", "cpu"])]
    {
        job_of(&sandbox, "start", first, partitions[0]);
        if first == "17" {
            assert!(!shared(), "it is alone until then");
        }
        job_of(&sandbox, "start", second, partitions[1]);
        assert!(shared(), "{first} then {second}");
        for id in [first, second] {
            job(&sandbox, "end", id);
        }
        assert_eq!(sandbox.run(["ls", "/run/fsxlustre/leases"]).stdout, "");
    }
}

#[test]
fn ids_drift_and_the_last_check_are_told() {
    let (sandbox, made) = node(&[A]);
    let _service = serve(&sandbox);
    let metrics = scrape(&sandbox);
    let info = format!(
        "fsxlustre_file_system_info{{file_system_id=\"{}\",fs=\"{}\",mountpoint=\"{A}\",made_by=\"person\"}}",
        made[0].id, made[0].mount_name
    );
    assert_eq!(value(&metrics, &info), Some(1.0), "{metrics}");
    assert!(samples(&metrics, "fsxlustre_check_status").is_empty(), "nothing was checked yet");
    assert!(!metrics.contains("fsxlustre_check_last_run_timestamp_seconds"));
    let drift = |metrics: &str, kind: &str| {
        let labels = format!("fs=\"{}\",mountpoint=\"{A}\",kind=\"{kind}\"", made[0].mount_name);
        value(metrics, &format!("fsxlustre_drift{{{labels}}}"))
    };
    assert_eq!((drift(&metrics, "mounted"), drift(&metrics, "options")), (Some(0.0), Some(0.0)));

    // Somebody changes the mount behind our back.
    sandbox.run(["mount", "-n", "-o", "remount,bind,ro", A]).assert_success();
    let metrics = scrape(&sandbox);
    assert!(drift(&metrics, "options") >= Some(1.0), "{metrics}");
    let named = samples(&metrics, "fsxlustre_drift_info");
    assert!(named.iter().any(|sample| sample.contains("setting=\"rw\"")), "{named:?}");
    // And takes it away without umount.fsxlustre.
    sandbox.run(["umount", "-i", A]).assert_success();
    let metrics = scrape(&sandbox);
    assert_eq!((drift(&metrics, "mounted"), drift(&metrics, "options")), (Some(1.0), None));

    let report = sandbox.run(["fsxlustre", "check", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&report.stdout).unwrap();
    let metrics = scrape(&sandbox);
    let told = samples(&metrics, "fsxlustre_check_status");
    let findings = report["findings"].as_array().unwrap();
    // A check may have several answers, one a mount say; the worst of them is told.
    let worst = |check: &str| {
        let all: Vec<&str> = findings
            .iter()
            .filter(|finding| finding["check"] == check)
            .map(|finding| finding["verdict"].as_str().unwrap())
            .collect();
        ["fail", "unknown", "warn", "pass"].into_iter().find(|verdict| all.contains(verdict))
    };
    let checks: BTreeSet<&str> =
        findings.iter().map(|finding| finding["check"].as_str().unwrap()).collect();
    assert_eq!(told.len(), checks.len(), "{told:?}");
    for check in checks {
        let labels = format!("{{check=\"{check}\",status=\"{}\"}} 1", worst(check).unwrap());
        assert!(told.contains(&labels.as_str()), "{labels}: {told:?}");
    }
    let at = value(&metrics, "fsxlustre_check_last_run_timestamp_seconds").expect("a time");
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
    assert!((0.0..120.0).contains(&(now - at)), "{at} of {now}");

    // What others could have written is not told.
    sandbox.run(["chmod", "666", "/run/fsxlustre/check.json"]).assert_success();
    let metrics = scrape(&sandbox);
    assert!(samples(&metrics, "fsxlustre_check_status").is_empty());
    assert_eq!(value(&metrics, "fsxlustre_collector_success{collector=\"check\"}"), Some(0.0));
}

/// The one line of the README by which a fleet is scraped.
fn line_for_fleets() -> String {
    let readme = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let line = readme.lines().find(|line| line.contains("exporter.listen_address")).unwrap();
    // A booted node runs the whole of it in `booted_exporter`.
    line.split_once(" && systemctl restart").unwrap().0.to_owned()
}

/// The ENA driver's counters are asked of the kernel; a pair of virtual interfaces answers as well, without its names.
#[test]
fn the_driver_of_an_ena_interface_is_asked_and_one_that_does_not_answer_is_told() {
    let sandbox = Sandbox::start();
    let pair = ["ip", "link", "add", "ena0", "type", "veth", "peer", "name", "other0"];
    sandbox.run(pair).assert_success();
    let add = |name: &str| {
        let folder = format!("/run/standin/sys/class/net/{name}/device");
        sandbox.run(["mkdir", "-p", &folder]).assert_success();
        let driver = format!("{folder}/driver");
        sandbox.run(["ln", "-s", "../../../../bus/pci/drivers/ena", &driver]).assert_success();
    };
    add("ena0");
    let _service = serve(&sandbox);
    let success = "fsxlustre_collector_success{collector=\"network\"}";
    let metrics = scrape(&sandbox);
    assert_eq!(value(&metrics, success), Some(1.0), "{metrics}");
    assert!(!metrics.contains("allowance"), "veth counts none: {metrics}");
    add("ena1");
    assert_eq!(value(&scrape(&sandbox), success), Some(0.0), "no such interface");
}

#[test]
fn flags_are_obeyed_and_the_line_for_fleets_opens_the_port_to_the_network() {
    let sandbox = Sandbox::start();
    sandbox.run(["mkdir", "-p", "/etc/fsxlustre/fsxlustre.d"]).assert_success();
    let get = |url: &str| sandbox.request("GET", url).try_send().ok();
    {
        let _service = serve(&sandbox);
        assert_eq!(get("http://169.254.169.254:9988/-/healthy"), None, "this node's own only");
    }
    sandbox.run(["sh", "-c", &line_for_fleets()]).assert_success();
    {
        let _service = serve(&sandbox);
        let answer = get("http://169.254.169.254:9988/-/healthy").expect("an answer");
        assert_eq!(answer.status, 200);
    }
    let made = sandbox.create_file_system(FileSystem::lustre());
    sandbox.run(["mkdir", A]).assert_success();
    mount(&sandbox, &made.id, A, "noatime").assert_success();
    let _service = sandbox.spawn([
        "fsxlustre",
        "serve",
        "--web.listen-address=127.0.0.1:9001",
        "--web.listen-address=127.0.0.1:9002",
        "--web.telemetry-path=/lustre",
        "--web.max-series=60",
        "--no-collector.lnet",
        "--collector.targets",
    ]);
    for port in [9001, 9002] {
        let url = |path: &str| format!("http://127.0.0.1:{port}{path}");
        eventually("it listens", || get(&url("/-/ready")).is_some());
        assert_eq!(get(&url("/metrics")).map(|answer| answer.status), Some(404));
        let page = get(&url("/")).unwrap().body;
        assert!(page.contains("href=\"/lustre\"") && page.contains(A), "{page}");
        let metrics = get(&url("/lustre")).unwrap().body;
        assert!(!metrics.contains("lustre_lnet_"));
        assert!(metrics.contains("fsxlustre_collector_success{collector=\"targets\"} 1"));
        let series = metrics.lines().filter(|line| line.starts_with("lustre_")).count();
        assert!(series <= 60, "{series}");
        assert!(!samples(&metrics, "fsxlustre_family_dropped").is_empty());
    }
}
