//! Writes that failed after the program had been told that all was well.
//!
//! fsync(2) tells a program; one that does not ask is never told. What the client says of it by
//! itself is in the kernel's log alone: pages that were thrown away after an eviction, and write
//! requests that a server refused.
//!
//! *Source*: `ll_dirty_page_discard_warn`, and message 11-0 of `ptlrpc_check_status`, as captured
//! from 2.15.8.

use crate::host::{Host, KernelLog};
use std::time::Duration;

/// The most lines that are told.
const MOST: usize = 10;

/// What the kernel has logged of failed writes to a file system in the time before now, oldest first,
/// ten lines at most.
pub fn write_errors(host: &Host, fsname: &str, before_now: Duration) -> Vec<String> {
    let Some(lines) = KernelLog::of_the_last(&host.paths.kernel_log, before_now) else {
        return Vec::new();
    };
    let mut errors: Vec<String> =
        lines.into_iter().filter(|line| is_write_error(line, fsname)).collect();
    errors.dedup();
    errors.drain(..errors.len().saturating_sub(MOST));
    errors
}

fn is_write_error(line: &str, fsname: &str) -> bool {
    let is_discard = line.contains(&format!(" {fsname}: dirty page discard: "));
    let is_refused = line.contains(&format!(" {fsname}-OST"))
        && line.contains("operation ost_write to node ")
        && line.contains(" failed: rc = ");
    is_discard || is_refused
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captured_lines_are_known_and_others_are_not() {
        let discard = "Lustre: 465:0:(llite_lib.c:3590:ll_dirty_page_discard_warn()) p7lsxbev: dirty \
                       page discard: 192.168.77.10@tcp:/p7lsxbev/fid: [0x200000bd4:0x1:0x0]// may get \
                       corrupted (rc -5)";
        let refused = "LustreError: 11-0: p7lsxbev-OST0000-osc-ff357431481cc000: operation ost_write \
                       to node 192.168.77.10@tcp failed: rc = -107";
        let evicted = "LustreError: p7lsxbev-OST0000-osc-ff357431481cc000: This client was evicted by \
                       p7lsxbev-OST0000; in progress operations using this service will fail.";
        for (line, fsname, is) in [
            (discard, "p7lsxbev", true),
            (refused, "p7lsxbev", true),
            (evicted, "p7lsxbev", false),
            (discard, "lsxbev", false),
            (refused, "other", false),
        ] {
            assert_eq!(is_write_error(line, fsname), is, "{line}");
        }
    }
}
