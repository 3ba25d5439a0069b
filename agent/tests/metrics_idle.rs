//! The service with its children: nothing is done between scrapes, no file of debugfs stays open,
//! and all of them end with the service.

#![expect(clippy::expect_used, reason = "a test says with it what it relies on")]

mod metrics_tree;

use metrics_tree::Tree;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// How often the threads of a process were put on and off a processor.
fn switches(pid: u32) -> Vec<String> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).expect("it runs");
    let lines = tasks.flat_map(|task| {
        let path = task.expect("a thread").path().join("status");
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.lines()
            .filter(|line| line.contains("ctxt_switches"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    });
    lines.collect()
}

/// The children of all threads of a process.
fn children(pid: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).expect("it runs");
    let all = tasks.flat_map(|task| {
        let path = task.expect("a thread").path().join("children");
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.split_whitespace().map(|pid| pid.parse().expect("a number")).collect::<Vec<u32>>()
    });
    all.collect()
}

fn open_files(pid: u32) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("it runs");
    entries.filter_map(|entry| entry.ok()?.path().read_link().ok()).collect()
}

#[test]
fn nothing_is_done_between_scrapes_and_nothing_outlives_the_service() {
    let tree = Tree::of("lustre-2.15.8");
    let flag = |name: &str, path: &str| format!("--path.{name}={}", tree.root.join(path).display());
    let mut service = Command::new(env!("CARGO_BIN_EXE_fsxlustre"))
        .args(["serve", "--web.listen-address=127.0.0.1:0"])
        .args([flag("procfs", "proc"), flag("sysfs", "sys"), flag("rootfs", ".")])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the service");
    let mut log = BufReader::new(service.stderr.take().expect("a pipe"));
    let mut line = String::new();
    log.read_line(&mut line).expect("a line");
    let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next());
    let mut stream = TcpStream::connect(address.expect(&line)).expect("connect");
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").expect("send");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("receive");
    assert!(answer.contains("lustre_client_import_up"), "{answer}");
    std::thread::sleep(Duration::from_secs(1));
    let pid = service.id();
    let all: Vec<u32> = [vec![pid], children(pid)].concat();
    assert_eq!(all.len(), 2, "one child for the one file system");
    let before: Vec<_> = all.iter().map(|pid| switches(*pid)).collect();
    std::thread::sleep(Duration::from_secs(3));
    let after: Vec<_> = all.iter().map(|pid| switches(*pid)).collect();
    assert_eq!(before, after, "somebody woke up");
    let debugfs = tree.root.join("sys/kernel/debug");
    for pid in &all {
        assert!(!open_files(*pid).iter().any(|file| file.starts_with(&debugfs)), "{pid}");
    }
    let root = Path::new("/proc").join(all[1].to_string()).join("cwd").read_link();
    assert_eq!(root.expect("it runs"), Path::new("/"), "it keeps no mount busy");
    let pid = nix::unistd::Pid::from_raw(i32::try_from(pid).expect("an id"));
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("told");
    assert!(service.wait().expect("an end").success());
    let has_ended = || !Path::new("/proc").join(all[1].to_string()).join("fd/0").exists();
    let mut waits = 0..50;
    while !has_ended() {
        assert!(waits.next().is_some(), "the child outlives the service");
        std::thread::sleep(Duration::from_millis(100));
    }
}
