//! `layout=PROFILE`: the mounted directory gets a layout profile, by the agent.

use crate::failure::one_line;
use crate::host::{Bounds, Host};
use std::path::Path;
use std::time::Duration;

/// The longest time for it.
const WITHIN: Duration = Duration::from_secs(30);

/// Applies the profile. The mount is as good without it, so what fails is a warning.
pub(super) fn apply(
    host: &Host,
    profile: &str,
    directory: &Path,
    bounds: &Bounds<'_>,
) -> Option<String> {
    let directory = directory.display().to_string();
    let args = ["layout", "apply", "--profile", profile, "--", &directory];
    let done = host
        .program("fsxlustre")
        .and_then(|program| program.run(&args, &bounds.at_most(WITHIN).run_limits()));
    let because = match done {
        Ok(done) if done.status.success() => return None,
        Ok(done) => one_line(&done.stderr),
        Err(error) => error.to_string(),
    };
    Some(format!("the layout profile {profile} was not applied to {directory}: {because}"))
}
