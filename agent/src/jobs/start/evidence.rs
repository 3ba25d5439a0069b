//! What is left behind before a node is drained: a line for slurmd's log, an entry for the journal,
//! a file for whoever looks at the fleet.

use super::Started;
use crate::jobs::Cause;
use fsxlustre_mount::failure::one_line;

/// The one line that slurmd logs of a start that exits 1; `None` where nothing is wrong.
pub fn drain_line(started: &Started, label: &str) -> Option<String> {
    let worst = started.worst()?;
    let failure = &worst.failure;
    let cause = Cause::of(failure.code).word();
    Some(one_line(&format!(
        "fsxlustre: {label}: this node is not fit ({cause}): {}: {} [{}]; do: {}",
        failure.what, failure.because, failure.code, failure.remedy
    )))
}
