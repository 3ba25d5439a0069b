//! Commands inside a sandbox: run to their end, or left running.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{fmt, fs, io, thread};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::capture::{Capture, input};
use crate::keeper::process_id;
use crate::sandbox::Sandbox;

/// The whole environment of a command, unless the caller adds to it.
pub(crate) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const DEADLINE: Duration = Duration::from_mins(1);
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// A command that is about to run in a sandbox.
#[derive(Debug)]
pub struct Run<'a> {
    sandbox: &'a Sandbox,
    words: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    stdin: Vec<u8>,
    deadline: Duration,
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        sandbox: &'a Sandbox,
        words: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Self {
        let words = words.into_iter().map(|word| word.as_ref().to_owned()).collect();
        Self { sandbox, words, environment: Vec::new(), stdin: Vec::new(), deadline: DEADLINE }
    }

    /// Adds a variable to the environment, which otherwise holds `PATH` alone.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Gives the command something to read; it reads nothing otherwise.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// How long the command may take, in place of 60 seconds.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Runs the command to its end.
    ///
    /// # Panics
    ///
    /// When it cannot be started, and when its deadline passes.
    #[track_caller]
    pub fn run(self) -> Output {
        match self.try_run() {
            Ok(output) => output,
            Err(expired) => panic!("{expired}"),
        }
    }

    /// Runs the command to its end, or kills it and its process group at the deadline.
    ///
    /// # Errors
    ///
    /// When the deadline passes.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    #[track_caller]
    pub fn try_run(self) -> Result<Output, Expired> {
        let deadline = self.deadline;
        let mut running = self.spawn();
        match running.wait(deadline) {
            Some(output) => Ok(output),
            None => Err(Expired { deadline, output: running.kill() }),
        }
    }

    /// Starts the command and leaves it running; it is killed when the answer is dropped.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    #[track_caller]
    pub fn spawn(self) -> Running {
        let shown = shown(&self.words);
        match self.start() {
            Ok(running) => running,
            Err(error) => panic!("cannot run `{shown}` in the sandbox: {error}"),
        }
    }

    fn start(self) -> io::Result<Running> {
        let (stdout, stderr) = (Capture::new()?, Capture::new()?);
        let stdin = if self.stdin.is_empty() { Stdio::null() } else { input(&self.stdin)? };
        let mut command = Command::new(self.sandbox.nsenter());
        command
            .args(["--target", &self.sandbox.init().to_string(), "--mount", "--net", "--pid", "--"])
            .args(&self.words)
            .env_clear()
            .env("PATH", PATH)
            .envs(self.environment)
            .stdin(stdin)
            .stdout(stdout.writer()?)
            .stderr(stderr.writer()?)
            .process_group(0);
        let shown = shown(&self.words);
        let child = command.spawn()?;
        let group = Pid::from_raw(process_id(child.id())?);
        Ok(Running { shown, child, group, stdout, stderr, since: Instant::now(), status: None })
    }
}

/// A command that runs in a sandbox; dropping it kills it and its process group.
#[derive(Debug)]
pub struct Running {
    shown: String,
    child: Child,
    group: Pid,
    stdout: Capture,
    stderr: Capture,
    since: Instant,
    status: Option<ExitStatus>,
}

impl Running {
    /// What it has printed on standard output so far.
    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// What it has printed on standard error so far.
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Its number on the host, or nothing once it has ended.
    pub fn pid(&self) -> Option<i32> {
        let waiting = self.group;
        let children =
            fs::read_to_string(format!("/proc/{waiting}/task/{waiting}/children")).ok()?;
        children.trim().parse().ok()
    }

    /// Sends a signal to the command itself (nsenter, which waits for it, would not pass it on).
    pub fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid() {
            // Having ended in between is no failure.
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }

    /// Waits for it to end by itself; nothing when it did not within this time.
    pub fn wait(&mut self, deadline: Duration) -> Option<Output> {
        let end = Instant::now() + deadline;
        loop {
            self.status = self.status.or_else(|| self.child.try_wait().ok().flatten());
            if self.status.is_some() {
                return Some(self.output());
            }
            if Instant::now() >= end {
                return None;
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    /// Kills it and its process group. A process stuck in the kernel keeps nobody waiting: the
    /// sandbox's end takes it.
    fn kill(&mut self) -> Output {
        if self.status.is_none() {
            let _ = killpg(self.group, Signal::SIGKILL);
            let _ = self.wait(Duration::from_secs(1));
        }
        self.output()
    }

    fn output(&self) -> Output {
        Output {
            shown: self.shown.clone(),
            status: self.status,
            stdout: self.stdout(),
            stderr: self.stderr(),
            duration: self.since.elapsed(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a command left behind.
#[derive(Debug, Clone)]
pub struct Output {
    shown: String,
    status: Option<ExitStatus>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// From its start to its end.
    pub duration: Duration,
}

impl Output {
    /// Its exit status as a shell counts: a signal adds 128. After an expired deadline it says that
    /// the command was killed, which one that is stuck in the kernel survives until its sandbox ends.
    pub fn code(&self) -> Option<i32> {
        let status = self.status?;
        status.code().or_else(|| status.signal().map(|signal| 128 + signal))
    }

    /// Whether it ended with 0.
    pub fn is_success(&self) -> bool {
        self.code() == Some(0)
    }

    /// Itself, when the command ended with 0.
    ///
    /// # Panics
    ///
    /// With all that was printed, when it did not.
    #[track_caller]
    pub fn assert_success(self) -> Self {
        assert!(self.is_success(), "{self}");
        self
    }
}

impl fmt::Display for Output {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code() {
            Some(code) => {
                writeln!(out, "`{}` ended with {code} after {:?}", self.shown, self.duration)?
            }
            None => writeln!(out, "`{}` is stuck after {:?}", self.shown, self.duration)?,
        }
        write!(out, "standard output:\n{}standard error:\n{}", self.stdout, self.stderr)
    }
}

/// A command took longer than it may.
#[derive(Debug)]
pub struct Expired {
    /// What it was allowed.
    pub deadline: Duration,
    /// What it had printed by then.
    pub output: Output,
}

impl fmt::Display for Expired {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "killed at its deadline of {:?}: {}", self.deadline, self.output)
    }
}

impl std::error::Error for Expired {}

fn shown(words: &[OsString]) -> String {
    words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
