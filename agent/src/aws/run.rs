//! Asynchronous calls from code that waits: to their end, to the deadline, or to a signal.

use super::AwsError;
use fsxlustre_mount::host::{Bounds, sleep_unless_interrupted};
use nix::sys::signalfd::SignalFd;
use std::future::Future;
use std::time::Duration;

/// How soon a signal is seen.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Runs calls to AWS to their end, or to the bounds.
///
/// # Errors
/// The calls' own, [`AwsError::Deadline`], or [`AwsError::Interrupted`].
pub fn block_on<T>(
    bounds: Bounds<'_>,
    calls: impl Future<Output = Result<T, AwsError>>,
) -> Result<T, AwsError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| AwsError::Runtime { source })?;
    let deadline = bounds.deadline;
    let result = runtime.block_on(async {
        tokio::select! {
            biased;
            () = stop_asked(bounds.interrupt) => Err(AwsError::Interrupted),
            result = tokio::time::timeout(deadline.left(), calls) => result.unwrap_or_else(|_| {
                let seconds = deadline.budget().as_secs();
                Err(AwsError::Deadline { asked: None, seconds, last: None })
            }),
        }
    });
    // A name look-up that hangs in a thread of the runtime must not keep us.
    runtime.shutdown_background();
    result
}

/// Ends when a signal waits. It is not taken: whoever else looks sees it too. The runtime has no
/// safe way to watch a descriptor that is not its own, so it is looked at now and then.
async fn stop_asked(interrupt: Option<&SignalFd>) {
    if interrupt.is_none() {
        std::future::pending::<()>().await;
    }
    while !sleep_unless_interrupted(Duration::ZERO, interrupt) {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
