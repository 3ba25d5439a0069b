//! The service with its children: nothing is done between scrapes, no file of debugfs stays open,
//! and all of them end with the service.

#![expect(clippy::expect_used, reason = "a test says with it what it relies on")]

mod metrics_tree;

use metrics_tree::Tree;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

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

/// The threads of a process.
fn threads(pid: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).expect("it runs");
    let names = tasks.map(|task| task.expect("a thread").file_name());
    names.filter_map(|name| name.to_str()?.parse().ok()).collect()
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

/// The service on a copy of a client's files.
struct Service {
    tree: Tree,
    process: Child,
    /// Kept open, as Prometheus keeps it.
    connection: BufReader<TcpStream>,
}

impl Service {
    /// Starts it, and scrapes it once.
    fn scraped() -> Self {
        let tree = Tree::of("lustre-2.15.8");
        let flag =
            |name: &str, path: &str| format!("--path.{name}={}", tree.root.join(path).display());
        let mut process = Command::new(env!("CARGO_BIN_EXE_fsxlustre"))
            .args(["serve", "--web.listen-address=127.0.0.1:0"])
            .args([flag("procfs", "proc"), flag("sysfs", "sys"), flag("rootfs", ".")])
            .stderr(Stdio::piped())
            .spawn()
            .expect("the service");
        let mut log = BufReader::new(process.stderr.take().expect("a pipe"));
        let mut line = String::new();
        log.read_line(&mut line).expect("a line");
        let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next());
        let connection = TcpStream::connect(address.expect(&line)).expect("connect");
        let mut service = Self { tree, process, connection: BufReader::new(connection) };
        service.scrape();
        service
    }

    fn scrape(&mut self) {
        let request = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
        self.connection.get_mut().write_all(request).expect("send");
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.connection.read_line(&mut line).expect("a line of the head");
            if let Some(number) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
                length = number.trim().parse().expect("a number");
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        self.connection.read_exact(&mut body).expect("receive");
        let text = String::from_utf8(body).expect("UTF-8");
        assert!(text.contains("lustre_client_import_up"), "{text}");
    }

    /// The service and its children.
    fn processes(&self) -> Vec<u32> {
        let pid = self.process.id();
        let all = [vec![pid], children(pid)].concat();
        assert_eq!(all.len(), 2, "one child for the one client");
        all
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64()
}

/// `PID TIME CALL` of `strace -ttt`.
fn time_of(line: &str) -> f64 {
    let time = line.split_whitespace().nth(1).and_then(|time| time.parse().ok());
    time.expect(line)
}

#[test]
fn no_thread_makes_a_system_call_between_scrapes() {
    let seconds =
        std::env::var("FSXLUSTRE_IDLE_SECONDS").map_or(60, |n| n.parse().expect("a number"));
    let mut service = Service::scraped();
    let all = service.processes();
    let trace = service.tree.root.join("trace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-ttt", "-o"]).arg(&trace).stderr(Stdio::null());
    for pid in &all {
        strace.args(["-p", &pid.to_string()]);
    }
    let mut strace = strace.spawn().expect("strace is installed (tests/prepare test)");
    // What it attaches to wakes up, and goes back to where it waited.
    std::thread::sleep(Duration::from_secs(2));
    let begun = now();
    std::thread::sleep(Duration::from_secs(seconds));
    let ended = now();
    service.scrape();
    let pid = nix::unistd::Pid::from_raw(i32::try_from(strace.id()).expect("an id"));
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).expect("told");
    strace.wait().expect("an end");
    let text = std::fs::read_to_string(&trace).expect("a trace");
    let count = all.iter().map(|pid| threads(*pid).len()).sum::<usize>();
    let between: Vec<_> =
        text.lines().filter(|line| (begun..ended).contains(&time_of(line))).collect();
    println!("{seconds} s, {} processes, {count} threads: {between:?}", all.len());
    assert_eq!(between, Vec::<&str>::new(), "of\n{text}");
    let is_of =
        |line: &str, thread: u32| line.split_whitespace().next() == Some(&thread.to_string());
    for pid in &all {
        let threads = threads(*pid);
        for thread in &threads {
            assert!(
                text.lines().any(|line| is_of(line, *thread)),
                "{thread} was not traced:\n{text}"
            );
        }
        let woke =
            |line: &str| threads.iter().any(|one| is_of(line, *one)) && time_of(line) >= ended;
        assert!(text.lines().any(woke), "{pid} has no part in a scrape:\n{text}");
    }
}

#[test]
fn nothing_wakes_between_scrapes_and_nothing_outlives_the_service() {
    let mut service = Service::scraped();
    std::thread::sleep(Duration::from_secs(1));
    let all = service.processes();
    let before: Vec<_> = all.iter().map(|pid| switches(*pid)).collect();
    std::thread::sleep(Duration::from_secs(3));
    let after: Vec<_> = all.iter().map(|pid| switches(*pid)).collect();
    assert_eq!(before, after, "somebody woke up");
    let debugfs = service.tree.root.join("sys/kernel/debug");
    for pid in &all {
        assert!(!open_files(*pid).iter().any(|file| file.starts_with(&debugfs)), "{pid}");
    }
    let root = Path::new("/proc").join(all[1].to_string()).join("cwd").read_link();
    assert_eq!(root.expect("it runs"), Path::new("/"), "it keeps no mount busy");
    let pid = nix::unistd::Pid::from_raw(i32::try_from(all[0]).expect("an id"));
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("told");
    assert!(service.process.wait().expect("an end").success());
    let has_ended = || !Path::new("/proc").join(all[1].to_string()).join("fd/0").exists();
    let mut waits = 0..50;
    while !has_ended() {
        assert!(waits.next().is_some(), "the child outlives the service");
        std::thread::sleep(Duration::from_millis(100));
    }
}
