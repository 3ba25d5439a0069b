//! The files that Slurm's patterns name on this node.

use super::super::{Observed, child};
use fsxlustre_mount::host::{Deadline, Host};
use serde::Serialize;

/// One file that slurmd runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HookFile {
    /// Its path.
    pub path: String,
    /// Whether it has an x bit.
    pub is_executable: bool,
    /// Whether it names fsxlustre.
    pub is_ours: bool,
}

impl HookFile {
    /// The last part of its path.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// Finds the files of these patterns, in the order in which Slurm runs them: the last in
/// alphabetical order first. They may lie on a file system of the cluster's that does not answer, so
/// programs with a deadline look.
///
/// *Source*: `list_push` of each match in Slurm's `_script_list_create`.
pub(super) fn find(
    host: &Host,
    patterns: &[String],
    deadline: Deadline,
) -> Observed<Vec<HookFile>> {
    let from = patterns.join(", ");
    let mut files = Vec::new();
    for pattern in patterns {
        match matches(host, pattern, deadline) {
            Ok(found) => files.extend(found),
            Err(because) => return Observed::unknown(because, from),
        }
    }
    files.reverse();
    match mark_ours(host, &mut files, deadline) {
        Ok(()) => Observed::known(files, from),
        Err(because) => Observed::unknown(because, from),
    }
}

/// The files of one pattern in alphabetical order.
fn matches(host: &Host, pattern: &str, deadline: Deadline) -> Result<Vec<HookFile>, String> {
    let (folder, name) = pattern.rsplit_once('/').ok_or("it is no absolute path")?;
    if !folder.starts_with('/') || folder.contains(['*', '?', '[', '\\']) {
        return Err("only the last part of a path is looked at as a pattern".into());
    }
    // As glob(3) has it: no pattern but one with a dot names a hidden file.
    let hidden: &[&str] = if name.starts_with('.') { &[] } else { &["!", "-name", ".*"] };
    let words = ["-L", folder, "-mindepth", "1", "-maxdepth", "1", "-name", name];
    let words: Vec<&str> =
        words.iter().chain(hidden).chain(&["-printf", "%m %p\\n"]).copied().collect();
    let done = child::run(host, "find", &words, deadline)?;
    if !done.status.success() && !done.stderr.contains("No such file or directory") {
        return Err(done.last_words());
    }
    let mut files: Vec<HookFile> = done.stdout.lines().filter_map(file).collect();
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

/// A line of find(1): the mode in octal digits, the path.
fn file(line: &str) -> Option<HookFile> {
    let (mode, path) = line.split_once(' ')?;
    let is_executable = u32::from_str_radix(mode, 8).ok()? & 0o111 != 0;
    Some(HookFile { path: path.to_owned(), is_executable, is_ours: false })
}

fn mark_ours(host: &Host, files: &mut [HookFile], deadline: Deadline) -> Result<(), String> {
    if files.is_empty() {
        return Ok(());
    }
    let paths = files.iter().map(|file| file.path.as_str());
    let words: Vec<&str> = ["-l", "-e", "fsxlustre", "--"].into_iter().chain(paths).collect();
    // grep(1) exits 1 when there is none.
    let ours = child::run(host, "grep", &words, deadline)?.stdout;
    for file in files {
        file.is_ours = ours.lines().any(|path| path == file.path);
    }
    Ok(())
}
