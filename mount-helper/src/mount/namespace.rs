//! `-N`: mounting in another mount namespace.
//!
//! Nothing of that namespace is run or trusted: the file system is mounted here on a private
//! directory, and a copy of the mount is moved into the other namespace.

use super::occupied::{Occupied, occupied};
use super::undo::undo_deadline;
use super::{Done, MountReport, MountRequest, Mounter};
use crate::failure::{Code, Explain as _, Failure};
use crate::host::{Bounds, Lock, Program};
use crate::record::MountRecord;
use crate::resolve::Resolved;
use crate::unmount::{Begun, look_inside, lustre_mount, remove_made_directory, unmount};
use crate::worker::Work;
use nix::sched::{CloneFlags, setns};
use rustix::fs::CWD;
use rustix::mount::{MoveMountFlags, OpenTreeFlags, move_mount, open_tree};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A mount that is to be copied into another namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveInto {
    /// Where it is mounted here.
    pub from: PathBuf,
    /// The file of the namespace.
    pub namespace: PathBuf,
    /// Where it comes to in there.
    pub directory: PathBuf,
}

impl MoveInto {
    /// Copies and moves it; only ever called in the child, which enters the namespace.
    ///
    /// # Errors
    /// The error of a call; `ENOSYS` on kernels before 5.2.
    pub fn carry_out(&self) -> std::io::Result<()> {
        let namespace = File::open(&self.namespace)?;
        let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
        let tree = open_tree(CWD, &self.from, flags)?;
        setns(&namespace, CloneFlags::CLONE_NEWNS)?;
        move_mount(&tree, "", CWD, &self.directory, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?;
        Ok(())
    }
}

impl Mounter<'_> {
    /// Mounts in another namespace what was resolved in this one.
    pub(super) fn mount_elsewhere(
        &self,
        request: &MountRequest,
        resolved: &Resolved,
        namespace: &Path,
        bounds: &Bounds<'_>,
    ) -> Result<MountReport, Failure> {
        let directory = self.private_directory(request, namespace)?;
        let _lock =
            if request.is_dry_run { None } else { Some(self.alone_with(&directory, bounds)?) };
        let inside = look_inside(namespace, bounds.deadline)
            .map_err(|because| unusable(namespace, because))?;
        let report = super::report(request, resolved);
        match occupied(self.host, &inside, &request.directory, &resolved.device) {
            Occupied::BySame(mount) => {
                return Ok(MountReport { done: Done::Already, mount: Some(mount), ..report });
            }
            Occupied::ByOther(failure) => return Err(failure),
            Occupied::No => {}
        }
        if request.is_dry_run {
            return Ok(report);
        }
        let here =
            MountRequest { directory, makes_directory: true, namespace: None, ..request.clone() };
        let made = self.mount_resolved(&here, resolved, bounds)?;
        let moved = move_into(&here.directory, request, namespace, bounds);
        let undone =
            unmount(self.host, &here.directory, undo_deadline(bounds.deadline), self.interrupt);
        moved?;
        match undone {
            // A client that lives on in the other namespace is what was asked for.
            Err(failure) if failure.code == Code::ClientStays => {
                Begun::forget_of(self.host, &here.directory)?;
                // It is mounted elsewhere there, so this takes nothing away; what stays is empty.
                let _ = remove_made_directory(&here.directory);
            }
            undone => undone?,
        }
        Ok(MountReport { done: Done::Made, ..made })
    }

    /// Where it is mounted in this namespace for a moment: named after the namespace and the
    /// directory in it, so that the next call finds what one that was killed has left.
    fn private_directory(
        &self,
        request: &MountRequest,
        namespace: &Path,
    ) -> Result<PathBuf, Failure> {
        let number = std::fs::metadata(namespace)
            .map_err(|error| unusable(namespace, error.to_string()))?
            .ino();
        let name = format!("{number}.{}", MountRecord::name(&request.directory));
        Ok(self.host.paths.state.join("elsewhere").join(name))
    }

    /// One call for one directory of one namespace at a time, to its end; so what is mounted there
    /// is of a call that was killed, and is taken away.
    fn alone_with(&self, directory: &Path, bounds: &Bounds<'_>) -> Result<Lock, Failure> {
        let name = format!("elsewhere.{}", MountRecord::name(directory));
        let lock =
            Lock::take(&self.host.paths.state, &name, *bounds).map_err(|error| error.failure())?;
        if let Ok(Some(_)) = lustre_mount(self.host, directory) {
            // Where that fails the mount is found to be there, and is used.
            let _ = unmount(self.host, directory, undo_deadline(bounds.deadline), self.interrupt);
            let _ = Begun::forget_of(self.host, directory);
            let _ = remove_made_directory(directory);
        }
        Ok(lock)
    }
}

fn move_into(
    from: &Path,
    request: &MountRequest,
    namespace: &Path,
    bounds: &Bounds<'_>,
) -> Result<(), Failure> {
    let work = Work::MoveInto(MoveInto {
        from: from.to_owned(),
        namespace: namespace.to_owned(),
        directory: request.directory.clone(),
    });
    let done = Program::own()
        .run(&work.arguments(), &bounds.run_limits())
        .map_err(|error| unusable(namespace, error.to_string()))?;
    if done.status.success() { Ok(()) } else { Err(unusable(namespace, done.last_words())) }
}

fn unusable(namespace: &Path, because: String) -> Failure {
    Failure {
        code: Code::NamespaceUnusable,
        what: "the mount could not be made in the other namespace".into(),
        asked: format!("-N {}", namespace.display()),
        because,
        remedy:
            "name the file of a mount namespace, such as /proc/PID/ns/mnt, and a directory that \
                 is in it; it needs root and Linux 5.2"
                .into(),
    }
}
