//! The `io-hang` fault: requests that get no answer until it is cleared.

use std::path::PathBuf;

use fuser::Request;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::fault::{Fault, wait_until_cleared};
use crate::root::Root;

/// Where every request passes before it is worked on.
#[derive(Debug)]
pub struct Gate {
    flag: PathBuf,
}

impl Gate {
    pub fn new(root: &Root) -> Self {
        Self { flag: Fault::IoHang.flag(root) }
    }

    /// Lets a request through, after the fault if there is one.
    pub fn admit(&self, request: &Request) {
        if self.flag.exists() {
            put_into_state_d(request.pid());
            wait_until_cleared(&self.flag);
        }
    }
}

/// The caller of a FUSE file system waits in state S until a first signal reaches it. Only then the kernel asks to
/// interrupt the request, hears from another thread that nobody can (ENOSYS), and lets this and every later caller wait
/// in state D, as callers of a dead Lustre do. The signal is SIGSTOP; SIGCONT takes it back before it has an effect.
pub fn put_into_state_d(caller: u32) {
    // Zero is a caller in another namespace of processes.
    if let Ok(pid @ 1..) = i32::try_from(caller) {
        for signal in [Signal::SIGSTOP, Signal::SIGCONT] {
            // A caller that is gone needs no signal.
            let _gone = kill(Pid::from_raw(pid), signal);
        }
    }
}
