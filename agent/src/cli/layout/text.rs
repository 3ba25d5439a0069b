//! What the layout commands print.

use crate::layout::{Counted, Decision, Found, LayoutFound, Report, Stopped, Verb};
use fsxlustre_mount::failure::{Failure, FailureRecord};
use serde_json::{Value, json as object};
use std::path::PathBuf;

/// One block of lines for each directory.
pub(super) fn words(reports: &[Report], not_mounted: &[PathBuf], verb: Verb) -> String {
    let known = reports.iter().filter_map(|report| Some((report, report.result.as_ref().ok()?)));
    let blocks = known.map(|(report, found)| block(report, found, verb) + &more(found));
    let absent = not_mounted
        .iter()
        .map(|directory| format!("{}: its file system is not mounted here\n", directory.display()));
    blocks.chain(absent).collect()
}

/// What a user should know, and the files that the layout came too late for.
fn more(found: &Found) -> String {
    let Some(layout) = &found.layout else { return String::new() };
    let notes = layout.notes.iter().filter(|_| !matches!(layout.decision, Decision::Holds));
    let mut lines: Vec<String> = notes.map(|note| format!("  note:    {note}\n")).collect();
    match &layout.files {
        None => {}
        Some(Err(failure)) => {
            lines.push(format!("  files:   not counted: {}: {}\n", failure.what, failure.because));
        }
        Some(Ok(counted)) => {
            lines.push(format!("  files:   {}\n", counted_words(counted)));
            if counted.differ > 0 {
                lines.push(format!("  migrate: {}\n", migrate(layout)));
            }
        }
    }
    lines.concat()
}

fn counted_words(counted: &Counted) -> String {
    let Counted { files, differ, unread, entries, stopped, example } = counted;
    let example = example.as_deref().unwrap_or_default();
    let files = match (*files, *differ) {
        (0, _) => "none there yet".to_owned(),
        (files, 0) => format!("all {files} have this layout"),
        (files, differ) => format!(
            "{differ} of {files} have another layout (such as {example}); only new files get this one"
        ),
    };
    let unread = if *unread > 0 { format!("; {unread} could not be read") } else { String::new() };
    let stopped = match stopped {
        Some(Stopped::Entries) => format!("; it stopped after {entries} names"),
        Some(Stopped::Time) => format!("; it stopped after its time, at {entries} names"),
        None => String::new(),
    };
    files + &unread + &stopped
}

/// The command that would rewrite them. It copies every file's data, so it is never run here.
fn migrate(layout: &LayoutFound) -> String {
    let arguments = layout.wanted.setstripe_arguments().join(" ");
    let directory = layout.before.path.display();
    format!(
        "lfs find {directory} -type f -print0 | xargs -0 -n 1 lfs migrate {arguments}\n           \
         (copies the data of each; not while a program writes to it)"
    )
}

fn block(report: &Report, found: &Found, verb: Verb) -> String {
    let directory = report.directory.display();
    let profile = report.profile.as_deref().unwrap_or("none");
    let arranged = match found.arranged.as_slice() {
        [] => String::new(),
        done => format!("  done:    {}\n", done.join(", ")),
    };
    let Some(layout) = &found.layout else {
        let missing = match (found.missing, &report.profile) {
            (true, Some(_)) => format!("is to be made, with the profile {profile}"),
            (true, None) => "is to be made".into(),
            (false, _) => "is there".into(),
        };
        return format!("{directory}: {missing}\n{arranged}");
    };
    let LayoutFound { before, wanted, decision, command, after, .. } = layout;
    let (stands, by) = (&before.layout, before.read_by.words());
    match (decision, after) {
        (Decision::Holds, _) if verb == Verb::Verify => format!("{directory}: {stands}: holds\n"),
        (Decision::Holds, _) if arranged.is_empty() => {
            format!("{directory}: {stands}: holds already, nothing done\n")
        }
        (Decision::Holds, _) => format!("{directory}: {stands}: holds already\n{arranged}"),
        (_, Some(after)) => format!(
            "{directory}\n{arranged}  before:  {stands}\n  ran:     {command}\n  \
             proved:  {after} (lfs getstripe)\n"
        ),
        (Decision::Set, None) => format!(
            "{directory}\n  stands:  {stands} ({by})\n  wanted:  {profile}: {wanted}\n  \
             run:     {command}\n"
        ),
        (Decision::Leave(why), None) => format!(
            "{directory}\n  stands:  {stands} ({by})\n  wanted:  {profile}: {wanted}\n  \
             left:    {why}; --replace sets it over that\n  run:     {command}\n"
        ),
    }
}

/// One object a directory, in an array.
pub(super) fn json(reports: &[Report], not_mounted: &[PathBuf], verb: Verb) -> String {
    let absent = |directory: &PathBuf| object!({ "directory": directory.display().to_string(), "state": "not mounted" });
    let all = reports.iter().map(|report| one(report, verb));
    let all: Vec<Value> = all.chain(not_mounted.iter().map(absent)).collect();
    format!("{}\n", Value::from(all))
}

fn one(report: &Report, verb: Verb) -> Value {
    let directory = report.directory.display().to_string();
    let mut value = object!({ "directory": directory, "profile": report.profile });
    let parts = match &report.result {
        Err(failure) => object!({ "state": "failed", "failure": FailureRecord::from(failure) }),
        Ok(Found { layout: None, missing, arranged }) => {
            let state = if *missing { "missing" } else { "there" };
            object!({ "state": state, "arranged": arranged })
        }
        Ok(Found { layout: Some(layout), arranged, .. }) => object!({
            "state": state(layout, verb),
            "arranged": arranged,
            "found": layout.before.layout.to_string(),
            "read_by": layout.before.read_by.words(),
            "wanted": layout.wanted.to_string(),
            "command": layout.command,
            "proved": layout.after.as_ref().map(ToString::to_string),
            "notes": layout.notes,
            "files": layout.files.as_ref().map(files),
        }),
    };
    if let (Some(value), Value::Object(parts)) = (value.as_object_mut(), parts) {
        value.extend(parts);
    }
    value
}

fn files(counted: &Result<Counted, Failure>) -> Value {
    match counted {
        Err(failure) => object!({ "failure": FailureRecord::from(failure) }),
        Ok(counted) => object!({
            "read": counted.files,
            "differ": counted.differ,
            "unread": counted.unread,
            "entries": counted.entries,
            "stopped": match counted.stopped {
                None => Value::Null,
                Some(Stopped::Entries) => "entries".into(),
                Some(Stopped::Time) => "time".into(),
            },
        }),
    }
}

fn state(layout: &LayoutFound, verb: Verb) -> &'static str {
    match (&layout.decision, verb) {
        (Decision::Holds, _) => "holds",
        (Decision::Leave(_), _) => "left",
        (Decision::Set, Verb::Apply) => "set",
        (Decision::Set, Verb::Plan | Verb::Verify) => "differs",
    }
}
