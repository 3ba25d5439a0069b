//! The four calls to the Lustre client for which no crate has a safe form; all unsafe code of this program is here.
//!
//! *Source*: the numbers of the first three are in the calls of `lfs` 2.15.8 (`60_more/strace_hsm_*`). The structures, and
//! `LL_IOC_PATH2FID`, are from source, not captured: `lustre_user.h` of lustre-release 00141b1a746d (which has the layouts
//! of 2.13 and later) and of the client that Linux 4.x had in its staging tree, which agree. `ll_dir_ioctl` and
//! `ll_file_ioctl` of both answer the last with a FID; `lfs path2fid` of 2.15.8 asks for a file handle instead.
//!
//! Every one answers on files and directories of a Lustre mount only; whoever calls has looked which mount the
//! descriptor is of. A client that refuses one is asked by `lfs`.

#![expect(
    unsafe_code,
    reason = "ioctl(2) reads and writes what a number stands for, which no compiler can check"
)]

use super::fid::Fid;
use super::request::{LONGEST, Request};
use super::state::{Current, HsmState};
use rustix::io::Errno;
use rustix::ioctl::{Opcode, Updater, ioctl};
use std::os::fd::OwnedFd;

const STATE: Opcode = 0x8020_66d3;
const ACTION: Opcode = 0x8018_66dc;
const REQUEST: Opcode = 0x4018_66d9;
const PATH_TO_FID: Opcode = 0x8008_66ad;

/// The state of an open file.
pub(super) fn state(file: &OwnedFd) -> Result<HsmState, Errno> {
    let mut bytes = [0; 32];
    // SAFETY: the number is `_IOR('f', 211, struct hsm_user_state)`, which has 32 bytes of plain numbers: the client
    // writes as many to this array (its last member has no length), and any bytes are an array.
    unsafe { ioctl(file, Updater::<STATE, [u8; 32]>::new(&mut bytes)) }?;
    Ok(HsmState::of_bytes(&bytes))
}

/// What is going on with an open file.
pub(super) fn action(file: &OwnedFd) -> Result<Option<Current>, Errno> {
    let mut bytes = [0; 24];
    // SAFETY: the number is `_IOR('f', 220, struct hsm_current_action)`, which has 24 bytes of plain numbers: the
    // client writes as many to this array, and any bytes are an array.
    unsafe { ioctl(file, Updater::<ACTION, [u8; 24]>::new(&mut bytes)) }?;
    Ok(Current::of_bytes(&bytes))
}

/// The FID of an open file; it costs no request to a server.
pub(super) fn fid(file: &OwnedFd) -> Result<Option<Fid>, Errno> {
    let mut bytes = [0; 16];
    // SAFETY: the number says `long`, but `ll_file_ioctl` and `ll_dir_ioctl` write a `struct lu_fid` of 16 bytes of
    // plain numbers. The array has as many, and any bytes are an array.
    unsafe { ioctl(file, Updater::<PATH_TO_FID, [u8; 16]>::new(&mut bytes)) }?;
    Ok(Fid::of_bytes(&bytes))
}

/// Sends a request, by any open directory of the mount.
pub(super) fn send(directory: &OwnedFd, request: &mut Request) -> Result<(), Errno> {
    // SAFETY: the number is `_IOW('f', 217, struct hsm_user_request)`, behind which the files follow: the client reads
    // the header and as many files as it counts, which `Request` keeps within its array. It writes nothing.
    unsafe { ioctl(directory, Updater::<REQUEST, [u8; LONGEST]>::new(request.bytes())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_captured_calls() {
        let capture = |name: &str, number: Opcode| {
            let file = format!("{}/tests/fixtures/hsm/{name}.out", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(&file).expect(&file);
            assert!(text.contains(&format!(", {number:#x}, ")), "{number:#x}: {text}");
        };
        capture("strace_hsm_state", STATE);
        capture("strace_hsm_action", ACTION);
        capture("strace_hsm_restore", REQUEST);
        // Which no version of lfs that was captured calls any more.
        assert_eq!(PATH_TO_FID, rustix::ioctl::opcode::read::<u64>(b'f', 173));
    }

    #[test]
    fn a_file_elsewhere_has_no_state() {
        let file: OwnedFd = std::fs::File::open("/proc/self/exe").expect("our own file").into();
        assert_eq!(state(&file), Err(Errno::NOTTY));
        assert_eq!(action(&file), Err(Errno::NOTTY));
    }
}
