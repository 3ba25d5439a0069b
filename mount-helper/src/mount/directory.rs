//! What a mount point must be, looked at in an expendable child: its parent may be a dead mount.

use super::way::{link_to, open_directory};
use crate::failure::{Code, Explain as _, Failure};
use crate::host::{Bounds, MountTable, Program, must_stay_in_group};
use crate::worker::Work;
use nix::errno::Errno;
use nix::sys::stat::{Mode, mkdirat};
use serde::{Deserialize, Serialize};
use std::os::unix::fs::MetadataExt as _;
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
    /// Whether nobody but root can put another directory in its place.
    #[serde(default)]
    pub is_roots: bool,
}

/// Looks at a path; only ever called in the child.
///
/// # Errors
/// The error of the first call that failed.
pub fn inspect_directory(path: &Path) -> std::io::Result<DirectoryReport> {
    let real_path = std::fs::canonicalize(path)?;
    let is_directory = std::fs::symlink_metadata(&real_path)?.is_dir();
    let is_empty = is_directory && std::fs::read_dir(&real_path)?.next().is_none();
    let is_roots = is_roots_here(path);
    Ok(DirectoryReport { real_path, is_directory, is_empty, is_roots })
}

/// Whether nobody but root can put something else in the place of a path or of what is above it:
/// each folder on the way is root's and nobody else writes to it, or (`/tmp`) only owners rename in
/// it and what lies in it is root's. What does not exist yet will be root's.
fn is_roots_here(path: &Path) -> bool {
    let about = |path: &Path| match std::fs::symlink_metadata(path) {
        Ok(about) => Some(Some((about.uid(), about.mode()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some(None),
        Err(_) => None,
    };
    path.ancestors().zip(path.ancestors().skip(1)).all(|(inner, folder)| {
        match (about(inner), about(folder)) {
            (Some(inner), Some(Some((owner, mode)))) => {
                let is_inner_roots = inner.is_none_or(|(owner, _)| owner == 0);
                let is_written_by_others = mode & 0o022 != 0;
                let is_sticky = mode & 0o1000 != 0;
                owner == 0 && (!is_written_by_others || (is_sticky && is_inner_roots))
            }
            (_, Some(None)) => true,
            _ => false,
        }
    })
}

/// The same without waiting for a dead mount above it. An automount's trigger is in root's place.
pub(super) fn is_roots(table: &MountTable, directory: &Path, bounds: &Bounds<'_>) -> bool {
    if table.on(directory).is_some_and(|mount| mount.fs_type == "autofs") {
        return true;
    }
    if directory.ancestors().all(|path| is_local(table, path)) {
        return is_roots_here(directory);
    }
    let work = Work::Inspect(directory.to_owned());
    let done = Program::own().run(&work.arguments(), &bounds.run_limits()).ok();
    let report = done.and_then(|done| serde_json::from_str::<DirectoryReport>(&done.stdout).ok());
    report.is_some_and(|report| report.is_roots)
}

/// Makes a directory and what is missing above it; only ever called in the child.
///
/// Nobody can write into it (mode 0555), so that nothing lands under a missing mount unseen.
///
/// # Errors
/// The error of the first call that failed.
pub fn make_mount_point(path: &Path) -> std::io::Result<()> {
    // Of this child only: what is made is for everybody to pass through, whatever root's umask is.
    nix::sys::stat::umask(Mode::empty());
    for part in path.ancestors().collect::<Vec<_>>().into_iter().rev().skip(1) {
        let Some((parent, name)) = part.parent().zip(part.file_name()) else { continue };
        let mode = if part == path { 0o555 } else { 0o755 };
        // No link is followed: a user's would lead root to make directories elsewhere.
        match mkdirat(&open_directory(parent)?, name, Mode::from_bits_truncate(mode)) {
            Err(Errno::EEXIST) => {}
            result => result?,
        }
    }
    open_directory(path).map(drop)
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

fn is_local(table: &MountTable, path: &Path) -> bool {
    table.containing(path).is_some_and(|mount| LOCAL_TYPES.contains(&mount.fs_type.as_str()))
}

/// Looks at a directory in this process, which saves a child: only where every mount on the way to
/// it is local, and following no link, which could lead elsewhere. `None` when that is not so, or
/// when anything is unusual.
fn look_at_local(table: &MountTable, directory: &Path) -> Option<bool> {
    if !directory.ancestors().all(|path| is_local(table, path)) {
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
    // systemd calls us for an automount: under its trigger is nothing, and a look would wait for us.
    let is_trigger = table.on(directory).is_some_and(|mount| mount.fs_type == "autofs");
    if is_trigger && must_stay_in_group() {
        return Ok(true);
    }
    if let Some(is_empty) = look_at_local(table, directory) {
        return Ok(is_empty);
    }
    let shown = directory.display();
    let done = Program::own()
        .run(&Work::Inspect(directory.to_owned()).arguments(), &bounds.run_limits())
        .map_err(|error| error.failure())?;
    if done.status.code() == Some(Errno::ENOENT as i32) {
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
    fn only_what_root_alone_can_change_is_roots() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir_in("/run").expect("folder");
        let (path, inner) = (folder.path(), folder.path().join("a/b"));
        let mode = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("mode");
        };
        mode(path, 0o755);
        assert!(is_roots_here(&inner), "it will be root's");
        std::fs::create_dir(path.join("a")).expect("folder");
        mode(&path.join("a"), 0o755);
        assert!(is_roots_here(&inner));
        mode(&path.join("a"), 0o775);
        assert!(!is_roots_here(&inner), "a group may rename in it");
        mode(&path.join("a"), 0o1777);
        assert!(is_roots_here(&inner), "only owners rename in it");
        std::os::unix::fs::chown(path.join("a"), Some(65534), None).expect("owner");
        assert!(!is_roots_here(&inner), "its owner may rename in it");
        assert!(is_roots_here(&path.join("a")), "but not it itself");
    }

    #[test]
    fn directories_that_are_made_follow_no_link() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().canonicalize().expect("path");
        std::os::unix::fs::symlink("/run", path.join("link")).expect("link");
        let error = make_mount_point(&path.join("link/x")).expect_err("a link");
        assert_eq!(error.raw_os_error(), Some(Errno::ELOOP as i32));
        make_mount_point(&path.join("a/b")).expect("made");
        let mode = |part: &str| path.join(part).metadata().expect("there").mode() & 0o7777;
        assert_eq!((mode("a"), mode("a/b")), (0o755, 0o555));
    }

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
