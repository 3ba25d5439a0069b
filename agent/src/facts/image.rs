//! What an image, or another kernel of this machine, has installed. Nothing of it runs.

use super::{
    ClientPrograms, Clock, Distribution, Efa, Hardware, Network, NodeFacts, Observed, Restrictions,
    compatibility, extended_support, kernels, module, module_options, packages, place,
};
use fsxlustre_mount::host::{Deadline, Host, PathOverrides, unix_seconds};
use std::path::Path;

/// A root of files in which nothing runs, and the kernel that will run there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    host: Host,
    kernel: Option<String>,
}

impl Image {
    /// The files below `root` (the host's own where none is given), with that kernel, or with the one
    /// that a boot of it would take.
    pub fn of(host: &Host, root: Option<&Path>, kernel: Option<&str>) -> Self {
        let mut host = host.clone();
        if let Some(root) = root {
            let below = |path: &Path| root.join(path.strip_prefix("/").unwrap_or(path));
            host.paths = host.paths.with(&PathOverrides {
                rootfs: Some(root.to_owned()),
                procfs: Some(root.join("proc")),
                sysfs: Some(root.join("sys")),
                ..PathOverrides::default()
            });
            host.program_folders = host.program_folders.iter().map(|path| below(path)).collect();
        }
        Self { host, kernel: kernel.map(str::to_owned) }
    }

    /// Gathers what is installed. `asking` is the machine whose programs are asked: an image's own
    /// are not run.
    pub fn gather(&self, asking: &Host, deadline: Deadline) -> NodeFacts {
        let asked = Host { program_folders: asking.program_folders.clone(), ..self.host.clone() };
        let kernels = kernels::installed(&self.host);
        let next_kernel = match &self.kernel {
            Some(kernel) => Observed::known(kernel.clone(), "--kernel"),
            None => kernels::next(&self.host, &kernels),
        };
        let next_module = match &next_kernel {
            Observed::Known { value, .. } => module::installed(&asked, Some(value), deadline),
            Observed::Unknown { because, from } => Observed::unknown(because, from),
        };
        NodeFacts {
            compatibility: compatibility::read(&self.host, deadline),
            kernel_release: next_kernel.clone(),
            distribution: Distribution::of(&self.host),
            extended_support: extended_support::read(&self.host),
            hardware: hardware(&self.host, &next_kernel),
            module_loaded: Observed::known(false, "nothing runs there"),
            module_installed: next_module.clone(),
            module_options: module_options::read(&self.host),
            kernels,
            next_kernel,
            next_module,
            packages: packages::read(&asked, deadline),
            programs: ClientPrograms::find(&self.host),
            ..nothing_runs()
        }
    }
}

/// The architecture that the kernel's release names, or that alone has pages of 64 KiB; else this
/// machine's.
fn hardware(host: &Host, kernel: &Observed<String>) -> Hardware {
    let named = kernel
        .value()
        .and_then(|release| ["x86_64", "aarch64"].into_iter().find(|name| release.contains(name)));
    let has_large_pages = kernel.value().is_some_and(|release| release.ends_with("-64k"));
    let named = named.or_else(|| has_large_pages.then_some("aarch64"));
    let architecture = match named {
        Some(name) => Observed::known(name.to_owned(), kernel.from()),
        None if place::is_this_machine(host) => Hardware::of(host).architecture,
        None => Hardware::of(&Host::default()).architecture,
    };
    Hardware { architecture, cpus: not_there(), memory_bytes: not_there() }
}

fn not_there<T>() -> Observed<T> {
    Observed::unknown("nothing runs there", "an image")
}

fn nothing_runs() -> NodeFacts {
    NodeFacts {
        compatibility: not_there(),
        kernel_release: not_there(),
        distribution: not_there(),
        extended_support: not_there(),
        region: not_there(),
        hardware: Hardware {
            architecture: not_there(),
            cpus: not_there(),
            memory_bytes: not_there(),
        },
        module_loaded: not_there(),
        loaded_version: not_there(),
        loaded_source: not_there(),
        module_installed: not_there(),
        module_options: not_there(),
        module_parameters: Vec::new(),
        kernels: not_there(),
        next_kernel: not_there(),
        next_module: not_there(),
        packages: not_there(),
        programs: ClientPrograms { mount: not_there(), lfs: not_there(), lctl: not_there() },
        lnet: not_there(),
        lnet_accept_port: super::ports::LNET_PORT,
        lnet_port: not_there(),
        translated: not_there(),
        health: not_there(),
        slurm: not_there(),
        network: Network {
            interfaces: not_there(),
            addresses: not_there(),
            routes: not_there(),
            is_initial_namespace: not_there(),
            container: not_there(),
        },
        allowances: not_there(),
        efa: Efa { devices: not_there(), traffic: not_there() },
        mounts: not_there(),
        clients: not_there(),
        restrictions: Restrictions {
            lockdown: not_there(),
            selinux_enforces: not_there(),
            needs_signatures: not_there(),
            debugfs_readable: not_there(),
        },
        clock: Clock { unix_seconds: unix_seconds(), off_milliseconds: not_there() },
        room: Vec::new(),
    }
}
