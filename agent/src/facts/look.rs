//! Looking at, and setting, what may get stuck in the kernel: this same program, in a child that tells what it has
//! found line by line and is left behind when it is late.
//!
//! What was told before the deadline counts: one file that hangs does not hide the others.

use super::client::ClientLook;
use super::import_texts::ImportTextsLook;
use super::io::IoLook;
use super::program_look::ProgramLook;
use super::space::SpaceLook;
use super::under::UnderLook;
use crate::tune::{SettingsLook, SettingsWrite};
use fsxlustre_mount::host::{Deadline, Program};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{BufRead as _, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};

/// The first argument that makes `fsxlustre` such a child; the second is the [`Look`] as JSON.
const WORD: &str = "--fsxlustre-look";
/// The most lines that are listened to.
const MOST_LINES: usize = 20_000;

/// What a child looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Look {
    /// What Lustre clients say of themselves.
    Client(ClientLook),
    /// What lies in the directory that a mount covers.
    Under(UnderLook),
    /// The size of directories' file systems.
    Space(SpaceLook),
    /// The files of connections, word for word.
    ImportTexts(ImportTextsLook),
    /// Writing and reading back.
    Io(IoLook),
    /// Where a program is.
    Program(ProgramLook),
    /// The settings of one client.
    Settings(SettingsLook),
    /// Values for a client's files.
    Set(SettingsWrite),
}

impl Look {
    /// The look that this process was started for, if it was.
    pub fn asked_for() -> Option<Self> {
        let mut arguments = std::env::args_os().skip(1);
        arguments.next().filter(|first| first == WORD)?;
        serde_json::from_str(arguments.next()?.to_str()?).ok()
    }

    /// Does it, telling each thing on a line of its own, at once.
    pub fn tell(&self, listener: &mut dyn Write) {
        match self {
            Self::Client(look) => look.tell(&mut |told| say(listener, told)),
            Self::Under(look) => look.tell(&mut |told| say(listener, told)),
            Self::Space(look) => look.tell(&mut |told| say(listener, told)),
            Self::ImportTexts(look) => look.tell(&mut |told| say(listener, told)),
            Self::Io(look) => look.tell(&mut |told| say(listener, told)),
            Self::Program(look) => look.tell(&mut |told| say(listener, told)),
            Self::Settings(look) => look.tell(&mut |told| say(listener, told)),
            Self::Set(writes) => writes.tell(&mut |told| say(listener, told)),
        }
    }
}

fn say(listener: &mut dyn Write, told: &impl Serialize) {
    if let Ok(line) = serde_json::to_string(told) {
        // A listener that went away is no trouble of ours.
        let _ = writeln!(listener, "{line}").and_then(|()| listener.flush());
    }
}

/// A child that was started.
#[derive(Debug)]
pub(super) struct Looking {
    child: Child,
    lines: Receiver<String>,
}

/// What a child told, and whether it told all.
#[derive(Debug)]
pub(super) struct Told<T> {
    pub(super) lines: Vec<T>,
    /// Whether it ended by itself.
    pub(super) is_whole: bool,
}

impl Looking {
    /// Starts the child.
    ///
    /// # Errors
    /// Why it cannot be started.
    pub(super) fn start(look: &Look) -> std::io::Result<Self> {
        let mut child = Command::new(Program::own().path())
            .arg(WORD)
            .arg(serde_json::to_string(look)?)
            .current_dir("/")
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (sender, lines) = channel();
        if let Some(output) = child.stdout.take() {
            // This thread waits at a pipe, where the end of the process ends it.
            std::thread::spawn(move || {
                let output = BufReader::new(output).lines().take(MOST_LINES);
                for line in output.map_while(Result::ok) {
                    if sender.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        Ok(Self { child, lines })
    }

    /// What it told until it ended, or until the deadline.
    pub(super) fn finish<T: DeserializeOwned>(mut self, deadline: Deadline) -> Told<T> {
        let mut told = Told { lines: Vec::new(), is_whole: false };
        loop {
            match self.lines.recv_timeout(deadline.left()) {
                Ok(line) => told.lines.extend(serde_json::from_str(&line).ok()),
                Err(RecvTimeoutError::Disconnected) => {
                    told.is_whole = true;
                    break;
                }
                Err(RecvTimeoutError::Timeout) => break,
            }
        }
        // It may be asleep in the kernel, so its end is not waited for; one that ended is reaped.
        let _ = self.child.kill();
        let _ = self.child.try_wait();
        told
    }
}

/// Starts a child and listens to it; the error is the reason in words.
pub(super) fn look<T: DeserializeOwned>(
    look: &Look,
    deadline: Deadline,
) -> Result<Told<T>, String> {
    let looking =
        Looking::start(look).map_err(|error| format!("no child could be started: {error}"))?;
    Ok(looking.finish(deadline))
}

/// The same for other parts of this program: what was told, and whether all of it was.
///
/// # Errors
/// Why no child could be started, in words.
pub(crate) fn look_told<T: DeserializeOwned>(
    asked: &Look,
    deadline: Deadline,
) -> Result<(Vec<T>, bool), String> {
    look(asked, deadline).map(|told| (told.lines, told.is_whole))
}
