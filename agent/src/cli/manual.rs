//! `fsxlustre manual`: the man pages, for packages and for `packaging/man`.

use super::Outcome;
use crate::manual::pages;
use clap::Args;
use fsxlustre_mount::failure::{Code, Failure, chain};
use std::path::{Path, PathBuf};

/// Arguments of `fsxlustre manual`.
#[derive(Debug, Args)]
pub struct ManualArgs {
    /// The folder that gets them
    folder: PathBuf,
}

impl ManualArgs {
    /// Writes them.
    pub fn run(&self) -> Outcome {
        let written = pages().into_iter().try_for_each(|page| {
            let path = self.folder.join(&page.file);
            std::fs::write(&path, page.text).map_err(|error| unwritable(&path, &error))
        });
        written.map(|()| Outcome::default()).into()
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure {
        code: Code::Invocation,
        what: "a man page cannot be written".into(),
        asked: format!("write {}", path.display()),
        because: chain(error),
        remedy: "name a folder that is there and may be written".into(),
    }
}
