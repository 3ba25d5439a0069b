//! Captured failures as scrapes: what an alert is made of is there, and what is idle is not trouble.

#![expect(clippy::expect_used, reason = "a test says with it what it relies on")]

#[path = "metrics_failures/alerts.rs"]
mod alerts;
mod metrics_tree;

use metrics_tree::{Tree, fixtures, scrape, success, value};

/// The text of a captured file.
fn captured(name: &str) -> String {
    let path = fixtures().join("failures").join(name);
    std::fs::read_to_string(path).expect("a capture")
}

/// `(parameter, text)` of every section of `lctl get_param`'s output.
fn sections(text: &str) -> Vec<(String, String)> {
    let mut sections: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if let Some((name, rest)) = line.split_once('=').filter(|(name, _)| is_parameter(name)) {
            let first = if rest.is_empty() { String::new() } else { format!("{rest}\n") };
            sections.push((name.to_owned(), first));
        } else if let Some((_, body)) = sections.last_mut() {
            body.push_str(line);
            body.push('\n');
        }
    }
    sections
}

fn is_parameter(name: &str) -> bool {
    ["osc.", "mdc.", "mgc."].iter().any(|kind| name.starts_with(kind)) && !name.contains(' ')
}

/// A client as it was in a failure.
fn tree_of(failure: &str) -> Tree {
    let tree = Tree::of("lustre-2.15.8");
    for kind in ["osc", "mdc"] {
        for root in ["proc/fs/lustre", "sys/fs/lustre", "sys/kernel/debug/lustre"] {
            tree.remove(&format!("{root}/{kind}"));
        }
    }
    for file in ["params", "uuids"] {
        for (name, text) in sections(&captured(&format!("{failure}.{file}"))) {
            let parts: Vec<&str> = name.split('.').collect();
            let (kind, file) = (parts[0], parts[parts.len() - 1]);
            let device = parts[1..parts.len() - 1].join(".");
            if kind != "mgc" && file != "active" {
                tree.write(&format!("proc/fs/lustre/{kind}/{device}/{file}"), text);
            }
        }
    }
    tree
}

fn sum(text: &str, family: &str, kind: &str) -> u64 {
    let sample = format!("{family}{{fs=\"p7lsxbev\",kind=\"{kind}\"}}");
    value(text, &sample).expect("told").parse().expect("a number")
}

/// Lines of all `state` sections of a kind that end in a state: counted without a parser.
fn changes(failure: &str, kind: &str, state: &str) -> u64 {
    let all = sections(&captured(&format!("{failure}.params")));
    let of_kind = all
        .iter()
        .filter(|(name, _)| name.starts_with(kind) && name.rsplit('.').next() == Some("state"));
    let end = format!(", {state} ]");
    let count = of_kind.map(|(_, text)| text.matches(&end).count()).sum::<usize>();
    u64::try_from(count).expect("few")
}

fn up(text: &str, kind: &str) -> Vec<bool> {
    let part = format!("kind=\"{kind}\"");
    text.lines()
        .filter(|line| line.starts_with("lustre_client_import_up{") && line.contains(&part))
        .map(|line| line.ends_with(" 1"))
        .collect()
}

#[test]
fn what_is_down_is_told_and_what_is_idle_is_up() {
    for (failure, osc, mdc) in [
        ("f0_healthy", [true; 4], [true; 2]),
        ("f1_drop_t60", [false; 4], [false; 2]),
        ("f1_after", [true; 4], [true; 2]),
        // The object storage targets were idle and stayed so: no trouble of theirs.
        ("f2_umount_running", [true; 4], [false; 2]),
        ("f3_t75", [true, true, true, false], [true; 2]),
        ("f4_after_ost_evict", [true; 4], [true; 2]),
        ("f4_after_mdt_evict", [true; 4], [true; 2]),
        ("f5_t60", [true; 4], [false; 2]),
        ("f7_t30", [false; 4], [false; 2]),
    ] {
        let text = scrape(&tree_of(failure).host());
        assert!(success(&text, "import"), "{failure}");
        assert_eq!(up(&text, "osc"), osc, "{failure}");
        assert_eq!(up(&text, "mdc"), mdc, "{failure}");
        for state in ["IDLE", "FULL"] {
            let all = captured(&format!("{failure}.uuids"));
            let lines = all.lines().filter(|line| line.contains("_UUID\t"));
            let want = lines.filter(|line| line.ends_with(state)).count();
            let counted: u64 = ["osc", "mdc"]
                .iter()
                .map(|kind| {
                    let labels = format!("fs=\"p7lsxbev\",kind=\"{kind}\",state=\"{state}\"");
                    let sample = format!("lustre_client_imports{{{labels}}}");
                    value(&text, &sample).expect("told").parse::<u64>().expect("a number")
                })
                .sum();
            assert_eq!(usize::try_from(counted).expect("few"), want, "{failure} {state}");
        }
    }
}

#[test]
fn evictions_and_broken_connections_are_those_of_the_kernels_list() {
    for failure in ["f0_healthy", "f1_after", "f4_after_ost_evict", "f4_after_mdt_evict", "f5_t60"]
    {
        let text = scrape(&tree_of(failure).host());
        for kind in ["osc", "mdc"] {
            let evictions = sum(&text, "lustre_client_import_evictions_total", kind);
            assert_eq!(evictions, changes(failure, kind, "EVICTED"), "{failure} {kind}");
            let broken = sum(&text, "lustre_client_import_disconnects_total", kind);
            assert_eq!(broken, changes(failure, kind, "DISCONN"), "{failure} {kind}");
        }
    }
    let text = scrape(&tree_of("f0_healthy").host());
    assert_eq!(sum(&text, "lustre_client_import_evictions_total", "osc"), 0);
    assert!(changes("f1_after", "osc", "EVICTED") >= 4, "each target had thrown it out");
}

/// The list still has what an earlier service has told of.
#[test]
fn a_service_that_is_started_again_counts_nothing_twice() {
    let tree = tree_of("f1_after");
    let now = fsxlustre_mount::host::unix_seconds();
    let settings = fsxlustre_agent::metrics::ScrapeSettings {
        counts_since: i64::try_from(now).expect("a time") + 1_000_000_000,
        ..metrics_tree::settings()
    };
    let scraper = fsxlustre_agent::metrics::Scraper::new(&tree.host(), &settings);
    let text = metrics_tree::scrape_of(&scraper.expect("one"), metrics_tree::without_probes());
    for family in ["evictions", "disconnects"] {
        assert_eq!(sum(&text, &format!("lustre_client_import_{family}_total"), "osc"), 0);
    }
    let last = sum(&text, "lustre_client_import_last_eviction_timestamp_seconds", "osc");
    assert!(last > 1_700_000_000, "when it was is told all the same: {last}");
}

#[test]
fn an_eviction_between_two_scrapes_is_counted_once() {
    let tree = tree_of("f0_healthy");
    let scraper = metrics_tree::scraper_with_slow_tier(&tree.host(), std::time::Duration::ZERO);
    let scrape = || metrics_tree::scrape_of(&scraper, metrics_tree::without_probes());
    let evictions = |text: &str| sum(text, "lustre_client_import_evictions_total", "osc");
    assert_eq!(evictions(&scrape()), 0);
    let device = "proc/fs/lustre/osc/p7lsxbev-OST0000-osc-ff35743143f68800/state";
    let before = std::fs::read_to_string(tree.root.join(device)).expect("text");
    tree.write(device, format!("{before} - [ 1795299999, EVICTED ]\n - [ 1795299999, FULL ]\n"));
    for _ in 0..3 {
        let text = scrape();
        assert_eq!(evictions(&text), 1);
        let last = "lustre_client_import_last_eviction_timestamp_seconds";
        assert_eq!(sum(&text, last, "osc"), 1_795_299_999);
    }
}

/// f6: `import` and `state` of the deactivated target are captured. Its `ost_server_uuid` is not, so that
/// is what the kernel's source prints.
fn deactivated(state: &str) -> Tree {
    let tree = tree_of("f0_healthy");
    for (name, text) in sections(&captured("f6_deactivate.params")) {
        if let Some((device, file)) = name.rsplit_once('.').filter(|(_, file)| *file != "active") {
            let device = device.strip_prefix("osc.").expect("an object storage target");
            tree.write(&format!("proc/fs/lustre/osc/{device}/{file}"), text);
        }
    }
    let device = "proc/fs/lustre/osc/p7lsxbev-OST0002-osc-ff35743143f68800/ost_server_uuid";
    tree.write(device, format!("p7lsxbev-OST0002_UUID\t{state}\tDEACTIVATED\n"));
    tree
}

#[test]
fn a_deactivated_target_is_down_whatever_its_state() {
    for state in ["DISCONN", "FULL"] {
        let text = scrape(&deactivated(state).host());
        assert_eq!(up(&text, "osc"), [true, true, false, true], "{state}");
        let labels = "fs=\"p7lsxbev\",kind=\"osc\",state=\"DEACTIVATED\"";
        assert_eq!(value(&text, &format!("lustre_client_imports{{{labels}}}")), Some("1"));
        assert_eq!(sum(&text, "lustre_client_import_disconnects_total", "osc"), 1);
    }
}
