//! Who uses Lustre on this node: what has to be nobody before a client is installed, modules are loaded
//! anew, a file system is unmounted for somebody far away, or the node is rebooted.

use crate::jobs::{known_jobs, live_jobs};
use crate::status::all_holders;
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{Deadline, Host};
use fsxlustre_mount::source::Device;
use fsxlustre_mount::unmount::{Begun, ClientFiles, HolderKind};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Everything that is in the way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct InUse {
    /// Jobs that hold leases.
    pub leases: Vec<Leased>,
    /// Who has something open, by mount.
    pub holders: Vec<Held>,
    /// Slurm's ids of jobs of which a step lives here.
    pub slurm_jobs: BTreeSet<String>,
    /// What is not written yet.
    pub unwritten: Vec<Unwritten>,
    /// Directories of which an unmount goes on.
    pub unmounting: Vec<PathBuf>,
    /// What could not be looked at, and why.
    pub unknown: Vec<String>,
}

/// A job's lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Leased {
    job: String,
    directories: BTreeSet<PathBuf>,
}

/// Who holds a mount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
    directory: PathBuf,
    user: String,
    processes: BTreeSet<u32>,
    /// The first of what is held, in words.
    such_as: String,
}

/// A file system with bytes that are not written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unwritten {
    file_system: String,
    bytes: u64,
}

/// What a gate stands before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// Work on the client or a mount.
    Work,
    /// A reboot, by which also what is not written would be lost.
    Reboot,
}

impl InUse {
    /// Looks at all of it.
    pub fn look(host: &Host, deadline: Deadline) -> Self {
        let mut seen = Self::default();
        seen.look_at_jobs(host, deadline);
        seen.look_at_holders(host);
        seen.look_at_clients(host, deadline);
        match Begun::all(host) {
            Ok(all) => {
                let running = all.into_iter().filter(Begun::is_running);
                seen.unmounting = running.map(|begun| begun.target.directory).collect();
            }
            Err(failure) => seen.not_known("unmounts", &failure),
        }
        seen
    }

    fn look_at_jobs(&mut self, host: &Host, deadline: Deadline) {
        match known_jobs(host) {
            Ok(jobs) => {
                let live = jobs.into_iter().filter_map(|job| job.lease);
                let live = live.filter(|lease| !lease.has_ended);
                let leased =
                    live.map(|lease| Leased { job: lease.job, directories: lease.directories });
                self.leases = leased.collect();
            }
            Err(failure) => self.not_known("leases", &failure),
        }
        match live_jobs(host, deadline) {
            Some(jobs) => self.slurm_jobs = jobs,
            None => self.unknown.push("Slurm's steps: processes could not be looked at".into()),
        }
    }

    fn look_at_holders(&mut self, host: &Host) {
        let all = match all_holders(host) {
            Ok(all) => all,
            Err(failure) => return self.not_known("holders", &failure),
        };
        for mount in all.directories {
            self.unknown.extend(
                mount
                    .unread
                    .iter()
                    .map(|one| format!("holders of {}: {one}", mount.directory.display())),
            );
            for user in mount.users {
                // Another mount of the same client is a mount of its own here.
                let mut held = user.holders.iter().filter(|one| one.kind != HolderKind::BindMount);
                let Some(first) = held.next() else { continue };
                self.holders.push(Held {
                    directory: mount.directory.clone(),
                    user: user.user.clone().unwrap_or_else(|| {
                        user.uid.map_or("the kernel".into(), |uid| format!("uid {uid}"))
                    }),
                    processes: user.processes.clone(),
                    such_as: first.phrase(),
                });
            }
        }
    }

    fn look_at_clients(&mut self, host: &Host, deadline: Deadline) {
        let table = match host.mounts() {
            Ok(table) => table,
            Err(error) => return self.not_known("mounts", &error.failure()),
        };
        let lustre = table.mounts.iter().filter(|mount| host.is_lustre(mount));
        let names: BTreeSet<String> = lustre
            .filter_map(|mount| Device::shown_by(mount).map(|device| device.fsname))
            .collect();
        for name in names {
            match ClientFiles::new(host, &name).state(deadline).map(|state| state.dirty_bytes()) {
                Ok(Some(0)) => {}
                Ok(Some(bytes)) => self.unwritten.push(Unwritten { file_system: name, bytes }),
                Ok(None) => self.unknown.push(format!("unwritten bytes of {name}")),
                Err(because) => self.unknown.push(format!("unwritten bytes of {name}: {because}")),
            }
        }
    }

    fn not_known(&mut self, what: &str, failure: &Failure) {
        self.unknown.push(format!("{what}: {}", failure.because));
    }

    /// The kinds of use that are in the way; they name nothing of this node alone.
    pub fn kinds(&self, before: Before) -> Vec<&'static str> {
        let is_reboot = before == Before::Reboot;
        let kinds = [
            (!self.leases.is_empty(), "leases of jobs"),
            (!self.slurm_jobs.is_empty(), "live Slurm steps"),
            (!self.holders.is_empty(), "holders"),
            (is_reboot && !self.unwritten.is_empty(), "unwritten bytes"),
            (!self.unmounting.is_empty(), "unmounts under way"),
        ];
        kinds.into_iter().filter_map(|(is_so, kind)| is_so.then_some(kind)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_stand_before_a_reboot_only() {
        let unwritten = vec![Unwritten { file_system: "x".into(), bytes: 1 }];
        let seen = InUse { unwritten, ..InUse::default() };
        assert!(seen.kinds(Before::Work).is_empty());
        assert_eq!(seen.kinds(Before::Reboot), ["unwritten bytes"]);
    }
}
