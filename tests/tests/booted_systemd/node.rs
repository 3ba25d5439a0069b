//! A container with a booted systemd, the real programs and the stand-in Lustre client.
//!
//! `tests/nspawn/boot` makes it; everything it changes stays in memory, and it is gone when its owner is.

use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fsxlustre_tests::line::read_line;
use fsxlustre_tests::stage::{built_program, built_stage, stage};
use nix::sys::memfd::{MFdFlags, memfd_create};

/// The name of this stage.
const STAGE: &str = "nspawn";
/// How long booting, and a command, may take.
const DEADLINE: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The stand-in client's root.
const STANDIN: &str = "/run/standin";

/// The programs, and where an installation puts them.
const PROGRAMS: [(&str, &str); 3] = [
    ("fsxlustre", "/usr/bin/fsxlustre"),
    ("mount-fsxlustre", "/usr/sbin/mount.fsxlustre"),
    ("umount-fsxlustre", "/usr/sbin/umount.fsxlustre"),
];

/// What is written below the container's root before it boots.
const PREPARE: &str = include_str!("prepare.sh");

/// A booted container.
#[derive(Debug)]
pub struct Node {
    keeper: Child,
    /// Closing it ends the container.
    lifeline: Option<ChildStdin>,
    init: String,
}

impl Node {
    /// Boots with this /etc/fstab and waits until systemd has done all that it starts with.
    #[track_caller]
    pub fn boot(fstab: &str) -> Self {
        Self::boot_with(fstab, "")
    }

    /// The same, after these lines of bash, which run in the container's root before it boots.
    #[track_caller]
    pub fn boot_with(fstab: &str, prepare: &str) -> Self {
        let programs = PROGRAMS.map(|(name, to)| (built_program(name), to));
        Self::boot_of(&programs, fstab, prepare)
    }

    /// The same with these files of the host and none of our programs, but for the stand-in client.
    #[track_caller]
    pub fn boot_of(files: &[(PathBuf, &str)], fstab: &str, prepare: &str) -> Self {
        assert!(nix::unistd::geteuid().is_root(), "this test boots a container: run it as root");
        assert!(Path::new("/dev/fuse").exists(), "this test needs /dev/fuse (modprobe fuse)");
        let client = (built_program("standin-client"), "/usr/local/bin/standin-client");
        let bind = |(from, to): &(PathBuf, &str)| format!("--bind-ro={}:{to}", from.display());
        let mut keeper = Command::new(stage(STAGE).join("boot"))
            .arg(built_stage(STAGE))
            .args(files.iter().chain([&client]).map(bind))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tests/nspawn/boot starts");
        let mut lifeline = keeper.stdin.take().expect("it is piped");
        let script = format!("{PREPARE}\ncat >etc/fstab <<'END'\n{fstab}\nEND\n{prepare}\0");
        let sent = lifeline.write_all(script.as_bytes());
        let mut stdout = keeper.stdout.take().expect("it is piped");
        let init = sent.and_then(|()| read_line(&mut stdout, DEADLINE)).unwrap_or_default();
        let node = Self { keeper, lifeline: Some(lifeline), init };
        assert!(
            !node.init.is_empty(),
            "the container did not boot; tests/nspawn/boot says why above"
        );
        node.run("systemctl is-system-running --wait");
        node
    }

    /// Runs a line of bash to its end.
    #[track_caller]
    pub fn run(&self, script: &str) -> Said {
        let (mut out, mut err) = (memory_file(), memory_file());
        let begun = Instant::now();
        let mut child = Command::new("nsenter")
            .args(["--target", &self.init, "--all", "--", "bash", "-c", script])
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .stdin(Stdio::null())
            .stdout(out.try_clone().expect("a descriptor"))
            .stderr(err.try_clone().expect("a descriptor"))
            .spawn()
            .expect("nsenter (util-linux) is installed");
        let Some(status) = wait(&mut child, DEADLINE) else {
            // What is stuck in the kernel is freed by the container's end.
            let _ = child.kill();
            panic!(
                "`{script}` took longer than {DEADLINE:?}\n{}{}",
                text(&mut out),
                text(&mut err)
            );
        };
        Said {
            shown: script.to_owned(),
            code: status.code(),
            stdout: text(&mut out),
            stderr: text(&mut err),
            duration: begun.elapsed(),
        }
    }

    /// Runs a line of bash that must succeed, and answers what it printed, without the last line end.
    #[track_caller]
    pub fn ask(&self, script: &str) -> String {
        self.run(script).assert_success().stdout.trim_end().to_owned()
    }

    /// The state of a unit: `active`, `inactive`, `failed`, …
    #[track_caller]
    pub fn state(&self, unit: &str) -> String {
        self.property(unit, "ActiveState")
    }

    /// A property of a unit, as `systemctl show` prints it.
    #[track_caller]
    pub fn property(&self, unit: &str, name: &str) -> String {
        self.ask(&format!("systemctl show --value --property {name} {unit}"))
    }

    /// Waits until a unit is in this state.
    #[track_caller]
    pub fn wait_for(&self, unit: &str, state: &str, deadline: Duration) {
        let begun = Instant::now();
        while self.state(unit) != state {
            assert!(
                begun.elapsed() < deadline,
                "{unit} is not {state} after {deadline:?}:\n{}",
                self.run(&format!("systemctl status --no-pager {unit}; journalctl -b --no-pager"))
            );
            sleep(Duration::from_millis(20));
        }
    }

    /// Waits for something that happens soon.
    #[track_caller]
    pub fn wait_until(&self, what: &str, holds: impl Fn() -> bool) {
        let begun = Instant::now();
        while !holds() {
            assert!(begun.elapsed() < DEADLINE, "{what} did not come true");
            sleep(LOOK_EVERY);
        }
    }

    /// The directories on which Lustre is mounted, with what mountinfo shows of each.
    #[track_caller]
    pub fn lustre_mounts(&self) -> Vec<String> {
        let all = self.ask("cat /proc/self/mountinfo");
        all.lines().filter(|line| line.contains(" - fuse.lustre ")).map(str::to_owned).collect()
    }

    /// Makes the stand-in client misbehave: `io-hang`, `mount-hang`, …
    #[track_caller]
    pub fn client_fault(&self, name: &str) {
        self.ask(&format!("standin-client fault {STANDIN} set {name}"));
    }

    /// Shuts the container down, and says how long that took.
    #[track_caller]
    pub fn power_off(mut self, deadline: Duration) -> Duration {
        let begun = Instant::now();
        // `systemctl poweroff` asks logind first, which is not there.
        self.ask("systemctl start --no-block --job-mode=replace-irreversibly poweroff.target");
        match wait(&mut self.keeper, deadline) {
            Some(status) => assert!(status.success(), "the container ended with {status}"),
            None => panic!("the container is still there {deadline:?} after its power-off"),
        }
        begun.elapsed()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        let _ = wait(&mut self.keeper, DEADLINE);
    }
}

/// What a command in the container left behind.
#[derive(Debug)]
pub struct Said {
    shown: String,
    /// Its exit status; none when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// From its start to its end.
    pub duration: Duration,
}

impl Said {
    /// Itself, when the command ended with 0.
    #[track_caller]
    pub fn assert_success(self) -> Self {
        assert_eq!(self.code, Some(0), "{self}");
        self
    }
}

impl fmt::Display for Said {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shown, code, stdout, stderr, duration } = self;
        writeln!(out, "`{shown}` ended with {code:?} after {duration:?}")?;
        write!(out, "standard output:\n{stdout}standard error:\n{stderr}")
    }
}

fn wait(child: &mut Child, deadline: Duration) -> Option<std::process::ExitStatus> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("our own child can be waited for") {
            return Some(status);
        }
        if begun.elapsed() > deadline {
            return None;
        }
        sleep(LOOK_EVERY);
    }
}

/// In place of a pipe, at which a process that hangs would keep us waiting.
fn memory_file() -> File {
    memfd_create(c"node", MFdFlags::MFD_CLOEXEC).expect("a memory file").into()
}

fn text(file: &mut File) -> String {
    let mut bytes = Vec::new();
    file.rewind().and_then(|()| file.read_to_end(&mut bytes)).expect("a memory file can be read");
    String::from_utf8_lossy(&bytes).into_owned()
}
