//! What is wrong with a line of fstab, and how it should read.

mod lustre;
mod systemd;
mod words;

pub(super) use systemd::{longest_mount, timeout_word};

use super::order::{Span, default_timeout};
use super::{LUSTRE, OURS};
use fsxlustre_mount::config::MountDefaults;
use fsxlustre_mount::fstab::{Entry, Field};
use fsxlustre_mount::host::Host;
use serde::Serialize;
use std::collections::BTreeMap;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The line does not do what it is there for, or harms the boot.
    Fail,
    /// It works, until something else goes wrong.
    Warn,
    /// It is worth to be known.
    Note,
}

impl Verdict {
    /// As it is printed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fail => "FAIL",
            Self::Warn => "WARN",
            Self::Note => "NOTE",
        }
    }
}

/// One thing to say of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at: `netdev`, `source`, …
    pub check: &'static str,
    /// How bad it is.
    pub verdict: Verdict,
    /// What is wrong.
    pub what: String,
    /// Why that is wrong.
    pub because: String,
    /// What to write instead.
    #[serde(rename = "do")]
    pub remedy: String,
}

/// A line that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    /// Its number in the file, from 1.
    pub line: usize,
    /// What is mounted, escapes undone.
    pub source: String,
    /// Where.
    pub directory: String,
    /// `fsxlustre` or `lustre`.
    #[serde(rename = "type")]
    pub fs_type: String,
    /// Its options.
    #[serde(skip)]
    pub options: Vec<String>,
    /// The unit that systemd-fstab-generator makes of it, where it was asked.
    pub unit: Option<String>,
    /// What there is to say of it.
    pub findings: Vec<Finding>,
    /// The whole line as it should read, where that can be told.
    pub write: Option<String>,
}

/// What lines are measured against.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// This machine.
    pub host: &'a Host,
    /// `[mount]` of the configuration.
    pub defaults: &'a MountDefaults,
    /// How long systemd gives a mount unit that says nothing.
    pub unit_timeout: Span,
}

impl<'a> Surroundings<'a> {
    /// This machine's.
    pub fn of(host: &'a Host, defaults: &'a MountDefaults) -> Self {
        Self { host, defaults, unit_timeout: default_timeout(host) }
    }
}

/// A line under judgement: what was found, and what it turns into meanwhile.
struct Line<'a> {
    around: &'a Surroundings<'a>,
    /// As it stands in the file.
    entry: &'a Entry,
    /// As it should read.
    corrected: Entry,
    findings: Vec<Finding>,
}

impl Line<'_> {
    fn say(&mut self, check: &'static str, verdict: Verdict, words: [&str; 3]) {
        let [what, because, remedy] = words.map(str::to_owned);
        self.findings.push(Finding { check, verdict, what, because, remedy });
    }

    /// Changes the options of the corrected line.
    fn correct(&mut self, change: impl FnOnce(&mut Vec<String>)) {
        let mut options = self.corrected.options();
        change(&mut options);
        self.corrected = self.corrected.with_options(&options);
    }

    /// Takes a word out of the corrected line.
    fn remove(&mut self, word: &str) {
        self.correct(|options| options.retain(|option| option != word));
    }
}

/// Whether a list has a word, with a value or without one.
pub(super) fn has(options: &[String], name: &str) -> bool {
    options.iter().any(|word| word.split('=').next() == Some(name))
}

/// The value of the last word of that name.
fn value<'o>(options: &'o [String], name: &str) -> Option<&'o str> {
    options.iter().rev().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
}

/// Judges every line of our type and of Lustre's.
pub fn judge(entries: &[Entry], around: &Surroundings<'_>) -> Vec<Judged> {
    let mut first_on: BTreeMap<String, &Entry> = BTreeMap::new();
    let mut judged = Vec::new();
    for entry in entries {
        let first = *first_on.entry(entry.directory()).or_insert(entry);
        let is_second = first.number != entry.number;
        let collides = is_second && is_lustre(first);
        if !is_lustre(entry) && !collides {
            continue;
        }
        let mut one =
            if is_lustre(entry) { judge_line(entry, around) } else { of_another_type(entry) };
        if is_second && entry.directory().starts_with('/') {
            one.findings.push(duplicate(entry, first));
            one.write = None;
        }
        if is_lustre(entry) || !one.findings.is_empty() {
            judged.push(one);
        }
    }
    judged
}

fn is_lustre(entry: &Entry) -> bool {
    matches!(entry.written(Field::Type), OURS | LUSTRE)
}

fn of_another_type(entry: &Entry) -> Judged {
    Judged {
        line: entry.number,
        source: entry.word(Field::Source),
        directory: entry.directory(),
        fs_type: entry.word(Field::Type),
        options: entry.options(),
        unit: None,
        findings: Vec::new(),
        write: None,
    }
}

fn judge_line(entry: &Entry, around: &Surroundings<'_>) -> Judged {
    let (findings, corrected) = look(entry, around);
    let is_changed = corrected.text() != entry.text();
    // A line is only recommended when nothing is wrong with it any more.
    let is_right = is_changed && {
        let (left, _) = look(&corrected, around);
        !left.iter().any(|finding| finding.verdict == Verdict::Fail)
    };
    let write = is_right.then(|| corrected.text().to_owned());
    Judged { findings, write, ..of_another_type(entry) }
}

fn look(entry: &Entry, around: &Surroundings<'_>) -> (Vec<Finding>, Entry) {
    let mut line = Line { around, entry, corrected: entry.clone(), findings: Vec::new() };
    words::directory(&mut line);
    if entry.written(Field::Type) == OURS {
        words::source(&mut line);
        words::options(&mut line);
        systemd::netdev(&mut line);
        systemd::timeout(&mut line);
    } else {
        lustre::source(&mut line);
        lustre::options(&mut line);
    }
    systemd::boot(&mut line);
    systemd::order(&mut line);
    words::pass(&mut line);
    line.findings.sort_by_key(|finding| finding.verdict);
    (line.findings, line.corrected)
}

fn duplicate(entry: &Entry, first: &Entry) -> Finding {
    Finding {
        check: "duplicate",
        verdict: Verdict::Fail,
        what: format!("line {} mounts on {} too", first.number, entry.directory()),
        because: "systemd makes a unit of the first line only, and `mount -a` one mount above the \
                  other"
            .into(),
        remedy: "remove one of the two lines, or change its directory".into(),
    }
}

#[cfg(test)]
mod tests;
