//! The hand that touches a Lustre mount: this same program, in a child that may get stuck in the kernel.
//!
//! It does one thing at a time, as it is told line by line, and answers each with a line. Whoever tells
//! it has a deadline for each answer; a hand that is late is given up, with what it runs. It decides
//! nothing, and opens every path as `open` says: no symbolic link, no FIFO, no other mount.

mod arrange;
mod child;
pub(crate) mod open;
mod orders;
mod shape;
mod walk;

pub use child::{asked_for, obey};
pub(super) use orders::{
    Arrangement, Lov, Made, Opened, Order, Ran, Reply, ShapeOrder, WalkEnd, WalkOrder, Walked,
};
pub(crate) use orders::{Kind, Spot, Trouble};

use fsxlustre_mount::host::{Deadline, Program, must_stay_in_group};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{BufRead as _, BufReader, Write as _};
use std::marker::PhantomData;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};

/// The first argument that makes `fsxlustre` such a child.
const WORD: &str = "--fsxlustre-layout-hand";
/// The most answers that wait to be heard; a hand that has more to say waits.
const MOST_UNHEARD: usize = 64;

/// One that is told of layouts.
pub(super) type LayoutHand = Hand<Order, Reply>;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// Not within the deadline, seconds.
    Late(u64),
    /// It could not be started, or went away.
    Gone(String),
}

/// A child that was started, with what it is told and what it answers.
#[derive(Debug)]
pub(crate) struct Hand<O, R> {
    child: Child,
    orders: ChildStdin,
    replies: Receiver<String>,
    speaks: PhantomData<fn(O) -> R>,
}

impl LayoutHand {
    /// Starts one.
    pub(super) fn start() -> Result<Self, Lost> {
        Self::start_as(WORD)
    }
}

impl<O: Serialize, R: DeserializeOwned> Hand<O, R> {
    /// Starts this program with the word that makes it such a child.
    pub(crate) fn start_as(word: &str) -> Result<Self, Lost> {
        let gone = |error: std::io::Error| Lost::Gone(error.to_string());
        let mut command = Command::new(Program::own().path());
        command.arg(word).current_dir("/").env_clear().env("LC_ALL", "C");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        if !must_stay_in_group() {
            command.process_group(0);
        }
        let mut child = command.spawn().map_err(gone)?;
        let (Some(orders), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Lost::Gone("it has no pipes".into()));
        };
        let (sender, replies) = sync_channel(MOST_UNHEARD);
        // This thread waits at a pipe, where the end of the process ends it.
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, orders, replies, speaks: PhantomData })
    }

    /// Tells it what to do, and waits for the answer. After an error it is of no more use.
    pub(crate) fn ask(&mut self, order: &O, deadline: Deadline) -> Result<R, Lost> {
        self.tell(order)?;
        self.hear(deadline)
    }

    /// Tells it what to do.
    pub(crate) fn tell(&mut self, order: &O) -> Result<(), Lost> {
        let gone = |error: String| Lost::Gone(error);
        let line = serde_json::to_string(order).map_err(|error| gone(error.to_string()))?;
        writeln!(self.orders, "{line}").map_err(|error| gone(error.to_string()))
    }

    /// Waits for the next answer.
    pub(crate) fn hear(&mut self, deadline: Deadline) -> Result<R, Lost> {
        match self.replies.recv_timeout(deadline.left()) {
            Ok(line) => serde_json::from_str(&line).map_err(|error| Lost::Gone(error.to_string())),
            Err(RecvTimeoutError::Timeout) => Err(Lost::Late(deadline.budget().as_secs())),
            Err(RecvTimeoutError::Disconnected) => Err(Lost::Gone("it ended".into())),
        }
    }
}

impl<O, R> Drop for Hand<O, R> {
    /// It may be asleep in the kernel, so its end is not waited for; one that ended is reaped.
    fn drop(&mut self) {
        if let (Ok(pid), false) = (i32::try_from(self.child.id()), must_stay_in_group()) {
            let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
        }
        let _ = self.child.kill();
        let _ = self.child.try_wait();
    }
}
