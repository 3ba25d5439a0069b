//! The hand that touches a Lustre mount: this same program, in a child that may get stuck in the kernel.
//!
//! It does one thing at a time, as it is told line by line, and answers each with a line. Whoever tells
//! it has a deadline for each answer; a hand that is late is given up, with what it runs. It decides
//! nothing, and opens every path as `open` says: no symbolic link, no FIFO, no other mount.

mod arrange;
mod child;
mod open;
mod orders;
mod shape;
mod walk;

pub use child::{asked_for, obey};
pub(super) use orders::{
    Arrangement, Kind, Lov, Made, Opened, Order, Ran, Reply, ShapeOrder, Spot, Trouble, WalkEnd,
    WalkOrder, Walked,
};

use fsxlustre_mount::host::{Deadline, Program, must_stay_in_group};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};

/// The first argument that makes `fsxlustre` such a child.
const WORD: &str = "--fsxlustre-layout-hand";

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// Not within the deadline, seconds.
    Late(u64),
    /// It could not be started, or went away.
    Gone(String),
}

/// A child that was started.
#[derive(Debug)]
pub(super) struct Hand {
    child: Child,
    orders: ChildStdin,
    replies: Receiver<String>,
}

impl Hand {
    /// Starts one.
    pub(super) fn start() -> Result<Self, Lost> {
        let gone = |error: std::io::Error| Lost::Gone(error.to_string());
        let mut command = Command::new(Program::own().path());
        command.arg(WORD).current_dir("/").env_clear().env("LC_ALL", "C");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        if !must_stay_in_group() {
            command.process_group(0);
        }
        let mut child = command.spawn().map_err(gone)?;
        let (Some(orders), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Lost::Gone("it has no pipes".into()));
        };
        let (sender, replies) = channel();
        // This thread waits at a pipe, where the end of the process ends it.
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, orders, replies })
    }

    /// Tells it what to do, and waits for the answer. After an error it is of no more use.
    pub(super) fn ask(&mut self, order: &Order, deadline: Deadline) -> Result<Reply, Lost> {
        self.tell(order)?;
        self.hear(deadline)
    }

    /// Tells it what to do.
    pub(super) fn tell(&mut self, order: &Order) -> Result<(), Lost> {
        let gone = |error: String| Lost::Gone(error);
        let line = serde_json::to_string(order).map_err(|error| gone(error.to_string()))?;
        writeln!(self.orders, "{line}").map_err(|error| gone(error.to_string()))
    }

    /// Waits for the next answer.
    pub(super) fn hear(&mut self, deadline: Deadline) -> Result<Reply, Lost> {
        match self.replies.recv_timeout(deadline.left()) {
            Ok(line) => serde_json::from_str(&line).map_err(|error| Lost::Gone(error.to_string())),
            Err(RecvTimeoutError::Timeout) => Err(Lost::Late(deadline.budget().as_secs())),
            Err(RecvTimeoutError::Disconnected) => Err(Lost::Gone("it ended".into())),
        }
    }
}

impl Drop for Hand {
    /// It may be asleep in the kernel, so its end is not waited for; one that ended is reaped.
    fn drop(&mut self) {
        if let (Ok(pid), false) = (i32::try_from(self.child.id()), must_stay_in_group()) {
            let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
        }
        let _ = self.child.kill();
        let _ = self.child.try_wait();
    }
}
