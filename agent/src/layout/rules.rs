//! `[[layout.directory]]`: which rules concern whom.

use super::site::Site;
use super::tasks::Task;
use crate::config::{AgentConfig, LayoutRule};
use crate::jobs::JobVariables;
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::MountTable;
use std::path::{Path, PathBuf};

/// What the rules without templates say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configured {
    /// Directories on Lustre mounts.
    pub tasks: Vec<Task>,
    /// Directories whose file system is not mounted here.
    pub not_mounted: Vec<PathBuf>,
}

/// The rules for directories at or below these, or all of them where none is named.
pub fn configured(config: &AgentConfig, table: &MountTable, within: &[PathBuf]) -> Configured {
    let mut found = Configured::default();
    for task in config.layout.directory.iter().filter_map(LayoutRule::task) {
        let concerns = |top: &PathBuf| task.directory.starts_with(top);
        if !within.is_empty() && !within.iter().any(concerns) {
            continue;
        }
        match Site::find(config.host(), table, &task.directory) {
            Ok(_) => found.tasks.push(task),
            Err(_) => found.not_mounted.push(task.directory),
        }
    }
    found
}

/// The rules for a job that has file systems on these directories: those with templates, and of what was
/// mounted for it the others. A rule that the job lacks a field for is a failure of its own.
pub fn for_job(
    config: &AgentConfig,
    job: &JobVariables,
    ready: &[&Path],
    made: &[&Path],
) -> Vec<(PathBuf, Result<Task, Failure>)> {
    let is_in = |tops: &[&Path], path: &Path| tops.iter().any(|top| path.starts_with(top));
    let rules = config.layout.directory.iter();
    let tasks = rules.filter_map(|rule| match rule.task() {
        Some(task) => is_in(made, &task.directory).then(|| (task.directory.clone(), Ok(task))),
        None => match rule.task_for(job) {
            Ok(task) => is_in(ready, &task.directory).then(|| (task.directory.clone(), Ok(task))),
            // Where its templates begin nobody can say whose it is: what stands before them does.
            Err(error) => {
                let fixed = rule.path.split('{').next().unwrap_or_default();
                let mount = ready.iter().find(|top| Path::new(fixed).starts_with(top));
                mount.map(|top| (top.to_path_buf(), Err(error.failure())))
            }
        },
    });
    tasks.collect()
}
