//! Parameters that modules take when they load: one file of ours in modprobe.d, marked as such.

use super::data::{How, TuningData};
use super::error::TuneError;
use super::wanted::{Wanted, Wishes};
use crate::facts::{ModuleOption, Observed, given_module_options};
use fsxlustre_mount::failure::chain;
use fsxlustre_mount::host::{Host, read_text, write_public};
use serde::Serialize;
use std::fmt::Write as _;
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Our file, below the root of the distribution's files.
pub const FILE: &str = "etc/modprobe.d/fsxlustre.conf";
/// Its first line, by which we know it for ours.
const MARK: &str = "# Written by `fsxlustre tune apply --persist`.";
const ABOUT: &str = "\
# `fsxlustre tune revert --persist` removes it, and so does removing the package with its configuration (purge).
# The modules take these values when they load: after a reboot.
";
/// A longer file is none of ours.
const LONGEST: u64 = 1 << 16;

/// A parameter of a module that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModuleRow {
    /// `ptlrpc.ptlrpcd_per_cpt_max`.
    pub key: String,
    /// What the loaded module has; `None` where it is not loaded, or does not show it.
    pub now: Option<u64>,
    /// What modprobe.d gives it, and in which file.
    pub given: Option<(u64, String)>,
    /// Whether the loaded module has what is wanted.
    pub holds: bool,
    /// Whether modprobe.d gives it what is wanted.
    pub is_given: bool,
}

/// How the parameters that are wanted stand.
pub fn rows(host: &Host, wishes: &Wishes) -> Vec<ModuleRow> {
    let given = given_module_options(host);
    let wanted = wishes.wanted.iter().filter(|wanted| wanted.how == How::Modprobe);
    wanted.map(|wanted| row(host, wanted, &given)).collect()
}

fn row(host: &Host, wanted: &Wanted, given: &Observed<Vec<ModuleOption>>) -> ModuleRow {
    let (module, name) = wanted.key.rsplit_once('.').unwrap_or_default();
    let file = host.paths.sysfs.join("module").join(module).join("parameters").join(name);
    let now = read_text(&file).ok().and_then(|text| text.trim().parse().ok());
    let options = given.value().into_iter().flatten();
    let given = options
        .filter(|one| one.module == module && one.name == name)
        .find_map(|one| Some((one.given.parse::<u64>().ok()?, one.file.clone())));
    ModuleRow {
        key: wanted.key.clone(),
        now,
        holds: now.is_some_and(|now| wanted.is_met_by(now)),
        is_given: given.as_ref().is_some_and(|(value, _)| wanted.is_met_by(*value)),
        given,
    }
}

/// What became of our file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Persisted {
    /// It has what is wanted already, or is not there and nothing is wanted.
    Already,
    /// It was written.
    Written,
    /// It was removed.
    Removed,
}

/// Our file.
pub fn path(host: &Host) -> PathBuf {
    host.paths.rootfs.join(FILE)
}

/// Writes what is wanted into our file, or removes it where nothing is.
///
/// # Errors
/// [`TuneError::Persist`] where there is a file that is not ours, or that cannot be written.
pub fn persist(host: &Host, data: &TuningData, wishes: &Wishes) -> Result<Persisted, TuneError> {
    let text = text(data, wishes);
    let Some(text) = text else { return forget(host) };
    let path = path(host);
    let failed = |because: String| TuneError::Persist { path: path.clone(), because };
    let found = own(&path)?;
    // The state file's writer ends a file with a line of its own.
    if found.as_deref().map(str::trim_end) == Some(text.trim_end()) {
        return Ok(Persisted::Already);
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| failed(chain(&error)))?;
    }
    write_public(&path, text.trim_end().as_bytes()).map_err(|error| failed(chain(&error)))?;
    Ok(Persisted::Written)
}

/// Removes our file. Fine when it is gone.
///
/// # Errors
/// [`TuneError::Persist`] where it is not ours, or cannot be removed.
pub fn forget(host: &Host) -> Result<Persisted, TuneError> {
    let path = path(host);
    if own(&path)?.is_none() {
        return Ok(Persisted::Already);
    }
    std::fs::remove_file(&path)
        .map_err(|error| TuneError::Persist { path: path.clone(), because: chain(&error) })?;
    Ok(Persisted::Removed)
}

/// The text of our file; `None` where no parameter is wanted.
fn text(data: &TuningData, wishes: &Wishes) -> Option<String> {
    let modules = wishes.wanted.iter().filter(|wanted| wanted.how == How::Modprobe);
    let mut text = format!("{MARK}\n{ABOUT}# Profile: {}\n", wishes.profile);
    let mut count = 0;
    for wanted in modules {
        let (Some(value), Some(setting)) = (wanted.value, data.setting(&wanted.key)) else {
            continue;
        };
        // Writing to a String does not fail.
        let _ = writeln!(text, "# {} ({})", wanted.why, wanted.source);
        let _ = writeln!(text, "{}", setting.told(&value.to_string()));
        count += 1;
    }
    (count > 0).then_some(text)
}

/// The text of our file; `None` where there is none.
fn own(path: &Path) -> Result<Option<String>, TuneError> {
    let failed = |because: String| TuneError::Persist { path: path.to_owned(), because };
    let flags = nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK;
    let file = match std::fs::OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(chain(&error))),
    };
    let mut text = String::new();
    let is_file = file.metadata().is_ok_and(|about| about.is_file());
    let is_read = is_file && file.take(LONGEST).read_to_string(&mut text).is_ok();
    if is_read && text.starts_with(MARK) {
        return Ok(Some(text));
    }
    Err(failed("it is not fsxlustre's: its first line is another one".into()))
}
