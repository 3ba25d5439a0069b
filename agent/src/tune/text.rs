//! Plans, and what was done, for people: devices of which the same is true in one line.

use super::apply::{Applied, Reverted, Written};
use super::client::Meant;
use super::data::{How, TuningData};
use super::elsewhere::LnetRow;
use super::files::{ClientValues, Place};
use super::kept::Kept;
use super::persist::ModuleRow;
use super::plan::{ClientPlan, Row, Stand};
use super::wanted::{NodeSize, Wanted, Wishes, gib};
use std::fmt::Write as _;

/// Width of the column of keys.
const KEY: usize = 32;
/// Width of the column of values.
const VALUES: usize = 22;

/// Adds a line; writing to a String does not fail.
macro_rules! line {
    ($text:expr, $($arguments:tt)*) => {{ let _ = writeln!($text, $($arguments)*); }};
}

/// What of the node decided.
pub fn size_text(node: &NodeSize) -> String {
    let cpus = node.cpus.map_or_else(|| "CPUs unknown".to_owned(), |cpus| format!("{cpus} CPUs"));
    let memory = node.memory_bytes.map_or_else(|| "memory unknown".to_owned(), gib);
    let client = node.client.as_deref().unwrap_or("unknown");
    let efa = match node.has_efa {
        Some(true) => "EFA",
        Some(false) => "no EFA",
        None => "EFA unknown",
    };
    format!("{cpus}, {memory}, client {client}, {efa}")
}

/// `p7lsxbev-ff357431481cc000 on /fsx`.
fn about(meant: &Meant) -> String {
    let directories: Vec<_> =
        meant.directories.iter().map(|one| one.display().to_string()).collect();
    let on = if directories.is_empty() {
        String::new()
    } else {
        format!(" on {}", directories.join(", "))
    };
    format!("{}{on}", meant.client.name())
}

fn devices(count: usize) -> String {
    if count == 1 { "1 device".into() } else { format!("{count} devices") }
}

/// What of a row devices have in common.
fn alike(row: &Row) -> (&str, Option<u64>, bool, &Stand, &Option<String>) {
    // Of what moves by itself the number says nothing.
    let now = row.now.filter(|_| !row.is_free);
    (&row.place.key, now, row.is_free, &row.stand, &row.note)
}

fn grouped(rows: &[Row]) -> Vec<(&Row, usize)> {
    let mut groups: Vec<(&Row, usize)> = Vec::new();
    for row in rows {
        match groups.iter_mut().find(|(first, _)| alike(first) == alike(row)) {
            Some((_, count)) => *count += 1,
            None => groups.push((row, 1)),
        }
    }
    groups
}

/// In the order of the data.
fn in_order<'a>(data: &TuningData, mut groups: Vec<(&'a Row, usize)>) -> Vec<(&'a Row, usize)> {
    let place = |key: &str| data.settings.iter().position(|setting| setting.key == key);
    groups.sort_by_key(|(row, _)| place(&row.place.key));
    groups
}

fn now_text(row: &Row) -> String {
    match (row.is_free, row.now) {
        (true, _) => "not set".into(),
        (false, Some(now)) => now.to_string(),
        (false, None) => "?".into(),
    }
}

/// What would be done on each client.
pub fn plan_text(
    data: &TuningData,
    wishes: &Wishes,
    node: &NodeSize,
    clients: &[(Meant, ClientPlan)],
    (modules, lnet): (&[ModuleRow], &[LnetRow]),
) -> String {
    let mut text = String::new();
    line!(
        text,
        "profile {}, data of {}; this node: {}",
        wishes.profile,
        data.date,
        size_text(node)
    );
    if wishes.wanted.is_empty() && wishes.undecided.is_empty() {
        line!(text, "it wants nothing of a node of this size");
    }
    for (meant, plan) in clients {
        line!(text, "\n{}", about(meant));
        for (row, count) in in_order(data, grouped(&plan.rows)) {
            text += &row_text(wishes, row, count);
        }
        for key in &plan.unknown {
            line!(text, "  {key:KEY$} this client does not have it: passed over");
        }
    }
    text += &modules_text(wishes, modules);
    text += &elsewhere_text(wishes, lnet);
    text
}

fn row_text(wishes: &Wishes, row: &Row, count: usize) -> String {
    let (key, now) = (&row.place.key, now_text(row));
    let (values, how) = match &row.stand {
        Stand::Holds => (now, "holds".to_owned()),
        Stand::Differs { to } => (format!("{now} -> {to}"), "set_param".to_owned()),
        Stand::Drifted { set } => (
            now,
            format!("somebody changed it since it was set to {set}: left (--replace sets it)"),
        ),
        Stand::Impossible { because } => (now, format!("cannot be set: {because}")),
    };
    let mut text = String::new();
    line!(text, "  {key:KEY$} {values:VALUES$} {:10} {how}", devices(count));
    let why = wishes.of_key(key).map(why).filter(|_| row.stand != Stand::Holds);
    for more in [row.note.clone(), why].into_iter().flatten() {
        line!(text, "      {more}");
    }
    text
}

fn why(wanted: &Wanted) -> String {
    format!("wants {}: {} ({})", wanted.shown(), wanted.why, wanted.source)
}

fn modules_text(wishes: &Wishes, modules: &[ModuleRow]) -> String {
    let mut text = String::new();
    if !modules.is_empty() {
        line!(text, "\nmodules");
    }
    for row in modules {
        let Some(wanted) = wishes.of_key(&row.key) else { continue };
        let now = row.now.map_or_else(|| "not loaded".to_owned(), |now| now.to_string());
        let how = match (row.holds, row.is_given, &row.given) {
            (true, _, _) => "holds".to_owned(),
            (false, true, Some((_, file))) => format!("{file} has it: reboot to load it"),
            (false, _, Some((value, file))) => {
                format!("{file} gives {value}: `tune apply --persist`, then a reboot")
            }
            _ => "modprobe.d: `tune apply --persist`, then a reboot".to_owned(),
        };
        let values = if row.holds { now } else { format!("{now} -> {}", wanted.shown()) };
        line!(text, "  {:KEY$} {values:VALUES$} {how}", row.key);
        if !row.holds {
            line!(text, "      {}", why(wanted));
        }
    }
    text
}

/// What is not set here, and what could not be decided.
fn elsewhere_text(wishes: &Wishes, lnet: &[LnetRow]) -> String {
    let mut text = String::new();
    if !lnet.is_empty() {
        line!(text, "\nnot set by fsxlustre, but by AWS's EFA setup");
    }
    for row in lnet {
        let Some(wanted) = wishes.of_key(&row.key) else { continue };
        line!(text, "  {:KEY$} {}", row.key, row.words(wanted));
        line!(text, "      {}", why(wanted));
    }
    if !wishes.undecided.is_empty() {
        line!(text, "\nundecided");
    }
    for one in &wishes.undecided {
        line!(text, "  {:KEY$} {}", one.key, one.because);
    }
    text
}

/// What was done on a client.
pub fn applied_text(
    data: &TuningData,
    wishes: &Wishes,
    meant: &Meant,
    applied: &Applied,
) -> String {
    let mut text = String::new();
    if applied.written.is_empty() && !applied.plan.has_drifted() {
        let set = applied.plan.rows.iter().filter(|row| row.stand == Stand::Holds).count();
        line!(text, "{}: {}: {set} values hold, nothing done", about(meant), wishes.profile);
    } else {
        line!(text, "{}: {}", about(meant), wishes.profile);
    }
    text += &written_text(data, &applied.written);
    for (row, count) in in_order(data, grouped(&applied.plan.rows)) {
        if matches!(row.stand, Stand::Drifted { .. } | Stand::Impossible { .. }) {
            text += &row_text(wishes, row, count);
        }
    }
    for key in &applied.plan.unknown {
        line!(text, "  {key:KEY$} this client does not have it: passed over");
    }
    text
}

fn written_text(data: &TuningData, written: &[Written]) -> String {
    let mut groups: Vec<(&Written, usize)> = Vec::new();
    let is_free = |one: &Written| {
        data.setting(&one.place.key).is_some_and(|setting| setting.while_free.is_some())
    };
    for one in written {
        let alike = |other: &Written| {
            other.place.key == one.place.key
                && other.wanted == one.wanted
                && other.because == one.because
                && (other.before == one.before || is_free(one))
        };
        match groups.iter_mut().find(|(first, _)| alike(first)) {
            Some((_, count)) => *count += 1,
            None => groups.push((one, 1)),
        }
    }
    let mut text = String::new();
    for (one, count) in groups {
        let how = one
            .because
            .as_deref()
            .map_or_else(|| "set, proved".to_owned(), |because| format!("FAILED: {because}"));
        let values = format!("{} -> {}", one.before, one.wanted);
        line!(text, "  {:KEY$} {values:VALUES$} {:10} {how}", one.place.key, devices(count));
    }
    text
}

/// What was put back on a client.
pub fn reverted_text(data: &TuningData, meant: &Meant, reverted: &Reverted) -> String {
    let mut text = String::new();
    if reverted.written.is_empty() && reverted.left.is_empty() {
        line!(text, "{}: nothing of ours is set, nothing done", about(meant));
        return text;
    }
    line!(text, "{}", about(meant));
    text += &written_text(data, &reverted.written);
    for (place, set, now) in &reverted.left {
        let Place { key, device } = place;
        line!(
            text,
            "  {key:KEY$} {now:<VALUES$} {device}: left, somebody changed it since it was set to {set}"
        );
    }
    text
}

/// What stands on a client, what we have set, and what somebody changed since.
pub fn show_text(data: &TuningData, meant: &Meant, values: &ClientValues, kept: &Kept) -> String {
    let mut text = String::new();
    let profile = if kept.profile.is_empty() { "nothing of ours is set" } else { &kept.profile };
    line!(text, "{}: {profile}", about(meant));
    for setting in data.settings.iter().filter(|setting| setting.how == How::SetParam) {
        let mut groups: Vec<(String, String, usize)> = Vec::new();
        for place in values.devices(&setting.key) {
            let moves = setting.while_free.is_some() && values.moves(place);
            let (now, said) = shown(values.value(place), moves, kept, place);
            match groups.iter_mut().find(|(n, s, _)| *n == now && *s == said) {
                Some((_, _, count)) => *count += 1,
                None => groups.push((now, said, 1)),
            }
        }
        for (now, said, count) in groups {
            let unit = &setting.unit;
            let value = format!("{now} {unit}");
            line!(
                text,
                "  {:KEY$} {:VALUES$} {:10} {said}",
                setting.key,
                value.trim(),
                devices(count)
            );
        }
    }
    text
}

fn shown(now: Option<u64>, moves: bool, kept: &Kept, place: &Place) -> (String, String) {
    let text = now.map_or_else(|| "?".to_owned(), |now| now.to_string());
    let entry = kept.entry(place).filter(|entry| !entry.is_raised);
    let before = |before: u64| {
        if before == 0 && place.key.ends_with("lru_size") {
            "not set".to_owned()
        } else {
            before.to_string()
        }
    };
    match entry {
        None if moves => ("not set".into(), String::new()),
        None => (text, String::new()),
        Some(entry) if now == Some(entry.set) => {
            (text, format!("set by us, before {}", before(entry.before)))
        }
        Some(entry) => (
            text,
            format!(
                "changed by somebody else since it was set to {}, before {}",
                entry.set,
                before(entry.before)
            ),
        ),
    }
}
