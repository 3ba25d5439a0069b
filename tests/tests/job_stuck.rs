//! `fsxlustre job stuck`: real processes that no signal reaches, found with their kernel stacks, by the
//! real program, in time and without touching the mount.

use fsxlustre_tests::{FileSystem, Running, Sandbox};
use serde_json::Value;
use std::time::{Duration, Instant};

const DIRECTORY: &str = "/mnt/genomics";
const JOBS: &str = r#"
[[jobs.mount]]
source = "tag:Project:genomics"
directory = "/mnt/genomics"
"#;

fn genomics() -> (Sandbox, FileSystem) {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.append_config(JOBS);
    let start = sandbox.command(["fsxlustre", "job", "start"]);
    start
        .env("SLURM_JOB_ID", "7")
        .env("SLURM_CLUSTER_NAME", "prod")
        .env("SLURM_JOB_RESTART_COUNT", "0")
        .env("SLURMD_NODENAME", "n1")
        .run()
        .assert_success();
    (sandbox, made)
}

/// Starts a command and waits until it sleeps where no signal reaches it.
fn get_stuck(sandbox: &Sandbox, script: &str) -> Running {
    let running = sandbox.spawn(["sh", "-c", script]);
    let began = Instant::now();
    let is_stuck = || {
        let Some(pid) = running.pid() else { return false };
        std::fs::read_to_string(format!("/proc/{pid}/stat"))
            .is_ok_and(|stat| stat.contains("(ls) D "))
    };
    while !is_stuck() {
        assert!(began.elapsed() < Duration::from_secs(10), "it is not stuck: {}", running.stderr());
        std::thread::sleep(Duration::from_millis(20));
    }
    running
}

#[test]
fn a_stuck_process_is_told_with_stack_mount_and_connections() {
    let (sandbox, made) = genomics();
    // Open already, so that it is the write itself that is stuck. The shell waits by itself: a program that
    // it starts would have the file open, too, and be stuck with closing it.
    sandbox.run(["mkfifo", "/run/go"]).assert_success();
    let script = format!(
        "exec 3> {DIRECTORY}/file; touch /run/open; read -r _ </run/go; exec cat /etc/passwd >&3"
    );
    let began = Instant::now();
    let writer = sandbox.spawn(["sh", "-c", &script]);
    while !sandbox.run(["test", "-e", "/run/open"]).is_success() {
        assert!(began.elapsed() < Duration::from_secs(20), "{}", writer.stderr());
    }
    sandbox.client_fault("io-hang", true);
    sandbox.run(["sh", "-c", "echo >/run/go"]).assert_success();
    loop {
        let pid = writer.pid();
        let stat = pid.and_then(|pid| std::fs::read_to_string(format!("/proc/{pid}/stat")).ok());
        // The shell itself is in this state, too, for the moment in which it starts a program.
        if stat.is_some_and(|stat| stat.contains("(cat) D ")) {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "it is not stuck: {}", writer.stderr());
        std::thread::sleep(Duration::from_millis(20));
    }
    let began = Instant::now();
    let stuck = sandbox.run(["fsxlustre", "job", "stuck", "--json", "7"]).assert_success();
    assert!(began.elapsed() < Duration::from_secs(10), "{stuck}");
    let json: Value = serde_json::from_str(&stuck.stdout).unwrap();
    assert_eq!((&json["format"], &json["job_id"]), (&1.into(), &7.into()));
    let thread = json["threads"].as_array().unwrap().iter().find(|one| one["command"] == "cat");
    let thread = thread.unwrap_or_else(|| panic!("{json:#}"));
    let stack = thread["kernel_stack"].as_array().unwrap();
    assert!(stack.iter().any(|one| one.as_str().unwrap().starts_with("fuse_")), "{thread:#}");
    assert_eq!(thread["mount"]["directory"], DIRECTORY, "{thread:#}");
    assert_eq!(thread["mount"]["file_system"], made.mount_name);
    assert_eq!(thread["uses"], serde_json::json!([DIRECTORY]));
    assert_eq!(thread["uid"], 0);
    let connections = &json["connections"][&made.mount_name];
    assert_eq!(connections["well"], 5, "1 MDT and 4 OSTs: {json:#}");
    assert_eq!(connections["ill"], serde_json::json!({}));

    let text = sandbox.run(["fsxlustre", "job", "stuck"]).assert_success();
    assert!(text.stdout.contains(&format!("(cat) of uid 0 on {DIRECTORY} ")), "{text}");
    assert!(text.stdout.contains(&format!("{}: 5 connections up or idle", made.mount_name)));
    sandbox.client_fault("io-hang", false);
}

#[test]
fn the_target_that_is_not_connected_is_named_and_all_of_it_is_kept_for_the_report() {
    let (sandbox, made) = genomics();
    sandbox.client_fault("io-hang", true);
    let _stuck = get_stuck(&sandbox, &format!("exec ls {DIRECTORY}/"));
    let find = format!("ls -d /run/standin/proc/fs/lustre/osc/{}-OST0002-osc-*", made.mount_name);
    let device = sandbox.run(["sh", "-c", &find]).assert_success().stdout.trim().to_owned();
    let import = sandbox.read_file(&format!("{device}/import"));
    let lost =
        import.replace("state: FULL", "state: DISCONN").replace("state: IDLE", "state: DISCONN");
    sandbox.write_file(&format!("{device}/import"), &lost);

    // As UnkillableStepProgram is called: by its number in the environment.
    let told = sandbox.command(["fsxlustre", "job", "stuck"]).env("SLURM_JOB_ID", "7").run();
    let told = told.assert_success();
    let target = format!("{}-OST0002", made.mount_name);
    let first = told.stdout.lines().next().unwrap_or_default();
    assert!(first.contains("stuck in the kernel (state D)"), "{told}");
    assert!(first.contains(&format!("not connected: {target}")), "{told}");
    assert!(told.stdout.contains(&format!("{target} DISCONN")), "{told}");
    let kept = sandbox.read_file("/var/lib/fsxlustre/jobs/stuck-prod_7_0_n1.json");
    let kept: Value = serde_json::from_str(&kept).unwrap();
    assert!(kept["total"].as_u64() >= Some(1), "{kept}");
    sandbox.client_fault("io-hang", false);
}

#[test]
fn nothing_stuck_is_said_so_and_odd_words_are_no_reason_to_fail() {
    let (sandbox, _) = genomics();
    for words in [&[][..], &["7"], &[""], &["$(x)"]] {
        let words = ["fsxlustre", "job", "stuck"].iter().chain(words);
        let told = sandbox.run(words.copied().collect::<Vec<_>>()).assert_success();
        assert!(told.stdout.starts_with("no process is stuck in the kernel\n"), "{told}");
    }
}

/// Which files and folders a program opened or asked about, by strace.
#[test]
fn no_mount_is_touched() {
    let (sandbox, _) = genomics();
    sandbox.client_fault("io-hang", true);
    let _stuck = get_stuck(&sandbox, &format!("exec ls {DIRECTORY}/"));
    let strace = ["strace", "-f", "-e", "trace=file,fstatfs", "-o", "/run/trace"];
    let words = strace.into_iter().chain(["fsxlustre", "job", "stuck", "7"]);
    sandbox.run(words).assert_success();
    let trace = sandbox.read_file("/run/trace");
    assert!(trace.contains("/stack\""), "{trace}");
    let touched: Vec<_> = trace.lines().filter(|line| line.contains(DIRECTORY)).collect();
    assert!(touched.is_empty(), "{touched:#?}");
    sandbox.client_fault("io-hang", false);
}

#[test]
fn what_was_seen_is_filed_under_the_job_of_that_number_and_no_other() {
    let sandbox = Sandbox::start();
    sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.append_config(JOBS);
    // The restart count of one is the number of the other.
    let start = |id: &str, restart: &str| {
        sandbox
            .command(["fsxlustre", "job", "start"])
            .env("SLURM_JOB_ID", id)
            .env("SLURM_CLUSTER_NAME", "prod")
            .env("SLURM_JOB_RESTART_COUNT", restart)
            .env("SLURMD_NODENAME", "n1")
            .run()
            .assert_success();
    };
    start("42", "1");
    start("1", "0");
    sandbox.run(["fsxlustre", "job", "stuck", "1"]).assert_success();
    let filed = sandbox.run(["ls", "/run/fsxlustre/stuck"]).assert_success().stdout;
    assert_eq!(filed, "prod_1_0_n1.json\n");
}
