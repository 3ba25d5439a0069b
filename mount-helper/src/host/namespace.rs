//! Another mount namespace, entered for good.

use crate::failure::{Code, Explain, chain};
use nix::sched::{CloneFlags, setns};
use std::path::{Path, PathBuf};

/// A mount namespace could not be entered.
#[derive(Debug, thiserror::Error)]
#[error("the mount namespace cannot be entered")]
pub struct NamespaceError {
    path: PathBuf,
    #[source]
    source: std::io::Error,
}

impl Explain for NamespaceError {
    fn code(&self) -> Code {
        Code::Invocation
    }
    fn asked(&self) -> String {
        format!("enter {}", self.path.display())
    }
    fn because(&self) -> String {
        chain(&self.source)
    }
    fn remedy(&self) -> String {
        "name a process's number, or a file such as /proc/PID/ns/mnt".into()
    }
}

/// Makes this process work in another mount namespace. Configuration is to be read before, where
/// that of the caller is meant; state and mounts are those of the namespace from then on.
///
/// # Errors
/// [`NamespaceError`]; also when the process has more than one thread.
pub fn enter_mount_namespace(file: &Path) -> Result<(), NamespaceError> {
    let failed = |source| NamespaceError { path: file.to_owned(), source };
    let namespace = std::fs::File::open(file).map_err(failed)?;
    setns(&namespace, CloneFlags::CLONE_NEWNS).map_err(|errno| failed(errno.into()))
}
