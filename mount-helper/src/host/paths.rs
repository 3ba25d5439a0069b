//! Where the kernel's file systems and our own state are.

use std::path::PathBuf;

/// Roots of what fsxlustre reads and writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// procfs, `/proc`.
    pub procfs: PathBuf,
    /// The list of mounts, where it is not `self/mountinfo` below procfs: for a service that has a mount
    /// namespace of its own, in which mounts have other numbers and options than the node's.
    pub mountinfo: Option<PathBuf>,
    /// sysfs, `/sys`.
    pub sysfs: PathBuf,
    /// debugfs, `kernel/debug` below sysfs unless it is given.
    pub debugfs: PathBuf,
    /// Root of the distribution's files (`etc/os-release`), `/`.
    pub rootfs: PathBuf,
    /// Our state, which does not outlive a boot: `/run/fsxlustre`.
    pub state: PathBuf,
    /// What we may forget but like to know: `/var/cache/fsxlustre`.
    pub cache: PathBuf,
    /// What we keep over a boot: `/var/lib/fsxlustre`.
    pub data: PathBuf,
    /// The kernel's log, `/dev/kmsg`.
    pub kernel_log: PathBuf,
    /// The processes and swap areas of the running system, `/proc`.
    ///
    /// No setting moves it: `procfs` may be a copy, or another machine's tree, with Lustre's files
    /// in it, but whoever is asked to end their process must be told of the processes that run here.
    pub processes: PathBuf,
    /// The block devices of the running system, `/sys/block`; moved by no setting either.
    pub block_devices: PathBuf,
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            procfs: "/proc".into(),
            mountinfo: None,
            sysfs: "/sys".into(),
            debugfs: "/sys/kernel/debug".into(),
            rootfs: "/".into(),
            state: "/run/fsxlustre".into(),
            cache: "/var/cache/fsxlustre".into(),
            data: "/var/lib/fsxlustre".into(),
            kernel_log: "/dev/kmsg".into(),
            processes: "/proc".into(),
            block_devices: "/sys/block".into(),
        }
    }
}

/// Paths given in a configuration file or on a command line; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PathOverrides {
    /// Root of procfs.
    pub procfs: Option<PathBuf>,
    /// Root of sysfs.
    pub sysfs: Option<PathBuf>,
    /// Root of debugfs.
    pub debugfs: Option<PathBuf>,
    /// Root of the distribution's files.
    pub rootfs: Option<PathBuf>,
    /// Folder of our state.
    pub state: Option<PathBuf>,
    /// Folder of our cache.
    pub cache: Option<PathBuf>,
    /// Folder of what we keep over a boot.
    pub data: Option<PathBuf>,
    /// The kernel's log.
    pub kernel_log: Option<PathBuf>,
}

impl Paths {
    /// These paths with the given ones in their place. A sysfs root without a debugfs root moves
    /// debugfs with it.
    #[must_use]
    pub fn with(mut self, overrides: &PathOverrides) -> Self {
        let given = overrides.clone();
        if let Some(sysfs) = given.sysfs {
            self.debugfs = sysfs.join("kernel/debug");
            self.sysfs = sysfs;
        }
        self.procfs = given.procfs.unwrap_or(self.procfs);
        self.debugfs = given.debugfs.unwrap_or(self.debugfs);
        self.rootfs = given.rootfs.unwrap_or(self.rootfs);
        self.state = given.state.unwrap_or(self.state);
        self.cache = given.cache.unwrap_or(self.cache);
        self.data = given.data.unwrap_or(self.data);
        self.kernel_log = given.kernel_log.unwrap_or(self.kernel_log);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debugfs_follows_sysfs_unless_it_is_given() {
        let moved = PathOverrides { sysfs: Some("/x/sys".into()), ..PathOverrides::default() };
        assert_eq!(Paths::default().with(&moved).debugfs, PathBuf::from("/x/sys/kernel/debug"));
        let both = PathOverrides { debugfs: Some("/d".into()), ..moved };
        assert_eq!(Paths::default().with(&both).debugfs, PathBuf::from("/d"));
    }
}
