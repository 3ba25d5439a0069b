//! The packaged units of the metrics service under a booted systemd: its own user, readiness, socket
//! activation, and mounts that come and go while it serves.

#[path = "booted_systemd/node.rs"]
#[expect(dead_code, reason = "of the node only what a service needs")]
mod node;

use std::time::Duration;

use node::Node;

const LINE: &str = "10.0.0.5@tcp:/abcdefgh /mnt/x fsxlustre _netdev,noatime,flock,nofail 0 0";
const SOON: Duration = Duration::from_secs(10);
const SERVICE: &str = "fsxlustre-exporter.service";
const SOCKET: &str = "fsxlustre-exporter.socket";

/// Puts the packaged files where a package puts them.
fn installed() -> String {
    let units = "usr/lib/systemd/system";
    let files = [
        (
            format!("{units}/{SERVICE}"),
            include_str!("../../packaging/systemd/fsxlustre-exporter.service"),
        ),
        (
            format!("{units}/{SOCKET}"),
            include_str!("../../packaging/systemd/fsxlustre-exporter.socket"),
        ),
        (
            "usr/lib/sysusers.d/fsxlustre.conf".into(),
            include_str!("../../packaging/systemd/fsxlustre.sysusers"),
        ),
    ];
    let mut script = String::from("mkdir -p usr/lib/sysusers.d usr/lib/systemd/system\n");
    for (path, text) in files {
        script += &format!("cat >{path} <<'END'\n{text}END\n");
    }
    script
}

/// A scrape by bash alone.
fn scrape(node: &Node) -> String {
    let get = "exec 3<>/dev/tcp/127.0.0.1/9988 && printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3";
    node.ask(get)
}

fn start(node: &Node, unit: &str) {
    node.ask("systemd-sysusers");
    node.ask(&format!("systemctl start {unit}"));
}

#[test]
fn the_service_runs_as_its_own_user_with_one_capability_and_sees_mounts_come_and_go() {
    let node = Node::boot_with(LINE, &installed());
    node.wait_for("mnt-x.mount", "active", SOON);
    start(&node, SERVICE);
    // Type=notify: it is active since it said that it is ready.
    assert_eq!(node.state(SERVICE), "active");
    let pid = node.property(SERVICE, "MainPID");
    let status = node.ask(&format!("cat /proc/{pid}/status"));
    let user = node.ask("id -u fsxlustre");
    assert_ne!(user, "0");
    // CAP_DAC_READ_SEARCH is the third.
    for line in [format!("Uid:\t{user}\t{user}"), "CapEff:\t0000000000000004".into()] {
        assert!(status.contains(&line), "{line} is not in\n{status}");
    }
    let up = "lustre_client_mount_up{fs=\"abcdefgh\",mountpoint=\"/mnt/x\"} 1";
    let metrics = scrape(&node);
    assert!(metrics.contains(up), "{metrics}");
    assert!(metrics.contains("lustre_client_read_bytes_total{fs=\"abcdefgh\"}"), "{metrics}");
    assert!(metrics.contains("fsxlustre_file_system_info") || !metrics.contains("fs-"));

    node.ask("systemctl stop mnt-x.mount");
    assert!(node.lustre_mounts().is_empty());
    assert_eq!(
        node.ask("ls /run/standin/sys/fs/lustre/llite 2>/dev/null | grep -c abcd || true"),
        "0"
    );
    assert!(!scrape(&node).contains("abcdefgh"));
    node.ask("systemctl start mnt-x.mount");
    assert!(scrape(&node).contains(up), "the service's namespace has what the node has");
    node.ask(&format!("systemctl stop {SERVICE}"));
    assert_eq!(node.property(SERVICE, "Result"), "success");
}

#[test]
fn debugfs_is_read_by_that_capability_and_its_values_are_absent_without_it() {
    let node = Node::boot_with(LINE, &installed());
    node.wait_for("mnt-x.mount", "active", SOON);
    let debugfs = node.ask("stat -c '%a %U' /run/standin/sys/kernel/debug");
    assert_eq!(debugfs, "700 root", "as the kernel's is");
    start(&node, SERVICE);
    let from_debugfs = "lustre_client_read_bytes_total{fs=\"abcdefgh\"}";
    let success = |value: u8| format!("fsxlustre_collector_success{{collector=\"llite\"}} {value}");
    let metrics = scrape(&node);
    assert!(metrics.contains(from_debugfs) && metrics.contains(&success(1)), "{metrics}");

    let without = "[Service]\nAmbientCapabilities=\nCapabilityBoundingSet=\n";
    let folder = format!("/run/systemd/system/{SERVICE}.d");
    node.ask(&format!("mkdir -p {folder} && printf '{without}' >{folder}/none.conf"));
    node.ask(&format!("systemctl daemon-reload && systemctl restart {SERVICE}"));
    let pid = node.property(SERVICE, "MainPID");
    let status = node.ask(&format!("cat /proc/{pid}/status"));
    assert!(status.contains("CapEff:\t0000000000000000"), "{status}");
    let metrics = scrape(&node);
    assert!(metrics.contains(&success(0)), "{metrics}");
    assert!(!metrics.contains("lustre_client_read_bytes_total{"), "absent, not 0: {metrics}");
    assert!(metrics.contains("lustre_client_mount_up{fs=\"abcdefgh\""), "the rest comes");
    let refused = |source: &str, value: u8| {
        metrics.contains(&format!("fsxlustre_source_refused{{source=\"{source}\"}} {value}"))
    };
    assert!(refused("debugfs", 1) && refused("sysfs", 0) && refused("procfs", 0), "{metrics}");
}

#[test]
fn the_first_scrape_starts_the_service_where_the_socket_is_enabled() {
    let node = Node::boot_with(LINE, &installed());
    node.wait_for("mnt-x.mount", "active", SOON);
    start(&node, SOCKET);
    assert_eq!(node.state(SERVICE), "inactive");
    assert!(scrape(&node).contains("lustre_client_mount_up{fs=\"abcdefgh\""));
    assert_eq!(node.state(SERVICE), "active");
    // Restarted behind the socket, no connection is refused meanwhile.
    node.ask(&format!("systemctl restart --no-block {SERVICE}"));
    assert!(scrape(&node).contains("lustre_client_mount_up{fs=\"abcdefgh\""));
}

#[test]
fn a_restart_ends_while_a_mount_hangs() {
    let node = Node::boot_with(LINE, &installed());
    node.wait_for("mnt-x.mount", "active", SOON);
    start(&node, SERVICE);
    scrape(&node);
    node.client_fault("io-hang");
    assert!(scrape(&node).contains("lustre_client_statfs_probe_stuck_seconds"));
    let before = node.property(SERVICE, "MainPID");
    node.ask(&format!("systemctl restart {SERVICE}"));
    assert_eq!(node.state(SERVICE), "active");
    assert_ne!(node.property(SERVICE, "MainPID"), before);
    assert!(scrape(&node).contains("lustre_client_import_up{fs=\"abcdefgh\""), "and it serves");
}

#[test]
fn the_readmes_line_for_a_fleet_does_what_it_says_as_it_is_printed() {
    let node = Node::boot_with(LINE, &installed());
    node.wait_for("mnt-x.mount", "active", SOON);
    start(&node, SERVICE);
    // An address of this node that the service does not listen on until it is told.
    let try_it = "(exec 3<>/dev/tcp/127.0.0.2/9988) 2>/dev/null && echo open || echo refused";
    assert_eq!(node.ask(try_it), "refused");
    let printed = |text: &'static str| {
        let lines = text.lines().map(|line| line.trim_start_matches("#   "));
        lines.filter(|line| line.contains("> /etc/fsxlustre/fsxlustre.d/")).collect::<Vec<_>>()
    };
    let line = printed(include_str!("../../README.md"));
    assert_eq!(line.len(), 1);
    assert_eq!(printed(include_str!("../../packaging/prometheus/scrape-static.yml")), line);
    node.ask(line[0]);
    assert_eq!(node.state(SERVICE), "active");
    assert_eq!(node.ask(try_it), "open");
    assert!(scrape(&node).contains("lustre_client_mount_up{fs=\"abcdefgh\""));
}
