//! Leases of jobs that are gone from this node without an end, or whose end was cut short.
//!
//! A lease is only taken away on evidence: another boot, a later run of the same job, an extern step
//! that was seen and is gone ([`super::sights`]), an end that did not come back. What such a job used,
//! and nobody else uses, is left to housekeeping, so that whoever reaps is not kept.

use super::end::mount_of_a_job;
use super::exports::leave_tickets;
use super::{FrozenRequest, Leaked, Lease, Node, forget_told, housekeeping, io, sights, stage_in};
use fsxlustre_mount::failure::Failure;
use fsxlustre_mount::host::Deadline;

/// Removes the leases of jobs that are gone; the keys of those.
///
/// `own` is the job that asks, whose lease stays. What cannot be looked at until the deadline is taken
/// for there.
///
/// # Errors
/// State cannot be read or written. What was reaped until then stays reaped.
pub(super) fn reap(node: &Node<'_>, own: &str, deadline: Deadline) -> Result<Vec<String>, Failure> {
    let half = deadline.at_most(deadline.left() / 2);
    let all = Lease::all(node.host)?;
    let (others, live): (Vec<_>, Vec<_>) = all
        .iter()
        .filter(|lease| lease.job != own)
        .partition(|lease| lease.has_ended || !lease.is_of_this_boot(node.host));
    let vanished = sights::vanished(node.host, &live, node.jobs.vanished_after(), half);
    let is_gone = |lease: &Lease| lease.is_cut_short() || !lease.is_of_this_boot(node.host);
    let is_over = |lease: &Lease| {
        vanished.contains(&lease.job) || all.iter().any(|other| lease.is_earlier_run_of(other))
    };
    let gone = others.into_iter().filter(|lease| is_gone(lease));
    let gone: Vec<&Lease> = gone.chain(live.into_iter().filter(|lease| is_over(lease))).collect();
    // An end that seemed to be cut short, or not to have come, may have ended as it should meanwhile.
    let still = Lease::all(node.host)?;
    let gone: Vec<&Lease> = gone.into_iter().filter(|lease| still.contains(lease)).collect();
    let mut is_any_abandoned = false;
    for lease in &gone {
        is_any_abandoned |= abandon(node, lease)?;
        if let Some(request) = FrozenRequest::read(node.host, &lease.job) {
            for one in leave_tickets(node.host, &request) {
                tracing::info!(job = lease.job, told = ?one.told, "an export at the end of a job that is gone");
            }
        }
        if let Err(because) = stage_in::stop(node.host, &lease.job) {
            tracing::warn!(job = lease.job, because, "a stage-in of a job that is gone");
        }
        io::forget(node.host, &lease.job)?;
        FrozenRequest::remove(node.host, &lease.job)?;
        forget_what_was_told(node, lease, &all)?;
        lease.remove(node.host)?;
    }
    if is_any_abandoned {
        housekeeping::ensure(node.host, deadline)?;
    }
    Ok(gone.into_iter().map(|lease| lease.job.clone()).collect())
}

/// Unless a later run of the job was told something since.
fn forget_what_was_told(node: &Node<'_>, lease: &Lease, all: &[Lease]) -> Result<(), Failure> {
    let Some(job_id) = lease.job_id else { return Ok(()) };
    let is_anothers = all.iter().any(|other| {
        other.job_id == Some(job_id) && other.job != lease.job && other.is_of_this_boot(node.host)
    });
    if is_anothers { Ok(()) } else { forget_told(node.host, job_id) }
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
