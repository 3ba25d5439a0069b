//! The names in a folder, without an allocation for each: a client has a folder for every target, and
//! they are listed at every scrape.

use rustix::fs::{CWD, Mode, OFlags, RawDir, openat};
use std::io::Error;
use std::ops::ControlFlow;
use std::path::Path;

/// Room for one call: some hundred names of devices.
const ROOM_BYTES: usize = 16 << 10;
/// Room for the longest name; a `/proc` of thousands of processes is not listed for one of them.
const LEAST_ROOM_BYTES: usize = 512;
/// What stands behind each name, as no name has it.
const END: u8 = b'/';

/// Appends every name in a folder, each with a `/` behind it, in the kernel's order.
pub(super) fn add_names(path: &Path, names: &mut Vec<u8>) -> Result<(), Error> {
    each_name(path, ROOM_BYTES, |name| {
        names.extend_from_slice(name);
        names.push(END);
        ControlFlow::Continue(())
    })
}

/// The names of [`add_names`].
pub(super) fn split(names: &[u8]) -> impl Iterator<Item = &[u8]> {
    names.split(|byte| *byte == END).filter(|name| !name.is_empty())
}

/// Whether a folder has anything in it.
pub(super) fn has_entry(path: &Path) -> Result<bool, Error> {
    let mut has = false;
    each_name(path, LEAST_ROOM_BYTES, |_| {
        has = true;
        ControlFlow::Break(())
    })?;
    Ok(has)
}

fn each_name(
    path: &Path,
    room: usize,
    mut tell: impl FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<(), Error> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = openat(CWD, path, flags, Mode::empty())?;
    let mut room = Vec::with_capacity(room);
    let mut entries = RawDir::new(folder, room.spare_capacity_mut());
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if !matches!(name, b"." | b"..") && tell(name).is_break() {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_names_of_a_folder_and_whether_there_is_one() {
        let folder = tempfile::tempdir().expect("folder");
        assert!(!has_entry(folder.path()).expect("listed"));
        let mut wanted = Vec::new();
        for number in 0..900 {
            let name = format!("p7lsxbev-OST{number:04x}-osc-ff3391038293f800");
            std::fs::write(folder.path().join(&name), "").expect("file");
            wanted.push(name.into_bytes());
        }
        let mut names = Vec::new();
        add_names(folder.path(), &mut names).expect("listed");
        let mut found: Vec<_> = split(&names).collect();
        found.sort_unstable();
        assert_eq!(found, wanted);
        assert!(has_entry(folder.path()).expect("listed"));
        let absent = has_entry(&folder.path().join("x")).expect_err("nothing");
        assert_eq!(absent.kind(), std::io::ErrorKind::NotFound);
    }
}
