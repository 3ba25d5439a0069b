//! Values of scrapes, computed once more from the raw text by another route; how many series there
//! are; and what is left out where there may not be as many.

#![expect(clippy::expect_used, reason = "a test says with it what it relies on")]

mod metrics_tree;

use fsxlustre_agent::metrics::families::FAMILIES;
use fsxlustre_agent::metrics::{ScrapeSettings, Scraper, Selection};
use metrics_tree::{
    Tree, fixtures, host, scrape, scrape_of, settings, success, value, without_probes,
};
use std::fmt::Write as _;
use std::path::Path;

/// The words of the line of a file that begins with `start`, after that start.
fn words(tree: &str, path: &str, start: &str) -> Vec<String> {
    let text = std::fs::read_to_string(fixtures().join(tree).join(path)).expect("a capture");
    let line = text.lines().find_map(|line| line.trim().strip_prefix(start));
    line.expect(start).split_whitespace().map(str::to_owned).collect()
}

/// One word of such a line, as a number.
fn number(tree: &str, path: &str, start: &str, place: usize) -> f64 {
    words(tree, path, start)[place].trim_matches(':').parse().expect("a number")
}

fn told(text: &str, sample: &str) -> f64 {
    value(text, sample).unwrap_or_else(|| panic_about(sample)).parse().expect("a number")
}

#[expect(clippy::panic, reason = "names what is missing")]
fn panic_about(sample: &str) -> ! {
    panic!("{sample} is not told")
}

fn assert_same(text: &str, sample: &str, want: f64) {
    let have = told(text, sample);
    assert!((have - want).abs() <= want.abs() * 1e-12, "{sample}: {have}, not {want}");
}

#[test]
fn values_of_2_15_8() {
    let tree = "lustre-2.15.8";
    let text = scrape(&host(&fixtures().join(tree)));
    let fs = "fs=\"p7lsxbev\"";
    let at = |name: &str| format!("p7lsxbev-{name}-ff3391038293f800");
    let (ost0, ost1) = (at("OST0000-osc"), at("OST0001-osc"));
    let debug = "sys/kernel/debug/lustre";
    let llite = format!("{debug}/llite/p7lsxbev-ff3391038293f800");
    let get = |path: &str, start: &str, place| number(tree, path, start, place);
    let osc =
        |ost: &str, start: &str, place| get(&format!("{debug}/osc/{ost}/stats"), start, place);
    let stats = format!("{llite}/stats");
    let one = |name: &str| format!("lustre_client_{name}{{{fs}}}");
    let op = |name: &str, end: &str| {
        format!("lustre_client_operation_duration_seconds_{end}{{{fs},operation=\"{name}\"}}")
    };
    assert_same(&text, &one("read_bytes_total"), get(&stats, "read_bytes", 5));
    assert_same(&text, &one("writes_total"), get(&stats, "write_bytes", 0));
    assert_same(&text, &op("getattr", "sum"), get(&stats, "getattr", 5) / 1e6);
    assert_same(&text, &op("getattr", "count"), get(&stats, "getattr", 0));
    let target = |name: &str, ost: &str| format!("lustre_client_{name}{{{fs},target=\"{ost}\"}}");
    assert_same(&text, &target("osc_write_bytes_total", "OST0001"), osc(&ost1, "write_bytes", 5));
    let rpcs =
        format!("lustre_client_osc_rpcs_total{{{fs},target=\"OST0000\",direction=\"write\"}}");
    assert_same(&text, &rpcs, osc(&ost0, "ost_write", 0));
    let both = osc(&ost0, "ldlm_cancel", 5) + osc(&ost1, "ldlm_cancel", 5);
    let cancels = format!("{fs},operation=\"ldlm_cancel\"");
    let duration = format!("lustre_client_osc_rpc_duration_seconds_sum{{{cancels}}}");
    assert_same(&text, &duration, both / 1e6);
    let wait = osc(&ost0, "req_waittime", 0) + osc(&ost1, "req_waittime", 0);
    assert_same(&text, &format!("lustre_client_rpc_wait_seconds_count{{{fs},kind=\"osc\"}}"), wait);
    let bucket = |ost: &str, row: &str, place| {
        get(&format!("proc/fs/lustre/osc/{ost}/rpc_stats"), row, place)
    };
    let small = bucket(&ost0, "1:", 0) + bucket(&ost1, "1:", 0);
    let le = format!("{fs},direction=\"read\",le=\"4096\"");
    assert_same(&text, &format!("lustre_client_rpc_size_bytes_bucket{{{le}}}"), small);
    let grant = get(&format!("proc/fs/lustre/osc/{ost0}/cur_grant_bytes"), "", 0);
    assert_same(&text, &target("osc_grant_bytes", "OST0000"), grant);
    let cache = format!("{llite}/max_cached_mb");
    assert_same(&text, &one("cache_used_bytes"), get(&cache, "used_mb:", 0) * 1_048_576.0);
    let hits = format!("lustre_client_readahead_events_total{{{fs},event=\"hits\"}}");
    assert_same(&text, &hits, get(&format!("{llite}/read_ahead_stats"), "hits", 0));
    let attempts =
        |ost: &str| get(&format!("proc/fs/lustre/osc/{ost}/import"), "connection_attempts:", 0);
    let sum = format!("lustre_client_import_connection_attempts_total{{{fs},kind=\"osc\"}}");
    assert_same(&text, &sum, attempts(&ost0) + attempts(&ost1));
    let sent = get("sys/kernel/debug/lnet/stats", "", 7);
    assert_same(&text, "lustre_lnet_send_bytes_total", sent);
    let credits = get("sys/kernel/debug/lnet/nis", "192.168.77.20@tcp", 7);
    assert_same(&text, "lustre_lnet_ni_credits_min{nid=\"192.168.77.20@tcp\"}", credits);
}

#[test]
fn values_of_2_10_1() {
    let tree = "lustre-2.10.1";
    let text = scrape(&host(&fixtures().join(tree)));
    let fs = "fs=\"lustrefs\"";
    let get = |path: &str, start: &str, place| number(tree, path, start, place);
    let osc = |ost: &str, file: &str| {
        format!("proc/fs/lustre/osc/lustrefs-{ost}-osc-ffff88105db50000/{file}")
    };
    let (one, two) = ("OST0000", "OST0001");
    let stats = "proc/fs/lustre/llite/lustrefs-ffff88105db50000/stats";
    let opens = format!("lustre_client_operations_total{{{fs},operation=\"open\"}}");
    assert_same(&text, &opens, get(stats, "open ", 0));
    let written = format!("lustre_client_osc_write_bytes_total{{{fs},target=\"{one}\"}}");
    assert_same(&text, &written, get(&osc(one, "stats"), "write_bytes", 5));
    let flight =
        format!("lustre_client_rpcs_in_flight{{{fs},target=\"{one}\",direction=\"write\"}}");
    assert_same(&text, &flight, get(&osc(one, "rpc_stats"), "write RPCs in flight:", 0));
    let pages = |ost| get(&osc(ost, "rpc_stats"), "pending write pages:", 0);
    let pending = format!("lustre_client_pending_bytes{{{fs},direction=\"write\"}}");
    let page = f64::from(u32::try_from(procfs::page_size()).expect("small"));
    assert_same(&text, &pending, (pages(one) + pages(two)) * page);
    // The first table of the file, column of writes.
    let writes = |ost| {
        let path = fixtures().join(tree).join(osc(ost, "rpc_stats"));
        let text = std::fs::read_to_string(path).expect("a capture");
        let table = text.split("pages per rpc").nth(1).expect("a table");
        let rows = table.lines().skip(1).take_while(|line| !line.is_empty());
        rows.map(|row| {
            row.split_whitespace().nth(5).expect("writes").parse::<f64>().expect("a number")
        })
        .sum::<f64>()
    };
    let count = format!("lustre_client_rpc_size_bytes_count{{{fs},direction=\"write\"}}");
    assert_same(&text, &count, writes(one) + writes(two));
    let used = format!("lustre_client_cache_used_bytes{{{fs}}}");
    let cached = "proc/fs/lustre/llite/lustrefs-ffff88105db50000/max_cached_mb";
    assert_same(&text, &used, get(cached, "used_mb:", 0) * 1_048_576.0);
}

#[test]
fn what_each_target_tells_is_what_its_files_say() {
    let tree = "lustre-2.15.8";
    let mut all = without_probes();
    for name in ["targets", "import_targets"] {
        all.set(name, true).expect("a collector");
    }
    let scraper = Scraper::new(&host(&fixtures().join(tree)), &settings()).expect("a scraper");
    let text = scrape_of(&scraper, all);
    let fs = "fs=\"p7lsxbev\"";
    for (ost, family, kind, file, start, scale) in [
        (
            "OST0001",
            "lockless_bytes_total",
            "direction=\"write\"",
            "osc_stats",
            "lockless_write_bytes",
            1.0,
        ),
        (
            "OST0001",
            "lockless_bytes_total",
            "direction=\"read\"",
            "osc_stats",
            "lockless_read_bytes",
            1.0,
        ),
        ("OST0001", "osc_reclaims_total", "", "osc_cached_mb", "reclaim:", 1.0),
        ("OST0000", "osc_cached_bytes", "", "osc_cached_mb", "used_mb:", 1_048_576.0),
        (
            "OST0000",
            "target_connection_attempts_total",
            "kind=\"osc\"",
            "import",
            "connection_attempts:",
            1.0,
        ),
        ("OST0000", "target_connection_generation", "kind=\"osc\"", "import", "generation:", 1.0),
        ("OST0000", "target_idle_seconds", "kind=\"osc\"", "import", "idle:", 1.0),
        ("OST0000", "target_service_estimate_seconds", "kind=\"osc\"", "import", "services:", 1.0),
    ] {
        let path = format!("proc/fs/lustre/osc/p7lsxbev-{ost}-osc-ff3391038293f800/{file}");
        let more = if kind.is_empty() { String::new() } else { format!(",{kind}") };
        let sample = format!("lustre_client_{family}{{{fs},target=\"{ost}\"{more}}}");
        assert_same(&text, &sample, number(tree, &path, start, 0) * scale);
    }
}

/// The captured client with many object storage targets.
fn grown(osts: usize) -> Tree {
    let tree = Tree::of("lustre-2.15.8");
    for folder in [
        "proc/fs/lustre/osc",
        "sys/fs/lustre/osc",
        "sys/kernel/debug/lustre/osc",
        "sys/fs/lustre/ldlm/namespaces",
    ] {
        let from = "p7lsxbev-OST0000-osc-ff3391038293f800";
        for number in 2..osts {
            let to = format!("p7lsxbev-OST{number:04x}-osc-ff3391038293f800");
            tree.copy_within(&format!("{folder}/{from}"), &format!("{folder}/{to}"));
        }
    }
    tree
}

fn series(text: &str) -> usize {
    text.lines().filter(|line| line.starts_with("lustre_")).count()
}

#[test]
fn a_mount_of_64_targets_has_fewer_than_a_thousand_series() {
    let tree = grown(64);
    std::fs::create_dir_all(tree.root.join("fsx")).expect("folder");
    let scraper = Scraper::new(&tree.host(), &settings()).expect("a scraper");
    let text = scrape_of(&scraper, Selection::default());
    for collector in ["osc", "import", "probe", "tuning"] {
        assert!(success(&text, collector), "{collector}");
    }
    let told = series(&text);
    assert!(told < 1000, "{told} series");
    // It is 64 targets that are counted, each with its own series.
    assert!(text.contains("lustre_client_osc_grant_bytes{fs=\"p7lsxbev\",target=\"OST003f\"}"));
    let mut all = Selection::default();
    for name in ["targets", "peers", "import_targets"] {
        all.set(name, true).expect("a collector");
    }
    let text = scrape_of(&scraper, all);
    assert!(series(&text) > told + 64 * 10, "the rest is behind flags");
    assert!(text.contains("target=\"OST003f\",kind=\"osc\",nid=\"192.168.77.10@tcp\""));
    assert!(text.contains("lustre_lnet_peer_queued_bytes{nid=\"192.168.77.10@tcp\"} 0\n"));
}

/// Every operation that a client of any version counts.
const OPERATIONS: &[&str] = &[
    "alloc_inode",
    "close",
    "create",
    "fallocate",
    "flock",
    "fsync",
    "getattr",
    "getxattr",
    "inode_permission",
    "ioctl",
    "link",
    "listxattr",
    "mkdir",
    "mknod",
    "mmap",
    "open",
    "page_fault",
    "page_mkwrite",
    "read",
    "readdir",
    "removexattr",
    "rename",
    "rmdir",
    "seek",
    "setattr",
    "setxattr",
    "statfs",
    "symlink",
    "truncate",
    "unlink",
    "write",
];
/// All that read-ahead counts, and its pages.
const READ_AHEAD: &[&str] = &[
    "async_readahead",
    "failed_grab_page",
    "failed_lock_match",
    "failed_to_fast_read",
    "failed_to_reach_end",
    "forceread_pages",
    "hit_max_readahead_issue",
    "hits",
    "misses",
    "mmap_range_read",
    "read_but_discarded",
    "readahead_to_eof",
    "readpage_not_consecutive",
    "wrong_page_from_grab_cache_page",
    "zero_length_file",
    "zero_size_window",
    "readahead_pages",
];

/// A client that tells all that any version is known to tell, with every operation of programs used. As the source
/// of 2.17 prints it: not captured.
#[test]
fn a_mount_of_a_newer_client_has_fewer_than_a_thousand_series_too() {
    let tree = grown(64);
    std::fs::create_dir_all(tree.root.join("fsx")).expect("folder");
    let osc = tree.root.join("proc/fs/lustre/osc");
    let side =
        "\t\t\tread\t\t\twrite\nRPC latency (us)      rpcs   % cum % |       rpcs   % cum %\n";
    for device in std::fs::read_dir(&osc).expect("folder") {
        let path = device.expect("an entry").path().join("rpc_stats");
        let text = std::fs::read_to_string(&path).expect("a captured file");
        let text = text.replacen("pending write", "DIO RPCs in flight:   3\npending write", 1);
        std::fs::write(
            &path,
            format!("{text}\n{side}64:\t\t         1 100 100   |          1 100 100\n"),
        )
        .expect("written");
    }
    let llite = "sys/kernel/debug/lustre/llite/p7lsxbev-ff3391038293f800";
    let add = |name: &str, counters: &[&str], unit: &str| {
        let path = tree.root.join(llite).join(name);
        let mut text = std::fs::read_to_string(&path).expect("a captured file");
        for counter in counters {
            if !text.contains(&format!("\n{counter} ")) {
                let _ = writeln!(text, "{counter:<25} 1 samples [{unit}] 1 1 1 1");
            }
        }
        std::fs::write(&path, text).expect("written");
    };
    add("stats", OPERATIONS, "usecs");
    add("read_ahead_stats", READ_AHEAD, "pages");
    tree.write(
        &format!("{llite}/statahead_stats"),
        "statahead_total: 2\nhit_total: 5\nmiss_total: 1\n",
    );
    let scraper = Scraper::new(&tree.host(), &settings()).expect("a scraper");
    let text = scrape_of(&scraper, Selection::default());
    for name in ["osc", "llite", "cache", "import", "probe", "tuning"] {
        assert!(success(&text, name), "{name}");
        let odd = format!("fsxlustre_unknown_fields{{collector=\"{name}\"}}");
        assert_eq!(value(&text, &odd), Some("0"), "{name}");
    }
    let direct = "lustre_client_direct_rpcs_in_flight{fs=\"p7lsxbev\"}";
    assert_eq!(value(&text, direct), Some("192"));
    assert!(text.contains("lustre_client_rpc_latency_seconds_bucket"), "{text}");
    assert!(
        text.contains("operation=\"fallocate\"") && text.contains("event=\"zero_size_window\"")
    );
    let of_mount =
        text.lines().filter(|line| line.starts_with("lustre_") && line.contains("fs=\""));
    let of_mount = of_mount.count();
    assert!((900..1000).contains(&of_mount), "{of_mount} series");
    let mut all = Selection::default();
    all.set("targets", true).expect("a collector");
    let dio = "lustre_client_rpcs_in_flight{fs=\"p7lsxbev\",target=\"OST003f\",direction=\"dio\"}";
    assert_eq!(value(&scrape_of(&scraper, all), dio), Some("3"));
}

#[test]
fn beyond_the_limit_the_last_families_are_left_out_and_named() {
    let host = host(&fixtures().join("lustre-2.15.8"));
    let limited = ScrapeSettings { max_series: Some(200), ..settings() };
    let text = scrape_of(&Scraper::new(&host, &limited).expect("a scraper"), without_probes());
    let whole = scrape(&host);
    assert!(series(&text) <= 200 && series(&whole) > 200, "{}", series(&text));
    let names: Vec<&str> = FAMILIES.iter().map(|family| family.name).collect();
    let is_in = |text: &str, name: &str| text.contains(&format!("# TYPE {name} "));
    let ours = |name: &str| name.starts_with("fsxlustre_");
    let gone: Vec<&str> =
        names.iter().copied().filter(|name| is_in(&whole, name) && !is_in(&text, name)).collect();
    let kept = names.iter().filter(|name| is_in(&text, name) && !ours(name));
    let last_kept = kept.map(|name| names.iter().position(|one| one == name)).max().flatten();
    assert!(!gone.is_empty());
    for name in gone {
        assert!(names.iter().position(|one| *one == name) > last_kept, "{name} before others");
        let said = format!("fsxlustre_family_dropped{{family=\"{name}\"}}");
        assert_eq!(value(&text, &said), Some("1"));
    }
}

#[test]
fn a_mount_that_answers_is_up_with_its_room_and_of_one_that_is_not_seen_nothing_is_known() {
    let tree = Tree::of("lustre-2.15.8");
    let labels = "{fs=\"p7lsxbev\",mountpoint=\"/fsx\"}";
    let scraper = Scraper::new(&tree.host(), &settings()).expect("a scraper");
    let text = scrape_of(&scraper, Selection::default());
    let get = |text: &str, name: &str| {
        value(text, &format!("lustre_client_{name}{labels}")).map(str::to_owned)
    };
    for name in ["mount_up", "statfs_probe_failures_total", "filesystem_size_bytes"] {
        assert_eq!(get(&text, name), None, "{name}: unknown is not 0");
    }
    let success = "fsxlustre_collector_success{collector=\"probe\"}";
    assert_eq!(value(&text, success), Some("0"));
    std::fs::create_dir_all(tree.root.join("fsx")).expect("folder");
    let text = scrape_of(&scraper, Selection::default());
    assert_eq!(value(&text, success), Some("1"));
    assert_eq!(get(&text, "mount_up").as_deref(), Some("1"));
    assert_eq!(get(&text, "statfs_probe_failures_total").as_deref(), Some("0"));
    let room = nix::sys::statvfs::statvfs(Path::new(&tree.root)).expect("statvfs");
    let size = (room.blocks() * room.fragment_size()).to_string();
    assert_eq!(get(&text, "filesystem_size_bytes"), Some(size));
    assert_eq!(get(&text, "statfs_probe_stuck_seconds").as_deref(), Some("0"));
}

#[test]
fn settings_are_read_again_only_after_a_while() {
    let tree = Tree::of("lustre-2.15.8");
    let path = "sys/fs/lustre/osc/p7lsxbev-OST0000-osc-ff3391038293f800/max_rpcs_in_flight";
    let sample = "lustre_client_max_rpcs_in_flight{fs=\"p7lsxbev\",kind=\"osc\"}";
    let slow = metrics_tree::scraper(&tree.host());
    let quick = metrics_tree::scraper_with_slow_tier(&tree.host(), std::time::Duration::ZERO);
    for scraper in [&slow, &quick] {
        assert_eq!(value(&scrape_of(scraper, without_probes()), sample), Some("8"));
    }
    let files = |text: &str| told(text, "fsxlustre_scrape_files");
    let first = files(&scrape_of(&quick, without_probes()));
    tree.write(path, "1\n");
    let text = scrape_of(&slow, without_probes());
    assert_eq!(value(&text, sample), Some("8"), "a minute has not passed");
    assert!(files(&text) < first, "the slow files were not read");
    assert_eq!(value(&scrape_of(&quick, without_probes()), sample), Some("1"));
    // Other devices: what was kept is of no use any more.
    tree.remove("sys/fs/lustre/osc/p7lsxbev-OST0001-osc-ff3391038293f800");
    tree.remove("proc/fs/lustre/osc/p7lsxbev-OST0001-osc-ff3391038293f800");
    tree.remove("sys/kernel/debug/lustre/osc/p7lsxbev-OST0001-osc-ff3391038293f800");
    assert_eq!(value(&scrape_of(&slow, without_probes()), sample), Some("1"));
}
