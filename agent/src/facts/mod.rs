//! What is true of this node, gathered once; every part may fail alone and says why.
//!
//! Knows where each part is read; knows nothing of what is good or bad about it. Whatever asks
//! the Lustre modules, and every program, runs in a child with a deadline, so that the whole
//! gathering ends within [`LONGEST_GATHERING`] even when the client is wedged.

mod child;
mod distribution;
mod hardware;
mod lnet;
mod module;
mod observed;
mod programs;
mod slurm;

pub use distribution::Distribution;
pub use hardware::Hardware;
pub use lnet::{Lnet, Nid};
pub use module::InstalledModule;
pub use observed::Observed;
pub use programs::ClientPrograms;
pub use slurm::{HookFile, Slurm, SlurmConfig};

use fsxlustre_mount::host::{Deadline, Host};
use serde::Serialize;
use std::time::Duration;

/// Gathering takes no longer than this, whatever hangs.
pub const LONGEST_GATHERING: Duration = Duration::from_secs(5);

/// How long each part may ask a program or the Lustre modules. Two more seconds are left for a
/// child that does not want to end.
const LONGEST_QUESTION: Duration = Duration::from_secs(2);

/// What is known of this node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeFacts {
    /// The running kernel. *Source*: `/proc/sys/kernel/osrelease`.
    pub kernel_release: Observed<String>,
    /// The distribution. *Source*: os-release(5).
    pub distribution: Observed<Distribution>,
    /// Architecture, processors and memory.
    #[serde(flatten)]
    pub hardware: Hardware,
    /// Whether the module `lustre` is loaded. *Source*: `/proc/modules`.
    pub module_loaded: Observed<bool>,
    /// Version of the loaded client. *Source*: `/sys/fs/lustre/version` (Lustre 2.10 to 2.16).
    pub loaded_version: Observed<String>,
    /// The module that would be loaded, `null` when there is none for this kernel.
    /// *Source*: `modinfo lustre`.
    pub module_installed: Observed<Option<InstalledModule>>,
    /// Programs of the Lustre client.
    pub programs: ClientPrograms,
    /// Lustre's networks.
    pub lnet: Observed<Lnet>,
    /// The client's own word about itself. *Source*: `/sys/fs/lustre/health_check`.
    pub health: Observed<String>,
    /// Slurm, `null` where it is not installed. *Source*: `scontrol show config`.
    pub slurm: Observed<Option<Box<Slurm>>>,
}

impl NodeFacts {
    /// Looks at this machine.
    pub fn gather(host: &Host) -> Self {
        Self::gather_on(host, Hardware::of_this_machine())
    }

    /// Looks at everything but the hardware.
    pub fn gather_on(host: &Host, hardware: Hardware) -> Self {
        std::thread::scope(|scope| {
            // Side by side: each may need its whole time.
            let installed = scope.spawn(|| module::installed(host, question()));
            let lnet = scope.spawn(|| lnet::read(host, question()));
            let slurm = scope.spawn(|| Slurm::of(host, question()));
            let health = module::health(host, question());
            Self {
                kernel_release: kernel_release(host),
                distribution: Distribution::of(host),
                hardware,
                module_loaded: module::loaded(host),
                loaded_version: module::loaded_version(host),
                module_installed: joined(installed, "modinfo lustre"),
                programs: ClientPrograms::find(host),
                lnet: joined(lnet, "LNet"),
                health,
                slurm: joined(slurm, "scontrol show config"),
            }
        })
    }

    /// Version of the client that runs or, when none is loaded, of the one that would be.
    pub fn client_version(&self) -> Observed<String> {
        let installed = match (&self.module_loaded, &self.module_installed) {
            (Observed::Known { value: false, .. }, Observed::Known { value, from }) => value
                .as_ref()
                .and_then(|module| module.version.clone())
                .map(|version| (version, from)),
            _ => None,
        };
        match installed {
            Some((value, from)) => Observed::known(value, from),
            None => self.loaded_version.clone(),
        }
    }
}

fn question() -> Deadline {
    Deadline::after(LONGEST_QUESTION)
}

fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, Observed<T>>, from: &str) -> Observed<T> {
    let lost = |_| Observed::unknown("the part of fsxlustre that asks ended unexpectedly", from);
    thread.join().unwrap_or_else(lost)
}

fn kernel_release(host: &Host) -> Observed<String> {
    let from = host.paths.procfs.join("sys/kernel/osrelease").display().to_string();
    match host.kernel_release() {
        Ok(release) if !release.is_empty() => Observed::known(release, from),
        Ok(_) => Observed::unknown("the file is empty", from),
        Err(error) => Observed::unknown(error.to_string(), from),
    }
}

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
