//! The bytes of one request for up to 52 files.
//!
//! *Source*: `struct hsm_request` (24 bytes: action, archive, flags of 64 bits, count, length of data) and `struct
//! hsm_user_item` (32 bytes: FID, offset and length of the extent) of `lustre_user.h` (which versions: `ioctl`), from
//! source: no capture shows what is inside of a request. `ll_dir_ioctl` (llite/dir.c) refuses with E2BIG what is not
//! shorter than `MDS_MAXREQSIZE / 3` = 1706 bytes.

use super::decide::Verb;
use super::fid::Fid;

/// The most files of one request. A client refused 53 (`60_more/hsm_archive_53`).
pub(super) const MOST_FILES: usize = 52;
const HEADER: usize = 24;
const ITEM: usize = 32;
/// The longest request.
pub(super) const LONGEST: usize = HEADER + ITEM * MOST_FILES;
/// To the end of the file.
const WHOLE: u64 = u64::MAX;

/// One request, as the kernel reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    bytes: Box<[u8; LONGEST]>,
}

impl Request {
    /// For whole files, in the archive that the file system says; `None` for no file, or for too many.
    pub(super) fn new(verb: Verb, files: &[Fid]) -> Option<Self> {
        let count = u32::try_from(files.len()).ok()?;
        if files.is_empty() || files.len() > MOST_FILES {
            return None;
        }
        let mut bytes = Box::new([0; LONGEST]);
        let (header, items) = bytes.split_at_mut(HEADER);
        // Archive, flags and length of data stay 0.
        put(header, 0, &verb.number().to_ne_bytes());
        put(header, 16, &count.to_ne_bytes());
        for (item, file) in items.chunks_exact_mut(ITEM).zip(files) {
            put(item, 0, &file.to_bytes());
            put(item, 24, &WHOLE.to_ne_bytes());
        }
        Some(Self { bytes })
    }

    /// All of them; what lies behind the last file is zero, and not read by the kernel.
    pub(super) fn bytes(&mut self) -> &mut [u8; LONGEST] {
        &mut self.bytes
    }
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    for (byte, value) in bytes.iter_mut().skip(at).zip(value) {
        *byte = *value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fid(object: u32) -> Fid {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&0x2_4000_0bd0_u64.to_ne_bytes());
        bytes[8..12].copy_from_slice(&object.to_ne_bytes());
        Fid::of_bytes(&bytes).expect("a name")
    }

    #[test]
    fn the_header_and_the_files_lie_where_the_structures_have_them() {
        let mut request = Request::new(Verb::Restore, &[fid(6), fid(7)]).expect("a request");
        let bytes = *request.bytes();
        let four = |at: usize| u32::from_ne_bytes(bytes[at..at + 4].try_into().expect("four"));
        let eight = |at: usize| u64::from_ne_bytes(bytes[at..at + 8].try_into().expect("eight"));
        // hr_action HUA_RESTORE, hr_archive_id, hr_flags, hr_itemcount, hr_data_len.
        assert_eq!((four(0), four(4), eight(8), four(16), four(20)), (11, 0, 0, 2, 0));
        for (at, object) in [(24, 6), (56, 7)] {
            assert_eq!((eight(at), four(at + 8), four(at + 12)), (0x2_4000_0bd0, object, 0));
            assert_eq!((eight(at + 16), eight(at + 24)), (0, u64::MAX));
        }
        assert!(bytes[88..].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn fifty_two_files_are_the_most() {
        let files: Vec<Fid> = (1..=53).map(fid).collect();
        assert!(Request::new(Verb::Archive, &files).is_none());
        assert!(Request::new(Verb::Archive, &files[..52]).is_some());
        assert!(Request::new(Verb::Archive, &[]).is_none());
        // What the kernel takes is shorter than a third of 5 KiB.
        const { assert!(LONGEST < 5 * 1024 / 3 && LONGEST + ITEM >= 5 * 1024 / 3) };
    }
}
