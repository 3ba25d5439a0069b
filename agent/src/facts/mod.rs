//! What is true of this node, gathered once; every part may fail alone and says why.
//!
//! Knows where each part is read; knows nothing of what is good or bad about it. Whatever asks
//! the Lustre modules, and every program, runs in a child with a deadline, so that the whole
//! gathering ends within [`LONGEST_GATHERING`] even when every mount is dead.

mod allowances;
mod child;
mod client;
mod clock;
mod compatibility;
mod distribution;
mod efa;
mod extended_support;
mod file_systems;
mod hardware;
mod image;
mod import_texts;
mod io;
mod kernels;
mod lnet;
mod look;
mod module;
mod module_options;
mod mounts;
mod network;
mod observed;
mod packages;
mod place;
mod ports;
mod program_look;
mod programs;
mod region;
mod restrictions;
mod slurm;
mod space;
mod tree;
mod tuning;
mod under;

pub use allowances::Exceeded;
pub use client::{ClientInstance, Clients, Target, TargetRoom};
pub use clock::Clock;
pub use distribution::Distribution;
pub use efa::{Efa, EfaCredits, Traffic, efa_credits};
pub use file_systems::{
    Asked, AwsFacts, Identity, Named, NamedFileSystem, Permission, is_about_permission, named,
};
pub use hardware::Hardware;
pub use image::Image;
pub use import_texts::{ImportText, import_texts};
pub use io::{IoResult, io};
pub use kernels::is_release as is_kernel_release;
pub use lnet::{Lnet, Nid};
pub use look::Look;
pub(crate) use look::look_told;
pub use module::InstalledModule;
pub use module_options::ModuleOption;
pub use mounts::{LustreMount, MountAnswer};
pub use network::{Interface, Network, Route};
pub use observed::Observed;
pub use packages::Package;
pub use ports::{LNET_PORT, PortUse, Translated};
pub use programs::ClientPrograms;
pub use restrictions::Restrictions;
pub use slurm::{HookFile, Slurm, SlurmConfig};
pub use space::{Free, Room};
pub use tuning::{ClientSetting, ModuleParameter, SettingValue};

use crate::compat::InUse;
use crate::config::{AgentConfig, JobsSection, Role};
use crate::fstab::judge::{Judged, Surroundings, judge};
use crate::tune::NodeSize;
use fsxlustre_mount::answer::AnswerSettings;
use fsxlustre_mount::fstab::entries;
use fsxlustre_mount::host::{Deadline, Host};
use fsxlustre_mount::mount::DEFAULT_TIMEOUT_SECONDS;
use serde::Serialize;
use std::thread::{Scope as Threads, ScopedJoinHandle};
use std::time::Duration;
use tree::Tree;

/// Gathering takes no longer than this, whatever hangs.
pub const LONGEST_GATHERING: Duration = Duration::from_secs(5);

/// How long each part may ask a program or the Lustre modules.
const LONGEST_QUESTION: Duration = Duration::from_secs(2);
/// The same where only this node is looked at, since a scheduler waits for the answer.
const SHORT_QUESTION: Duration = Duration::from_millis(600);

/// How far the gathering goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// To the resolver and to servers; targets are asked what is free.
    pub with_network: bool,
    /// To AWS.
    pub with_aws: bool,
}

impl Scope {
    /// Everything.
    pub const WHOLE: Self = Self { with_network: true, with_aws: true };
    /// This node, and the mounts it has.
    pub const LOCAL: Self = Self { with_network: false, with_aws: false };

    fn question(self) -> Deadline {
        let is_local = self == Self::LOCAL;
        Deadline::after(if is_local { SHORT_QUESTION } else { LONGEST_QUESTION })
    }
}

/// What checks look at.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The node.
    pub node: NodeFacts,
    /// The file systems that it is configured for.
    pub file_systems: Vec<NamedFileSystem>,
    /// AWS.
    pub aws: AwsFacts,
    /// Lines of fstab of our types and Lustre's.
    pub fstab: Observed<Vec<Judged>>,
    /// Settings of a fleet, and the seconds that a mount has.
    pub fleet: (AnswerSettings, Duration),
    /// `[jobs]`.
    pub jobs: JobsSection,
    /// What the node is for.
    pub role: Role,
}

impl Facts {
    /// Gathers everything within the scope; `asked` are the file systems in question.
    pub fn gather(config: &AgentConfig, asked: &[Named], scope: Scope) -> Self {
        let host = config.host();
        let (node, (file_systems, aws)) = std::thread::scope(|threads| {
            let outside = threads.spawn(move || file_systems::gather(config, asked, scope));
            let node = NodeFacts::gather(host, scope);
            (node, outside.join().unwrap_or_default())
        });
        let node = NodeFacts { region: region::of(config), ..node };
        let whole = Self::of_node(node, config);
        Self { file_systems, aws, fstab: fstab(config), ..whole }
    }

    /// A node, or an image, of which nothing beyond itself is looked at; what is installed there comes
    /// from where this node is.
    pub fn of_image(image: NodeFacts, config: &AgentConfig) -> Self {
        Self::of_node(NodeFacts { region: region::of(config), ..image }, config)
    }

    fn of_node(node: NodeFacts, config: &AgentConfig) -> Self {
        let seconds = config.base.mount.timeout.unwrap_or(DEFAULT_TIMEOUT_SECONDS);
        Self {
            node,
            file_systems: Vec::new(),
            aws: AwsFacts::default(),
            fstab: Observed::unknown("nobody looked", "/etc/fstab"),
            fleet: (config.base.answers.clone(), Duration::from_secs(seconds)),
            jobs: config.jobs.clone(),
            role: config.node.role(),
        }
    }
}

fn fstab(config: &AgentConfig) -> Observed<Vec<Judged>> {
    let host = config.host();
    let text = Tree::of(host).text_if_any("etc/fstab");
    let around = Surroundings::of(host, &config.base.mount);
    text.map(|text| judge(&entries(text.as_deref().unwrap_or_default()), &around))
}

/// What is known of this node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeFacts {
    /// The matrix of kernels, clients and file systems that it is judged by.
    pub compatibility: Observed<InUse>,
    /// The running kernel. *Source*: `/proc/sys/kernel/osrelease`.
    pub kernel_release: Observed<String>,
    /// The distribution. *Source*: os-release(5).
    pub distribution: Observed<Distribution>,
    /// What brings kernels of Red Hat's Extended Update Support; `null` where nothing does.
    /// *Source*: yum.repos.d and vars of dnf.conf(5).
    pub extended_support: Observed<Option<String>>,
    /// The AWS Region. *Source*: the configuration, the file systems that it names, cloud-init.
    pub region: Observed<String>,
    /// Architecture, processors and memory.
    #[serde(flatten)]
    pub hardware: Hardware,
    /// Whether the module `lustre` is loaded. *Source*: `/proc/modules`.
    pub module_loaded: Observed<bool>,
    /// Version of the loaded client. *Source*: `/sys/fs/lustre/version` (Lustre 2.10 to 2.16).
    pub loaded_version: Observed<String>,
    /// Checksum of the loaded module's source. *Source*: `/sys/module/lustre/srcversion`.
    pub loaded_source: Observed<String>,
    /// The module that would be loaded, `null` when there is none for this kernel.
    /// *Source*: `modinfo lustre`.
    pub module_installed: Observed<Option<InstalledModule>>,
    /// What modprobe.d says of Lustre's modules.
    pub module_options: Observed<Vec<ModuleOption>>,
    /// Parameters of the loaded modules for which AWS advises values.
    pub module_parameters: Vec<ModuleParameter>,
    /// The kernels that can be booted, oldest first.
    pub kernels: Observed<Vec<String>>,
    /// The kernel that the next boot takes.
    pub next_kernel: Observed<String>,
    /// The module that would be loaded then.
    pub next_module: Observed<Option<InstalledModule>>,
    /// Packages of the Lustre client.
    pub packages: Observed<Vec<Package>>,
    /// Programs of the Lustre client.
    pub programs: ClientPrograms,
    /// Lustre's networks.
    pub lnet: Observed<Lnet>,
    /// The port on which LNet accepts connections. *Source*: `module/lnet/parameters` of sysfs.
    pub lnet_accept_port: u16,
    /// Uses of that port.
    pub lnet_port: Observed<Vec<PortUse>>,
    /// Connections to servers that are translated on their way.
    pub translated: Observed<Vec<Translated>>,
    /// The client's own word about itself. *Source*: `/sys/fs/lustre/health_check`.
    pub health: Observed<String>,
    /// Slurm, `null` where it is not installed. *Source*: `scontrol show config`.
    pub slurm: Observed<Option<Box<Slurm>>>,
    /// Interfaces, addresses, routes.
    pub network: Network,
    /// Allowances of the network that were used up.
    pub allowances: Observed<Vec<Exceeded>>,
    /// EFA.
    pub efa: Efa,
    /// The Lustre mounts.
    pub mounts: Observed<Vec<LustreMount>>,
    /// What the clients say.
    pub clients: Observed<Clients>,
    /// Rules of the running kernel.
    pub restrictions: Restrictions,
    /// The clock.
    pub clock: Clock,
    /// Room for what is written here.
    pub room: Vec<Room>,
}

impl NodeFacts {
    /// Looks at the node: every part that may have to wait by itself, side by side.
    pub fn gather(host: &Host, scope: Scope) -> Self {
        let question = move || scope.question();
        std::thread::scope(|threads| {
            let installed = spawn(threads, move || module::installed(host, None, question()));
            let lnet = spawn(threads, move || lnet_and_efa(host, scope));
            let health = spawn(threads, move || module::health(host, question()));
            let packages = spawn(threads, move || packages::read(host, question()));
            let mounts = spawn(threads, move || mounts::read(host, question()));
            let with_room = scope.with_network;
            let clients = spawn(threads, move || client::read(host, with_room, question()));
            let clock = spawn(threads, move || Clock::read(host, question()));
            let room = spawn(threads, move || space::read(host, question()));
            let slurm = spawn(threads, move || Slurm::of(host, question()));
            let next = spawn(threads, move || next_boot(host, question()));
            let network = Network::read(host);
            let allowances = allowances::read(host, &network.interfaces, question());
            let (lnet, lnet_port, efa) = lnet.join().unwrap_or_else(|_| lost_lnet());
            let (kernels, next_kernel, next_module) =
                next.join().unwrap_or_else(|_| lost_kernels());
            Self {
                compatibility: compatibility::read(host, question()),
                kernel_release: kernel_release(host),
                distribution: Distribution::of(host),
                extended_support: extended_support::read(host),
                region: region::of_host(host),
                hardware: Hardware::of(host),
                module_loaded: module::loaded(host),
                loaded_version: module::loaded_version(host),
                loaded_source: module::loaded_source(host),
                module_installed: joined(installed, "modinfo lustre"),
                module_options: module_options::read(host),
                module_parameters: tuning::parameters(host),
                kernels,
                next_kernel,
                next_module,
                packages: joined(packages, "the package manager"),
                programs: ClientPrograms::find(host),
                lnet,
                lnet_accept_port: ports::accept_port(host),
                lnet_port,
                translated: ports::translated(host),
                health: joined(health, "health_check"),
                slurm: joined(slurm, "scontrol show config"),
                network,
                allowances,
                efa,
                mounts: joined(mounts, "mountinfo"),
                clients: joined(clients, "the client's files"),
                restrictions: Restrictions::read(host),
                clock: clock.join().unwrap_or_else(|_| Clock {
                    unix_seconds: fsxlustre_mount::host::unix_seconds(),
                    off_milliseconds: lost("chronyc tracking"),
                }),
                room: room.join().unwrap_or_default(),
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

/// What modprobe.d says of Lustre's modules.
pub(crate) fn given_module_options(host: &Host) -> Observed<Vec<ModuleOption>> {
    module_options::read(host)
}

/// What settings of the client go by: how big this node is, which client is loaded, EFA.
pub fn node_size(host: &Host) -> NodeSize {
    let hardware = Hardware::of(host);
    NodeSize {
        cpus: hardware.cpus.value().copied(),
        memory_bytes: hardware.memory_bytes.value().copied(),
        client: module::loaded_version(host).value().cloned(),
        has_efa: efa::devices(host).value().map(|devices| !devices.is_empty()),
    }
}

fn spawn<'s, 'e, T: Send + 's>(
    threads: &'s Threads<'s, 'e>,
    part: impl FnOnce() -> T + Send + 's,
) -> ScopedJoinHandle<'s, T> {
    threads.spawn(part)
}

fn lost<T>(from: &str) -> Observed<T> {
    Observed::unknown("the part of fsxlustre that asks ended unexpectedly", from)
}

fn joined<T>(thread: ScopedJoinHandle<'_, Observed<T>>, from: &str) -> Observed<T> {
    thread.join().unwrap_or_else(|_| lost(from))
}

type LnetFacts = (Observed<Lnet>, Observed<Vec<PortUse>>, Efa);

/// LNet first: whose port 988 is, and whether EFA is asked of, depends on it.
fn lnet_and_efa(host: &Host, scope: Scope) -> LnetFacts {
    let deadline = scope.question();
    let lnet = lnet::read(host, deadline);
    let is_up = matches!(lnet.value(), Some(Lnet::Up(_)));
    let uses = ports::uses(host, ports::accept_port(host), !is_up, deadline);
    let efa = Efa::read(host, &lnet, deadline);
    (lnet, uses, efa)
}

fn lost_lnet() -> LnetFacts {
    let efa = Efa { devices: lost("sysfs"), traffic: lost("lnetctl") };
    (lost("LNet"), lost("/proc/net/tcp"), efa)
}

type BootFacts = (Observed<Vec<String>>, Observed<String>, Observed<Option<InstalledModule>>);

fn next_boot(host: &Host, deadline: Deadline) -> BootFacts {
    let kernels = kernels::installed(host);
    let next = kernels::next(host, &kernels);
    let module = match &next {
        Observed::Known { value, .. } => module::installed(host, Some(value), deadline),
        Observed::Unknown { because, from } => Observed::unknown(because, from),
    };
    (kernels, next, module)
}

fn lost_kernels() -> BootFacts {
    (lost("/boot"), lost("/boot"), lost("modinfo lustre"))
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
mod property_tests;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
