//! Captured texts and whole nodes for tests.
//!
//! *Source*: a Lustre 2.15.8 client on Debian 12, kernel 6.1.0-56-amd64; the captures
//! `env`, `00_before_modprobe`, `10_mounted` and `42_mount_modules`.

use super::{
    ClientInstance, ClientPrograms, Clients, Clock, Distribution, Efa, Facts, Free, Hardware,
    HookFile, InstalledModule, Interface, Lnet, LustreMount, MountAnswer, Network, Nid, NodeFacts,
    Observed, Package, PortUse, Restrictions, Room, Route, Slurm, SlurmConfig, Target, TargetRoom,
};
use crate::compat::InUse;
use crate::config::{JobsSection, Role};
use fsxlustre_mount::answer::AnswerSettings;
use std::net::Ipv4Addr;
use std::time::Duration;

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
PrologFlags             = Alloc,Contain
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
        compatibility: Observed::known(InUse::choose(None).expect("carried"), "fsxlustre"),
        kernel_release: Observed::known(AMAZON_KERNEL.into(), "/proc/sys/kernel/osrelease"),
        distribution: distribution("amzn", "2023", None, "Amazon Linux 2023"),
        extended_support: Observed::known(None, "/etc/yum.repos.d"),
        region: Observed::known("us-east-1".into(), "[aws] region"),
        hardware: hardware(8, 32),
        module_loaded: Observed::known(true, "/proc/modules"),
        loaded_version: Observed::known("2.15.6".into(), "/sys/fs/lustre/version"),
        module_installed: installed(AMAZON_KERNEL, "kernel/fs/lustre/lustre.ko"),
        programs: ClientPrograms {
            mount: Observed::known(Some("/usr/sbin/mount.lustre".into()), "/usr/sbin, /usr/bin"),
            lfs: Observed::known(Some("/usr/bin/lfs".into()), "/usr/sbin, /usr/bin"),
            lctl: Observed::known(Some("/usr/sbin/lctl".into()), "/usr/sbin, /usr/bin"),
        },
        lnet: Observed::known(
            Lnet::Up(vec![Nid { nid: "10.0.1.5@tcp".into(), is_up: Some(true) }]),
            "/sys/kernel/debug/lnet/nis",
        ),
        health: Observed::known("healthy".into(), "/sys/fs/lustre/health_check"),
        slurm: Observed::known(None, "scontrol show config"),
        loaded_source: Observed::known("BBCEEF".into(), "/sys/module/lustre/srcversion"),
        module_options: Observed::known(Vec::new(), "/etc/modprobe.d"),
        module_parameters: Vec::new(),
        kernels: Observed::known(vec![AMAZON_KERNEL.into()], "/boot/vmlinuz-*"),
        next_kernel: Observed::known(AMAZON_KERNEL.into(), "/boot/vmlinuz-*"),
        next_module: installed(AMAZON_KERNEL, "kernel/fs/lustre/lustre.ko"),
        packages: Observed::known(
            vec![Package { name: "lustre-client".into(), version: "2.15.6-1fsx28".into() }],
            "rpm",
        ),
        lnet_accept_port: super::ports::LNET_PORT,
        lnet_port: Observed::known(vec![LISTENS], "/proc/net/tcp"),
        translated: Observed::known(Vec::new(), "/proc/modules"),
        network: network(),
        allowances: Observed::known(Vec::new(), "ethtool -S ens5"),
        efa: Efa {
            devices: Observed::known(Vec::new(), "/sys/class/infiniband"),
            traffic: Observed::unknown("there is no EFA here to ask of", "lnetctl net show -v"),
        },
        mounts: Observed::known(vec![mount()], "/proc/self/mountinfo"),
        clients: Observed::known(clients(), "/proc/fs/lustre/{mdc,osc}/*"),
        restrictions: Restrictions {
            lockdown: Observed::known(Some("none".into()), "/sys/kernel/security/lockdown"),
            selinux_enforces: Observed::known(Some(false), "/sys/fs/selinux/enforce"),
            needs_signatures: Observed::known(Some(false), "sig_enforce"),
            debugfs_readable: Observed::known(Some(true), "/sys/kernel/debug/lnet/nis"),
        },
        clock: Clock {
            unix_seconds: 1_795_241_700,
            off_milliseconds: Observed::known(Some(0), "chronyc tracking"),
        },
        room: vec![room("state", 1 << 30)],
    }
}

/// Everything around that node: no file system is configured.
pub(crate) fn around(node: NodeFacts) -> Facts {
    Facts {
        node,
        file_systems: Vec::new(),
        aws: super::AwsFacts::default(),
        fstab: Observed::known(Vec::new(), "/etc/fstab"),
        fleet: (AnswerSettings::default(), Duration::from_secs(80)),
        jobs: JobsSection::default(),
        role: Role::Compute,
    }
}

/// So many bytes free.
pub(crate) fn room(of: &'static str, bytes: u64) -> Room {
    let free = Free { bytes, size_bytes: 8 << 30, files: 100_000, all_files: 500_000 };
    Room { of, directory: "/run".into(), free: Observed::known(free, "statvfs") }
}

/// One interface of EC2's, with docker's beside it.
pub(crate) fn network() -> Network {
    let interface = |name: &str, driver: Option<&str>, mtu| Interface {
        name: name.into(),
        driver: driver.map(str::to_owned),
        mtu: Some(mtu),
    };
    let route = |interface: &str, destination: [u8; 4], prefix, has_gateway| Route {
        interface: interface.into(),
        destination: Ipv4Addr::from(destination),
        prefix,
        has_gateway,
        metric: 512,
    };
    Network {
        interfaces: Observed::known(
            vec![interface("docker0", None, 1500), interface("ens5", Some("ena"), 9001)],
            "/sys/class/net",
        ),
        addresses: Observed::known(
            vec![Ipv4Addr::new(10, 0, 1, 5), Ipv4Addr::new(172, 17, 0, 1)],
            "/proc/net/fib_trie",
        ),
        routes: Observed::known(
            vec![
                route("ens5", [0, 0, 0, 0], 0, true),
                route("ens5", [10, 0, 1, 0], 24, false),
                route("docker0", [172, 17, 0, 0], 16, false),
            ],
            "/proc/net/route",
        ),
        is_initial_namespace: Observed::known(true, "/proc/self/ns/net"),
        container: Observed::known(None, "/run/systemd/container"),
    }
}

/// A mount that answers.
pub(crate) fn mount() -> LustreMount {
    LustreMount {
        directory: "/fsx".into(),
        device: "10.0.1.9@tcp:/abcdefgh".into(),
        fs_name: Some("abcdefgh".into()),
        server: Some("10.0.1.9".into()),
        options: ["rw", "noatime", "flock"].map(str::to_owned).to_vec(),
        missing: Observed::known(Vec::new(), "/etc/fstab"),
        answer: MountAnswer::Answers,
        covered: Observed::known(Vec::new(), "the directory /fsx under its mount"),
    }
}

/// LNet's own socket.
const LISTENS: PortUse = PortUse { is_listening: true, remote_port: 0, process: None };

/// Its client, with an MDT and two OSTs.
pub(crate) fn clients() -> Clients {
    let target = |name: &str| Target {
        fs_name: "abcdefgh".into(),
        target: name.into(),
        state: Some("FULL".into()),
        nid: Some("10.0.1.9@tcp".into()),
        is_history_read: true,
        room: Some(TargetRoom { kib: 1000, free_kib: 500, files: 1000, free_files: 900 }),
        ..Target::default()
    };
    let instance = ClientInstance {
        fs_name: "abcdefgh".into(),
        root_squash: Some("0:0".into()),
        no_squash_nids: Some("NONE".into()),
    };
    Clients {
        drifted: Vec::new(),
        instances: vec![instance],
        targets: ["MDT0000", "OST0000", "OST0001"].map(target).to_vec(),
        settings: Vec::new(),
        is_whole: true,
        is_room_asked: true,
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
        lnet_port: Observed::known(Vec::new(), "/proc/net/tcp"),
        loaded_source: Observed::unknown(absent, "/sys/module/lustre/srcversion"),
        health: Observed::unknown(absent, "/sys/fs/lustre/health_check"),
        mounts: Observed::known(Vec::new(), "/proc/self/mountinfo"),
        clients: Observed::known(
            Clients { is_whole: true, is_room_asked: true, ..Clients::default() },
            "/proc/fs/lustre/{mdc,osc}/*",
        ),
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
            lctl: Observed::known(None, "/usr/sbin, /usr/bin"),
        },
        lnet: Observed::unknown("the program lctl is not installed", "lctl list_nids"),
        packages: Observed::known(Vec::new(), "dpkg-query"),
        kernels: Observed::known(vec!["6.1.0-56-amd64".into()], "/boot/vmlinuz-*"),
        next_kernel: Observed::known("6.1.0-56-amd64".into(), "/boot/vmlinuz-*"),
        next_module: Observed::known(None, "modinfo -k 6.1.0-56-amd64 lustre"),
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
        srcversion: Some("BBCEEF".into()),
        signer: None,
    };
    Observed::known(Some(module), "modinfo lustre")
}
