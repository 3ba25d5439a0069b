//! The child's side.

use super::super::import_file::{parse, parse_changes, parse_network_seconds};
use super::super::import_state::parse as parse_state;
use super::super::instances::Instance;
use super::super::sources::{DeviceFile, Sources};
use super::question::{Answer, Connection, Details, Question, Room, StateRead};
use fsxlustre_mount::host::{Host, Paths};
use fsxlustre_mount::unmount::PROBER_WORD;
use nix::errno::Errno;
use std::io::{BufRead, BufWriter, Error, Write};
use std::path::Path;
use std::time::Instant;

/// The first argument that makes `fsxlustre` such a child; the roots of procfs, sysfs and debugfs
/// follow.
pub(super) const WORD: &str = PROBER_WORD;

/// The machine that this process was started to ask, if it was.
pub fn asked_for() -> Option<Host> {
    let mut arguments = std::env::args_os().skip(1);
    arguments.next().filter(|first| first == WORD)?;
    let mut path = || arguments.next().map(Into::into);
    let (procfs, sysfs, debugfs) = (path()?, path()?, path()?);
    let paths = Paths { procfs, sysfs, debugfs, ..Paths::default() };
    Some(Host { paths, ..Host::default() })
}

/// Answers questions until there are no more.
pub fn answer_questions(host: &Host, questions: &mut dyn BufRead, answers: &mut dyn Write) {
    let answers = &mut BufWriter::new(answers);
    let mut child = Child { sources: Sources::new(host), connections: Vec::new() };
    let (mut line, mut known) = (String::new(), String::new());
    let mut question = Question::default();
    loop {
        line.clear();
        if !matches!(questions.read_line(&mut line), Ok(1..)) {
            return;
        }
        // Most are the same.
        if line != known {
            let Ok(asked) = serde_json::from_str(&line) else { return };
            question = asked;
            known.clear();
            // One that names the connections is long, and is not asked again.
            if question.connections.is_none() {
                known.push_str(&line);
            }
        }
        // Whoever asks may have gone.
        if child.answer(&question, answers).is_err() {
            return;
        }
    }
}

/// A connection and where its files were found.
struct Known {
    connection: Connection,
    instance: Instance,
}

struct Child {
    sources: Sources,
    connections: Vec<Known>,
}

fn say(answers: &mut dyn Write, answer: &Answer) -> Result<(), Error> {
    serde_json::to_writer(&mut *answers, answer)?;
    answers.write_all(b"\n")
}

impl Child {
    /// States first and the mounts last: those are what sleeps for long.
    fn answer(&mut self, question: &Question, answers: &mut dyn Write) -> Result<(), Error> {
        let Question { connections, states, details, directories } = question;
        if let Some(connections) = connections {
            let known = connections.iter().filter_map(|connection| {
                let instance = Instance::parse(connection.folder(), &connection.device)?;
                Some(Known { connection: connection.clone(), instance })
            });
            self.connections = known.collect();
        }
        self.sources.begin();
        if *states {
            let states = self.states();
            say(answers, &Answer::States(states))?;
        }
        if *details {
            answers.flush()?;
            let details = self.details();
            say(answers, &Answer::Details(details))?;
        }
        self.sources.end();
        for directory in directories {
            // What is known is told before what may sleep.
            answers.flush()?;
            let begun = Instant::now();
            let result = statvfs(directory);
            let micros = i64::try_from(begun.elapsed().as_micros()).unwrap_or(i64::MAX);
            // A mount point that is hidden by another mount, or was removed meanwhile.
            let answer = if let Err(Errno::ENOENT | Errno::ENOTDIR) = result {
                Answer::Unseen(directory.clone())
            } else {
                let result = result.map_err(|errno| errno.to_string());
                Answer::Statvfs { directory: directory.clone(), micros, result }
            };
            say(answers, &answer)?;
        }
        say(answers, &Answer::End)?;
        answers.flush()
    }

    fn states(&mut self) -> Vec<StateRead> {
        let mut files = Files::new(["ost_server_uuid", "mds_server_uuid"]);
        let sources = &mut self.sources;
        let read = |known: &Known| match sources.read(files.of(known), &known.instance) {
            Ok(None) => StateRead::Gone,
            Ok(Some(text)) => parse_state(text).map_or(StateRead::Unknown, StateRead::Is),
            Err(error) => StateRead::Refused(error.to_string(), error.remedy()),
        };
        self.connections.iter().map(read).collect()
    }

    fn details(&mut self) -> Vec<Details> {
        let mut changes = Files::new(["state"; 2]);
        let mut imports = Files::new(["import"; 2]);
        let mut timeouts = Files::new(["timeouts"; 2]);
        let sources = &mut self.sources;
        let mut details = Vec::with_capacity(self.connections.len());
        for known in &self.connections {
            let device = &known.instance;
            details.push(Details {
                changes: sources
                    .read(changes.of(known), device)
                    .ok()
                    .flatten()
                    .and_then(parse_changes),
                import: sources.read(imports.of(known), device).ok().flatten().and_then(parse),
                network_seconds: sources
                    .read(timeouts.of(known), device)
                    .ok()
                    .flatten()
                    .and_then(parse_network_seconds),
            });
        }
        details
    }
}

/// A file of each kind of connection.
struct Files {
    osc: DeviceFile,
    mdc: DeviceFile,
}

impl Files {
    fn new([osc, mdc]: [&'static str; 2]) -> Self {
        use super::super::instances::Folder;
        Self { osc: DeviceFile::new(Folder::Osc, osc), mdc: DeviceFile::new(Folder::Mdc, mdc) }
    }

    fn of(&mut self, known: &Known) -> &mut DeviceFile {
        if known.connection.is_mdc { &mut self.mdc } else { &mut self.osc }
    }
}

/// The call that may sleep for as long as no server answers.
fn statvfs(directory: &Path) -> nix::Result<Room> {
    let stat = nix::sys::statvfs::statvfs(directory)?;
    let bytes = |blocks: u64| blocks.saturating_mul(stat.fragment_size());
    Ok(Room {
        size: bytes(stat.blocks()),
        free: bytes(stat.blocks_free()),
        available: bytes(stat.blocks_available()),
        files: stat.files(),
        files_free: stat.files_free(),
    })
}
