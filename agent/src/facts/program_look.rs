//! Programs that may lie on a file system that does not answer: a child looks for them, and a child
//! becomes them, since execve(2) may wait for ever, too.

use super::look::{Look, look};
use fsxlustre_mount::failure::Explain as _;
use fsxlustre_mount::host::{Deadline, Finished, Program, RunLimits};
use fsxlustre_mount::worker::Work;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Looks for one program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramLook {
    /// Its name.
    pub(super) name: String,
    /// Where it may be, in this order.
    pub(super) folders: Vec<PathBuf>,
    /// A folder that has one for each version, each with its programs in `bin`; looked at last.
    pub(super) versions_below: Option<PathBuf>,
}

impl ProgramLook {
    pub(super) fn tell(&self, tell: &mut dyn FnMut(&PathBuf)) {
        let here = self.folders.iter().map(|folder| folder.join(&self.name));
        if let Some(found) = here.into_iter().find(|path| path.is_file()) {
            return tell(&found);
        }
        let below = self.versions_below.iter().flat_map(std::fs::read_dir).flatten().flatten();
        let of_versions = below.map(|version| version.path().join("bin").join(&self.name));
        if let Some(found) = of_versions.into_iter().find(|path| path.is_file()) {
            tell(&found);
        }
    }
}

/// The program's path; `None` where there is none. The error is the reason in words.
pub(super) fn find(wanted: ProgramLook, deadline: Deadline) -> Result<Option<PathBuf>, String> {
    let name = wanted.name.clone();
    let told = look::<PathBuf>(&Look::Program(wanted), deadline)?;
    match told.lines.into_iter().next() {
        Some(path) => Ok(Some(path)),
        None if told.is_whole => Ok(None),
        None => Err(format!("a folder in which {name} may be does not answer")),
    }
}

/// Runs it to its end in a child that becomes it; the error is the reason in words.
pub(super) fn run_apart(
    program: &Path,
    args: &[&str],
    deadline: Deadline,
) -> Result<Finished, String> {
    let path = program.to_str().ok_or("the path is not UTF-8")?;
    let words = std::iter::once(path).chain(args.iter().copied()).map(str::to_owned).collect();
    let limits = RunLimits {
        output_bytes: super::child::LARGEST_OUTPUT_BYTES,
        grace: Duration::ZERO,
        ..RunLimits::until(deadline)
    };
    let done = Program::own().run(&Work::Exec(words).arguments(), &limits);
    done.map_err(|error| format!("{path}: {error}: {}", error.because()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_folder_that_has_it_counts_and_versions_come_last() {
        let folder = tempfile::tempdir().expect("folder");
        let place = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
            std::fs::write(&path, "").expect("file");
            path
        };
        let looked = |folders: &[&str]| {
            let look = ProgramLook {
                name: "scontrol".into(),
                folders: folders.iter().map(|name| folder.path().join(name)).collect(),
                versions_below: Some(folder.path().join("versions")),
            };
            let mut found = Vec::new();
            look.tell(&mut |path| found.push(path.clone()));
            found
        };
        assert_eq!(looked(&["a", "b"]), Vec::<PathBuf>::new());
        let of_version = place("versions/slurm-24.11/bin/scontrol");
        assert_eq!(looked(&["a", "b"]), [of_version]);
        let of_folder = place("b/scontrol");
        assert_eq!(looked(&["a", "b"]), [of_folder]);
    }
}
