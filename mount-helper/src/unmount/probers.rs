//! The metrics service's children that are asleep in statvfs(2): each holds the mount that it asks.
//!
//! A mount that is busy cannot be unmounted, and forcing that leaves a Lustre client dead for everybody.
//! The service replaces a child that has ended, so it is ended.

use super::holders::process_ids;
use crate::host::Host;
use nix::libc::SYS_statfs;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::path::Path;

/// The first argument that makes `fsxlustre` such a child.
pub const PROBER_WORD: &str = "--fsxlustre-prober";
/// More than the two first arguments have.
const MOST_READ: usize = 4096;

/// Ends those that are in the call now; how many there were.
///
/// *Source*: `/proc/PID/{cmdline,syscall}`, proc(5).
pub(super) fn end_sleeping(host: &Host) -> usize {
    let is_sleeping = |folder: &Path| {
        let read = |name| std::fs::read(folder.join(name)).unwrap_or_default();
        is_prober(&read("cmdline")) && is_in_statfs(&read("syscall"))
    };
    let ids = process_ids(host).into_iter();
    let ids = ids.filter(|pid| is_sleeping(&host.paths.processes.join(pid.to_string())));
    let ended = ids.filter(|pid| {
        // One that has ended meanwhile holds nothing.
        i32::try_from(*pid).is_ok_and(|pid| kill(Pid::from_raw(pid), Signal::SIGKILL).is_ok())
    });
    ended.count()
}

fn is_prober(cmdline: &[u8]) -> bool {
    let mut words = cmdline.get(..MOST_READ).unwrap_or(cmdline).split(|byte| *byte == 0);
    let program = words.next().unwrap_or_default();
    let name = program.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    // The service starts it by the link to its own program.
    matches!(name, b"fsxlustre" | b"exe") && words.next() == Some(PROBER_WORD.as_bytes())
}

fn is_in_statfs(syscall: &[u8]) -> bool {
    let number = syscall.split(u8::is_ascii_whitespace).next().unwrap_or_default();
    number == SYS_statfs.to_string().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_children_in_that_call_are_meant() {
        for (cmdline, is_it) in [
            (&b"/proc/self/exe\0--fsxlustre-prober\0/proc\0"[..], true),
            (b"/usr/bin/fsxlustre\0--fsxlustre-prober\0", true),
            (b"/usr/bin/fsxlustre\0serve\0", false),
            (b"vi\0--fsxlustre-prober\0", false),
            (b"fsxlustre\0serve\0--fsxlustre-prober\0", false),
            (b"", false),
        ] {
            assert_eq!(is_prober(cmdline), is_it, "{}", String::from_utf8_lossy(cmdline));
        }
        let called = format!("{SYS_statfs} 0x7f 0x0 0x0 0x0 0x0 0x0 0x7f 0x7f\n");
        assert!(is_in_statfs(called.as_bytes()));
        for text in ["running\n", "", "-1 0x0 0x0\n", "0 0x0\n"] {
            assert!(!is_in_statfs(text.as_bytes()), "{text}");
        }
    }
}
