//! HSM as the files of a mount have it: the calls by which a client tells it, and reads that wait for a restore.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::thread::sleep;
use std::time::Duration;

use fuser::INodeNo;
use nix::errno::Errno;
use nix::sys::stat::{SFlag, fstat};

use super::{LustreFs, errno};
use crate::fault::Fault;
use crate::tree::activity::Operation;

/// The numbers of the calls (`60_more/strace_hsm_state`, `strace_hsm_action`). The FID is told by none: FUSE passes no
/// more bytes than the number of its call says, which are too few.
const STATE: u32 = 0x8020_66d3;
const ACTION: u32 = 0x8018_66dc;
/// How often a read that waits looks again.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// "No action", `HUA_NONE`.
const NO_ACTION: u32 = 1;

impl LustreFs {
    /// The structure that a call fills in.
    pub(super) fn archive_call(&self, inode: INodeNo, number: u32) -> nix::Result<Vec<u8>> {
        if Fault::NoHsmIoctl.is_set(&self.root) || !matches!(number, STATE | ACTION) {
            return Err(Errno::ENOTTY);
        }
        self.counted(Operation::Getattr, || {
            let stat = fstat(&*self.inodes.get(inode)?)?;
            if SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT != SFlag::S_IFREG {
                return Err(Errno::ENOTTY);
            }
            let found = self.archive.get(self.inodes.number(inode));
            let (record, going) = found.map_err(|error| errno(&error))?;
            let numbers = if number == STATE {
                // `struct hsm_user_state`: what is in progress is left at zero.
                vec![record.flags, record.archive_id, 0, 0, 0, 0, 0, 0]
            } else {
                let end = if going.is_some() { u32::MAX } else { 0 };
                let (stage, action) =
                    going.map_or((0, NO_ACTION), |(action, stage)| (stage as u32, action.number()));
                vec![stage, action, 0, 0, end, end]
            };
            Ok(numbers.into_iter().flat_map(u32::to_ne_bytes).collect())
        })
    }

    /// Waits until a file's data are here, where nobody brings them until the caller is killed
    /// (`30_hsm_ct/nocopytool_read`; there SIGTERM was not enough).
    pub(super) fn bring(&self, file: &File, caller: u32) -> nix::Result<()> {
        let inode = file.metadata().map_err(|error| errno(&error))?.ino();
        let mut is_asked = false;
        loop {
            match self.archive.bring(inode, is_asked).map_err(|error| errno(&error))? {
                Some(true) => return Ok(()),
                Some(false) if is_killed(caller) => return Err(Errno::EINTR),
                Some(false) => sleep(LOOK_EVERY),
                // `30_hsm_ct/prep_nocopytool`.
                None => return Err(Errno::ENODATA),
            }
            is_asked = true;
        }
    }

    /// A file was written to.
    pub(super) fn written(&self, file: &File) -> nix::Result<()> {
        let inode = file.metadata().map_err(|error| errno(&error))?.ino();
        self.archive.written(inode).map_err(|error| errno(&error))
    }
}

/// Whether a process is about to die: SIGKILL is pending. FUSE keeps it until its request is answered.
fn is_killed(caller: u32) -> bool {
    let Ok(text) = fs::read_to_string(format!("/proc/{caller}/status")) else { return true };
    let mut masks = text
        .lines()
        .filter_map(|line| line.strip_prefix("SigPnd:").or_else(|| line.strip_prefix("ShdPnd:")));
    masks.any(|mask| u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & 0x100 != 0))
}
