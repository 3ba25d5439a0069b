//! What the packaged timer takes away now and then, if that is enabled: what nobody has asked after since.
//!
//! Most of it the next job's start and end, the next mount or the next unmount does as well. While a
//! job computes here only leases are looked at.

use super::{Housekeeping, Lease, Node, housekeeping, reap};
use crate::tune::forget_gone_clients;
use fsxlustre_mount::failure::Failure;
use fsxlustre_mount::host::{Deadline, Host, unix_seconds};
use fsxlustre_mount::last_failure::LastFailure;
use fsxlustre_mount::unmount::{Begun, settle_ended};
use nix::sys::signalfd::SignalFd;
use std::path::PathBuf;
use std::time::Duration;

/// How long each look may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// For how long a failure is repeated by `fsxlustre status`, while nobody mounts there any more.
const FAILURE_IS_OLD: Duration = Duration::from_hours(30 * 24);

/// What was swept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Jobs that compute here: but for leases everything was left as it is.
    pub computing: usize,
    /// What housekeeping did.
    pub housekeeping: Housekeeping,
    /// Directories whose unmount was stuck, or whose client lived on, and is gone now.
    pub unmounted: Vec<PathBuf>,
    /// Directories whose last failure is forgotten.
    pub failures: Vec<PathBuf>,
    /// What could not be swept.
    pub refused: Vec<Failure>,
}

/// Sweeps.
///
/// # Errors
/// The leases cannot be read or written.
pub fn sweep(node: &Node<'_>, interrupt: Option<&SignalFd>) -> Result<Swept, Failure> {
    let mut swept = Swept::default();
    let reaped = reap(node, "", Deadline::after(PATIENCE))?;
    swept.computing = Lease::live(node.host)?.len();
    if swept.computing > 0 {
        swept.housekeeping.reaped = reaped;
        // What those had used is left to the timer that is there for it.
        housekeeping::ensure(node.host, Deadline::after(PATIENCE))?;
        return Ok(swept);
    }
    swept.housekeeping = housekeeping(node, interrupt)?;
    swept.housekeeping.reaped.extend(reaped);
    settle_unmounts(node.host, &mut swept);
    forget_failures(node.host, &mut swept);
    forget_gone_clients(node.host);
    Ok(swept)
}

fn settle_unmounts(host: &Host, swept: &mut Swept) {
    let all = Begun::all(host).unwrap_or_else(|failure| {
        swept.refused.push(failure);
        Vec::new()
    });
    for begun in all.into_iter().filter(|begun| !begun.is_running()) {
        let directory = begun.target.directory;
        match settle_ended(host, &directory, Deadline::after(PATIENCE)) {
            Ok(Some(_)) => swept.unmounted.push(directory),
            Ok(None) => {}
            Err(failure) => swept.refused.push(failure),
        }
    }
}

fn forget_failures(host: &Host, swept: &mut Swept) {
    let (kept, _) = LastFailure::all(host).unwrap_or_default();
    let is_old = |one: &LastFailure| {
        unix_seconds().saturating_sub(one.at_unix_seconds) > FAILURE_IS_OLD.as_secs()
    };
    for one in kept.into_iter().filter(is_old) {
        // What cannot be removed is tried again the next time.
        if LastFailure::clear(host, &one.directory).is_ok() {
            swept.failures.push(one.directory);
        }
    }
}
