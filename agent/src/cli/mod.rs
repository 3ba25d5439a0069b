//! The command line: one file per subcommand, each from arguments to an [`Outcome`].

pub mod cache;
pub mod check;
pub mod config;
pub mod evacuate;
pub mod explain;
pub mod export;
pub mod fstab;
pub mod hsm;
pub mod job;
pub mod layout;
pub mod manual;
pub mod mount;
mod output;
pub mod resolve;
mod resolve_many;
pub mod serve;
pub mod spot_watch;
pub mod ssm;
pub mod status;
pub mod support_bundle;
pub mod top;
pub mod tune;
pub mod umount;
pub mod why;

use crate::config::AgentConfig;
use crate::parameter_store::Asking;
use clap::{Args, Parser, Subcommand};
use fsxlustre_mount::failure::{Code, Failure, FailureRecord};
use fsxlustre_mount::host::{PathOverrides, Paths};
use fsxlustre_mount::journal::{Entry, Priority};
use fsxlustre_mount::resolve::Tell;
use std::path::PathBuf;
use std::time::Duration;

/// Mounts, checks, watches and unmounts Amazon FSx for Lustre on a compute node.
#[derive(Debug, Parser)]
#[command(name = "fsxlustre", version, disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    paths: PathArgs,
    #[command(flatten)]
    output: output::OutputArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Does this node fit: kernel, Lustre client, LNet and file system?
    Check(check::CheckArgs),
    /// Which file system does a source name?
    Resolve(resolve::ResolveArgs),
    /// The answers of the FSx API that this node keeps
    Cache(cache::CacheArgs),
    /// Mount a file system, as `mount -t fsxlustre` does
    Mount(mount::MountArgs),
    /// Every Lustre mount of this node, and the last failures
    Status(status::StatusArgs),
    /// What limits this node's I/O now, or a job's
    Why(why::WhyArgs),
    /// What this node does to its file systems, live
    Top(top::TopArgs),
    /// The settings that hold and where they come from; what is wrong with them
    Config(config::ConfigArgs),
    /// Lustre lines of fstab: check them, write one, change their type
    Fstab(fstab::FstabArgs),
    /// Layout profiles on directories
    Layout(layout::LayoutArgs),
    /// Settings of the Lustre client, by the size of this node: shown, set, put back
    Tune(tune::TuneArgs),
    /// Which files are in S3 and which of them are here; bring, copy and release whole trees
    Hsm(hsm::HsmArgs),
    /// A job's start and end on this node, for Slurm's Prolog and Epilog
    Job(job::JobArgs),
    /// Unmount, with a deadline and who is in the way
    Umount(umount::UmountArgs),
    /// Exports to S3: proved, begun, followed, left to the head node; may a file system be deleted?
    Export(export::ExportArgs),
    /// Send what is not written and unmount everything, before this node goes
    Evacuate(evacuate::EvacuateArgs),
    /// Evacuates the node when its Spot instance is taken away (a service, off by default)
    SpotWatch(spot_watch::SpotWatchArgs),
    /// The metrics service that Prometheus scrapes
    Serve(serve::ServeArgs),
    /// AWS Systems Manager: documents, inventory, compliance, the settings of a fleet
    Ssm(ssm::SsmArgs),
    /// What is known of this node in one file, without secrets, for somebody who helps
    SupportBundle(support_bundle::SupportBundleArgs),
    /// What a message code means
    Explain(explain::ExplainArgs),
    /// Writes the man pages
    #[command(hide = true)]
    Manual(manual::ManualArgs),
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
    /// Entries for the journal.
    pub log: Vec<Entry>,
}

/// Exit status of a command that could not do what it was asked.
pub const FAILED: u8 = 1;
/// Exit status of a call that cannot be understood.
pub const USAGE: u8 = 2;

impl Outcome {
    /// A result, exit 0.
    pub fn done(stdout: impl Into<String>) -> Self {
        Self { stdout: stdout.into(), ..Self::default() }
    }

    /// A failure as four lines on stderr, exit 1.
    pub fn failed(failure: &Failure) -> Self {
        let status = if failure.code.row().mount_exit == 4 { 4 } else { FAILED };
        let log = vec![Entry::failure(failure)];
        Self { stderr: format!("fsxlustre: {failure}\n"), status, log, ..Self::default() }
    }

    /// The same, and as one JSON object on stdout for scripts.
    pub fn failed_json(failure: &Failure) -> Self {
        let record = serde_json::to_string(&FailureRecord::from(failure)).unwrap_or_default();
        Self { stdout: record + "\n", ..Self::failed(failure) }
    }
}

impl Outcome {
    /// With warnings about the settings before its own messages.
    fn warned(mut self, warnings: &[String]) -> Self {
        let lines: Vec<_> =
            warnings.iter().map(|text| format!("fsxlustre: warning: {text}\n")).collect();
        self.stderr.insert_str(0, &lines.concat());
        self.log.extend(warnings.iter().map(|text| Entry::new(Priority::Warning, text.as_str())));
        self
    }
}

/// One JSON object on one line.
fn json(value: &impl serde::Serialize) -> Outcome {
    match serde_json::to_string(value) {
        Ok(text) => Outcome::done(text + "\n"),
        Err(error) => Outcome::failed(&Failure {
            code: Code::Internal,
            what: "the answer could not be written as JSON".into(),
            asked: "print JSON".into(),
            because: error.to_string(),
            remedy: "run it without --json, and report this as a bug".into(),
        }),
    }
}

fn no_such_form() -> Failure {
    Failure {
        code: Code::Invocation,
        what: "this command has no such form".into(),
        asked: "--output ssm".into(),
        because: "check, status, mount, umount, layout, tune and why have it".into(),
        remedy: "leave out --output".into(),
    }
}

impl From<Result<Self, Failure>> for Outcome {
    fn from(result: Result<Self, Failure>) -> Self {
        result.unwrap_or_else(|failure| Self::failed(&failure))
    }
}

impl Cli {
    /// Does what the arguments ask for; `tell` hears how a long wait goes.
    pub fn run(mut self, tell: Tell<'_>) -> Outcome {
        if !self.output.is_for_ssm() {
            return self.carry_out(tell);
        }
        let Some(about) = self.command.as_json() else {
            return Outcome { status: USAGE, ..Outcome::failed(&no_such_form()) };
        };
        let outcome = self.carry_out(&|_| ());
        let folder = AgentConfig::load(&self.paths.overrides(), Asking::Never)
            .map_or_else(|_| Paths::default().data, |config| config.host().paths.data.clone());
        self.output.told(about, outcome, &folder.join("ssm/answers"))
    }

    fn carry_out(&self, tell: Tell<'_>) -> Outcome {
        let outcome = match &self.command {
            // These look at nothing of this node, and so need no configuration.
            Command::Explain(args) => args.run(),
            Command::Manual(args) => args.run(),
            Command::Config(args) => args.run(&self.paths.overrides()),
            command => match AgentConfig::load(&self.paths.overrides(), command.asking()) {
                Ok(config) => command.run(&config, tell).warned(&config.warnings),
                Err(failure) => self.command.broken_configuration(&failure),
            },
        };
        if self.command.changes_the_node() {
            outcome
        } else {
            Outcome { log: Vec::new(), ..outcome }
        }
    }
}

impl Command {
    fn run(&self, config: &AgentConfig, tell: Tell<'_>) -> Outcome {
        match self {
            Self::Check(args) => args.run(config),
            Self::Resolve(args) => args.run(config),
            Self::Cache(args) => args.run(config),
            Self::Mount(args) => args.run(config, tell),
            Self::Status(args) => args.run(config),
            Self::Why(args) => args.run(config, tell),
            Self::Top(args) => args.run(config),
            Self::Fstab(args) => args.run(config),
            Self::Layout(args) => args.run(config),
            Self::Tune(args) => args.run(config),
            Self::Hsm(args) => args.run(config, tell),
            Self::Job(args) => args.run(config),
            Self::Umount(args) => args.run(config),
            Self::Export(args) => args.run(config, tell),
            Self::Evacuate(args) => args.run(config),
            Self::SpotWatch(args) => args.run(config),
            Self::Serve(args) => args.run(config),
            Self::Ssm(args) => args.run(config),
            Self::SupportBundle(args) => args.run(config),
            Self::Explain(args) => args.run(),
            Self::Manual(args) => args.run(),
            Self::Config(args) => args.run(&PathOverrides::default()),
        }
    }

    /// Has it print JSON, where it can; its name.
    fn as_json(&mut self) -> Option<&'static str> {
        let about = match self {
            Self::Check(_) => "check",
            Self::Status(_) => "status",
            Self::Mount(_) => "mount",
            Self::Umount(_) => "umount",
            Self::Why(_) => "why",
            Self::Tune(_) => "tune",
            _ => "layout",
        };
        match self {
            Self::Check(args) => args.as_json(),
            Self::Status(args) => args.as_json(),
            Self::Mount(args) => args.as_json(),
            Self::Umount(args) => args.as_json(),
            Self::Why(args) => args.as_json(),
            Self::Tune(args) => args.as_json(),
            Self::Layout(args) => return args.as_json().then_some(about),
            _ => return None,
        }
        Some(about)
    }

    /// What ends something, or shows what is here, works without Parameter Store.
    fn asking(&self) -> Asking {
        match self {
            Self::Umount(_)
            | Self::Evacuate(_)
            | Self::Export(_)
            | Self::Check(_)
            | Self::Status(_)
            | Self::Why(_)
            | Self::Top(_)
            | Self::SpotWatch(_)
            | Self::Serve(_)
            | Self::SupportBundle(_)
            | Self::Fstab(_)
            | Self::Cache(_)
            | Self::Hsm(_)
            | Self::Explain(_)
            | Self::Manual(_)
            | Self::Config(_) => Asking::Never,
            Self::Job(args) => args.asking(),
            Self::Resolve(args) => args.asking(),
            Self::Ssm(args) => args.asking(),
            Self::Tune(args) => args.asking(),
            Self::Mount(_) | Self::Layout(_) => Asking::WhenDue(Duration::MAX),
        }
    }

    /// What is done to a node is told to its journal; what is only asked is not.
    fn changes_the_node(&self) -> bool {
        match self {
            Self::Job(args) => args.changes_the_node(),
            Self::Mount(_) | Self::Umount(_) | Self::Evacuate(_) | Self::SpotWatch(_) => true,
            Self::Hsm(args) => args.changes_the_node(),
            Self::Layout(args) => args.changes_the_node(),
            Self::Ssm(args) => args.changes_the_node(),
            Self::Tune(args) => args.changes_the_node(),
            Self::Export(args) => args.changes_the_node(),
            _ => false,
        }
    }

    /// Where 1 has a meaning of its own, 2 says it.
    fn broken_configuration(&self, failure: &Failure) -> Outcome {
        // The mount helper must not take this for a program that could not be asked.
        if let Self::Resolve(args) = self
            && args.is_json()
        {
            return Outcome::failed_json(failure);
        }
        if let Self::Job(args) = self
            && let Some(outcome) = args.broken_configuration(failure)
        {
            return outcome;
        }
        if let Self::Ssm(args) = self
            && let Some(outcome) = args.broken_configuration(failure)
        {
            return outcome;
        }
        let status = match self {
            Self::Mount(_) => failure.mount_exit(),
            Self::Check(_) | Self::Status(_) | Self::Fstab(_) => USAGE,
            Self::Export(args) => args.failed_status(),
            // A mistake in a file takes no node out of service when a job ends.
            Self::Job(args) if args.is_end() => 0,
            _ => FAILED,
        };
        Outcome { status, ..Outcome::failed(failure) }
    }
}
