//! Timers and units of a node on which systemd runs: housekeeping, mounts that are kept for a while,
//! evacuation when the unit is stopped.

#[path = "booted_systemd/node.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod node;

use node::Node;

const HOUSEKEEPING: &str = "fsxlustre-job-housekeeping.timer";
const IDLE: &str = "fsxlustre-idle-mnt-x.timer";

/// Every file of our state.
const STATE: &str = "shopt -s globstar nullglob; echo /run/fsxlustre/**/*.json";

/// A node whose configuration gives every job a file system, with these lines in `[jobs]`.
fn node(jobs: &str) -> Node {
    node_with(jobs, "")
}

/// The same, with these lines in its rule.
fn node_with(jobs: &str, rule: &str) -> Node {
    let unit = include_str!("../../packaging/systemd/fsxlustre-evacuate.service");
    Node::boot_with(
        "",
        &format!(
            "cat >>etc/fsxlustre/fsxlustre.toml <<'CONF'\n[jobs]\n{jobs}\n[[jobs.mount]]\n\
             source = \"10.0.0.5@tcp:/abcdefgh\"\ndirectory = \"/mnt/x\"\n{rule}\nCONF\n\
             cat >etc/systemd/system/fsxlustre-evacuate.service <<'UNIT'\n{unit}UNIT\n"
        ),
    )
}

fn job(node: &Node, verb: &str, id: u32) -> String {
    // As slurmd calls it: no PATH, no HOME.
    let hook = format!("env -i SLURM_JOB_ID={id} SLURMD_NODENAME=n1 /usr/bin/fsxlustre job {verb}");
    let said = node.run(&hook).assert_success();
    said.stdout
}

#[test]
fn housekeeping_is_a_timer_that_is_there_only_while_something_is_leaked() {
    let node = node("[jobs.deadlines]\nunmount = 1");
    job(&node, "start", 1);
    assert_eq!(node.lustre_mounts().len(), 1);
    assert_eq!(node.state(HOUSEKEEPING), "inactive");
    let holder = "systemd-run --quiet --unit holder --property WorkingDirectory=/mnt/x sleep 600";
    node.ask(holder);
    let end = job(&node, "end", 1);
    assert!(end.contains("FSXL-U101"), "{end}");
    assert_eq!(node.state(HOUSEKEEPING), "active");
    let asleep = "for f in /proc/[0-9]*/cmdline; do \
                  [[ $(<$f) == *'Become''After'* ]] && echo $f; done 2>/dev/null; :";
    assert_eq!(node.ask(asleep), "", "systemd waits, and no process of ours");
    // The timer's own service, as often as it comes.
    node.ask("systemctl start fsxlustre-job-housekeeping.service");
    assert_eq!((node.lustre_mounts().len(), node.state(HOUSEKEEPING)), (1, "active".into()));
    node.ask("systemctl stop holder");
    node.ask("systemctl start fsxlustre-job-housekeeping.service");
    assert_eq!(node.lustre_mounts().len(), 0);
    node.wait_until("the timer is gone", || node.state(HOUSEKEEPING) == "inactive");
    assert_eq!(node.ask(STATE), "");
}

#[test]
fn a_mount_that_is_kept_for_a_while_goes_by_a_timer_that_a_start_cancels() {
    let node = node("unmount = \"idle-after 3s\"");
    job(&node, "start", 1);
    let end = job(&node, "end", 1);
    assert!(end.contains("stays for 3 s"), "{end}");
    assert_eq!(node.state(IDLE), "active");
    let shown = node.lustre_mounts();
    job(&node, "start", 2);
    assert_eq!(node.state(IDLE), "inactive", "the start has cancelled it");
    std::thread::sleep(std::time::Duration::from_secs(4));
    assert_eq!(node.lustre_mounts(), shown);
    job(&node, "end", 2);
    node.wait_until("it goes by itself", || node.lustre_mounts().is_empty());
    node.wait_until("nothing is left", || {
        node.state(IDLE) == "inactive" && node.ask(STATE).is_empty()
    });
}

/// What a shutdown does to a unit, without the end of the node: a stop that nobody asked for by hand.
const LIKE_A_SHUTDOWN: &str = "mkdir -p /run/systemd/system && \
    printf '[Unit]\nDefaultDependencies=no\nConflicts=fsxlustre-evacuate.service\n\
            After=fsxlustre-evacuate.service\n' >/run/systemd/system/leave.target && \
    systemctl daemon-reload && systemctl start leave.target";

#[test]
fn nothing_but_a_shutdown_stops_the_unit_that_unmounts() {
    let node = node("");
    node.ask("systemctl start fsxlustre-evacuate.service");
    job(&node, "start", 1);
    let mounts = node.lustre_mounts();
    for by_hand in ["stop", "restart", "try-restart"] {
        let refused = node.run(&format!("systemctl {by_hand} fsxlustre-evacuate.service"));
        assert_ne!(refused.code, Some(0), "{refused}");
    }
    node.ask("systemctl daemon-reload");
    node.ask("systemctl daemon-reexec");
    node.ask("systemctl isolate multi-user.target");
    assert_eq!(node.state("fsxlustre-evacuate.service"), "active");
    assert_eq!(node.lustre_mounts(), mounts);
}

#[test]
fn the_unit_of_a_shutdown_sends_and_unmounts() {
    let node = node("");
    node.ask("systemctl start fsxlustre-evacuate.service");
    job(&node, "start", 1);
    node.ask("for f in /run/standin/sys/fs/lustre/osc/*-OST0001-*/cur_dirty_bytes; do echo 4096 >$f; done");
    node.ask(LIKE_A_SHUTDOWN);
    assert_eq!(node.lustre_mounts().len(), 0);
    let journal = node.ask("journalctl -b --no-pager -u fsxlustre-evacuate.service -o cat");
    for words in ["abcdefgh: 4.0 KiB sent to servers in ", "/mnt/x unmounted"] {
        assert!(journal.contains(words), "{words}: {journal}");
    }
    let before = node.property("fsxlustre-evacuate.service", "Before");
    for unit in ["slurmd.service", "docker.service", "systemd-user-sessions.service"] {
        assert!(before.split(' ').any(|one| one == unit), "{unit} is stopped earlier");
    }
}

/// A node whose jobs get files from S3 that take their time.
fn staging() -> Node {
    let node = node_with("[jobs.deadlines]\nstage_in = 3", "stage_in = [\"in\"]");
    let archive = "standin-client hsm /run/standin abcdefgh";
    node.ask("mkdir -p /mnt/x && mount -t fsxlustre 10.0.0.5@tcp:/abcdefgh /mnt/x");
    node.ask("mkdir /mnt/x/in && for f in 1 2 3; do echo $f >/mnt/x/in/$f; done");
    node.ask(&format!(
        "{archive} on; {archive} copytool 0 600000; {archive} set /in 0d; umount /mnt/x"
    ));
    node
}

const STAGE_IN: &str = "fsxlustre-stage-in-cluster_1_0_n1.service";

#[test]
fn what_still_comes_from_s3_is_a_unit_that_ends_with_the_job() {
    let node = staging();
    let start = job(&node, "start", 1);
    assert!(start.contains("0 of 3 files have come; the rest is on its way"), "{start}");
    assert_eq!(node.state(STAGE_IN), "active");
    let end = job(&node, "end", 1);
    assert!(end.contains("/mnt/x unmounted"), "{end}");
    node.wait_until("its unit is gone", || node.state(STAGE_IN) == "inactive");
    assert_eq!(
        node.ask("systemctl --failed --no-legend; :"),
        "",
        "a job's end is no failure of a unit"
    );
    assert_eq!(node.ask(STATE), "");
}

#[test]
fn a_node_that_goes_ends_what_still_comes() {
    let node = staging();
    job(&node, "start", 1);
    assert_eq!(node.state(STAGE_IN), "active");
    let gone = node.run("fsxlustre evacuate --timeout 10").assert_success();
    assert!(gone.stdout.contains("/mnt/x unmounted"), "{gone}");
    assert_eq!((node.lustre_mounts().len(), node.state(STAGE_IN)), (0, "inactive".into()));
}
