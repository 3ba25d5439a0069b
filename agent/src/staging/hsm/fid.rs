//! A file's name in its file system, which no rename changes.

use serde::{Deserialize, Serialize};
use std::fmt;

/// `struct lu_fid`: sequence, object, version, in the machine's own byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fid {
    sequence: u64,
    object: u32,
    version: u32,
}

impl Fid {
    /// Of what `LL_IOC_PATH2FID` wrote; `None` for one of zeros, which names nothing.
    pub(super) fn of_bytes(bytes: &[u8; 16]) -> Option<Self> {
        let (sequence, rest) = bytes.split_first_chunk()?;
        let (object, version) = rest.split_first_chunk()?;
        let fid = Self {
            sequence: u64::from_ne_bytes(*sequence),
            object: u32::from_ne_bytes(*object),
            version: u32::from_ne_bytes(version.try_into().ok()?),
        };
        (fid.sequence != 0).then_some(fid)
    }

    /// As a request wants it.
    pub(super) fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        let parts = self.sequence.to_ne_bytes().into_iter();
        let parts = parts.chain(self.object.to_ne_bytes()).chain(self.version.to_ne_bytes());
        for (byte, part) in bytes.iter_mut().zip(parts) {
            *byte = part;
        }
        bytes
    }
}

impl fmt::Display for Fid {
    /// As `lfs path2fid` prints it: `[0x200000bd1:0xd:0x0]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{:#x}:{:#x}:{:#x}]", self.sequence, self.object, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_and_print_as_captured() {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&0x2_0000_0bd1_u64.to_ne_bytes());
        bytes[8..12].copy_from_slice(&0xd_u32.to_ne_bytes());
        let fid = Fid::of_bytes(&bytes).expect("a name");
        // `60_more/strace_path2fid`.
        assert_eq!(fid.to_string(), "[0x200000bd1:0xd:0x0]");
        assert_eq!(fid.to_bytes(), bytes);
        assert_eq!(Fid::of_bytes(&[0; 16]), None);
    }
}
