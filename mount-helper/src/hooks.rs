//! `[hooks]`: programs of the administrator that hear when a file system came to this node, failed,
//! or left it.
//!
//! They run without a shell, with the arguments of the configuration, and are told by environment
//! variables what happened. What they answer is logged; a hook that fails changes nothing about a
//! mount or an unmount.
//!
//! | variable | value |
//! |---|---|
//! | `FSXLUSTRE_EVENT` | `ready`, `failed` or `unmounted` |
//! | `FSXLUSTRE_SOURCE` | the source as it was given; empty for a mount that is not by fsxlustre |
//! | `FSXLUSTRE_DIRECTORY` | the mount point |
//! | `FSXLUSTRE_DEVICE` | the Lustre device; empty when it failed |
//! | `FSXLUSTRE_FILE_SYSTEM_ID` | the id; empty where it is not known |
//! | `FSXLUSTRE_CODE` | the code of the failure; empty otherwise |

use crate::failure::{Explain as _, one_line};
use crate::host::{Bounds, Host, Program};
use crate::journal::{Entry, Priority};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a hook may take, unless the configuration says otherwise.
pub const DEFAULT_TIMEOUT_SECONDS: u64 = 10;

/// The hooks of this node: each a program by its whole path, and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hooks {
    /// After a mount was made, and when a file system failed instead of becoming ready.
    pub on_ready: Vec<String>,
    /// After the last mount of a file system was taken away.
    pub on_unmounted: Vec<String>,
    /// What each may take.
    pub timeout: Duration,
}

impl Default for Hooks {
    fn default() -> Self {
        let timeout = Duration::from_secs(DEFAULT_TIMEOUT_SECONDS);
        Self { on_ready: Vec::new(), on_unmounted: Vec::new(), timeout }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Ready,
    Failed,
    Unmounted,
}

impl Event {
    const fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Unmounted => "unmounted",
        }
    }
}

/// What it happened to; empty is not known.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct About<'a> {
    pub(crate) source: &'a str,
    pub(crate) directory: &'a str,
    pub(crate) device: &'a str,
    pub(crate) file_system_id: &'a str,
    pub(crate) code: &'a str,
}

/// Runs the hook of an event, if there is one, and logs what became of it. What did not work is
/// returned as a warning.
pub(crate) fn run(
    host: &Host,
    event: Event,
    about: &About<'_>,
    bounds: &Bounds<'_>,
) -> Option<String> {
    let words = match event {
        Event::Ready | Event::Failed => &host.hooks.on_ready,
        Event::Unmounted => &host.hooks.on_unmounted,
    };
    let (program, arguments) = words.split_first()?;
    let bounds = bounds.at_most(host.hooks.timeout);
    let result = run_program(Path::new(program), arguments, event, about, &bounds);
    let word = event.word();
    let (priority, line) = match &result {
        Ok(said) => (Priority::Info, format!("the hook {program} was told '{word}': {said}")),
        Err(why) => (Priority::Warning, format!("the hook {program} for '{word}' failed: {why}")),
    };
    Entry::new(priority, line.as_str()).about(about.source, Path::new(about.directory)).send();
    result.is_err().then_some(line)
}

fn run_program(
    program: &Path,
    arguments: &[String],
    event: Event,
    about: &About<'_>,
    bounds: &Bounds<'_>,
) -> Result<String, String> {
    let program = owned_by_root(program)?;
    let mut limits = bounds.run_limits();
    limits.output_bytes = 4 << 10;
    let variables = [
        ("FSXLUSTRE_EVENT", event.word()),
        ("FSXLUSTRE_SOURCE", about.source),
        ("FSXLUSTRE_DIRECTORY", about.directory),
        ("FSXLUSTRE_DEVICE", about.device),
        ("FSXLUSTRE_FILE_SYSTEM_ID", about.file_system_id),
        ("FSXLUSTRE_CODE", about.code),
    ];
    limits.environment.extend(variables.map(|(name, value)| (name.into(), value.into())));
    let done = Program::at(&program).run(arguments, &limits).map_err(|error| error.because())?;
    if done.status.success() {
        let first = done.stdout.lines().find(|line| !line.trim().is_empty());
        return Ok(first.map_or_else(|| "exit 0".to_owned(), one_line));
    }
    Err(done.last_words())
}

/// The program itself, without links. One that others than root can change or put another in the
/// place of would be their way to become root.
fn owned_by_root(program: &Path) -> Result<PathBuf, String> {
    let real: PathBuf = std::fs::canonicalize(program).map_err(|error| error.to_string())?;
    for path in real.ancestors() {
        let about = std::fs::metadata(path).map_err(|error| error.to_string())?;
        if about.uid() != 0 || about.mode() & 0o022 != 0 {
            let (uid, mode) = (about.uid(), about.mode() & 0o7777);
            let path = path.display();
            return Err(format!("{path} may be changed by others: uid {uid}, mode {mode:04o}"));
        }
    }
    Ok(real)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_others_can_change_is_not_run() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("folder");
        let program = folder.path().join("hook");
        std::fs::write(&program, "#!/bin/sh\n").expect("file");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o777)).expect("mode");
        assert!(owned_by_root(&program).expect_err("changeable").contains("mode 0777"));
        assert!(owned_by_root(Path::new("/no/such/hook")).is_err());
        assert!(owned_by_root(Path::new("/bin/sh")).is_ok());
    }
}
