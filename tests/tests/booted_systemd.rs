//! fstab lines of type fsxlustre under a booted systemd: at boot, by automount, stopped, restarted, and at
//! a shutdown with a mount that hangs. `tests/nspawn/build` makes the root that is booted.

#[path = "booted_systemd/node.rs"]
mod node;

use std::time::Duration;

use node::Node;

const SOURCE: &str = "10.0.0.5@tcp:/abcdefgh";
const SOON: Duration = Duration::from_secs(10);

/// The line that we recommend.
const AT_BOOT: &str = "10.0.0.5@tcp:/abcdefgh /mnt/x fsxlustre _netdev,noatime,flock,nofail 0 0";
const ON_DEMAND: &str = "10.0.0.5@tcp:/abcdefgh /mnt/x fsxlustre \
                         _netdev,noatime,flock,noauto,x-systemd.automount 0 0";

/// A node whose file system has been mounted at boot.
fn mounted() -> Node {
    let node = Node::boot(AT_BOOT);
    node.wait_for("mnt-x.mount", "active", SOON);
    node
}

/// When a unit became active, in microseconds since boot.
fn active_since(node: &Node, unit: &str) -> u64 {
    node.property(unit, "ActiveEnterTimestampMonotonic").parse().expect("a number")
}

#[test]
fn a_line_of_fstab_is_mounted_at_boot_after_the_network() {
    let node = mounted();
    let mounts = node.lustre_mounts();
    assert_eq!(mounts.len(), 1, "{mounts:?}");
    assert!(mounts[0].contains(" /mnt/x ") && mounts[0].contains(SOURCE), "{mounts:?}");
    assert!(mounts[0].contains("noatime"), "{mounts:?}");
    let after = node.property("mnt-x.mount", "After");
    for target in ["remote-fs-pre.target", "network-online.target"] {
        assert!(after.split(' ').any(|unit| unit == target), "{target} is not in {after}");
        let (before, mount) = (active_since(&node, target), active_since(&node, "mnt-x.mount"));
        assert!(0 < before && before <= mount, "{target} at {before}, the mount at {mount}");
    }
    let wanted_by = node.property("mnt-x.mount", "WantedBy");
    assert_eq!(wanted_by, "remote-fs.target");
}

#[test]
fn an_automount_is_triggered_by_a_look() {
    let node = Node::boot(ON_DEMAND);
    assert_eq!(node.state("mnt-x.automount"), "active");
    assert_eq!(node.state("mnt-x.mount"), "inactive");
    node.ask("ls /mnt/x");
    assert_eq!(node.state("mnt-x.mount"), "active");
    assert_eq!(node.lustre_mounts().len(), 1);
    // Called again by hand, it sees through the trigger to the file system.
    node.ask("mount /mnt/x");
    assert_eq!(node.lustre_mounts().len(), 1);
}

/// By hand before anybody looked: the trigger is no other file system, and what systemd mounts when
/// we look is the one that was asked for, not a directory with something in it.
#[test]
fn a_call_by_hand_on_an_automount_that_slept_finds_its_mount() {
    let node = Node::boot(ON_DEMAND);
    assert_eq!(node.state("mnt-x.mount"), "inactive");
    node.ask(&format!("mount.fsxlustre {SOURCE} /mnt/x -v -o noatime,flock,require_empty"));
    assert_eq!(node.state("mnt-x.mount"), "active");
    assert_eq!(node.lustre_mounts().len(), 1);
}

/// A stop while no server answers: umount(8) itself may wait in stat(2); what ends it is recorded here.
#[test]
fn a_stop_with_dead_servers_ends_by_itself_or_by_the_units_time_out() {
    let node = mounted();
    node.client_fault("io-hang");
    let stopped = node.ask("systemctl stop mnt-x.mount; systemctl show -p Result mnt-x.mount");
    assert!(stopped.contains("Result="), "{stopped}");
    assert_eq!(node.lustre_mounts().len(), 0, "{stopped}");
}

#[test]
fn stop_unmounts_and_start_mounts_again() {
    let node = mounted();
    node.ask("echo kept >/mnt/x/file");
    node.ask("systemctl stop mnt-x.mount");
    assert_eq!(node.state("mnt-x.mount"), "inactive");
    assert!(node.lustre_mounts().is_empty());
    node.ask("systemctl start mnt-x.mount");
    assert_eq!(node.ask("cat /mnt/x/file"), "kept");
}

#[test]
fn restart_makes_a_new_mount() {
    let node = mounted();
    // The numbers in mountinfo are used again, so they do not tell the two apart.
    let before = node.property("mnt-x.mount", "InvocationID");
    node.ask("systemctl restart mnt-x.mount");
    assert_eq!(node.state("mnt-x.mount"), "active");
    assert_eq!(node.lustre_mounts().len(), 1);
    assert_ne!(before, node.property("mnt-x.mount", "InvocationID"));
}

#[test]
fn a_healthy_mount_does_not_delay_the_shutdown() {
    let took = mounted().power_off(SOON);
    println!("power-off with a healthy mount: {took:?}");
}

#[test]
fn a_process_that_hangs_on_a_mount_delays_the_shutdown_by_its_time_outs_alone() {
    let node = Node::boot_with(
        AT_BOOT,
        "mkdir etc/systemd/system/mnt-x.mount.d\n\
         printf '[Mount]\\nTimeoutSec=2\\n' >etc/systemd/system/mnt-x.mount.d/short.conf\n\
         printf '[Manager]\\nDefaultTimeoutStopSec=2\\n' >etc/systemd/system.conf.d/short.conf\n",
    );
    node.wait_for("mnt-x.mount", "active", SOON);
    node.client_fault("io-hang");
    node.ask(
        "systemd-run --quiet --unit stuck --property RequiresMountsFor=/mnt/x stat /mnt/x/file",
    );
    let state = "cut -d ' ' -f 3 /proc/$(systemctl show --value --property MainPID stuck)/stat";
    node.wait_until("stuck is in state D", || node.ask(state) == "D");
    let took = node.power_off(Duration::from_secs(30));
    println!("power-off with a process in state D and time-outs of 2 s: {took:?}");
    // The service is given its time-out for SIGTERM, for SIGKILL, and for both once more; then its
    // file system, which is busy, and at the end of all whatever still runs. Half of the most is spare.
    assert!(Duration::from_secs(4) < took && took < Duration::from_secs(20), "{took:?}");
}

#[test]
fn a_hung_mount_that_nobody_uses_does_not_delay_the_shutdown() {
    let node = mounted();
    node.client_fault("io-hang");
    // systemd calls `umount -c`, which does not look at the mount first; and FUSE, other than a real
    // client, takes its mount away without a word from the server.
    let took = node.power_off(SOON);
    println!("power-off with a hung mount: {took:?}");
}

#[test]
fn one_hung_file_system_of_five_delays_none_of_the_others_at_boot() {
    let names = ["one", "two", "hung", "three", "four"];
    let fstab: Vec<String> = names
        .iter()
        .map(|name| {
            format!("10.0.0.5@tcp:/{name} /mnt/{name} fsxlustre _netdev,noatime,flock,nofail 0 0")
        })
        .collect();
    let hung = "mkdir etc/systemd/system/mnt-hung.mount.d\n\
                printf '[Mount]\\nTimeoutSec=3\\n' >etc/systemd/system/mnt-hung.mount.d/short.conf\n";
    let node = Node::boot_with(&fstab.join("\n"), hung);
    for name in ["one", "two", "three", "four"] {
        let unit = format!("mnt-{name}.mount");
        node.wait_for(&unit, "active", SOON);
        let took = active_since(&node, &unit) - active_since(&node, "remote-fs-pre.target");
        assert!(took < 5_000_000, "{unit} took {took} µs");
    }
    node.wait_for("mnt-hung.mount", "failed", SOON);
    assert_eq!(node.lustre_mounts().len(), 4);
}

/// What the real generator makes of a line of fstab: the folders and the text of the unit.
fn generated(node: &Node, line: &str) -> (String, String) {
    node.ask(&format!(
        "rm -rf /run/units && mkdir /run/units && echo '{line}' >/run/fstab && \
         SYSTEMD_FSTAB=/run/fstab /usr/lib/systemd/system-generators/systemd-fstab-generator \
         /run/units /run/units /run/units"
    ));
    let links = node.ask("cd /run/units && ls -d */mnt-x.mount");
    (links, node.ask("cat /run/units/mnt-x.mount"))
}

#[test]
fn the_generator_puts_a_line_with_netdev_and_only_such_a_line_after_the_network() {
    let node = Node::boot("");
    let (links, unit) = generated(&node, AT_BOOT);
    assert_eq!(links, "remote-fs.target.wants/mnt-x.mount");
    assert!(!unit.contains("Before="), "nofail waits for nothing: {unit}");
    assert!(unit.contains("Type=fsxlustre") && unit.contains(SOURCE), "{unit}");

    let (links, unit) = generated(&node, &AT_BOOT.replace(",nofail", ""));
    assert_eq!(links, "remote-fs.target.requires/mnt-x.mount");
    assert!(unit.contains("Before=remote-fs.target"), "{unit}");

    // systemd does not know our type as one of the network: without the word the file system is
    // mounted before there is a network, and a failure stops the boot.
    let (links, unit) = generated(&node, &AT_BOOT.replace("_netdev,", "").replace(",nofail", ""));
    assert_eq!(links, "local-fs.target.requires/mnt-x.mount");
    assert!(unit.contains("Before=local-fs.target"), "{unit}");
}
