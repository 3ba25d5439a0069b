//! The child that touches what may hang: this same program, given up at a deadline.

mod folder;
mod open_files;
mod report_file;

pub(super) use folder::{Entry, FolderWork};
pub(super) use open_files::OpenFiles;
pub(super) use report_file::{ReportFile, ReportText};

use fsxlustre_mount::failure::Explain as _;
use fsxlustre_mount::host::{Bounds, Program};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::time::Duration;

/// The first argument that makes `fsxlustre` such a child; the [`HandWork`] follows as JSON.
const WORD: &str = "--fsxlustre-export-hand";
/// The most that it may say, bytes.
const MOST_OUTPUT: usize = 16 << 20;

/// What a child does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HandWork {
    /// Files that processes of this node may still write to.
    OpenFiles(OpenFiles),
    /// The report of a task, through a mount.
    ReportFile(ReportFile),
    /// The folder of tickets.
    Folder(FolderWork),
}

/// The work that this process was started for, if it was.
pub fn asked_for() -> Option<HandWork> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let [word, text] = arguments.as_slice() else { return None };
    serde_json::from_str(text.to_str().filter(|_| word == WORD)?).ok()
}

impl HandWork {
    /// Does it; only ever called in the child. Answers with JSON: what was found, or why not.
    pub fn carry_out(&self) -> String {
        match self {
            Self::OpenFiles(work) => said(&work.look()),
            Self::ReportFile(work) => said(&work.read().map_err(|error| error.to_string())),
            Self::Folder(work) => said(&work.carry_out().map_err(|error| error.to_string())),
        }
    }

    /// Lets a child do it, within the bounds.
    pub(super) fn done<T: DeserializeOwned>(&self, bounds: Bounds<'_>) -> Result<T, String> {
        let text = serde_json::to_string(self).map_err(|error| error.to_string())?;
        let mut limits = bounds.run_limits();
        (limits.output_bytes, limits.grace) = (MOST_OUTPUT, Duration::ZERO);
        let done = Program::own()
            .run(&[WORD, &text], &limits)
            .map_err(|error| format!("{error}: {}", error.because()))?;
        if !done.status.success() {
            return Err(done.last_words());
        }
        serde_json::from_str::<Result<T, String>>(&done.stdout)
            .unwrap_or_else(|error| Err(error.to_string()))
    }
}

fn said<T: Serialize>(result: &Result<T, String>) -> String {
    serde_json::to_string(result).unwrap_or_default()
}
