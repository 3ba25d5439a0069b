//! Mounts that hang, that are stuck in the kernel, that come up after their callers gave up, and
//! callers that are stopped or killed meanwhile. One dead file system never delays a healthy one.

use fsxlustre_tests::{FileSystem, Output, Run, Running, Sandbox};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::time::{Duration, Instant};

const DIRECTORY: &str = "/mnt/genomics";
/// What a call may take beyond its own deadline: SIGTERM, SIGKILL, and a loaded machine.
const GRACE: Duration = Duration::from_secs(3);
const LATE: &str = "came up after an earlier call had given up";

fn sandbox() -> (Sandbox, FileSystem) {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre());
    sandbox.run(["mkdir", DIRECTORY]).assert_success();
    (sandbox, made)
}

fn device(made: &FileSystem) -> String {
    format!("{}@tcp:/{}", made.dns_name, made.mount_name)
}

fn hang(made: &FileSystem) -> String {
    format!("mount-hang:{}", made.mount_name)
}

fn stuck(made: &FileSystem) -> String {
    format!("mount-stuck:{}", made.mount_name)
}

fn mount(sandbox: &Sandbox, made: &FileSystem, options: &str) -> Output {
    sandbox.run(["mount", "-v", "-t", "fsxlustre", "-o", options, &device(made), DIRECTORY])
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(30), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The lines of mountinfo of the stand-in's type.
fn mounts(sandbox: &Sandbox) -> Vec<String> {
    let all = sandbox.read_file("/proc/self/mountinfo");
    all.lines().filter(|line| line.contains(" - fuse.lustre ")).map(str::to_owned).collect()
}

/// Each process of the sandbox that is alive: its number, its program, its command line.
fn processes(sandbox: &Sandbox) -> Vec<String> {
    let list = "for p in /proc/[0-9]*; do exe=$(readlink $p/exe) || continue
                echo ${p#/proc/} $exe $(tr '\\0' ' ' <$p/cmdline); done 2>/dev/null";
    let all = sandbox.run(["sh", "-c", list]).stdout;
    all.lines().map(str::to_owned).collect()
}

/// The process ids of the mount.lustre that run.
fn mount_lustre(sandbox: &Sandbox) -> Vec<String> {
    let all = processes(sandbox);
    let run = all.iter().filter(|line| line.contains(" /run/standin/usr/sbin/mount.lustre "));
    run.filter(|line| !line.contains("fsxlustre-worker"))
        .filter_map(|line| Some(line.split(' ').next()?.to_owned()))
        .collect()
}

/// Neither our programs nor those that they called.
fn wait_until_no_process_is_left(sandbox: &Sandbox) {
    let is_ours = |line: &String| {
        let program = line.split(' ').nth(1).unwrap_or_default();
        program.contains("/bin/fsxlustre")
            || program.contains("mount.fsxlustre")
            || line.contains(" /run/standin/usr/sbin/mount.lustre ")
            || line.contains(" hold-mount ")
    };
    let left = || processes(sandbox).into_iter().filter(is_ours).collect::<Vec<_>>();
    let started = Instant::now();
    while !left().is_empty() {
        assert!(started.elapsed() < Duration::from_secs(30), "left: {:#?}", left());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// How often mount.lustre was called.
fn calls(sandbox: &Sandbox) -> usize {
    let is_mount = |call: &&String| call.contains("\"program\":\"mount.lustre\"");
    sandbox.client_calls().iter().filter(is_mount).count()
}

fn record(sandbox: &Sandbox) -> Value {
    let path = format!("/run/fsxlustre/mounts/{}.json", DIRECTORY.replace('/', "-"));
    let read = sandbox.run(["cat", &path]);
    serde_json::from_str(&read.stdout).unwrap_or(Value::Null)
}

/// Records, leases and private roots.
fn state(sandbox: &Sandbox) -> String {
    let find = "find /run/fsxlustre -name '*.json' -path '*/mounts/*' -o -path '*/leases/*.json' \
                -o -path '*/roots/*'";
    sandbox.run(["sh", "-c", find]).stdout
}

/// One mount, and the record is of it.
fn assert_one_recorded_mount(sandbox: &Sandbox) {
    let shown = mounts(sandbox);
    assert_eq!(shown.len(), 1, "{shown:#?}");
    let record = record(sandbox);
    let id = shown[0].split(' ').next().unwrap();
    assert_eq!(record["mount_id"].to_string(), id, "{record:#}");
    assert_eq!(record["attempt"], Value::Null, "{record:#}");
}

fn assert_nothing_left(sandbox: &Sandbox) {
    wait_until_no_process_is_left(sandbox);
    assert_eq!(mounts(sandbox), Vec::<String>::new());
    assert_eq!(state(sandbox), "");
}

#[track_caller]
fn assert_refused(output: &Output, code: i32, words: &[&str]) {
    assert_eq!(output.code(), Some(code), "{output}");
    for word in words {
        assert!(output.stderr.contains(word), "{word:?} is missing: {output}");
    }
}

/// Five file systems, their directories, and the first of them hung.
fn five() -> (Sandbox, Vec<FileSystem>) {
    let sandbox = Sandbox::start();
    let made: Vec<_> = (0..5).map(|_| sandbox.create_file_system(FileSystem::lustre())).collect();
    for made in &made {
        sandbox.run(["mkdir", &directory_of(made)]).assert_success();
    }
    sandbox.client_fault(&hang(&made[0]), true);
    (sandbox, made)
}

fn directory_of(made: &FileSystem) -> String {
    format!("/mnt/{}", made.mount_name)
}

fn fstab<'a>(sandbox: &Sandbox, made: impl IntoIterator<Item = &'a FileSystem>, options: &str) {
    let line =
        |made: &FileSystem| format!("{} {} fsxlustre {options} 0 0\n", made.id, directory_of(made));
    sandbox.write_file("/etc/fstab", &made.into_iter().map(line).collect::<String>());
}

#[test]
fn four_of_five_calls_are_not_delayed_by_the_fifth() {
    let (sandbox, made) = five();
    let started = Instant::now();
    let mount = |made: &FileSystem| {
        sandbox.spawn(["mount", "-t", "fsxlustre", &made.id, &directory_of(made)])
    };
    let mut running: Vec<Running> = made.iter().map(mount).collect();
    let mut hung = running.remove(0);
    for mut healthy in running {
        healthy.wait(Duration::from_secs(30)).unwrap().assert_success();
    }
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert_eq!(mounts(&sandbox).len(), 4);
    assert!(hung.wait(Duration::ZERO).is_none(), "it hangs");
    sandbox.client_fault(&hang(&made[0]), false);
    hung.wait(Duration::from_secs(30)).unwrap().assert_success();
    assert_eq!(mounts(&sandbox).len(), 5);
}

#[test]
fn mount_all_that_forks_is_not_delayed_by_a_hung_line() {
    let (sandbox, made) = five();
    fstab(&sandbox, &made, "_netdev,nofail,noatime,flock");
    let started = Instant::now();
    let mut all = sandbox.spawn(["mount", "-a", "-F"]);
    wait_until("four mounts", || mounts(&sandbox).len() == 4);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert!(all.wait(Duration::ZERO).is_none(), "it waits for the hung one");
    sandbox.client_fault(&hang(&made[0]), false);
    all.wait(Duration::from_secs(30)).unwrap().assert_success();
    assert_eq!(mounts(&sandbox).len(), 5);
}

/// Plain `mount -a` takes line after line. What stands behind a hung one is begun by that one's
/// helper; the result of each line is told in its own turn.
#[test]
fn plain_mount_all_is_not_delayed_by_a_hung_line() {
    for place in [0, 2, 4] {
        let (sandbox, made) = five();
        let mut order: Vec<_> = made.iter().skip(1).collect();
        order.insert(place, &made[0]);
        fstab(&sandbox, order, "_netdev,nofail,noatime,flock,timeout=6");
        let started = Instant::now();
        let mut all = sandbox.spawn(["mount", "-a"]);
        wait_until("four mounts", || mounts(&sandbox).len() == 4);
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        assert!(all.wait(Duration::ZERO).is_none(), "it waits for the hung one");
        let all = all.wait(Duration::from_secs(30)).unwrap();
        // 64 is mount(8)'s for "some succeeded".
        assert_refused(&all, 64, &["FSXL-M205", &directory_of(&made[0])]);
        assert_eq!(all.stderr.matches("FSXL-").count(), 1, "{all}");
        assert_eq!(calls(&sandbox), 5, "each was mounted once");
        sandbox.client_fault(&hang(&made[0]), false);
        sandbox.run(["mount", "-a"]).assert_success();
        assert_eq!(mounts(&sandbox).len(), 5);
        wait_until_no_process_is_left(&sandbox);
    }
}

/// Who ends `mount -a` ends what was begun for it.
#[test]
fn lines_that_were_begun_end_with_mount_all() {
    let (sandbox, made) = five();
    sandbox.client_fault(&hang(&made[1]), true);
    fstab(&sandbox, &made, "_netdev,nofail,noatime,flock");
    let mut all = sandbox.spawn(["mount", "-a"]);
    wait_until("three mounts, two calls", || {
        mounts(&sandbox).len() == 3 && mount_lustre(&sandbox).len() == 2
    });
    all.signal(Signal::SIGTERM);
    all.wait(Duration::from_secs(10)).unwrap();
    wait_until("the one that was begun behind ended", || mount_lustre(&sandbox).len() == 1);
    // The one in front is not of its group; whoever stops it is heard too.
    let helper = "for p in /proc/[0-9]*; do case $(readlink $p/exe) in */mount.fsxlustre) \
                  kill -TERM ${p#/proc/};; esac; done";
    sandbox.run(["sh", "-c", helper]);
    wait_until_no_process_is_left(&sandbox);
    assert_eq!(mounts(&sandbox).len(), 3);
}

#[test]
fn a_hung_file_system_keeps_its_lock_to_itself() {
    let (sandbox, hung) = sandbox();
    let healthy = sandbox.create_file_system(FileSystem::lustre());
    sandbox.run(["mkdir", "/mnt/healthy"]).assert_success();
    sandbox.client_fault(&hang(&hung), true);
    let mut waits = sandbox.spawn(["mount", "-t", "fsxlustre", &device(&hung), DIRECTORY]);
    wait_until("mount.lustre", || mount_lustre(&sandbox).len() == 1);
    let done = sandbox.run(["mount", "-t", "fsxlustre", &device(&healthy), "/mnt/healthy"]);
    assert!(done.clone().assert_success().duration < Duration::from_secs(2), "{done}");
    assert!(waits.wait(Duration::ZERO).is_none(), "it hangs");
    sandbox.client_fault(&hang(&hung), false);
    waits.wait(Duration::from_secs(30)).unwrap().assert_success();
}

#[test]
fn a_stuck_mount_is_named_not_piled_up_and_recorded_when_it_comes_up() {
    let (sandbox, made) = sandbox();
    sandbox.client_fault(&stuck(&made), true);
    let first = mount(&sandbox, &made, "timeout=2");
    let pids = mount_lustre(&sandbox);
    let [pid] = pids.as_slice() else { panic!("{pids:?}: {first}") };
    assert_refused(&first, 32, &["FSXL-M205", &format!("process {pid} is stuck")]);
    assert!(first.duration < Duration::from_secs(2) + GRACE, "{first}");
    let status = sandbox.read_file(&format!("/proc/{pid}/status"));
    assert!(status.contains("State:\tD"), "{status}");

    let second = mount(&sandbox, &made, "timeout=1");
    assert_refused(&second, 32, &["FSXL-M212", &format!("process {pid} ")]);
    assert!(second.duration < Duration::from_secs(1) + GRACE, "{second}");
    assert_eq!(calls(&sandbox), 1, "no second mount.lustre");
    assert_eq!(mounts(&sandbox), Vec::<String>::new());

    sandbox.client_fault(&stuck(&made), false);
    wait_until("the record", || record(&sandbox)["came_up_late"] == true);
    wait_until_no_process_is_left(&sandbox);
    assert_one_recorded_mount(&sandbox);
    let third = mount(&sandbox, &made, "noatime").assert_success();
    assert!(third.stdout.contains("is mounted already"), "{third}");
    assert!(third.stderr.contains(LATE), "{third}");
    assert_eq!(calls(&sandbox), 1);
    sandbox.run(["umount", DIRECTORY]).assert_success();
}

#[test]
fn a_call_that_waits_for_a_stuck_one_finds_its_mount() {
    let (sandbox, made) = sandbox();
    sandbox.client_fault(&stuck(&made), true);
    assert_refused(&mount(&sandbox, &made, "timeout=1"), 32, &["FSXL-M205"]);
    let mut waits = sandbox.spawn(["mount", "-t", "fsxlustre", &device(&made), DIRECTORY]);
    assert!(waits.wait(Duration::from_millis(500)).is_none(), "it waits");
    sandbox.client_fault(&stuck(&made), false);
    waits.wait(Duration::from_secs(30)).unwrap().assert_success();
    wait_until_no_process_is_left(&sandbox);
    assert_one_recorded_mount(&sandbox);
    assert_eq!(calls(&sandbox), 1);
}

/// It was stuck on a private directory, which nobody can see; what comes up there is not kept.
#[test]
fn a_stuck_mount_for_a_sub_directory_leaves_nothing() {
    let (sandbox, made) = sandbox();
    mount(&sandbox, &made, "noatime").assert_success();
    sandbox.run(["mkdir", &format!("{DIRECTORY}/sub")]).assert_success();
    sandbox.run(["umount", DIRECTORY]).assert_success();
    let source = format!("{}/sub", device(&made));
    let mount_sub = |options: &str| {
        sandbox.run(["mount", "-t", "fsxlustre", "-o", options, &source, DIRECTORY])
    };
    sandbox.client_fault(&stuck(&made), true);
    assert_refused(&mount_sub("timeout=1"), 32, &["FSXL-M205"]);
    assert_refused(&mount_sub("timeout=1"), 32, &["FSXL-M212"]);
    sandbox.client_fault(&stuck(&made), false);
    assert_nothing_left(&sandbox);
    mount_sub("noatime").assert_success();
    assert_one_recorded_mount(&sandbox);
}

fn job_command<'a>(sandbox: &'a Sandbox, verb: &str) -> Run<'a> {
    let job = [
        ("SLURM_JOB_ID", "7"),
        ("SLURM_CLUSTER_NAME", "prod"),
        ("SLURM_JOB_PARTITION", "cpu"),
        ("SLURM_JOB_RESTART_COUNT", "0"),
        ("SLURMD_NODENAME", "node-1"),
    ];
    let call = sandbox.command(["fsxlustre", "job", verb]);
    job.iter().fold(call, |call, (name, value)| call.env(name, value))
}

fn job(sandbox: &Sandbox, verb: &str) -> Output {
    job_command(sandbox, verb).run()
}

fn give_to_jobs(sandbox: &Sandbox, made: &FileSystem) {
    sandbox.append_config(&format!(
        "\n[[jobs.mount]]\nsource = \"{}\"\ndirectory = \"{DIRECTORY}\"\noptions = \"timeout=2\"\n",
        device(made)
    ));
}

/// A job's start whose mount is stuck.
fn stuck_job() -> (Sandbox, FileSystem) {
    let (sandbox, made) = sandbox();
    give_to_jobs(&sandbox, &made);
    sandbox.client_fault(&stuck(&made), true);
    let start = job(&sandbox, "start");
    assert!(start.is_success() && start.stderr.contains("FSXL-M205"), "{start}");
    assert!(start.duration < Duration::from_secs(2) + GRACE, "{start}");
    (sandbox, made)
}

#[test]
fn a_mount_that_comes_up_after_its_job_has_ended_is_taken_away() {
    let (sandbox, made) = stuck_job();
    let end = job(&sandbox, "end").assert_success();
    assert!(end.stdout.contains("is taken away when it comes up"), "{end}");
    assert_eq!(mount_lustre(&sandbox).len(), 1, "it is still stuck");
    sandbox.client_fault(&stuck(&made), false);
    assert_nothing_left(&sandbox);
}

#[test]
fn a_mount_that_comes_up_while_its_job_runs_is_kept_until_the_end() {
    let (sandbox, made) = stuck_job();
    sandbox.client_fault(&stuck(&made), false);
    wait_until_no_process_is_left(&sandbox);
    assert_one_recorded_mount(&sandbox);
    let again = job(&sandbox, "start").assert_success();
    assert!(again.stderr.contains(LATE), "{again}");
    let end = job(&sandbox, "end").assert_success();
    assert!(end.stdout.contains("unmounted"), "{end}");
    assert_nothing_left(&sandbox);
}

/// mount.fsxlustre itself, so that a signal reaches it, with its mount.lustre running.
fn begun(sandbox: &Sandbox, made: &FileSystem) -> Running {
    let before = mount_lustre(sandbox).len();
    let running = sandbox.spawn(["mount.fsxlustre", &device(made), DIRECTORY, "-o", "rw"]);
    wait_until("mount.lustre", || mount_lustre(sandbox).len() == before + 1);
    running
}

#[test]
fn a_signal_ends_a_hung_mount_with_nothing_left() {
    let (sandbox, made) = sandbox();
    sandbox.client_fault(&hang(&made), true);
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut running = begun(&sandbox, &made);
        let started = Instant::now();
        running.signal(signal);
        let output = running.wait(Duration::from_secs(30)).unwrap();
        assert!(started.elapsed() < Duration::from_secs(2), "{signal}: {:?}", started.elapsed());
        assert_refused(&output, 8, &["FSXL-M209"]);
        assert_nothing_left(&sandbox);
    }
    sandbox.client_fault(&hang(&made), false);
    mount(&sandbox, &made, "noatime").assert_success();
}

#[test]
fn a_signal_during_a_stuck_mount_leaves_it_named() {
    let (sandbox, made) = sandbox();
    sandbox.client_fault(&stuck(&made), true);
    let mut running = begun(&sandbox, &made);
    let pid = mount_lustre(&sandbox).remove(0);
    let status = format!("/proc/{pid}/status");
    wait_until("state D", || sandbox.run(["cat", &status]).stdout.contains("State:\tD"));
    let started = Instant::now();
    running.signal(Signal::SIGTERM);
    let output = running.wait(Duration::from_secs(30)).unwrap();
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert_refused(&output, 8, &["FSXL-M209"]);
    let next = mount(&sandbox, &made, "timeout=1");
    assert_refused(&next, 32, &["FSXL-M212", &format!("process {pid} ")]);
    sandbox.client_fault(&stuck(&made), false);
    wait_until("the record", || record(&sandbox)["came_up_late"] == true);
    wait_until_no_process_is_left(&sandbox);
    assert_one_recorded_mount(&sandbox);
}

/// Leaves a mount.lustre behind that hangs, and nobody who waits for it.
fn kill_one_that_hangs(sandbox: &Sandbox, made: &FileSystem) {
    sandbox.client_fault(&hang(made), true);
    let mut running = begun(sandbox, made);
    running.signal(Signal::SIGKILL);
    assert_eq!(running.wait(Duration::from_secs(30)).unwrap().code(), Some(128 + 9));
    assert_eq!(mount_lustre(sandbox).len(), 1, "it is left behind");
}

#[test]
fn a_killed_call_and_the_same_again_after_the_hang_end_with_one_mount() {
    let (sandbox, made) = sandbox();
    for _ in 0..3 {
        kill_one_that_hangs(&sandbox, &made);
        sandbox.client_fault(&hang(&made), false);
        mount(&sandbox, &made, "noatime").assert_success();
        wait_until_no_process_is_left(&sandbox);
        assert_one_recorded_mount(&sandbox);
        sandbox.run(["umount.fsxlustre", DIRECTORY]).assert_success();
        assert_nothing_left(&sandbox);
    }
}

#[test]
fn a_killed_call_and_the_same_again_during_the_hang_end_with_one_mount() {
    let (sandbox, made) = sandbox();
    kill_one_that_hangs(&sandbox, &made);
    let mut again = sandbox.spawn(["mount", "-t", "fsxlustre", &device(&made), DIRECTORY]);
    assert!(again.wait(Duration::from_secs(1)).is_none(), "it hangs");
    sandbox.client_fault(&hang(&made), false);
    again.wait(Duration::from_secs(30)).unwrap().assert_success();
    wait_until_no_process_is_left(&sandbox);
    assert_one_recorded_mount(&sandbox);
}

/// The same for another directory of the same file system, which waits for its turn.
#[test]
fn a_signal_ends_a_call_that_waits_for_another_one() {
    let (sandbox, made) = sandbox();
    sandbox.run(["mkdir", "/mnt/other"]).assert_success();
    sandbox.client_fault(&hang(&made), true);
    let mut first = begun(&sandbox, &made);
    let mut second = sandbox.spawn(["mount.fsxlustre", &device(&made), "/mnt/other", "-o", "rw"]);
    assert!(second.wait(Duration::from_millis(500)).is_none(), "it waits");
    let started = Instant::now();
    second.signal(Signal::SIGTERM);
    let output = second.wait(Duration::from_secs(30)).expect("it ends");
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert_refused(&output, 8, &["FSXL-M209"]);
    sandbox.client_fault(&hang(&made), false);
    first.wait(Duration::from_secs(30)).unwrap().assert_success();
    wait_until_no_process_is_left(&sandbox);
    assert_one_recorded_mount(&sandbox);
}

#[test]
fn a_stuck_file_system_gets_no_second_mount_lustre_on_another_directory() {
    let (sandbox, made) = sandbox();
    sandbox.run(["mkdir", "/mnt/other"]).assert_success();
    sandbox.client_fault(&stuck(&made), true);
    assert_refused(&mount(&sandbox, &made, "timeout=1"), 32, &["FSXL-M205"]);
    let words = ["mount", "-t", "fsxlustre", "-o", "timeout=1", &device(&made), "/mnt/other"];
    let pid = mount_lustre(&sandbox).remove(0);
    assert_refused(&sandbox.run(words), 32, &["FSXL-M212", &format!("process {pid} ")]);
    assert_eq!(calls(&sandbox), 1);
}

/// Whoever is not the first to wait, waits for the lock of the one who is.
#[test]
fn all_who_wait_for_a_stuck_mount_are_told_of_it() {
    let (sandbox, made) = sandbox();
    sandbox.client_fault(&stuck(&made), true);
    assert_refused(&mount(&sandbox, &made, "timeout=1"), 32, &["FSXL-M205"]);
    let pid = mount_lustre(&sandbox).remove(0);
    let mut first = sandbox.spawn(["mount", "-t", "fsxlustre", &device(&made), DIRECTORY]);
    assert!(first.wait(Duration::from_secs(1)).is_none(), "it waits");
    let second = mount(&sandbox, &made, "timeout=1");
    assert_refused(&second, 32, &["FSXL-M212", &format!("process {pid} ")]);
}

#[test]
fn a_late_mount_is_known_to_umount_as_any_other() {
    let (sandbox, made) = sandbox();
    sandbox.client_fault(&stuck(&made), true);
    assert_refused(&mount(&sandbox, &made, "timeout=1"), 32, &["FSXL-M205"]);
    sandbox.client_fault(&stuck(&made), false);
    wait_until("the record", || record(&sandbox)["came_up_late"] == true);
    wait_until_no_process_is_left(&sandbox);
    let utab = sandbox.run(["cat", "/run/mount/utab"]).stdout;
    assert!(utab.contains("helper=fsxlustre"), "{utab:?}");
}

#[test]
fn a_mount_of_a_killed_start_is_taken_away_when_the_job_has_ended() {
    let (sandbox, made) = sandbox();
    give_to_jobs(&sandbox, &made);
    sandbox.client_fault(&hang(&made), true);
    let start = job_command(&sandbox, "start").spawn();
    wait_until("mount.lustre", || mount_lustre(&sandbox).len() == 1);
    start.signal(Signal::SIGKILL);
    job(&sandbox, "end").assert_success();
    sandbox.client_fault(&hang(&made), false);
    assert_nothing_left(&sandbox);
}

/// A start writes its lease, then takes the directory; an unmount beside it would be under its job.
#[test]
fn a_late_mount_of_an_ended_job_is_left_to_whoever_has_the_directory() {
    let (sandbox, made) = sandbox();
    give_to_jobs(&sandbox, &made);
    sandbox.client_fault(&hang(&made), true);
    let start = job_command(&sandbox, "start").spawn();
    wait_until("mount.lustre", || mount_lustre(&sandbox).len() == 1);
    start.signal(Signal::SIGKILL);
    job(&sandbox, "end").assert_success();
    let script = "cd /run/fsxlustre/lock/job.* && : >00000000000000000001 && echo held && \
                  exec flock 00000000000000000001 sleep 60";
    let holder = sandbox.spawn(["sh", "-c", script]);
    wait_until("the directory is held", || holder.stdout().contains("held"));
    sandbox.client_fault(&hang(&made), false);
    wait_until("the record", || record(&sandbox)["came_up_late"] == true);
    let leaked = || sandbox.run(["sh", "-c", "cat /run/fsxlustre/leaked/*.json"]).stdout;
    wait_until("it is written down", || leaked().contains("abandoned"));
    wait_until("nobody waits", || {
        !sandbox.run(["ps", "-eo", "args"]).stdout.contains("FinishLate")
    });
    assert_one_recorded_mount(&sandbox);
    assert!(leaked().contains("abandoned"), "housekeeping goes on with it");
    drop(holder);
    sandbox.run(["fsxlustre", "job", "housekeeping"]).assert_success();
    assert_nothing_left(&sandbox);
}

/// mount.lustre says EEXIST, and what is there has other options than those that were asked for.
#[test]
fn a_mount_that_somebody_else_made_meanwhile_is_never_taken_away() {
    let (sandbox, made) = sandbox();
    let real = "/run/standin/usr/sbin/mount.lustre";
    let quicker = format!("#!/bin/sh\n{real} \"$1\" \"$2\" -o rw,relatime\nexec {real} \"$@\"\n");
    sandbox.write_program("/run/quicker/mount.lustre", &quicker);
    let first = "s|^program_folders = .|&\"/run/quicker\", |";
    sandbox.run(["sed", "-i", first, "/etc/fsxlustre/fsxlustre.toml"]).assert_success();
    let theirs = mount(&sandbox, &made, "noatime").assert_success();
    assert_eq!(calls(&sandbox), 2, "{theirs}");
    assert!(theirs.stderr.contains("is mounted without noatime"), "{theirs}");
    assert_eq!(mounts(&sandbox).len(), 1, "the other's mount stays: {theirs}");
    let records = sandbox.run(["find", "/run/fsxlustre/mounts", "-name", "*.json"]);
    assert_eq!(records.stdout, "", "and is not recorded as ours");
}

/// A prolog whose job gets five file systems, of which one hangs.
#[test]
fn of_five_file_systems_of_a_job_the_four_living_ones_are_mounted_at_once() {
    let sandbox = Sandbox::start();
    let mut rules = String::new();
    for number in 0..5 {
        let made = sandbox.create_file_system(FileSystem::lustre());
        let source = device(&made);
        rules += &format!(
            "\n[[jobs.mount]]\nsource = \"{source}\"\ndirectory = \"/mnt/job{number}\"\n\
             options = \"timeout=15\"\n"
        );
        if number == 0 {
            sandbox.client_fault(&hang(&made), true);
        }
    }
    sandbox.append_config(&rules);
    let started = Instant::now();
    let start = job_command(&sandbox, "start").spawn();
    wait_until("four mounts", || mounts(&sandbox).len() == 4);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    start.signal(Signal::SIGTERM);
}

/// A mount.lustre that mounts and does not end.
fn linger(sandbox: &Sandbox) {
    let real = "/run/standin/usr/sbin/mount.lustre";
    let lingers = format!("#!/bin/sh\n{real} \"$@\" && exec sleep 600\n");
    sandbox.write_program("/run/lingers/mount.lustre", &lingers);
    let first = "s|^program_folders = .|&\"/run/lingers\", |";
    sandbox.run(["sed", "-i", first, "/etc/fsxlustre/fsxlustre.toml"]).assert_success();
}

#[test]
fn a_mount_that_came_up_although_mount_lustre_was_ended_is_known() {
    let (sandbox, made) = sandbox();
    linger(&sandbox);
    let first = mount(&sandbox, &made, "timeout=2");
    assert_refused(&first, 32, &["FSXL-M205", "it is mounted all the same"]);
    assert_eq!(mounts(&sandbox).len(), 1, "{first}");
    assert!(record(&sandbox)["mount_id"].is_number(), "{}", record(&sandbox));
    assert!(sandbox.read_file("/run/mount/utab").contains("helper=fsxlustre"));
    let second = mount(&sandbox, &made, "timeout=2").assert_success();
    assert!(second.stderr.contains(LATE), "{second}");
}

#[test]
fn a_mount_that_came_up_for_a_call_that_was_told_to_stop_is_taken_away() {
    let (sandbox, made) = sandbox();
    linger(&sandbox);
    let call = sandbox.spawn(["mount.fsxlustre", &device(&made), DIRECTORY]);
    wait_until("the mount", || mounts(&sandbox).len() == 1);
    call.signal(Signal::SIGTERM);
    assert_nothing_left(&sandbox);
}

#[test]
fn a_mount_that_came_up_for_a_job_that_does_not_start_is_taken_away() {
    let (sandbox, made) = sandbox();
    linger(&sandbox);
    give_to_jobs(&sandbox, &made);
    let start = job(&sandbox, "start");
    assert!(start.stderr.contains("FSXL-M205"), "{start}");
    assert!(start.stderr.contains("it was unmounted again"), "{start}");
    assert_eq!(mounts(&sandbox), Vec::<String>::new(), "{start}");
    job(&sandbox, "end").assert_success();
    assert_nothing_left(&sandbox);
}

#[test]
fn two_file_systems_never_share_a_directory() {
    let (sandbox, one) = sandbox();
    let other = sandbox.create_file_system(FileSystem::lustre());
    sandbox.client_fault(&hang(&one), true);
    let mut first = begun(&sandbox, &one);
    let mut second = sandbox.spawn(["mount.fsxlustre", &device(&other), DIRECTORY]);
    assert!(second.wait(Duration::from_secs(1)).is_none(), "it waits");
    assert_eq!(mounts(&sandbox).len(), 0);
    sandbox.client_fault(&hang(&one), false);
    let first = first.wait(Duration::from_secs(10)).expect("the first ends");
    let second = second.wait(Duration::from_secs(10)).expect("the second ends");
    first.assert_success();
    assert_refused(&second, 32, &["something else is mounted", &one.mount_name]);
    assert_eq!(mounts(&sandbox).len(), 1);
}

#[test]
fn what_a_job_mounted_stays_for_whoever_else_asked_for_it() {
    let (sandbox, made) = sandbox();
    give_to_jobs(&sandbox, &made);
    job(&sandbox, "start").assert_success();
    mount(&sandbox, &made, "noatime").assert_success();
    assert_eq!(record(&sandbox)["made_by"], "person");
    let end = job(&sandbox, "end").assert_success();
    assert_eq!(mounts(&sandbox).len(), 1, "{end}");
}

#[test]
fn what_a_job_mounted_stays_for_whoever_asks_for_it_while_its_end_tries() {
    let (sandbox, made) = sandbox();
    give_to_jobs(&sandbox, &made);
    job(&sandbox, "start").assert_success();
    let words = format!("cd {DIRECTORY} && echo there && exec sleep 60");
    let holder = sandbox.spawn(["sh", "-c", &words]);
    while !holder.stdout().contains("there") {
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut end = job_command(&sandbox, "end").spawn();
    // It has been refused by then, and tries again.
    std::thread::sleep(Duration::from_secs(1));
    mount(&sandbox, &made, "noatime").assert_success();
    let end = end.wait(Duration::from_secs(60)).expect("it ends").assert_success();
    assert!(end.to_string().contains("stays: it was not mounted by a job's start"), "{end}");
    assert_eq!(mounts(&sandbox).len(), 1, "{end}");
    assert_eq!(record(&sandbox)["made_by"], "person");
    holder.signal(Signal::SIGKILL);
}
