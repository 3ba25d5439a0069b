//! What programs that ours start are handed on: no signal is held back, so that who asks them to stop is
//! heard.

use std::time::{Duration, Instant};

use fsxlustre_tests::{FileSystem, Sandbox};

const JOBS: &str =
    "[[jobs.mount]]\nsource = \"tag:Project:genomics\"\ndirectory = \"/mnt/genomics\"\n";

fn genomics() -> Sandbox {
    let sandbox = Sandbox::start();
    sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.append_config(JOBS);
    sandbox
}

/// Every process but those that the sandbox began with: its command, and the signals it holds back.
const BLOCKED: &str = "for p in /proc/[0-9]*; do printf '%s %s\\n' \
     \"$(sed -n 's/^SigBlk:\\t*//p' $p/status)\" \"$(tr '\\0' ' ' <$p/cmdline)\"; done 2>/dev/null";

#[test]
fn what_a_start_runs_holds_no_signal_back() {
    let sandbox = genomics();
    // One that waits, and changes nothing of what it was handed on.
    let waits = "#!/usr/bin/python3\nimport time\ntime.sleep(60)\n";
    sandbox.write_program("/run/standin/usr/sbin/mount.lustre", waits);
    let start = sandbox.command(["fsxlustre", "job", "start"]);
    let _start = start.env("SLURM_JOB_ID", "7").env("SLURMD_NODENAME", "n1").spawn();
    let began = Instant::now();
    let lines = loop {
        let all = sandbox.run(["sh", "-c", BLOCKED]).stdout;
        if all.lines().any(|line| line.contains("mount.lustre")) {
            break all;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "no mount began: {all}");
    };
    let of = |word: &str| lines.lines().filter(|line| line.contains(word)).collect::<Vec<_>>();
    // The start itself reads them from a descriptor.
    assert!(of("fsxlustre job start").iter().all(|line| !line.starts_with("0000000000000000")));
    let mounts = of("mount.lustre");
    assert!(!mounts.is_empty());
    assert!(mounts.iter().all(|line| line.starts_with("0000000000000000 ")), "{mounts:#?}");
}

#[test]
fn a_hook_of_the_administrator_holds_no_signal_back() {
    let sandbox = genomics();
    let hook = "on_ready = [\"/bin/cp\", \"/proc/self/status\", \"/run/status\"]";
    sandbox.append_config(&format!("[hooks]\n{hook}\n"));
    let start = sandbox.command(["fsxlustre", "job", "start"]);
    start.env("SLURM_JOB_ID", "7").env("SLURMD_NODENAME", "n1").run().assert_success();
    let status = sandbox.read_file("/run/status");
    assert!(status.contains("SigBlk:\t0000000000000000\n"), "{status}");
}

/// A caller that holds signals back does not make ours deaf.
#[test]
fn a_start_is_told_to_stop_whatever_its_caller_holds_back() {
    let sandbox = genomics();
    sandbox.client_fault("mount-hang", true);
    let held = "import signal, os; signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM}); \
                os.execv('/usr/bin/fsxlustre', ['fsxlustre', 'job', 'start'])";
    let start = sandbox.command(["python3", "-c", held]).env("SLURM_JOB_ID", "7");
    let mut start = start.env("SLURMD_NODENAME", "n1").spawn();
    let began = Instant::now();
    while !sandbox.run(["sh", "-c", BLOCKED]).stdout.contains("mount.lustre") {
        assert!(began.elapsed() < Duration::from_secs(20), "no mount began");
    }
    start.signal(nix::sys::signal::Signal::SIGTERM);
    let ended = start.wait(Duration::from_secs(5)).expect("it ends");
    assert!(ended.stdout.contains("late: the job is admitted"), "{ended}");
    sandbox.client_fault("mount-hang", false);
}
