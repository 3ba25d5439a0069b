//! Every Lustre mount of this node, ours or not, and what is known of it without touching any.
//!
//! Reads the list of mounts, our own small files, and, in a child with a deadline, the states of the
//! connections. It sends no RPC, needs no root, and does not care whether a server answers.

mod answer;
mod holders;
mod imports;
mod text;

pub use answer::{DirectoryStatus, Elsewhere, Failed, ImportSummary, Recorded, State, Status};
pub use holders::{AllHolders, DirectoryHolders, UserHolders, all_holders};
pub use imports::{Counts, Imports, Reading, asked_for, tell};

use crate::jobs::Lease;
use answer::FORMAT;
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{Host, Mount, MountTable, read_state, state_names, unix_seconds};
use fsxlustre_mount::id_cache;
use fsxlustre_mount::last_failure::LastFailure;
use fsxlustre_mount::record::MountRecord;
use fsxlustre_mount::source::Device;
use fsxlustre_mount::unmount::Begun;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Looks at this node.
///
/// # Errors
/// The list of mounts cannot be read.
pub fn gather(host: &Host) -> Result<Status, Failure> {
    let reading = Reading::start(host);
    let table = host.mounts().map_err(|error| error.failure())?;
    let mut gathering = Gathering::begin(host, unix_seconds());
    let mut directories = gathering.mounted(&table);
    directories.extend(gathering.not_mounted(&table));
    let imports = match reading {
        Ok(reading) => reading.finish(),
        Err(error) => Imports::unread(error.to_string()),
    };
    for one in &mut directories {
        one.imports = one.device.as_deref().filter(|_| one.state == State::Mounted).map(|device| {
            let counts = Device::parse(device).map(|device| imports.of(&device.fsname));
            summary(counts.unwrap_or_default(), imports.trouble.as_deref())
        });
    }
    Ok(Status {
        format: FORMAT,
        at_unix_seconds: gathering.now,
        directories,
        troubles: gathering.troubles,
    })
}

fn summary(counts: Counts, trouble: Option<&str>) -> ImportSummary {
    let is_whole = !counts.is_empty() && !counts.values().any(|by| by.contains_key("unknown"));
    let unknown = match trouble {
        Some(trouble) => Some(trouble.to_owned()),
        None if is_whole => None,
        None if counts.is_empty() => Some("the client shows no connection of this name".into()),
        None => Some("a file cannot be read or is not understood".into()),
    };
    ImportSummary { counts, unknown }
}

/// What our own files say, and what of them could not be read.
struct Gathering<'a> {
    host: &'a Host,
    now: u64,
    records: BTreeMap<PathBuf, MountRecord>,
    failures: BTreeMap<PathBuf, LastFailure>,
    /// Unmounts that go on.
    unmounts: BTreeMap<PathBuf, Begun>,
    troubles: Vec<String>,
}

impl<'a> Gathering<'a> {
    fn begin(host: &'a Host, now: u64) -> Self {
        let mut troubles = Vec::new();
        let records = records(host, &mut troubles);
        let failures = match LastFailure::all(host) {
            Ok((kept, errors)) => {
                troubles.extend(errors.iter().map(|error| trouble(&error.failure())));
                kept.into_iter().map(|one| (one.directory.clone(), one)).collect()
            }
            Err(error) => {
                troubles.push(trouble(&error.failure()));
                BTreeMap::new()
            }
        };
        let unmounts = Begun::all(host).unwrap_or_else(|failure| {
            troubles.push(trouble(&failure));
            Vec::new()
        });
        let unmounts = unmounts
            .into_iter()
            .filter(Begun::is_running)
            .map(|begun| (begun.target.directory.clone(), begun))
            .collect();
        Self { host, now, records, failures, unmounts, troubles }
    }

    fn mounted(&mut self, table: &MountTable) -> Vec<DirectoryStatus> {
        let lustre = table.mounts.iter().filter(|mount| self.host.is_lustre(mount));
        lustre.cloned().collect::<Vec<_>>().iter().map(|mount| self.mount(mount)).collect()
    }

    fn mount(&mut self, mount: &Mount) -> DirectoryStatus {
        let record = self.records.get(&mount.directory);
        let record = record.filter(|record| record.is_of(self.host, mount)).cloned();
        let device = Device::shown_by(mount).map(|device| device.to_string());
        let mut options: Vec<String> = mount.options.iter().cloned().collect();
        options.extend(mount.super_options.difference(&mount.options).cloned());
        DirectoryStatus {
            mount_id: Some(mount.id),
            device: Some(device.unwrap_or_else(|| mount.source.clone())),
            options,
            ..self.directory(&mount.directory, State::Mounted, record.as_ref())
        }
    }

    /// Directories that have a record, a failure or an unmount that goes on, and no Lustre mount.
    fn not_mounted(&mut self, table: &MountTable) -> Vec<DirectoryStatus> {
        let is_lustre = |path: &Path| {
            table.mounts.iter().any(|m| m.directory == path && self.host.is_lustre(m))
        };
        let known = self.records.keys().chain(self.failures.keys()).chain(self.unmounts.keys());
        let paths: BTreeSet<PathBuf> = known.filter(|path| !is_lustre(path)).cloned().collect();
        paths
            .iter()
            .map(|path| {
                let record = self.records.get(path).cloned();
                let state = match record.as_ref().map(|record| record.mount_id) {
                    _ if self.unmounts.contains_key(path) => State::Unmounting,
                    Some(Some(_)) => State::Gone,
                    Some(None) => State::Begun,
                    None => State::Failed,
                };
                let device = record.as_ref().map(|record| record.device.clone());
                DirectoryStatus { device, ..self.directory(path, state, record.as_ref()) }
            })
            .collect()
    }

    /// The file system that the tags name by now, if it is another one.
    fn elsewhere(&self, record: &MountRecord) -> Option<Elsewhere> {
        let answer = id_cache::tag_answer(self.host, record.look_up.as_deref()?)?;
        let is_other = record.file_system_id.as_ref().is_some_and(|id| *id != answer.names.id);
        is_other.then(|| Elsewhere {
            file_system_id: answer.names.id,
            age_seconds: self.now.saturating_sub(answer.asked_unix_seconds),
        })
    }

    fn directory(
        &mut self,
        path: &Path,
        state: State,
        record: Option<&MountRecord>,
    ) -> DirectoryStatus {
        // No job has this key: every lease counts.
        let leases = Lease::others(self.host, "", path).unwrap_or_else(|failure| {
            self.troubles.push(trouble(&failure));
            Vec::new()
        });
        let attempt = record.and_then(|record| record.stuck_attempt(self.host));
        DirectoryStatus {
            directory: path.display().to_string(),
            state,
            unmounting_pid: self
                .unmounts
                .get(path)
                .and_then(|begun| begun.process.as_ref())
                .map(|process| process.pid),
            resolves_elsewhere: record.and_then(|record| self.elsewhere(record)),
            mount_id: None,
            device: None,
            options: Vec::new(),
            record: record.map(|record| self.recorded(record)),
            leases,
            imports: None,
            last_failure: self.failures.get(path).map(|kept| self.failed(kept)),
            stuck_pid: attempt.map(|attempt| attempt.pid),
        }
    }

    fn recorded(&self, record: &MountRecord) -> Recorded {
        Recorded {
            source: record.source.clone(),
            file_system_id: record.file_system_id.clone(),
            made_by: record.made_by.clone(),
            origin: record.origin,
            answer_age_seconds: record.answer_age_seconds,
            at_unix_seconds: record.written_unix_seconds,
            age_seconds: self.now.saturating_sub(record.written_unix_seconds),
            came_up_late: record.came_up_late,
        }
    }

    fn failed(&self, kept: &LastFailure) -> Failed {
        Failed {
            failure: kept.failure.clone(),
            at_unix_seconds: kept.at_unix_seconds,
            age_seconds: self.now.saturating_sub(kept.at_unix_seconds),
        }
    }
}

/// The records of this boot, by directory.
fn records(host: &Host, troubles: &mut Vec<String>) -> BTreeMap<PathBuf, MountRecord> {
    let any = MountRecord::path(host, Path::new("/"));
    let folder = any.parent().unwrap_or(&host.paths.state);
    let names = state_names(folder).unwrap_or_else(|error| {
        troubles.push(trouble(&error.failure()));
        Vec::new()
    });
    let mut records = BTreeMap::new();
    for name in names {
        match read_state::<MountRecord>(&folder.join(name)) {
            Ok(Some(record)) if record.is_of_this_boot(host) => {
                records.insert(record.directory.clone(), record);
            }
            Ok(_) => {}
            Err(error) => troubles.push(trouble(&error.failure())),
        }
    }
    records
}

fn trouble(failure: &Failure) -> String {
    format!("{}: {}", failure.asked, failure.because)
}
