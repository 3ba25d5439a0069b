//! The one seam to this machine: where its files are, how its programs are run, what is mounted.
//!
//! Everything that reads `/proc`, `/sys` or `/run`, starts a program or looks at a clock goes
//! through here, so that a test can point the same code at another root. The paths come from the
//! configuration file or the command line, never from an environment variable.

mod bounds;
mod cgroup;
mod clock;
mod kernel_log;
mod lock;
mod mountinfo;
mod namespace;
mod network_namespace;
mod paths;
mod process;
mod process_group;
mod program;
mod signals;
mod space;
mod state_file;
mod trusted_file;

pub use bounds::Bounds;
pub(crate) use cgroup::leave_job as leave_job_cgroup;
pub use cgroup::{CgroupPlace, hierarchy as cgroup_hierarchy};
pub use clock::{Deadline, boot_seconds, unix_seconds};
pub use kernel_log::KernelLog;
pub use lock::{Lock, LockError};
pub use mountinfo::{Mount, MountInfoError, MountTable, unescape};
pub use namespace::{NamespaceError, enter_mount_namespace};
pub use network_namespace::LnetNamespace;
pub use paths::{PathOverrides, Paths};
pub use process::living_process;
pub use process_group::must_stay as must_stay_in_group;
pub use program::{Finished, Program, ProgramError, RunLimits};
pub use signals::{let_stop_signals_through, sleep_unless_interrupted, stop_signals};
pub(crate) use space::statvfs as statvfs_here;
pub use space::{ProbeError, Space, probe_space};
pub use state_file::{
    StateError, make_private_folder, read_own_state, read_state, remove_state, replace_by_way_of,
    state_names, write_private_state, write_public, write_public_state, write_state,
};
pub use trusted_file::{LARGEST_TRUSTED_BYTES, open_trusted_folder, read_trusted};
pub(crate) use trusted_file::{read_trusted_at, read_trusted_here};

use crate::hooks::Hooks;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The file-system types that count as Lustre, unless the configuration says otherwise.
pub const DEFAULT_FILESYSTEM_TYPES: &[&str] = &["lustre"];

/// Where programs are looked for, in this order, after the folders that the configuration names.
///
/// `PATH` is never read: mount(8) drops it, and a root program must not trust it.
pub const DEFAULT_PROGRAM_FOLDERS: &[&str] =
    &["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"];

/// This machine, as the configuration describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Roots of the kernel's file systems and of our state.
    pub paths: Paths,
    /// Absolute folders in which programs are looked for.
    pub program_folders: Vec<PathBuf>,
    /// Types in mountinfo that count as Lustre.
    pub filesystem_types: Vec<String>,
    /// Which network namespace LNet is in.
    pub lnet_namespace: LnetNamespace,
    /// What of the configuration decides which file system tags name, as one word.
    pub asks_as: String,
    /// Who hears of mounts and unmounts.
    pub hooks: Hooks,
}

impl Default for Host {
    fn default() -> Self {
        Self {
            paths: Paths::default(),
            program_folders: DEFAULT_PROGRAM_FOLDERS.iter().map(PathBuf::from).collect(),
            filesystem_types: DEFAULT_FILESYSTEM_TYPES.iter().map(ToString::to_string).collect(),
            lnet_namespace: LnetNamespace::default(),
            asks_as: String::new(),
            hooks: Hooks::default(),
        }
    }
}

impl Host {
    /// Every mount of this mount namespace, as `/proc/self/mountinfo` shows it.
    ///
    /// # Errors
    /// [`MountInfoError`] when the file cannot be read.
    pub fn mounts(&self) -> Result<MountTable, MountInfoError> {
        MountTable::read(&self.mountinfo())
    }

    /// The list of mounts.
    pub fn mountinfo(&self) -> PathBuf {
        let own = || self.paths.procfs.join("self/mountinfo");
        self.paths.mountinfo.clone().unwrap_or_else(own)
    }

    /// Whether a mount is one of Lustre's.
    pub fn is_lustre(&self, mount: &Mount) -> bool {
        self.filesystem_types.contains(&mount.fs_type)
    }

    /// The program of that name in the first folder that has it. `/usr/local` is passed over where it
    /// is another machine's: one that does not answer would keep us for ever.
    ///
    /// # Errors
    /// [`ProgramError::NotFound`] with the folders that were looked at.
    pub fn program(&self, name: &str) -> Result<Program, ProgramError> {
        let is_local = |folder: &&PathBuf| !folder.starts_with("/usr/local");
        let near: Vec<PathBuf> =
            self.program_folders.iter().take_while(is_local).cloned().collect();
        Program::find(name, &near).or_else(|_| {
            let table = self.mounts().unwrap_or_default();
            let is_ours = |folder: &&PathBuf| {
                is_local(folder) || !table.containing(folder).is_some_and(Mount::is_remote)
            };
            let folders: Vec<PathBuf> =
                self.program_folders.iter().filter(is_ours).cloned().collect();
            Program::find(name, &folders)
        })
    }

    /// The id of this boot, which the state of an earlier boot is told by.
    ///
    /// *Source*: `/proc/sys/kernel/random/boot_id`, a UUID. `None` when it cannot be read.
    pub fn boot_id(&self) -> Option<String> {
        // A process sees one boot.
        static READ: OnceLock<String> = OnceLock::new();
        if let Some(id) = READ.get() {
            return Some(id.clone());
        }
        let text = read_text(Path::new("/proc/sys/kernel/random/boot_id")).ok()?;
        let id = text.trim();
        (!id.is_empty()).then(|| READ.get_or_init(|| id.to_owned()).clone())
    }

    /// The running kernel's release, as `uname -r` prints it.
    ///
    /// *Source*: `/proc/sys/kernel/osrelease`.
    ///
    /// # Errors
    /// The error of the read.
    pub fn kernel_release(&self) -> std::io::Result<String> {
        read_text(&self.paths.procfs.join("sys/kernel/osrelease"))
            .map(|text| text.trim().to_owned())
    }
}

/// The longest kernel or state file that is read whole.
const LARGEST_TEXT_BYTES: u64 = 4 << 20;

/// Reads a small text file; bytes that are not UTF-8 are replaced, not refused.
///
/// Files of procfs and sysfs are regular ones. Anything else is refused, and never waited for: a FIFO
/// would keep us for ever.
///
/// # Errors
/// The error of the open or the read.
pub fn read_text(path: &Path) -> std::io::Result<String> {
    use std::io::Read as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let not_blocking = nix::fcntl::OFlag::O_NONBLOCK.bits();
    let file = std::fs::OpenOptions::new().read(true).custom_flags(not_blocking).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST_TEXT_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_on_another_machine_are_passed_over() {
        let folder = tempfile::tempdir().expect("folder");
        std::fs::create_dir(folder.path().join("self")).expect("folder");
        let mut host = Host::default();
        host.paths.procfs = folder.path().to_owned();
        host.program_folders = vec!["/usr/local/../bin".into()];
        let find = |kind: &str| {
            let line = format!("30 29 0:27 / /usr/local rw - {kind} head:/usr/local rw\n");
            std::fs::write(folder.path().join("self/mountinfo"), line).expect("file");
            host.program("env").is_ok()
        };
        assert!(find("ext4"));
        assert!(!find("nfs4") && !find("fuse.sshfs"));
    }
}
