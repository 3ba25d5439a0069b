//! A ticket: an export that is asked for here and brought to its end by the head node. What it comes to is
//! decided here, without asking anybody: pure.

use super::association::Holding;
use super::evidence::progress;
use super::{Facts, token};
use crate::aws::tasks::Task;
use fsxlustre_mount::failure::one_line;
use fsxlustre_mount::file_system::DataRepository;
use fsxlustre_mount::host::{read_text, unix_seconds};
use fsxlustre_mount::source::is_file_system_id;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The version of a ticket's form. Fields may be added; one that changes its meaning makes another.
const FORMAT: u32 = 1;
/// How the names of tickets begin.
pub(crate) const PREFIX: &str = "ticket-";
/// A change that was closed comes into the queue of automatic exports within this time.
const QUEUED_WITHIN_SECONDS: u64 = 120;
/// A ticket that is done is kept so long, for whoever asks what became of it. One that failed stays until somebody
/// removes it.
const KEPT_SECONDS: u64 = 30 * 24 * 3600;
/// The longest path that a ticket holds, and the most of them.
const LONGEST_PATH: usize = 4096;
const MOST_PATHS: usize = 100;

/// How far an export is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TicketState {
    /// It is asked for.
    Asked,
    /// A task goes on.
    Begun,
    /// It is done: a task with no file that failed, or the queue of automatic exports was empty.
    Done,
    /// It is over, and not every file was exported.
    Failed,
}

/// An export that somebody else brings to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// The version of this object's form.
    pub format: u32,
    /// What tells it from others: letters, digits, `.`, `-` and `_`.
    pub id: String,
    /// The node that asked.
    pub node: String,
    /// Who asked there: a user's name, or the key of a job.
    pub asked_by: String,
    /// When, seconds since 1970 UTC.
    pub asked_unix_seconds: u64,
    /// When it was written last.
    pub updated_unix_seconds: u64,
    /// The file system.
    pub file_system_id: String,
    /// Its Region, where that is known.
    #[serde(default)]
    pub region: Option<String>,
    /// Paths below the file system's root, without a `/` before them; none for all of it.
    pub paths: Vec<String>,
    /// Where the report of files that failed goes, where whoever asked said so.
    #[serde(default)]
    pub report: Option<String>,
    /// How far it is.
    pub state: TicketState,
    /// The task, as it was last seen.
    #[serde(default)]
    pub task: Option<Task>,
    /// Why it is as it is.
    #[serde(default)]
    pub because: Option<String>,
}

/// What is to be done for a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing more: it is as it is now.
    Keep,
    /// A task must be begun.
    Begin,
    /// The task must be looked at again.
    Look(String),
}

/// This node's name.
pub fn node_name() -> String {
    let name = read_text(Path::new("/proc/sys/kernel/hostname")).unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "unknown".into() } else { name.to_owned() }
}

impl Ticket {
    /// A new one. `id` is made of letters, digits, `.`, `-` and `_`, and is nobody else's.
    pub fn new(id: String, node: String, asked_by: String, file_system_id: String) -> Self {
        let now = unix_seconds();
        Self {
            format: FORMAT,
            id,
            node,
            asked_by,
            asked_unix_seconds: now,
            updated_unix_seconds: now,
            file_system_id,
            region: None,
            paths: Vec::new(),
            report: None,
            state: TicketState::Asked,
            task: None,
            because: None,
        }
    }

    /// The name of its file.
    pub fn file_name(&self) -> String {
        format!("{PREFIX}{}.json", self.id)
    }

    /// Whether it is not over.
    pub fn is_open(&self) -> bool {
        matches!(self.state, TicketState::Asked | TicketState::Begun)
    }

    /// Whether it is done, and has been for so long that nobody asks any more.
    pub(super) fn is_outlived(&self, now: u64) -> bool {
        let age = now.saturating_sub(self.updated_unix_seconds);
        self.state == TicketState::Done && age >= KEPT_SECONDS
    }

    /// The token of its task: the same however often it is tried.
    pub fn token(&self) -> String {
        token(&self.file_system_id, &self.paths, self.report.as_deref(), Some(&self.id))
    }

    /// Reads one as it stands in a file of that name.
    ///
    /// # Errors
    /// Why it is none, in words.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let ticket: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if ticket.format > FORMAT {
            return Err(format!("its form is version {}, and {FORMAT} is known", ticket.format));
        }
        if ticket.file_name() != name {
            return Err("it says another id than its name".into());
        }
        let paths_fit = ticket.paths.len() <= MOST_PATHS
            && ticket.paths.iter().all(|path| path.len() <= LONGEST_PATH);
        if !paths_fit || !is_file_system_id(&ticket.file_system_id) {
            return Err("its paths or its file system are not what a ticket has".into());
        }
        Ok(ticket)
    }

    /// What is to be done next. One whose paths are exported by themselves needs no task: it is done when
    /// a value of the queue that is younger than its last change says that nothing waits.
    pub(super) fn step(&mut self, facts: &Facts, now: u64) -> Step {
        if !self.is_open() {
            return Step::Keep;
        }
        if let Some(task) = &self.task {
            return Step::Look(task.id.clone());
        }
        let automatic = facts.repositories.as_deref().map(|all| self.is_automatic(all));
        if automatic == Ok(true) {
            self.by_itself(facts, now);
            return Step::Keep;
        }
        Step::Begin
    }

    fn is_automatic(&self, all: &[DataRepository]) -> bool {
        let root = [String::new()];
        let paths = if self.paths.is_empty() { &root[..] } else { &self.paths };
        let mut held = paths
            .iter()
            .flat_map(|path| Holding::of(&format!("/{path}"), all).all().collect::<Vec<_>>());
        held.any(|one| !one.export_events.is_empty())
    }

    fn by_itself(&mut self, facts: &Facts, now: u64) {
        let since = self.asked_unix_seconds.saturating_add(QUEUED_WITHIN_SECONDS);
        let newest = facts.queue.as_ref().map(|points| points.first());
        self.because = Some(match newest {
            Ok(Some(point)) if point.at_unix_seconds >= since && point.value <= 0.0 => {
                self.state = TicketState::Done;
                let ago = now.saturating_sub(point.at_unix_seconds);
                format!("nothing waited for its automatic export {ago} s before")
            }
            Ok(Some(point)) if point.value > 0.0 => {
                format!("it is exported by itself; the oldest change waits {} s", point.value)
            }
            Ok(_) => "it is exported by itself; there is no later value of the queue yet".into(),
            Err(because) => format!("it is exported by itself; the queue is not known: {because}"),
        });
    }

    /// Takes what was seen of its task.
    pub fn saw(&mut self, task: Task) {
        self.state = match task.lifecycle.as_str() {
            _ if task.is_open() => TicketState::Begun,
            _ if task.is_proof() => TicketState::Done,
            _ => TicketState::Failed,
        };
        self.because = Some(progress(&task));
        self.task = Some(task);
    }

    /// Notes why nothing was done.
    pub fn waits(&mut self, because: &str) {
        self.because = Some(one_line(because));
    }

    /// One line for a person.
    pub fn line(&self) -> String {
        let paths = if self.paths.is_empty() { "/".to_owned() } else { self.paths.join(", ") };
        let state = match self.state {
            TicketState::Asked => "asked",
            TicketState::Begun => "begun",
            TicketState::Done => "done",
            TicketState::Failed => "failed",
        };
        let because = self.because.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        let Self { id, node, asked_by, file_system_id, .. } = self;
        one_line(&format!("{id} {state} {file_system_id} {paths} by {asked_by} on {node}{because}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::metric::Point;

    fn ticket() -> Ticket {
        Ticket {
            format: FORMAT,
            id: "n1-1000".into(),
            node: "n1".into(),
            asked_by: "root".into(),
            asked_unix_seconds: 1_000,
            updated_unix_seconds: 1_000,
            file_system_id: "fs-0123456789abcdef0".into(),
            region: None,
            paths: vec!["a".into()],
            report: None,
            state: TicketState::Asked,
            task: None,
            because: None,
        }
    }

    fn facts(events: &[&str], queue: Result<Vec<Point>, String>) -> Facts {
        let one = DataRepository {
            path: "/a".into(),
            export_events: events.iter().map(ToString::to_string).collect(),
            ..DataRepository::default()
        };
        Facts {
            id: "fs-0123456789abcdef0".into(),
            region: "us-east-1".into(),
            mount_name: "p7lsxbev".into(),
            lifecycle: "AVAILABLE".into(),
            repositories: Ok(vec![one]),
            tasks: Ok(Vec::new()),
            queue,
            clients: Ok(Vec::new()),
            asked_unix_seconds: 0,
        }
    }

    #[test]
    fn a_ticket_comes_back_from_its_file_and_from_no_other() {
        let ticket = ticket();
        let text = serde_json::to_string(&ticket).expect("text");
        assert_eq!(Ticket::parse(&ticket.file_name(), &text), Ok(ticket.clone()));
        assert!(Ticket::parse("ticket-other.json", &text).is_err());
        let later = text.replace("\"format\":1", "\"format\":2");
        assert!(
            Ticket::parse(&ticket.file_name(), &later).expect_err("later").contains("version 2")
        );
        for torn in ["", "{", &text[..text.len() / 2], "[]"] {
            assert!(Ticket::parse(&ticket.file_name(), torn).is_err(), "{torn}");
        }
        let foreign = text.replace("fs-0123456789abcdef0", "fs-x");
        assert!(Ticket::parse(&ticket.file_name(), &foreign).is_err());
        assert_eq!(ticket.token(), ticket.clone().token());
    }

    #[test]
    fn what_exports_by_itself_is_done_when_a_later_value_says_so() {
        let state = |queue| {
            let mut ticket = ticket();
            let step = ticket.step(&facts(&["NEW"], queue), 2_000);
            assert_eq!(step, Step::Keep);
            ticket.state
        };
        let point = |at_unix_seconds, value| Ok(vec![Point { at_unix_seconds, value }]);
        assert_eq!(state(point(1_200, 0.0)), TicketState::Done);
        assert_eq!(
            state(point(1_060, 0.0)),
            TicketState::Asked,
            "its changes may not be in it yet"
        );
        assert_eq!(state(point(1_200, 5.0)), TicketState::Asked);
        assert_eq!(state(Ok(vec![])), TicketState::Asked);
        assert_eq!(state(Err("denied".into())), TicketState::Asked);
    }

    #[test]
    fn a_task_is_begun_followed_and_over() {
        let mut ticket = ticket();
        assert_eq!(ticket.step(&facts(&[], Ok(vec![])), 2_000), Step::Begin);
        let task = |lifecycle: &str, failed| Task {
            id: "task-1".into(),
            kind: "EXPORT_TO_REPOSITORY".into(),
            lifecycle: lifecycle.into(),
            failed,
            ..Task::default()
        };
        ticket.saw(task("PENDING", None));
        assert_eq!(ticket.step(&facts(&["NEW"], Ok(vec![])), 2_000), Step::Look("task-1".into()));
        for (lifecycle, failed, state) in [
            ("EXECUTING", Some(0), TicketState::Begun),
            ("CANCELING", Some(0), TicketState::Begun),
            ("CANCELED", Some(0), TicketState::Failed),
            ("SUCCEEDED", None, TicketState::Failed),
            ("SUCCEEDED", Some(1), TicketState::Failed),
            ("SUCCEEDED", Some(0), TicketState::Done),
        ] {
            ticket.saw(task(lifecycle, failed));
            assert_eq!(ticket.state, state, "{lifecycle} {failed:?}");
        }
        assert_eq!(ticket.step(&facts(&[], Ok(vec![])), 2_000), Step::Keep);
    }
}
