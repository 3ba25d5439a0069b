//! After a mount, the agent's work: the layout and the client settings that the mount was to have.
//!
//! This program does not link the agent, so it is run, as mount(8) runs this one. A mount is as good
//! without either: what does not work is a warning with the agent's own code, never a failed mount.

use super::{Done, MountReport, MountRequest, Mounter, Way};
use crate::failure::{Explain as _, one_line};
use crate::host::Bounds;
use crate::record::Maker;
use std::path::PathBuf;
use std::time::Duration;

/// The longest time of each.
const WITHIN: Duration = Duration::from_secs(30);

/// One thing that is asked of the agent.
struct Task {
    /// What it is, after "was not applied".
    what: String,
    /// Arguments before `-- DIRECTORY`.
    args: Vec<String>,
}

impl Mounter<'_> {
    /// Has the agent do what the options and the settings say of a mount that was made; nothing for one
    /// that was there, which is as whoever made it wanted it, and nothing for a job: its start has phases of
    /// its own for that.
    pub(super) fn afterwards(
        &self,
        request: &MountRequest,
        mut report: MountReport,
        bounds: &Bounds<'_>,
    ) -> MountReport {
        let is_for_a_job = matches!(request.made_by, Maker::Job(_));
        if report.done == Done::Made && request.namespace.is_none() && !is_for_a_job {
            let is_new_client = !matches!(report.way, Way::Bind { .. });
            let wanted = self.tasks(request, is_new_client);
            let warnings = wanted.iter().filter_map(|task| self.ask(task, request, bounds));
            report.warnings.extend(warnings.collect::<Vec<_>>());
        }
        report
    }

    /// A client that was there keeps its settings, unless this very mount asks for others.
    fn tasks(&self, request: &MountRequest, is_new_client: bool) -> Vec<Task> {
        let layout = request.options.layout.as_deref().map(|profile| Task {
            what: format!("the layout profile {profile}"),
            args: ["layout", "apply", "--no-count", "--profile", profile]
                .map(str::to_owned)
                .to_vec(),
        });
        let is_here = |path: &PathBuf| path.starts_with(&request.directory);
        let has_rules = self.defaults.layout_directories.iter().any(is_here);
        let rules = has_rules.then(|| Task {
            what: "what [[layout.directory]] says".into(),
            args: ["layout", "apply", "--configured"].map(str::to_owned).to_vec(),
        });
        let default = self.defaults.tune.as_deref().filter(|_| is_new_client);
        let tune = request.options.tune_profile(default).map(|profile| Task {
            what: format!("the tuning profile {profile}"),
            args: ["tune", "apply", "--profile", profile].map(str::to_owned).to_vec(),
        });
        layout.into_iter().chain(rules).chain(tune).collect()
    }

    /// The warning, where it was not done.
    fn ask(&self, task: &Task, request: &MountRequest, bounds: &Bounds<'_>) -> Option<String> {
        let directory = request.directory.display().to_string();
        let args: Vec<&str> =
            task.args.iter().map(String::as_str).chain(["--", &directory]).collect();
        let done = self
            .host
            .program("fsxlustre")
            .and_then(|program| program.run(&args, &bounds.at_most(WITHIN).run_limits()));
        let because = match done {
            Ok(done) if done.status.success() => return None,
            Ok(done) => one_line(&done.stderr),
            Err(error) => format!("{error}: {}", error.because()),
        };
        Some(format!("{} was not applied to {directory}: {because}", task.what))
    }
}
