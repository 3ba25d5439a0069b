//! The file systems that this node is configured for, and what the network and AWS say of each.

use super::{Observed, Scope, Tree};
use crate::aws;
use crate::config::AgentConfig;
use crate::resolve::{AgentResolver, Steps};
use fsxlustre_mount::answer::Caller;
use fsxlustre_mount::failure::{Code, Failure};
use fsxlustre_mount::file_system::FileSystem;
use fsxlustre_mount::fstab::{Field, entries};
use fsxlustre_mount::host::{Bounds, Deadline};
use fsxlustre_mount::options::Prefer;
use fsxlustre_mount::reach::{Reached, look};
use fsxlustre_mount::record::MountRecord;
use fsxlustre_mount::resolve::Question;
use fsxlustre_mount::source::{Device, Source};
use serde::Serialize;
use std::time::Duration;

/// The most file systems that are asked for: a node has a handful.
const MOST: usize = 16;
/// How long AWS may take for all of them, side by side.
const AWS_PATIENCE: Duration = Duration::from_secs(3);
/// How long the resolver and a server may take.
const NETWORK_PATIENCE: Duration = Duration::from_secs(3);
/// All of it, a server that is asked only after AWS has named it included.
const LONGEST: Duration = Duration::from_millis(4700);
/// With less than this a server that does not answer is not known not to.
const LEAST_PATIENCE: Duration = Duration::from_secs(1);

/// What came of asking for a file system.
#[derive(Clone, Debug)]
pub enum Asked {
    /// AWS was not asked.
    Nothing,
    /// A Lustre device without an id in it, of which AWS cannot be asked.
    Device(String),
    /// What AWS said.
    FileSystem(Box<Result<FileSystem, Failure>>),
}

impl Asked {
    /// The file system, if it was found.
    pub fn file_system(&self) -> Option<&FileSystem> {
        match self {
            Self::FileSystem(result) => result.as_ref().as_ref().ok(),
            Self::Nothing | Self::Device(_) => None,
        }
    }

    /// Why it was not found.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::FileSystem(result) => result.as_ref().as_ref().err(),
            Self::Nothing | Self::Device(_) => None,
        }
    }
}

/// A file system that somebody named.
#[derive(Clone, Debug)]
pub struct NamedFileSystem {
    /// The source, as it was written.
    pub source: String,
    /// Who names it: `the command line`, `/etc/fstab:3`.
    pub named_by: String,
    /// What AWS says of it.
    pub asked: Asked,
    /// How far the way to its servers goes; `None` where nobody looked.
    pub reached: Option<Observed<Reached>>,
}

/// What AWS says of this node and of what the configuration may do.
#[derive(Clone, Debug, Default)]
pub struct AwsFacts {
    /// Who and where this node is; `None` where nobody asked.
    pub identity: Option<Observed<Identity>>,
    /// Where credentials came from; `None` where none are used.
    pub credentials: Option<Observed<String>>,
    /// What was tried, each with what came of it.
    pub permissions: Vec<Permission>,
}

/// This node, by the metadata service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// Its account.
    pub account: Option<String>,
    /// Its VPC.
    pub vpc: Option<String>,
    /// Its subnet.
    pub subnet: Option<String>,
}

/// Taking the role of `[aws] role_arn`.
const ASSUME_ROLE: &str = "sts:AssumeRole";

/// A permission that the configuration uses.
#[derive(Clone, Debug)]
pub struct Permission {
    /// `fsx:DescribeFileSystems`.
    pub action: &'static str,
    /// The file of `packaging/iam` that has the statement.
    pub policy: &'static str,
    /// What for.
    pub used_for: String,
    /// `None` when it was given, or why not.
    pub refused: Option<Failure>,
}

/// A source that somebody named, with the Region that was named with it.
#[derive(Clone, Debug)]
pub struct Named {
    /// As it was written.
    pub text: String,
    /// What it is.
    pub source: Source,
    /// The Region.
    pub region: Option<String>,
    /// Who names it.
    pub by: String,
}

/// The sources that this node is configured for: fstab's, the jobs' and those of mounts that are
/// there. A source with a job's own words in it is nobody's until a job comes.
pub fn named(config: &AgentConfig) -> Vec<Named> {
    let host = config.host();
    let path = host.paths.rootfs.join("etc/fstab");
    let fstab = Tree::of(host).text("etc/fstab");
    let lines = entries(fstab.value().map_or("", String::as_str));
    let is_ours = |kind: String| kind == "fsxlustre" || kind == "lustre";
    let of_fstab = lines.iter().filter(|line| is_ours(line.word(Field::Type))).map(|line| {
        let region =
            line.options().iter().find_map(|o| o.strip_prefix("region=").map(str::to_owned));
        (line.word(Field::Source), region, format!("{}:{}", path.display(), line.number))
    });
    let of_jobs = config.jobs.mount.iter().filter(|rule| !rule.source.contains('{')).map(|rule| {
        (rule.source.clone(), None, format!("[[jobs.mount]] {}", rule.directory.display()))
    });
    let records = MountRecord::all(host).unwrap_or_default();
    let of_mounts = records.iter().filter(|record| record.mount_id.is_some()).map(|record| {
        (record.source.clone(), None, format!("the mount on {}", record.directory.display()))
    });
    let mut all: Vec<Named> = Vec::new();
    for (text, region, by) in of_fstab.chain(of_jobs).chain(of_mounts) {
        let Ok(source) = Source::parse(&text) else { continue };
        if all.len() < MOST && !all.iter().any(|known| known.text == text) {
            all.push(Named { text, source, region, by });
        }
    }
    all
}

/// Asks AWS and the network for each of them, side by side.
pub(super) fn gather(
    config: &AgentConfig,
    named: &[Named],
    scope: Scope,
) -> (Vec<NamedFileSystem>, AwsFacts) {
    let (deadline, whole) = (Deadline::after(AWS_PATIENCE), Deadline::after(LONGEST));
    std::thread::scope(|scope_of_threads| {
        let systems: Vec<_> = named
            .iter()
            .map(|one| {
                (one, scope_of_threads.spawn(move || ask(config, one, scope, (deadline, whole))))
            })
            .collect();
        let identity = scope_of_threads.spawn(move || scope.with_aws.then(|| identity(deadline)));
        let settings =
            scope_of_threads.spawn(move || scope.with_aws.then(|| settings(config, deadline)));
        let mut facts =
            AwsFacts { identity: identity.join().unwrap_or_default(), ..AwsFacts::default() };
        let mut found = Vec::new();
        for (one, thread) in systems {
            let Ok((system, credentials)) = thread.join() else { continue };
            facts.credentials = facts.credentials.or(credentials);
            facts.permissions.extend(permissions_of(config, &system, one));
            found.push(system);
        }
        facts.permissions.extend(settings.join().ok().flatten().flatten());
        (found, facts)
    })
}

fn ask(
    config: &AgentConfig,
    named: &Named,
    scope: Scope,
    (deadline, whole): (Deadline, Deadline),
) -> (NamedFileSystem, Option<Observed<String>>) {
    std::thread::scope(|threads| {
        // A device names its servers by itself: nobody waits for AWS.
        let device = match &named.source {
            Source::Device(device) if scope.with_network => Some(device),
            _ => None,
        };
        let early = device.map(|device| threads.spawn(move || reach(device, whole)));
        let (asked, credentials) = ask_aws(config, named, scope, deadline);
        let told = || {
            let found = asked.file_system().filter(|_| scope.with_network)?;
            Device::parse(&format!("{}@tcp:/{}", found.dns_name, found.mount_name))
        };
        let reached = match early {
            Some(thread) => thread.join().ok(),
            None => told().map(|device| reach(&device, whole)),
        };
        let (source, named_by) = (named.text.clone(), named.by.clone());
        (NamedFileSystem { source, named_by, asked, reached }, credentials)
    })
}

fn ask_aws(
    config: &AgentConfig,
    named: &Named,
    scope: Scope,
    deadline: Deadline,
) -> (Asked, Option<Observed<String>>) {
    let mut credentials = None;
    let mut asked = Asked::Nothing;
    if scope.with_aws {
        let steps = Steps::default();
        let question = Question {
            source: &named.source,
            region: named.region.as_deref(),
            prefer: Prefer::None,
            caller: Caller::Person,
        };
        let resolver =
            AgentResolver { with_data_repositories: true, ..AgentResolver::new(config, None) };
        let answer = resolver.resolve_in_steps(&question, deadline, &steps);
        asked = match (&named.source, answer) {
            (Source::Device(device), Err(failure)) if failure.code == Code::SourceForm => {
                Asked::Device(device.to_string())
            }
            (_, answer) => Asked::FileSystem(Box::new(answer)),
        };
        credentials = credentials_of(&steps, &asked);
    }
    (asked, credentials)
}

fn credentials_of(steps: &Steps, asked: &Asked) -> Option<Observed<String>> {
    let from = "the sources of credentials, in their order";
    let told = steps.taken().into_iter().find(|step| step.step == "credentials");
    if let Some(step) = told {
        return Some(Observed::known(step.told, from));
    }
    let failure = asked.failure().filter(|failure| failure.code == Code::NoCredentials)?;
    Some(Observed::unknown(&failure.because, from))
}

/// The way to the servers.
fn reach(device: &Device, whole: Deadline) -> Observed<Reached> {
    let from = format!("a connection to {}, TCP 988", device.servers);
    if whole.left() < LEAST_PATIENCE {
        return Observed::unknown("AWS answered late, and no time was left to ask it", from);
    }
    let bounds = Bounds::from(whole.at_most(NETWORK_PATIENCE));
    match look(device, &bounds) {
        Some(reached) => Observed::known(reached, from),
        None => Observed::unknown("it is not reached by TCP, or nothing answered in time", from),
    }
}

fn permissions_of(
    config: &AgentConfig,
    system: &NamedFileSystem,
    named: &Named,
) -> Vec<Permission> {
    let Asked::FileSystem(answer) = &system.asked else { return Vec::new() };
    let used_for = format!("{} ({})", named.text, named.by);
    let describe = |refused| Permission {
        action: "fsx:DescribeFileSystems",
        policy: "resolve.json",
        used_for: used_for.clone(),
        refused,
    };
    let assume = |refused| {
        let role = config.aws.role_arn.as_deref()?;
        let used_for = format!("[aws] role_arn {role}");
        Some(Permission { action: ASSUME_ROLE, policy: "assume-role.json", used_for, refused })
    };
    // What is wrong with the file system or its tags was an answer, too.
    let refused = answer.as_ref().as_ref().err();
    let refused = refused.filter(|failure| !failure.code.to_string().starts_with("FSXL-A2"));
    match refused {
        None => assume(None).into_iter().chain([describe(None)]).collect(),
        Some(failure) if !is_about_permission(failure) => Vec::new(),
        Some(failure) if failure.asked.contains(ASSUME_ROLE) => {
            assume(Some(failure.clone())).into_iter().collect()
        }
        Some(failure) => vec![describe(Some(failure.clone()))],
    }
}

/// Whether a failure says something of credentials and permissions.
pub fn is_about_permission(failure: &Failure) -> bool {
    matches!(
        failure.code,
        Code::AccessDenied | Code::NoCredentials | Code::CredentialsRefused | Code::ClockSkew
    )
}

/// The fleet's settings, where the configuration names a path.
fn settings(config: &AgentConfig, deadline: Deadline) -> Option<Permission> {
    let path = config.config.ssm_path.as_deref()?;
    let mut asking = config.clone();
    asking.config.timeout = Some(config.config.timeout().min(deadline.left().as_secs()).max(1));
    let refused = crate::parameter_store::read_now(&asking).err();
    Some(Permission {
        action: "ssm:GetParametersByPath",
        policy: "config.json",
        used_for: format!("[config] ssm_path {path}"),
        refused,
    })
}

fn identity(deadline: Deadline) -> Observed<Identity> {
    let from = "the instance metadata service (IMDSv2)";
    match aws::node_identity(Bounds::from(deadline)) {
        Ok(told) if told.account.is_none() && told.vpc.is_none() => {
            Observed::unknown(told.unknown.unwrap_or_else(|| "it says nothing".into()), from)
        }
        Ok(told) => {
            let aws::NodeIdentity { account, vpc, subnet, .. } = told;
            Observed::known(Identity { account, vpc, subnet }, from)
        }
        Err(failure) => Observed::unknown(failure.because, from),
    }
}
