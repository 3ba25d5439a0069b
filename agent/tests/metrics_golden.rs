//! Scrapes of captured clients, compared with the text that is expected of them.
//!
//! `FSXLUSTRE_UPDATE_GOLDEN=1 cargo test -p fsxlustre-agent --test metrics_golden` writes the
//! expected texts anew; read the difference before you commit it.

#![expect(clippy::expect_used, reason = "a test says with it what it relies on")]

mod metrics_tree;

use fsxlustre_agent::metrics::families::{FAMILIES, Kind};
use fsxlustre_agent::metrics::{COLLECTOR_NAMES, Scraper, io_counters};
use fsxlustre_mount::host::Host;
use metrics_tree::{
    Tree, fixtures, host, scrape, scrape_of, scraper, success, value, without_probes,
};
use std::collections::BTreeSet;

const LLITE: &str = "sys/kernel/debug/lustre/llite/p7lsxbev-ff3391038293f800/stats";
const OSC0: &str = "sys/kernel/debug/lustre/osc/p7lsxbev-OST0000-osc-ff3391038293f800/stats";
const READ: &str = "lustre_client_read_bytes_total{fs=\"p7lsxbev\"}";

/// A scrape without what differs from run to run.
fn settled(text: &str) -> String {
    let mut settled = String::new();
    for line in text.lines() {
        let line = match line.rsplit_once(' ') {
            Some((sample, _)) if sample.starts_with("fsxlustre_collector_duration_seconds{") => {
                format!("{sample} 0")
            }
            _ => line.replace(env!("CARGO_PKG_VERSION"), "VERSION"),
        };
        settled += &line;
        settled.push('\n');
    }
    settled
}

fn assert_golden(name: &str, host: &Host) {
    let text = settled(&scrape(host));
    assert_well_formed(&text);
    let path = fixtures().join("golden").join(name);
    if std::env::var_os("FSXLUSTRE_UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &text).expect("the golden file");
    }
    let golden = std::fs::read_to_string(&path).expect("the golden file");
    for (number, (have, want)) in text.lines().zip(golden.lines()).enumerate() {
        assert_eq!(have, want, "{name} line {}", number + 1);
    }
    assert_eq!(text.lines().count(), golden.lines().count(), "{name}");
}

/// Each family once, in one piece, HELP and TYPE before its samples, each series once.
fn assert_well_formed(text: &str) {
    let mut families = BTreeSet::new();
    let mut series = BTreeSet::new();
    let mut current = "";
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            current = rest.split(' ').next().expect("a name");
            assert!(families.insert(current), "{current} stands twice");
            assert!(FAMILIES.iter().any(|family| family.name == current), "{current}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            assert_eq!(rest.split(' ').next(), Some(current));
        } else {
            let (sample, number) = line.rsplit_once(' ').expect("a sample");
            let name = sample.split('{').next().expect("a name");
            let ends = ["_sum", "_count", "_bucket"];
            let plain = ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            assert!(name == current || plain == current, "{line}");
            assert!(series.insert(sample), "{sample} stands twice");
            assert!(number.parse::<f64>().is_ok(), "{line}");
        }
    }
}

#[test]
fn a_client_of_2_15_8() {
    assert_golden("lustre-2.15.8.prom", &host(&fixtures().join("lustre-2.15.8")));
}

#[test]
fn a_client_of_2_10_1() {
    assert_golden("lustre-2.10.1.prom", &host(&fixtures().join("lustre-2.10.1")));
}

#[test]
fn a_node_with_nothing_mounted() {
    assert_golden("nothing-mounted.prom", &Tree::empty().host());
}

#[test]
fn a_client_whose_debugfs_is_not_mounted() {
    let mut host = host(&fixtures().join("lustre-2.15.8"));
    host.paths.debugfs = "/nonexistent".into();
    assert_golden("debugfs-missing.prom", &host);
    let io = io_counters(&host);
    assert!(io.file_systems.is_empty());
    assert!(io.unread.expect("a reason").contains("mount -t debugfs"));
}

#[test]
fn a_node_without_sysfs_knows_nothing_rather_than_that_nothing_is_mounted() {
    let tree = Tree::empty();
    tree.remove("sys");
    let text = scrape(&tree.host());
    for (collector, succeeded) in [("llite", false), ("osc", false), ("import", false)] {
        assert_eq!(success(&text, collector), succeeded, "{collector}");
    }
}

#[test]
fn a_torn_or_foreign_file_gives_no_wrong_number() {
    let whole =
        std::fs::read_to_string(fixtures().join("lustre-2.15.8").join(LLITE)).expect("text");
    let before_reads = whole.find("read_bytes").expect("a line");
    let header = whole.get(..before_reads).expect("the header");
    for (text, read_bytes, succeeded) in [
        (whole.as_str(), Some("177794060"), true),
        (header, Some("0"), true),
        // Cut within the line of read_bytes, after "1777".
        (whole.split_once("94060").expect("the sum").0, None, true),
        ("", None, false),
        ("\0\0\0\n", None, false),
        ("<html>\n", None, false),
    ] {
        let tree = Tree::of("lustre-2.15.8");
        tree.write(LLITE, text);
        let scraped = scrape(&tree.host());
        assert_well_formed(&scraped);
        assert_eq!(value(&scraped, READ), read_bytes, "{text}");
        assert_eq!(success(&scraped, "llite"), succeeded, "{text}");
        assert!(success(&scraped, "osc") && success(&scraped, "import"), "{text}");
    }
}

#[test]
fn one_bad_target_hides_no_other() {
    let tree = Tree::of("lustre-2.15.8");
    tree.write(OSC0, b"\xff\xfe\n");
    let device = "p7lsxbev-OST0001-osc-ff3391038293f800";
    tree.write(&format!("proc/fs/lustre/osc/{device}/ost_server_uuid"), "x\tBRANDNEW\n");
    tree.write("sys/kernel/debug/lnet/stats", "1 2 3");
    let text = scrape(&tree.host());
    assert_well_formed(&text);
    let osc = |target| {
        format!("lustre_client_osc_read_bytes_total{{fs=\"p7lsxbev\",target=\"{target}\"}}")
    };
    assert_eq!(value(&text, &osc("OST0000")), None);
    assert!(value(&text, &osc("OST0001")).is_some());
    assert!(!success(&text, "osc") && !success(&text, "lnet") && success(&text, "import"));
    let up = |target| {
        format!("lustre_client_import_up{{fs=\"p7lsxbev\",target=\"{target}\",kind=\"osc\"}}")
    };
    assert_eq!(value(&text, &up("OST0000")), Some("1"));
    assert_eq!(value(&text, &up("OST0001")), None);
    let unknown = "fsxlustre_unknown_fields{collector=\"import\"}";
    assert_eq!(value(&text, unknown), Some("1"));
    assert!(!text.contains("lustre_client_imports{fs=\"p7lsxbev\",kind=\"osc\""));
    assert!(text.contains("lustre_client_imports{fs=\"p7lsxbev\",kind=\"mdc\",state=\"FULL\"} 2"));
}

#[test]
fn two_clients_of_one_file_system_are_one_sum_or_nothing() {
    let tree = Tree::of("lustre-2.15.8");
    let second = "sys/kernel/debug/lustre/llite/p7lsxbev-ff0000000000000a/stats";
    let text = "snapshot_time 1.0 secs.nsecs\nread_bytes 5 samples [bytes] 1 1 40 40\n";
    tree.write(second, text);
    tree.write("sys/fs/lustre/llite/p7lsxbev-ff0000000000000a/fstype", "lustre\n");
    let osc = "p7lsxbev-OST0000-osc-ff0000000000000a";
    tree.write(&format!("sys/kernel/debug/lustre/osc/{osc}/stats"), text);
    let uuid = format!("proc/fs/lustre/osc/{osc}/ost_server_uuid");
    tree.write(&uuid, "p7lsxbev-OST0000_UUID\tEVICTED\n");
    tree.write(&format!("sys/fs/lustre/osc/{osc}/max_rpcs_in_flight"), "8\n");
    let scraped = scrape(&tree.host());
    assert_well_formed(&scraped);
    assert_eq!(value(&scraped, READ), Some("177794100"));
    let target = "{fs=\"p7lsxbev\",target=\"OST0000\"";
    let of = |name: &str, rest: &str| {
        value(&scraped, &format!("{name}{target}{rest}")).map(str::to_owned)
    };
    assert_eq!(of("lustre_client_osc_read_bytes_total", "}").as_deref(), Some("29564968"));
    assert_eq!(of("lustre_client_import_up", ",kind=\"osc\"}").as_deref(), Some("0"));
    for state in ["FULL", "EVICTED"] {
        let rest = format!(",kind=\"osc\",state=\"{state}\"}}");
        assert_eq!(of("lustre_client_import_state", &rest).as_deref(), Some("1"), "{state}");
    }
    let io = io_counters(&tree.host());
    let counters = io.file_systems.get("p7lsxbev").expect("read");
    assert_eq!(counters.read_bytes, Some(177_794_100));
    assert_eq!(counters.clients, ["p7lsxbev-ff0000000000000a", "p7lsxbev-ff3391038293f800"]);
    assert_eq!(io.unread, None);

    // A folder cannot be read as a file: like one that is refused.
    tree.remove(second);
    std::fs::create_dir(tree.root.join(second)).expect("folder");
    let scraped = scrape(&tree.host());
    assert_eq!(value(&scraped, READ), None);
    assert!(!success(&scraped, "llite"));
    let io = io_counters(&tree.host());
    assert!(io.file_systems.is_empty() && io.unread.is_some());
}

/// Where two clients of a file system are, one may go.
#[test]
fn a_client_that_goes_takes_nothing_from_the_counters() {
    let tree = Tree::of("lustre-2.15.8");
    let second = |name: &str| name.replace("ff3391038293f800", "ff0000000000000a");
    let folders = [
        ("sys/fs/lustre/llite", "p7lsxbev-ff3391038293f800"),
        ("sys/kernel/debug/lustre/llite", "p7lsxbev-ff3391038293f800"),
        ("sys/fs/lustre/osc", "p7lsxbev-OST0000-osc-ff3391038293f800"),
        ("proc/fs/lustre/osc", "p7lsxbev-OST0000-osc-ff3391038293f800"),
        ("sys/kernel/debug/lustre/osc", "p7lsxbev-OST0000-osc-ff3391038293f800"),
    ];
    for (folder, name) in folders {
        tree.copy_within(&format!("{folder}/{name}"), &format!("{folder}/{}", second(name)));
    }
    let scraper = scraper(&tree.host());
    let before = scrape_of(&scraper, without_probes());
    assert_eq!(value(&before, READ), Some("355588120"));
    for (folder, name) in folders {
        tree.remove(&format!("{folder}/{}", second(name)));
    }
    let after = scrape_of(&scraper, without_probes());
    assert_well_formed(&after);
    let counters = FAMILIES.iter().filter(|row| row.kind != Kind::Gauge);
    let names: Vec<_> = counters.map(|row| row.name).collect();
    let mut compared = 0;
    for line in before.lines().filter(|line| line.starts_with("lustre_client_")) {
        let (sample, shown) = line.rsplit_once(' ').expect("a value");
        if names.iter().any(|name| sample.starts_with(name)) && sample.contains("fs=\"") {
            assert_eq!(value(&after, sample), Some(shown), "{sample}");
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared}");
}

/// What asks servers when it is read, or does something: room by target wakes a connection that is idle.
const NEVER_READ: [&str; 8] = [
    "kbytestotal",
    "kbytesfree",
    "kbytesavail",
    "filestotal",
    "filesfree",
    "blocksize",
    "ping",
    "dump_page_cache",
];

/// Whoever opens a FIFO to read it waits for somebody who writes.
#[test]
fn no_file_that_sends_a_request_is_read() {
    for version in ["lustre-2.15.8", "lustre-2.10.1"] {
        let tree = Tree::of(version);
        let mut placed = 0;
        for folder in FOLDERS.map(|folder| tree.root.join(folder)) {
            for kind in ["llite", "osc", "mdc"] {
                let Ok(devices) = std::fs::read_dir(folder.join(kind)) else { continue };
                for device in devices.map(|device| device.expect("an entry").path()) {
                    for path in NEVER_READ.map(|name| device.join(name)) {
                        if path.exists() {
                            tree.remove(path.to_str().expect("UTF-8"));
                        }
                        let mode = nix::sys::stat::Mode::S_IRWXU;
                        nix::unistd::mkfifo(&path, mode).expect("a FIFO");
                        placed += 1;
                    }
                }
            }
        }
        assert!(placed > 30, "{version}: {placed}");
        let mut all = without_probes();
        for name in COLLECTOR_NAMES.iter().filter(|name| **name != "probe") {
            all.set(name, true).expect("a collector");
        }
        let text = scrape_of(&scraper(&tree.host()), all);
        assert_eq!(value(&text, "fsxlustre_scrape_stuck"), Some("0"), "{version}");
        for name in ["llite", "cache", "osc", "mdc", "targets", "tuning", "ldlm", "import"] {
            assert!(success(&text, name), "{version}: {name}");
        }
    }
}

/// Where devices are, in sysfs, procfs and debugfs.
const FOLDERS: [&str; 3] = ["sys/fs/lustre", "proc/fs/lustre", "sys/kernel/debug/lustre"];

/// The object storage targets that are shown with their bytes.
fn targets(scraper: &Scraper) -> Vec<String> {
    let text = scrape_of(scraper, without_probes());
    assert_well_formed(&text);
    let name = "lustre_client_osc_read_bytes_total{";
    let samples = text.lines().filter(|line| line.starts_with(name));
    let named = samples.filter_map(|line| line.split("target=\"").nth(1)?.split('"').next());
    named.map(str::to_owned).collect()
}

/// Gives every device of a client another client's name, wherever it has a folder of its own.
fn mount_again(tree: &Tree, before: &str, now: &str) {
    for folder in FOLDERS.map(|folder| tree.root.join(folder)) {
        for kind in ["llite", "osc", "mdc"] {
            let Ok(names) = std::fs::read_dir(folder.join(kind)) else { continue };
            let paths: Vec<_> = names.map(|entry| entry.expect("an entry").path()).collect();
            for path in paths {
                let path = path.to_str().expect("UTF-8");
                std::fs::rename(path, path.replace(before, now)).expect("renamed");
            }
        }
    }
}

/// Targets come and go one by one while a file system is mounted; all are others when it is mounted again.
#[test]
fn targets_that_come_and_go_between_scrapes_are_noticed() {
    for (version, fs, client) in [
        ("lustre-2.15.8", "p7lsxbev", "ff3391038293f800"),
        ("lustre-2.10.1", "lustrefs", "ffff88105db50000"),
    ] {
        let tree = Tree::of(version);
        let device = |target: &str| format!("osc/{fs}-{target}-osc-{client}");
        let places = FOLDERS
            .into_iter()
            .filter(|folder| tree.root.join(folder).join(device("OST0000")).is_dir());
        let places: Vec<_> = places.collect();
        let add = |target: &str| {
            for folder in &places {
                let [from, to] = ["OST0000", target].map(|one| format!("{folder}/{}", device(one)));
                tree.copy_within(&from, &to);
            }
        };
        let remove = |target: &str| {
            for folder in &places {
                tree.remove(&format!("{folder}/{}", device(target)));
            }
        };
        let scraper = scraper(&tree.host());
        assert_eq!(targets(&scraper), ["OST0000", "OST0001"], "{version}");
        add("OST0002");
        assert_eq!(targets(&scraper), ["OST0000", "OST0001", "OST0002"], "{version}");
        remove("OST0001");
        assert_eq!(targets(&scraper), ["OST0000", "OST0002"], "{version}");
        let mut left = ["OST0000", "OST0002"];
        // Where all files stay open, those of this tree go on being read when they were removed: unlike procfs's.
        if places.contains(&"sys/kernel/debug/lustre") {
            remove("OST0002");
            add("OST0003");
            left = ["OST0000", "OST0003"];
            // As many as before: what is gone is missed at once, and what came is there a scrape later.
            assert!(!targets(&scraper).contains(&"OST0002".to_owned()), "{version}");
            assert_eq!(targets(&scraper), left, "{version}");
        }
        mount_again(&tree, client, "ff0000000000000a");
        assert_eq!(targets(&scraper), left, "{version}: as many, mounted again");
    }
}

#[test]
fn names_that_are_not_a_clients_are_passed_over() {
    let tree = Tree::of("lustre-2.15.8");
    for name in ["p7lsxbev-OST0000-osc-MDT0000", "num_refs", "-", "x-OST0000-osc-"] {
        tree.write(&format!("sys/kernel/debug/lustre/osc/{name}/stats"), "rubbish\n");
        tree.write(&format!("proc/fs/lustre/osc/{name}/ost_server_uuid"), "rubbish\n");
    }
    assert_golden("lustre-2.15.8.prom", &tree.host());
}
