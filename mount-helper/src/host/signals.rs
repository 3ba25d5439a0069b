//! The signals that ask a program to stop, as something that can be waited for.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::os::fd::AsFd as _;
use std::time::Duration;

/// The signals by which a program is asked to stop.
const STOP: [Signal; 3] = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP];

/// Holds SIGTERM, SIGINT and SIGHUP back and makes them readable, so that a mount that was begun
/// is ended cleanly. `None` when the kernel refuses; the signals then end the program as usual.
///
/// What this program starts inherits that it holds them back: see [`let_stop_signals_through`].
pub fn stop_signals() -> Option<SignalFd> {
    let set: SigSet = STOP.into_iter().collect();
    let signals = SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC).ok()?;
    set.thread_block().ok()?;
    Some(signals)
}

/// Lets the same signals through, for a process that has just begun: whoever started it may hold them
/// back, and it would inherit that, and hand it on. To be called first thing in `main`.
pub fn let_stop_signals_through() {
    // It fails for no set of signals.
    let _ = STOP.into_iter().collect::<SigSet>().thread_unblock();
}

/// Whether this thread holds one of them back.
pub(super) fn holds_stop_signals_back() -> bool {
    SigSet::thread_get_mask().is_ok_and(|mask| STOP.into_iter().any(|signal| mask.contains(signal)))
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
