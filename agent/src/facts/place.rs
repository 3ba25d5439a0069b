//! Where the kernel's files are that have nothing of Lustre in them.
//!
//! `[host] procfs` and `sysfs` may be another tree with Lustre's files only; what is missing there is
//! looked for below the root of the distribution's files.

use super::{Observed, Tree};
use fsxlustre_mount::host::{Host, read_text};
use std::path::{Path, PathBuf};

fn first(own: PathBuf, below_root: PathBuf) -> PathBuf {
    if !own.exists() && below_root.exists() { below_root } else { own }
}

/// A file or folder of procfs.
pub(super) fn proc(host: &Host, path: &str) -> PathBuf {
    first(host.paths.procfs.join(path), host.paths.rootfs.join("proc").join(path))
}

/// A file or folder of sysfs.
pub(super) fn sys(host: &Host, path: &str) -> PathBuf {
    first(host.paths.sysfs.join(path), host.paths.rootfs.join("sys").join(path))
}

/// Whether this is the machine itself, and not a tree of its files.
pub(super) fn is_this_machine(host: &Host) -> bool {
    host.paths.rootfs == Path::new("/")
}

/// A small text file of procfs; of one below another root, whatever links are in it, one that is there.
pub(super) fn proc_text(host: &Host, path: &str) -> Observed<String> {
    let whole = proc(host, path);
    match whole.strip_prefix(&host.paths.rootfs) {
        Ok(below) => Tree::of(host).text(below),
        Err(_) => text(&whole),
    }
}

/// A small text file whole; empty is known.
pub(super) fn text(path: &Path) -> Observed<String> {
    let from = path.display().to_string();
    match read_text(path) {
        Ok(text) => Observed::known(text, from),
        Err(error) => Observed::unknown(error.to_string(), from),
    }
}

/// A small text file, `None` where there is none.
pub(super) fn text_if_any(path: &Path) -> Observed<Option<String>> {
    let from = path.display().to_string();
    match read_text(path) {
        Ok(text) => Observed::known(Some(text), from),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Observed::known(None, from),
        Err(error) => Observed::unknown(error.to_string(), from),
    }
}

/// The names in a folder, sorted; none where there is no folder.
pub(super) fn names(folder: &Path) -> Result<Vec<String>, String> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("{}: {error}", folder.display())),
    };
    let mut names: Vec<String> = entries
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .collect();
    names.sort();
    Ok(names)
}

/// The last part of where a link points to.
pub(super) fn link_name(path: &Path) -> Option<String> {
    let target = std::fs::read_link(path).ok()?;
    Some(target.file_name()?.to_string_lossy().into_owned())
}
