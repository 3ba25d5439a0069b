//! What the commands print.

use crate::staging::hsm::{Asked, Counts, Skipped, Tally, Verb, Waited};
use indicatif::{HumanBytes, HumanDuration};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One line of JSON: an object, and what it is.
pub(super) fn line(event: &str, value: &Value) -> String {
    let mut object = json!({ "event": event });
    if let (Some(object), Value::Object(parts)) = (object.as_object_mut(), value.clone()) {
        object.extend(parts);
    }
    format!("{object}\n")
}

/// The result of one path.
pub(super) fn status_json(path: &Path, counts: &Counts) -> String {
    let is_whole = counts.is_whole();
    line(
        "status",
        &json!({ "path": path, "counts": counts, "whole": is_whole, "overall": overall(counts) }),
    )
}

/// The same in words.
pub(super) fn status(path: &str, counts: &Counts) -> String {
    let mut text = format!("{path}\n");
    let mut row = |name: &str, tally: Tally, what: &str| {
        let (files, bytes) = (tally.files, HumanBytes(tally.bytes).to_string());
        let _ = writeln!(text, "  {name:<15} {files:>11} {bytes:>12}  {what}");
    };
    row("files", counts.total, &format!("in {} directories", counts.directories));
    row("archived", counts.archived, "the archive has them as they stand");
    row("dirty", counts.dirty, "written since they were archived");
    row("never archived", counts.never_archived, "the archive has no whole copy");
    row("released", counts.released, "in the archive only: a read waits for the restore");
    if counts.lost.files > 0 {
        row("lost", counts.lost, "the archive lost its copy");
    }
    let more = match counts.not_asked {
        0 => String::new(),
        more => format!("at least: {more} files were not asked (--questions)"),
    };
    row("waiting", counts.waiting, &format!("requests that wait{}", after(&more)));
    row("running", counts.running, &format!("requests at work{}", after(&more)));
    for (name, reasons) in [("unknown", &counts.unknown), ("not read", &counts.unread)] {
        for (reason, count) in reasons {
            let what = if name == "unknown" { "files" } else { "directories" };
            let _ = writeln!(text, "  {name:<15} {count:>11} {what:>12}  {reason}");
        }
    }
    let passed = passed_over(counts.skipped);
    if !passed.is_empty() {
        let _ = writeln!(text, "  {:<15} {passed}", "passed over");
    }
    let _ = writeln!(text, "  {:<15} {}", "overall", overall(counts));
    text
}

fn after(more: &str) -> String {
    if more.is_empty() { String::new() } else { format!(", {more}") }
}

fn passed_over(skipped: Skipped) -> String {
    let Skipped { symlinks, special, other_mounts, hard_links } = skipped;
    [
        (symlinks, "symbolic links"),
        (special, "FIFOs, sockets and devices"),
        (other_mounts, "on other mounts"),
        (hard_links, "further names of the same files"),
    ]
    .iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect::<Vec<_>>()
    .join(", ")
}

/// All of it in one sentence, which says no more than is known.
pub(super) fn overall(counts: &Counts) -> String {
    let (total, not_archived) = (counts.total.files, counts.not_archived().files);
    let (unknown, unread) = (counts.unknown_files(), counts.unread.values().sum::<u64>());
    let known = total - unknown;
    let mut text = match (known, not_archived) {
        (0, _) => "no file's state is known".to_owned(),
        (_, 0) => format!("the archive has all {known} files as they stand"),
        (_, some) => format!("{some} of {known} files are not in the archive as they stand"),
    };
    if total == 0 {
        let none = if unread == 0 { "there are no files" } else { "no files were seen" };
        none.clone_into(&mut text);
    }
    match (known, counts.released.files) {
        (0, _) => {}
        (_, 0) => text += "; all are here",
        (_, some) => {
            let _ = write!(text, "; {some} are released");
        }
    }
    if unknown > 0 {
        let _ = write!(text, "; unknown: {unknown} more files");
    }
    if unread > 0 {
        let _ = write!(text, "; unknown: what is in {unread} directories");
    }
    text
}

/// What was asked for.
pub(super) fn asked(verb: Verb, paths: &[PathBuf], asked: &Asked) -> String {
    let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let mut text = format!("{} {}\n", verb.word(), paths.join(" "));
    let mut row = |name: &str, files: u64, what: String| {
        let _ = writeln!(text, "  {name:<15} {files:>11}  {what}");
    };
    let bytes = |tally: Tally| HumanBytes(tally.bytes).to_string();
    row("files", asked.counts.total.files, bytes(asked.counts.total));
    let done = if verb == Verb::Release { "released" } else { "asked for" };
    let requests = format!("{}, in {} requests", bytes(asked.asked), asked.requests);
    row(done, asked.asked.files, requests);
    if asked.again > 0 {
        let why = "an earlier run asked, and they still need it and have no request";
        row("of these again", asked.again, why.into());
    }
    if asked.going.files > 0 {
        row("on their way", asked.going.files, format!("{}, asked before", bytes(asked.going)));
    }
    let needed = asked.pending() + asked.failed + asked.refused_files();
    let others = asked.counts.total.files - asked.counts.unknown_files();
    row("need nothing", others.saturating_sub(needed), String::new());
    for (reason, count) in &asked.refused {
        row("refused", *count, reason.clone());
    }
    if asked.failed > 0 {
        row("failed", asked.failed, String::new());
    }
    let trimmed: Vec<&str> = text.lines().map(str::trim_end).collect();
    trimmed.join("\n") + "\n"
}

/// What was waited for.
pub(super) fn waited(verb: Verb, waited: &Waited) -> String {
    let (done, left) = (waited.done(), waited.left());
    let took = Duration::try_from_secs_f64(waited.seconds).unwrap_or_default();
    let participle = if verb == Verb::Archive { "archived" } else { "restored" };
    let mut text = format!(
        "  {participle:<15} {:>11}  {} in {}\n",
        done.files,
        HumanBytes(done.bytes),
        HumanDuration(took)
    );
    if left.files > 0 {
        let _ =
            writeln!(text, "  {:<15} {:>11}  {}", "not yet", left.files, HumanBytes(left.bytes));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(files: u64) -> Tally {
        Tally { files, bytes: files * 1024 }
    }

    #[test]
    fn the_overall_status_says_no_more_than_is_known() {
        let all = Counts { total: tally(3), archived: tally(3), ..Counts::default() };
        assert_eq!(overall(&all), "the archive has all 3 files as they stand; all are here");
        let released = Counts { released: tally(2), ..all.clone() };
        assert_eq!(overall(&released), "the archive has all 3 files as they stand; 2 are released");
        let mixed = Counts { total: tally(6), dirty: tally(1), never_archived: tally(2), ..all };
        assert!(overall(&mixed).starts_with("3 of 6 files are not in the archive"));
        let mut unread = Counts { total: tally(7), ..mixed };
        unread.unknown.insert("Permission denied".into(), 1);
        unread.unread.insert("Permission denied".into(), 2);
        assert_eq!(
            overall(&unread),
            "3 of 6 files are not in the archive as they stand; all are here; unknown: 1 more files; unknown: what \
             is in 2 directories"
        );
        assert_eq!(overall(&Counts::default()), "there are no files");
        let mut dark = Counts::default();
        dark.unread.insert("Permission denied".into(), 1);
        assert!(overall(&dark).contains("unknown: what is in 1 directories"));
        assert!(!overall(&dark).contains("there are no files;"), "{}", overall(&dark));
    }

    #[test]
    fn an_event_is_one_line() {
        let path = Path::new("/fsx/a\nb");
        let text = status_json(path, &Counts::default());
        assert_eq!(text.lines().count(), 1, "{text}");
        let value: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!((&value["event"], &value["whole"]), (&json!("status"), &json!(true)));
    }
}
