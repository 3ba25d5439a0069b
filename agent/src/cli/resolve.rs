//! `fsxlustre resolve`: which file system a source names.

use super::Outcome;
use super::resolve_many::{ManyArgs, Sources};
use crate::config::AgentConfig;
use crate::parameter_store::Asking;
use crate::resolve::{AgentResolver, From, Step, Steps};
use clap::Args;
use fsxlustre_mount::answer::Caller;
use fsxlustre_mount::failure::{Code, Explain as _, Failure, FailureRecord, one_line};
use fsxlustre_mount::file_system::{DataRepository, FileSystem};
use fsxlustre_mount::host::{Deadline, stop_signals};
use fsxlustre_mount::options::{MountOptions, Prefer};
use fsxlustre_mount::resolve::Question;
use fsxlustre_mount::source::Source;
use serde::Serialize;
use std::fmt::Write as _;
use std::time::Duration;

/// Arguments of `fsxlustre resolve`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct ResolveArgs {
    /// fs-ID, tag:Key:Value[,Key:Value...], name:NAME, or a Lustre device whose DNS name has the id
    #[arg(required_unless_present = "export_map")]
    source: Option<String>,
    /// More of them, for --export-map and --write-cache
    #[arg(value_name = "SOURCE", requires = "many")]
    more: Vec<String>,
    #[command(flatten)]
    many: ManyArgs,
    /// AWS Region to look in
    #[arg(long)]
    region: Option<String>,
    /// Of several with the same tags take this one
    #[arg(long, value_enum)]
    prefer: Option<Preference>,
    /// Time for all calls
    #[arg(long, value_name = "SECONDS", default_value_t = 30,
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    /// Print one JSON object, also for a failure
    #[arg(long)]
    json: bool,
    /// Say step by step how the answer was found, or why there is none
    #[arg(long)]
    explain: bool,
    /// On whose behalf, which says how old an answer may be: person, fstab, boot, timer, job, ssm
    #[arg(long = "for", value_name = "CALLER", default_value = "person",
          value_parser = caller)]
    caller: Caller,
    /// Ask the FSx API, whatever the map or a cache says
    #[arg(long)]
    from_api: bool,
    /// Ask only what a mount needs
    #[arg(long, hide = true)]
    for_mount: bool,
}

impl ResolveArgs {
    /// Whether whoever called reads JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// When the fleet's settings are read: at boot and by timers in this node's turn.
    pub fn asking(&self) -> Asking {
        if self.caller.is_splayed() {
            Asking::InTurn(Duration::from_secs(self.timeout))
        } else {
            Asking::WhenDue(Duration::from_secs(self.timeout))
        }
    }
}

/// A caller by its word.
fn caller(word: &str) -> Result<Caller, String> {
    let words = || Caller::WORDS.map(|(word, _)| word).join(", ");
    Caller::of_word(word).ok_or_else(|| format!("it takes {}", words()))
}

/// Which of several file systems with the same tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Preference {
    /// The one that was created last
    Newest,
    /// The one in the subnet of this node
    SameSubnet,
}

impl std::convert::From<Preference> for Prefer {
    fn from(given: Preference) -> Self {
        match given {
            Preference::Newest => Self::Newest,
            Preference::SameSubnet => Self::SameSubnet,
        }
    }
}

/// What `--json` prints: the file system, and what a person or a script would make of it.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    found: &'a FileSystem,
    device: String,
    mount_command: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    explain: Option<Vec<Step>>,
}

/// What `--json` prints of a failure.
#[derive(Serialize)]
struct ShownFailure {
    #[serde(flatten)]
    failure: FailureRecord,
    explain: Vec<Step>,
}

impl ResolveArgs {
    /// Does it.
    pub fn run(&self, config: &AgentConfig) -> Outcome {
        if let Some(outcome) = self.many(config) {
            return outcome;
        }
        let steps = Steps::default();
        match self.resolve(config, &steps) {
            Ok(found) if self.json => self.found_json(&found, &steps),
            Ok(found) => {
                let told = if self.explain { list(&steps.taken()) } else { String::new() };
                let warnings = found.warnings.iter().fold(String::new(), |text, line| {
                    text + "fsxlustre: warning: " + &one_line(line) + "\n"
                });
                Outcome { stderr: warnings, ..Outcome::done(told + &describe(&found)) }
            }
            Err(failure) => self.failed(&failure, &steps),
        }
    }

    fn many(&self, config: &AgentConfig) -> Option<Outcome> {
        let texts: Vec<String> = self.source.iter().chain(&self.more).cloned().collect();
        let region = match self.region.as_deref().map(checked).transpose() {
            Ok(region) => region,
            Err(failure) => return Some(Outcome::failed(&failure)),
        };
        self.many.run(&Sources {
            config,
            texts: &texts,
            region,
            prefer: self.prefer.map_or(Prefer::None, Prefer::from),
            deadline: Deadline::after(Duration::from_secs(self.timeout)),
        })
    }

    fn resolve(&self, config: &AgentConfig, steps: &Steps) -> Result<FileSystem, Failure> {
        let text = self.source.as_deref().unwrap_or_default();
        let source = Source::parse(text).map_err(|error| error.failure())?;
        steps.add("source", read_as(&source));
        let region = self.region.as_deref().map(checked).transpose()?;
        let deadline = Deadline::after(Duration::from_secs(self.timeout));
        let prefer = self.prefer.map_or(Prefer::None, Prefer::from);
        let question = Question { source: &source, region, prefer, caller: self.caller };
        let signals = stop_signals();
        let resolver = AgentResolver {
            with_data_repositories: !self.for_mount,
            ..AgentResolver::new(config, signals.as_ref())
        };
        let from = if self.from_api { From::TheApi } else { From::Anywhere };
        let found = resolver.look_up(&question, deadline, from, steps)?;
        steps.add("answer", format!("{} from {}", found.id, found.origin));
        Ok(found)
    }

    fn found_json(&self, found: &FileSystem, steps: &Steps) -> Outcome {
        let shown = Shown {
            found,
            device: found.device(None).to_string(),
            mount_command: mount_command(found),
            explain: self.explain.then(|| steps.taken()),
        };
        match serde_json::to_string_pretty(&shown) {
            Ok(json) => Outcome::done(json + "\n"),
            Err(error) => Outcome::failed(&unprintable(&error)),
        }
    }

    fn failed(&self, failure: &Failure, steps: &Steps) -> Outcome {
        match (self.json, self.explain) {
            (false, false) => Outcome::failed(failure),
            (true, false) => Outcome::failed_json(failure),
            (false, true) => Outcome { stdout: list(&steps.taken()), ..Outcome::failed(failure) },
            (true, true) => {
                let shown =
                    ShownFailure { failure: FailureRecord::from(failure), explain: steps.taken() };
                let json = serde_json::to_string(&shown).unwrap_or_default();
                Outcome { stdout: json + "\n", ..Outcome::failed(failure) }
            }
        }
    }
}

/// A Region as the mount option takes it.
fn checked(region: &str) -> Result<&str, Failure> {
    MountOptions::parse(&format!("region={region}")).map_err(|error| error.failure())?;
    Ok(region)
}

fn unprintable(error: &serde_json::Error) -> Failure {
    Failure {
        code: Code::Internal,
        what: "the answer cannot be printed".into(),
        asked: "print JSON".into(),
        because: error.to_string(),
        remedy: "report this".into(),
    }
}

/// What a source was understood as.
fn read_as(source: &Source) -> String {
    match source {
        Source::Id { id, subdir: None } => format!("the id {id}"),
        Source::Id { id, subdir: Some(subdir) } => format!("the id {id}, its directory {subdir}"),
        Source::Device(device) => format!("the Lustre device {device}"),
        Source::Tags(tags) => {
            let tags: Vec<_> = tags.iter().map(|tag| format!("'{tag}'")).collect();
            format!("the one file system with all of the tags {}", tags.join(", "))
        }
    }
}

fn mount_command(found: &FileSystem) -> String {
    format!("mount -t lustre -o noatime,flock {} DIRECTORY", found.device(None))
}

fn list(steps: &[Step]) -> String {
    steps.iter().enumerate().fold(String::new(), |mut text, (index, step)| {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{}. {}: {}", index + 1, step.step, one_line(&step.told));
        text
    }) + "\n"
}

fn describe(found: &FileSystem) -> String {
    let known = |value: &Option<String>| value.clone().unwrap_or_else(|| "unknown".into());
    let lifecycle = match &found.failure {
        Some(why) => format!("{}: {why}", found.lifecycle),
        None => found.lifecycle.clone(),
    };
    let efa = found.efa_enabled.map(|on| if on { "enabled" } else { "off" }.to_owned());
    let tags: Vec<_> = found.tags.iter().map(ToString::to_string).collect();
    let mut rows = vec![
        ("id", found.id.clone()),
        ("name", found.name().map_or_else(|| "none".into(), str::to_owned)),
        ("lifecycle", lifecycle),
        ("device", found.device(None).to_string()),
        ("mount", mount_command(found)),
        ("dns name", found.dns_name.clone()),
        ("mount name", found.mount_name.clone()),
        ("lustre version", known(&found.lustre_version)),
        ("deployment", known(&found.deployment_type)),
        ("storage", storage(found)),
        ("throughput", throughput(found)),
        ("efa", known(&efa)),
        ("maintenance", maintenance(found)),
        ("region", found.region.clone()),
        ("vpc", known(&found.vpc_id)),
        ("subnets", found.subnet_ids.join(", ")),
        ("owner", known(&found.owner_id)),
        ("arn", known(&found.arn)),
        ("tags", tags.join(", ")),
    ];
    rows.extend(data_repositories(found).into_iter().map(|line| ("data repository", line)));
    rows.push(("answer from", found.origin.to_string()));
    rows.iter().fold(String::new(), |mut text, (name, value)| {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{name:<15} {}", one_line(value));
        text
    })
}

fn storage(found: &FileSystem) -> String {
    let size = found.storage_capacity_gib.map(|gib| format!("{gib} GiB"));
    let parts = [size, found.storage_type.clone()];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "unknown".into() } else { parts.join(" ") }
}

fn throughput(found: &FileSystem) -> String {
    match (found.throughput_mb_per_second_per_tib, found.throughput_mb_per_second) {
        (_, Some(whole)) => format!("{whole} MB/s"),
        (Some(each), None) => format!("{each} MB/s for each TiB"),
        (None, None) => "unknown".into(),
    }
}

/// `2:04:30` as a person says it.
fn maintenance(found: &FileSystem) -> String {
    const DAYS: [(&str, &str); 7] = [
        ("1", "Monday"),
        ("2", "Tuesday"),
        ("3", "Wednesday"),
        ("4", "Thursday"),
        ("5", "Friday"),
        ("6", "Saturday"),
        ("7", "Sunday"),
    ];
    let Some(window) = &found.maintenance_window else { return "unknown".into() };
    let parts = window.split_once(':').and_then(|(number, time)| {
        Some((DAYS.iter().find(|(known, _)| *known == number)?.1, time))
    });
    match parts {
        Some((day, time)) => format!("{day} {time} UTC, 30 minutes"),
        None => window.clone(),
    }
}

fn data_repositories(found: &FileSystem) -> Vec<String> {
    let known = found.data_repositories.iter().flatten().map(data_repository);
    let unknown = found.data_repositories_unknown.iter().map(|why| format!("unknown: {why}"));
    let lines: Vec<_> = known.chain(unknown).collect();
    match (lines.is_empty(), &found.data_repositories) {
        (false, _) => lines,
        (true, Some(_)) => vec!["none".into()],
        (true, None) => vec!["unknown: not asked".into()],
    }
}

fn data_repository(one: &DataRepository) -> String {
    let events = |events: &[String]| match events {
        [] => "nothing".to_owned(),
        events => events.join("+"),
    };
    let failure = one.failure.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
    format!(
        "{} = {} ({}{failure}; imports {}, exports {})",
        one.path,
        one.location,
        one.lifecycle.as_deref().unwrap_or("state unknown"),
        events(&one.import_events),
        events(&one.export_events)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_said_in_words() {
        let with = |window: &str| {
            let maintenance_window = Some(window.to_owned());
            maintenance(&FileSystem { maintenance_window, ..FileSystem::default() })
        };
        assert_eq!(with("2:04:30"), "Tuesday 04:30 UTC, 30 minutes");
        assert_eq!(with("9:99"), "9:99");
        assert_eq!(maintenance(&FileSystem::default()), "unknown");
    }

    #[test]
    fn repositories_that_are_not_known_are_never_none() {
        let asked = |known: Option<Vec<DataRepository>>, unknown: Option<&str>| {
            data_repositories(&FileSystem {
                data_repositories: known,
                data_repositories_unknown: unknown.map(str::to_owned),
                ..FileSystem::default()
            })
        };
        assert_eq!(asked(None, None), ["unknown: not asked"]);
        assert_eq!(asked(None, Some("denied")), ["unknown: denied"]);
        assert_eq!(asked(Some(vec![]), None), ["none"]);
        let one = DataRepository {
            path: "/data".into(),
            location: "s3://bucket/data".into(),
            import_events: vec!["NEW".into(), "CHANGED".into()],
            lifecycle: Some("AVAILABLE".into()),
            ..DataRepository::default()
        };
        let line = "/data = s3://bucket/data (AVAILABLE; imports NEW+CHANGED, exports nothing)";
        assert_eq!(asked(Some(vec![one]), None), [line]);
    }
}
