//! Starts the first process of a sandbox, and makes sure that it does not outlive its owner.
//!
//! Two things end it, whichever comes first: its standard input closes, or the kernel sends the
//! death signal. That signal follows the *thread* that forked, so a thread of the sandbox's own
//! starts the process and waits for it.

use std::io::{self, Write};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use std::{fs, thread};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::capture::Capture;
use crate::error::Error;
use crate::line::read_line;
use crate::plan::Plan;
use crate::prerequisites::Tools;

const START_DEADLINE: Duration = Duration::from_mins(1);
const STOP_DEADLINE: Duration = Duration::from_secs(10);

/// The processes that hold a sandbox's namespaces.
#[derive(Debug)]
pub(crate) struct Keeper {
    stdin: Option<ChildStdin>,
    outer: Pid,
    init: Pid,
    log: Capture,
    ended: Receiver<()>,
}

/// What the owner's thread gets from the thread that forked.
struct Started {
    pid: Pid,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
}

impl Keeper {
    /// Makes the namespaces and waits until everything in them is ready.
    pub(crate) fn start(tools: &Tools, init: &Path, plan: &Plan) -> Result<Self, Error> {
        let log = Capture::new().map_err(|error| failed("cannot make a memory file", &error))?;
        let stderr = log.writer().map_err(|error| failed("cannot make a memory file", &error))?;
        let command = command(tools, init, stderr);
        let (begin, first_news) = channel();
        let (end, ended) = channel();
        thread::spawn(move || keep(command, &begin, &end));
        let started = first_news.recv().unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()));
        let started = started.map_err(|error| failed("cannot run setpriv", &error))?;
        // Dropped on every way out of here but the last, which ends what has started.
        let mut keeper =
            Self { stdin: started.stdin, outer: started.pid, init: started.pid, log, ended };
        match keeper.make_ready(started.stdout, plan) {
            Ok(init) => keeper.init = init,
            Err(error) => {
                return Err(Error::Start { why: error.to_string(), printed: keeper.printed() });
            }
        }
        Ok(keeper)
    }

    /// The first process, by its number on the host.
    pub(crate) fn init(&self) -> Pid {
        self.init
    }

    /// What the first process and the endpoint have printed about their troubles.
    pub(crate) fn printed(&self) -> String {
        self.log.text()
    }

    fn make_ready(&mut self, stdout: Option<ChildStdout>, plan: &Plan) -> io::Result<Pid> {
        if let Some(stdin) = &mut self.stdin {
            let plan = serde_json::to_string(plan)?;
            writeln!(stdin, "{plan}")?;
        }
        let mut stdout = stdout.ok_or(io::ErrorKind::BrokenPipe)?;
        match read_line(&mut stdout, START_DEADLINE)?.as_str() {
            "ready" => only_child(self.outer),
            other => Err(io::Error::other(format!("it said {other:?} where `ready` was due"))),
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.stdin.take());
        if self.ended.recv_timeout(STOP_DEADLINE).is_err() {
            // It may have ended this very moment, which is as good.
            let _ = kill(self.outer, Signal::SIGKILL);
            let _ = self.ended.recv_timeout(STOP_DEADLINE);
        }
    }
}

fn command(tools: &Tools, init: &Path, stderr: Stdio) -> Command {
    let mut command = Command::new(&tools.setpriv);
    command
        .args(["--pdeathsig", "KILL"])
        .arg(&tools.unshare)
        .args([
            "--mount",
            "--net",
            "--pid",
            "--fork",
            "--kill-child=KILL",
            "--mount-proc",
            "--propagation",
            "private",
        ])
        .arg(init)
        .env_clear()
        .env("PATH", crate::run::PATH)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(stderr);
    command
}

fn keep(mut command: Command, begin: &Sender<io::Result<Started>>, end: &Sender<()>) {
    let spawned =
        command.spawn().and_then(|child| Ok((Pid::from_raw(process_id(child.id())?), child)));
    match spawned {
        // An owner that stopped listening has given up, and its end of the pipe closes here.
        Err(error) => drop(begin.send(Err(error))),
        Ok((pid, mut child)) => {
            let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
            drop(begin.send(Ok(Started { pid, stdin, stdout })));
            drop(child.wait());
            let _ = end.send(());
        }
    }
}

/// The one child of `unshare --fork`: the first process of the new PID namespace.
fn only_child(parent: Pid) -> io::Result<Pid> {
    let text = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"))?;
    let pid = text
        .trim()
        .parse()
        .map_err(|_| io::Error::other(format!("unshare has these children: {text:?}")))?;
    Ok(Pid::from_raw(pid))
}

/// A process number in the kernel's own type.
pub(crate) fn process_id(id: u32) -> io::Result<i32> {
    i32::try_from(id).map_err(io::Error::other)
}

fn failed(doing: &str, error: &io::Error) -> Error {
    Error::Start { why: format!("{doing}: {error}"), printed: String::new() }
}
