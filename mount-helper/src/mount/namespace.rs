//! `-N`: mounting in another mount namespace.

use crate::failure::{Code, Failure};
use nix::sched::{CloneFlags, setns};
use std::fs::File;
use std::path::Path;

/// Enters a mount namespace, by the file that libmount names (`/proc/PID/fd/N`) or any other.
///
/// Whatever is found by its path from here on is found in there: mount.lustre and `/run/fsxlustre`
/// too. What is to be read outside must have been read before.
///
/// # Errors
/// [`Code::NamespaceUnusable`].
pub fn enter_namespace(path: &Path) -> Result<(), Failure> {
    let entered = File::open(path).and_then(|file| Ok(setns(file, CloneFlags::CLONE_NEWNS)?));
    entered.map_err(|error| Failure {
        code: Code::NamespaceUnusable,
        what: "the mount namespace cannot be entered".into(),
        asked: format!("-N {}", path.display()),
        because: error.to_string(),
        remedy: "name the file of a mount namespace, such as /proc/PID/ns/mnt, as root".into(),
    })
}
