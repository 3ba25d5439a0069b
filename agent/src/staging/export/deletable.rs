//! What still stands against deleting a file system. What is not known stands against it, too.

use super::evidence::{count_as_value, newest, progress};
use super::{Facts, Gathered, Place, Tickets, Verdict, gather};
use crate::jobs::Lease;
use fsxlustre_mount::failure::Failure;
use fsxlustre_mount::host::{Bounds, Host, Mount, unix_seconds};
use fsxlustre_mount::record::MountRecord;
use fsxlustre_mount::source::{Device, SCRATCH_1_NAME};
use fsxlustre_mount::unmount::ClientFiles;
use serde::Serialize;
use std::path::Path;

/// Something that stands against it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Obstacle {
    /// `mount`, `lease`, `clients`, `ticket`, `task`, `files`.
    pub kind: &'static str,
    /// Which one: a directory, a job, a ticket's id, a task's id.
    pub who: String,
    /// What it does.
    pub what: String,
}

/// Something that is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Doubt {
    /// As [`Obstacle::kind`].
    pub kind: &'static str,
    /// Why it is not known.
    pub because: String,
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Deletable {
    /// What stands against it.
    pub against: Vec<Obstacle>,
    /// What is not known.
    pub unknown: Vec<Doubt>,
    /// What was taken as given because the caller said so, a line each.
    pub given: Vec<String>,
}

/// What is to be answered.
#[derive(Clone, Copy, Debug)]
pub struct DeletableQuestion<'a> {
    /// The mount that files are looked at through; it does not count itself.
    pub through: Option<&'a Place>,
    /// Whether the files need not be exported.
    pub discard_files: bool,
    /// Whether the caller says that no other node has it mounted.
    pub is_alone: bool,
}

impl Deletable {
    /// `yes`, `no` or `unknown`, which means no.
    pub fn word(&self) -> &'static str {
        match (self.against.is_empty(), self.unknown.is_empty()) {
            (false, _) => "no",
            (true, false) => "unknown",
            (true, true) => "yes",
        }
    }

    fn stands(&mut self, kind: &'static str, who: impl Into<String>, what: impl Into<String>) {
        self.against.push(Obstacle { kind, who: who.into(), what: what.into() });
    }

    fn doubt(&mut self, kind: &'static str, because: impl Into<String>) {
        self.unknown.push(Doubt { kind, because: because.into() });
    }
}

/// What AWS says, and the fleet's tickets: `None` where it has no folder for them.
pub type Latest = (Facts, Option<Result<Tickets, Failure>>);

/// Answers. The files are looked through first, since that takes longest: `look_again` then tells
/// what may have begun meanwhile.
///
/// # Errors
/// The list of mounts or the leases of this node cannot be read; those of `look_again`.
pub fn deletable(
    host: &Host,
    facts: &Facts,
    question: DeletableQuestion<'_>,
    bounds: Bounds<'_>,
    look_again: impl FnOnce() -> Result<Latest, Failure>,
) -> Result<Deletable, Failure> {
    let mut of_files = Deletable::default();
    files(host, facts, question, bounds, &mut of_files);
    let (now, tickets) = look_again()?;
    let mut answer = Deletable::default();
    if now.id != facts.id {
        answer
            .doubt("files", format!("{} is meant by now: {} was looked through", now.id, facts.id));
    }
    let facts = &now;
    mounts(host, facts, question, &mut answer)?;
    clients(host, facts, question, &mut answer);
    match tickets {
        None => answer.given.push("no ticket: `[jobs] report_dir` names no folder".into()),
        Some(Err(failure)) => answer.doubt("ticket", failure.because),
        Some(Ok(tickets)) => of_tickets(facts, &tickets, &mut answer),
    }
    match &facts.tasks {
        Ok(tasks) => {
            for task in tasks.iter().filter(|task| task.is_open()) {
                let what = format!("{}: FSx deletes nothing meanwhile", progress(task));
                answer.stands("task", &task.id, what);
            }
        }
        Err(because) => answer.doubt("task", because),
    }
    answer.against.extend(of_files.against);
    answer.unknown.extend(of_files.unknown);
    answer.given.extend(of_files.given);
    Ok(answer)
}

fn of_tickets(facts: &Facts, tickets: &Tickets, answer: &mut Deletable) {
    for ticket in tickets.all.iter().filter(|ticket| ticket.file_system_id == facts.id) {
        if ticket.is_open() {
            answer.stands("ticket", &ticket.id, ticket.line());
        }
    }
    for because in &tickets.unread {
        answer.doubt("ticket", because);
    }
}

/// Whether a mount is of the file system: by our record of it, or by Lustre's name, which is not that of
/// many but for the oldest.
fn is_of(host: &Host, mount: &Mount, facts: &Facts) -> bool {
    let record = MountRecord::read_of(host, mount).and_then(|record| record.file_system_id);
    match record {
        Some(id) => id == facts.id,
        None => Device::parse(&mount.source).is_some_and(|one| one.fsname == facts.mount_name),
    }
}

fn mounts(
    host: &Host,
    facts: &Facts,
    question: DeletableQuestion<'_>,
    answer: &mut Deletable,
) -> Result<(), Failure> {
    use fsxlustre_mount::failure::Explain as _;
    let table = host.mounts().map_err(|error| error.failure())?;
    let ours = table.mounts.iter().filter(|m| host.is_lustre(m) && is_of(host, m, facts));
    for mount in ours {
        let directory = mount.directory.display().to_string();
        for lease in Lease::others(host, "", &mount.directory)? {
            answer.stands("lease", lease, format!("the job uses {directory}"));
        }
        if question.through.is_some_and(|place| place.mount.id == mount.id) {
            answer.given.push(format!("{directory} is looked through, and must be unmounted"));
        } else {
            let mut what = "mounted on this node".to_owned();
            if facts.mount_name == SCRATCH_1_NAME {
                what.push_str(" by the name that every SCRATCH_1 file system has");
            }
            answer.stands("mount", directory, what);
        }
    }
    Ok(())
}

/// Mounts of other nodes, by what the servers count.
fn clients(host: &Host, facts: &Facts, question: DeletableQuestion<'_>, answer: &mut Deletable) {
    if question.is_alone {
        answer.given.push("no other node has it mounted: said by --alone".into());
        return;
    }
    let here = match question.through {
        Some(place) => {
            ClientFiles::new(host, &place.device.fsname).instances().map_or(0, |all| all.len())
        }
        None => 0,
    };
    match newest(&facts.clients, unix_seconds()) {
        Ok((point, _)) if point.value <= count_as_value(here) => {}
        Ok((point, age)) => {
            let what = format!("{} connections of clients {age} s ago", point.value);
            answer.stands("clients", "other nodes", what);
        }
        Err(because) => {
            answer.doubt("clients", format!("mounts of other nodes: {because} (or say --alone)"));
        }
    }
}

fn files(
    host: &Host,
    facts: &Facts,
    question: DeletableQuestion<'_>,
    bounds: Bounds<'_>,
    answer: &mut Deletable,
) {
    if question.discard_files {
        answer.given.push("files were not looked at: said by --discard-files".into());
        return;
    }
    let Some(place) = question.through else {
        let because = "nothing was looked through: name a mount of it with --through, or say \
                       --discard-files";
        return answer.doubt("files", because);
    };
    if place.in_file_system != "/" {
        let shown = Path::new(&place.in_file_system).display();
        return answer.doubt("files", format!("only {shown} is seen there, not the whole of it"));
    }
    let places = std::slice::from_ref(place);
    // What other nodes hold is asked for above, once.
    let Gathered { verdict, named, .. } = gather(host, places, Ok(facts), true, bounds);
    match verdict {
        Verdict::Exported => {}
        Verdict::NotExported { files, because } => {
            let such = named.first();
            let such = such.map(|one| format!("; such as {} ({})", one.path, one.because));
            let (because, such) = (because.join("; "), such.unwrap_or_default());
            let what = format!("{files} files at least are not exported: {because}{such}");
            answer.stands("files", place.path.display().to_string(), what);
        }
        Verdict::Unknown { because } => {
            for one in because {
                answer.doubt("files", one);
            }
        }
    }
}
