//! Faults that can be switched on and off while programs and mounts run.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use crate::mount::replay::Capture;
use crate::root::{Root, at};

/// One thing that can go wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// `mount.lustre` stands still before the mount and ignores SIGTERM; for one file system, or for all.
    MountHang(Option<String>),
    /// A mount of this file system stands still in the kernel, in state D, and is made when the fault is cleared,
    /// whatever became of the `mount.lustre` that asked for it.
    MountStuck(String),
    /// `mount.lustre` fails as it once did on a real client.
    Replay(&'static Capture),
    /// Every request to every mount stands still: callers wait in the kernel, in state D.
    IoHang,
    /// The kernel modules are not installed.
    ModulesMissing,
    /// The client gives no `lustre.lov`.
    NoLovAttribute,
    /// The client does not allow the calls for a file's archive state.
    NoHsmIoctl,
    /// `lfs` knows what 2.10 knew: no layouts in YAML.
    OldLfs,
    /// Clients that are mounted from now on have settings that refuse values as the kernel does.
    KernelSettings,
    /// Clients that are mounted from now on keep names and attributes for a while, as a real one does under its locks,
    /// and ask nobody at the close of a file that was only read.
    KeptNames,
}

/// How often something that stands still looks whether it may go on.
const LOOK_EVERY: Duration = Duration::from_millis(10);

impl Fault {
    pub fn named(name: &str) -> Option<Self> {
        match name.split_once(':') {
            None => match name {
                "mount-hang" => Some(Self::MountHang(None)),
                "io-hang" => Some(Self::IoHang),
                "modules-missing" => Some(Self::ModulesMissing),
                "no-lov-attribute" => Some(Self::NoLovAttribute),
                "no-hsm-ioctl" => Some(Self::NoHsmIoctl),
                "lfs-2.10" => Some(Self::OldLfs),
                "kernel-settings" => Some(Self::KernelSettings),
                "kept-names" => Some(Self::KeptNames),
                _ => None,
            },
            Some((_, of)) if of.is_empty() || of.contains('/') => None,
            Some(("mount-hang", of)) => Some(Self::MountHang(Some(of.to_owned()))),
            Some(("mount-stuck", of)) => Some(Self::MountStuck(of.to_owned())),
            Some(("replay", of)) => Capture::named(of).map(Self::Replay),
            Some(_) => None,
        }
    }

    pub fn name(&self) -> String {
        match self {
            Self::MountHang(None) => "mount-hang".to_owned(),
            Self::MountHang(Some(of)) => format!("mount-hang:{of}"),
            Self::MountStuck(of) => format!("mount-stuck:{of}"),
            Self::Replay(capture) => format!("replay:{}", capture.name),
            Self::IoHang => "io-hang".to_owned(),
            Self::ModulesMissing => "modules-missing".to_owned(),
            Self::NoLovAttribute => "no-lov-attribute".to_owned(),
            Self::NoHsmIoctl => "no-hsm-ioctl".to_owned(),
            Self::OldLfs => "lfs-2.10".to_owned(),
            Self::KernelSettings => "kernel-settings".to_owned(),
            Self::KeptNames => "kept-names".to_owned(),
        }
    }

    /// The file whose presence means that the fault is on.
    pub fn flag(&self, root: &Root) -> PathBuf {
        root.state("faults").join(self.name())
    }

    pub fn is_set(&self, root: &Root) -> bool {
        self.flag(root).exists()
    }

    pub fn set(&self, root: &Root) -> io::Result<()> {
        let flag = self.flag(root);
        fs::write(&flag, "").map_err(|error| at(&flag, error))
    }

    pub fn clear(&self, root: &Root) -> io::Result<()> {
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
