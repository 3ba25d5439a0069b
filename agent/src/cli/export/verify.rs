//! `fsxlustre export verify`.

use super::super::{FAILED, Outcome, json};
use super::{FileSystemArgs, UNKNOWN, given};
use crate::aws::RegionHints;
use crate::config::AgentConfig;
use crate::staging::export::{
    Gathered, Named, NotExported, Place, Row, Verdict, ask, gather, on_one_file_system,
    wait_for_calls,
};
use clap::Args;
use fsxlustre_mount::failure::{Failure, one_line};
use fsxlustre_mount::host::{Bounds, Deadline, stop_signals, unix_seconds};
use serde::Serialize;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

const FORMAT: u32 = 1;
/// The longest time of all calls to AWS.
const LONGEST_CALLS: Duration = Duration::from_secs(30);
/// So many files are named in words.
const MOST_PRINTED: usize = 10;

/// Arguments of `fsxlustre export verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "The first line is the verdict: exported; not exported: N files; or unknown: why. \
    It is about the content of files that were closed: files that are open for writing are not exported \
    before they are closed, and what other nodes hold open or have not sent is only known not to be where \
    nobody else is connected, or by --alone. Of files that are not exported 10 are named, with --json those of the \
    scan up to 1000 and those that are open for writing up to 100; the count is of all. Exit status: 0 exported; 1 not exported; 3 not known"
)]
pub(super) struct VerifyArgs {
    /// Files and directories of one file system, by their absolute paths
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    file_system: FileSystemArgs,
    /// No other node writes to it now: you say so, it is not looked at
    #[arg(long)]
    alone: bool,
    /// Time for all of it
    #[arg(long, value_name = "SECONDS", default_value_t = 300,
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Shown<'a> {
    format: u32,
    #[serde(flatten)]
    verdict: &'a Verdict,
    paths: Vec<String>,
    file_system_id: Option<&'a str>,
    files: Option<u64>,
    at_unix_seconds: u64,
    evidence: &'a [Row],
    not_exported: &'a [NotExported],
}

impl VerifyArgs {
    pub(super) fn run(&self, config: &AgentConfig) -> Result<Outcome, Failure> {
        let host = config.host();
        let places = on_one_file_system(host, &self.paths)?;
        let Some(first) = places.first() else { return Ok(Outcome::default()) };
        let signals = stop_signals();
        let deadline = Deadline::after(Duration::from_secs(self.timeout));
        let bounds = Bounds { deadline, interrupt: signals.as_ref() };
        let named = Named::of(first, self.file_system.file_system.as_deref());
        let hints = RegionHints {
            option: self.file_system.region.as_deref(),
            of_name: named.region.as_deref(),
        };
        let calls = Bounds { deadline: deadline.at_most(LONGEST_CALLS), ..bounds };
        // What AWS says of now must not be older than the scan.
        let facts = wait_for_calls(config, hints, calls, async |aws| ask(aws, &named).await);
        let known = facts.as_ref().map_err(|f| format!("{}: {} [{}]", f.what, f.because, f.code));
        let seen = gather(host, &places, known, self.alone, bounds);
        let id = facts.as_ref().ok().map(|facts| facts.id.as_str());
        Ok(self.told(&places, id.or(named.id.as_deref()), &seen))
    }

    fn told(&self, places: &[Place], id: Option<&str>, seen: &Gathered) -> Outcome {
        let status = match seen.verdict {
            Verdict::Exported => 0,
            Verdict::NotExported { .. } => FAILED,
            Verdict::Unknown { .. } => UNKNOWN,
        };
        if self.json {
            let shown = Shown {
                format: FORMAT,
                verdict: &seen.verdict,
                paths: places.iter().map(|place| place.path.display().to_string()).collect(),
                file_system_id: id,
                files: seen.files,
                at_unix_seconds: unix_seconds(),
                evidence: &seen.rows,
                not_exported: &seen.named,
            };
            return Outcome { status, ..json(&shown) };
        }
        Outcome { status, ..Outcome::done(words(places, seen)) }
    }
}

/// The verdict, then a line for each look.
fn words(places: &[Place], seen: &Gathered) -> String {
    let mut text = one_line(&match &seen.verdict {
        Verdict::Exported => match seen.files {
            Some(files) => format!("exported: {files} files of {}", given(places)),
            None => format!("exported: {}", given(places)),
        },
        Verdict::NotExported { files, .. } => {
            format!("not exported: {files} files of {}", given(places))
        }
        Verdict::Unknown { because } => format!("unknown: {}", because.join("; ")),
    });
    text.push('\n');
    for Row { evidence, told, age_seconds, .. } in &seen.rows {
        let age = match age_seconds {
            Some(0) => "now".into(),
            Some(seconds) => format!("{seconds} s ago"),
            None => "not known".into(),
        };
        // Writing to a String does not fail.
        let _ = writeln!(text, "  {evidence:<10} {age:>9}  {}", one_line(told));
    }
    if let Verdict::NotExported { files, .. } = &seen.verdict {
        for NotExported { path, because } in seen.named.iter().take(MOST_PRINTED) {
            let _ = writeln!(text, "not exported: {} ({})", one_line(path), one_line(because));
        }
        let printed = u64::try_from(seen.named.len().min(MOST_PRINTED)).unwrap_or(0);
        if *files > printed {
            let _ =
                writeln!(text, "not exported: and {} more (--json names more)", files - printed);
        }
    }
    text
}
