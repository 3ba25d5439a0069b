//! The command line: one file per subcommand, each from arguments to an [`Outcome`].

pub mod check;
pub mod job;
pub mod layout;
pub mod resolve;
pub mod serve;
pub mod umount;

use crate::config::AgentConfig;
use clap::{Args, Parser, Subcommand};
use fsxlustre_mount::failure::{Failure, FailureRecord};
use fsxlustre_mount::host::PathOverrides;
use std::path::PathBuf;

/// Mounts, checks, watches and unmounts Amazon FSx for Lustre on a compute node.
#[derive(Debug, Parser)]
#[command(name = "fsxlustre", version, disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    paths: PathArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Does this node fit: kernel, Lustre client, LNet and file system?
    Check(check::CheckArgs),
    /// Which file system does a source name?
    Resolve(resolve::ResolveArgs),
    /// Layout profiles on directories
    Layout(layout::LayoutArgs),
    /// A job's start and end on this node, for Slurm's Prolog and Epilog
    Job(job::JobArgs),
    /// Unmount, with a deadline and who is in the way
    Umount(umount::UmountArgs),
    /// The metrics service that Prometheus scrapes
    Serve(serve::ServeArgs),
}

/// Where the kernel's file systems are; named as `node_exporter` names them.
#[derive(Debug, Args)]
#[command(next_help_heading = "Paths")]
struct PathArgs {
    /// Root of procfs
    #[arg(long = "path.procfs", value_name = "DIR", global = true)]
    procfs: Option<PathBuf>,
    /// Root of sysfs
    #[arg(long = "path.sysfs", value_name = "DIR", global = true)]
    sysfs: Option<PathBuf>,
    /// Root of debugfs [default: kernel/debug below sysfs]
    #[arg(long = "path.debugfs", value_name = "DIR", global = true)]
    debugfs: Option<PathBuf>,
    /// Root of the distribution's files
    #[arg(long = "path.rootfs", value_name = "DIR", global = true)]
    rootfs: Option<PathBuf>,
}

impl PathArgs {
    fn overrides(&self) -> PathOverrides {
        PathOverrides {
            procfs: self.procfs.clone(),
            sysfs: self.sysfs.clone(),
            debugfs: self.debugfs.clone(),
            rootfs: self.rootfs.clone(),
            ..PathOverrides::default()
        }
    }
}

/// What a command has to say; only `main` says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Results.
    pub stdout: String,
    /// Messages.
    pub stderr: String,
    /// Exit status.
    pub status: u8,
}

/// Exit status of a command that could not do what it was asked.
pub const FAILED: u8 = 1;

impl Outcome {
    /// A result, exit 0.
    pub fn done(stdout: impl Into<String>) -> Self {
        Self { stdout: stdout.into(), ..Self::default() }
    }

    /// A failure as four lines on stderr, exit 1.
    pub fn failed(failure: &Failure) -> Self {
        let status = if failure.code.row().mount_exit == 4 { 4 } else { FAILED };
        Self { stderr: format!("fsxlustre: {failure}\n"), status, ..Self::default() }
    }

    /// The same, and as one JSON object on stdout for scripts.
    pub fn failed_json(failure: &Failure) -> Self {
        let record = serde_json::to_string(&FailureRecord::from(failure)).unwrap_or_default();
        Self { stdout: record + "\n", ..Self::failed(failure) }
    }
}

impl From<Result<Self, Failure>> for Outcome {
    fn from(result: Result<Self, Failure>) -> Self {
        result.unwrap_or_else(|failure| Self::failed(&failure))
    }
}

impl Cli {
    /// Does what the arguments ask for.
    pub fn run(&self) -> Outcome {
        let config = match AgentConfig::load(&self.paths.overrides()) {
            Ok(config) => config,
            Err(failure) => return self.broken_configuration(&failure),
        };
        match &self.command {
            Command::Check(args) => args.run(&config),
            Command::Resolve(args) => args.run(&config),
            Command::Layout(args) => args.run(&config),
            Command::Job(args) => args.run(&config),
            Command::Umount(args) => args.run(&config),
            Command::Serve(args) => args.run(&config),
        }
    }

    /// 2 for `check`, where 1 says that the node is unfit.
    fn broken_configuration(&self, failure: &Failure) -> Outcome {
        let status = if matches!(self.command, Command::Check(_)) { 2 } else { FAILED };
        Outcome { status, ..Outcome::failed(failure) }
    }
}
