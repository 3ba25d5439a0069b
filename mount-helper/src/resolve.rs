//! From a source to a Lustre device: who is asked, and what they answer.
//!
//! The helper itself knows how to read a full Lustre device, and ids it has seen before; for the
//! rest it asks a [`Resolve`]. Its own is [`AgentProgram`], which runs `fsxlustre resolve --json`;
//! the agent brings one that calls its library.

use crate::answer::{AnswerSettings, Asking, Caller, Found, Wanted, look_up_key};
use crate::creating::Wait;
use crate::failure::{Code, Explain as _, Failure, FailureRecord};
use crate::file_system::FileSystem;
use crate::host::{Bounds, Deadline, Host, RunLimits, sleep_unless_interrupted};
use crate::id_cache;
use crate::options::{MountOptions, Prefer};
use crate::record::Origin;
use crate::source::{Device, Source};
use nix::sys::signalfd::SignalFd;
use std::ffi::OsString;
use std::time::Duration;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// An id or tags.
    pub source: &'a Source,
    /// The AWS Region to look in.
    pub region: Option<&'a str>,
    /// What decides between several file systems with the same tags.
    pub prefer: Prefer,
    /// On whose behalf.
    pub caller: Caller,
}

impl Question<'_> {
    /// What an answer to it is kept under.
    pub fn key(&self) -> String {
        let region = self.region.map(str::to_owned).or_else(region_of_environment);
        look_up_key(self.source, region.as_deref(), self.prefer.word())
    }
}

/// The Region that goes before that of the configuration, which does not change between calls.
fn region_of_environment() -> Option<String> {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    set("AWS_REGION").or_else(|| set("AWS_DEFAULT_REGION"))
}

/// Finds the file system that a source names.
pub trait Resolve {
    /// Asks for an id or tags.
    ///
    /// # Errors
    /// A failure that names what was asked and what mends it.
    fn resolve(&self, question: &Question<'_>, deadline: Deadline) -> Result<FileSystem, Failure>;

    /// How long this node of many waits before its first call. Zero where the resolver sees to that
    /// itself, and for a caller who is never kept waiting.
    fn slot(&self, _caller: Caller, _deadline: Deadline) -> Duration {
        Duration::ZERO
    }
}

/// A source with what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// What mount.lustre gets.
    pub device: Device,
    /// The id, unless the source was a device.
    pub id: Option<String>,
    /// What was looked up, unless the source was a device.
    pub key: Option<String>,
    /// Where the device came from.
    pub origin: Origin,
    /// The file system, when the API was asked.
    pub file_system: Option<FileSystem>,
    /// Time that was spent while it was still CREATING.
    pub waited: Duration,
    /// How old the answer is.
    pub age: Duration,
    /// What an administrator should know of the answer.
    pub warnings: Vec<String>,
}

/// Everything that a look-up needs.
#[derive(Clone, Copy)]
pub struct LookUp<'a> {
    /// Where the cache is.
    pub host: &'a Host,
    /// Who is asked.
    pub resolver: &'a dyn Resolve,
    /// Signals that end it early.
    pub interrupt: Option<&'a SignalFd>,
    /// Who hears how it goes while it is waited for.
    pub tell: Tell<'a>,
    /// The map, the limits and the fleet.
    pub settings: &'a AnswerSettings,
    /// On whose behalf.
    pub caller: Caller,
}

/// Takes one line at a time that says how a wait goes.
pub type Tell<'a> = &'a (dyn Fn(&str) + Sync);

impl std::fmt::Debug for LookUp<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LookUp").finish_non_exhaustive()
    }
}

impl LookUp<'_> {
    /// Turns a source into a device. One that is CREATING is waited for, as the options say.
    ///
    /// # Errors
    /// The resolver's failure, or [`Code::FileSystemUnusable`] or
    /// [`Code::FileSystemCreating`] when its lifecycle forbids a mount.
    pub fn device(
        &self,
        source: &Source,
        options: &MountOptions,
        deadline: Deadline,
    ) -> Result<Resolved, Failure> {
        let subdir = subdir(source, options)?;
        if let Source::Device(device) = source {
            let device = Device { subdir: subdir.map(str::to_owned), ..device.clone() };
            return Ok(Resolved::known(device, None, Origin::Given));
        }
        let asking = Asking {
            host: self.host,
            settings: self.settings,
            resolver: self.resolver,
            bounds: Bounds { deadline, interrupt: self.interrupt },
        };
        let question = self.question(source, options);
        let answer = asking
            .answer(&question, Wanted::Device, |deadline| self.ask(source, options, deadline))?;
        let mut resolved = match answer.found {
            Found::Asked(resolved) => resolved,
            Found::Kept(kept) => {
                let device = Device { subdir: subdir.map(str::to_owned), ..kept.device };
                let age = Duration::from_secs(kept.origin.age_seconds);
                Resolved { age, ..Resolved::known(device, Some(kept.id), kept.origin.from.into()) }
            }
        };
        resolved.key = Some(question.key());
        resolved.warnings.extend(answer.warnings);
        Ok(resolved)
    }

    fn question<'q>(&self, source: &'q Source, options: &'q MountOptions) -> Question<'q> {
        Question {
            source,
            region: options.region.as_deref(),
            prefer: options.prefer,
            caller: self.caller,
        }
    }

    /// Asks the resolver, whatever the cache says.
    ///
    /// # Errors
    /// As [`LookUp::device`].
    pub fn ask(
        &self,
        source: &Source,
        options: &MountOptions,
        deadline: Deadline,
    ) -> Result<Resolved, Failure> {
        let mut question = self.question(source, options);
        let mut wait = Wait::begin(options.wait_seconds, &self.settings.fleet);
        let found = loop {
            let answer = self.resolver.resolve(&question, deadline.later_by(wait.waited_so_far()));
            let Some((pause, line)) = wait.after(&answer) else { break answer? };
            (self.tell)(&line);
            question.caller = question.caller.after_its_turn();
            if sleep_unless_interrupted(pause, self.interrupt) {
                return Err(interrupted(&source.to_string()));
            }
        };
        let waited = wait.waited();
        if !found.is_usable() {
            return Err(unusable(source, &found, waited));
        }
        let device = checked_device(&found, subdir(source, options)?)?;
        id_cache::keep(self.host, source, &question.key(), &found);
        Ok(Resolved {
            device,
            id: Some(found.id.clone()),
            key: Some(question.key()),
            origin: Origin::Api,
            file_system: Some(found),
            waited,
            age: Duration::ZERO,
            warnings: Vec::new(),
        })
    }
}

impl Resolved {
    pub(crate) fn known(device: Device, id: Option<String>, origin: Origin) -> Self {
        Self {
            device,
            id,
            key: None,
            origin,
            file_system: None,
            waited: Duration::ZERO,
            age: Duration::ZERO,
            warnings: Vec::new(),
        }
    }
}

/// The one sub-directory that is wanted.
fn subdir<'a>(source: &'a Source, options: &'a MountOptions) -> Result<Option<&'a str>, Failure> {
    let in_source = match source {
        Source::Device(device) => device.subdir.as_deref(),
        Source::Id { subdir, .. } => subdir.as_deref(),
        Source::Tags(_) => None,
    };
    match (in_source, options.subdir.as_deref()) {
        (Some(one), Some(other)) => Err(Failure {
            code: Code::OptionConflict,
            what: "a sub-directory is named twice".into(),
            asked: format!("mount {source} with subdir={other}"),
            because: format!("the source has {one}, the option has {other}"),
            remedy: "name it in one place only".into(),
        }),
        (one, other) => Ok(one.or(other)),
    }
}

/// The device of what the API answered: names of another form would choose paths on this node.
fn checked_device(found: &FileSystem, subdir: Option<&str>) -> Result<Device, Failure> {
    let device = found.device(subdir);
    if Device::parse(&device.to_string()).as_ref() == Some(&device) {
        return Ok(device);
    }
    Err(Failure {
        code: Code::ApiAnswer,
        what: "the AWS API's answer cannot be used".into(),
        asked: format!("the device of {}", found.id),
        because: format!(
            "its DNS name is '{}', its mount name '{}'",
            found.dns_name, found.mount_name
        ),
        remedy: "check `[aws] endpoint_url`, and the file system with `aws fsx \
                 describe-file-systems`"
            .into(),
    })
}

pub(crate) fn interrupted(source: &str) -> Failure {
    Failure {
        code: Code::Interrupted,
        what: "the wait for the file system was interrupted".into(),
        asked: format!("mount {source}"),
        because: "a signal asked this program to stop".into(),
        remedy: "run the same command again".into(),
    }
}

fn unusable(source: &Source, found: &FileSystem, waited: Duration) -> Failure {
    let own_words = found.failure.as_deref().map(|text| format!(": {text}")).unwrap_or_default();
    let after =
        if waited.is_zero() { String::new() } else { format!(", after {} s", waited.as_secs()) };
    let remedy = match found.lifecycle.as_str() {
        "CREATING" => {
            "wait until it is AVAILABLE (5 to 15 minutes is usual): mount again, or with -o wait=900"
        }
        "DELETING" => "correct the source: this file system is going away",
        _ => "look at it with `aws fsx describe-file-systems`, or create it anew",
    };
    Failure {
        code: match found.lifecycle.as_str() {
            "CREATING" => Code::FileSystemCreating,
            _ => Code::FileSystemUnusable,
        },
        what: format!("{} cannot be mounted now", found.id),
        asked: format!("mount {source}"),
        because: format!("its lifecycle is {}{own_words}{after}", found.lifecycle),
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
pub(crate) fn aws_environment() -> Vec<(OsString, OsString)> {
    let ours = |name: &OsString| name.to_str().is_some_and(|name| name.starts_with("AWS_"));
    std::env::vars_os().filter(|(name, _)| ours(name)).collect()
}

impl Resolve for AgentProgram<'_> {
    fn resolve(&self, question: &Question<'_>, deadline: Deadline) -> Result<FileSystem, Failure> {
        let source = question.source;
        let failed = |because: String, remedy: &str| Failure {
            code: Code::ResolverFailed,
            what: "the fsxlustre agent could not be asked for the file system".into(),
            asked: format!("fsxlustre resolve --json {source}"),
            because,
            remedy: remedy.into(),
        };
        // Nobody was asked; an older answer may serve. What the agent itself says is an answer.
        let not_run = |because: String, remedy: &str| Failure {
            code: Code::ProgramFailed,
            ..failed(because, remedy)
        };
        let program = self.host.program("fsxlustre").map_err(|error| {
            not_run(error.to_string(), "install the fsxlustre package whole: /usr/bin/fsxlustre")
        })?;
        let mut args = vec!["resolve".to_owned(), "--json".into(), "--for-mount".into()];
        args.extend(question.region.map(|region| format!("--region={region}")));
        args.extend(question.prefer.word().map(|word| format!("--prefer={word}")));
        // What is at hand was looked at here already.
        args.extend(["--from-api".to_owned(), format!("--for={}", question.caller.word())]);
        args.push(format!("--timeout={}", deadline.left().as_secs().max(1)));
        args.extend(["--".into(), source.to_string()]);
        let mut limits = RunLimits::until(deadline).interrupted_by(self.interrupt);
        limits.environment.extend(aws_environment());
        let done = program.run(&args, &limits).map_err(|error| match error.code() {
            Code::Interrupted => error.failure(),
            _ => {
                not_run(error.to_string(), "run `fsxlustre resolve` by hand and see where it waits")
            }
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
