//! The Lustre mounts of this node: what was asked of each, whether it answers, what it covers.

use super::under::{self, UnderLook};
use super::{Observed, Tree, place};
use fsxlustre_mount::failure::Explain as _;
use fsxlustre_mount::fstab::{Field, entries};
use fsxlustre_mount::host::{Deadline, Host, Mount, MountTable, Program, RunLimits};
use fsxlustre_mount::mount::missing_options;
use fsxlustre_mount::record::MountRecord;
use fsxlustre_mount::source::Device;
use fsxlustre_mount::worker::Work;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A Lustre mount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LustreMount {
    /// Where it is.
    pub directory: String,
    /// The device, as mountinfo shows it.
    pub device: String,
    /// Lustre's name of the file system; `None` when the device is not understood.
    pub fs_name: Option<String>,
    /// The first server's address, as the device has it.
    pub server: Option<String>,
    /// Its options, those of the file system included.
    pub options: Vec<String>,
    /// Options that were asked for and do not hold, with who asked.
    pub missing: Observed<Vec<String>>,
    /// Whether statvfs(2) of it returns.
    pub answer: MountAnswer,
    /// What lies in the directory under it.
    pub covered: Observed<Vec<String>>,
}

/// What statvfs(2) of a mount came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MountAnswer {
    /// It returned.
    Answers,
    /// It returned this error.
    Fails(String),
    /// It did not return within this many milliseconds.
    Silent(u64),
    /// It could not be asked, because of this.
    NotAsked(String),
}

/// Where a directory of the node is on this machine.
fn here(host: &Host, directory: &Path) -> PathBuf {
    if place::is_this_machine(host) {
        return directory.to_owned();
    }
    host.paths.rootfs.join(directory.strip_prefix("/").unwrap_or(directory))
}

pub(super) fn read(host: &Host, deadline: Deadline) -> Observed<Vec<LustreMount>> {
    let from = host.paths.procfs.join("self/mountinfo");
    let from = if from.exists() { from } else { place::proc(host, "self/mountinfo") };
    let named = from.display().to_string();
    let table = match MountTable::read(&from) {
        Ok(table) => table,
        Err(error) => return Observed::unknown(error.because(), named),
    };
    let fstab = Tree::of(host).text("etc/fstab");
    let lustre: Vec<&Mount> = table.mounts.iter().filter(|mount| host.is_lustre(mount)).collect();
    let mounts = std::thread::scope(|scope| {
        let asked: Vec<_> = lustre
            .iter()
            .map(|mount| {
                let directory = here(host, &mount.directory);
                let answer = scope.spawn(move || ask(&directory, deadline));
                let under = under_look(host, &table, mount);
                (mount, answer, scope.spawn(move || under::read(under, deadline)))
            })
            .collect();
        let joined = asked.into_iter().map(|(mount, answer, covered)| {
            let lost = "the part of fsxlustre that asks ended unexpectedly";
            let answer = answer.join().unwrap_or_else(|_| MountAnswer::NotAsked(lost.into()));
            let covered =
                covered.join().unwrap_or_else(|_| Observed::unknown(lost, "the directory"));
            mount_facts(host, mount, &fstab, answer, covered)
        });
        joined.collect()
    });
    Observed::known(mounts, named)
}

fn under_look(host: &Host, table: &MountTable, mount: &Mount) -> UnderLook {
    let directory = here(host, &mount.directory);
    let parent = table.mounts.iter().find(|other| other.id == mount.parent);
    let on = parent.filter(|_| place::is_this_machine(host)).map(|parent| parent.directory.clone());
    UnderLook { directory, on }
}

/// Asks in a child that gets no time to end: it is stuck, or it is not.
fn ask(directory: &Path, deadline: Deadline) -> MountAnswer {
    let limits = RunLimits { grace: Duration::ZERO, ..RunLimits::until(deadline) };
    let work = Work::StatVfs(directory.to_owned());
    match Program::own().run(&work.arguments(), &limits) {
        Ok(done) if done.status.success() => MountAnswer::Answers,
        Ok(done) => MountAnswer::Fails(done.last_words()),
        Err(error) if deadline.has_passed() => {
            drop(error);
            let budget = deadline.budget().as_millis();
            MountAnswer::Silent(u64::try_from(budget).unwrap_or(u64::MAX))
        }
        Err(error) => MountAnswer::NotAsked(error.because()),
    }
}

fn mount_facts(
    host: &Host,
    mount: &Mount,
    fstab: &Observed<String>,
    answer: MountAnswer,
    covered: Observed<Vec<String>>,
) -> LustreMount {
    let device = Device::shown_by(mount);
    let mut options: Vec<String> = mount.options.iter().cloned().collect();
    options.extend(mount.super_options.difference(&mount.options).cloned());
    let server = device.as_ref().and_then(|found| found.nids().next().map(|(at, _)| at.to_owned()));
    LustreMount {
        directory: mount.directory.display().to_string(),
        device: device.as_ref().map_or_else(|| mount.source.clone(), ToString::to_string),
        fs_name: device.map(|device| device.fsname),
        server,
        options,
        missing: missing(host, mount, fstab),
        answer,
        covered,
    }
}

/// What the record of our mount asked for, else what fstab asks for on that directory.
fn missing(host: &Host, mount: &Mount, fstab: &Observed<String>) -> Observed<Vec<String>> {
    if let Some(record) = MountRecord::read_of(host, mount) {
        let from = MountRecord::path(host, &mount.directory).display().to_string();
        return Observed::known(missing_options(mount, &record.options), from);
    }
    match fstab {
        Observed::Unknown { because, from } => Observed::unknown(because, from),
        Observed::Known { value, from } => {
            let is_it = |directory: String| Path::new(&directory) == mount.directory;
            let line = entries(value).into_iter().find(|entry| {
                is_it(entry.directory())
                    && matches!(&*entry.word(Field::Type), "lustre" | "fsxlustre")
            });
            let asked = line.map(|entry| entry.options()).unwrap_or_default();
            Observed::known(missing_options(mount, &asked), from)
        }
    }
}
