//! Whether a process is there.

use procfs::process::{Process, Stat};

/// What the kernel says of a process that can still do something; `None` when there is none of that id.
///
/// *Source*: proc(5), `stat`. A process that has ended stays as a zombie until its parent asks how.
pub fn living_process(pid: u32) -> Option<Stat> {
    let stat = Process::new(i32::try_from(pid).ok()?).and_then(|process| process.stat()).ok()?;
    let is_dead = matches!(stat.state, 'Z' | 'X');
    (!is_dead).then_some(stat)
}
