//! A cluster, from its first machine to its last.

use std::thread;
use std::time::{Duration, Instant};

use super::network::{self, api_address, controller_address, node_address};
use super::shared::SharedFolder;
use super::{Settings, accounting, daemons};
use crate::error::Error;
use crate::file_system::{FileSystem, NewFileSystem};
use crate::prerequisites::Tools;
use crate::sandbox::Sandbox;
use crate::setup::Setup;
use crate::stage::source;

/// The names of the nodes.
pub const NODES: [&str; 2] = ["n1", "n2"];

const START_DEADLINE: Duration = Duration::from_secs(60);

/// Somebody who is not root.
const USER: &str = "ann:x:5001:5001::/tmp:/bin/sh\n";

/// A cluster that runs. Dropping it ends every process of it.
#[derive(Debug)]
pub struct Cluster {
    // Nodes first: their cables end in the controller's network.
    nodes: Vec<Sandbox>,
    controller: Sandbox,
    shared: SharedFolder,
    settings: Settings,
    tools: Tools,
    key: Vec<u8>,
    file_systems: Vec<(FileSystem, u32)>,
}

impl Cluster {
    /// Starts one as our package advises; both nodes are idle when this returns.
    ///
    /// # Panics
    ///
    /// When it cannot start, with what to do about it.
    #[track_caller]
    pub fn start() -> Self {
        Self::with(Settings::packaged())
    }

    /// Starts one with these settings.
    ///
    /// # Panics
    ///
    /// When it cannot start, with what to do about it.
    #[track_caller]
    pub fn with(settings: Settings) -> Self {
        match Self::try_with(settings) {
            Ok(cluster) => cluster,
            Err(error) => panic!("{error}"),
        }
    }

    /// Starts one whose nodes never come up, for what is only to be read.
    ///
    /// # Panics
    ///
    /// When it cannot start, with what to do about it.
    #[track_caller]
    pub fn without_jobs(settings: Settings) -> Self {
        match Self::try_with(settings.no_slurmd()) {
            Ok(cluster) => cluster,
            Err(error) => panic!("{error}"),
        }
    }

    fn try_with(settings: Settings) -> Result<Self, Error> {
        daemons::check_programs()?;
        let tools = Tools::find()?;
        let shared = SharedFolder::make().map_err(|error| Error::Start {
            why: format!("no shared folder: {error}"),
            printed: String::new(),
        })?;
        let node = || Setup::standard().aws_of(&api_address()).start();
        let (controller, nodes) = thread::scope(|scope| {
            let nodes = NODES.map(|_| scope.spawn(node));
            let controller = Setup::standard().aws_for_others().start();
            let nodes = nodes.map(|thread| thread.join().expect("a thread that starts a node"));
            (controller, nodes)
        });
        let (controller, nodes) = (controller?, nodes.into_iter().collect::<Result<_, _>>()?);
        let key = (0..128).map(|_| fastrand::u8(..)).collect();
        let cluster =
            Self { nodes, controller, shared, settings, tools, key, file_systems: Vec::new() };
        cluster.make_ready();
        Ok(cluster)
    }

    fn make_ready(&self) {
        network::make_bridge(&self.tools, &self.controller);
        self.prepare(&self.controller);
        let (from, to) = ("epilog-slurmctld", "/etc/slurm/fsxlustre-epilog-slurmctld");
        self.controller.write_program(to, &source(&format!("packaging/slurm/{from}")));
        if self.settings.has_accounting() {
            accounting::start(&self.controller);
        }
        daemons::start(&self.controller, "ctl", "/usr/sbin/slurmctld -c");
        for number in 1..=NODES.len() {
            self.boot(number);
        }
        if self.settings.has_slurmd() {
            for node in NODES {
                self.wait_for_node(node, &["IDLE"]);
            }
        }
    }

    /// What every machine needs.
    fn prepare(&self, on: &Sandbox) {
        let mut hosts = format!("{} ctl\n", controller_address());
        for (number, node) in (1..).zip(NODES) {
            hosts.push_str(&format!("{} {node}\n", node_address(number)));
        }
        on.append("/etc/hosts", &hosts);
        on.append("/etc/passwd", USER);
        on.append("/etc/group", "ann:x:5001:\n");
        on.run(["mkdir", "-p", "/run/slurm/state", "/run/slurm/spool"]).assert_success();
        on.write_file("/etc/slurm/slurm.conf", &self.settings.slurm_conf());
        if let Some(text) = self.settings.job_container_conf() {
            on.write_file("/etc/slurm/job_container.conf", text);
        }
        daemons::start_munged(on, &self.key);
    }

    /// Brings a node up, as at its boot: the hooks of our package, the configuration, slurmd.
    fn boot(&self, number: usize) {
        let node = &self.nodes[number - 1];
        network::plug_in(&self.tools, &self.controller, node, number);
        self.prepare(node);
        node.append_config(self.settings.node_config());
        for (from, to) in [
            ("prolog.d/80_fsxlustre", "/etc/slurm/prolog.d/80_fsxlustre"),
            ("epilog.d/10_fsxlustre", "/etc/slurm/epilog.d/10_fsxlustre"),
            ("task-prolog", "/etc/slurm/fsxlustre-task-prolog"),
            ("unkillable-step", "/etc/slurm/fsxlustre-unkillable-step"),
        ] {
            node.write_program(to, &source(&format!("packaging/slurm/{from}")));
        }
        for (file_system, osts) in &self.file_systems {
            node.serve_file_system(file_system, *osts);
        }
        if self.settings.has_slurmd() {
            // The machine's uptime is the host's, so slurmd is told that this is a boot.
            daemons::start(node, NODES[number - 1], "/usr/sbin/slurmd -b");
        }
    }

    /// The machine on which slurmctld runs.
    pub fn controller(&self) -> &Sandbox {
        &self.controller
    }

    /// A node, by its name.
    ///
    /// # Panics
    ///
    /// When there is none of that name.
    #[track_caller]
    pub fn node(&self, name: &str) -> &Sandbox {
        &self.nodes[number(name) - 1]
    }

    /// A path below the folder that is the same everywhere.
    pub fn shared(&self, name: &str) -> String {
        self.shared.path().join(name).display().to_string()
    }

    /// Makes a file system that all nodes can mount.
    #[track_caller]
    pub fn create_file_system(&mut self, new: NewFileSystem) -> FileSystem {
        let osts = new.osts_number();
        let made = self.controller.create_file_system(new);
        for node in &self.nodes {
            node.serve_file_system(&made, osts);
        }
        self.file_systems.push((made.clone(), osts));
        made
    }

    /// Ends slurmd of a node at once; the steps of jobs go on.
    #[track_caller]
    pub fn kill_slurmd(&self, name: &str) {
        daemons::kill(self.node(name), "/run/slurm/slurmd.pid");
    }

    /// Starts slurmd of a node again.
    #[track_caller]
    pub fn restart_slurmd(&self, name: &str) {
        daemons::start(self.node(name), name, "/usr/sbin/slurmd");
    }

    /// Ends slurmctld at once.
    #[track_caller]
    pub fn stop_controller(&self) {
        daemons::kill(&self.controller, "/run/slurm/slurmctld.pid");
    }

    /// Puts a drained node into service again, once nothing of a job is left on it.
    #[track_caller]
    pub fn resume(&self, name: &str) {
        self.wait_until("no job is left on the node", || {
            let state = self.node_state(name);
            !state.iter().any(|word| matches!(word.as_str(), "COMPLETING" | "ALLOCATED" | "MIXED"))
        });
        let words = ["scontrol", "update", &format!("NodeName={name}"), "State=RESUME"];
        self.controller.run(words).assert_success();
        self.wait_for_node(name, &["IDLE"]);
    }

    /// Takes the power from a node, and boots it: its processes, its mounts and /run are gone, and
    /// the kernel's boot has another id.
    ///
    /// # Panics
    ///
    /// When it does not come up.
    #[track_caller]
    pub fn reboot(&mut self, name: &str) {
        let number = number(name);
        let fresh = Setup::standard().aws_of(&api_address()).start();
        self.nodes[number - 1] = fresh.unwrap_or_else(|error| panic!("{error}"));
        let boot = self.read_random_uuid();
        let node = &self.nodes[number - 1];
        node.write_file("/run/boot_id", &boot);
        let id = "/proc/sys/kernel/random/boot_id";
        node.run(["mount", "--bind", "/run/boot_id", id]).assert_success();
        self.boot(number);
    }

    fn read_random_uuid(&self) -> String {
        self.controller.read_file("/proc/sys/kernel/random/uuid")
    }

    /// What the daemons have logged, for a message.
    pub fn logs(&self) -> String {
        let tail = |on: &Sandbox, name: &str, file: &str| {
            let text = on.run(["cat", &format!("/run/slurm/{file}")]).stdout;
            let is_noise = |line: &&str| {
                let noise = ["debug: ", "debug2: ", "mpi", "MPI", "PMIx", "init: "];
                noise.iter().any(|word| line.contains(word)) && !line.contains("prep/script")
            };
            let lines: Vec<_> = text.lines().filter(|line| !is_noise(line)).collect();
            let last = lines.len().saturating_sub(50);
            format!("== {file} of {name}\n{}\n", lines[last..].join("\n"))
        };
        let mut text = tail(&self.controller, "ctl", "slurmctld.log");
        for (name, node) in NODES.iter().zip(&self.nodes) {
            text.push_str(&tail(node, name, "slurmd.log"));
        }
        text
    }

    /// The words of a node's state: `IDLE`, `DRAIN`, …
    #[track_caller]
    pub fn node_state(&self, name: &str) -> Vec<String> {
        let state = self.node_field(name, "State").unwrap_or_default();
        state.split('+').map(|word| word.trim_end_matches('*').to_owned()).collect()
    }

    /// A field of `scontrol show node`; of a reason, all of it.
    #[track_caller]
    pub fn node_field(&self, name: &str, field: &str) -> Option<String> {
        let shown = self.controller.run(["scontrol", "show", "node", name]).assert_success().stdout;
        let mut lines = shown.lines().map(str::trim);
        if field == "Reason" {
            return lines.find_map(|line| Some(line.strip_prefix("Reason=")?.to_owned()));
        }
        let mut words = shown.split_whitespace();
        words.find_map(|word| Some(word.strip_prefix(field)?.strip_prefix('=')?.to_owned()))
    }

    /// Waits until a node's state is made of exactly these words.
    ///
    /// # Panics
    ///
    /// When it is not within a minute.
    #[track_caller]
    pub fn wait_for_node(&self, name: &str, words: &[&str]) {
        let began = Instant::now();
        loop {
            let state = self.node_state(name);
            if state == words {
                return;
            }
            assert!(began.elapsed() < START_DEADLINE, "{name} is {state:?}\n{}", self.logs());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A node's number, from 1.
#[track_caller]
fn number(name: &str) -> usize {
    match NODES.iter().position(|node| *node == name) {
        Some(place) => place + 1,
        None => panic!("there is no node {name}"),
    }
}
