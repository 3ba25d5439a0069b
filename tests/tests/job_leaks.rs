//! Mounts that cannot be unmounted at a job's end: who is named, who is ended and who never is, what
//! the node's other jobs get, and how housekeeping goes on.

use std::time::Duration;

use fsxlustre_tests::Output;

#[path = "job_end/node.rs"]
mod node;

use node::{DIRECTORY, JobCgroup, Node, Version, eventually, job_number};

/// Short enough for a test, and long enough for a process to end.
const SHORT: &str = "[jobs.deadlines]\nunmount = 2\nkill = 6\n";

/// A process that enters a cgroup, and the mount, and says its number; then `stays`.
fn member(cgroup: &JobCgroup, stays: &str) -> String {
    format!("echo 0 > {} && cd {DIRECTORY} && echo $$ && {stays}", cgroup.door())
}

fn housekeeping(node: &Node) -> Output {
    node.sandbox.run(["fsxlustre", "job", "housekeeping"])
}

#[test]
fn another_jobs_process_is_named_and_never_ended() {
    let node = Node::with(&format!("kill = \"job\"\n{SHORT}"));
    let (own, other) = (job_number(1), job_number(2));
    node.started(own);
    let cgroup = JobCgroup::new(Version::Two, other);
    let (_holder, pid) = node.holder(&member(&cgroup, "exec sleep 60"));
    let end = node.job("end", own);
    assert_eq!(end.code(), Some(0), "a leak drains no node: {end}");
    for words in ["stays: ", "FSXL-U101", &format!("sleep (pid {pid}, root): current directory")] {
        assert!(end.stdout.contains(words), "{words}: {end}");
    }
    assert!(end.stderr.contains("FSXL-U101"), "{end}");
    assert!(node.is_alive(pid), "it is another job's");
    let leaked = node.leaked().expect("written down");
    assert_eq!(leaked["cause"], "busy");
    assert!(leaked["because"].as_str().unwrap().contains(&pid.to_string()), "{leaked}");
    assert_eq!(node.sleepers().len(), 1, "housekeeping comes again by itself");

    let again = housekeeping(&node);
    assert_eq!(again.code(), Some(0), "{again}");
    assert!(again.stdout.contains("stays: "), "{again}");
    assert!(node.leaked().expect("still")["tries"].as_u64() > Some(1));
    assert_eq!(node.sleepers().len(), 1, "not one more for every try");
    assert!(node.is_alive(pid));
}

#[test]
fn the_jobs_own_process_is_ended_only_where_that_is_allowed() {
    for (version, index) in [(Version::One, 1), (Version::Two, 2)] {
        for (kill, ignores) in [("none", false), ("job", false), ("job", true)] {
            let node = Node::with(&format!("kill = \"{kill}\"\n{SHORT}"));
            let id = job_number(index);
            node.started(id);
            let cgroup = JobCgroup::new(version, id);
            let stays = match ignores {
                false => "exec sleep 60",
                true => "trap '' TERM; while :; do sleep 0.1; done",
            };
            let (_holder, pid) = node.holder(&member(&cgroup, stays));
            // One of the same user outside of the cgroup, which does not hold it.
            let (_bystander, other) = node.holder("echo $$; exec sleep 60");
            let end = node.job("end", id).assert_success();
            let shown = format!("{version:?} kill = {kill}, ignores {ignores}: {end}");
            assert_eq!(node.is_mounted(), kill == "none", "{shown}");
            assert_eq!(node.is_alive(pid), kill == "none", "{shown}");
            assert!(node.is_alive(other), "{shown}");
            if kill == "job" {
                assert!(end.stdout.contains("unmounted"), "{shown}");
                assert!(
                    end.stdout.contains("ended of the job: ")
                        && end.stdout.contains(&pid.to_string())
                );
                assert_eq!(node.leaked(), None);
                assert_eq!(node.left(), Vec::<String>::new());
            } else {
                assert_eq!(node.leaked().expect("leaked")["cause"], "busy", "{shown}");
            }
        }
    }
}

/// The hook itself runs in the job's cgroup with `PrologFlags=RunInJob`, and so do its parents.
#[test]
fn an_end_in_the_jobs_cgroup_ends_neither_itself_nor_its_caller() {
    let node = Node::with(&format!("kill = \"job\"\n{SHORT}"));
    let id = job_number(1);
    node.started(id);
    let cgroup = JobCgroup::new(Version::One, id);
    let script = format!(
        "echo 0 > {} && cd {DIRECTORY} && fsxlustre job end; code=$?; cd /; echo survived; exit $code",
        cgroup.door()
    );
    let end = node.hook(["sh", "-c", &script], id).run();
    assert_eq!(end.code(), Some(0), "{end}");
    assert!(end.stdout.contains("survived") && end.stdout.contains("FSXL-U101"), "{end}");
    assert_eq!(housekeeping(&node).code(), Some(0));
    assert!(!node.is_mounted(), "its caller has gone");
}

#[test]
fn a_leak_drains_only_where_that_was_chosen() {
    let node = Node::with(&format!("on_leak = \"drain\"\n{SHORT}"));
    node.started(1);
    let (holder, pid) = node.holder(&format!("cd {DIRECTORY}; echo $$; exec sleep 60"));
    let end = node.job("end", 1);
    assert_eq!(end.code(), Some(1), "{end}");
    let lines: Vec<&str> = end.stdout.lines().collect();
    assert_eq!((lines.len(), end.stderr.as_str()), (1, ""), "one line, which slurmd logs: {end}");
    assert!(lines[0].contains(&pid.to_string()) && lines[0].contains("FSXL-U101"), "{end}");
    drop(holder);
    eventually("the same end makes it good", || {
        let again = node.job("end", 1);
        again.is_success() && !node.is_mounted()
    });
    assert_eq!((node.leaked(), node.left()), (None, Vec::new()));
}

#[test]
fn the_next_job_may_have_a_mount_that_was_only_in_use() {
    let node = Node::with(SHORT);
    node.started(1);
    let (holder, _) = node.holder(&format!("cd {DIRECTORY}; echo $$; exec sleep 60"));
    let shown = node.mountinfo();
    node.job("end", 1).assert_success();
    assert!(node.leaked().is_some());
    node.started(2);
    assert_eq!(node.mountinfo(), shown, "the mount is well");
    assert_eq!(node.leaked(), None, "it is the next job's now");
    housekeeping(&node).assert_success();
    assert_eq!(node.mountinfo(), shown);
    eventually("no timer is left", || node.sleepers().is_empty());
    drop(holder);
    eventually("the next end unmounts it", || {
        node.job("end", 2).assert_success();
        !node.is_mounted()
    });
    assert_eq!(node.left(), Vec::<String>::new());
}

/// The kill switch, the client, systemd and the reports' folder, all at once.
#[test]
fn an_end_answers_in_time_whatever_hangs() {
    let node = Node::with(
        "disabled_file = \"/mnt/shared/off\"\nreport_dir = \"/mnt/shared/reports\"\nkill = \"job\"\n\
         [jobs.deadlines]\ndecide = 2\nlease = 2\npreflight = 2\nflush = 2\nunmount = 4\nkill = 2\n\
         report = 3\n",
    );
    let shared = fsxlustre_tests::FileSystem::lustre().tag("Project", "shared");
    node.sandbox.create_file_system(shared);
    let script = "mkdir -p /mnt/shared && mount -t fsxlustre tag:Project:shared /mnt/shared && \
                  mkdir /mnt/shared/reports";
    node.sandbox.run(["sh", "-c", script]).assert_success();
    node.started(1);
    node.make_dirty(1_048_576);
    let (_holder, pid) = node.holder(&format!("cd {DIRECTORY}; echo $$; exec sleep 100"));
    for program in ["systemd-run", "systemctl"] {
        let path = format!("{}/usr/bin/{program}", node::TREE);
        node.sandbox.write_program(&path, "#!/bin/sh\nexec sleep 100\n");
    }
    node.sandbox.run(["mkdir", "-p", "/run/systemd/system"]).assert_success();
    node.sandbox.client_fault("io-hang", true);
    let end = node.job("end", 1);
    node.sandbox.client_fault("io-hang", false);
    assert_eq!(end.code(), Some(0), "{end}");
    // The sum of its phases, and the time to begin a process on a machine with much to do.
    assert!(end.duration < Duration::from_secs(17 + 10), "{end}");
    assert!(end.stdout.contains("stays: ") && end.stdout.contains(&pid.to_string()), "{end}");
    assert_eq!(node.leaked().expect("written down")["cause"], "busy");
    assert_eq!(node.sleepers().len(), 1, "where systemd does not answer, a process waits");
}

/// Nothing else may ever run on the node.
#[test]
fn an_end_that_is_killed_leaves_somebody_who_goes_on() {
    let node = Node::with("");
    node.started(1);
    let (holder, _) = node.holder(&format!("cd {DIRECTORY}; echo $$; exec sleep 60"));
    let killed = node.hook(["timeout", "-s", "KILL", "2", "fsxlustre", "job", "end"], 1);
    let killed = killed.run();
    assert_ne!(killed.code(), Some(0), "{killed}");
    assert!(node.is_mounted());
    assert_eq!(node.sleepers().len(), 1, "housekeeping comes by itself: {:?}", node.left());
    drop(holder);
    let kept = housekeeping(&node).assert_success();
    assert!(kept.stdout.contains("unmounted"), "at once, not after ten minutes: {kept}");
    assert!(!node.is_mounted());
    // But for its report, which the next hook keeps.
    let left: Vec<_> = node.left();
    assert!(left.iter().all(|file| file.starts_with("./reports/")), "{left:?}");
    eventually("no timer is left", || node.sleepers().is_empty());
}

#[test]
fn an_end_that_is_at_work_is_left_alone() {
    let node = Node::with("[jobs.deadlines]\nunmount = 6\n");
    node.started(1);
    let (_holder, _) = node.holder(&format!("cd {DIRECTORY}; echo $$; exec sleep 60"));
    let mut end = node.hook(["fsxlustre", "job", "end"], 1).spawn();
    eventually("it is at work", || node.sleepers().len() == 1);
    let kept = housekeeping(&node).assert_success();
    assert_eq!(kept.stdout, "nothing is left to do\n");
    assert_eq!(node.sleepers().len(), 1, "it may still be killed");
    let end = end.wait(Duration::from_secs(60)).expect("it ends");
    assert!(end.stdout.contains("FSXL-U101"), "{end}");
}

/// A job that is requeued has the same key again before Slurm 22.05, and after a start that was lost.
#[test]
fn a_run_of_the_same_key_keeps_the_mount_that_the_one_before_gave_up() {
    let node = Node::with(SHORT);
    node.started(1);
    let (holder, _) = node.holder(&format!("cd {DIRECTORY}; echo $$; exec sleep 60"));
    node.job("end", 1).assert_success();
    assert!(node.leaked().is_some());
    let script = "cd /run/fsxlustre/leaked && cp ./*.json /run/kept.json && ls";
    let name = node.sandbox.run(["sh", "-c", script]).assert_success().stdout;
    node.started(1);
    assert_eq!(node.leaked(), None, "it is this run's now");
    drop(holder);
    housekeeping(&node).assert_success();
    // As if the end before had written it down only now.
    let kept = format!("/run/fsxlustre/leaked/{}", name.trim());
    node.sandbox.run(["cp", "/run/kept.json", &kept]).assert_success();
    let told = housekeeping(&node).assert_success();
    assert!(told.stdout.contains("stays: in use by prod_1_0_node-1"), "{told}");
    assert!(node.is_mounted() && node.leaked().is_none(), "{told}");
    node.job("end", 1).assert_success();
    assert!(!node.is_mounted());
}

#[test]
fn a_user_who_holds_it_on_purpose_is_named_and_keeps_only_this_mount() {
    let node = Node::with(SHORT);
    node.started(1);
    node.sandbox.run(["sh", "-c", &format!("chmod 777 {DIRECTORY}; echo x > {DIRECTORY}/f")]);
    let script = format!(
        "exec setpriv --reuid 65534 --regid 65534 --clear-groups \
         bash -c 'echo $$; while :; do exec 7< {DIRECTORY}/f 8< {DIRECTORY}/f; sleep 0.05; done'"
    );
    let (holder, pid) = node.holder(&script);
    eventually("it holds", || {
        node.sandbox.run(["ls", "-l", &format!("/proc/{pid}/fd")]).stdout.contains(DIRECTORY)
    });
    let end = node.job("end", 1);
    assert_eq!(end.code(), Some(0), "{end}");
    assert!(end.stdout.contains(&format!("(pid {pid}, nobody): open file")), "{end}");
    assert!(node.is_alive(pid) && node.is_mounted());
    drop(holder);
    eventually("housekeeping unmounts it", || {
        housekeeping(&node);
        !node.is_mounted()
    });
    assert_eq!(node.leaked(), None);
    eventually("no timer is left", || node.sleepers().is_empty() && node.left().is_empty());
}

#[test]
fn a_hung_unmount_keeps_nobody_and_housekeeping_sees_its_end() {
    let node = Node::with("[jobs.deadlines]\nunmount = 1\npreflight = 1\nflush = 1\n");
    let inner = format!("{DIRECTORY}/inner");
    let config = "/etc/fsxlustre/fsxlustre.toml";
    // The job's own is below a mount that was there before; the way to it gets stuck.
    node.sandbox
        .run(["mount", "-t", "fsxlustre", "tag:Project:genomics", DIRECTORY])
        .assert_success();
    let made = fsxlustre_tests::FileSystem::lustre().tag("Project", "inner");
    node.sandbox.create_file_system(made);
    let edit = format!("s#{DIRECTORY}#{inner}#; s#Project:genomics#Project:inner#");
    node.sandbox.run(["sed", "-i", &edit, config]).assert_success();
    node.job("start", 1).assert_success();
    let is_mounted =
        || node.sandbox.read_file("/proc/self/mountinfo").contains(&format!(" {inner} "));
    assert!(is_mounted());
    node.sandbox.client_fault("io-hang", true);
    let end = node.job("end", 1);
    assert_eq!(end.code(), Some(0), "{end}");
    assert!(end.stdout.contains("FSXL-U102") && end.stdout.contains("(state D)"), "{end}");
    assert!(end.duration < Duration::from_secs(12), "{end}");
    assert_eq!(node.leaked().expect("leaked")["cause"], "hung");
    // slurmd reads a hook's output to its end: nobody who is left behind may keep it open.
    let read = node.hook(["sh", "-c", "fsxlustre job end | cat"], 1);
    let twice = read.deadline(Duration::from_secs(20)).run();
    assert_eq!(twice.code(), Some(0), "{twice}");
    assert!(twice.stdout.contains("FSXL-U102"), "{twice}");
    assert_eq!(node.processes("\"Unmount\"").len(), 1, "no second one was started");
    node.sandbox.client_fault("io-hang", false);
    eventually("housekeeping unmounts it", || {
        housekeeping(&node);
        !is_mounted()
    });
    assert_eq!(node.leaked(), None);
}

#[test]
fn an_evicted_client_with_unwritten_bytes_stays_until_they_are_written() {
    let node = Node::with("");
    node.started(1);
    let osc = format!("{}-OST0001-osc-*", node.made.mount_name);
    node.edit(&format!("proc/fs/lustre/osc/{osc}/import"), "import:\n    state: EVICTED\n");
    node.edit(
        &format!("proc/fs/lustre/osc/{osc}/state"),
        "current_state: EVICTED\nstate_history:\n - [ 1795212443, EVICTED ]\n",
    );
    node.make_dirty(8_536_064);
    let end = node.job("end", 1);
    assert_eq!(end.code(), Some(0), "{end}");
    assert!(end.stdout.contains("FSXL-U107") && end.stdout.contains("8.1 MiB"), "{end}");
    assert!(!end.stdout.contains("sent to servers"), "nobody takes them: {end}");
    assert!(node.is_mounted());
    let leaked = node.leaked().expect("leaked");
    assert_eq!((&leaked["cause"], &leaked["code"]), (&"evicted".into(), &"FSXL-U107".into()));
    node.make_dirty(0);
    let kept = housekeeping(&node).assert_success();
    assert!(kept.stdout.contains("unmounted"), "{kept}");
    assert!(!node.is_mounted());
    eventually("nothing is left", || node.left().is_empty() && node.sleepers().is_empty());
}

#[test]
fn a_client_that_another_namespace_keeps_is_seen_out_by_housekeeping() {
    let node = Node::with(SHORT);
    node.started(1);
    let (inside, pid) =
        node.holder("exec unshare -m --propagation private bash -c 'echo $$; exec sleep 60'");
    let end = node.job("end", 1);
    assert_eq!(end.code(), Some(0), "{end}");
    assert!(end.stdout.contains("FSXL-U106") && end.stdout.contains(&pid.to_string()), "{end}");
    assert!(!node.is_mounted(), "it is gone from here");
    assert_eq!(node.leaked().expect("leaked")["cause"], "client-stays");
    drop(inside);
    eventually("housekeeping sees that it is gone", || {
        housekeeping(&node);
        node.leaked().is_none()
    });
    eventually("nothing is left", || node.left().is_empty() && node.sleepers().is_empty());
}

/// As if the lease of a job had begun when the machine did, long ago by every clock.
fn make_old(node: &Node, id: u32) {
    let script = format!(
        r#"sed -i -e 's/\("began_boot_seconds": \)[0-9]*/\10/' \
               -e 's/\("began_unix_seconds": \)[0-9]*/\11700000000/' \
               /run/fsxlustre/leases/prod_{id}_0_node-1.json"#
    );
    node.sandbox.run(["sh", "-c", &script]).assert_success();
}

/// As if nothing had been seen for long of the jobs of which nothing is.
fn time_passes(node: &Node) {
    let script = r#"sed -i 's/\("gone_since_boot_seconds": \)[0-9][0-9]*/\10/' \
                    /run/fsxlustre/sights.json"#;
    node.sandbox.run(["sh", "-c", script]).assert_success();
}

fn leases(node: &Node) -> Vec<String> {
    node.left().into_iter().filter(|file| file.starts_with("./leases/")).collect()
}

/// Without `PrologFlags=Contain` a job of salloc, or on a later node of a batch job, leaves no trace
/// here between its steps.
#[test]
fn a_job_without_a_trace_keeps_its_mount_however_old_it_is() {
    let node = Node::with("");
    node.started(job_number(1));
    make_old(&node, job_number(1));
    for _ in 0..3 {
        node.job("end", 7).assert_success();
        housekeeping(&node).assert_success();
    }
    assert_eq!((leases(&node).len(), node.leaked()), (1, None));
    assert!(node.is_mounted(), "nothing to be seen is no evidence");
    let shown = node.sandbox.run(["fsxlustre", "job", "list"]);
    assert!(shown.stdout.contains(&job_number(1).to_string()), "{shown}");
}

#[test]
fn leases_of_jobs_that_are_gone_are_reaped_by_whoever_comes_next() {
    let node = Node::with("");
    let (gone, here, stepping) = (job_number(1), job_number(2), job_number(3));
    let script = "mkdir -p /run/daemon && cp /bin/sleep /run/daemon/slurmstepd";
    node.sandbox.run(["sh", "-c", script]).assert_success();
    let title = format!("slurmstepd: [{stepping}.extern]");
    let daemon = format!("echo $$; exec -a '{title}' /run/daemon/slurmstepd 60");
    let (_daemon, _) = node.holder(&daemon);
    let of_gone = JobCgroup::with_step(Version::One, gone, "step_extern");
    let of_here = JobCgroup::with_step(Version::Two, here, "step_extern");
    for id in [gone, here, stepping] {
        node.job("start", id).assert_success();
    }
    make_old(&node, stepping);
    let look = || node.job("end", 7).assert_success();
    look();
    let seen = node.sandbox.read_file("/run/fsxlustre/sights.json");
    for id in [gone, here, stepping] {
        assert!(seen.contains(&id.to_string()), "the extern step of {id} is seen: {seen}");
    }
    drop(of_gone);
    look();
    assert_eq!(leases(&node).len(), 3, "its end may be about to begin");
    time_passes(&node);
    look();
    assert_eq!(leases(&node).len(), 2, "a cgroup and a step daemon are a job's trace");
    assert!(node.is_mounted(), "two jobs use it");
    drop(of_here);
    look();
    time_passes(&node);
    node.job("end", stepping).assert_success();
    // That end has seen that nobody is left, and reaped before it looked who uses the mount.
    assert!(!node.is_mounted());
    eventually("nothing is left", || {
        housekeeping(&node);
        node.left().is_empty() && node.sleepers().is_empty()
    });
}

#[test]
fn a_mount_of_a_job_that_vanished_goes_by_housekeeping() {
    let node = Node::with("");
    let cgroup = JobCgroup::with_step(Version::Two, job_number(1), "step_extern");
    node.started(job_number(1));
    node.job("end", 7).assert_success();
    drop(cgroup);
    node.job("end", 7).assert_success();
    assert_eq!((leases(&node).len(), node.leaked()), (1, None));
    time_passes(&node);
    let other = node.job("end", 7).assert_success();
    assert!(other.stdout.contains("nothing is recorded"), "{other}");
    assert_eq!(node.leaked().expect("left to housekeeping")["cause"], "abandoned");
    assert_eq!(node.sleepers().len(), 1);
    let kept = housekeeping(&node).assert_success();
    assert!(kept.stdout.contains("unmounted"), "{kept}");
    assert!(!node.is_mounted());
    assert_eq!(node.left(), Vec::<String>::new());
    eventually("no timer is left", || node.sleepers().is_empty());
    let again = housekeeping(&node).assert_success();
    assert_eq!(again.stdout, "nothing is left to do\n");
}
