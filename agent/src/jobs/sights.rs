//! What was seen of the jobs that hold leases, from one look to the next: a job is gone only when its
//! extern step was seen here and nothing of it is any more.
//!
//! Without `PrologFlags=Contain` a job has neither a process of Slurm's nor a cgroup between its steps,
//! so that nothing to be seen means nothing. Such a job's lease lasts until its end or a reboot.

use super::Lease;
use super::traces::Traces;
use fsxlustre_mount::host::{Deadline, Host, boot_seconds, read_state, remove_state, write_state};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

const FORMAT: u32 = 1;
/// How often processes are looked at for the sake of jobs of which nothing was seen yet.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// All that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sights {
    format: u32,
    boot_id: Option<String>,
    /// When processes were looked at, seconds since boot.
    looked_boot_seconds: u64,
    /// By key, of the jobs whose extern step was seen.
    jobs: BTreeMap<String, Sight>,
}

/// A job whose extern step was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sight {
    /// When its lease began, which tells apart runs of the same key.
    began_unix_seconds: u64,
    /// Since when nothing is seen of it, seconds since boot.
    gone_since_boot_seconds: Option<u64>,
}

/// What one look says of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    ExternStep,
    Something,
    Nothing,
    /// Nobody looked, or nobody could.
    Unknown,
}

/// The keys of those of these leases, all live, whose jobs are gone for so long.
pub(super) fn vanished(
    host: &Host,
    leases: &[&Lease],
    after: Duration,
    deadline: Deadline,
) -> BTreeSet<String> {
    let before = Sights::read(host);
    let mut sights = before.clone();
    sights.keep(leases);
    let now = boot_seconds();
    let cgroups = if leases.is_empty() { None } else { Traces::of_cgroups(host) };
    let mut gone = BTreeSet::new();
    if let Some(cgroups) = cgroups {
        let is_asked = |lease: &&Lease| {
            !cgroups.has(&lease.names()) && sights.is_looked_for(lease, now, after)
        };
        let processes = leases.iter().copied().any(|lease| is_asked(&lease)).then(|| {
            sights.looked_boot_seconds = now;
            Traces::of_processes(host, deadline)
        });
        for lease in leases {
            let seen = seen_of(lease, &cgroups, processes.as_ref().and_then(Option::as_ref));
            if sights.take(lease, seen, now, after) {
                gone.insert(lease.job.clone());
            }
        }
    }
    // What cannot be kept is seen anew by whoever looks next.
    let _ = match leases {
        [] => remove_state(&Sights::path(host)),
        _ if sights == before => Ok(()),
        _ => write_state(&Sights::path(host), &sights),
    };
    gone
}

fn seen_of(lease: &Lease, cgroups: &Traces, processes: Option<&Traces>) -> Seen {
    let names = lease.names();
    let in_processes = |has: fn(&Traces, &[String]) -> bool| {
        processes.is_some_and(|processes| has(processes, &names))
    };
    if cgroups.has_extern_step(&names) || in_processes(Traces::has_extern_step) {
        Seen::ExternStep
    } else if cgroups.has(&names) || in_processes(Traces::has) {
        Seen::Something
    } else if processes.is_some() {
        Seen::Nothing
    } else {
        Seen::Unknown
    }
}

impl Sights {
    fn path(host: &Host) -> PathBuf {
        host.paths.state.join("sights.json")
    }

    /// Those of this boot. What cannot be read is none.
    fn read(host: &Host) -> Self {
        let boot_id = host.boot_id();
        let read: Option<Self> = read_state(&Self::path(host)).ok().flatten();
        read.filter(|sights| sights.format == FORMAT && sights.boot_id == boot_id).unwrap_or(Self {
            format: FORMAT,
            boot_id,
            looked_boot_seconds: 0,
            jobs: BTreeMap::new(),
        })
    }

    /// Forgets what was seen of others than these.
    fn keep(&mut self, leases: &[&Lease]) {
        let is_of = |key: &str, sight: &Sight| {
            leases.iter().any(|lease| {
                lease.job == key && lease.began_unix_seconds() == sight.began_unix_seconds
            })
        };
        self.jobs.retain(|key, sight| is_of(key, sight));
    }

    /// Whether processes are worth a look for this job.
    fn is_looked_for(&self, lease: &Lease, now: u64, after: Duration) -> bool {
        let is_due = now.saturating_sub(self.looked_boot_seconds) >= LOOK_AGAIN.as_secs();
        let is_worth_it =
            |sight: &Sight| sight.gone_since_boot_seconds.is_none() || sight.is_over(now, after);
        self.jobs.get(&lease.job).map_or_else(|| is_due && lease.age() >= after, is_worth_it)
    }

    /// Notes what is seen of a job; true when it is gone.
    fn take(&mut self, lease: &Lease, seen: Seen, now: u64, after: Duration) -> bool {
        let sight = self.jobs.get_mut(&lease.job);
        match (seen, sight) {
            (Seen::ExternStep, None) => {
                let began_unix_seconds = lease.began_unix_seconds();
                let sight = Sight { began_unix_seconds, gone_since_boot_seconds: None };
                self.jobs.insert(lease.job.clone(), sight);
                false
            }
            (Seen::ExternStep | Seen::Something, Some(sight)) => {
                sight.gone_since_boot_seconds = None;
                false
            }
            (Seen::Nothing, Some(sight)) => {
                let is_over = sight.is_over(now, after);
                sight.gone_since_boot_seconds.get_or_insert(now);
                is_over
            }
            (Seen::Something | Seen::Nothing, None) | (Seen::Unknown, _) => false,
        }
    }
}

impl Sight {
    fn is_over(&self, now: u64, after: Duration) -> bool {
        let gone = self.gone_since_boot_seconds;
        gone.is_some_and(|since| now.saturating_sub(since) >= after.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::JobVariables;

    const AFTER: Duration = Duration::from_mins(10);

    fn lease() -> Lease {
        let job = JobVariables::read(|name| (name == "SLURM_JOB_ID").then(|| "7".to_owned()));
        Lease::new(&Host::default(), &job.expect("fits"))
    }

    fn none() -> Sights {
        let mut host = Host::default();
        host.paths.state = "/nonexistent".into();
        Sights::read(&host)
    }

    #[test]
    fn a_job_is_gone_when_its_extern_step_was_seen_and_nothing_is_for_long() {
        let (lease, mut sights) = (lease(), none());
        let mut take = |seen, now| sights.take(&lease, seen, now, AFTER);
        assert!(!take(Seen::ExternStep, 1000));
        assert!(!take(Seen::Nothing, 90_000), "its own end may be about to begin");
        assert!(!take(Seen::Unknown, 91_000));
        assert!(!take(Seen::Nothing, 90_599));
        assert!(take(Seen::Nothing, 90_600));
    }

    #[test]
    fn nothing_is_no_evidence_of_a_job_without_an_extern_step() {
        let (lease, mut sights) = (lease(), none());
        for now in [0, 1000, 1_000_000] {
            for seen in [Seen::Nothing, Seen::Something, Seen::Unknown] {
                assert!(!sights.take(&lease, seen, now, AFTER), "{seen:?}");
            }
        }
        assert!(sights.jobs.is_empty());
    }

    #[test]
    fn one_that_is_seen_again_is_here() {
        for again in [Seen::ExternStep, Seen::Something] {
            let (lease, mut sights) = (lease(), none());
            sights.take(&lease, Seen::ExternStep, 0, AFTER);
            sights.take(&lease, Seen::Nothing, 10, AFTER);
            assert!(!sights.take(&lease, again, 5000, AFTER));
            assert!(!sights.take(&lease, Seen::Nothing, 6000, AFTER));
        }
    }

    #[test]
    fn a_later_run_of_the_same_key_begins_anew() {
        let (lease, mut sights) = (lease(), none());
        sights.take(&lease, Seen::ExternStep, 0, AFTER);
        sights.keep(&[&lease]);
        assert_eq!(sights.jobs.len(), 1);
        if let Some(sight) = sights.jobs.get_mut(&lease.job) {
            sight.began_unix_seconds -= 1;
        }
        sights.keep(&[&lease]);
        assert!(sights.jobs.is_empty());
    }
}
