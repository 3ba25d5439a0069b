//! The layouts of a job's directories: `layout=PROFILE` among the options of the rule, and `[[layout.directory]]`.

use super::{Lacking, Started};
use crate::config::AgentConfig;
use crate::jobs::JobVariables;
use crate::layout::{Manner, Task, Verb, for_job, run};
use fsxlustre_mount::failure::Failure;
use fsxlustre_mount::host::Deadline;
use fsxlustre_mount::mount::Done;
use std::path::{Path, PathBuf};

/// Applies what was asked for. A mount that was there is somebody else's: only what is the job's own, by
/// templates, is made there.
pub(super) fn apply_all(
    config: &AgentConfig,
    job: &JobVariables,
    started: &mut Started,
    deadline: Deadline,
) {
    let ready = started.ready.iter();
    let made: Vec<_> = ready.clone().filter(|one| one.report.done == Done::Made).collect();
    let with_profile = made.iter().filter_map(|one| {
        let (directory, profile) = (one.directory.clone(), Some(one.layout.clone()?));
        Some((directory.clone(), Ok(Task { directory, profile, ..Task::default() })))
    });
    let directories: Vec<&Path> = ready.map(|one| one.directory.as_path()).collect();
    let made_directories: Vec<&Path> = made.iter().map(|one| one.directory.as_path()).collect();
    let rules = for_job(config, job, &directories, &made_directories);
    let (mut tasks, mut failed) = (Vec::new(), Vec::new());
    for (directory, task) in with_profile.chain(rules) {
        match task {
            Ok(task) => tasks.push(task),
            Err(failure) => failed.push((directory, failure)),
        }
    }
    failed.extend(apply(config, &tasks, deadline));
    let tops: Vec<PathBuf> = directories.into_iter().map(Path::to_owned).collect();
    for (directory, failure) in failed {
        // What a job is told is told of the file system that it was given.
        let top = tops.iter().filter(|top| directory.starts_with(top));
        let directory = top.max_by_key(|top| top.as_os_str().len()).cloned().unwrap_or(directory);
        started.lacks(Lacking { directory, is_mounted: true, report: None, failure });
    }
}

fn apply(config: &AgentConfig, tasks: &[Task], deadline: Deadline) -> Vec<(PathBuf, Failure)> {
    if tasks.is_empty() {
        return Vec::new();
    }
    let manner = Manner { verb: Verb::Apply, replace: false, deadline, count: None };
    match run(config, tasks, manner, &mut |_, _| {}) {
        Ok(reports) => {
            let failed =
                |report: crate::layout::Report| Some((report.directory, report.result.err()?));
            reports.into_iter().filter_map(failed).collect()
        }
        Err(failure) => {
            tasks.iter().map(|task| (task.directory.clone(), failure.clone())).collect()
        }
    }
}
