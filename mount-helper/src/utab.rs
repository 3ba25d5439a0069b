//! `/run/mount/utab`: by what umount(8) finds `umount.fsxlustre`.
//!
//! libmount asks for the helper that `OPTS=helper=` names, but only in an entry whose SRC is the
//! source that mountinfo shows; one with our own source is passed over.
//!
//! *Source*: libmount 2.38 `tab_update.c`: lines of `KEY=value`, space, tab, newline and backslash
//! as octal escapes, changed under flock(2) of `utab.lock`, replaced by rename(2).

use crate::host::Mount;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where libmount keeps it.
const FOLDER: &str = "/run/mount";
/// How long another program may hold its lock.
const PATIENCE: Duration = Duration::from_secs(2);

/// The table could not be changed. umount(8) then unmounts by itself, which works as well.
#[derive(Debug, thiserror::Error)]
#[error("{} could not be changed", path.display())]
pub struct UtabError {
    path: PathBuf,
    #[source]
    source: std::io::Error,
}

/// Adds the entry of a mount in the place of all others of its directory.
///
/// # Errors
/// [`UtabError`].
pub fn remember(mount: &Mount) -> Result<(), UtabError> {
    let line = format!(
        "SRC={} TARGET={} ROOT={} OPTS=helper=fsxlustre\n",
        escape(&mount.source),
        escape(&mount.directory.to_string_lossy()),
        escape(&mount.root)
    );
    change(Path::new(FOLDER), &mount.directory, &line)
}

/// Removes all entries of a directory.
///
/// # Errors
/// [`UtabError`].
pub fn forget(directory: &Path) -> Result<(), UtabError> {
    change(Path::new(FOLDER), directory, "")
}

fn change(folder: &Path, directory: &Path, line: &str) -> Result<(), UtabError> {
    let path = folder.join("utab");
    if line.is_empty() && !path.exists() {
        return Ok(());
    }
    let io = |source| UtabError { path: path.clone(), source };
    std::fs::create_dir_all(folder).map_err(io)?;
    let _lock = lock(&folder.join("utab.lock")).map_err(io)?;
    let old = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(io(error)),
    };
    let new = without(&old, directory) + line;
    if new == old {
        return Ok(());
    }
    let temporary = folder.join(format!("utab.fsxlustre.{}", std::process::id()));
    let replaced = write(&temporary, &new).and_then(|()| std::fs::rename(&temporary, &path));
    if replaced.is_err() {
        // The error of the write is the one to tell.
        let _ = std::fs::remove_file(&temporary);
    }
    replaced.map_err(io)
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o644)
        .custom_flags(nix::libc::O_NOFOLLOW)
        .open(path)?;
    file.write_all(text.as_bytes())
}

fn lock(path: &Path) -> std::io::Result<File> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o644)
        .custom_flags(nix::libc::O_NOFOLLOW)
        .open(path)?;
    let deadline = crate::host::Deadline::after(PATIENCE);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if deadline.has_passed() => {
                return Err(std::io::ErrorKind::TimedOut.into());
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// All lines but those of a directory.
fn without(text: &str, directory: &Path) -> String {
    let target = format!("TARGET={}", escape(&directory.to_string_lossy()));
    let is_other = |line: &&str| !line.split(' ').any(|word| word == target);
    text.lines().filter(is_other).fold(String::new(), |kept, line| kept + line + "\n")
}

fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, c| {
        match c {
            ' ' => escaped.push_str("\\040"),
            '\t' => escaped.push_str("\\011"),
            '\n' => escaped.push_str("\\012"),
            '\\' => escaped.push_str("\\134"),
            c => escaped.push(c),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::MountTable;

    #[test]
    fn the_entry_of_a_directory_is_replaced_and_removed_and_others_stay() {
        let folder = tempfile::tempdir().expect("folder");
        let utab = folder.path().join("utab");
        let other = "SRC=192.168.77.10@tcp:/p7lsxbev TARGET=/fsx ROOT=/ ATTRS=lustre \n";
        std::fs::write(&utab, format!("{other}SRC=tag:a:b TARGET=/m\\040x ROOT=/ OPTS=_netdev\n"))
            .expect("file");
        let line = "1 2 0:50 /s /m\\040x rw - lustre 10.0.0.5@tcp:/abc rw,flock";
        let table = MountTable::parse(line.as_bytes());
        let mount = table.mounts.first().expect("the mount");
        let ours = "SRC=10.0.0.5@tcp:/abc TARGET=/m\\040x ROOT=/s OPTS=helper=fsxlustre\n";
        assert_eq!(mount.directory, Path::new("/m x"));
        change(folder.path(), &mount.directory, ours).expect("changed");
        assert_eq!(std::fs::read_to_string(&utab).expect("read"), format!("{other}{ours}"));
        change(folder.path(), &mount.directory, "").expect("changed");
        assert_eq!(std::fs::read_to_string(&utab).expect("read"), other);
    }
}
