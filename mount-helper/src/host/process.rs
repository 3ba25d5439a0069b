//! Whether a process is there.

use procfs::process::{Process, Stat};
use procfs::{ProcError, ProcResult};

/// What the kernel says of a process that can still do something; `None` when there is none of that id.
///
/// *Source*: proc(5), `stat`. A process that has ended stays as a zombie until its parent asks how.
///
/// # Errors
/// When it cannot be looked at: it may be there.
pub fn living_process(pid: u32) -> ProcResult<Option<Stat>> {
    let Ok(pid) = i32::try_from(pid) else { return Ok(None) };
    match Process::new(pid).and_then(|process| process.stat()) {
        Ok(stat) => Ok((!matches!(stat.state, 'Z' | 'X')).then_some(stat)),
        Err(ProcError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
