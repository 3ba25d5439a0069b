//! What procfs says of one thread.
//!
//! *Source*: `stat`, `comm`, `cgroup`, `stack`, `syscall`, `fdinfo`, `mountinfo` below `/proc/PID`
//! (proc(5)). None of them asks a file system; `stack` and `syscall` may wait for a process that is
//! between two programs, so they come last.

use super::{StuckMount, StuckThread, WaitsFor};
use fsxlustre_mount::host::{Host, MountTable, read_text};
use fsxlustre_mount::source::Device;
use nix::libc;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// So many of the kernel's functions are told.
const MOST_FUNCTIONS: usize = 32;
/// So many descriptors of a process are looked at.
const MOST_DESCRIPTORS: usize = 512;

/// System calls whose first argument is the descriptor that they work on.
const BY_DESCRIPTOR: &[libc::c_long] = &[
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_preadv,
    libc::SYS_pwritev,
    libc::SYS_preadv2,
    libc::SYS_pwritev2,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_fstatfs,
    libc::SYS_lseek,
    libc::SYS_ioctl,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_sync_file_range,
    libc::SYS_syncfs,
    libc::SYS_ftruncate,
    libc::SYS_fallocate,
    libc::SYS_getdents64,
    libc::SYS_flock,
    libc::SYS_fcntl,
    libc::SYS_fchdir,
    libc::SYS_fchmod,
    libc::SYS_fchown,
    libc::SYS_fgetxattr,
    libc::SYS_fsetxattr,
    // Relative to a directory.
    libc::SYS_openat,
    libc::SYS_newfstatat,
    libc::SYS_unlinkat,
    libc::SYS_mkdirat,
];

/// Whether a thread is stuck, by its `stat`: the field after its command, which may itself have blanks
/// and brackets.
pub(super) fn is_stuck(stat: &str) -> bool {
    stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('D'))
}

/// The job in whose cgroup a process is: a folder `job_N`, as Slurm's plugins for both versions of
/// cgroups name it.
pub(super) fn job_of(cgroup: &str) -> Option<u32> {
    let paths = cgroup.lines().filter_map(|line| line.splitn(3, ':').nth(2));
    let mut folders = paths.flat_map(|path| path.split('/'));
    folders.find_map(|folder| folder.strip_prefix("job_")?.parse().ok())
}

/// The kernel's functions of a `stack` file, without addresses; the innermost first.
pub(super) fn functions(stack: &str) -> Vec<String> {
    let name = |line: &str| {
        let (_, function) = line.split_once("] ")?;
        let name = function.split_once('+').map_or(function, |(name, _)| name).trim();
        let fits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| name.chars().take(100).collect())
    };
    stack.lines().filter_map(name).take(MOST_FUNCTIONS).collect()
}

/// What these functions wait for. Prefixes of Lustre's layers, from its source; data before lock,
/// since pages wait for the lock that they need.
pub(super) fn waits_for(functions: &[String]) -> Option<WaitsFor> {
    let has = |prefixes: &[&str]| {
        functions.iter().any(|one| prefixes.iter().any(|prefix| one.starts_with(prefix)))
    };
    if has(&["mdc_", "lmv_", "ll_lookup", "ll_intent", "ll_statahead", "ll_readdir"]) {
        Some(WaitsFor::Metadata)
    } else if has(&["osc_", "cl_io_", "cl_sync_", "vvp_", "ll_file_", "ll_fsync", "lov_"]) {
        Some(WaitsFor::Data)
    } else if has(&["ldlm_"]) {
        Some(WaitsFor::Lock)
    } else if has(&["ptlrpc", "ll_", "lustre_", "lnet_", "class_", "obd_"]) {
        Some(WaitsFor::Lustre)
    } else {
        None
    }
}

/// The descriptor on which a thread's system call works, by its `syscall` file.
pub(super) fn descriptor(syscall: &str) -> Option<u32> {
    let mut words = syscall.split_ascii_whitespace();
    let number: libc::c_long = words.next()?.parse().ok()?;
    let first = u64::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok()?;
    // What is no descriptor, as that of the current directory, is larger.
    BY_DESCRIPTOR.contains(&number).then_some(())?;
    u32::try_from(first).ok().filter(|fd| *fd < i32::MAX.unsigned_abs())
}

fn mount_id(fdinfo: &str) -> Option<i32> {
    fdinfo.lines().find_map(|line| line.strip_prefix("mnt_id:"))?.trim().parse().ok()
}

/// A process with its files in procfs.
pub(super) struct Process<'h> {
    host: &'h Host,
    folder: PathBuf,
    pid: u32,
}

impl<'h> Process<'h> {
    pub(super) fn new(host: &'h Host, pid: u32) -> Self {
        Self { host, folder: host.paths.processes.join(pid.to_string()), pid }
    }

    /// The threads that are stuck.
    pub(super) fn stuck_threads(&self) -> Vec<u32> {
        let Ok(entries) = std::fs::read_dir(self.folder.join("task")) else { return Vec::new() };
        let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        numbers
            .filter(|tid| {
                self.text(&format!("task/{tid}/stat")).is_some_and(|text| is_stuck(&text))
            })
            .collect()
    }

    fn text(&self, name: &str) -> Option<String> {
        read_text(&self.folder.join(name)).ok()
    }

    /// What is told of a thread before anything that may wait.
    pub(super) fn at_once(&self, tid: u32) -> StuckThread {
        let command = self.text(&format!("task/{tid}/comm")).unwrap_or_default();
        StuckThread {
            pid: self.pid,
            tid,
            command: fsxlustre_mount::failure::one_line(command.trim_end()),
            uid: std::fs::metadata(&self.folder).ok().map(|about| about.uid()),
            job_id: self.text("cgroup").as_deref().and_then(job_of),
            ..StuckThread::default()
        }
    }

    /// The rest: mounts first, then what may wait.
    pub(super) fn in_full(&self, thread: StuckThread) -> StuckThread {
        let table = MountTable::read(&self.folder.join("mountinfo")).unwrap_or_default();
        let uses = self.uses(&table);
        let functions = self.text(&format!("task/{}/stack", thread.tid)).unwrap_or_default();
        let kernel_stack = self::functions(&functions);
        let fd = self.text(&format!("task/{}/syscall", thread.tid)).as_deref().and_then(descriptor);
        let mount = fd.and_then(|fd| self.mount_of(fd, &table));
        StuckThread { waits_for: waits_for(&kernel_stack), kernel_stack, mount, uses, ..thread }
    }

    fn mount_of(&self, fd: u32, table: &MountTable) -> Option<StuckMount> {
        let id = mount_id(&self.text(&format!("fdinfo/{fd}"))?)?;
        let mount = table.mounts.iter().find(|mount| mount.id == id)?;
        let is_lustre = self.host.is_lustre(mount);
        let file_system = Device::parse(&mount.source).filter(|_| is_lustre);
        Some(StuckMount {
            directory: mount.directory.clone(),
            source: mount.source.clone(),
            fs_type: mount.fs_type.clone(),
            file_system: file_system.map(|device| device.fsname),
        })
    }

    /// The Lustre mounts that it uses, by descriptor and by its current directory.
    fn uses(&self, table: &MountTable) -> std::collections::BTreeSet<PathBuf> {
        let lustre = || table.mounts.iter().filter(|mount| self.host.is_lustre(mount));
        if lustre().next().is_none() {
            return std::collections::BTreeSet::new();
        }
        let entries = std::fs::read_dir(self.folder.join("fdinfo")).into_iter().flatten();
        let ids = entries
            .flatten()
            .take(MOST_DESCRIPTORS)
            .filter_map(|entry| read_text(&entry.path()).ok().and_then(|text| mount_id(&text)));
        let ids: std::collections::BTreeSet<i32> = ids.collect();
        let here = std::fs::read_link(self.folder.join("cwd")).ok();
        let here = here.as_deref().and_then(|path: &Path| table.containing(path));
        let is_used = |id: i32| ids.contains(&id) || here.is_some_and(|mount| mount.id == id);
        let used = lustre().filter(|mount| is_used(mount.id));
        used.map(|mount| mount.directory.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_read_behind_any_command() {
        assert!(is_stuck("12 (a) (b c) D 1 12 12 0 -1"));
        assert!(!is_stuck("12 (D) S 1 12 12 0 -1"));
        assert!(!is_stuck(""));
    }

    #[test]
    fn a_job_is_told_by_its_cgroup_of_either_version() {
        for (text, job) in [
            ("7:freezer:/slurm_n1/uid_0/job_9/step_0\n1:name=systemd:/x\n", Some(9)),
            ("0::/system.slice/slurmstepd.scope/job_123/step_batch/user/task_0\n", Some(123)),
            ("0::/user.slice/job_x/y\n", None),
            ("", None),
        ] {
            assert_eq!(job_of(text), job, "{text}");
        }
    }

    #[test]
    fn functions_are_named_without_addresses() {
        // Of a process of ours whose file system does not answer, Linux 6.18.
        let stack = "[<0>] request_wait_answer+0x14a/0x240\n[<0>] fuse_simple_request+0x18f/0x2d0\n\
                     [<0>] do_syscall_64+0x71/0x280\nodd line\n";
        let names = functions(stack);
        assert_eq!(names, ["request_wait_answer", "fuse_simple_request", "do_syscall_64"]);
        assert_eq!(waits_for(&names), None);
    }

    // Functions of Lustre 2.15, from its source.
    #[test]
    fn what_is_waited_for_shows_in_the_functions() {
        let of =
            |names: &[&str]| waits_for(&names.iter().map(ToString::to_string).collect::<Vec<_>>());
        for (names, wanted) in [
            (
                &[
                    "ptlrpc_set_wait",
                    "ptlrpc_queue_wait",
                    "ldlm_cli_enqueue",
                    "mdc_enqueue_base",
                    "lmv_intent_lookup",
                    "ll_lookup_it",
                ][..],
                Some(WaitsFor::Metadata),
            ),
            (
                &["cl_sync_io_wait", "cl_io_submit_sync", "vvp_io_read_start", "ll_file_read_iter"],
                Some(WaitsFor::Data),
            ),
            (
                &["wait_on_page_bit", "osc_extent_wait", "osc_cache_wait_range"],
                Some(WaitsFor::Data),
            ),
            (&["ldlm_completion_ast", "ldlm_cli_enqueue_fini"], Some(WaitsFor::Lock)),
            (&["ll_kill_super", "deactivate_locked_super"], Some(WaitsFor::Lustre)),
            (&["io_schedule", "folio_wait_bit"], None),
        ] {
            assert_eq!(of(names), wanted, "{names:?}");
        }
    }

    #[test]
    fn a_system_call_on_a_descriptor_names_it() {
        let read = libc::SYS_read;
        for (text, fd) in [
            (format!("{read} 0x3 0x7f8fe3931000 0x20000 0x0 0x0 0x0 0x7ffe 0x7f8f\n"), Some(3)),
            (format!("{} 0xffffff9c 0x7f 0x0 0x0 0x0 0x0 0x7ffe 0x7f8f\n", libc::SYS_openat), None),
            (format!("{} 0x3 0x0\n", libc::SYS_getpid), None),
            ("running\n".into(), None),
            ("-1 0x7ffe 0x7f8f\n".into(), None),
            (String::new(), None),
        ] {
            assert_eq!(descriptor(&text), fd, "{text}");
        }
    }
}
