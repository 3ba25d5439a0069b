//! A machine of its own for each test: namespaces for mounts and processes, a tmpfs on /run, a stand-in root there.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const STANDIN: &str = env!("CARGO_BIN_EXE_standin-client");
const INSIDE: &str = "STANDIN_SANDBOX";
const LONGEST_TEST: Duration = Duration::from_secs(60);

pub const ROOT: &str = "/run/standin";
/// Where captures say `/fsx`.
pub const MOUNT_POINT: &str = "/run/fsx";
pub const SOURCE: &str = "192.168.77.10@tcp:/p7lsxbev";
/// The host name in the captures, which the sandbox resolves.
pub const HOST_NAME: &str = "fs-0123456789abcdef0.fsx.us-east-1.amazonaws.com";

/// Runs `body` in a sandbox: the test calls itself again below `unshare`, whose end ends every process inside, and so
/// frees whoever hangs in a mount.
pub fn sandboxed(test: &str, body: fn()) {
    if std::env::var_os(INSIDE).is_some() {
        prepare();
        return body();
    }
    assert!(nix::unistd::geteuid().is_root(), "this test mounts file systems: run it as root");
    assert!(fs::metadata("/dev/fuse").is_ok(), "this test needs /dev/fuse (modprobe fuse)");
    let mut child = Command::new("unshare")
        .args([
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "--propagation",
            "private",
        ])
        .arg(std::env::current_exe().expect("a test knows its own path"))
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .stdin(Stdio::null())
        .spawn()
        .expect("unshare (util-linux) is installed");
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("our own child can be waited for") {
            break status;
        }
        if begun.elapsed() > LONGEST_TEST {
            child.kill().expect("our own child can be killed");
            panic!("{test} took longer than {LONGEST_TEST:?}");
        }
        sleep(Duration::from_millis(5));
    };
    assert!(status.success(), "{test} failed in its sandbox: see above");
}

fn prepare() {
    shell("mount -t tmpfs tmpfs /run && mkdir /run/fsx /run/mnt2 && touch /run/afile");
    shell(&format!(
        "echo '192.168.77.10 {HOST_NAME}' > /run/hosts && mount --bind /run/hosts /etc/hosts"
    ));
    shell("touch /run/resolv.conf && mount --bind /run/resolv.conf /etc/resolv.conf");
    control("install", &[]);
    control("filesystem", &["add", "p7lsxbev", "--nid", "192.168.77.10@tcp", "--pool", "p1=0,1"]);
}

/// What a program said and how it ended.
#[derive(Debug)]
pub struct Said {
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
}

fn run(mut command: Command) -> Said {
    let output = command.stdin(Stdio::null()).output().expect("the program starts");
    Said {
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
        code: output.status.code().expect("an exit status"),
    }
}

/// Runs the control program; it must succeed.
pub fn control(command: &str, args: &[&str]) {
    let mut standin = Command::new(STANDIN);
    standin.args([command, ROOT]).args(args);
    let said = run(standin);
    assert_eq!(said.code, 0, "standin-client {command} {args:?}: {said:?}");
}

/// Runs one of the stand-in programs by its absolute path.
pub fn program(name: &str, args: &[&str]) -> Said {
    let mut command = Command::new(path_of(name));
    command.args(args);
    run(command)
}

pub fn path_of(name: &str) -> PathBuf {
    let directory = if name == "lfs" { "usr/bin" } else { "usr/sbin" };
    PathBuf::from(ROOT).join(directory).join(name)
}

/// Runs a line of shell; it must succeed. Answers its standard output.
pub fn shell(line: &str) -> String {
    let mut command = Command::new("bash");
    command.args(["-c", line]);
    let said = run(command);
    assert_eq!(said.code, 0, "{line}: {said:?}");
    said.stdout
}

/// Mounts the file system of the captures.
pub fn mount() {
    let said = program("mount.lustre", &[SOURCE, MOUNT_POINT, "-o", "rw,noatime,flock"]);
    assert_eq!(said.code, 0, "{said:?}");
}

/// Runs a line of shell, however it ends.
pub fn bash(line: &str) -> Said {
    let mut command = Command::new("bash");
    command.args(["-c", line]);
    run(command)
}

/// Waits for something that happens soon.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(10), "{what} did not happen");
        sleep(Duration::from_millis(2));
    }
}
