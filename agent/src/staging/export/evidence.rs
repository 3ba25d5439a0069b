//! What each look says of an export, and how old it is. Pure: looks in, rows out.

use super::association::{self, Holding, is_within};
use super::{Facts, ScanCounts};
use crate::aws::metric::Point;
use crate::aws::tasks::Task;
use fsxlustre_mount::file_system::DataRepository;
use fsxlustre_mount::unmount::bytes;
use serde::Serialize;

/// An older value of a metric says nothing of now. FSx puts one a minute.
const FRESH_SECONDS: u64 = 600;

/// What a look means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stand {
    /// It proves that the content of every file is exported.
    Proof,
    /// It does not speak against it.
    Fits,
    /// It shows so many files that are not exported.
    Against(u64),
    /// It leaves open whether everything is exported.
    Open,
    /// It says nothing to the question.
    Silent,
}

/// One look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What was looked at.
    pub evidence: &'static str,
    /// What was seen.
    pub told: String,
    /// How old that is; `None` where nothing was seen.
    pub age_seconds: Option<u64>,
    /// What it means.
    pub stand: Stand,
}

/// Everything that was looked at.
#[derive(Clone, Debug)]
pub(super) struct Looks<'a> {
    /// The paths, below the file system's root, with a `/` before them.
    pub(super) paths: &'a [String],
    /// Now, seconds since 1970 UTC.
    pub(super) now: u64,
    /// Bytes that this node's client has not written to the servers.
    pub(super) dirty: Result<u64, String>,
    /// Files below the paths that processes of this node may still write to.
    pub(super) open: Result<Vec<String>, String>,
    /// The scan, and when it began.
    pub(super) scan: Result<(ScanCounts, u64), String>,
    /// What AWS says.
    pub(super) facts: Result<&'a Facts, String>,
    /// How many clients of the file system are on this node.
    pub(super) clients_here: usize,
    /// Whether the caller says that no other node writes.
    pub(super) is_alone: bool,
}

impl Looks<'_> {
    /// A row for each look, in the order in which they are told.
    pub(super) fn rows(&self) -> Vec<Row> {
        let mut rows = vec![self.dirty(), self.open(), self.clients(), self.scan()];
        match &self.facts {
            Ok(facts) => rows.extend([self.repository(facts), self.queue(facts), self.task(facts)]),
            Err(because) => rows.push(open("aws", because.clone())),
        }
        rows
    }

    fn dirty(&self) -> Row {
        match &self.dirty {
            Ok(0) => seen("dirty", "nothing unwritten on this node".into(), 0, Stand::Fits),
            // They may be of any file, below these paths or not.
            Ok(count) => {
                let told = format!("{} not written yet on this node", bytes(*count));
                seen("dirty", told, 0, Stand::Open)
            }
            Err(because) => open("dirty", because.clone()),
        }
    }

    fn open(&self) -> Row {
        match &self.open {
            Ok(none) if none.is_empty() => {
                seen("open", "no file open for writing on this node".into(), 0, Stand::Fits)
            }
            Ok(some) => {
                let first = some.first().map(String::as_str).unwrap_or_default();
                let count = some.len();
                let told = format!("{count} open for writing on this node, such as {first}");
                seen("open", told, 0, Stand::Against(number(count)))
            }
            Err(because) => open("open", because.clone()),
        }
    }

    /// What other nodes hold open, or have not sent, is not seen from here.
    fn clients(&self) -> Row {
        if self.is_alone {
            return seen("clients", "no other node writes: said by --alone".into(), 0, Stand::Fits);
        }
        let facts = match &self.facts {
            Ok(facts) => facts,
            Err(because) => return open("clients", because.clone()),
        };
        match newest(&facts.clients, self.now) {
            Ok((point, age)) if point.value <= count_as_value(self.clients_here) => {
                let told = format!("{} connections, of this node alone", point.value);
                seen("clients", told, age, Stand::Fits)
            }
            Ok((point, age)) => {
                let told = format!(
                    "{} connections of clients: what other nodes hold open or have not sent is not \
                     seen (--alone says that they do not write)",
                    point.value
                );
                seen("clients", told, age, Stand::Open)
            }
            Err(because) => open("clients", format!("connections of other nodes: {because}")),
        }
    }

    fn scan(&self) -> Row {
        let (counts, at) = match &self.scan {
            Ok((counts, at)) => (counts, *at),
            Err(because) => return open("scan", because.clone()),
        };
        let age = self.now.saturating_sub(at);
        let ScanCounts { files, not_archived, dirty, unknown, .. } = counts;
        let mut told =
            format!("{files} files, {not_archived} without a copy, {dirty} changed since");
        let stand = match not_archived.saturating_add(*dirty) {
            0 if *unknown == 0 => Stand::Proof,
            0 => Stand::Open,
            some => Stand::Against(some),
        };
        if *unknown > 0 {
            let because = counts.unknown_because.as_deref().unwrap_or("no reason is known");
            told = format!("{told}, {unknown} not known ({because})");
        }
        seen("scan", told, age, stand)
    }

    fn age_of(&self, facts: &Facts) -> u64 {
        self.now.saturating_sub(facts.asked_unix_seconds)
    }

    fn repository(&self, facts: &Facts) -> Row {
        let all = match &facts.repositories {
            Ok(all) => all,
            Err(because) => return open("repository", because.clone()),
        };
        let age = self.age_of(facts);
        let mut named = Vec::new();
        for path in self.paths {
            let holding = Holding::of(path, all);
            let below: Vec<_> = holding.below.iter().map(|one| one.path.as_str()).collect();
            match holding.whole {
                None if below.is_empty() => {
                    let files = self.scan.as_ref().map_or(0, |(counts, _)| counts.files);
                    let stand = if files > 0 { Stand::Against(files) } else { Stand::Open };
                    let told = format!("no data repository holds {path}");
                    return seen("repository", told, age, stand);
                }
                None => {
                    let told = format!("of {path} only {} are linked", below.join(", "));
                    return seen("repository", told, age, Stand::Open);
                }
                Some(_) => named.extend(holding.all().map(described)),
            }
            if let Some(ill) = holding.all().find(|one| !can_export(one)) {
                return seen("repository", described(ill), age, Stand::Open);
            }
        }
        named.sort();
        named.dedup();
        seen("repository", named.join("; "), age, Stand::Fits)
    }

    /// Renames and deletions stand in the queue only; the scan does not see them.
    fn queue(&self, facts: &Facts) -> Row {
        let all = facts.repositories.as_deref().unwrap_or_default();
        let is_automatic = |one: &DataRepository| !one.export_events.is_empty();
        let by_itself =
            self.paths.iter().any(|path| Holding::of(path, all).all().any(is_automatic));
        if !by_itself {
            let age = self.age_of(facts);
            return seen("queue", "nothing is exported by itself".into(), age, Stand::Silent);
        }
        match newest(&facts.queue, self.now) {
            Ok((point, age)) if point.value <= 0.0 => {
                let told = "no change of the file system waits for its export".into();
                seen("queue", told, age, Stand::Fits)
            }
            Ok((point, age)) => {
                let told = format!("the oldest change of the file system waits {} s", point.value);
                seen("queue", told, age, Stand::Open)
            }
            Err(because) => open("queue", format!("age of the oldest waiting change: {because}")),
        }
    }

    fn task(&self, facts: &Facts) -> Row {
        let tasks = match &facts.tasks {
            Ok(tasks) => tasks,
            Err(because) => return Row { stand: Stand::Silent, ..open("task", because.clone()) },
        };
        let covers = |task: &&Task| task.is_export() && self.is_covered_by(task);
        let last = tasks.iter().filter(covers).max_by_key(|task| task.created_unix_seconds);
        let Some(task) = last else {
            let told = "no export task of these paths is known".into();
            return seen("task", told, self.age_of(facts), Stand::Silent);
        };
        let at = task.ended_unix_seconds.or(task.counted_unix_seconds);
        let age = at.map_or(self.age_of(facts), |at| self.now.saturating_sub(at));
        let newest = match &self.scan {
            Ok((counts, _)) => counts.newest_change_unix_seconds,
            Err(_) => None,
        };
        let (stand, why) = judged(task, newest);
        seen("task", format!("{}{why}", progress(task)), age, stand)
    }

    fn is_covered_by(&self, task: &Task) -> bool {
        let is_covered = |path: &String| {
            task.paths.is_empty() || task.paths.iter().any(|folder| is_within(path, folder))
        };
        self.paths.iter().all(is_covered)
    }
}

/// What a task proves: only what was there when it began.
fn judged(task: &Task, newest_change: Option<u64>) -> (Stand, &'static str) {
    if !task.is_proof() {
        return (Stand::Silent, "");
    }
    let began = task.started_unix_seconds.or(task.created_unix_seconds);
    match (began, newest_change) {
        (Some(began), Some(changed)) if changed < began => (Stand::Proof, ""),
        (Some(_), Some(_)) => {
            (Stand::Silent, "; a file was changed after it began, so it proves nothing")
        }
        _ => (Stand::Silent, "; when files were last changed is not known, so it proves nothing"),
    }
}

/// A task and its counts, in words.
pub fn progress(task: &Task) -> String {
    let number = |count: Option<u64>| count.map_or_else(|| "?".into(), |count| count.to_string());
    let Task { id, lifecycle, total, succeeded, failed, .. } = task;
    let counts =
        format!("{} of {} files, {} failed", number(*succeeded), number(*total), number(*failed));
    let failure = task.failure.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
    format!("{id} {lifecycle}: {counts}{failure}")
}

/// Whether an association can export now.
pub(super) fn can_export(one: &DataRepository) -> bool {
    matches!(one.lifecycle.as_deref(), Some("AVAILABLE" | "UPDATING"))
}

fn described(one: &DataRepository) -> String {
    let events = match one.export_events.as_slice() {
        [] => "nothing by itself".to_owned(),
        events => events.join("+"),
    };
    let state = one.lifecycle.as_deref().unwrap_or("in an unknown state");
    let why = one.failure.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
    format!("{} is {state}{why}; exports {events}", association::name(one))
}

/// The newest value, where it is new enough, and its age.
pub(super) fn newest(
    points: &Result<Vec<Point>, String>,
    now: u64,
) -> Result<(Point, u64), String> {
    let points = points.as_ref().map_err(Clone::clone)?;
    let point = points.first().ok_or("CloudWatch has no value of the last 20 minutes")?;
    let age = now.saturating_sub(point.at_unix_seconds);
    if age > FRESH_SECONDS {
        return Err(format!("CloudWatch's last value is {age} s old"));
    }
    Ok((*point, age))
}

/// A count as a metric has it; none is large enough to lose its last digit.
pub(super) fn count_as_value(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn seen(evidence: &'static str, told: String, age: u64, stand: Stand) -> Row {
    Row { evidence, told, age_seconds: Some(age), stand }
}

fn open(evidence: &'static str, because: String) -> Row {
    Row { evidence, told: because, age_seconds: None, stand: Stand::Open }
}
