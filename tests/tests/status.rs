//! `fsxlustre status`, `mount`, `explain`, the man pages' examples and the journal, by the real programs.

use fsxlustre_tests::{FileSystem, Output, Running, Sandbox};
use serde_json::Value;
use std::time::{Duration, Instant};

const DIRECTORY: &str = "/mnt/genomics";
const SOURCE: &str = "tag:Project:genomics";

fn genomics() -> (Sandbox, FileSystem) {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.run(["mkdir", "-p", DIRECTORY]).assert_success();
    (sandbox, made)
}

/// As an ordinary user: status needs no root.
const AS_NOBODY: [&str; 4] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

fn status(sandbox: &Sandbox) -> Value {
    let words = AS_NOBODY.into_iter().chain(["fsxlustre", "status", "--json"]);
    let shown = sandbox.run(words).assert_success();
    serde_json::from_str(&shown.stdout).unwrap()
}

fn of<'v>(status: &'v Value, directory: &str) -> &'v Value {
    let all = status["directories"].as_array().unwrap();
    all.iter().find(|one| one["directory"] == directory).unwrap_or_else(|| panic!("{status}"))
}

#[test]
fn nothing_mounted_is_said_so() {
    let sandbox = Sandbox::start();
    let shown = sandbox.run(["fsxlustre", "status"]).assert_success();
    assert!(shown.stdout.contains("no Lustre file system is mounted here"), "{shown}");
    assert_eq!(status(&sandbox)["directories"], serde_json::json!([]));
    assert_eq!(sandbox.run(["fsxlustre", "status", "--jsno"]).code(), Some(2));
}

#[test]
fn our_mounts_and_others_are_shown_with_what_is_known_of_them() {
    let (sandbox, made) = genomics();
    let other = sandbox.create_file_system(FileSystem::lustre());
    sandbox.run(["mount", "-t", "fsxlustre", SOURCE, DIRECTORY]).assert_success();
    sandbox.run(["mkdir", "/mnt/other"]).assert_success();
    let device = format!("{}@tcp:/{}", other.dns_name, other.mount_name);
    let by_hand = ["/run/standin/usr/sbin/mount.lustre", &device, "/mnt/other", "-o", "noatime"];
    sandbox.run(by_hand).assert_success();

    let status = status(&sandbox);
    assert_eq!(status["troubles"], serde_json::json!([]), "{status}");
    let ours = of(&status, DIRECTORY);
    assert_eq!(ours["state"], "mounted");
    assert_eq!(ours["record"]["source"], SOURCE);
    assert_eq!(ours["record"]["file_system_id"], made.id);
    assert!(["fstab", "person"].map(Value::from).contains(&ours["record"]["made_by"]), "{ours}");
    assert_eq!(ours["device"], format!("{}:/{}", made.nid, made.mount_name));
    assert_eq!(ours["last_failure"], Value::Null);
    let osc = ours["imports"]["counts"]["osc"].as_object().unwrap();
    assert_eq!(osc.values().filter_map(Value::as_u64).sum::<u64>(), 4, "{ours}");
    let theirs = of(&status, "/mnt/other");
    assert_eq!((&theirs["state"], &theirs["record"]), (&"mounted".into(), &Value::Null));

    let text = sandbox.run(["fsxlustre", "status"]).assert_success().stdout;
    assert!(text.contains("source       tag:Project:genomics"), "{text}");
    assert!(text.contains("made by      not by fsxlustre"), "{text}");
    let columns = text.lines().filter(|line| line.starts_with("  "));
    assert!(columns.clone().all(|line| line.chars().nth(14) == Some(' ')), "{text}");
    assert!(columns.clone().all(|line| line.chars().nth(15) != Some(' ')), "{text}");
}

#[test]
fn a_job_is_named_and_a_mount_that_went_away_is_missed() {
    let (sandbox, _) = genomics();
    sandbox.append_config(&format!(
        "[[jobs.mount]]\nsource = \"{SOURCE}\"\ndirectory = \"{DIRECTORY}\"\n"
    ));
    let start = sandbox.command(["fsxlustre", "job", "start"]);
    start
        .env("SLURM_JOB_ID", "17")
        .env("SLURM_CLUSTER_NAME", "prod")
        .env("SLURM_JOB_RESTART_COUNT", "0")
        .env("SLURMD_NODENAME", "node-1")
        .run()
        .assert_success();
    let shown = status(&sandbox);
    let one = of(&shown, DIRECTORY);
    assert_eq!(one["leases"], serde_json::json!(["prod_17_0_node-1"]));
    assert_eq!(one["record"]["made_by"]["job"], "prod_17_0_node-1");
    // Behind our back: no helper is called for the type that mountinfo shows.
    sandbox.run(["umount", "-i", DIRECTORY]).assert_success();
    let shown = status(&sandbox);
    assert_eq!(of(&shown, DIRECTORY)["state"], "gone", "{shown}");
}

#[test]
fn a_dead_mount_delays_nobody() {
    let (sandbox, _) = genomics();
    sandbox.run(["mount", "-t", "fsxlustre", SOURCE, DIRECTORY]).assert_success();
    for number in 0..4 {
        let made = sandbox.create_file_system(FileSystem::lustre());
        let directory = format!("/mnt/{number}");
        sandbox.run(["mkdir", &directory]).assert_success();
        sandbox.run(["mount", "-t", "fsxlustre", &made.id, &directory]).assert_success();
    }
    sandbox.client_fault("io-hang", true);
    let runs: Vec<Output> =
        (0..5).map(|_| sandbox.run(["fsxlustre", "status"]).assert_success()).collect();
    let fastest = runs.iter().map(|run| run.duration).min().unwrap();
    assert!(fastest < Duration::from_millis(200), "{fastest:?}");
    assert_eq!(runs[0].stdout.matches("  mounted\n").count(), 5, "{}", runs[0]);
    sandbox.client_fault("io-hang", false);
}

#[test]
fn a_file_that_sleeps_is_unknown_and_is_not_waited_for() {
    let (sandbox, made) = genomics();
    sandbox.run(["mount", "-t", "fsxlustre", SOURCE, DIRECTORY]).assert_success();
    // What nobody writes to puts its reader to sleep.
    let folder = format!("/mnt/proc/fs/lustre/osc/{}-OST0000-osc-ffff0001", made.mount_name);
    sandbox.run(["mkdir", "-p", &folder, "/mnt/proc/self", "/mnt/sys"]).assert_success();
    sandbox.run(["mkfifo", &format!("{folder}/ost_server_uuid")]).assert_success();
    sandbox.run(["cp", "/proc/self/mountinfo", "/mnt/proc/self/mountinfo"]).assert_success();
    let words =
        ["fsxlustre", "--path.procfs=/mnt/proc", "--path.sysfs=/mnt/sys", "status", "--json"];
    let shown = sandbox.run(words).assert_success();
    let json: Value = serde_json::from_str(&shown.stdout).unwrap();
    let imports = &of(&json, DIRECTORY)["imports"];
    assert_eq!(imports["counts"]["osc"]["unknown"], 1, "{shown}");
    assert_eq!(imports["unknown"], "not every file answered within 100 ms");
    assert!(shown.duration < Duration::from_secs(1), "{shown}");
    let left = "sleep 0.2; grep -l fsxlustre-import[s] /proc/[0-9]*/cmdline";
    let left = sandbox.run(["sh", "-c", left]);
    assert_eq!(left.stdout, "", "the child that slept was ended: {left}");
}

#[test]
fn a_mount_that_is_stuck_in_the_kernel_is_named() {
    let (sandbox, made) = genomics();
    let fault = format!("mount-stuck:{}", made.mount_name);
    sandbox.client_fault(&fault, true);
    let late = sandbox.run(["fsxlustre", "mount", "-o", "timeout=2,retry=0", SOURCE, DIRECTORY]);
    assert_eq!(late.code(), Some(32), "{late}");
    let shown = status(&sandbox);
    let one = of(&shown, DIRECTORY);
    assert_eq!(one["state"], "begun", "{shown}");
    assert!(one["stuck_pid"].is_u64(), "{shown}");
    let text = sandbox.run(["fsxlustre", "status"]).assert_success().stdout;
    assert!(text.contains("waits in the kernel"), "{text}");
    sandbox.client_fault(&fault, false);
}

#[test]
fn the_last_failure_is_repeated() {
    let (sandbox, _) = genomics();
    // As mount.fsxlustre keeps it.
    sandbox.write_file(
        "/run/fsxlustre/failures/-mnt-genomics.json",
        r#"{"format":1,"directory":"/mnt/genomics","at_unix_seconds":1,"failure":{
            "code":"FSXL-A201","class":"user-can-fix","what":"no file system\u001b[31m","asked":"a",
            "because":"b","do":"tag it"}}"#,
    );
    sandbox.write_file("/run/fsxlustre/failures/torn.json", "{");
    let shown = status(&sandbox);
    let one = of(&shown, DIRECTORY);
    assert_eq!(
        (&one["state"], &one["last_failure"]["code"]),
        (&"failed".into(), &"FSXL-A201".into())
    );
    assert!(shown["troubles"][0].as_str().unwrap().contains("torn.json"), "{shown}");
    let text = sandbox.run(["fsxlustre", "status"]).assert_success().stdout;
    assert!(text.contains("NOT MOUNTED: the last mount failed"), "{text}");
    assert!(text.contains("[FSXL-A201]") && text.contains("tag it"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
}

#[test]
fn mount_by_a_person_is_the_helpers_with_its_exit_codes() {
    let (sandbox, made) = genomics();
    let mount = |words: &[&str]| sandbox.run(["fsxlustre", "mount"].iter().chain(words));
    let planned = mount(&["--dry-run", SOURCE, DIRECTORY]).assert_success();
    assert!(planned.stdout.contains("would be mounted on /mnt/genomics"), "{planned}");
    let first = mount(&["-v", SOURCE, DIRECTORY, "-o", "relatime"]).assert_success();
    assert!(first.stdout.contains("mounted on /mnt/genomics with relatime,flock"), "{first}");
    assert_eq!(of(&status(&sandbox), DIRECTORY)["record"]["made_by"], "person");
    let again = mount(&["-v", &made.id, "/mnt/./genomics/"]).assert_success();
    assert!(again.stdout.contains("is mounted already"), "{again}");
    assert_eq!(mount(&[&made.id, DIRECTORY]).assert_success().stdout, "");
    for (words, code, text) in [
        (["Project=genomics", DIRECTORY], 1, "FSXL-C201"),
        ([&made.id, "/mnt/none"], 32, "FSXL-M101"),
        (["tag:Project:other", "/mnt"], 32, "FSXL-A201"),
        ([&made.id, "/mnt/../mnt"], 1, "FSXL-C101"),
    ] {
        let failed = mount(&words);
        assert_eq!(failed.code(), Some(code), "{failed}");
        assert!(failed.stderr.contains(text), "{failed}");
    }
    let option = mount(&[&made.id, DIRECTORY, "-o", "flok"]);
    assert_eq!(option.code(), Some(1), "{option}");
    let words = AS_NOBODY.into_iter().chain(["fsxlustre", "mount", SOURCE, DIRECTORY]);
    let user = sandbox.run(words);
    assert_eq!((user.code(), user.stderr.contains("FSXL-C102")), (Some(1), true), "{user}");
}

#[test]
fn a_code_is_explained() {
    let sandbox = Sandbox::start();
    sandbox.write_file("/etc/fsxlustre/fsxlustre.toml", "broken");
    let one = sandbox.run(["fsxlustre", "explain", "N202"]).assert_success();
    assert!(one.stdout.contains("FSXL-N202") && one.stdout.contains("may-pass"), "{one}");
    let unknown = sandbox.run(["fsxlustre", "explain", "FSXL-N209"]);
    assert_eq!(unknown.code(), Some(2), "{unknown}");
    assert!(unknown.stderr.contains("FSXL-N202"), "{unknown}");
}

/// Takes datagrams at journald's socket, and prints each.
const JOURNAL: &str = r#"
import os, socket
os.makedirs("/run/systemd/journal", exist_ok=True)
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("/run/systemd/journal/socket")
print("ready", flush=True)
while True:
    print(s.recv(1 << 18).decode("utf-8", "replace"), flush=True)
"#;

fn wait_for(running: &Running, text: &str) {
    let started = Instant::now();
    while !running.stdout().contains(text) {
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "{}{}",
            running.stdout(),
            running.stderr()
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn what_is_done_and_what_fails_goes_to_the_journal() {
    let (sandbox, _) = genomics();
    let journal = sandbox.command(["/usr/bin/env", "python3", "-c", JOURNAL]).spawn();
    wait_for(&journal, "ready");
    sandbox.run(["fsxlustre", "mount", "tag:Project:none", DIRECTORY]);
    wait_for(&journal, "FSXLUSTRE_CODE=FSXL-A201");
    for text in ["SYSLOG_IDENTIFIER=fsxlustre", "PRIORITY=3", "FSXLUSTRE_DIRECTORY=/mnt/genomics"] {
        assert!(journal.stdout().contains(text), "{}", journal.stdout());
    }
    sandbox.run(["fsxlustre", "mount", SOURCE, DIRECTORY]).assert_success();
    wait_for(&journal, "PRIORITY=6");
    // A question is not told to the journal.
    let before = journal.stdout();
    sandbox.run(["fsxlustre", "resolve", "tag:Project:none"]);
    sandbox.run(["fsxlustre", "status"]).assert_success();
    assert_eq!(journal.stdout(), before);
}

#[test]
fn the_examples_of_the_man_pages_work() {
    for page in ["mount.fsxlustre.8", "umount.fsxlustre.8", "fsxlustre.1"] {
        let path = format!("{}/../packaging/man/{page}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap().replace("\\-", "-");
        let (sandbox, made) = genomics();
        let _servers = sandbox.answering_servers();
        sandbox.write_file("/etc/fstab", "");
        let examples: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("# ")).collect();
        assert!(examples.len() >= 2, "{page}");
        for example in examples {
            let line = example.replace("fs-0123456789abcdef0", &made.id);
            let done = sandbox.run(["sh", "-c", &line]);
            // A plan that has something to do says so by 3.
            let is_plan = line.contains(" plan ") && done.code() == Some(3);
            assert!(is_plan || done.code() == Some(0), "{done}");
        }
    }
}

#[test]
fn tags_that_have_come_to_name_another_file_system_are_told() {
    let sandbox = Sandbox::start();
    let old = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.run(["mkdir", "/mnt/genomics"]).assert_success();
    let source = "tag:Project:genomics";
    sandbox.run(["mount", "-t", "fsxlustre", source, "/mnt/genomics"]).assert_success();
    let same = sandbox.run(["fsxlustre", "status"]).assert_success();
    assert!(!same.stdout.contains("  tags "), "{same}");
    sandbox.set_file_system(&old.id, &serde_json::json!({"Lifecycle": "DELETING"}));
    let new = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.run(["fsxlustre", "resolve", source]).assert_success();
    let told = sandbox.run(["fsxlustre", "status"]).assert_success();
    assert!(told.stdout.contains(&format!("named {} when AWS was asked", new.id)), "{told}");
    let json = sandbox.run(["fsxlustre", "status", "--json"]).assert_success();
    assert!(json.stdout.contains("resolves_elsewhere"), "{json}");
}

#[test]
fn a_mount_that_really_failed_is_told_until_one_succeeds() {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre());
    sandbox.run(["mkdir", "/mnt/x"]).assert_success();
    let wrong = format!("{}@tcp:/wrongfs", made.dns_name);
    assert!(!sandbox.run(["mount", "-t", "fsxlustre", &wrong, "/mnt/x"]).is_success());
    let failed = sandbox.run(["fsxlustre", "status"]).assert_success();
    assert!(failed.stdout.contains("NOT MOUNTED: the last mount failed"), "{failed}");
    assert!(failed.stdout.contains("[FSXL-M201]"), "{failed}");
    sandbox.run(["mount", "-t", "fsxlustre", &made.id, "/mnt/x"]).assert_success();
    let mounted = sandbox.run(["fsxlustre", "status"]).assert_success();
    assert!(!mounted.stdout.contains("FSXL-M201"), "{mounted}");
    // Also what fails before anything is looked at, from mount(8) and from a shell.
    let typo = |words: &[&str]| {
        sandbox.run(["umount", "/mnt/x"]);
        assert!(!sandbox.run(words).is_success());
        let told = sandbox.run(["fsxlustre", "status"]).assert_success();
        assert!(told.stdout.contains("[FSXL-C211]"), "{told}");
        sandbox.run(["mount", "-t", "fsxlustre", &made.id, "/mnt/x"]).assert_success();
    };
    typo(&["mount", "-t", "fsxlustre", "-o", "flok", &made.id, "/mnt/x"]);
    typo(&["fsxlustre", "mount", "-o", "flok", &made.id, "/mnt/x"]);
}
