//! The layouts of what a start has mounted: `layout=PROFILE` among the options of the rule.

use super::{Lacking, Started};
use crate::config::AgentConfig;
use crate::layout::{LayoutRequest, apply};
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::Deadline;
use fsxlustre_mount::mount::Done;
use std::path::Path;

/// Applies the profiles. A mount that was there is somebody else's, and is left as it is laid out.
pub(super) fn apply_all(config: &AgentConfig, started: &mut Started, deadline: Deadline) {
    let made = started.ready.iter().filter(|one| one.report.done == Done::Made);
    let wanted = made.filter_map(|one| Some((one.directory.clone(), one.layout.clone()?)));
    for (directory, profile) in wanted.collect::<Vec<_>>() {
        if let Err(failure) = apply_one(config, &directory, &profile, deadline) {
            started.lacks(Lacking { directory, is_mounted: true, failure });
        }
    }
}

fn apply_one(
    config: &AgentConfig,
    directory: &Path,
    profile_name: &str,
    deadline: Deadline,
) -> Result<(), Failure> {
    let unknown = || config.layout.unknown(profile_name).failure();
    let profile = config.layout.profile(profile_name).ok_or_else(unknown)?;
    let request = LayoutRequest { directory, profile_name, profile: &profile, replace: false };
    apply(config.host(), &request, deadline).map(|_| ())
}
