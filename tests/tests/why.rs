//! `fsxlustre why` by the real program: captured trees that change between its two looks, a mounted
//! file system that the API describes, and jobs.

use fsxlustre_tests::{FileSystem, Output, Running, Sandbox};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const TREE: &str = "/mnt/tree";
const OSC: &str = "p7lsxbev-OST0001-osc-ff3391038293f800";
const MDC: &str = "p7lsxbev-MDT0000-mdc-ff3391038293f800";

/// A sandbox with a copy of the captured client's files, mounted at /fsx in it.
fn captured() -> Sandbox {
    let sandbox = Sandbox::start();
    let tree =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../agent/tests/fixtures/metrics/lustre-2.15.8");
    sandbox.run(["cp", "-r", tree.to_str().unwrap(), TREE]).assert_success();
    sandbox.run(["chmod", "-R", "u+w", TREE]).assert_success();
    sandbox.run(["mkdir", &format!("{TREE}/fsx")]).assert_success();
    sandbox
}

fn why(sandbox: &Sandbox, words: &[&str]) -> Running {
    let paths = [("procfs", "/proc"), ("sysfs", "/sys"), ("rootfs", "")];
    let paths = paths.map(|(name, below)| format!("--path.{name}={TREE}{below}"));
    let all = ["fsxlustre"].into_iter().chain(paths.iter().map(String::as_str)).chain(["why"]);
    sandbox.spawn(all.chain(words.iter().copied()))
}

#[track_caller]
fn end(mut running: Running) -> Output {
    running.wait(Duration::from_secs(40)).expect("it ends").assert_success()
}

#[track_caller]
fn report(running: Running) -> Value {
    serde_json::from_str(&end(running).stdout).unwrap()
}

/// Waits until the first look is over.
#[track_caller]
fn has_looked(running: &Running) {
    let begun = Instant::now();
    while !running.stderr().contains("looking at the counters") {
        assert!(begun.elapsed() < Duration::from_secs(20), "{}", running.stderr());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Changes a file of the tree where it stands, as the kernel does: who has it open sees it.
#[track_caller]
fn change(sandbox: &Sandbox, path: &str, changes: &[(&str, &str)]) {
    let path = format!("{TREE}/{path}");
    let mut text = sandbox.read_file(&path);
    for (was, is) in changes {
        assert!(text.contains(was), "{was} in {path}:\n{text}");
        text = text.replace(was, is);
    }
    sandbox.command(["tee", "--", &path]).stdin(text).run().assert_success();
}

fn finding<'r>(report: &'r Value, rule: &str) -> &'r Value {
    let all = report["findings"].as_array().unwrap();
    all.iter().find(|one| one["rule"] == rule).unwrap_or_else(|| panic!("{rule}: {report}"))
}

#[track_caller]
fn assert_verdict(report: &Value, rule: &str, verdict: &str, words: &str) {
    let one = finding(report, rule);
    assert_eq!(one["verdict"], verdict, "{one}");
    assert!(one.to_string().contains(words), "{words}: {one}");
}

#[test]
fn a_node_that_does_nothing_is_limited_by_nothing_and_unknown_is_said() {
    let sandbox = captured();
    let report = report(why(&sandbox, &["--seconds=1", "--no-api", "--json"]));
    assert_eq!((&report["format"], &report["span"]), (&json!(1), &json!("now")));
    assert_eq!(report["file_systems"], json!(["p7lsxbev"]));
    let verdicts = report["findings"].as_array().unwrap().iter().map(|one| &one["verdict"]);
    assert!(verdicts.clone().all(|verdict| verdict != "limits"), "{report}");
    for rule in ["connections", "grants", "efa_fallback", "lock_contention", "one_target"] {
        assert_verdict(&report, rule, "clear", "");
    }
    for rule in ["network_allowance", "file_system_throughput", "maintenance_window", "s3_restores"]
    {
        assert_verdict(&report, rule, "unknown", "\"do\":");
    }
    // What happened before is a hint, and is said to be one.
    assert_verdict(&report, "small_rpcs", "suspect", "1153 of 1183 read requests");
    assert_verdict(&report, "small_rpcs", "suspect", "since the mount");
    let order: Vec<_> = verdicts.collect();
    let rank = ["limits", "suspect", "unknown", "clear"];
    let place = |verdict: &&Value| rank.iter().position(|word| *verdict == word);
    assert!(order.is_sorted_by_key(place), "{order:?}");

    let text = end(why(&sandbox, &["--seconds=1", "--no-api"])).stdout;
    assert!(text.starts_with("p7lsxbev: nothing that limits the I/O was seen in 1."), "{text}");
    assert!(text.contains("UNKNOWN  maintenance_window of p7lsxbev: "), "{text}");
}

#[test]
fn what_happens_between_the_looks_is_ranked_with_its_evidence() {
    let sandbox = captured();
    let running = why(&sandbox, &["--seconds=4", "--no-api", "--json"]);
    has_looked(&running);
    let debug = "sys/kernel/debug/lustre";
    // 400 requests of a page more, all to one target, and all met eight in flight.
    change(
        &sandbox,
        &format!("proc/fs/lustre/osc/{OSC}/rpc_stats"),
        &[
            ("write RPCs in flight: 0", "write RPCs in flight: 8"),
            ("pending write pages:  0", "pending write pages:  9"),
        ],
    );
    let rpc_stats = format!("{TREE}/proc/fs/lustre/osc/{OSC}/rpc_stats");
    let text = sandbox.read_file(&rpc_stats);
    let text = more_writes(&text, "pages per rpc", "1:", 400);
    let text = more_writes(&text, "rpcs in flight", "8:", 400);
    sandbox.command(["tee", &rpc_stats]).stdin(text).run().assert_success();
    let stats = format!("{TREE}/{debug}/osc/{OSC}/stats");
    let text = more(&sandbox.read_file(&stats), "write_bytes", 400, 400 * 65_536);
    sandbox.command(["tee", &stats]).stdin(text).run().assert_success();
    // Requests to the metadata server that took 50 ms each, and files that were still in S3.
    let stats = format!("{TREE}/{debug}/mdc/{MDC}/stats");
    let text = more(&sandbox.read_file(&stats), "req_waittime", 1000, 50_000_000);
    let text = format!("{text}mds_hsm_request           2 samples [usecs] 5 5 10 50\n");
    sandbox.command(["tee", &stats]).stdin(text).run().assert_success();
    // Other nodes want the locks.
    let callbacks = format!("{TREE}/{debug}/ldlm/services/ldlm_cbd/stats");
    let text = more(&sandbox.read_file(&callbacks), "ldlm_bl_callback", 500, 0);
    sandbox.command(["tee", &callbacks]).stdin(text).run().assert_success();
    // No room is promised, and something is dirty.
    sandbox
        .command(["tee", &format!("{TREE}/proc/fs/lustre/osc/{OSC}/cur_grant_bytes")])
        .stdin("1000\n")
        .run()
        .assert_success();
    let report = report(running);
    assert_verdict(&report, "one_target", "limits", "OST0001");
    assert_verdict(&report, "small_rpcs", "limits", "400 of 400 write requests");
    assert_verdict(
        &report,
        "rpcs_in_flight",
        "limits",
        "400 of 400 requests found more than 4 of 8",
    );
    assert_verdict(&report, "rpcs_in_flight", "limits", "osc.p7lsxbev-OST*.max_rpcs_in_flight=32");
    assert_verdict(&report, "metadata_latency", "limits", "1000 requests waited 50.000 s");
    assert_verdict(&report, "lock_contention", "limits", "500 blocking and 0 completion callbacks");
    assert_verdict(&report, "s3_restores", "limits", "2 restores");
    assert_verdict(&report, "grants", "limits", "1.0 kB granted by OST0001");
    let weights: Vec<_> = (report["findings"].as_array().unwrap().iter())
        .filter(|one| one["verdict"] == "limits")
        .map(|one| one["weight"].as_u64().unwrap())
        .collect();
    assert!(weights.len() == 7 && weights.is_sorted_by(|a, b| a >= b), "{weights:?}");
}

/// Adds to the count and the sum of a counter of a `stats` file.
#[track_caller]
fn more(text: &str, counter: &str, count: u64, sum: u64) -> String {
    let lines = text.lines().map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.first() != Some(&counter) {
            return line.to_owned();
        }
        let number = |place: usize| words.get(place).and_then(|word| word.parse::<u64>().ok());
        let rest = match (number(4), number(5), number(6)) {
            (Some(min), Some(max), Some(was)) => format!(" {min} {max} {}", was + sum),
            _ => String::new(),
        };
        format!("{counter:<25} {} samples {}{rest}", number(1).unwrap() + count, words[3])
    });
    let changed: String = lines.map(|line| line + "\n").collect();
    assert_ne!(changed, text, "{counter}");
    changed
}

/// Adds writes to a row of a table of `rpc_stats`.
#[track_caller]
fn more_writes(text: &str, table: &str, row: &str, count: u64) -> String {
    let mut is_in_table = false;
    let lines = text.lines().map(|line| {
        if line.ends_with('%') {
            is_in_table = line.starts_with(table);
        }
        let Some((left, right)) =
            line.split_once('|').filter(|_| is_in_table && line.starts_with(row))
        else {
            return line.to_owned();
        };
        let words: Vec<&str> = right.split_whitespace().collect();
        format!("{left}| {} {} {}", words[0].parse::<u64>().unwrap() + count, words[1], words[2])
    });
    let changed: String = lines.map(|line| line + "\n").collect();
    assert_ne!(changed, text, "{table} {row}");
    changed
}

#[test]
fn a_broken_connection_and_efa_that_is_not_used_are_named() {
    let sandbox = captured();
    change(&sandbox, &format!("proc/fs/lustre/osc/{OSC}/ost_server_uuid"), &[("FULL", "DISCONN")]);
    let device = format!("{TREE}/sys/class/infiniband/rdmap0s31");
    sandbox.run(["mkdir", "-p", &format!("{device}/device")]).assert_success();
    sandbox
        .run(["ln", "-s", "../../../bus/pci/drivers/efa", &format!("{device}/device/driver")])
        .assert_success();
    let report_of = || report(why(&sandbox, &["--seconds=1", "--no-api", "--json"]));
    let found = report_of();
    assert_eq!(found["findings"][0]["rule"], "connections", "{found}");
    assert_verdict(&found, "connections", "limits", "OST0001 DISCONN");
    assert_verdict(&found, "efa_fallback", "unknown", "LNet has no EFA interface");
    let nis = "sys/kernel/debug/lnet/nis";
    let text = sandbox.read_file(&format!("{TREE}/{nis}"));
    let tcp = text.lines().find(|line| line.contains("@tcp")).unwrap();
    let never: Vec<&str> = tcp.split_whitespace().collect();
    let efa = format!(
        "192.168.77.20@efa up {} {} {} {} 32 32 32",
        never[2], never[3], never[4], never[5]
    );
    sandbox.append(&format!("{TREE}/{nis}"), &format!("{efa}\n"));
    assert_verdict(&report_of(), "efa_fallback", "limits", "never sent a message");
}

#[test]
fn without_debugfs_it_is_unknown_and_why() {
    let sandbox = captured();
    sandbox.remove(&format!("{TREE}/sys/kernel"));
    let text = end(why(&sandbox, &["--seconds=1", "--no-api"])).stdout;
    for rule in ["lock_contention", "one_target of p7lsxbev", "metadata_latency of p7lsxbev"] {
        assert!(
            text.contains(&format!("UNKNOWN  {rule}: debugfs is not mounted; do: run it as root")),
            "{text}"
        );
    }
    assert!(text.contains("UNKNOWN  s3_restores of p7lsxbev: debugfs is not mounted"), "{text}");
    assert!(!text.contains("CLEAR    one_target"), "{text}");
}

#[test]
fn nothing_mounted_is_said_so_and_a_wrong_call_is_refused() {
    let sandbox = Sandbox::start();
    let shown = sandbox.run(["fsxlustre", "why", "--seconds=1"]).assert_success();
    assert!(shown.stdout.starts_with("no Lustre file system is mounted here"), "{shown}");
    for words in [["why", "--seconds=0"], ["why", "--seconds=x"], ["why", "--what"]] {
        let shown = sandbox.run(["fsxlustre"].into_iter().chain(words));
        assert_eq!(shown.code(), Some(2), "{shown}");
    }
}

/// A maintenance window that began ten minutes ago.
fn on_now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let minute = (seconds / 60 + 3 * 1440 - 10) % (7 * 1440);
    format!("{}:{:02}:{:02}", minute / 1440 + 1, minute % 1440 / 60, minute % 60)
}

const DIRECTORY: &str = "/mnt/genomics";

fn write(sandbox: &Sandbox, megabytes: u32) {
    let (to, count) = (format!("of={DIRECTORY}/f"), format!("count={megabytes}"));
    sandbox.run(["dd", "if=/dev/zero", &to, "bs=1M", &count, "conv=fsync"]).assert_success();
}

#[test]
fn the_api_tells_what_the_file_system_gives_and_when_it_is_maintained() {
    let sandbox = Sandbox::start();
    let window = json!({"WeeklyMaintenanceStartTime": on_now(), "PerUnitStorageThroughput": 1});
    let made =
        sandbox.create_file_system(FileSystem::lustre().field("LustreConfiguration", window));
    sandbox.run(["mkdir", DIRECTORY]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", &made.id, DIRECTORY]).assert_success();
    let running = sandbox.spawn(["fsxlustre", "why", "--seconds=4", "--json"]);
    has_looked(&running);
    write(&sandbox, 64);
    let found = report(running);
    // 1 MB/s for each TiB is little: this node alone uses it up.
    assert_verdict(&found, "file_system_throughput", "limits", &made.id);
    assert_verdict(&found, "maintenance_window", "suspect", "minutes: I/O goes on by itself");
    assert_verdict(&found, "s3_restores", "clear", "linked to no bucket");
    assert_eq!(found["findings"][0]["file_system"], made.mount_name, "{found}");

    let config = sandbox.read_file("/etc/fsxlustre/fsxlustre.toml");
    let nobody = config.lines().map(|line| match line.split_once('=') {
        Some((name, _)) if name.trim() == "endpoint_url" => {
            "endpoint_url = \"http://127.0.0.1:9\"\n".to_owned()
        }
        _ => format!("{line}\n"),
    });
    let nobody: String = nobody.collect();
    assert_ne!(nobody, config);
    sandbox.write_file("/etc/fsxlustre/fsxlustre.toml", &nobody);
    let found = report(sandbox.spawn(["fsxlustre", "why", "--seconds=1", "--json"]));
    assert_verdict(&found, "file_system_throughput", "unknown", "\"do\":");
    assert_verdict(&found, "maintenance_window", "unknown", "\"do\":");
}

#[test]
fn a_job_is_judged_by_its_own_counters_while_it_runs_and_by_its_report_after_it() {
    let sandbox = Sandbox::start();
    sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.append_config(&format!(
        "\n[[jobs.mount]]\nsource = \"tag:Project:genomics\"\ndirectory = \"{DIRECTORY}\"\n"
    ));
    sandbox
        .command(["fsxlustre", "job", "start"])
        .env("SLURM_JOB_ID", "17")
        .env("SLURM_CLUSTER_NAME", "prod")
        .env("SLURMD_NODENAME", "node-1")
        .run()
        .assert_success();
    write(&sandbox, 8);
    let of = |job: &str| sandbox.run(["fsxlustre", "why", "--no-api", "--json", "--job", job]);
    let found: Value = serde_json::from_str(&of("17").assert_success().stdout).unwrap();
    assert_eq!((&found["span"], &found["is_shared"]), (&json!("job"), &json!(false)));
    assert_verdict(&found, "one_target", "unknown", "did not keep it");
    assert_verdict(&found, "connections", "clear", "");

    let done = json!({"evictions": 2, "read_bytes": 5,
        "read_rpcs": {"count": 90, "sizes": [{"up_to_bytes": 4096, "count": 90}]}});
    let report = json!({"format": 1, "key": "prod_16_0_node-1", "is_shared": true,
        "began_unix_seconds": 100, "ended_unix_seconds": 160, "file_systems": {"abcdefgh": done}});
    let report = report.to_string();
    sandbox.write_file("/var/lib/fsxlustre/jobs/prod_16_0_node-1.json", &report);
    let found: Value = serde_json::from_str(&of("16").assert_success().stdout).unwrap();
    assert_verdict(&found, "connections", "limits", "2 evictions");
    assert_verdict(
        &found,
        "small_rpcs",
        "limits",
        "90 of 90 read requests carried 64 KiB or less in the job",
    );
    assert_eq!(found["file_systems"], json!(["abcdefgh"]));
    let text = sandbox.run(["fsxlustre", "why", "--job=prod_16_0_node-1"]).assert_success().stdout;
    assert!(text.contains("of 60 s in which other jobs were here too"), "{text}");

    for (job, code) in [("18", "FSXL-E202"), ("../etc/passwd", "FSXL-E202")] {
        let refused = of(job);
        assert_eq!(refused.code(), Some(1), "{refused}");
        let failure: Value = serde_json::from_str(&refused.stdout).unwrap();
        assert_eq!(failure["code"], code, "{refused}");
        assert!(failure["because"].to_string().contains("prod_17_0_node-1"), "{refused}");
    }
}

#[test]
fn a_dead_mount_does_not_hold_it_up_and_is_told() {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre());
    sandbox.run(["mkdir", DIRECTORY]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", &made.id, DIRECTORY]).assert_success();
    sandbox.client_fault("io-hang", true);
    let found = report(sandbox.spawn(["fsxlustre", "why", "--seconds=1", "--no-api", "--json"]));
    assert_verdict(&found, "connections", "suspect", DIRECTORY);
    sandbox.client_fault("io-hang", false);
}
