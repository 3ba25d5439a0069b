//! One child and the pipes to it.

use super::child::WORD;
use super::question::{Answer, Connection, Question};
use fsxlustre_mount::host::{Host, Program};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{Error, ErrorKind, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

/// An answer longer than this is none of ours.
const LONGEST_ANSWER: usize = 64 << 20;
/// Room for the answer of most clients.
const ANSWER_ROOM: usize = 4 << 10;
/// What is kept of the room for answers between scrapes.
const KEPT_BYTES: usize = 64 << 10;

/// A question that is not answered yet.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    /// When it was asked.
    pub(crate) at: Instant,
    /// Whether the connections' part of it is answered: all of it.
    pub(crate) files_are_told: bool,
    /// Whether that ends with the details.
    asks_details: bool,
    /// The directories that are not answered.
    pub(crate) directories: BTreeSet<PathBuf>,
}

/// A child.
#[derive(Debug)]
pub(crate) struct Channel {
    child: Child,
    questions: Option<ChildStdin>,
    answers: ChildStdout,
    heard: Vec<u8>,
    /// The last question and its line: most are the same.
    asked: Option<(Question, String)>,
    /// The connections that it knows, in the order in which it tells of them.
    pub(crate) connections: Arc<[Connection]>,
    /// The question that it is at.
    pub(crate) open: Option<Open>,
}

impl Channel {
    /// Starts a child.
    ///
    /// # Errors
    /// Why it cannot be started.
    pub(crate) fn start(host: &Host, program: &Program) -> Result<Self, Error> {
        let paths = &host.paths;
        let roots = [&paths.procfs, &paths.sysfs, &paths.debugfs].map(OsString::from);
        let mut child = Command::new(program.path())
            .arg(WORD)
            .args(roots)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(questions), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(ErrorKind::BrokenPipe.into());
        };
        fcntl(&answers, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        Ok(Self {
            child,
            questions: Some(questions),
            answers,
            heard: Vec::new(),
            asked: None,
            connections: Arc::default(),
            open: None,
        })
    }

    /// Asks it of these connections, of which a question need not tell; it must have answered everything before.
    ///
    /// # Errors
    /// It has ended.
    pub(crate) fn ask(
        &mut self,
        connections: &Arc<[Connection]>,
        question: &Question,
        at: Instant,
    ) -> Result<(), Error> {
        let are_known = self.connections == *connections;
        self.connections = Arc::clone(connections);
        let (_, line) = match self.asked.take() {
            Some(asked) if are_known && asked.0 == *question => self.asked.insert(asked),
            _ => {
                let mut asked = question.clone();
                asked.connections = (!are_known).then(|| connections.to_vec());
                let line = serde_json::to_string(&asked)? + "\n";
                self.asked.insert((asked, line))
            }
        };
        let questions = self.questions.as_mut().ok_or(ErrorKind::BrokenPipe)?;
        questions.write_all(line.as_bytes())?;
        self.open = Some(Open {
            at,
            files_are_told: !question.states && !question.details,
            asks_details: question.details,
            directories: question.directories.iter().cloned().collect(),
        });
        Ok(())
    }

    /// Takes in what it has said, without waiting.
    ///
    /// # Errors
    /// It has ended, or says what it should not.
    pub(crate) fn hear(&mut self) -> Result<Vec<Answer>, Error> {
        let mut room = [0; ANSWER_ROOM];
        loop {
            match self.answers.read(&mut room) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(more) => {
                    self.heard.extend_from_slice(room.get(..more).unwrap_or_default());
                    // A pipe gives all that it has.
                    if more < room.len() {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
            if self.heard.len() > LONGEST_ANSWER {
                return Err(ErrorKind::InvalidData.into());
            }
        }
        let mut answers = Vec::new();
        let end = self.heard.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        for line in self.heard.get(..end).unwrap_or_default().split_inclusive(|byte| *byte == b'\n')
        {
            answers.push(serde_json::from_slice(line)?);
        }
        self.heard.drain(..end);
        self.heard.shrink_to(KEPT_BYTES);
        for answer in &answers {
            self.note(answer);
        }
        Ok(answers)
    }

    fn note(&mut self, answer: &Answer) {
        let Some(open) = &mut self.open else { return };
        match answer {
            Answer::States(_) => open.files_are_told = !open.asks_details,
            Answer::Details(_) => open.files_are_told = true,
            Answer::Statvfs { directory, .. } | Answer::Unseen(directory) => {
                open.directories.remove(directory);
            }
            Answer::End => self.open = None,
        }
    }

    /// What to poll for its answers.
    pub(crate) fn poll(&self) -> PollFd<'_> {
        PollFd::new(self.answers.as_fd(), PollFlags::POLLIN)
    }

    /// Lets it end, and says whether it has.
    pub(crate) fn end(&mut self) -> bool {
        self.questions = None;
        // It may be asleep in the kernel, so its end is not waited for.
        let _ = self.child.kill();
        !matches!(self.child.try_wait(), Ok(None))
    }
}
