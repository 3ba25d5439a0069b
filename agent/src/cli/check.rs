//! `fsxlustre check`.

use super::{Outcome, USAGE};
use crate::checks::{Asked, Finding, LastRun, Report, fleet, run_all, slurm};
use crate::compat::Matrix;
use crate::config::AgentConfig;
use crate::facts::NodeFacts;
use crate::resolve::AgentResolver;
use clap::Args;
use fsxlustre_mount::answer::Caller;
use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::file_system::FileSystem;
use fsxlustre_mount::host::{Deadline, Host};
use fsxlustre_mount::mount::DEFAULT_TIMEOUT_SECONDS;
use fsxlustre_mount::options::Prefer;
use fsxlustre_mount::resolve::{Question, Resolve as _};
use fsxlustre_mount::source::Source;
use std::time::Duration;

/// Arguments of `fsxlustre check`.
#[derive(Debug, Args)]
#[command(after_help = "Exit status: 0 healthy, warnings allowed; 1 at least one FAIL; 2 usage; \
                        3 no FAIL, but something required is UNKNOWN; 4 a fault of fsxlustre")]
pub struct CheckArgs {
    /// File system to check as well: `fs-…`, `tag:KEY:VALUE`, `name:NAME` or a Lustre device
    source: Option<String>,
    /// AWS Region of the file system
    #[arg(long, value_name = "REGION", requires = "source")]
    region: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// How long the FSx API may take; a check is not to hang where there is no route to it.
const API_TIMEOUT: Duration = Duration::from_secs(15);

impl CheckArgs {
    /// Gathers what is true of this node and judges it.
    pub fn run(&self, config: &AgentConfig) -> Outcome {
        let source = match self.source.as_deref().map(Source::parse).transpose() {
            Ok(source) => source,
            Err(error) => return Outcome { status: USAGE, ..self.failed(&error.failure()) },
        };
        if let Err(error) = Matrix::carried() {
            return self.failed(&error.failure());
        }
        let asked = match source {
            None => Asked::Nothing,
            Some(Source::Device(device)) => Asked::Device(device.to_string()),
            Some(source) => {
                Asked::FileSystem(Box::new(file_system(config, &source, self.region.as_deref())))
            }
        };
        if let Some(bug) = asked.failure().filter(|failure| failure.code == Code::Internal) {
            return self.failed(bug);
        }
        let seconds = config.base.mount.timeout.unwrap_or(DEFAULT_TIMEOUT_SECONDS);
        let fleet = fleet(&config.base.answers, Duration::from_secs(seconds));
        let facts = NodeFacts::gather(config.host());
        let slurm = slurm(&facts, &config.jobs, config.node.role());
        let report = report(facts, &asked, fleet.into_iter().chain(slurm));
        let mut outcome = self.show(&report);
        outcome.stderr.push_str(&keep(config.host(), &report));
        outcome
    }

    fn show(&self, report: &Report) -> Outcome {
        if !self.json {
            return Outcome { status: report.exit(), ..Outcome::done(report.text()) };
        }
        match report.json() {
            Ok(text) => Outcome { status: report.exit(), ..Outcome::done(text) },
            Err(error) => Outcome::failed(&Failure {
                code: Code::Internal,
                what: "the report could not be written as JSON".into(),
                asked: "fsxlustre check --json".into(),
                because: error.to_string(),
                remedy: "run `fsxlustre check` without --json, and report this as a bug".into(),
            }),
        }
    }

    fn failed(&self, failure: &Failure) -> Outcome {
        if self.json { Outcome::failed_json(failure) } else { Outcome::failed(failure) }
    }
}

/// Keeps what was found for the metrics service, where this is root's call; says why it could not.
fn keep(host: &Host, report: &Report) -> String {
    if !nix::unistd::geteuid().is_root() {
        return String::new();
    }
    match LastRun::of(report).keep(host) {
        Ok(()) => String::new(),
        Err(error) => {
            let because = error.because();
            format!("fsxlustre: warning: the metrics service will not see this run: {because}\n")
        }
    }
}

/// Judges what is known, without looking at anything.
fn report(facts: NodeFacts, asked: &Asked, more: impl Iterator<Item = Finding>) -> Report {
    let findings = run_all(&facts, asked).into_iter().chain(more).collect();
    Report::new(findings, facts)
}

/// Asks the FSx API for the file system that an id or tags name.
fn file_system(
    config: &AgentConfig,
    source: &Source,
    region: Option<&str>,
) -> Result<FileSystem, Failure> {
    let question = Question { source, region, prefer: Prefer::None, caller: Caller::Person };
    AgentResolver::new(config, None).resolve(&question, Deadline::after(API_TIMEOUT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use fsxlustre_mount::host::{PathOverrides, Paths};

    fn check(source: Option<&str>, json: bool) -> Outcome {
        let nowhere = std::env::temp_dir().join("fsxl-check-no-such-root");
        let overrides = PathOverrides {
            procfs: Some(nowhere.join("proc")),
            sysfs: Some(nowhere.join("sys")),
            debugfs: None,
            rootfs: Some(nowhere.clone()),
            ..PathOverrides::default()
        };
        let mut config = AgentConfig::default();
        config.base.host = Host {
            paths: Paths::default().with(&overrides),
            program_folders: vec![nowhere.join("bin")],
            ..Host::default()
        };
        CheckArgs { source: source.map(str::to_owned), region: None, json }.run(&config)
    }

    #[test]
    fn a_source_of_no_known_form_is_a_wrong_call() {
        let outcome = check(Some("Project=genomics"), false);
        assert_eq!((outcome.status, outcome.stdout.as_str()), (2, ""));
        assert!(outcome.stderr.contains("[FSXL-C201]"), "{}", outcome.stderr);
        assert_eq!(outcome.stderr.lines().count(), 4);
        let outcome = check(Some("/fsx"), true);
        assert_eq!(outcome.status, 2);
        assert!(outcome.stdout.contains("\"code\":\"FSXL-C201\""), "{}", outcome.stdout);
    }

    #[test]
    fn a_node_of_which_nothing_can_be_read_is_told_as_such() {
        let outcome = check(Some("10.0.0.5@tcp:/abcd"), false);
        // Its programs are known to be absent, so it is unfit and not only unknown.
        assert_eq!(outcome.status, 1, "{}", outcome.stdout);
        for start in [
            "UNKNOWN  kernel_supported ",
            "UNKNOWN  module_loadable ",
            "FAIL     client_programs ",
            "UNKNOWN  lnet_up ",
            "UNKNOWN  client_healthy ",
            "UNKNOWN  file_system_version ",
        ] {
            assert!(outcome.stdout.lines().any(|line| line.starts_with(start)), "{start}");
        }
        assert!(!outcome.stdout.lines().any(|line| line.contains("  file_system_found ")));
    }

    #[test]
    fn json_is_one_object_on_one_line() {
        let outcome = check(Some("10.0.0.5@tcp:/abcd"), true);
        assert_eq!(outcome.stdout.lines().count(), 1);
        let report: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("JSON");
        assert_eq!(report.pointer("/verdict"), Some(&"fail".into()));
        let checks = report.pointer("/findings").and_then(|list| list.as_array()).expect("list");
        assert!(checks.iter().any(|finding| finding.get("check") == Some(&"lnet_up".into())));
        assert!(report.pointer("/node/kernel_release/unknown").is_some());
    }
}
