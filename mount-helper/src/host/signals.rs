//! The signals that ask a program to stop, as something that can be waited for.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::os::fd::AsFd as _;
use std::time::Duration;

/// Holds SIGTERM, SIGINT and SIGHUP back and makes them readable, so that a mount that was begun
/// is ended cleanly. Children start with no signal held back. `None` when the kernel refuses; the
/// signals then end the program as usual.
pub fn stop_signals() -> Option<SignalFd> {
    let set: SigSet = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP].into_iter().collect();
    let signals = SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC).ok()?;
    set.thread_block().ok()?;
    Some(signals)
}

/// Sleeps; true when a signal asked to stop.
pub fn sleep_unless_interrupted(pause: Duration, interrupt: Option<&SignalFd>) -> bool {
    let Some(signals) = interrupt else {
        std::thread::sleep(pause);
        return false;
    };
    let mut fds = [PollFd::new(signals.as_fd(), PollFlags::POLLIN)];
    let timeout = PollTimeout::try_from(pause).unwrap_or(PollTimeout::MAX);
    poll(&mut fds, timeout).is_ok_and(|ready| ready > 0)
}
