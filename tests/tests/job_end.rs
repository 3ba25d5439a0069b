//! A job's end with the real programs: what is sent before the unmount, whose mounts stay, how long
//! they stay, and what a kill at any moment leaves.

use fsxlustre_tests::{FileSystem, Signal};
use std::time::Duration;

#[path = "job_end/node.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod node;

use node::{DIRECTORY, JobCgroup, Node, TREE, Version, eventually, job_number};

/// How many rounds a kill test has; more with FSXLUSTRE_ROUNDS.
fn rounds() -> u32 {
    std::env::var("FSXLUSTRE_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(60)
}

#[test]
fn unwritten_bytes_are_sent_and_lost_writes_are_told() {
    let node = Node::with("");
    node.started(1);
    node.make_dirty(8_536_064);
    let name = &node.made.mount_name;
    let boot: f64 =
        node.sandbox.read_file("/proc/uptime").split(' ').next().unwrap().parse().unwrap();
    #[expect(clippy::cast_possible_truncation, reason = "microseconds since boot")]
    let now = (boot * 1e6) as i64;
    node.sandbox.append(
        &format!("{TREE}/state/kmsg"),
        &format!(
            "3,1,{now},-;LustreError: 11-0: {name}-OST0000-osc-ff01: operation ost_write to node \
             10.0.0.5@tcp failed: rc = -28\n\
             3,2,1,-;LustreError: 11-0: {name}-OST0003-osc-ff01: operation ost_write to node \
             10.0.0.5@tcp failed: rc = -5\n\
             3,3,{now},-;LustreError: 11-0: other-OST0000-osc-ff01: operation ost_write to node \
             10.0.0.5@tcp failed: rc = -5\n"
        ),
    );
    let end = node.job("end", 1).assert_success();
    assert!(end.stdout.contains("/mnt/genomics unmounted; 8.1 MiB sent to servers in "), "{end}");
    assert!(!end.stdout.contains("committed"), "nobody knows that: {end}");
    let lost = "/mnt/genomics: a write failed after it was accepted: LustreError: 11-0: ";
    assert!(end.stderr.contains(&format!("{lost}{name}-OST0000")), "{end}");
    assert!(!end.stderr.contains("OST0003") && !end.stderr.contains("other-"), "{end}");
    assert!(!node.is_mounted());
    assert_eq!(node.left(), Vec::<String>::new());
}

#[test]
fn two_directories_of_one_file_system_are_sent_before_they_go_together() {
    let other = "\n[[jobs.mount]]\nsource = \"tag:Project:genomics\"\ndirectory = \"/mnt/other\"\n";
    let node = Node::with(other);
    node.started(1);
    node.sandbox.run(["mountpoint", "/mnt/other"]).assert_success();
    node.make_dirty(8_536_064);
    let end = node.job("end", 1).assert_success();
    assert!(end.stdout.contains("8.1 MiB sent to servers in "), "{end}");
    assert_eq!(node.left(), Vec::<String>::new());
    // One that another job keeps is none that goes: its client stays, with what it has not written.
    node.started(2);
    node.sandbox.append_config("\n[jobs]\nunmount = \"never\"\n");
    node.make_dirty(8_536_064);
    let kept = node.job("end", 2).assert_success();
    assert!(!kept.stdout.contains("sent to servers"), "{kept}");
}

#[test]
fn an_eviction_of_before_is_told_and_stops_nothing_where_all_is_written() {
    let node = Node::with("");
    node.started(1);
    let osc = format!("{}-OST0001-osc-*", node.made.mount_name);
    node.edit(
        &format!("proc/fs/lustre/osc/{osc}/state"),
        "current_state: FULL\nstate_history:\n - [ 1795212443, EVICTED ]\n - [ 1795212443, FULL ]\n",
    );
    let end = node.job("end", 1).assert_success();
    assert!(end.stdout.contains("unmounted; nothing was left to send to servers"), "{end}");
    let evicted = format!("it was evicted by {}-OST0001", node.made.mount_name);
    assert!(end.stderr.contains(&evicted), "{end}");
    assert!(!node.is_mounted());
}

#[test]
fn a_flush_that_hangs_ends_at_its_deadline_and_what_is_left_is_said() {
    let node = Node::with("[jobs.deadlines]\nflush = 1\nunmount = 2\n");
    node.started(1);
    node.make_dirty(1_048_576);
    node.sandbox.client_fault("io-hang", true);
    let end = node.job("end", 1);
    node.sandbox.client_fault("io-hang", false);
    assert_eq!(end.code(), Some(0), "{end}");
    assert!(end.stdout.contains("0 bytes sent to servers in "), "{end}");
    assert!(end.stdout.contains("1.0 MiB not written yet"), "{end}");
    assert!(end.duration < Duration::from_secs(15), "{end}");
}

#[test]
fn two_jobs_share_and_the_last_one_unmounts() {
    let node = Node::with("");
    node.started(1);
    node.started(2);
    let shown = node.mountinfo();
    node.make_dirty(4096);
    let first = node.job("end", 1).assert_success();
    assert!(first.stdout.contains("stays: in use by prod_2_0_node-1"), "{first}");
    assert!(!first.stdout.contains("sent"), "the other's bytes are not touched: {first}");
    assert_eq!(node.mountinfo(), shown);
    let twice = node.job("end", 1).assert_success();
    assert!(twice.stdout.contains("nothing is recorded"), "{twice}");
    let never = node.job("end", 3).assert_success();
    assert!(never.stdout.contains("nothing is recorded"), "{never}");
    assert_eq!(node.mountinfo(), shown);
    let last = node.job("end", 2).assert_success();
    assert!(last.stdout.contains("unmounted; 4.0 KiB sent to servers"), "{last}");
    let twice = node.job("end", 2).assert_success();
    assert!(twice.stdout.contains("nothing is recorded"), "{twice}");
    assert_eq!(node.left(), Vec::<String>::new());
}

#[test]
fn a_mount_of_fstab_is_adopted_by_three_jobs_and_keeps_its_number() {
    let node = Node::with("");
    let line = format!("tag:Project:genomics {DIRECTORY} fsxlustre _netdev,noatime,flock 0 0\n");
    node.sandbox.write_file("/etc/fstab", &line);
    node.sandbox.run(["mount", "-a"]).assert_success();
    let shown = node.mountinfo();
    let before = node.left();
    node.make_dirty(4096);
    for id in [1, 2, 3] {
        node.job("start", id).assert_success();
    }
    for id in [2, 1, 3] {
        let end = node.job("end", id).assert_success();
        assert!(end.stdout.contains("stays: "), "{end}");
        assert!(!end.stdout.contains("sent"), "an adopted mount is let alone: {end}");
        assert_eq!(node.mountinfo(), shown, "the same mount, by its number");
    }
    assert_eq!(node.left(), before);
}

#[test]
fn without_our_state_a_mount_is_adopted() {
    let node = Node::with("");
    node.started(1);
    node.sandbox.run(["rm", "-r", "/run/fsxlustre"]).assert_success();
    let shown = node.mountinfo();
    let end = node.job("end", 1).assert_success();
    assert!(end.stdout.contains("nothing is recorded"), "{end}");
    node.started(2);
    let end = node.job("end", 2).assert_success();
    assert!(end.stdout.contains("stays: it was not mounted by a job's start"), "{end}");
    assert_eq!(node.mountinfo(), shown);
}

#[test]
fn what_is_kept_for_a_while_is_kept_while_a_job_uses_it_and_then_goes_by_itself() {
    let node = Node::with("unmount = \"idle-after 3s\"\n");
    node.started(1);
    let shown = node.mountinfo();
    let end = node.job("end", 1).assert_success();
    assert!(end.stdout.contains("stays for 3 s, unless a job needs it again"), "{end}");
    assert_eq!(node.sleepers().len(), 1, "this machine has no systemd: a process waits");
    node.started(2);
    eventually("the start has cancelled it", || node.sleepers().is_empty());
    assert!(!node.left().iter().any(|file| file.contains("idle")), "{:?}", node.left());
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(node.mountinfo(), shown, "it was due, and a job uses it");
    node.job("end", 2).assert_success();
    eventually("it goes by itself", || !node.is_mounted());
    eventually("nothing is left", || node.left().is_empty() && node.sleepers().is_empty());
}

#[test]
fn what_is_never_unmounted_stays() {
    let node = Node::with("unmount = \"never\"\n");
    node.started(1);
    let shown = node.mountinfo();
    let end = node.job("end", 1).assert_success();
    assert!(end.stdout.contains("stays: [jobs] unmount is never"), "{end}");
    node.started(2);
    node.job("end", 2).assert_success();
    assert_eq!(node.mountinfo(), shown);
    assert_eq!(node.sleepers(), Vec::<String>::new());
}

#[test]
fn observe_says_what_would_be_done_and_off_says_nothing_is() {
    let node = Node::with("");
    node.started(1);
    let (shown, before) = (node.mountinfo(), node.left());
    let config = "/etc/fsxlustre/fsxlustre.toml";
    for (mode, said) in [("observe", "would be unmounted"), ("off", "nothing is done: [jobs] mode")]
    {
        let edit =
            format!("sed -i '/^mode = /d; s/^\\[jobs\\]$/[jobs]\\nmode = \"{mode}\"/' {config}");
        node.sandbox.run(["sh", "-c", &edit]).assert_success();
        let end = node.job("end", 1).assert_success();
        assert!(end.stdout.contains(said), "{mode}: {end}");
        assert_eq!((node.mountinfo(), node.left()), (shown.clone(), before.clone()), "{mode}");
    }
}

#[test]
fn a_mistake_in_the_settings_takes_no_node_out_of_service_at_an_end() {
    let node = Node::with("");
    node.started(1);
    let shown = node.mountinfo();
    node.sandbox.append_config("\n[nonsense\n");
    let end = node.job("end", 1);
    assert_eq!(end.code(), Some(0), "{end}");
    assert!(end.stderr.contains("FSXL-C"), "{end}");
    assert_eq!(node.mountinfo(), shown);
}

/// With `PrologFlags=RunInJob` the end runs inside the job's cgroup. What it may have to leave behind
/// must not: Slurm would wait for it.
#[test]
fn what_is_left_behind_is_in_no_jobs_cgroup() {
    for version in [Version::One, Version::Two] {
        let node = Node::with("[jobs.deadlines]\nunmount = 1\npreflight = 1\n");
        let inner = "/mnt/outer/inner";
        let outer = node.sandbox.create_file_system(FileSystem::lustre());
        node.sandbox.run(["mkdir", "-p", "/mnt/outer"]).assert_success();
        node.sandbox.run(["mount", "-t", "fsxlustre", &outer.id, "/mnt/outer"]).assert_success();
        let edit = format!("s#{DIRECTORY}#{inner}#");
        let config = "/etc/fsxlustre/fsxlustre.toml";
        node.sandbox.run(["sed", "-i", &edit, config]).assert_success();
        let id = job_number(1);
        node.job("start", id).assert_success();
        // The way to the inner mount point is stuck, and with it umount2(2).
        node.sandbox.client_fault("io-hang", true);
        let cgroup = JobCgroup::new(version, id);
        let script = format!("echo 0 > {} && exec fsxlustre job end", cgroup.door());
        let end = node.hook(["sh", "-c", &script], id).run();
        let stuck = node.processes("Unmount");
        let places: Vec<String> = stuck
            .iter()
            .filter_map(|line| line.split_whitespace().next())
            .map(|pid| node.sandbox.read_file(&format!("/proc/{pid}/cgroup")))
            .collect();
        node.sandbox.client_fault("io-hang", false);
        assert_eq!(end.code(), Some(0), "{version:?}: {end}");
        assert!(end.stdout.contains("FSXL-U102"), "{version:?}: {end}");
        assert_eq!(stuck.len(), 1, "{version:?}: {stuck:?}");
        assert!(places.iter().all(|place| !place.contains("job_")), "{version:?}: {places:?}");
        eventually("housekeeping ends it", || {
            node.sandbox.run(["fsxlustre", "job", "housekeeping"]);
            node.leaked().is_none()
        });
    }
}

#[test]
fn foreign_state_is_not_acted_upon() {
    let node = Node::with("");
    node.started(1);
    let shown = node.mountinfo();
    let chown = |to: &str, folder: &str| {
        let script = format!("chown {to} /run/fsxlustre/{folder}/*.json");
        node.sandbox.run(["sh", "-c", &script]).assert_success();
    };
    chown("65534", "leases");
    let end = node.job("end", 1);
    assert_eq!(end.code(), Some(0), "{end}");
    assert!(end.stderr.contains("it belongs to another user"), "{end}");
    assert_eq!(node.mountinfo(), shown);
    chown("0", "leases");
    chown("65534", "mounts");
    let end = node.job("end", 1).assert_success();
    assert!(end.stdout.contains("stays: it was not mounted by a job's start"), "{end}");
    assert_eq!(node.mountinfo(), shown);
}

#[test]
fn a_link_in_the_path_leads_the_end_to_no_other_mount() {
    let node = Node::with("");
    let config = "/etc/fsxlustre/fsxlustre.toml";
    let edit = format!("s#{DIRECTORY}#/mnt/way/fs#");
    node.sandbox.run(["sed", "-i", &edit, config]).assert_success();
    node.job("start", 1).assert_success();
    let script = "mv /mnt/way /mnt/moved && mkdir -p /mnt/other/fs && ln -s /mnt/other /mnt/way && \
                  mount -t tmpfs other /mnt/other/fs && touch /mnt/other/fs/kept";
    node.sandbox.run(["sh", "-c", script]).assert_success();
    let end = node.job("end", 1);
    assert_eq!(end.code(), Some(0), "{end}");
    node.sandbox.run(["ls", "/mnt/other/fs/kept"]).assert_success();
    let all = node.sandbox.read_file("/proc/self/mountinfo");
    assert!(all.contains(" /mnt/other/fs ") && all.contains(" /mnt/moved/fs "), "{end}\n{all}");
}

#[test]
fn an_end_that_is_killed_at_any_moment_is_made_good_by_the_next() {
    let node = Node::with("");
    let mut random = u64::from(std::process::id()) | 1;
    for round in 0..rounds() {
        let id = 100 + round;
        node.job("start", id).assert_success();
        if round % 3 == 0 {
            node.make_dirty(4096);
        }
        let end = node.hook(["fsxlustre", "job", "end"], id).spawn();
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_micros(random >> 40 & 0x1_ffff));
        if round % 2 == 0 {
            // Slurm at its time limit.
            end.signal(Signal::SIGTERM);
            std::thread::sleep(Duration::from_millis(10));
        }
        end.signal(Signal::SIGKILL);
        drop(end);
        node.job("end", id).assert_success();
        eventually("it is unmounted", || !node.is_mounted());
        assert_eq!(node.leaked(), None, "round {round}");
    }
    node.job("start", 1).assert_success();
    node.job("end", 1).assert_success();
    // What was being written when its writer was killed is read by nobody.
    let mut left = node.left();
    left.retain(|file| !file.contains(".new."));
    assert_eq!(left, Vec::<String>::new());
}
