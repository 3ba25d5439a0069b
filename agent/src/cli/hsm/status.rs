//! `fsxlustre hsm status`.

use super::progress::Progress;
use super::{TreeArgs, UNKNOWN, text};
use crate::cli::{FAILED, Outcome};
use crate::config::AgentConfig;
use crate::staging::hsm::{Counts, HsmError, Questions, ScanOptions, scan};
use clap::Args;
use fsxlustre_mount::failure::{Code, Explain as _, Failure, FailureRecord};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Files that are asked for their request unless it is said otherwise.
const QUESTIONS: &str = "1000";

/// Arguments of `fsxlustre hsm status`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exits 0 when everything was read, 3 when some of it could not be, 1 when a path or a \
                        mount could not be looked at. Symbolic links are not followed, and what is mounted below is \
                        left out. A file of several names counts once below each path, by the name that is found first: \
                        its inode has one state, and one size. Only such files are remembered, so memory does not grow \
                        with a tree. On a terminal a line on stderr shows how far it is, and how many files a second."
)]
pub(super) struct StatusArgs {
    /// Directories and files, by their whole paths
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Ask at most so many files, or all, for the request that they may have: the metadata server goes through all of
    /// its requests for each answer
    #[arg(long, value_name = "NUMBER|all", default_value = QUESTIONS, value_parser = questions)]
    questions: Questions,
    #[command(flatten)]
    tree: TreeArgs,
}

fn questions(text: &str) -> Result<Questions, String> {
    match text {
        "all" => Ok(Questions::All),
        "0" => Ok(Questions::None),
        _ => text.parse().map(Questions::UpTo).map_err(|_| "a number or `all`".to_owned()),
    }
}

impl StatusArgs {
    pub(super) fn run(&self, config: &AgentConfig) -> Outcome {
        let host = config.host();
        let table = match host.mounts() {
            Ok(table) => table,
            Err(error) => return Outcome::failed(&error.failure()),
        };
        let options = ScanOptions {
            threads: self.tree.threads(),
            verb: None,
            questions: self.questions,
            tell_files: false,
            patience: self.tree.patience(),
        };
        let mut progress = Progress::new(self.tree.json);
        let results = self.paths.iter().map(|path| {
            let counted = scan(host, &table, path, &options, &mut |heard| {
                progress.counting(path, heard.so_far);
                Ok(())
            });
            (path.clone(), counted)
        });
        let results: Vec<_> = results.collect();
        progress.end();
        told(&results, self.tree.json)
    }
}

fn told(results: &[(PathBuf, Result<Counts, HsmError>)], is_json: bool) -> Outcome {
    let mut outcome = Outcome::default();
    let mut total = Counts::default();
    for (path, result) in results {
        match result {
            Ok(counts) => {
                total.add(counts);
                outcome.stdout += &if is_json {
                    text::status_json(path, counts)
                } else {
                    text::status(&path.display().to_string(), counts)
                };
                if !counts.is_whole() {
                    outcome.status = outcome.status.max(UNKNOWN);
                }
            }
            Err(error) => {
                let failure = error.failure();
                if is_json {
                    let failure = FailureRecord::from(&failure);
                    outcome.stdout += &text::line(
                        "failed",
                        &serde_json::json!({"path": path, "failure": failure}),
                    );
                }
                let _ = writeln!(outcome.stderr, "fsxlustre: {failure}");
            }
        }
    }
    if results.len() > 1 && !is_json {
        outcome.stdout += &text::status("all of these", &total);
    }
    if !total.is_whole() {
        let _ = writeln!(outcome.stderr, "fsxlustre: {}", unknown(&total));
    }
    if results.iter().any(|(_, result)| result.is_err()) {
        outcome.status = FAILED;
    }
    outcome
}

/// That some of it could not be read.
pub(super) fn unknown(counts: &Counts) -> Failure {
    let row = Code::HsmUnknown.row();
    let reasons = counts.unknown.iter().chain(&counts.unread);
    let reasons: Vec<String> =
        reasons.map(|(reason, count)| format!("{reason} ({count} times)")).collect();
    Failure {
        code: Code::HsmUnknown,
        what: format!(
            "the archive state of {} files and {} directories could not be read",
            counts.unknown_files(),
            counts.unread.values().sum::<u64>()
        ),
        asked: "the archive state of every file".into(),
        because: reasons.join(", "),
        remedy: row.remedy.into(),
    }
}
