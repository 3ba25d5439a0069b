//! The counters at a job's begin.

use crate::jobs::io;
use fsxlustre_mount::failure::Failure;
use fsxlustre_mount::host::{Deadline, Host};
use std::sync::mpsc;
use std::thread;

/// Counts from here on. What could not be counted delays no start and fails none: the job's report
/// lacks it, which is the warning.
///
/// The files send no RPC, and are still not trusted to answer: a thread that waits for them ends
/// with this process.
pub(super) fn begin(host: &Host, key: &str, deadline: Deadline) -> Option<String> {
    let (tell, told) = mpsc::channel::<Result<(), Failure>>();
    let (host, key) = (host.clone(), key.to_owned());
    thread::spawn(move || {
        // Nobody listens any more when the time is over.
        let _ = tell.send(io::begin(&host, &key));
    });
    let because = match told.recv_timeout(deadline.left()) {
        Ok(Ok(())) => return None,
        Ok(Err(failure)) => format!("{}: {}", failure.what, failure.because),
        Err(_) => format!("no answer within {} s", deadline.budget().as_secs()),
    };
    Some(format!("what the job reads and writes is not counted: {because}"))
}
