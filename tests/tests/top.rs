//! `fsxlustre top` by the real program, on a real terminal (script(1) makes it) and without one.

use fsxlustre_tests::{FileSystem, Running, Sandbox};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const DIRECTORY: &str = "/mnt/genomics";
const LEAVES: &str = "\u{1b}[?1049l";
const SHOWS_CURSOR: &str = "\u{1b}[?25h";

#[track_caller]
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn mounted() -> (Sandbox, FileSystem) {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre());
    sandbox.run(["mkdir", "-p", DIRECTORY]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", &made.id, DIRECTORY]).assert_success();
    (sandbox, made)
}

/// A terminal of this size in which the live screen runs. Keys come from a FIFO, and the terminal's
/// settings are compared before and after.
fn terminal(sandbox: &Sandbox, size: &str, environment: &str) -> Running {
    sandbox.write_program(
        "/run/live",
        &format!(
            "#!/bin/sh\nstty {size}\nstty -g >/run/before\n\
             sh -c 'echo $$ >/run/pid; exec env {environment} fsxlustre top --seconds=1'\n\
             echo \"ENDED $?\"\nstty -g >/run/after\n"
        ),
    );
    sandbox.remove("/run/keys");
    sandbox.run(["mkfifo", "/run/keys"]).assert_success();
    sandbox.spawn(["sh", "-c", "exec 3<>/run/keys; exec script -qfec /run/live /dev/null <&3"])
}

fn press(sandbox: &Sandbox, keys: &str) {
    sandbox.run(["sh", "-c", "printf %s \"$1\" >/run/keys", "sh", keys]).assert_success();
}

/// Waits for a word. It must be one word: of what is on the screen already nothing is drawn again, of
/// an empty screen not even the blanks. Control and L has all of it drawn anew.
#[track_caller]
fn until_shown(running: &Running, words: &str) {
    until(words, || running.stdout().contains(words));
}

/// The terminal is as it was, and the program ended so.
#[track_caller]
fn assert_ended(sandbox: &Sandbox, mut running: Running, status: u8) {
    let output = running.wait(Duration::from_secs(20)).expect("it ends");
    let shown = &output.stdout;
    let end = shown.find(&format!("ENDED {status}")).unwrap_or_else(|| panic!("{shown}"));
    let leaves = shown.rfind(LEAVES).expect("it leaves the screen of its own");
    let shows = shown.rfind(SHOWS_CURSOR).expect("it shows the cursor");
    assert!(leaves < end && shows < end, "{shown:?}");
    sandbox.run(["cmp", "/run/before", "/run/after"]).assert_success();
}

#[test]
fn keys_turn_pages_and_end_it_and_the_terminal_is_as_it_was() {
    let (sandbox, made) = mounted();
    let running = terminal(&sandbox, "rows 24 cols 120", "X=1");
    until_shown(&running, DIRECTORY);
    until_shown(&running, &made.mount_name);
    until_shown(&running, "META");
    press(&sandbox, "o\u{c}");
    until_shown(&running, "OST0003");
    press(&sandbox, "i\u{c}");
    until_shown(&running, &made.nid);
    press(&sandbox, "?\u{c}");
    until_shown(&running, "scroll;");
    press(&sandbox, "x");
    press(&sandbox, "p");
    until_shown(&running, "PAUSED");
    press(&sandbox, "q");
    assert_ended(&sandbox, running, 0);
}

#[test]
fn signals_and_control_c_restore_the_terminal() {
    let (sandbox, _) = mounted();
    for (signal, status) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
        let running = terminal(&sandbox, "rows 24 cols 80", "X=1");
        until_shown(&running, "pause");
        sandbox.run(["sh", "-c", &format!("kill -{signal} $(cat /run/pid)")]).assert_success();
        assert_ended(&sandbox, running, status);
    }
    let running = terminal(&sandbox, "rows 24 cols 80", "X=1");
    until_shown(&running, "pause");
    press(&sandbox, "\u{3}");
    assert_ended(&sandbox, running, 0);
}

#[test]
fn a_terminal_that_goes_away_ends_it() {
    let (sandbox, _) = mounted();
    let running = terminal(&sandbox, "rows 24 cols 80", "X=1");
    until_shown(&running, "pause");
    let pid = sandbox.read_file("/run/pid");
    drop(running);
    sandbox.run(["sh", "-c", "pkill -KILL -x script; true"]);
    until("it ends with its terminal", || !sandbox.run(["kill", "-0", pid.trim()]).is_success());
}

#[test]
fn a_narrow_terminal_and_one_without_colours() {
    let (sandbox, made) = mounted();
    let running = terminal(&sandbox, "rows 6 cols 22", "X=1");
    until_shown(&running, &made.mount_name);
    press(&sandbox, "oi?qq");
    assert_ended(&sandbox, running, 0);

    let colour = "\u{1b}[38;5;";
    for (environment, has_colour) in [("X=1", true), ("NO_COLOR=1", false)] {
        let running = terminal(&sandbox, "rows 24 cols 120", environment);
        let writing = format!(
            "while :; do dd if=/dev/zero of={DIRECTORY}/f bs=64k count=8 2>/dev/null; sleep 0.1; done"
        );
        let _work = sandbox.spawn(["sh", "-c", &writing]);
        until_shown(&running, "█");
        press(&sandbox, "q");
        let shown = running.stdout();
        assert_ended(&sandbox, running, 0);
        assert_eq!(shown.contains(colour), has_colour, "{shown:?}");
    }
}

#[test]
fn a_dead_mount_leaves_the_keys_working_and_no_child_behind() {
    let (sandbox, made) = mounted();
    sandbox.client_fault("io-hang", true);
    let running = terminal(&sandbox, "rows 24 cols 120", "X=1");
    until_shown(&running, &made.mount_name);
    until_shown(&running, "(does");
    press(&sandbox, "q");
    assert_ended(&sandbox, running, 0);
    sandbox.client_fault("io-hang", false);
    until("its children end", || {
        sandbox
            .run(["sh", "-c", "grep -l fsxlustre-prob[e] /proc/[0-9]*/cmdline"])
            .stdout
            .is_empty()
    });
}

#[test]
fn without_a_terminal_it_says_how_to_be_asked() {
    let sandbox = Sandbox::start();
    let refused = sandbox.run(["fsxlustre", "top"]);
    assert_eq!(refused.code(), Some(2), "{refused}");
    assert!(
        refused.stderr.contains("[FSXL-E201]") && refused.stderr.contains("--once"),
        "{refused}"
    );
    assert_eq!(sandbox.run(["fsxlustre", "top", "--json"]).code(), Some(2));
    let shown = sandbox.run(["fsxlustre", "top", "--once", "--seconds=1"]).assert_success();
    assert_eq!(shown.stdout, "no Lustre file system is mounted here\n");
}

/// The names of an object, sorted.
fn names(value: &Value) -> Vec<&str> {
    let mut names: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[test]
fn once_tells_rates_of_mounts_targets_and_jobs_in_a_stable_form() {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.append_config(&format!(
        "\n[[jobs.mount]]\nsource = \"tag:Project:genomics\"\ndirectory = \"{DIRECTORY}\"\n"
    ));
    sandbox
        .command(["fsxlustre", "job", "start"])
        .env("SLURM_JOB_ID", "17")
        .env("SLURM_CLUSTER_NAME", "prod")
        .env("SLURMD_NODENAME", "node-1")
        .run()
        .assert_success();
    let writing = format!(
        "while :; do dd if=/dev/zero of={DIRECTORY}/f bs=64k count=8 2>/dev/null; sleep 0.1; done"
    );
    let _work = sandbox.spawn(["sh", "-c", &writing]);
    let words = ["fsxlustre", "top", "--once", "--json", "--seconds=2"];
    let shown = sandbox.run(words).assert_success();
    let view: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(view["format"], 1);
    assert_eq!(
        names(&view),
        ["file_systems", "format", "jobs", "seconds", "targets", "unix_seconds"]
    );
    let fs = &view["file_systems"][0];
    assert_eq!((&fs["fs"], &fs["file_system_id"]), (&json!(made.mount_name), &json!(made.id)));
    assert_eq!((&fs["directories"], &fs["answers"]), (&json!([DIRECTORY]), &json!(true)));
    assert_eq!(
        names(fs),
        [
            "answers",
            "connections_down",
            "connections_up",
            "directories",
            "dirty_bytes",
            "file_system_id",
            "fs",
            "in_flight",
            "metadata_seconds",
            "operations_per_second",
            "read_bytes_per_second",
            "read_seconds",
            "write_bytes_per_second",
            "write_seconds",
        ]
    );
    assert!(fs["write_bytes_per_second"].as_f64().unwrap() > 0.0, "{fs}");
    assert!(fs["operations_per_second"].as_f64().unwrap() > 0.0, "{fs}");
    let targets = view["targets"].as_array().unwrap();
    assert_eq!(targets.len(), 5, "{view}");
    assert_eq!(
        names(&targets[0]),
        [
            "dirty_bytes",
            "fs",
            "grant_bytes",
            "in_flight",
            "is_up",
            "nid",
            "read_bytes_per_second",
            "request_seconds",
            "requests_per_second",
            "state",
            "target",
            "write_bytes_per_second",
        ]
    );
    let moved: f64 =
        targets.iter().map(|one| one["write_bytes_per_second"].as_f64().unwrap()).sum();
    assert!(moved > 0.0 && targets.iter().any(|one| one["request_seconds"].is_f64()), "{view}");
    let job = &view["jobs"][0];
    assert_eq!((&job["job"], &job["is_shared"]), (&json!("17"), &json!(false)));
    assert!(job["write_bytes"].as_u64().unwrap() > 0, "{job}");
    assert!(job["write_bytes_per_second"].as_f64().unwrap() > 0.0, "{job}");
    assert_eq!(
        names(job),
        [
            "fs",
            "is_shared",
            "job",
            "operations_per_second",
            "read_bytes",
            "read_bytes_per_second",
            "write_bytes",
            "write_bytes_per_second",
        ]
    );

    let text = sandbox.run(["fsxlustre", "top", "--once", "--seconds=1"]).assert_success().stdout;
    for heading in [["FS", "READ/s"], ["TARGET", "READ/s"], ["TARGET", "STATE"], ["JOB", "READ/s"]]
    {
        let is_it = |line: &str| line.split_whitespace().take(2).eq(heading);
        assert!(text.lines().any(is_it), "{heading:?}: {text}");
    }
    assert!(!text.contains('\u{1b}'), "{text}");
}
