//! The status for people: aligned, and safe for a terminal whatever a source or an option has in it.

use super::{DirectoryStatus, ImportSummary, Recorded, State, Status};
use fsxlustre_mount::failure::one_line;
use fsxlustre_mount::record::{Maker, Origin};
use std::fmt::Write as _;

impl Status {
    /// The text.
    pub fn text(&self) -> String {
        let mut text = self.directories.iter().map(block).collect::<Vec<_>>().join("\n");
        if self.directories.is_empty() {
            text = "no Lustre file system is mounted here, and none is recorded\n".into();
        }
        for trouble in &self.troubles {
            let _ = writeln!(text, "could not be read: {}", one_line(trouble));
        }
        text
    }
}

fn block(one: &DirectoryStatus) -> String {
    let mut rows = Vec::new();
    let mut row = |name, value: String| rows.push((name, value));
    if let Some(record) = &one.record {
        row("source", record.source.clone());
    }
    if let Some(device) = &one.device {
        row("device", device.clone());
    }
    if let Some(id) = one.record.as_ref().and_then(|record| record.file_system_id.clone()) {
        row("file system", id);
    }
    match &one.record {
        Some(record) => row("made by", made_by(record)),
        None if one.state == State::Mounted => row("made by", "not by fsxlustre".into()),
        None => {}
    }
    if let Some(pid) = one.stuck_pid {
        row("stuck", format!("process {pid} waits in the kernel; it cannot be ended"));
    }
    if let Some(pid) = one.unmounting_pid {
        row("unmounting", format!("process {pid} is at it"));
    }
    if let Some(other) = &one.resolves_elsewhere {
        let (id, age) = (&other.file_system_id, ago(other.age_seconds));
        row("tags", format!("named {id} when AWS was asked {age}: unmount and mount to follow"));
    }
    if !one.leases.is_empty() {
        row("used by", one.leases.join(", "));
    }
    if !one.options.is_empty() {
        row("options", one.options.join(","));
    }
    if let Some(imports) = &one.imports {
        row("imports", import_text(imports));
    }
    if let Some(failed) = &one.last_failure {
        let failure = &failed.failure;
        row("failed", format!("{} [{}] {}", ago(failed.age_seconds), failure.code, failure.what));
        row("  because", failure.because.clone());
        row("  do", failure.remedy.clone());
    }
    let mut text = format!("{}  {}\n", one_line(&one.directory), state_text(one.state));
    for (name, value) in rows {
        let _ = writeln!(text, "  {name:<13}{}", one_line(&value));
    }
    text
}

fn state_text(state: State) -> &'static str {
    match state {
        State::Mounted => "mounted",
        State::Gone => "NOT MOUNTED any more, though fsxlustre mounted it",
        State::Begun => "NOT MOUNTED: a mount goes on, or was cut short",
        State::Failed => "NOT MOUNTED: the last mount failed",
        State::Unmounting => "NOT MOUNTED any more: the kernel is still unmounting it",
    }
}

fn made_by(record: &Recorded) -> String {
    let maker = match &record.made_by {
        Maker::Fstab => "fstab".into(),
        Maker::Person => "a person".into(),
        Maker::Ssm => "SSM Run Command".into(),
        Maker::Job(key) => format!("job {key}"),
    };
    let place = match record.origin {
        Origin::Given => "",
        Origin::Api => ", found by the FSx API",
        Origin::Map => ", found in the map",
        Origin::Cache => ", found in the cache",
        Origin::SharedCache => ", found in the shared cache file",
        Origin::StaleCache => ", found in a stale cache",
    };
    let origin = match record.origin {
        Origin::Cache | Origin::SharedCache | Origin::StaleCache => {
            format!(
                "{place}, by an answer of {}",
                ago(record.age_seconds.saturating_add(record.answer_age_seconds))
            )
        }
        _ => place.to_owned(),
    };
    let late = if record.came_up_late { "; it came up after its caller had given up" } else { "" };
    format!("{maker}, {}{origin}{late}", ago(record.age_seconds))
}

fn import_text(imports: &ImportSummary) -> String {
    let kinds: Vec<String> = imports
        .counts
        .iter()
        .map(|(kind, states)| {
            let states: Vec<_> =
                states.iter().map(|(state, count)| format!("{count} {state}")).collect();
            format!("{kind} {}", states.join(", "))
        })
        .collect();
    match (&imports.unknown, kinds.is_empty()) {
        (None, _) => kinds.join("; "),
        (Some(why), true) => format!("unknown: {why}"),
        (Some(why), false) => format!("{}; not whole: {why}", kinds.join("; ")),
    }
}

/// `5 s ago`, `3 min ago`, `7 h ago`, `12 d ago`.
fn ago(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s ago"),
        120..7200 => format!("{} min ago", seconds / 60),
        7200..172_800 => format!("{} h ago", seconds / 3600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_short() {
        let ages = [5, 119, 120, 7199, 7200, 172_800].map(ago);
        assert_eq!(
            ages,
            ["5 s ago", "119 s ago", "2 min ago", "119 min ago", "2 h ago", "2 d ago"]
        );
    }
}
