//! The main job, end to end, with the real programs: check, find by tag, mount through mount(8),
//! lay out, watch, start and end jobs.

use fsxlustre_tests::{FileSystem, Output, Running, Sandbox};
use std::time::{Duration, Instant};

const DIRECTORY: &str = "/mnt/genomics";
const SOURCE: &str = "tag:Project:genomics";
const JOBS: &str = r#"
[[jobs.mount]]
source = "tag:Project:genomics"
directory = "/mnt/genomics"
options = "noatime,flock"
"#;

/// A sandbox with one file system, found by its tag, and a mount point for it.
fn genomics() -> (Sandbox, FileSystem) {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.run(["mkdir", "-p", DIRECTORY]).assert_success();
    (sandbox, made)
}

fn mount(sandbox: &Sandbox) -> Output {
    sandbox.run(["mount", "-t", "fsxlustre", SOURCE, DIRECTORY])
}

/// The line of mountinfo for the directory, empty when nothing is mounted there.
fn mountinfo(sandbox: &Sandbox) -> String {
    let all = sandbox.read_file("/proc/self/mountinfo");
    let wanted = format!(" {DIRECTORY} ");
    all.lines().rev().find(|line| line.contains(&wanted)).unwrap_or_default().to_owned()
}

fn job(sandbox: &Sandbox, verb: &str, id: &str) -> Output {
    sandbox
        .command(["fsxlustre", "job", verb])
        .env("SLURM_JOB_ID", id)
        .env("SLURM_CLUSTER_NAME", "prod")
        .env("SLURM_JOB_PARTITION", "cpu")
        .env("SLURM_JOB_RESTART_COUNT", "0")
        .env("SLURMD_NODENAME", "node-1")
        .run()
}

/// Starts the metrics service and waits until it answers.
fn serve(sandbox: &Sandbox) -> Running {
    let running = sandbox.spawn(["fsxlustre", "serve"]);
    let started = Instant::now();
    while sandbox.request("GET", "http://127.0.0.1:9988/-/ready").try_send().is_err() {
        assert!(started.elapsed() < Duration::from_secs(10), "{}", running.stderr());
        std::thread::sleep(Duration::from_millis(20));
    }
    running
}

fn metrics(sandbox: &Sandbox) -> String {
    let response = sandbox.request("GET", "http://127.0.0.1:9988/metrics").send();
    assert_eq!(response.status, 200, "{response:?}");
    response.body
}

/// The value of a series, by the text before it.
fn series(metrics: &str, name: &str) -> Option<f64> {
    metrics.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

#[test]
fn resolve_finds_the_file_system_by_its_tags() {
    let (sandbox, made) = genomics();
    sandbox.create_file_system(FileSystem::lustre().tag("Project", "genetics"));
    let found = sandbox.run(["fsxlustre", "resolve", SOURCE]).assert_success();
    assert!(found.stdout.contains(&made.id), "{found}");
    assert!(found.stdout.contains(&format!("{}@tcp:/{}", made.dns_name, made.mount_name)));
    let json = sandbox.run(["fsxlustre", "resolve", "--json", &made.id]).assert_success();
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["id"], made.id);
    assert_eq!(json["lustre_version"], "2.15");
    assert_eq!(json["region"], "us-east-1");
}

#[test]
fn a_tag_beyond_the_first_short_page_is_found() {
    let (sandbox, _) = genomics();
    for number in 0..5 {
        sandbox.create_file_system(FileSystem::lustre().tag("Number", &number.to_string()));
    }
    sandbox.set_pages(1, 1);
    let found = sandbox.run(["fsxlustre", "resolve", "tag:Number:4"]).assert_success();
    assert!(found.stdout.contains("Number=4"), "{found}");
}

#[test]
fn mount_through_mount_8_is_verified_and_idempotent() {
    let (sandbox, made) = genomics();
    let first = sandbox.run(["mount", "-v", "-t", "fsxlustre", SOURCE, DIRECTORY]).assert_success();
    assert!(first.stdout.contains("noatime,flock,retry=0"), "{first}");
    let shown = mountinfo(&sandbox);
    assert!(shown.contains("noatime") && shown.contains(&format!("@tcp:/{}", made.mount_name)));
    let calls = sandbox.client_calls().join("\n");
    assert!(calls.contains("rw,noatime,flock,retry=0"), "{calls}");

    let again = sandbox.run(["mount", "-v", "-t", "fsxlustre", SOURCE, DIRECTORY]).assert_success();
    assert!(again.stdout.contains("is mounted already"), "{again}");
    assert_eq!(mountinfo(&sandbox), shown, "nothing was mounted over it");

    sandbox.run(["sh", "-c", &format!("echo kept > {DIRECTORY}/file")]).assert_success();
    sandbox.run(["umount", DIRECTORY]).assert_success();
    assert_eq!(mountinfo(&sandbox), "");
    mount(&sandbox).assert_success();
    assert_eq!(sandbox.read_file(&format!("{DIRECTORY}/file")), "kept\n");
}

#[test]
fn mount_all_of_fstab_twice_is_fine() {
    let (sandbox, _) = genomics();
    sandbox.write_file(
        "/etc/fstab",
        &format!("{SOURCE} {DIRECTORY} fsxlustre _netdev,nofail,noatime,flock 0 0\n"),
    );
    sandbox.run(["mount", "-a"]).assert_success();
    let shown = mountinfo(&sandbox);
    assert!(shown.contains("fuse.lustre"), "{shown}");
    sandbox.run(["mount", "-a"]).assert_success();
    assert_eq!(mountinfo(&sandbox), shown);
}

#[test]
fn a_rehearsal_says_what_it_would_do_and_mounts_nothing() {
    let (sandbox, made) = genomics();
    let would =
        sandbox.run(["mount", "-f", "-v", "-t", "fsxlustre", SOURCE, DIRECTORY]).assert_success();
    assert!(would.stdout.contains("would be mounted"), "{would}");
    assert!(would.stdout.contains(&made.dns_name), "{would}");
    assert_eq!(mountinfo(&sandbox), "");
}

#[test]
fn umount_fsxlustre_unmounts_and_refuses_force_with_lazy() {
    let (sandbox, _) = genomics();
    mount(&sandbox).assert_success();
    let forced = sandbox.run(["umount.fsxlustre", DIRECTORY, "-fl"]);
    assert_eq!(forced.code(), Some(1), "{forced}");
    assert!(forced.stderr.contains("FSXL-U105"), "{forced}");
    assert_ne!(mountinfo(&sandbox), "");
    let done = sandbox.run(["umount.fsxlustre", DIRECTORY, "-v"]).assert_success();
    assert!(done.stdout.contains("unmounted"), "{done}");
    assert_eq!(mountinfo(&sandbox), "");
    let again = sandbox.run(["umount.fsxlustre", DIRECTORY]);
    assert_eq!(again.code(), Some(32), "{again}");
    assert!(again.stderr.contains("FSXL-U104"), "{again}");
}

#[test]
fn a_layout_is_applied_proved_and_not_applied_twice() {
    let (sandbox, _) = genomics();
    sandbox.append_config(
        "\n[layout.profiles.large]\nstripe_count = 4\nstripe_size = \"4MiB\"\n\
         [layout.profiles.other]\nstripe_count = 1\nstripe_size = \"1MiB\"\n",
    );
    mount(&sandbox).assert_success();
    let directory = format!("{DIRECTORY}/results");
    sandbox.run(["mkdir", &directory]).assert_success();
    let apply = |profile: &str, more: &[&str]| {
        let words = ["fsxlustre", "layout", "apply", "--profile", profile, &directory];
        sandbox.run(words.iter().chain(more).copied().collect::<Vec<_>>())
    };
    let first = apply("large", &[]).assert_success();
    assert!(first.stdout.contains("proved:  stripe count 4, stripe size 4194304"), "{first}");
    let lfs = sandbox.run(["/run/standin/usr/bin/lfs", "getstripe", "-d", &directory]);
    assert!(lfs.stdout.contains("stripe_count:  4 stripe_size:   4194304"), "{lfs}");

    let calls = || sandbox.client_calls().iter().filter(|call| call.contains("setstripe")).count();
    assert_eq!(calls(), 1);
    let second = apply("large", &[]).assert_success();
    assert!(second.stdout.contains("holds already, nothing done"), "{second}");
    assert_eq!(calls(), 1, "the second run sets nothing");

    let other = apply("other", &[]);
    assert_eq!(other.code(), Some(1), "{other}");
    assert!(other.stderr.contains("FSXL-L106") && other.stderr.contains("--replace"), "{other}");
    assert_eq!(calls(), 1);
    apply("other", &["--replace"]).assert_success();
    assert_eq!(calls(), 2);
}

#[test]
fn metrics_show_what_this_node_does() {
    let (sandbox, made) = genomics();
    mount(&sandbox).assert_success();
    let _service = serve(&sandbox);
    let fs = &made.mount_name;
    let value = |text: &str, name: &str| series(text, &format!("{name}{{fs=\"{fs}\"}}"));
    let before = metrics(&sandbox);
    let file = format!("{DIRECTORY}/data");
    let write = format!("dd if=/dev/zero of={file} bs=1M count=8 && cat {file} >/dev/null");
    sandbox.run(["sh", "-c", &write]).assert_success();
    let after = metrics(&sandbox);
    for name in ["lustre_client_write_bytes_total", "lustre_client_read_bytes_total"] {
        let grown = value(&after, name).unwrap() - value(&before, name).unwrap();
        assert!((grown - 8.0 * 1_048_576.0).abs() < f64::EPSILON, "{name} grew by {grown}");
    }
    for name in ["lustre_client_writes_total", "lustre_client_reads_total"] {
        assert!(value(&after, name) > value(&before, name), "{name}");
    }
    assert!(after.contains(&format!("mountpoint=\"{DIRECTORY}\"")), "{after}");
    let up = after.lines().filter(|line| line.starts_with("lustre_client_import_up{"));
    assert_eq!(up.filter(|line| line.ends_with(" 1")).count(), 5, "1 MDT and 4 OSTs:\n{after}");

    let lint = sandbox.command(["promtool", "check", "metrics"]).stdin(after).run();
    assert!(lint.is_success() && lint.stderr.is_empty(), "{lint}");
}

#[test]
fn the_last_end_unmounts_what_a_start_had_mounted() {
    let (sandbox, _) = genomics();
    sandbox.append_config(JOBS);
    let first = job(&sandbox, "start", "1").assert_success();
    assert!(first.stdout.contains("mounted on /mnt/genomics"), "{first}");
    let shown = mountinfo(&sandbox);
    assert!(shown.contains("nosuid") && shown.contains("nodev"), "{shown}");
    let again = job(&sandbox, "start", "1").assert_success();
    assert!(again.stdout.contains("is mounted already"), "{again}");
    job(&sandbox, "start", "2").assert_success();

    let end = job(&sandbox, "end", "1").assert_success();
    assert!(end.stdout.contains("stays: in use by prod_2_0_node-1"), "{end}");
    assert_eq!(mountinfo(&sandbox), shown);
    let end = job(&sandbox, "end", "2").assert_success();
    assert!(end.stdout.contains("unmounted"), "{end}");
    assert_eq!(mountinfo(&sandbox), "");
    let twice = job(&sandbox, "end", "2").assert_success();
    assert!(twice.stdout.contains("nothing is recorded"), "{twice}");
    let left = sandbox.run(["find", "/run/fsxlustre", "-name", "*.json"]);
    assert_eq!(left.stdout, "", "no record and no lease is left");
}

#[test]
fn a_mount_that_was_there_before_is_never_taken_away() {
    let (sandbox, made) = genomics();
    sandbox.append_config(JOBS);
    let device = format!("{}@tcp:/{}", made.dns_name, made.mount_name);
    let by_hand = ["/run/standin/usr/sbin/mount.lustre", &device, DIRECTORY, "-o", "noatime,flock"];
    for how in [by_hand.to_vec(), vec!["mount", "-t", "fsxlustre", SOURCE, DIRECTORY]] {
        sandbox.run(&how).assert_success();
        let shown = mountinfo(&sandbox);
        job(&sandbox, "start", "3").assert_success();
        let end = job(&sandbox, "end", "3").assert_success();
        assert!(end.stdout.contains("stays: it was not mounted by a job's start"), "{end}");
        assert_eq!(mountinfo(&sandbox), shown, "{how:?}");
        sandbox.run(["umount", DIRECTORY]).assert_success();
    }
}

#[test]
fn an_end_without_a_start_does_nothing() {
    let (sandbox, _) = genomics();
    sandbox.append_config(JOBS);
    mount(&sandbox).assert_success();
    let shown = mountinfo(&sandbox);
    let end = job(&sandbox, "end", "9").assert_success();
    assert!(end.stdout.contains("nothing is recorded"), "{end}");
    assert_eq!(mountinfo(&sandbox), shown);
}

#[test]
fn a_mount_in_use_stays_and_the_same_end_may_be_run_again() {
    let (sandbox, _) = genomics();
    sandbox.append_config(JOBS);
    job(&sandbox, "start", "4").assert_success();
    let holder = sandbox.spawn(["sh", "-c", &format!("cd {DIRECTORY}; echo in; exec sleep 60")]);
    let started = Instant::now();
    while !holder.stdout().contains("in") {
        assert!(started.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(10));
    }
    let busy = job(&sandbox, "end", "4");
    assert_eq!(busy.code(), Some(0), "a node is not drained for it: {busy}");
    assert!(busy.stderr.contains("FSXL-U101"), "{busy}");
    assert_ne!(mountinfo(&sandbox), "");
    drop(holder);
    let end = job(&sandbox, "end", "4").assert_success();
    assert!(end.stdout.contains("unmounted"), "{end}");
    assert_eq!(mountinfo(&sandbox), "");
}

#[test]
fn check_says_that_this_node_and_the_file_system_fit() {
    let (sandbox, _) = genomics();
    let unreachable = sandbox.run(["fsxlustre", "check", SOURCE]);
    assert_eq!(unreachable.code(), Some(1), "{unreachable}");
    assert!(unreachable.stdout.contains("FAIL     server_answers"), "{unreachable}");
    let _servers = sandbox.answering_servers();
    let checked = sandbox.run(["fsxlustre", "check", SOURCE]);
    assert_eq!(checked.code(), Some(0), "{checked}");
    assert!(checked.stdout.contains("file_system_version"), "{checked}");
    sandbox.create_file_system(FileSystem::lustre().tag("Project", "old").version("2.10"));
    let misfit = sandbox.run(["fsxlustre", "check", "tag:Project:old"]);
    assert_eq!(misfit.code(), Some(1), "{misfit}");
    assert!(misfit.stdout.contains("FAIL") && misfit.stdout.contains("2.10"), "{misfit}");
}

#[test]
fn check_says_what_to_do_without_a_client() {
    let (sandbox, _) = genomics();
    sandbox.client_fault("modules-missing", true);
    let checked = sandbox.run(["fsxlustre", "check"]);
    assert_eq!(checked.code(), Some(1), "{checked}");
    assert!(checked.stdout.contains("module_loadable") && checked.stdout.contains("do:"));
    let mounted = mount(&sandbox);
    assert_eq!(mounted.code(), Some(32), "{mounted}");
    assert!(mounted.stderr.contains("FSXL-K102"), "{mounted}");
}

#[test]
fn a_mount_made_by_hand_between_start_and_end_is_never_taken_away() {
    let (sandbox, made) = genomics();
    sandbox.append_config(JOBS);
    let other = sandbox.create_file_system(FileSystem::lustre());
    let by_hand = |of: &FileSystem| {
        let device = format!("{}@tcp:/{}", of.dns_name, of.mount_name);
        let helper = "/run/standin/usr/sbin/mount.lustre";
        sandbox.run([helper, &device, DIRECTORY, "-o", "noatime,flock"]).assert_success();
    };
    // The kernel gives the same number to the next mount.
    for (id, file_system) in [("5", &made), ("6", &other)] {
        job(&sandbox, "start", id).assert_success();
        assert_ne!(clients(&sandbox), "");
        sandbox.run(["umount", "-i", DIRECTORY]).assert_success();
        no_client_is_left(&sandbox);
        by_hand(file_system);
        let shown = mountinfo(&sandbox);
        let end = job(&sandbox, "end", id).assert_success();
        assert!(end.stdout.contains("stays: it was not mounted by a job's start"), "{end}");
        assert_eq!(mountinfo(&sandbox), shown);
        sandbox.run(["umount", "-i", DIRECTORY]).assert_success();
        no_client_is_left(&sandbox);
    }
}

/// A kernel's unmount returns when the client is gone; the stand-in's is gone a moment later.
fn no_client_is_left(sandbox: &Sandbox) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !clients(sandbox).is_empty() {
        assert!(Instant::now() < deadline, "{}", clients(sandbox));
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn clients(sandbox: &Sandbox) -> String {
    sandbox.run(["ls", "/run/standin/sys/fs/lustre/llite"]).stdout
}

#[test]
fn a_start_that_is_killed_at_any_moment_leaves_nothing_after_the_end() {
    let (sandbox, _) = genomics();
    sandbox.append_config(JOBS);
    for number in 0..25_u64 {
        let id = (100 + number).to_string();
        let start = sandbox
            .command(["fsxlustre", "job", "start"])
            .env("SLURM_JOB_ID", &id)
            .env("SLURM_CLUSTER_NAME", "prod")
            .env("SLURM_JOB_PARTITION", "cpu")
            .env("SLURMD_NODENAME", "node-1")
            .spawn();
        std::thread::sleep(Duration::from_millis(number * 7919 % 120));
        start.signal(fsxlustre_tests::Signal::SIGKILL);
        drop(start);
        job(&sandbox, "end", &id).assert_success();
        let started = Instant::now();
        while !mountinfo(&sandbox).is_empty() {
            assert!(started.elapsed() < Duration::from_secs(10), "kill {number}: it stays");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    let left = sandbox.run(["find", "/run/fsxlustre/leases", "-name", "*.json"]);
    assert_eq!(left.stdout, "");
}

#[test]
fn a_jobs_mount_point_is_made_and_removed_again() {
    let sandbox = Sandbox::start();
    sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.append_config(JOBS);
    job(&sandbox, "start", "7").assert_success();
    assert!(mountinfo(&sandbox).contains("fuse.lustre"));
    job(&sandbox, "end", "7").assert_success();
    assert!(!sandbox.run(["ls", "-d", DIRECTORY]).is_success(), "it was ours and is empty");
    sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    // An answer serves jobs for a minute.
    sandbox.run(["fsxlustre", "cache", "clear"]).assert_success();
    let without = job(&sandbox, "start", "8").assert_success();
    assert!(without.stdout.contains("ambiguous: the job is admitted without it"), "{without}");
    assert!(!sandbox.run(["ls", "-d", DIRECTORY]).is_success(), "nothing half done");
}

#[test]
fn a_jobs_account_chooses_among_what_the_rule_allows_and_nothing_else() {
    let sandbox = Sandbox::start();
    let bio = FileSystem::lustre().tag("Project", "genomics").tag("Account", "bio");
    let bio = sandbox.create_file_system(bio);
    let other = FileSystem::lustre().tag("Project", "genomics").tag("Account", "chem");
    sandbox.create_file_system(other);
    let rule = JOBS.replace("genomics\"\nd", "genomics,Account:{job.account}\"\nd");
    sandbox.append_config(&rule);
    let start = |account: &str, id: &str| {
        sandbox
            .command(["fsxlustre", "job", "start"])
            .env("SLURM_JOB_ID", id)
            .env("SLURM_JOB_ACCOUNT", account)
            .run()
    };
    for hostile in ["bio,Name:x", "chem/../bio", "%62io"] {
        let refused = start(hostile, "1");
        assert!(refused.stderr.contains("SLURM_JOB_ACCOUNT"), "{hostile}: {refused}");
        assert_eq!(mountinfo(&sandbox), "", "{hostile}");
    }
    start("bio", "2").assert_success();
    assert!(mountinfo(&sandbox).contains(&bio.mount_name));
}
