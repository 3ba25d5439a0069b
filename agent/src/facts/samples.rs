//! Captured texts and whole nodes for tests.
//!
//! *Source*: a Lustre 2.15.8 client on Debian 12, kernel 6.1.0-56-amd64; the captures
//! `env`, `00_before_modprobe`, `10_mounted` and `42_mount_modules`.

use super::{
    ClientPrograms, Distribution, Hardware, HookFile, InstalledModule, Lnet, Nid, NodeFacts,
    Observed, Slurm, SlurmConfig,
};

/// `modinfo lustre`.
pub(crate) const MODINFO: &str = "\
filename:       /lib/modules/6.1.0-56-amd64/fs/lustre/lustre.ko
license:        GPL
version:        2.15.8
description:    Lustre Client File System
author:         OpenSFS, Inc. <http://www.lustre.org/>
alias:          fs-lustre
srcversion:     BBCEEF0477AC4B2EA1B30DB
depends:        obdclass,ptlrpc,libcfs,lnet,lov,mdc,lmv
retpoline:      Y
name:           lustre
vermagic:       6.1.0-56-amd64 SMP preempt mod_unload modversions 
";

/// `/sys/kernel/debug/lnet/nis`.
pub(crate) const NIS: &str = "\
nid                      status alive refs peer  rtr   max    tx   min
0@lo                         up     0    2    0    0     0     0     0
192.168.77.20@tcp            up    -1    1    8    0   256   256   248
";

/// `lctl list_nids` with no module, on stderr.
pub(crate) const LIST_NIDS_NOT_LOADED: &str = "\
opening /dev/lnet failed: No such file or directory
hint: the kernel modules may not be loaded
IOC_LIBCFS_GET_NI error 2: No such file or directory
";

/// `lctl list_nids` with LNet loaded and not started, on stderr.
pub(crate) const LIST_NIDS_DOWN: &str = "IOC_LIBCFS_GET_NI error 100: Network is down\n";

/// Some of `scontrol show config` of Slurm 22.05.8 with the lines of packaging/slurm/slurm.conf.
pub(crate) const SHOW_CONFIG: &str = "\
AuthInfo                = (null)
AuthType                = auth/munge
BatchStartTimeout       = 180 sec
Epilog                  = /etc/slurm/epilog.d/*
EpilogSlurmctld         = (null)
JobContainerType        = job_container/none
MessageTimeout          = 60 sec
Prolog                  = /etc/slurm/prolog.d/*
PrologEpilogTimeout     = 120
PrologFlags             = Alloc
SchedulerParameters     = batch_sched_delay=0,nohold_on_prolog_fail
SLURM_CONF              = /etc/slurm/slurm.conf
SLURM_VERSION           = 22.05.8
TaskProlog              = /etc/slurm/fsxlustre-task-prolog
UnkillableStepProgram   = /etc/slurm/fsxlustre-unkillable-step
UnkillableStepTimeout   = 300 sec
";

/// `/etc/os-release`.
pub(crate) const OS_RELEASE: &str = "\
PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"
NAME=\"Debian GNU/Linux\"
VERSION_ID=\"12\"
VERSION=\"12 (bookworm)\"
VERSION_CODENAME=bookworm
ID=debian
";

const AMAZON_KERNEL: &str = "6.1.112-122.189.amzn2023.x86_64";

/// An Amazon Linux 2023 node with a mounted 2.15.6 client.
pub(crate) fn healthy() -> NodeFacts {
    NodeFacts {
        kernel_release: Observed::known(AMAZON_KERNEL.into(), "/proc/sys/kernel/osrelease"),
        distribution: distribution("amzn", "2023", None, "Amazon Linux 2023"),
        hardware: hardware(8, 32),
        module_loaded: Observed::known(true, "/proc/modules"),
        loaded_version: Observed::known("2.15.6".into(), "/sys/fs/lustre/version"),
        module_installed: installed(AMAZON_KERNEL, "kernel/fs/lustre/lustre.ko"),
        programs: ClientPrograms {
            mount: Observed::known(Some("/usr/sbin/mount.lustre".into()), "/usr/sbin, /usr/bin"),
            lfs: Observed::known(Some("/usr/bin/lfs".into()), "/usr/sbin, /usr/bin"),
        },
        lnet: Observed::known(
            Lnet::Up(vec![Nid { nid: "10.0.1.5@tcp".into(), is_up: Some(true) }]),
            "/sys/kernel/debug/lnet/nis",
        ),
        health: Observed::known("healthy".into(), "/sys/fs/lustre/health_check"),
        slurm: Observed::known(None, "scontrol show config"),
    }
}

/// Slurm with the packaged lines and wrappers.
pub(crate) fn slurm() -> Slurm {
    let file = |path: &str| {
        let file = HookFile { path: path.into(), is_executable: true, is_ours: true };
        Observed::known(vec![file], path)
    };
    Slurm {
        config: SlurmConfig::parse(SHOW_CONFIG),
        prolog: file("/etc/slurm/prolog.d/80_fsxlustre"),
        epilog: file("/etc/slurm/epilog.d/10_fsxlustre"),
        task_prolog: file("/etc/slurm/fsxlustre-task-prolog"),
        namespace_settings: Observed::known(None, "SLURM_CONF"),
    }
}

/// The same node before anything of Lustre was loaded.
pub(crate) fn before_first_mount() -> NodeFacts {
    let absent = "No such file or directory (os error 2)";
    NodeFacts {
        module_loaded: Observed::known(false, "/proc/modules"),
        loaded_version: Observed::unknown(absent, "/sys/fs/lustre/version"),
        lnet: Observed::known(Lnet::NotLoaded, "lctl list_nids"),
        health: Observed::unknown(absent, "/sys/fs/lustre/health_check"),
        ..healthy()
    }
}

/// A Debian 12 node with nothing of Lustre.
pub(crate) fn bare_debian() -> NodeFacts {
    NodeFacts {
        kernel_release: Observed::known("6.1.0-56-amd64".into(), "/proc/sys/kernel/osrelease"),
        distribution: distribution(
            "debian",
            "12",
            Some("bookworm"),
            "Debian GNU/Linux 12 (bookworm)",
        ),
        module_installed: Observed::known(None, "modinfo lustre"),
        programs: ClientPrograms {
            mount: Observed::known(None, "/usr/sbin, /usr/bin"),
            lfs: Observed::known(None, "/usr/sbin, /usr/bin"),
        },
        lnet: Observed::unknown("the program lctl is not installed", "lctl list_nids"),
        ..before_first_mount()
    }
}

/// A distribution as os-release names it.
pub(crate) fn distribution(
    id: &str,
    version: &str,
    codename: Option<&str>,
    name: &str,
) -> Observed<Distribution> {
    let distribution = Distribution {
        id: id.into(),
        version: Some(version.into()),
        codename: codename.map(str::to_owned),
        name: Some(name.into()),
    };
    Observed::known(distribution, "/etc/os-release")
}

/// A machine of that many processors and GiB.
pub(crate) fn hardware(cpus: usize, gib: u64) -> Hardware {
    Hardware {
        architecture: Observed::known("x86_64".into(), "uname -m"),
        cpus: Observed::known(cpus, "/proc/stat"),
        memory_bytes: Observed::known(gib << 30, "/proc/meminfo"),
    }
}

/// A module built for that kernel, in that file below the kernel's folder.
pub(crate) fn installed(built_for: &str, file: &str) -> Observed<Option<InstalledModule>> {
    let module = InstalledModule {
        file: Some(format!("/lib/modules/{AMAZON_KERNEL}/{file}")),
        version: Some("2.15.6".into()),
        vermagic: Some(format!("{built_for} SMP preempt mod_unload modversions ")),
    };
    Observed::known(Some(module), "modinfo lustre")
}
