//! `fsxlustre mount`: the engine of `mount.fsxlustre`, for a person at a shell.

use super::{Outcome, json};
use crate::config::AgentConfig;
use crate::resolve::AgentResolver;
use clap::Args;
use fsxlustre_mount::failure::{Code, Explain as _, Failure, one_line};
use fsxlustre_mount::host::stop_signals;
use fsxlustre_mount::journal::{Entry, Priority};
use fsxlustre_mount::last_failure::LastFailure;
use fsxlustre_mount::mount::{Done, MountReport, MountRequest, Mounter};
use fsxlustre_mount::options::MountOptions;
use fsxlustre_mount::record::Maker;
use fsxlustre_mount::resolve::Tell;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Arguments of `fsxlustre mount`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
#[command(after_help = "Exit status, as of mount(8): 0 mounted, also when it was already; \
                        1 a source or an option is not right, or not root; 2 system error, also a \
                        command line that is not understood; 4 a fault of fsxlustre; 8 interrupted; \
                        32 the mount failed")]
pub struct MountArgs {
    /// `fs-ID[:/DIR]`, `tag:KEY:VALUE[,KEY:VALUE…]`, `name:NAME` or a Lustre device
    source: String,
    /// The mount point
    directory: PathBuf,
    /// Mount options, joined by commas
    #[arg(short = 'o', long = "options", value_name = "OPTIONS")]
    options: Vec<String>,
    /// Say what would be done, and do everything but the mount
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Make the directory, and what is missing above it
    #[arg(long)]
    mkdir: bool,
    /// Say what is done
    #[arg(short, long, conflicts_with = "json")]
    verbose: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What became of it as JSON; fields are only ever added. A failure is a failure's object instead.
#[derive(Serialize)]
struct Record<'a> {
    directory: &'a Path,
    source: &'a str,
    /// `mounted`, `already`, `remounted` or `planned`.
    outcome: &'static str,
    device: String,
    file_system_id: Option<&'a str>,
    options: &'a str,
    waited_seconds: u64,
    warnings: &'a [String],
}

impl MountArgs {
    /// Does it.
    pub fn run(&self, config: &AgentConfig, tell: Tell<'_>) -> Outcome {
        let directory = match absolute(&self.directory) {
            Ok(directory) => directory,
            Err(failure) => return self.failed(&failure),
        };
        match self.mount(config, &directory, tell) {
            Ok(report) => self.told(&report, &directory),
            Err(failure) => self.failed(&failure),
        }
    }

    fn mount(
        &self,
        config: &AgentConfig,
        directory: &Path,
        tell: Tell<'_>,
    ) -> Result<MountReport, Failure> {
        let options = MountOptions::parse(&self.options.join(",")).map_err(|error| {
            let failure = error.failure();
            if !self.dry_run {
                // Kept for `fsxlustre status`; the caller is told all the same.
                let _ = LastFailure::write(config.host(), directory, &failure);
            }
            failure
        })?;
        let signals = stop_signals();
        let mounter = Mounter {
            host: config.host(),
            defaults: &config.base.mount,
            answers: &config.base.answers,
            resolver: &AgentResolver::new(config, signals.as_ref()),
            interrupt: signals.as_ref(),
            tell,
        };
        mounter.mount(&MountRequest {
            source: self.source.clone(),
            directory: directory.to_owned(),
            options,
            is_dry_run: self.dry_run,
            made_by: Maker::of_this_process(config.host(), directory),
            namespace: None,
            makes_directory: self.mkdir,
            pinned_as: None,
        })
    }

    fn told(&self, report: &MountReport, directory: &Path) -> Outcome {
        let mut outcome = Outcome::default();
        for warning in &report.warnings {
            let _ = writeln!(outcome.stderr, "fsxlustre: warning: {warning}");
            outcome.log.push(Entry::new(Priority::Warning, warning));
        }
        let line = report.line(directory);
        if self.json {
            outcome.stdout = json(&self.record(report, directory)).stdout;
        } else if self.verbose || self.dry_run {
            outcome.stdout = format!("{line}\n");
        }
        if matches!(report.done, Done::Made | Done::Remounted) {
            outcome.log.push(Entry::new(Priority::Info, line));
        }
        self.about(outcome)
    }

    fn record<'a>(&'a self, report: &'a MountReport, directory: &'a Path) -> Record<'a> {
        Record {
            directory,
            source: &self.source,
            outcome: match report.done {
                Done::Already => "already",
                Done::Made => "mounted",
                Done::Planned => "planned",
                Done::Remounted => "remounted",
            },
            device: report.device.to_string(),
            file_system_id: report.file_system_id.as_deref(),
            options: &report.options,
            waited_seconds: report.waited.as_secs(),
            warnings: &report.warnings,
        }
    }

    fn failed(&self, failure: &Failure) -> Outcome {
        let told = if self.json { Outcome::failed_json(failure) } else { Outcome::failed(failure) };
        self.about(Outcome { status: failure.mount_exit(), ..told })
    }

    /// Prints JSON from now on.
    pub(super) fn as_json(&mut self) {
        (self.json, self.verbose) = (true, false);
    }

    fn about(&self, mut outcome: Outcome) -> Outcome {
        outcome.log =
            outcome.log.into_iter().map(|e| e.about(&self.source, &self.directory)).collect();
        outcome
    }
}

/// A person may name a directory from where he is; what is kept of it is its whole path. Links are
/// not followed here: the engine refuses them with their target.
fn absolute(directory: &Path) -> Result<PathBuf, Failure> {
    let failed = |because: String| Failure {
        code: Code::Invocation,
        what: "the mount point is not understood".into(),
        asked: format!("mount on {}", one_line(&directory.display().to_string())),
        because,
        remedy: "name the mount point by its whole path, beginning with '/'".into(),
    };
    if directory.to_str().is_none() {
        return Err(failed("its name is not UTF-8".into()));
    }
    let whole = std::path::absolute(directory).map_err(|error| failed(error.to_string()))?;
    if whole.components().any(|part| part == std::path::Component::ParentDir) {
        return Err(failed("it has a '..', which may lead through a link".into()));
    }
    Ok(whole.components().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_point_is_kept_by_its_whole_path() {
        assert_eq!(absolute(Path::new("/mnt//a/./b/")).expect("fits"), PathBuf::from("/mnt/a/b"));
        assert!(absolute(Path::new("x")).expect("fits").is_absolute());
        assert_eq!(absolute(Path::new("/a/../b")).expect_err("dots").code, Code::Invocation);
        assert!(absolute(Path::new("")).is_err());
    }
}
