//! What a mount point must be, looked at in an expendable child: its parent may be a dead mount.

use super::way::{link_to, open_directory};
use crate::failure::{Code, Explain as _, Failure};
use crate::host::{Bounds, MountTable, Program};
use crate::worker::Work;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What a directory is, as the child saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryReport {
    /// The path without symbolic links.
    pub real_path: PathBuf,
    /// Whether it is a directory.
    pub is_directory: bool,
    /// Whether nothing is in it.
    pub is_empty: bool,
}

/// Looks at a path; only ever called in the child.
///
/// # Errors
/// The error of the first call that failed.
pub fn inspect_directory(path: &Path) -> std::io::Result<DirectoryReport> {
    let real_path = std::fs::canonicalize(path)?;
    let is_directory = std::fs::symlink_metadata(&real_path)?.is_dir();
    let is_empty = is_directory && std::fs::read_dir(&real_path)?.next().is_none();
    Ok(DirectoryReport { real_path, is_directory, is_empty })
}

/// Makes a directory and what is missing above it; only ever called in the child.
///
/// Nobody can write into it (mode 0555), so that nothing lands under a missing mount unseen.
///
/// # Errors
/// The error of the first call that failed.
pub fn make_mount_point(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    if let Some(parent) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o755).create(parent)?;
    }
    match std::fs::DirBuilder::new().mode(0o555).create(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// Makes a mount point, in an expendable child.
pub(super) fn make(directory: &Path, bounds: &Bounds<'_>) -> Result<(), Failure> {
    let shown = directory.display();
    let failed = |because: String| Failure {
        code: Code::MountPointMissing,
        what: format!("the mount point {shown} could not be made"),
        asked: format!("mkdir -p {shown}"),
        because,
        remedy: format!("make it by hand: mkdir -p {shown}"),
    };
    let done = Program::own()
        .run(&Work::MakeMountPoint(directory.to_owned()).arguments(), &bounds.run_limits())
        .map_err(|error| failed(error.because()))?;
    if done.status.success() { Ok(()) } else { Err(failed(done.last_words())) }
}

/// Types of file systems on this machine's own disks and memory, which always answer.
const LOCAL_TYPES: &[&str] = &[
    "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "tmpfs", "ramfs", "rootfs", "squashfs", "erofs",
];

/// Looks at a directory in this process, which saves a child: only where every mount on the way to
/// it is local, and following no link, which could lead elsewhere. `None` when that is not so, or
/// when anything is unusual.
fn look_at_local(table: &MountTable, directory: &Path) -> Option<bool> {
    let is_local = |path: &Path| {
        table.containing(path).is_some_and(|mount| LOCAL_TYPES.contains(&mount.fs_type.as_str()))
    };
    if !directory.ancestors().all(is_local) {
        return None;
    }
    let open = open_directory(directory).ok()?;
    Some(std::fs::read_dir(link_to(&open)).ok()?.next().is_none())
}

/// Checks that a path can be a mount point; whether it is empty.
pub(super) fn check(
    table: &MountTable,
    directory: &Path,
    bounds: &Bounds<'_>,
) -> Result<bool, Failure> {
    if let Some(is_empty) = look_at_local(table, directory) {
        return Ok(is_empty);
    }
    let shown = directory.display();
    let done = Program::own()
        .run(&Work::Inspect(directory.to_owned()).arguments(), &bounds.run_limits())
        .map_err(|error| error.failure())?;
    if done.status.code() == Some(nix::errno::Errno::ENOENT as i32) {
        return Err(Failure {
            code: Code::MountPointMissing,
            what: format!("the mount point {shown} does not exist"),
            asked: format!("mount on {shown}"),
            because: "no such directory".into(),
            remedy: format!("mkdir -p {shown}"),
        });
    }
    let unfit = |because: String, remedy: String| Failure {
        code: Code::MountPointUnfit,
        what: format!("{shown} cannot be a mount point"),
        asked: format!("mount on {shown}"),
        because,
        remedy,
    };
    let report: DirectoryReport = serde_json::from_str(&done.stdout)
        .map_err(|_| unfit(done.last_words(), format!("look at it with `ls -ld {shown}`")))?;
    if !report.is_directory {
        let remedy = "name a directory".to_owned();
        return Err(unfit("it is not a directory".into(), remedy));
    }
    if report.real_path != directory {
        let real = report.real_path.display();
        return Err(unfit(
            format!("a symbolic link leads from it to {real}"),
            format!("name the directory itself: {real}"),
        ));
    }
    Ok(report.is_empty)
}

pub(super) fn not_empty(directory: &Path) -> Failure {
    let shown = directory.display();
    Failure {
        code: Code::MountPointNotEmpty,
        what: format!("the mount point {shown} is not empty"),
        asked: format!("mount on {shown} with require_empty"),
        because: "the mount would hide what is in it".into(),
        remedy: format!(
            "look at it with `ls -la {shown}` and move what is there, or mount without require_empty"
        ),
    }
}

pub(super) fn not_empty_warning(directory: &Path) -> String {
    let shown = directory.display();
    format!(
        "the mount point {shown} is not empty, and the mount hides what is in it; look with \
         `ls -la {shown}` when it is unmounted, or refuse this with -o require_empty  [{}]",
        Code::MountPointNotEmpty
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_local_all_the_way_is_looked_at_here() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().canonicalize().expect("path");
        let table =
            |kind: &str| MountTable::parse(format!("1 0 8:1 / / rw - {kind} /dev/x rw").as_bytes());
        assert_eq!(look_at_local(&table("ext4"), &path), Some(true));
        std::fs::write(path.join("file"), "").expect("file");
        assert_eq!(look_at_local(&table("ext4"), &path), Some(false));
        assert_eq!(look_at_local(&table("lustre"), &path), None);
        assert_eq!(look_at_local(&table("overlay"), &path), None);
        assert_eq!(look_at_local(&table("ext4"), &path.join("none")), None);
        std::os::unix::fs::symlink("/etc", path.join("link")).expect("link");
        assert_eq!(look_at_local(&table("ext4"), &path.join("link")), None);
    }
}
