//! Containers and login nodes: what holds a mount without a process that one sees, mounts from another
//! network, and who uses what.

use fsxlustre_tests::{FileSystem, Output, Running, Sandbox};
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
    (sandbox, made)
}

fn job(sandbox: &Sandbox, verb: &str) -> Output {
    sandbox
        .command(["fsxlustre", "job", verb])
        .env("SLURM_JOB_ID", "7")
        .env("SLURM_CLUSTER_NAME", "prod")
        .env("SLURMD_NODENAME", "n1")
        .run()
}

fn is_mounted(sandbox: &Sandbox) -> bool {
    sandbox.read_file("/proc/self/mountinfo").contains(&format!(" {DIRECTORY} "))
}

/// How many clients the kernel shows.
fn clients(sandbox: &Sandbox) -> usize {
    sandbox.run(["ls", "/run/standin/sys/fs/lustre/llite"]).stdout.lines().count()
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(20), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Starts a command in the background, once it has said that it runs.
fn background(sandbox: &Sandbox, words: &[&str]) -> Running {
    let running = sandbox.spawn(words);
    wait_until("the command", || running.stdout().contains("in\n"));
    running
}

#[test]
fn a_client_is_not_made_from_another_network_than_lnets() {
    let (sandbox, made) = genomics();
    let device = format!("{}@tcp:/{}", made.nid.trim_end_matches("@tcp"), made.mount_name);
    sandbox.run(["mkdir", "-p", DIRECTORY, "/mnt/second"]).assert_success();
    sandbox.run(["touch", "/run/lnet-network"]).assert_success();
    sandbox.run(["mount", "--bind", "/proc/self/ns/net", "/run/lnet-network"]).assert_success();
    let config = sandbox.read_file("/etc/fsxlustre/fsxlustre.toml");
    let named = config.replacen("[host]\n", "[host]\nlnet_namespace = \"/run/lnet-network\"\n", 1);
    sandbox.write_file("/etc/fsxlustre/fsxlustre.toml", &named);

    let elsewhere = |directory: &str| {
        sandbox.run(["unshare", "--net", "mount", "-t", "fsxlustre", &device, directory])
    };
    let refused = elsewhere(DIRECTORY);
    assert_eq!(refused.code(), Some(32), "{refused}");
    assert!(refused.stderr.contains("FSXL-N204"), "{refused}");
    assert!(refused.stderr.contains("that of /run/lnet-network"), "{refused}");
    assert!(!is_mounted(&sandbox));
    assert_eq!(
        sandbox.client_calls().iter().filter(|call| call.contains("mount.lustre")).count(),
        0
    );

    sandbox.run(["mount", "-t", "fsxlustre", &device, DIRECTORY]).assert_success();
    // A bind mount of the client that is there needs no network.
    elsewhere("/mnt/second").assert_success();
    // Where it is not looked at, nobody is refused.
    sandbox.run(["umount", "/mnt/second", DIRECTORY]).assert_success();
    sandbox.write_file(
        "/etc/fsxlustre/fsxlustre.toml",
        &config.replacen("[host]\n", "[host]\nlnet_namespace = \"any\"\n", 1),
    );
    elsewhere(DIRECTORY).assert_success();
}

#[test]
fn an_image_on_lustre_is_named_by_its_loop_device() {
    let (sandbox, _) = genomics();
    job(&sandbox, "start").assert_success();
    // As enroot and Apptainer do with an image of theirs.
    let image = format!("{DIRECTORY}/image");
    sandbox.run(["mkdir", "/mnt/image"]).assert_success();
    let script = format!(
        "truncate -s 8M {image} && mkfs.ext4 -q {image} && mount -o loop {image} /mnt/image"
    );
    sandbox.run(["sh", "-c", &script]).assert_success();
    let end = job(&sandbox, "end").assert_success();
    assert!(is_mounted(&sandbox), "{end}");
    let said = format!("{}{}", end.stdout, end.stderr);
    assert!(said.contains("loop device") && said.contains(&image), "{end}");
    let holders = sandbox.run(["fsxlustre", "status", "--holders"]).assert_success();
    assert!(holders.stdout.contains("(kernel)") && holders.stdout.contains(&image), "{holders}");

    sandbox.run(["umount", "/mnt/image"]).assert_success();
    let again = job(&sandbox, "end").assert_success();
    wait_until(&format!("the unmount, {again}"), || {
        // Whoever is left with the unmount: the end itself, or housekeeping.
        sandbox.run(["fsxlustre", "job", "housekeeping"]);
        !is_mounted(&sandbox)
    });
}

#[test]
fn a_container_that_outlives_its_step_keeps_the_client_and_is_named() {
    let (sandbox, _) = genomics();
    job(&sandbox, "start").assert_success();
    let script = "echo in; exec sleep 1000";
    let container = background(
        &sandbox,
        &["unshare", "--mount", "--propagation", "private", "sh", "-c", script],
    );
    let inside = || {
        let pid = container.pid().expect("the container runs");
        std::fs::read_to_string(format!("/proc/{pid}/mountinfo")).unwrap()
    };
    assert!(inside().contains(DIRECTORY));
    let end = job(&sandbox, "end").assert_success();
    let said = format!("{}{}", end.stdout, end.stderr);
    assert_eq!(clients(&sandbox), 1, "the client lives on: {end}");
    assert!(said.contains("mount namespace"), "{end}");
    // rmdir(2) of a mount point takes a mount of another namespace away, lazily.
    assert!(inside().contains(DIRECTORY), "it is not taken from the container");
    drop(container);
    wait_until("the client's end", || clients(&sandbox) == 0);
    job(&sandbox, "end").assert_success();
    assert!(!is_mounted(&sandbox));
    assert!(!sandbox.run(["ls", DIRECTORY]).is_success(), "the start had made the directory");
}

#[test]
fn a_directory_that_a_start_made_goes_where_nobody_has_it_mounted() {
    let (sandbox, made) = genomics();
    sandbox.run(["mkdir", "-p", "/mnt/other"]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", &made.id, "/mnt/other"]).assert_success();
    job(&sandbox, "start").assert_success();
    let end = job(&sandbox, "end").assert_success();
    assert_eq!(clients(&sandbox), 1, "it stays for the other mount: {end}");
    assert!(!sandbox.run(["ls", DIRECTORY]).is_success(), "{end}");

    job(&sandbox, "start").assert_success();
    let words = ["unshare", "--mount", "--propagation", "private", "sh", "-c"];
    let container = background(&sandbox, &[&words[..], &["echo in; exec sleep 1000"]].concat());
    let end = job(&sandbox, "end").assert_success();
    assert!(end.stderr.contains(&format!("the directory {DIRECTORY} was not removed")), "{end}");
    let pid = container.pid().expect("the container runs");
    let inside = std::fs::read_to_string(format!("/proc/{pid}/mountinfo")).unwrap();
    assert!(inside.contains(DIRECTORY), "{end}\n{inside}");
}

/// What job_container/tmpfs (namespace/tmpfs) makes in a job's extern step: a mount namespace that a
/// file holds, without a process in it. unshare(1) may look for the namespace before it is made, so it is
/// asked until it is.
fn make_job_container(sandbox: &Sandbox) {
    let script =
        "mkdir -p /run/jobs && mount --bind /run/jobs /run/jobs && mount --make-private /run/jobs
         touch /run/jobs/7; until unshare --mount=/run/jobs/7 --propagation private true; do :; done";
    sandbox.run(["sh", "-c", script]).assert_success();
}

#[test]
fn a_namespace_of_job_container_tmpfs_without_shared_keeps_the_client() {
    let (sandbox, _) = genomics();
    job(&sandbox, "start").assert_success();
    make_job_container(&sandbox);
    let end = job(&sandbox, "end").assert_success();
    let said = format!("{}{}", end.stdout, end.stderr);
    assert!(said.contains("/run/jobs/7"), "{end}");
    assert_eq!(clients(&sandbox), 1, "{end}");
    // Slurm takes it away with the extern step.
    sandbox.run(["umount", "/run/jobs/7"]).assert_success();
    wait_until("the client's end", || clients(&sandbox) == 0);
    job(&sandbox, "end").assert_success();
}

#[test]
fn a_namespace_as_of_job_container_tmpfs_with_shared_follows_the_unmount() {
    let (sandbox, _) = genomics();
    // As systemd has it on every node.
    sandbox.run(["mount", "--make-rshared", "/"]).assert_success();
    job(&sandbox, "start").assert_success();
    let words = ["unshare", "--mount", "--propagation", "slave", "sh", "-c"];
    let _container = background(&sandbox, &[&words[..], &["echo in; exec sleep 1000"]].concat());
    let end = job(&sandbox, "end").assert_success();
    assert!(end.stdout.contains("unmounted"), "{end}");
    assert_eq!(clients(&sandbox), 0, "{end}");
    assert!(!is_mounted(&sandbox));
}

#[test]
fn on_a_login_node_nothing_is_done_for_jobs_and_users_are_told_by_name() {
    let (sandbox, _) = genomics();
    sandbox.append("/etc/passwd", "ann:x:5001:5001::/tmp:/bin/sh\n");
    sandbox.append_config("[node]\nrole = \"login\"\n");
    job(&sandbox, "start").assert_success();
    assert!(!is_mounted(&sandbox), "hooks are off");
    sandbox.run(["mkdir", "-p", DIRECTORY]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", "tag:Project:genomics", DIRECTORY]).assert_success();
    let idle = sandbox.run(["fsxlustre", "status", "--holders"]).assert_success();
    assert!(!idle.stdout.contains("sleep"), "{idle}");
    let script = format!("cd {DIRECTORY} && echo in && exec sleep 1000");
    let as_ann = ["setpriv", "--reuid=5001", "--regid=5001", "--clear-groups", "sh", "-c", &script];
    let _one = background(&sandbox, &as_ann);
    let _two = background(&sandbox, &as_ann);
    let _root = background(&sandbox, &["sh", "-c", &script]);
    let shown = sandbox.run(["fsxlustre", "status", "--holders"]).assert_success();
    let line = shown.stdout.lines().find(|line| line.starts_with("  ann")).unwrap_or_default();
    assert!(line.contains("2 processes: ") && line.contains(" sleep, "), "{shown}");
    let json = sandbox.run(["fsxlustre", "status", "--holders", "--json"]).assert_success();
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    let users = json["directories"][0]["users"].as_array().unwrap();
    assert_eq!(users[0]["user"], "ann", "{json}");
    assert_eq!(users[0]["processes"].as_array().unwrap().len(), 2);
    assert_eq!(users[1]["uid"], 0);

    // An end has nothing to do here, and ends nobody's work.
    job(&sandbox, "end").assert_success();
    assert!(is_mounted(&sandbox));
    assert!(sandbox.run(["fsxlustre", "status", "--holders"]).stdout.contains("2 processes"));
}
