//! `Custom:FsxLustreMounts`: one entry for every Lustre mount of this node, and for those that should be
//! there.

use super::UNKNOWN;
use super::fit::Entry;
use crate::checks::utc;
use crate::facts::{Clients, LustreMount, MountAnswer, NodeFacts, Observed};
use crate::status::{DirectoryStatus, ImportSummary, State, Status};
use fsxlustre_mount::record::Maker;
use fsxlustre_mount::source::Device;
use std::collections::BTreeMap;

/// The name of the type.
pub(super) const TYPE: &str = "Custom:FsxLustreMounts";

/// The entries: one that says so where there is no mount, or where that is not known, since what is not
/// told anew stays as it was told last.
pub(super) fn entries(
    status: Result<&Status, &String>,
    node: &NodeFacts,
    differing: &BTreeMap<String, Vec<String>>,
) -> Vec<Entry> {
    let state = |text: String| vec![Entry::from([("MountPoint", String::new()), ("State", text)])];
    match status {
        Err(because) => state(format!("{UNKNOWN}: {because}")),
        Ok(status) if status.directories.is_empty() => state("nothing mounted".into()),
        Ok(status) => status.directories.iter().map(|one| entry(one, node, differing)).collect(),
    }
}

fn entry(
    one: &DirectoryStatus,
    node: &NodeFacts,
    differing: &BTreeMap<String, Vec<String>>,
) -> Entry {
    let device = one.device.as_deref().and_then(Device::parse);
    let fs_name = device.as_ref().map(|device| device.fsname.clone());
    let mount =
        node.mounts.value().and_then(|all| all.iter().find(|m| m.directory == one.directory));
    // Of a mount that is not by us nobody knows here what was asked for but fstab.
    let of_fstab = mount.and_then(|mount| mount.missing.value());
    let options = differing.get(&one.directory).or(of_fstab);
    let text = |value: Option<String>| value.unwrap_or_else(|| UNKNOWN.into());
    Entry::from([
        ("MountPoint", one.directory.clone()),
        ("State", state(one.state).into()),
        ("FileSystemId", text(file_system_id(one))),
        ("FsName", text(fs_name.clone())),
        ("Device", text(one.device.clone())),
        ("MadeBy", made_by(one)),
        ("Answers", answers(one, mount, &node.mounts)),
        ("Connections", one.imports.as_ref().map_or("none".into(), connections)),
        ("Evicted", evicted(one, fs_name.as_deref(), &node.clients)),
        ("Drift", drift(one, options, fs_name.as_deref(), &node.clients)),
        ("Leases", one.leases.len().to_string()),
    ])
}

fn state(state: State) -> &'static str {
    match state {
        State::Mounted => "mounted",
        State::Gone => "gone",
        State::Begun => "begun",
        State::Failed => "failed",
        State::Unmounting => "unmounting",
    }
}

/// As the record has it, else of a device that names an FSx server.
fn file_system_id(one: &DirectoryStatus) -> Option<String> {
    let recorded = one.record.as_ref().and_then(|record| record.file_system_id.clone());
    recorded.or_else(|| {
        let label = one.device.as_deref()?.split(['.', '@', ':', '/']).next()?;
        let is_id = label.starts_with("fs-") && label.len() > 3;
        is_id.then(|| label.to_owned())
    })
}

fn made_by(one: &DirectoryStatus) -> String {
    match one.record.as_ref().map(|record| &record.made_by) {
        None => "not fsxlustre".into(),
        Some(Maker::Fstab) => "fstab".into(),
        Some(Maker::Person) => "person".into(),
        Some(Maker::Ssm) => "ssm".into(),
        Some(Maker::Job(_)) => "job".into(),
    }
}

/// Whether statvfs(2) of it returned within the time that it was given.
fn answers(
    one: &DirectoryStatus,
    mount: Option<&LustreMount>,
    all: &Observed<Vec<LustreMount>>,
) -> String {
    match (mount.map(|mount| &mount.answer), all) {
        _ if one.state != State::Mounted => "not mounted".into(),
        (Some(MountAnswer::Answers), _) => "yes".into(),
        (Some(MountAnswer::Fails(because)), _) => format!("no: {because}"),
        (Some(MountAnswer::Silent(_)), _) => "no: silent".into(),
        (Some(MountAnswer::NotAsked(because)), _) | (None, Observed::Unknown { because, .. }) => {
            format!("{UNKNOWN}: {because}")
        }
        (None, Observed::Known { .. }) => UNKNOWN.into(),
    }
}

/// `ok`, or what is not; how many are FULL and how many IDLE is another at every moment.
fn connections(summary: &ImportSummary) -> String {
    let mut wrong: Vec<String> = Vec::new();
    for (kind, by_state) in &summary.counts {
        let is_well = |state: &str| matches!(state, "FULL" | "IDLE");
        let states = by_state.iter().filter(|(state, _)| !is_well(state));
        wrong.extend(states.map(|(state, count)| format!("{count} {kind} {state}")));
    }
    match &summary.unknown {
        _ if !wrong.is_empty() => wrong.join(", "),
        Some(because) => format!("{UNKNOWN}: {because}"),
        None => "ok".into(),
    }
}

/// When a server last took back this client's locks, as far as its connections remember.
fn evicted(one: &DirectoryStatus, fs_name: Option<&str>, clients: &Observed<Clients>) -> String {
    if one.state != State::Mounted {
        return "not mounted".into();
    }
    let clients = match clients {
        Observed::Known { value, .. } => value,
        Observed::Unknown { because, .. } => return format!("{UNKNOWN}: {because}"),
    };
    let targets: Vec<_> =
        clients.targets.iter().filter(|target| Some(&*target.fs_name) == fs_name).collect();
    let last = targets.iter().filter_map(|target| target.evicted_unix_seconds).max();
    match last {
        Some(at) => {
            let of = targets.iter().filter(|target| target.evicted_unix_seconds.is_some()).count();
            format!("by {of}, last {}", utc(at))
        }
        None if targets.is_empty() || !targets.iter().all(|target| target.is_history_read) => {
            UNKNOWN.into()
        }
        None => "no".into(),
    }
}

/// What of it is not as it was asked for: that it is not mounted, its options, the client's settings.
fn drift(
    one: &DirectoryStatus,
    options: Option<&Vec<String>>,
    fs_name: Option<&str>,
    clients: &Observed<Clients>,
) -> String {
    match one.state {
        State::Gone => return "not mounted".into(),
        State::Mounted => {}
        State::Begun | State::Failed | State::Unmounting => return "none".into(),
    }
    let (Some(options), Some(clients)) = (options, clients.value()) else { return UNKNOWN.into() };
    let mut all: Vec<String> = options.iter().map(|word| format!("option {word}")).collect();
    let changed = clients.drifted.iter().filter(|drifted| Some(&*drifted.fs_name) == fs_name);
    all.extend(changed.map(|drifted| format!("setting {}", drifted.key)));
    all.dedup();
    if all.is_empty() { "none".into() } else { all.join(", ") }
}
