//! Programs with a deadline: found in fixed folders, run in a child that can be abandoned.
//!
//! A child that is stuck in the kernel cannot be killed and must not be waited for: after the
//! deadline it gets SIGTERM, then SIGKILL, and if it is still there it is left and named.

use super::{Deadline, must_stay_in_group, signals::holds_stop_signals_back};
use crate::failure::{Code, Explain, chain, one_line};
use crate::worker::Work;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::signalfd::SignalFd;
use nix::unistd::Pid;
use std::ffi::{OsStr, OsString};
use std::io::{Read, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long a child may take to end after SIGTERM, and again after SIGKILL.
const GRACE: Duration = Duration::from_millis(500);

/// How often a child that has closed its output is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// How soon at first.
const SOONEST: Duration = Duration::from_micros(100);

/// What bounds one run of a program.
#[derive(Debug)]
pub struct RunLimits<'a> {
    /// When it must have ended.
    pub deadline: Deadline,
    /// How many bytes of each of stdout and stderr are kept; the rest is read and dropped.
    pub output_bytes: usize,
    /// The child's whole environment.
    pub environment: Vec<(OsString, OsString)>,
    /// Signals that end the run early.
    pub interrupt: Option<&'a SignalFd>,
    /// How long the child may take to end after SIGTERM, and again after SIGKILL; zero kills it at
    /// once and waits for nothing.
    pub grace: Duration,
}

impl<'a> RunLimits<'a> {
    /// A deadline, 1 MiB of output, and an environment of `LC_ALL=C` only.
    pub fn until(deadline: Deadline) -> Self {
        Self {
            deadline,
            output_bytes: 1 << 20,
            environment: vec![("LC_ALL".into(), "C".into())],
            interrupt: None,
            grace: GRACE,
        }
    }

    /// The same, ended early by these signals.
    #[must_use]
    pub fn interrupted_by(mut self, interrupt: Option<&'a SignalFd>) -> Self {
        self.interrupt = interrupt;
        self
    }
}

/// A program that ended by itself.
#[derive(Clone, Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to stdout, up to the limit.
    pub stdout: String,
    /// What it wrote to stderr, up to the limit.
    pub stderr: String,
    /// How long it ran.
    pub duration: Duration,
}

impl Finished {
    /// Exit 0 or not, in words: `exit 2` or `signal 9`.
    pub fn ending(&self) -> String {
        match (self.status.code(), self.status.signal()) {
            (Some(code), _) => format!("exit {code}"),
            (None, Some(signal)) => format!("signal {signal}"),
            (None, None) => "an unknown end".into(),
        }
    }

    /// Why it failed, in one line: the last words of stderr, or of stdout, or how it ended.
    pub fn last_words(&self) -> String {
        let said = [&self.stderr, &self.stdout].into_iter().find(|text| !text.trim().is_empty());
        let Some(text) = said else { return self.ending() };
        let words = one_line(text);
        let short: String = words.chars().take(400).collect();
        format!("{short} ({})", self.ending())
    }
}

/// A program could not be run to its end.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// It is in none of the folders.
    #[error("the program {name} is not installed")]
    NotFound {
        /// Its name.
        name: String,
        /// Where it was looked for.
        folders: Vec<PathBuf>,
    },
    /// It could not be started, or its output could not be read.
    #[error("{} could not be run", command.first().map_or("a program", String::as_str))]
    Io {
        /// Program and arguments.
        command: Vec<String>,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It did not end in time.
    #[error("{} did not end within {seconds} s", command.first().map_or("a program", String::as_str))]
    Deadline {
        /// Program and arguments.
        command: Vec<String>,
        /// The time it had.
        seconds: u64,
        /// Its process id when not even SIGKILL ended it.
        stuck_pid: Option<u32>,
    },
    /// We were told to stop.
    #[error("interrupted while {} ran", command.first().map_or("a program", String::as_str))]
    Interrupted {
        /// Program and arguments.
        command: Vec<String>,
        /// Its process id when not even SIGKILL ended it.
        stuck_pid: Option<u32>,
    },
}

impl Explain for ProgramError {
    fn code(&self) -> Code {
        match self {
            Self::Interrupted { .. } => Code::Interrupted,
            Self::NotFound { .. } | Self::Io { .. } | Self::Deadline { .. } => Code::ProgramFailed,
        }
    }
    fn asked(&self) -> String {
        match self {
            Self::NotFound { name, folders } => {
                let folders: Vec<_> = folders.iter().map(|f| f.display().to_string()).collect();
                format!("find {name} in {}", folders.join(", "))
            }
            Self::Io { command, .. }
            | Self::Deadline { command, .. }
            | Self::Interrupted { command, .. } => command.join(" "),
        }
    }
    fn because(&self) -> String {
        match self {
            Self::NotFound { .. } => "no such file in these folders".into(),
            Self::Io { source, .. } => chain(source),
            Self::Deadline { stuck_pid: Some(pid), .. } => {
                format!("process {pid} is stuck in the kernel; it was left behind")
            }
            Self::Deadline { seconds, .. } => format!("it was ended after {seconds} s"),
            Self::Interrupted { .. } => "a signal asked this program to stop".into(),
        }
    }
    fn remedy(&self) -> String {
        match self {
            Self::NotFound { name, .. } => format!(
                "install the package that has {name} (`lustre-client` for the Lustre programs), \
                 or name its folder in `[host] program_folders`"
            ),
            Self::Io { .. } => "check that the file is an executable program".into(),
            Self::Deadline { stuck_pid: Some(_), .. } => {
                "look at the kernel log (`dmesg`) and run `fsxlustre check`".into()
            }
            Self::Deadline { .. } => "run `fsxlustre check`".into(),
            Self::Interrupted { .. } => "run the same command again".into(),
        }
    }
}

/// A program by its absolute path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    path: PathBuf,
}

impl Program {
    /// The program of that name in the first of these folders that has it.
    ///
    /// # Errors
    /// [`ProgramError::NotFound`].
    pub fn find(name: &str, folders: &[PathBuf]) -> Result<Self, ProgramError> {
        folders
            .iter()
            .map(|folder| folder.join(name))
            .find(|path| path.is_file())
            .map(|path| Self { path })
            .ok_or_else(|| ProgramError::NotFound {
                name: name.to_owned(),
                folders: folders.to_vec(),
            })
    }

    /// The program of that path.
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// This very program, for work in an expendable child.
    pub fn own() -> Self {
        Self { path: "/proc/self/exe".into() }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs it to its end, or to the deadline: its own process group (unless an automount forbids
    /// that), no stdin, output kept.
    ///
    /// # Errors
    /// [`ProgramError`]; a program that ran and failed is no error here.
    pub fn run<S: AsRef<OsStr>>(
        &self,
        args: &[S],
        limits: &RunLimits<'_>,
    ) -> Result<Finished, ProgramError> {
        let mut command = self.command(args);
        command.stdin(Stdio::null());
        if !must_stay_in_group() {
            command.process_group(0);
        }
        watch(command, self.words(args), limits, |_| Ok(()))
    }

    /// The program with its arguments. Where signals are held back, another program begins as a worker
    /// of this one, which lets them through: a program that is asked to stop is to hear it.
    fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let words = std::iter::once(self.path.as_os_str()).chain(args.iter().map(AsRef::as_ref));
        let words: Option<Vec<_>> = words.map(|word| Some(word.to_str()?.to_owned())).collect();
        let words = words.filter(|_| *self != Self::own() && holds_stop_signals_back());
        let (program, arguments) = match words {
            Some(words) => (Self::own().path, Work::Exec(words).arguments()),
            None => (self.path.clone(), args.iter().map(|arg| arg.as_ref().to_owned()).collect()),
        };
        let mut command = Command::new(program);
        command.args(arguments);
        command
    }

    /// The same in a session of its own, with none of the caller's descriptors: for what may have
    /// to be left behind. It begins when `announce` has been told its process id, so that nothing
    /// is ever done by a process that nobody has noted.
    ///
    /// # Errors
    /// [`ProgramError`]; a program that ran and failed is no error here.
    pub fn run_apart<S: AsRef<OsStr>>(
        &self,
        args: &[S],
        limits: &RunLimits<'_>,
        announce: impl FnOnce(u32) -> std::io::Result<()>,
    ) -> Result<Finished, ProgramError> {
        let words = self.words(args);
        Self::work_announced(Work::Become(words.clone()), words, limits, announce)
    }

    /// Does a piece of work in an expendable child, once `announce` has been told its process id.
    ///
    /// # Errors
    /// [`ProgramError`]; work that failed is no error here.
    pub fn work_announced(
        work: Work,
        words: Vec<String>,
        limits: &RunLimits<'_>,
        announce: impl FnOnce(u32) -> std::io::Result<()>,
    ) -> Result<Finished, ProgramError> {
        // No group: the leader of a group could not begin a session.
        let mut command = Command::new(Self::own().path);
        command.args(Work::WhenTold(Box::new(work)).arguments()).stdin(Stdio::piped());
        watch(command, words, limits, announce)
    }

    /// Starts a piece of work that outlives this process and is told nothing of it; its number.
    ///
    /// # Errors
    /// The error of the start.
    pub fn leave_behind(work: &Work) -> std::io::Result<u32> {
        Command::new(Self::own().path)
            .args(work.arguments())
            .current_dir("/")
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map(|child| child.id())
    }

    fn words<S: AsRef<OsStr>>(&self, args: &[S]) -> Vec<String> {
        std::iter::once(self.path.display().to_string())
            .chain(args.iter().map(|arg| arg.as_ref().to_string_lossy().into_owned()))
            .collect()
    }
}

/// Runs a command within its limits; `words` is what messages call it.
fn watch(
    mut command: Command,
    words: Vec<String>,
    limits: &RunLimits<'_>,
    announce: impl FnOnce(u32) -> std::io::Result<()>,
) -> Result<Finished, ProgramError> {
    let started = Instant::now();
    // A child that is left behind must not keep busy what we were called in.
    command
        .current_dir("/")
        .env_clear()
        .envs(limits.environment.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let failed = |source| ProgramError::Io { command: words.clone(), source };
    let mut child = command.spawn().map_err(failed)?;
    // If it cannot be announced, the child reads the end of its stdin and does nothing.
    let stdin = child.stdin.take();
    announce(child.id()).map_err(failed)?;
    if let Some(mut stdin) = stdin {
        stdin.write_all(b"\n").map_err(failed)?;
    }
    let mut watched = Watched::new(child, limits.output_bytes).map_err(failed)?;
    match watched.wait(limits).map_err(failed)? {
        Ending::Exited(status) => Ok(Finished {
            status,
            stdout: String::from_utf8_lossy(&watched.stdout.kept).into_owned(),
            stderr: String::from_utf8_lossy(&watched.stderr.kept).into_owned(),
            duration: started.elapsed(),
        }),
        Ending::Late => Err(ProgramError::Deadline {
            command: words,
            seconds: limits.deadline.budget().as_secs(),
            stuck_pid: watched.end(limits.grace),
        }),
        Ending::Interrupted => {
            Err(ProgramError::Interrupted { command: words, stuck_pid: watched.end(limits.grace) })
        }
    }
}

enum Ending {
    Exited(ExitStatus),
    Late,
    Interrupted,
}

/// One of the child's pipes: read without waiting, kept up to a limit.
struct Pipe<R> {
    reader: Option<R>,
    kept: Vec<u8>,
    limit: usize,
}

impl<R: Read + AsFd> Pipe<R> {
    fn new(reader: Option<R>, limit: usize) -> std::io::Result<Self> {
        if let Some(reader) = &reader {
            let flags = fcntl(reader.as_fd(), FcntlArg::F_GETFL)?;
            let flags = OFlag::from_bits_truncate(flags) | OFlag::O_NONBLOCK;
            fcntl(reader.as_fd(), FcntlArg::F_SETFL(flags))?;
        }
        Ok(Self { reader, kept: Vec::new(), limit })
    }

    /// Reads what is there; closes the pipe at its end.
    fn drain(&mut self) -> std::io::Result<()> {
        let mut chunk = [0_u8; 16 * 1024];
        while let Some(reader) = self.reader.as_mut() {
            match reader.read(&mut chunk) {
                Ok(0) => self.reader = None,
                Ok(length) => {
                    let room = self.limit.saturating_sub(self.kept.len()).min(length);
                    self.kept.extend_from_slice(chunk.get(..room).unwrap_or_default());
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.reader.as_ref().map(AsFd::as_fd)
    }
}

/// A running child and what it said.
struct Watched {
    child: Child,
    stdout: Pipe<std::process::ChildStdout>,
    stderr: Pipe<std::process::ChildStderr>,
}

impl Watched {
    fn new(mut child: Child, limit: usize) -> std::io::Result<Self> {
        let stdout = Pipe::new(child.stdout.take(), limit)?;
        let stderr = Pipe::new(child.stderr.take(), limit)?;
        Ok(Self { child, stdout, stderr })
    }

    /// Waits for the end, the deadline or a signal, reading the output meanwhile. A grandchild
    /// that keeps the pipes open does not keep us: the child's own end is looked for as well.
    fn wait(&mut self, limits: &RunLimits<'_>) -> std::io::Result<Ending> {
        let mut look_again = SOONEST;
        loop {
            self.stdout.drain()?;
            self.stderr.drain()?;
            if let Some(status) = self.child.try_wait()? {
                self.stdout.drain()?;
                self.stderr.drain()?;
                return Ok(Ending::Exited(status));
            }
            if limits.deadline.has_passed() {
                return Ok(Ending::Late);
            }
            if self.sleep_until_something(limits, look_again)? {
                return Ok(Ending::Interrupted);
            }
            // A child closes its output just before it ends, so at first it is looked at soon.
            look_again = if self.is_silent() { (look_again * 2).min(LOOK_AGAIN) } else { SOONEST };
        }
    }

    /// Whether both pipes are at their end.
    fn is_silent(&self) -> bool {
        self.stdout.reader.is_none() && self.stderr.reader.is_none()
    }

    /// Sleeps until there is output, a signal, or it is time to look again. True for a signal.
    fn sleep_until_something(
        &self,
        limits: &RunLimits<'_>,
        look_again: Duration,
    ) -> std::io::Result<bool> {
        let pipes: Vec<_> = [self.stdout.fd(), self.stderr.fd()].into_iter().flatten().collect();
        if pipes.is_empty() && look_again < Duration::from_millis(1) {
            // poll(2) counts in whole milliseconds.
            std::thread::sleep(look_again);
            return Ok(false);
        }
        let look_again = if pipes.is_empty() { look_again } else { LOOK_AGAIN * 5 };
        let wait = limits.deadline.left().min(look_again);
        let mut fds: Vec<_> =
            pipes.into_iter().map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        if let Some(signals) = limits.interrupt {
            fds.push(PollFd::new(signals.as_fd(), PollFlags::POLLIN));
        }
        let timeout = PollTimeout::try_from(wait).unwrap_or(PollTimeout::MAX);
        match poll(&mut fds, timeout) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        let signalled =
            limits.interrupt.is_some() && fds.last().and_then(PollFd::any).unwrap_or_default();
        Ok(signalled)
    }

    /// Ends the child's group; its process id when it cannot be ended.
    fn end(&mut self, patience: Duration) -> Option<u32> {
        let group = i32::try_from(self.child.id()).ok().map(Pid::from_raw);
        let signals = [Signal::SIGTERM, Signal::SIGKILL];
        let first = usize::from(patience.is_zero());
        for signal in signals.into_iter().skip(first) {
            if let Some(group) = group {
                // ESRCH only says that it is gone already, or has no group of its own yet.
                let _ = killpg(group, signal).or_else(|_| kill(group, signal));
            }
            let grace = Deadline::after(patience);
            while !grace.has_passed() {
                match self.child.try_wait() {
                    Ok(None) => std::thread::sleep(LOOK_AGAIN),
                    Ok(Some(_)) | Err(_) => return None,
                }
            }
        }
        Some(self.child.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, seconds: f64, output_bytes: usize) -> Result<Finished, ProgramError> {
        let limits = RunLimits {
            output_bytes,
            ..RunLimits::until(Deadline::after(Duration::from_secs_f64(seconds)))
        };
        Program { path: "/bin/sh".into() }.run(&["-c", script], &limits)
    }

    #[test]
    fn output_and_exit_code_are_kept() {
        let done = shell("echo out; echo err >&2; exit 3", 5.0, 1024).expect("it runs");
        assert_eq!((done.stdout.as_str(), done.stderr.as_str()), ("out\n", "err\n"));
        assert_eq!(done.ending(), "exit 3");
        assert_eq!(done.last_words(), "err (exit 3)");
    }

    #[test]
    fn output_beyond_the_limit_is_dropped_not_waited_for() {
        let done = shell("head -c 3000000 /dev/zero; echo end >&2", 10.0, 100).expect("it runs");
        assert_eq!((done.stdout.len(), done.stderr.as_str()), (100, "end\n"));
    }

    #[test]
    fn a_program_that_ignores_sigterm_is_ended_after_its_deadline() {
        let started = Instant::now();
        let late = shell("trap '' TERM; sleep 60", 0.2, 100);
        assert!(matches!(late, Err(ProgramError::Deadline { stuck_pid: None, .. })), "{late:?}");
        assert!(started.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_grandchild_that_keeps_the_output_open_is_not_waited_for() {
        let started = Instant::now();
        let done = shell("sleep 20 & echo started", 10.0, 100).expect("it runs");
        assert_eq!(done.stdout, "started\n");
        assert!(started.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn the_environment_is_only_what_was_given() {
        let done = shell("env", 5.0, 4096).expect("it runs");
        let names: Vec<_> = done.stdout.lines().filter_map(|line| line.split('=').next()).collect();
        // The shell itself sets PWD, OLDPWD, SHLVL and _.
        assert!(names.contains(&"LC_ALL") && !names.contains(&"HOME"), "{names:?}");
    }

    #[test]
    fn a_missing_program_names_the_folders() {
        let error = Program::find("no-such", &["/usr/bin".into()]).expect_err("not there");
        assert_eq!(error.asked(), "find no-such in /usr/bin");
    }
}
