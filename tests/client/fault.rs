//! Faults that can be switched on and off while programs and mounts run.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use crate::root::{Root, at};

/// One thing that can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// `mount.lustre` stands still before the mount and ignores SIGTERM.
    MountHang,
    /// Every request to every mount stands still: callers wait in the kernel, in state D.
    IoHang,
    /// The kernel modules are not installed.
    ModulesMissing,
}

/// How often something that stands still looks whether it may go on.
const LOOK_EVERY: Duration = Duration::from_millis(10);

impl Fault {
    pub fn named(name: &str) -> Option<Self> {
        [Self::MountHang, Self::IoHang, Self::ModulesMissing]
            .into_iter()
            .find(|fault| fault.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::MountHang => "mount-hang",
            Self::IoHang => "io-hang",
            Self::ModulesMissing => "modules-missing",
        }
    }

    /// The file whose presence means that the fault is on.
    pub fn flag(self, root: &Root) -> PathBuf {
        root.state("faults").join(self.name())
    }

    pub fn is_set(self, root: &Root) -> bool {
        self.flag(root).exists()
    }

    pub fn set(self, root: &Root) -> io::Result<()> {
        let flag = self.flag(root);
        fs::write(&flag, "").map_err(|error| at(&flag, error))
    }

    pub fn clear(self, root: &Root) -> io::Result<()> {
        let flag = self.flag(root);
        match fs::remove_file(&flag) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(&flag, error)),
            _ => Ok(()),
        }
    }
}

/// Stands still until the fault behind `flag` is cleared.
pub fn wait_until_cleared(flag: &std::path::Path) {
    while flag.exists() {
        sleep(LOOK_EVERY);
    }
}
