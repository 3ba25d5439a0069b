//! The Debian package on a node with a running systemd: what its scripts do to services and to mounts in use.

#[path = "packages/built.rs"]
mod built;
#[path = "booted_systemd/node.rs"]
#[expect(dead_code, reason = "of the node only what a package needs")]
mod node;

use built::{OLDER, deb, older_deb, version};
use node::Node;
use std::time::Duration;

const FSTAB: &str = "10.0.0.5@tcp:/abcdefgh /mnt/x fsxlustre _netdev,noatime,flock,noauto 0 0";
const EXPORTER: &str = "fsxlustre-exporter.service";
const EVACUATE: &str = "fsxlustre-evacuate.service";
/// What the root lacks is not asked for, and the configuration of the stand-in client stays.
const DPKG: &str = "dpkg --force-depends --force-confold --log=/dev/null";

/// A node without the package, which has two versions of it at hand.
fn booted() -> Node {
    let folder = tempfile::tempdir().expect("folder");
    let older = older_deb(folder.path());
    let packages = [(older, "/srv/older.deb"), (deb(), "/srv/newer.deb")];
    Node::boot_of(&packages, FSTAB, "mkdir -p srv mnt/x; touch srv/older.deb srv/newer.deb")
}

fn install(node: &Node, package: &str) -> String {
    node.ask(&format!("{DPKG} --install /srv/{package}.deb 2>&1"))
}

fn installed_version(node: &Node) -> String {
    node.ask("dpkg-query --show --showformat='${Version}' fsxlustre")
}

/// The metrics, as soon as there are any.
fn scrape(node: &Node) -> String {
    let get = "exec 3<>/dev/tcp/127.0.0.1/9988 && printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3";
    node.ask(get)
}

/// Every unit of the package, by systemctl's word of its first column.
fn units(node: &Node, what: &str) -> String {
    node.ask(&format!("systemctl {what} --no-legend --plain --all 'fsxlustre-*'"))
}

/// The mount, held by a process in it.
fn hold_a_mount(node: &Node) -> String {
    node.ask("systemctl daemon-reload && systemctl start mnt-x.mount");
    node.ask("systemd-run --quiet --unit=holder --working-directory=/mnt/x sleep 600");
    mount(node)
}

fn mount(node: &Node) -> String {
    let mounts = node.lustre_mounts();
    assert_eq!(mounts.len(), 1, "{mounts:?}");
    assert_eq!(node.state("holder.service"), "active");
    mounts.concat()
}

#[test]
fn an_installation_starts_and_enables_nothing_and_its_services_start_stop_and_restart() {
    let node = booted();
    install(&node, "newer");
    let files = units(&node, "list-unit-files");
    assert!(files.lines().count() > 8, "{files}");
    for line in files.lines() {
        let state = line.split_whitespace().nth(1).expect("a state");
        assert!(["disabled", "static"].contains(&state), "{line}");
    }
    assert_eq!(units(&node, "list-units --state=active,activating,failed"), "");

    // What the fstab generator made of the line is mounted by the installed helper.
    let source = node.property("mnt-x.mount", "FragmentPath");
    assert!(source.starts_with("/run/systemd/generator/"), "{source}");
    hold_a_mount(&node);
    for (unit, line) in
        [("fsxlustre-exporter.socket", "fsxlustre_build_info"), (EXPORTER, "fs=\"abcdefgh\"")]
    {
        node.ask(&format!("systemctl enable --now {unit}"));
        let metrics = scrape(&node);
        assert!(metrics.contains(line), "{unit}: {metrics}");
    }
    let first = node.property(EXPORTER, "MainPID");
    node.ask(&format!("systemctl restart {EXPORTER}"));
    assert_ne!(node.property(EXPORTER, "MainPID"), first);
    assert!(scrape(&node).contains("fs=\"abcdefgh\""));
    node.ask(&format!("systemctl disable --now {EXPORTER} fsxlustre-exporter.socket"));
    assert_eq!(node.state(EXPORTER), "inactive");
    for unit in ["fsxlustre-housekeeping.service", "fsxlustre-tune.service"] {
        node.ask(&format!("systemctl start {unit}"));
        assert_eq!(node.property(unit, "Result"), "success", "{unit}");
    }
    mount(&node);
}

#[test]
fn upgrade_removal_and_purge_restart_the_metrics_alone_and_leave_a_mount_in_use() {
    let node = booted();
    install(&node, "older");
    assert_eq!(installed_version(&node), OLDER);
    node.ask(&format!("systemctl enable --now {EXPORTER} {EVACUATE} fsxlustre-housekeeping.timer"));
    let before = hold_a_mount(&node);
    let since = node.property(EVACUATE, "ActiveEnterTimestampMonotonic");
    let served = node.property(EXPORTER, "MainPID");

    install(&node, "newer");
    assert_eq!(installed_version(&node), version());
    assert_eq!(mount(&node), before);
    assert_eq!(node.property(EVACUATE, "ActiveEnterTimestampMonotonic"), since);
    node.wait_for(EXPORTER, "active", Duration::from_secs(20));
    assert_ne!(node.property(EXPORTER, "MainPID"), served, "the new program serves");
    assert!(scrape(&node).contains("fs=\"abcdefgh\""));
    assert_eq!(node.property(EXPORTER, "NeedDaemonReload"), "no");

    let removed = node.ask(&format!("{DPKG} --remove fsxlustre 2>&1"));
    assert!(removed.contains("10.0.0.5@tcp:/abcdefgh /mnt/x lustre"), "{removed}");
    assert_eq!(mount(&node), before);
    assert_ne!(node.state(EXPORTER), "active");
    assert_ne!(node.state("fsxlustre-housekeeping.timer"), "active");
    assert_eq!(node.ask("find /etc/systemd/system -name 'fsxlustre-*'"), "");
    assert_eq!(units(&node, "list-units --state=failed"), "");

    node.ask(&format!("{DPKG} --purge fsxlustre 2>&1"));
    assert_eq!(mount(&node), before);
    let left = "find / -xdev -name '*fsxlustre*' ! -path '/srv/*' ! -path '/usr/local/*' ! -path '/proc/*' ! -path '/sys/*'";
    let left = node.ask(&format!("{left} ! -path '/run/*' ! -path '/var/log/*'"));
    assert_eq!(left, "");
    assert_eq!(node.ask("getent passwd fsxlustre || echo none"), "none");
    node.ask("systemctl stop holder.service && umount /mnt/x");
    assert_eq!(node.lustre_mounts(), [""; 0]);
}
