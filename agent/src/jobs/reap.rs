//! Leases of jobs that are gone from this node without an end, or whose end was cut short.
//!
//! A job is gone when it has neither a process of Slurm's nor a cgroup here. What it used, and nobody
//! else uses, is left to housekeeping, so that whoever reaps is not kept.

use super::end::mount_of_a_job;
use super::members::Members;
use super::{FrozenRequest, Leaked, Lease, Node, forget_told, housekeeping, io};
use fsxlustre_mount::failure::Failure;
use std::time::Duration;

/// How long an end may be at work before it counts as cut short.
const LONGEST_END: Duration = Duration::from_mins(10);

/// Removes the leases of jobs that are gone; the keys of those.
///
/// `own` is the job that asks, whose lease stays.
///
/// # Errors
/// State cannot be read or written. What was reaped until then stays reaped.
pub(super) fn reap(node: &Node<'_>, own: &str) -> Result<Vec<String>, Failure> {
    let mut gone = Vec::new();
    let mut is_any_abandoned = false;
    for lease in Lease::all(node.host)? {
        if lease.job == own || !is_gone(node, &lease) {
            continue;
        }
        is_any_abandoned |= abandon(node, &lease)?;
        io::forget(node.host, &lease.job)?;
        FrozenRequest::remove(node.host, &lease.job)?;
        lease.job_id.map_or(Ok(()), |job| forget_told(node.host, job))?;
        lease.remove(node.host)?;
        gone.push(lease.job);
    }
    if is_any_abandoned {
        housekeeping::ensure(node.host)?;
    }
    Ok(gone)
}

fn is_gone(node: &Node<'_>, lease: &Lease) -> bool {
    if !lease.is_of_this_boot(node.host) {
        return true;
    }
    if lease.has_ended {
        return lease.ended_for() > LONGEST_END;
    }
    // Without a number nothing of it can be looked for.
    lease.age() >= node.jobs.vanished_after()
        && lease.job_id.is_some_and(|job| {
            let request = FrozenRequest::read(node.host, &lease.job);
            !Members::of(node.host, job, request.and_then(|request| request.sluid)).is_here()
        })
}

/// Leaves to housekeeping what the job used and nobody else does. True when there is such.
fn abandon(node: &Node<'_>, lease: &Lease) -> Result<bool, Failure> {
    if !lease.is_of_this_boot(node.host) {
        return Ok(false);
    }
    let mut is_any = false;
    for directory in &lease.directories {
        let is_used = !Lease::others(node.host, &lease.job, directory)?.is_empty();
        let is_known = Leaked::of(node.host, directory).is_some();
        if let Some(target) = mount_of_a_job(node, directory).filter(|_| !is_used && !is_known) {
            Leaked::abandoned(node.host, &target, &lease.job).write(node.host)?;
            is_any = true;
        }
    }
    Ok(is_any)
}
