//! What this node does to its file systems, now: rates of mounts, targets and jobs, once or live.
//!
//! [`View`] is what is shown, as plain numbers; `table` makes rows of text of it for both the live
//! screen and `--once`.

mod draw;
mod live;
mod screen;
mod table;
mod view;

pub use live::{End, live};
pub use view::{FORMAT, FileSystemRow, JobRow, TargetRow, View};

use crate::window::{Looker, between};
use fsxlustre_mount::failure::{Code, Failure};
use fsxlustre_mount::host::Host;
use std::time::Duration;

/// A screen shows nothing of what changes faster and is read slowly.
const SLOW_TIER: Duration = Duration::from_mins(1);

/// Looks twice and tells what happened in between.
///
/// # Errors
/// A fault of ours.
pub fn once(host: &Host, apart: Duration) -> Result<View, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| fault(&error))?;
    let looker = Looker::new(host, SLOW_TIER)?;
    let (first, second) = runtime.block_on(async {
        let first = looker.look().await;
        tokio::time::sleep(apart.saturating_sub(first.at.elapsed())).await;
        (first, looker.look().await)
    });
    // Not waited for: a look may be stuck in the kernel.
    runtime.shutdown_background();
    let seconds = second.at.duration_since(first.at).as_secs_f64();
    let window = between(Some(&first.seen), &second.seen, Some(seconds));
    Ok(View::of(&window, &between(None, &first.seen, None).jobs))
}

pub(super) fn fault(error: &std::io::Error) -> Failure {
    Failure {
        code: Code::Internal,
        what: "the counters cannot be looked at".into(),
        asked: "start the runtime".into(),
        because: error.to_string(),
        remedy: "report this".into(),
    }
}
