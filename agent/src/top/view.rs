//! A window as rates.

use crate::window::{FileSystemWindow, JobDone, Spent, TargetWindow, Window, float, sum};
use fsxlustre_mount::host::unix_seconds;
use serde::Serialize;

/// The layout of the JSON object; another number is another layout. Fields are only ever added.
pub const FORMAT: u32 = 1;

/// What is shown. `null` is unknown, never 0.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct View {
    /// [`FORMAT`].
    pub format: u32,
    /// When, seconds since 1970 UTC.
    pub unix_seconds: u64,
    /// The time that the rates are of.
    pub seconds: Option<f64>,
    /// Each file system that is mounted.
    pub file_systems: Vec<FileSystemRow>,
    /// Each target of them.
    pub targets: Vec<TargetRow>,
    /// Each job that uses one of them, once a file system.
    pub jobs: Vec<JobRow>,
}

/// A file system on this node: all of its mounts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FileSystemRow {
    /// Lustre's name of it.
    pub fs: String,
    /// Its id, where a mount of ours told it.
    pub file_system_id: Option<String>,
    /// Where it is mounted.
    pub directories: Vec<String>,
    /// Whether each mount answers statfs.
    pub answers: Option<bool>,
    /// Bytes that programs read in a second.
    pub read_bytes_per_second: Option<f64>,
    /// Bytes that programs wrote in a second.
    pub write_bytes_per_second: Option<f64>,
    /// Calls of programs in a second.
    pub operations_per_second: Option<f64>,
    /// Mean time of a call to read; `null` when there was none.
    pub read_seconds: Option<f64>,
    /// Mean time of a call to write.
    pub write_seconds: Option<f64>,
    /// Mean time of a request to a metadata target.
    pub metadata_seconds: Option<f64>,
    /// Requests that are not answered.
    pub in_flight: Option<u64>,
    /// Data that is not written to the servers yet.
    pub dirty_bytes: Option<u64>,
    /// Connections that are fit for use.
    pub connections_up: Option<u64>,
    /// Connections that are not.
    pub connections_down: Option<u64>,
}

/// A target of a file system.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TargetRow {
    /// Lustre's name of the file system.
    pub fs: String,
    /// `OST0000`, `MDT0000`.
    pub target: String,
    /// Bytes that came over the network in a second.
    pub read_bytes_per_second: Option<f64>,
    /// Bytes that went over the network in a second.
    pub write_bytes_per_second: Option<f64>,
    /// Requests in a second.
    pub requests_per_second: Option<f64>,
    /// Mean time of a request.
    pub request_seconds: Option<f64>,
    /// Requests that are not answered.
    pub in_flight: Option<u64>,
    /// Data that is not written yet.
    pub dirty_bytes: Option<u64>,
    /// Room that the target has promised.
    pub grant_bytes: Option<u64>,
    /// The state of the connection: FULL, IDLE, DISCONN, …
    pub state: Option<String>,
    /// Whether it is fit for use.
    pub is_up: Option<bool>,
    /// The server.
    pub nid: Option<String>,
}

/// A job on a file system.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct JobRow {
    /// Its key.
    pub job: String,
    /// Lustre's name of the file system.
    pub fs: String,
    /// Whether the numbers are of other jobs too.
    pub is_shared: Option<bool>,
    /// Bytes that were read in a second.
    pub read_bytes_per_second: Option<f64>,
    /// Bytes that were written in a second.
    pub write_bytes_per_second: Option<f64>,
    /// Calls in a second.
    pub operations_per_second: Option<f64>,
    /// Bytes that were read since it began.
    pub read_bytes: Option<u64>,
    /// Bytes that were written since it began.
    pub write_bytes: Option<u64>,
}

impl View {
    /// A window, with what its jobs had done before.
    pub fn of(window: &Window, jobs_before: &[JobDone]) -> Self {
        let rate = Rate(window.seconds.filter(|seconds| *seconds > 0.0));
        let file_systems = window.file_systems.iter();
        let targets = file_systems.clone().flat_map(|(fs, found)| {
            found.targets.iter().map(move |(name, target)| target_row(fs, name, target, rate))
        });
        Self {
            format: FORMAT,
            unix_seconds: unix_seconds(),
            seconds: window.seconds,
            targets: targets.collect(),
            file_systems: file_systems.map(|(fs, found)| fs_row(fs, found, rate)).collect(),
            jobs: window.jobs.iter().map(|job| job_row(job, jobs_before, rate)).collect(),
        }
    }
}

/// Of what happened in so many seconds.
#[derive(Clone, Copy, Debug)]
struct Rate(Option<f64>);

impl Rate {
    fn of(self, count: Option<u64>) -> Option<f64> {
        Some(float(count?) / self.0?)
    }
}

fn fs_row(fs: &str, found: &FileSystemWindow, rate: Rate) -> FileSystemRow {
    let mean = |name: &str| found.operation_times.get(name).copied().and_then(Spent::mean_seconds);
    let targets = || found.targets.values();
    let connections = |up: bool| {
        let known = targets().filter_map(|target| target.is_up);
        let count = || u64::try_from(known.filter(|is_up| *is_up == up).count()).ok();
        targets().any(|target| target.is_up.is_some()).then(count).flatten()
    };
    FileSystemRow {
        fs: fs.to_owned(),
        file_system_id: found.file_system_id.clone(),
        directories: found.directories.clone(),
        answers: found.answers,
        read_bytes_per_second: rate.of(found.read_bytes),
        write_bytes_per_second: rate.of(found.write_bytes),
        operations_per_second: rate.of(found.calls()),
        read_seconds: mean("read"),
        write_seconds: mean("write"),
        metadata_seconds: found.mdc_wait.and_then(Spent::mean_seconds),
        in_flight: sum(targets().map(in_flight)),
        dirty_bytes: sum(targets().map(|target| target.dirty_bytes)),
        connections_up: connections(true),
        connections_down: connections(false),
    }
}

fn in_flight(target: &TargetWindow) -> Option<u64> {
    sum(target.in_flight.values().map(|count| Some(*count)))
}

fn target_row(fs: &str, name: &str, target: &TargetWindow, rate: Rate) -> TargetRow {
    TargetRow {
        fs: fs.to_owned(),
        target: name.to_owned(),
        read_bytes_per_second: rate.of(target.read_bytes),
        write_bytes_per_second: rate.of(target.write_bytes),
        requests_per_second: rate.of(target.requests.map(|requests| requests.count)),
        request_seconds: target.requests.and_then(Spent::mean_seconds),
        in_flight: in_flight(target),
        dirty_bytes: target.dirty_bytes,
        grant_bytes: target.grant_bytes,
        state: target.state.clone(),
        is_up: target.is_up,
        nid: target.nid.clone(),
    }
}

fn job_row(job: &JobDone, before: &[JobDone], rate: Rate) -> JobRow {
    let then = before.iter().find(|one| one.job == job.job && one.fs == job.fs);
    let of = |get: fn(&JobDone) -> Option<u64>| {
        rate.of(get(job).zip(then.and_then(get)).and_then(|(now, then)| now.checked_sub(then)))
    };
    JobRow {
        job: job.job.clone(),
        fs: job.fs.clone(),
        is_shared: job.is_shared,
        read_bytes_per_second: of(|job| job.read_bytes),
        write_bytes_per_second: of(|job| job.write_bytes),
        operations_per_second: of(|job| job.operations),
        read_bytes: job.read_bytes,
        write_bytes: job.write_bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn rates_are_of_the_time_and_unknown_stays_unknown() {
        let target = TargetWindow {
            read_bytes: Some(300),
            requests: Some(Spent { count: 4, seconds: 0.5 }),
            in_flight: BTreeMap::from([("read".into(), 2), ("write".into(), 3)]),
            is_up: Some(false),
            ..TargetWindow::default()
        };
        let found = FileSystemWindow {
            read_bytes: Some(100),
            targets: BTreeMap::from([("OST0000".into(), target)]),
            ..FileSystemWindow::default()
        };
        let done = |read_bytes| JobDone {
            job: "j".into(),
            fs: "x".into(),
            read_bytes,
            ..JobDone::default()
        };
        let window = Window {
            seconds: Some(2.0),
            file_systems: BTreeMap::from([("x".into(), found)]),
            jobs: vec![done(Some(50))],
            ..Window::default()
        };
        let view = View::of(&window, &[done(Some(10))]);
        let row = &view.file_systems[0];
        assert_eq!((row.read_bytes_per_second, row.write_bytes_per_second), (Some(50.0), None));
        assert_eq!(
            (row.in_flight, row.connections_up, row.connections_down),
            (Some(5), Some(0), Some(1))
        );
        let target = &view.targets[0];
        assert_eq!((target.request_seconds, target.requests_per_second), (Some(0.125), Some(2.0)));
        assert_eq!(
            (view.jobs[0].read_bytes_per_second, view.jobs[0].write_bytes_per_second),
            (Some(20.0), None)
        );
        assert_eq!(View::of(&window, &[]).jobs[0].read_bytes_per_second, None);
        let none = View::of(&Window { seconds: None, ..window }, &[]);
        assert_eq!(none.file_systems[0].read_bytes_per_second, None);
    }
}
