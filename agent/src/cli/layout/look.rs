//! `fsxlustre layout show` and `explain`: what stands, in lines or in a sentence.

use super::{FAILED, said};
use crate::cli::Outcome;
use crate::config::AgentConfig;
use crate::layout::{ByteCount, Directories, FileSystemShape, Layout, Stands, profile_layout};
use clap::Args;
use fsxlustre_mount::failure::{Explain as _, Failure, FailureRecord};
use fsxlustre_mount::host::Deadline;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Arguments of `fsxlustre layout show`.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// Directories and files, by their whole paths
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    time: Time,
}

/// Arguments of `fsxlustre layout explain`.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// Directories and files, by their whole paths
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// A profile or a preset in place of what stands there
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The size of the file, such as 40GiB; a file's own where it is one
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    size: Option<u64>,
    #[command(flatten)]
    time: Time,
}

#[derive(Debug, Args)]
struct Time {
    /// Time for all of it
    #[arg(long, value_name = "SECONDS", default_value_t = 30,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
}

fn bytes(text: &str) -> Result<u64, String> {
    ByteCount::try_from(text.to_owned()).map(ByteCount::bytes)
}

/// What stands at a path, and on what kind of file system.
type Looked = Result<(Stands, FileSystemShape), Failure>;

impl Time {
    fn look(&self, config: &AgentConfig, paths: &[PathBuf]) -> Result<Vec<Looked>, Failure> {
        let deadline = Deadline::after(Duration::from_secs(self.timeout));
        let table = config.host().mounts().map_err(|error| error.failure())?;
        let mut directories = Directories::new(config.host(), &table, deadline);
        let looked = directories.look_all(paths);
        let each = looked.into_iter().zip(paths).map(|(stands, path)| {
            let stands = stands.map_err(|error| error.failure())?;
            let shape = directories.shape(path).map_err(|error| error.failure())?;
            Ok((stands, shape))
        });
        Ok(each.collect())
    }
}

impl ShowArgs {
    /// Prints JSON from now on.
    pub(super) fn as_json(&mut self) {
        self.json = true;
    }

    /// Shows it.
    pub(super) fn run(&self, config: &AgentConfig) -> Outcome {
        let looked = match self.time.look(config, &self.paths) {
            Ok(looked) => looked,
            Err(failure) => return Outcome::failed(&failure),
        };
        let stdout = if self.json {
            let values = looked.iter().zip(&self.paths).map(|(one, path)| value(one, path));
            format!("{}\n", Value::from(values.collect::<Vec<_>>()))
        } else {
            looked.iter().flatten().map(|(stands, _)| lines(stands)).collect()
        };
        finish(stdout, &looked)
    }
}

impl ExplainArgs {
    /// Explains it.
    pub(super) fn run(&self, config: &AgentConfig) -> Outcome {
        let looked = match self.time.look(config, &self.paths) {
            Ok(looked) => looked,
            Err(failure) => return Outcome::failed(&failure),
        };
        let explained: Vec<Result<String, Failure>> =
            looked.iter().map(|one| self.one(config, one)).collect();
        let stdout = explained.iter().flatten().map(String::as_str).collect();
        finish(stdout, &explained)
    }

    fn one(&self, config: &AgentConfig, looked: &Looked) -> Result<String, Failure> {
        let (stands, shape) = looked.as_ref().map_err(Clone::clone)?;
        let of_profile = self.profile.as_deref().map(|name| profile_layout(config, name, shape));
        let layout: Layout = of_profile.transpose()?.unwrap_or_else(|| stands.layout.clone());
        let size = self.size.or(stands.file_bytes);
        Ok(format!("{}: {}\n", stands.path.display(), layout.explained(size, shape)))
    }
}

fn lines(stands: &Stands) -> String {
    let what = match stands.file_bytes {
        Some(bytes) => format!("a file of {bytes} bytes"),
        None if stands.is_root => "the root of its file system; new files get".into(),
        None => "a directory; new files get".into(),
    };
    let of_root = match (&stands.of_root, &stands.layout) {
        (Some(root), own) if root == own => "  (the default of the file system's root)\n",
        _ => "",
    };
    let shown = stands.layout.shown();
    let indented = shown.lines().fold(String::new(), |text, line| text + &format!("  {line}\n"));
    format!("{}: {what}\n{of_root}{indented}", stands.path.display())
}

fn value(looked: &Looked, path: &Path) -> Value {
    let path = path.display().to_string();
    match looked {
        Err(failure) => json!({ "path": path, "failure": FailureRecord::from(failure) }),
        Ok((stands, _)) => json!({
            "path": path,
            "file_bytes": stands.file_bytes,
            "is_root": stands.is_root,
            "read_by": stands.read_by.words(),
            "layout": stands.layout.to_string(),
            "shown": stands.layout.shown(),
        }),
    }
}

fn finish<T>(stdout: String, results: &[Result<T, Failure>]) -> Outcome {
    let stderr = said(results.iter().filter_map(|result| result.as_ref().err()));
    let status = if stderr.is_empty() { 0 } else { FAILED };
    Outcome { stdout, stderr, status, ..Outcome::default() }
}
