//! A job's time on this node as a window.
//!
//! Of a job that runs, from what its start kept. Of one that has ended, from the report that its end
//! left.

use super::{FileSystemWindow, JobDone, Requests, Span, Spent, Step, Window, float};
use crate::jobs::Lease;
use crate::jobs::io::since_begin;
use crate::jobs::report::{FileSystemReport, JobReport, RpcReport, WaitReport};
use crate::metrics::io_counters;
use fsxlustre_mount::failure::{Code, Explain, Failure, one_line};
use fsxlustre_mount::host::{Host, read_own_state, state_names, unix_seconds};
use std::path::Path;

/// Where a job's end leaves its report.
pub(crate) const REPORTS: &str = "/var/lib/fsxlustre/jobs";

/// Nothing can be told of a job.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobWindowError {
    /// No job of that name.
    #[error("no job {job} is known on this node")]
    Unknown {
        /// The name that was given.
        job: String,
        /// The jobs that are known.
        known: Vec<String>,
    },
    /// More than one.
    #[error("more than one job on this node is called {job}")]
    Ambiguous {
        /// The name that was given.
        job: String,
        /// The jobs that fit.
        fitting: Vec<String>,
    },
    /// It is known, and its counters are not.
    #[error("what the job {job} did is not known")]
    NotKept {
        /// The job's key.
        job: String,
    },
}

impl Explain for JobWindowError {
    fn code(&self) -> Code {
        Code::JobNotKnown
    }
    fn asked(&self) -> String {
        let (Self::Unknown { job, .. } | Self::Ambiguous { job, .. } | Self::NotKept { job }) =
            self;
        format!("the counters of job {}", one_line(job))
    }
    fn because(&self) -> String {
        match self {
            Self::Unknown { known, .. } if known.is_empty() => {
                format!("no job uses a file system here, and {REPORTS} has no report")
            }
            Self::Unknown { known, .. } => format!("there are {}", known.join(", ")),
            Self::Ambiguous { fitting, .. } => format!("they are {}", fitting.join(", ")),
            Self::NotKept { .. } => "its start kept no counters, and it left no report".into(),
        }
    }
    fn remedy(&self) -> String {
        match self {
            Self::Ambiguous { .. } => "give the whole name, as it stands above".into(),
            Self::Unknown { .. } | Self::NotKept { .. } => {
                "run `fsxlustre why` without --job: it tells of the whole node".into()
            }
        }
    }
}

/// The longest name of a job.
const LONGEST_NAME: usize = 300;

/// What a job did on this node.
#[derive(Clone, Debug, PartialEq)]
pub struct JobWindow {
    /// What it did.
    pub window: Window,
    /// Whether it still runs.
    pub is_live: bool,
    /// When it ended, in seconds since 1970 UTC; of one that runs, now. `None` where its report does not tell.
    pub ended_unix_seconds: Option<u64>,
}

/// What a job did on this node. `name` is the scheduler's id of it, or its whole key.
///
/// # Errors
/// [`JobWindowError`], or state that cannot be read.
pub fn of_job(host: &Host, name: &str) -> Result<JobWindow, Failure> {
    let live = Lease::live(host)?;
    let reports = host.paths.rootfs.join(REPORTS.trim_start_matches('/'));
    let ended = state_names(&reports).unwrap_or_default();
    let ended = ended.iter().filter_map(|file| file.strip_suffix(".json"));
    let keys = live.iter().map(|lease| lease.job.as_str()).chain(ended);
    let key = choose(name, keys).map_err(|error| error.failure())?;
    let is_live = live.iter().any(|lease| lease.job == key);
    let report = if is_live { of_live(host, &live, &key)? } else { of_ended(&reports, &key) };
    let report = report.ok_or_else(|| JobWindowError::NotKept { job: key }.failure())?;
    let ended_unix_seconds = report.ended_unix_seconds;
    Ok(JobWindow { window: of_report(&report), is_live, ended_unix_seconds })
}

/// The key that a name means: the key itself, or the one whose second part (the scheduler's id) it
/// is.
fn choose<'k>(name: &str, keys: impl Iterator<Item = &'k str>) -> Result<String, JobWindowError> {
    let mut keys: Vec<&str> = keys.collect();
    keys.sort_unstable();
    keys.dedup();
    if name.len() <= LONGEST_NAME && keys.contains(&name) {
        return Ok(name.to_owned());
    }
    let fitting: Vec<&str> = keys.iter().copied().filter(|key| id_of(key) == Some(name)).collect();
    let job = name.chars().take(LONGEST_NAME).collect();
    match fitting.as_slice() {
        [] => Err(JobWindowError::Unknown {
            job,
            known: keys.into_iter().map(str::to_owned).collect(),
        }),
        [one] => Ok((*one).to_owned()),
        _ => Err(JobWindowError::Ambiguous {
            job,
            fitting: fitting.into_iter().map(str::to_owned).collect(),
        }),
    }
}

/// The scheduler's id in a key `CLUSTER_ID_RESTART_NODE`; a cluster's or node's name may have `_`.
fn id_of(key: &str) -> Option<&str> {
    let parts: Vec<&str> = key.split('_').collect();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    parts.windows(2).skip(1).find_map(|pair| match pair {
        [id, restart] if is_number(id) && is_number(restart) => Some(*id),
        _ => None,
    })
}

fn of_live(host: &Host, live: &[Lease], key: &str) -> Result<Option<JobReport>, Failure> {
    let Some(done) = since_begin(host, key, &io_counters(host))? else { return Ok(None) };
    let of = |(fs, io): (&String, _)| (fs.clone(), FileSystemReport::of(io));
    Ok(Some(JobReport {
        key: key.to_owned(),
        is_shared: done.is_shared,
        began_unix_seconds: live
            .iter()
            .find(|lease| lease.job == key)
            .map(Lease::began_unix_seconds),
        ended_unix_seconds: Some(unix_seconds()),
        file_systems: done.file_systems.iter().map(of).collect(),
        ..JobReport::default()
    }))
}

fn of_ended(reports: &Path, key: &str) -> Option<JobReport> {
    read_own_state(&reports.join(format!("{key}.json")))
}

fn of_report(report: &JobReport) -> Window {
    let times = report.began_unix_seconds.zip(report.ended_unix_seconds);
    let done = report.file_systems.iter().map(|(fs, of)| JobDone {
        job: report.key.clone(),
        fs: fs.clone(),
        is_shared: Some(report.is_shared),
        read_bytes: known(of.read_bytes),
        write_bytes: known(of.written_bytes),
        operations: of_file_system(of).calls(),
    });
    Window {
        span: Span::Job,
        seconds: times.map(|(began, ended)| float(ended.saturating_sub(began))),
        is_shared: report.is_shared,
        jobs: done.collect(),
        file_systems: report
            .file_systems
            .iter()
            .map(|(fs, of)| (fs.clone(), of_file_system(of)))
            .collect(),
        ..Window::default()
    }
}

fn known(number: Option<i64>) -> Option<u64> {
    number.and_then(|number| u64::try_from(number).ok())
}

fn of_file_system(report: &FileSystemReport) -> FileSystemWindow {
    let operations = report.operations.iter();
    let times = operations.clone().filter_map(|(name, of)| {
        Some((name.clone(), Spent { count: known(Some(of.count))?, seconds: of.seconds? }))
    });
    FileSystemWindow {
        read_bytes: known(report.read_bytes),
        write_bytes: known(report.written_bytes),
        operation_times: times.collect(),
        operations: operations
            .map(|(name, of)| Some((name.clone(), known(Some(of.count))?)))
            .collect(),
        mdc_wait: report.metadata_wait.and_then(waited),
        osc_wait: report.data_wait.and_then(waited),
        reads: requests(report.read_rpcs.as_ref()),
        writes: requests(report.write_rpcs.as_ref()),
        evictions: report.evictions,
        ..FileSystemWindow::default()
    }
}

fn waited(report: WaitReport) -> Option<Spent> {
    Some(Spent { count: known(Some(report.count))?, seconds: report.seconds })
}

fn requests(report: Option<&RpcReport>) -> Requests {
    let sizes = report.and_then(|report| report.sizes.as_ref()).into_iter().flatten();
    let steps = sizes.map(|size| Step { up_to: Some(size.up_to_bytes), count: size.count });
    Requests { by_size: steps.collect(), by_concurrency: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_known_by_its_id_or_its_whole_key() {
        let keys = [
            "prod_17_0_node-1",
            "prod_18_0_node_2",
            "my_prod_19_0_n",
            "prod_20_0_n",
            "prod_20_1_n",
        ];
        let choose = |name: &str| choose(name, keys.into_iter());
        assert_eq!(choose("17").as_deref(), Ok("prod_17_0_node-1"));
        assert_eq!(choose("19").as_deref(), Ok("my_prod_19_0_n"));
        assert_eq!(choose("prod_18_0_node_2").as_deref(), Ok("prod_18_0_node_2"));
        assert!(matches!(choose("20"), Err(JobWindowError::Ambiguous { .. })));
        for none in ["", "0", "1", "../17", "prod"] {
            assert!(matches!(choose(none), Err(JobWindowError::Unknown { .. })), "{none}");
        }
    }

    #[test]
    fn a_report_is_a_window_and_what_it_lacks_is_unknown() {
        let text = r#"{"format": 1, "key": "prod_1_0_n", "began_unix_seconds": 100, "ended_unix_seconds": 160,
            "is_shared": true, "file_systems": {"x": {"read_bytes": 5, "operations": {"open": {"count": 3}},
            "read_rpcs": {"count": 4, "sizes": [{"up_to_bytes": 4096, "count": 4}]},
            "metadata_wait": {"count": 2, "seconds": 0.5}, "evictions": 1}}, "to_come": 1}"#;
        let report: JobReport = serde_json::from_str(text).expect("a report");
        let window = of_report(&report);
        assert_eq!((window.span, window.seconds, window.is_shared), (Span::Job, Some(60.0), true));
        let x = &window.file_systems["x"];
        assert_eq!((x.read_bytes, x.write_bytes, x.calls()), (Some(5), None, Some(3)));
        assert_eq!((x.evictions, x.reads.up_to_size(65_536)), (Some(1), (4, 4)));
        assert_eq!(x.mdc_wait.and_then(Spent::mean_seconds), Some(0.25));
        assert!(x.operation_times.is_empty() && x.osc_wait.is_none());
        assert_eq!(window.jobs[0].read_bytes, Some(5));
    }
}
