//! The jobs that this node knows of, from their requests and leases: what `job list` and `job show`
//! print. Nothing is touched, and no mount is looked at.

use super::{FrozenMount, FrozenRequest, Lease, MountOutcome, StageIn, StartOutcome};
use fsxlustre_mount::failure::{Failure, one_line};
use fsxlustre_mount::host::Host;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// One job on this node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KnownJob {
    /// Its key: cluster, job, restart count and node.
    pub job: String,
    /// Where it is in its life here.
    pub state: JobState,
    /// What it was given; root's only, and absent for starts of earlier versions.
    pub request: Option<FrozenRequest>,
    /// What it holds.
    pub lease: Option<Lease>,
    /// How far its files from S3 are; absent where nothing is brought here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage_in: Option<StageIn>,
}

/// Where a job is in its life on this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    /// Its start goes on, or was killed.
    Starting,
    /// Its start has ended.
    Running,
    /// Its end has begun, and what it used is not all given back.
    Ending,
}

impl JobState {
    fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Ending => "ending",
        }
    }
}

impl KnownJob {
    fn of(job: String, request: Option<FrozenRequest>, lease: Option<Lease>) -> Self {
        let has_ended = lease.as_ref().is_some_and(|lease| lease.has_ended);
        let is_starting = request.as_ref().is_some_and(|request| request.start.is_none());
        let state = match (has_ended, is_starting) {
            (true, _) => JobState::Ending,
            (false, true) => JobState::Starting,
            (false, false) => JobState::Running,
        };
        Self { job, state, request, lease, stage_in: None }
    }

    /// Whether a person means it: by its key, or by Slurm's id.
    pub fn is_named(&self, name: &str) -> bool {
        let id = self.request.as_ref().map(|request| request.job_id.to_string());
        let in_key = self.job.rsplitn(3, '_').nth(2).and_then(|rest| rest.rsplit('_').next());
        self.job == name || id.as_deref() == Some(name) || in_key == Some(name)
    }

    /// One line.
    pub fn line(&self) -> String {
        let mut directories: Vec<_> = match (&self.request, &self.lease) {
            (Some(request), _) => request.mounts.iter().map(short).collect(),
            (None, Some(lease)) => {
                lease.directories.iter().map(|path| path.display().to_string()).collect()
            }
            (None, None) => Vec::new(),
        };
        directories.sort();
        let text = directories.join(", ");
        format!("{:<32} {:<9} {}", self.job, self.state.word(), one_line(&text))
    }

    /// All that is known, for a person.
    pub fn text(&self) -> String {
        let mut text = format!("{}  {}\n", self.job, self.state.word());
        let Some(request) = &self.request else {
            // Writing to a String does not fail.
            let _ = writeln!(text, "  no request is known: {}", self.line());
            return text;
        };
        for (name, value) in [
            ("user", &request.user),
            ("account", &request.account),
            ("partition", &request.partition),
        ] {
            if let Some(value) = value {
                let _ = writeln!(text, "  {name:<10} {}", one_line(value));
            }
        }
        for mount in &request.mounts {
            let _ = writeln!(text, "  {}", long(mount));
        }
        for tree in self.stage_in.iter().flat_map(|staged| &staged.trees) {
            let _ = writeln!(text, "  {}", tree.words());
        }
        if let Some(start) = &request.start {
            text.push_str(&how_it_started(start));
        }
        text
    }
}

fn short(mount: &FrozenMount) -> String {
    let directory = mount.directory.display();
    match &mount.outcome {
        Some(MountOutcome::Missing { cause, .. }) => format!("{directory} ({})", cause.word()),
        _ => directory.to_string(),
    }
}

fn long(mount: &FrozenMount) -> String {
    let source = one_line(mount.source.as_deref().unwrap_or(&mount.rule));
    let directory = mount.directory.display();
    let became = match &mount.outcome {
        None => "nothing is known of it yet".to_owned(),
        Some(MountOutcome::Made { device, .. }) => format!("mounted, {device}"),
        Some(MountOutcome::Found { device, .. }) => format!("was there, {device}"),
        Some(MountOutcome::Missing { cause, code, because, device, .. }) => {
            let what = if device.is_some() { "was there and not ready" } else { "missing" };
            format!("{what}, {}: {because} [{code}]", cause.word())
        }
    };
    format!("{directory}  {source}  {became}")
}

fn how_it_started(start: &StartOutcome) -> String {
    let verdict = start.verdict.map_or("ready", super::Verdict::word);
    let phases: Vec<_> = start
        .phases
        .iter()
        .map(|time| format!("{} {} ms", time.phase.word(), time.milliseconds))
        .collect();
    format!("  start: {verdict}; {}\n", phases.join(", "))
}

/// Every job that this node knows of, by key.
///
/// # Errors
/// The state folders cannot be listed.
pub fn known_jobs(host: &Host) -> Result<Vec<KnownJob>, Failure> {
    let mut all: BTreeMap<String, (Option<FrozenRequest>, Option<Lease>)> = BTreeMap::new();
    for request in FrozenRequest::all(host)? {
        let key = request.job.clone();
        all.entry(key).or_default().0 = Some(request);
    }
    for lease in Lease::all(host)?.into_iter().filter(|lease| lease.is_of_this_boot(host)) {
        let key = lease.job.clone();
        all.entry(key).or_default().1 = Some(lease);
    }
    let known = all.into_iter().map(|(job, (request, lease))| KnownJob {
        stage_in: StageIn::read(host, &job),
        ..KnownJob::of(job, request, lease)
    });
    Ok(known.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_named_by_its_id_or_its_key() {
        let job = KnownJob::of("my_prod_17_0_node-1".into(), None, None);
        for (name, wanted) in
            [("17", true), ("my_prod_17_0_node-1", true), ("0", false), ("1", false), ("", false)]
        {
            assert_eq!(job.is_named(name), wanted, "{name}");
        }
    }
}
