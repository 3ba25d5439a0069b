//! From a source to a Lustre device: who is asked, and what they answer.
//!
//! The helper itself knows only how to read a full Lustre device; for ids and tags it asks a
//! [`Resolve`]. Its own is [`AgentProgram`], which runs `fsxlustre resolve --json`; the agent
//! brings one that calls its library.

use crate::failure::{Code, Failure, FailureRecord};
use crate::file_system::FileSystem;
use crate::host::{Deadline, Host, RunLimits};
use crate::source::{Device, Source};
use nix::sys::signalfd::SignalFd;
use std::ffi::OsString;

/// Finds the file system that a source names.
pub trait Resolve {
    /// Asks for an id or tags.
    ///
    /// # Errors
    /// A failure that names what was asked and what mends it.
    fn resolve(
        &self,
        source: &Source,
        region: Option<&str>,
        deadline: Deadline,
    ) -> Result<FileSystem, Failure>;
}

/// A source with what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// What mount.lustre gets.
    pub device: Device,
    /// The file system, unless the source was a device already.
    pub file_system: Option<FileSystem>,
}

/// Turns a source into a device; `subdir` is the one given as an option.
///
/// # Errors
/// The resolver's failure, or [`Code::FileSystemUnusable`] when its lifecycle forbids a mount.
pub fn resolve_device(
    source: &Source,
    subdir: Option<&str>,
    region: Option<&str>,
    resolver: &dyn Resolve,
    deadline: Deadline,
) -> Result<Resolved, Failure> {
    let in_source = match source {
        Source::Device(device) => {
            let mut device = device.clone();
            device.subdir = subdir.map(str::to_owned).or(device.subdir);
            return Ok(Resolved { device, file_system: None });
        }
        Source::Id { subdir, .. } => subdir.as_deref(),
        Source::Tags(_) => None,
    };
    let file_system = resolver.resolve(source, region, deadline)?;
    if !file_system.is_usable() {
        return Err(unusable(source, &file_system));
    }
    let device = file_system.device(subdir.or(in_source));
    Ok(Resolved { device, file_system: Some(file_system) })
}

fn unusable(source: &Source, file_system: &FileSystem) -> Failure {
    let own_words = file_system.failure.as_deref().map(|text| format!(": {text}"));
    let remedy = match file_system.lifecycle.as_str() {
        "CREATING" => "wait until it is AVAILABLE (5 to 15 minutes is usual) and mount again",
        "DELETING" => "correct the source: this file system is going away",
        _ => "look at it with `aws fsx describe-file-systems`, or create it anew",
    };
    Failure {
        code: Code::FileSystemUnusable,
        what: format!("{} cannot be mounted now", file_system.id),
        asked: format!("mount {source}"),
        because: format!(
            "its lifecycle is {}{}",
            file_system.lifecycle,
            own_words.unwrap_or_default()
        ),
        remedy: remedy.into(),
    }
}

/// Asks by running the agent's program.
#[derive(Debug)]
pub struct AgentProgram<'a> {
    /// Where programs are found.
    pub host: &'a Host,
    /// Signals that end the question.
    pub interrupt: Option<&'a SignalFd>,
}

/// The variables of the AWS SDK that reach the agent; nothing else of our environment does.
fn aws_environment() -> Vec<(OsString, OsString)> {
    let ours = |name: &OsString| name.to_str().is_some_and(|name| name.starts_with("AWS_"));
    std::env::vars_os().filter(|(name, _)| ours(name)).collect()
}

impl Resolve for AgentProgram<'_> {
    fn resolve(
        &self,
        source: &Source,
        region: Option<&str>,
        deadline: Deadline,
    ) -> Result<FileSystem, Failure> {
        let failed = |because: String, remedy: &str| Failure {
            code: Code::ResolverFailed,
            what: "the fsxlustre agent could not be asked for the file system".into(),
            asked: format!("fsxlustre resolve --json {source}"),
            because,
            remedy: remedy.into(),
        };
        let program = self.host.program("fsxlustre").map_err(|error| {
            failed(error.to_string(), "install the fsxlustre package whole: /usr/bin/fsxlustre")
        })?;
        let mut args = vec!["resolve".to_owned(), "--json".into()];
        args.extend(region.map(|region| format!("--region={region}")));
        args.push(format!("--timeout={}", deadline.left().as_secs().max(1)));
        args.extend(["--".into(), source.to_string()]);
        let mut limits = RunLimits::until(deadline).interrupted_by(self.interrupt);
        limits.environment.extend(aws_environment());
        let done = program.run(&args, &limits).map_err(|error| {
            failed(error.to_string(), "run `fsxlustre resolve` by hand and see where it waits")
        })?;
        if done.status.success() {
            return serde_json::from_str(&done.stdout).map_err(|error| {
                failed(error.to_string(), "install fsxlustre and its mount helper of one version")
            });
        }
        let told: Option<FailureRecord> = serde_json::from_str(&done.stdout).ok();
        Err(told.and_then(FailureRecord::into_failure).unwrap_or_else(|| {
            failed(done.last_words(), "run `fsxlustre resolve` by hand and see what it says")
        }))
    }
}
