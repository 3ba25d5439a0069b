//! `fsxlustre check`.

mod ahead;

use super::{Outcome, USAGE};
use crate::checks::{
    Colours, LastRun, Report, Selection, UnknownCheck, answers, brief, explanation, find,
    io as judged_io, list,
};
use crate::compat::Matrix;
use crate::config::AgentConfig;
use crate::facts::{Facts, Named, NodeFacts, Scope, io, named};
use clap::Args;
use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::source::{Device, Source};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

/// Arguments of `fsxlustre check`.
#[derive(Debug, Default, Args)]
#[command(after_help = "Exit status: 0 healthy, warnings allowed; 1 at least one FAIL; 2 usage; \
                        3 no FAIL, but something required is UNKNOWN; 4 a fault of fsxlustre. \
                        --plan: 0 a script was printed, 3 too little is known of the node. \
                        --gate reboot: 0 the kernel of the next boot has a module that fits, 1 it has \
                        none, 3 not known")]
pub struct CheckArgs {
    /// File system to check: `fs-…`, `tag:KEY:VALUE`, `name:NAME` or a Lustre device; those of fstab,
    /// of [[jobs.mount]] and of our mounts when it is left out
    source: Option<String>,
    /// AWS Region of the file system
    #[arg(long, value_name = "REGION", requires = "source")]
    region: Option<String>,
    /// Only these checks, or groups of checks: local, network, aws
    #[arg(long, value_name = "CHECK,…", value_delimiter = ',')]
    only: Vec<String>,
    /// Not these checks or groups
    #[arg(long, value_name = "CHECK,…", value_delimiter = ',')]
    skip: Vec<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// The verdict on the first line and what is wrong below it, for schedulers
    #[arg(long, conflicts_with = "json")]
    brief: bool,
    /// Write 1 GiB to a file without a name in this directory, drop it from memory, read and compare it
    #[arg(long, value_name = "DIR", conflicts_with_all = ["source", "only", "skip"])]
    io: Option<PathBuf>,
    /// Every check with its group and question
    #[arg(long, conflicts_with_all = ["source", "only", "skip", "json", "brief"])]
    list: bool,
    /// What a check reads and what its answers mean
    #[arg(
        long,
        value_name = "CHECK",
        conflicts_with_all = ["source", "only", "skip", "json", "brief", "list"]
    )]
    explain: Option<String>,
    #[command(flatten)]
    ahead: ahead::AheadArgs,
}

impl CheckArgs {
    /// Prints JSON from now on.
    pub(super) fn as_json(&mut self) {
        (self.json, self.brief) = (true, false);
    }

    /// Gathers what is true of this node and judges it.
    pub fn run(&self, config: &AgentConfig) -> Outcome {
        if self.list {
            return Outcome::done(list());
        }
        if let Some(name) = &self.explain {
            return match find(name) {
                Ok(check) => Outcome::done(explanation(check)),
                Err(unknown) => self.misused(&unknown),
            };
        }
        if let Some(directory) = &self.io {
            return self.write_and_read(config, directory);
        }
        if let Err(error) = Matrix::carried() {
            return self.failed(&error.failure());
        }
        if self.ahead.is_asked() {
            return self.ahead.run(self, config);
        }
        let selection = match Selection::of(&self.only, &self.skip) {
            Ok(selection) => selection,
            Err(unknown) => return self.misused(&unknown),
        };
        let source = match self.source.as_deref().map(Source::parse).transpose() {
            Ok(source) => source,
            Err(error) => return Outcome { status: USAGE, ..self.failed(&error.failure()) },
        };
        self.check(config, source, &selection)
    }

    fn check(
        &self,
        config: &AgentConfig,
        source: Option<Source>,
        selection: &Selection,
    ) -> Outcome {
        let scope = selection.scope();
        let asked = match source {
            Some(source) => vec![Named {
                text: self.source.clone().unwrap_or_default(),
                source,
                region: self.region.clone(),
                by: "the command line".into(),
            }],
            // What nobody asks of needs no names.
            None if scope == Scope::LOCAL => Vec::new(),
            None => named(config),
        };
        let facts = Facts::gather(config, &asked, scope);
        let failures = facts.file_systems.iter().filter_map(|one| one.asked.failure());
        if let Some(bug) = failures.into_iter().find(|failure| failure.code == Code::Internal) {
            return self.failed(bug);
        }
        let report = Report::new(answers(&facts, selection), facts.node);
        let mut outcome = self.show(&report);
        outcome.stderr.push_str(&keep(config, &report));
        outcome
    }

    /// What is written comes back, or not: one answer of its own.
    fn write_and_read(&self, config: &AgentConfig, directory: &Path) -> Outcome {
        let host = config.host();
        // The child that writes has another working directory.
        let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
        let table = host.mounts().unwrap_or_default();
        let mount = table.containing(&directory).filter(|mount| host.is_lustre(mount));
        let fs_name = mount.and_then(Device::shown_by).map(|device| device.fsname);
        let result = io(host, &directory, fs_name);
        let node = NodeFacts::gather(host, Scope::LOCAL);
        self.show(&Report::new(vec![judged_io(&result)], node))
    }

    fn show(&self, report: &Report) -> Outcome {
        let status = report.exit();
        if self.brief {
            return Outcome { status, ..Outcome::done(brief(report)) };
        }
        if !self.json {
            return Outcome { status, ..Outcome::done(report.text(colours())) };
        }
        match report.json() {
            Ok(text) => Outcome { status, ..Outcome::done(text) },
            Err(error) => Outcome::failed(&Failure {
                code: Code::Internal,
                what: "the report could not be written as JSON".into(),
                asked: "fsxlustre check --json".into(),
                because: error.to_string(),
                remedy: "run `fsxlustre check` without --json, and report this as a bug".into(),
            }),
        }
    }

    fn misused(&self, unknown: &UnknownCheck) -> Outcome {
        Outcome { status: USAGE, ..self.failed(&unknown.failure()) }
    }

    fn failed(&self, failure: &Failure) -> Outcome {
        if self.json { Outcome::failed_json(failure) } else { Outcome::failed(failure) }
    }
}

/// Colours for a person at a terminal who wants them (<https://no-color.org>).
fn colours() -> Colours {
    let is_unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_seen = std::io::stdout().is_terminal();
    if is_seen && !is_unwanted { Colours::Terminal } else { Colours::None }
}

/// Keeps what was found for the metrics service, where this is root's call and of this machine; says
/// why it could not.
fn keep(config: &AgentConfig, report: &Report) -> String {
    let host = config.host();
    if !nix::unistd::geteuid().is_root() || host.paths.rootfs != Path::new("/") {
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

#[cfg(test)]
mod tests {
    use super::*;
    use fsxlustre_mount::host::{Host, PathOverrides, Paths};

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
        let source = source.map(str::to_owned);
        CheckArgs { source, json, only: vec!["local".into()], ..CheckArgs::default() }.run(&config)
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
            "UNKNOWN  network_allowances ",
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
