//! What a job has read and written on this node: the difference between two looks at the counters.
//!
//! Lustre's client counts for the whole node. So the difference is the job's own only when no other
//! job was there at any time in between, and else it is of all of them.

use super::{Lease, report};
use crate::metrics::{IoCounters, IoSnapshot, io_counters};
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{Host, read_state, remove_state, unix_seconds, write_state};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The counters when a job began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Began {
    boot_id: Option<String>,
    /// When that was, seconds since 1970 UTC.
    #[serde(default)]
    at_unix_seconds: Option<u64>,
    counters: IoSnapshot,
}

/// What was done since a job began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobIo {
    /// By Lustre's name of the file system; one whose counters began anew meanwhile is absent.
    pub file_systems: BTreeMap<String, IoCounters>,
    /// Those whose counters began anew meanwhile, and those that were not there at the begin.
    pub begun_anew: Vec<String>,
    /// Whether other jobs have been on this node meanwhile.
    pub is_shared: bool,
    /// When the job began, seconds since 1970 UTC.
    pub began_unix_seconds: Option<u64>,
}

fn began_path(host: &Host, job: &str) -> PathBuf {
    host.paths.state.join("io").join(format!("{job}.json"))
}

fn shared_path(host: &Host, job: &str) -> PathBuf {
    host.paths.state.join("io-shared").join(format!("{job}.json"))
}

/// Keeps the counters of a job that begins, and notes for it and for every other job that is here
/// that they are not alone. Done again, it keeps what it had.
///
/// # Errors
/// State cannot be read or written.
pub fn begin(host: &Host, job: &str) -> Result<(), Failure> {
    note_company(host, job)?;
    let mut counters = io_counters(host);
    let earlier = read(host, job)?.unwrap_or_default();
    for (fs, earlier) in earlier.counters.file_systems {
        if let Some(now) =
            counters.file_systems.get_mut(&fs).filter(|now| now.clients == earlier.clients)
        {
            *now = earlier;
        }
    }
    let at_unix_seconds = earlier.at_unix_seconds.or_else(|| Some(unix_seconds()));
    let began = Began { boot_id: host.boot_id(), at_unix_seconds, counters };
    write_state(&began_path(host, job), &began).map_err(|error| error.failure())
}

/// Notes for a job and for every other one that is here that they are not alone.
///
/// # Errors
/// State cannot be read or written.
pub(super) fn note_company(host: &Host, job: &str) -> Result<(), Failure> {
    let others: Vec<String> = Lease::live(host)?
        .into_iter()
        .map(|lease| lease.job)
        .filter(|other| other != job)
        .collect();
    for shared in others.iter().map(String::as_str).chain((!others.is_empty()).then_some(job)) {
        write_state(&shared_path(host, shared), &host.boot_id())
            .map_err(|error| error.failure())?;
    }
    Ok(())
}

fn read(host: &Host, job: &str) -> Result<Option<Began>, Failure> {
    let began: Option<Began> =
        read_state(&began_path(host, job)).map_err(|error| error.failure())?;
    Ok(began.filter(|began| began.boot_id == host.boot_id()))
}

/// What was done since a job began, by these counters of now. `None` when its begin was not kept.
///
/// # Errors
/// State cannot be read.
pub fn since_begin(host: &Host, job: &str, now: &IoSnapshot) -> Result<Option<JobIo>, Failure> {
    let Some(began) = read(host, job)? else { return Ok(None) };
    let marked: Option<Option<String>> =
        read_state(&shared_path(host, job)).map_err(|error| error.failure())?;
    let mut io = JobIo {
        is_shared: marked.is_some_and(|boot_id| boot_id == host.boot_id()),
        began_unix_seconds: began.at_unix_seconds,
        ..JobIo::default()
    };
    for (fs, now) in &now.file_systems {
        let then = began.counters.file_systems.get(fs);
        match then.and_then(|then| now.since(then)) {
            Some(done) => drop(io.file_systems.insert(fs.clone(), done)),
            None => io.begun_anew.push(fs.clone()),
        }
    }
    Ok(Some(io))
}

/// Forgets a job that has ended.
///
/// # Errors
/// State cannot be written.
pub fn forget(host: &Host, job: &str) -> Result<(), Failure> {
    for path in [began_path(host, job), shared_path(host, job)] {
        remove_state(&path).map_err(|error| error.failure())?;
    }
    report::forget(host, job)?;
    report::forget_stuck(host, job)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_is_alone_is_told_its_own_and_others_that_they_share() {
        let folder = tempfile::tempdir().expect("folder");
        let mut host = Host::default();
        host.paths.state = folder.path().join("run");
        host.paths.sysfs = folder.path().join("sys");
        host.paths.procfs = folder.path().join("proc");
        host.paths.debugfs = folder.path().join("debug");
        let device = folder.path().join("proc/fs/lustre/llite/x-ff01");
        std::fs::create_dir_all(&device).expect("folder");
        std::fs::create_dir_all(&host.paths.sysfs).expect("folder");
        let count = |bytes: i64| {
            let text = format!(
                "snapshot_time 1.0 secs.nsecs\nread_bytes 1 samples [bytes] 1 1 {bytes}\n\
                 open {bytes} samples [regs]\n"
            );
            let path = device.join("stats");
            std::fs::remove_file(&path).ok();
            std::os::unix::fs::symlink("stats.text", &path).expect("link");
            let mut file = std::fs::File::create(device.join("stats.text")).expect("file");
            std::io::Write::write_all(&mut file, text.as_bytes()).expect("write");
        };
        let lease = |job: &str| {
            let text = format!(
                "{{\"format\":1,\"job\":\"{job}\",\"boot_id\":{},\"began_unix_seconds\":1,\
                 \"directories\":[],\"has_ended\":false}}",
                serde_json::to_string(&host.boot_id()).expect("text")
            );
            let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            let path = host.paths.state.join("leases").join(format!("{job}.json"));
            write_state(&path, &value).expect("written");
        };
        let of = |job: &str| {
            let io = since_begin(&host, job, &io_counters(&host)).expect("read").expect("kept");
            (io.file_systems.get("x").and_then(|done| done.read_bytes), io.is_shared)
        };
        count(100);
        lease("a");
        begin(&host, "a").expect("begun");
        count(150);
        assert_eq!(of("a"), (Some(50), false));
        begin(&host, "a").expect("begun again");
        assert_eq!(of("a"), (Some(50), false), "a second start changes nothing");
        lease("b");
        begin(&host, "b").expect("begun");
        count(160);
        assert_eq!((of("a"), of("b")), ((Some(60), true), (Some(10), true)));
        let began = |job: &str| read(&host, job).expect("read").expect("kept").at_unix_seconds;
        assert!(began("a").is_some() && began("a") <= began("b"));
        forget(&host, "a").expect("forgotten");
        assert_eq!(since_begin(&host, "a", &io_counters(&host)).expect("read"), None);
    }
}
