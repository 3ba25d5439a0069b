//! What Slurm's controller says of this cluster, and the hooks that slurmd runs on this node.
//!
//! Asked by `fsxlustre check` alone, never by a hook: a prolog that asks the controller, on every
//! node of a job, is what Slurm's guide warns of.

mod hook_files;
mod show_config;

pub use hook_files::HookFile;
pub use show_config::SlurmConfig;

use super::program_look::{ProgramLook, find, run_apart};
use super::{Observed, child};
use fsxlustre_mount::host::{Deadline, Host};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Where Slurm is on ParallelCluster, beside the folders of `[host] program_folders`.
const FOLDERS: &[&str] = &["/opt/slurm/bin", "/opt/slurm/sbin"];
/// AWS PCS has a folder for each version below this one.
const PCS_FOLDER: &str = "/opt/aws/pcs/scheduler";

/// Slurm on this node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Slurm {
    /// What the controller has.
    #[serde(flatten)]
    pub config: SlurmConfig,
    /// The files that Prolog names here, in the order in which Slurm runs them.
    pub prolog: Observed<Vec<HookFile>>,
    /// The same of Epilog.
    pub epilog: Observed<Vec<HookFile>>,
    /// The same of `TaskProlog`.
    pub task_prolog: Observed<Vec<HookFile>>,
    /// Text of the file that goes with a plugin that gives jobs mount namespaces of their own;
    /// `null` without such a plugin.
    pub namespace_settings: Observed<Option<String>>,
}

impl Slurm {
    /// `None` where no Slurm is installed.
    pub(super) fn of(host: &Host, deadline: Deadline) -> Observed<Option<Box<Self>>> {
        let from = "scontrol show config";
        let program = match find(program(host), deadline) {
            Ok(Some(program)) => program,
            Ok(None) => return Observed::known(None, from),
            Err(because) => return Observed::unknown(because, from),
        };
        let printed = match run_apart(&program, &["show", "config"], deadline) {
            Ok(done) if done.status.success() => done.stdout,
            Ok(done) => return Observed::unknown(done.last_words(), from),
            Err(because) => return Observed::unknown(because, from),
        };
        let config = SlurmConfig::parse(&printed);
        let files = |name: &str| hook_files::find(host, config.list(name), deadline);
        let (prolog, epilog) = (files("Prolog"), files("Epilog"));
        let task_prolog = files("TaskProlog");
        let namespace_settings = namespace_settings(host, &config, deadline);
        let slurm = Self { config, prolog, epilog, task_prolog, namespace_settings };
        Observed::known(Some(Box::new(slurm)), from)
    }
}

/// Slurm's folders may lie on a file system of the cluster's that does not answer.
fn program(host: &Host) -> ProgramLook {
    let mut folders = host.program_folders.clone();
    folders.extend(FOLDERS.iter().map(PathBuf::from));
    ProgramLook { name: "scontrol".into(), folders, versions_below: Some(PCS_FOLDER.into()) }
}

/// *Source*: `job_container.conf(5)`, Slurm 21.08 to 25.05; `namespace.yaml`, 25.11.
fn namespace_settings(
    host: &Host,
    config: &SlurmConfig,
    deadline: Deadline,
) -> Observed<Option<String>> {
    let from = "SLURM_CONF";
    let name = match config.namespace_plugin() {
        None => return Observed::known(None, from),
        Some(plugin) if plugin.starts_with("job_container/") => "job_container.conf",
        Some(_) => "namespace.yaml",
    };
    let Some(folder) = config.get("SLURM_CONF").and_then(|path| Path::new(path).parent()) else {
        return Observed::unknown("scontrol does not say where slurm.conf is", from);
    };
    let path = folder.join(name);
    match child::read_file(host, &path, deadline) {
        Ok(text) => Observed::known(Some(text), path.display().to_string()),
        Err(because) => Observed::unknown(because, path.display().to_string()),
    }
}
