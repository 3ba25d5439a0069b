//! The signals that ask a program to stop, as something that can be waited for.

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

/// Holds SIGTERM, SIGINT and SIGHUP back and makes them readable, so that a mount that was begun
/// is ended cleanly. Children start with no signal held back. `None` when the kernel refuses; the
/// signals then end the program as usual.
pub fn stop_signals() -> Option<SignalFd> {
    let set: SigSet = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP].into_iter().collect();
    let signals = SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC).ok()?;
    set.thread_block().ok()?;
    Some(signals)
}
