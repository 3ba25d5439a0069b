//! A job's start and end on this node: mount what is missing, unmount what a start had mounted.
//!
//! Slurm calls the end on nodes where no start ran, and may call it twice; both are fine. What a
//! start mounted is known by the mount's own record, not by memory: a mount that was there before
//! is never taken away.

pub mod asked_for;
mod cause;
pub mod collect;
mod end;
mod environment;
mod evidence;
mod exports;
mod gate;
mod housekeeping;
mod idle;
pub mod io;
mod late;
mod leaked;
mod lease;
pub mod leaving;
mod list;
mod members;
mod phase;
mod policy;
mod policy_table;
mod reap;
pub mod report;
mod request;
mod requeued;
mod sights;
mod stage_in;
mod start;
pub mod stuck;
mod sweep;
mod template;
mod timer;
mod told;
pub mod traces;

pub use cause::{CAUSES, Cause, CauseRow, Lies, Verdict};
pub use end::{Course, Ended, Fate, end, foresee};
pub use environment::{JobVariableError, JobVariables};
pub use evidence::{drain_line, drain_line_of_end, leave_at_end};
pub use exports::{ExportedAtEnd, wait_for_exports};
pub use gate::{Closed, Gate};
pub use housekeeping::{Housekeeping, housekeeping};
pub use late::settle_late;
pub use leaked::{LeakCause, Leaked};
pub use lease::Lease;
pub use list::{JobState, KnownJob, known_jobs};
pub use phase::{END_PHASES, Phase, START_PHASES, start_phases};
pub use policy::Policy;
pub use policy_table::{PhaseRow, PolicyRow, PolicyTable};
pub use request::{FrozenMount, FrozenRequest, MountOutcome, PhaseTime, StartOutcome};
pub use requeued::{as_started, is_of_a_run_that_lasts};
pub use stage_in::{
    StageIn, Step, Tree, staged_paths, stop_all as stop_stage_ins, work as bring_staged,
};
pub use start::{Lacking, PhaseClock, Ready, Started, observe, start};
pub use sweep::{Swept, sweep};
pub use template::{JobField, TemplateError, fill, fill_text, sample, sample_text};
pub use told::{Missing, forget_told, tell, told};
pub use traces::live_jobs;

use reap::reap;

use crate::config::JobsSection;
use fsxlustre_mount::failure::Failure;
use fsxlustre_mount::host::{Bounds, Host, Lock};
use fsxlustre_mount::record::MountRecord;
use std::path::Path;

/// Everything that a start and an end need of their surroundings.
#[derive(Debug)]
pub struct Node<'a> {
    /// This machine.
    pub host: &'a Host,
    /// `[jobs]`.
    pub jobs: &'a JobsSection,
}

/// Keeps starts and ends of the same directory apart.
fn lock_directory(host: &Host, directory: &Path, bounds: &Bounds<'_>) -> Result<Lock, Failure> {
    use fsxlustre_mount::failure::Explain as _;
    let record = MountRecord::path(host, directory);
    let name = record.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let lock = Lock::take(&host.paths.state, &format!("job.{name}"), *bounds)
        .map_err(|error| error.failure())?;
    // Whoever has it decides what becomes of a mount that was only kept for a while.
    idle::cancel(host, directory, bounds.deadline);
    Ok(lock)
}
