//! The files: `/etc/fsxlustre/fsxlustre.toml`, then the other `/etc/fsxlustre/*.toml` by name, then
//! `/etc/fsxlustre/fsxlustre.d/*.toml` by name.

use super::error::ConfigError;
use super::place::Piece;
use std::fs::{File, Metadata, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Where the configuration is.
pub const FOLDER: &str = "/etc/fsxlustre";
/// The main file in it; drop-ins are beside it in `fsxlustre.d`.
pub const MAIN_FILE: &str = "fsxlustre.toml";
const DROP_IN_FOLDER: &str = "fsxlustre.d";
/// The longest file that is read.
const LARGEST_BYTES: u64 = 4 << 20;

/// Reads all files of the folder: the main file first, then the others by name, then the drop-ins by
/// name. None is fine.
///
/// # Errors
/// [`ConfigError`] for the first file that cannot be read or trusted.
pub fn read_files(folder: &Path) -> Result<Vec<Piece>, ConfigError> {
    read_each(folder).into_iter().collect()
}

/// The same, with every file that cannot be read or trusted.
pub fn read_each(folder: &Path) -> Vec<Result<Piece, ConfigError>> {
    let main = folder.join(MAIN_FILE);
    let mut paths = vec![main.clone()];
    let mut pieces = Vec::new();
    for folder in [folder.to_owned(), folder.join(DROP_IN_FOLDER)] {
        match toml_files(&folder) {
            Ok(found) => paths.extend(found.into_iter().filter(|path| *path != main)),
            Err(error) => pieces.push(Err(error)),
        }
    }
    for path in paths {
        match read_trusted(&path) {
            Err(ConfigError::Unreadable { source, .. })
                if source.kind() == std::io::ErrorKind::NotFound => {}
            read => pieces.push(read.map(|text| Piece::file(path, text))),
        }
    }
    pieces
}

fn toml_files(folder: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: folder.to_owned(), source };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn read_trusted(path: &Path) -> Result<String, ConfigError> {
    read_owned(path, &[0])
}

/// Reads a file that belongs to one of these users, as its folder does, and that nobody else may
/// change.
///
/// # Errors
/// [`ConfigError`].
pub(super) fn read_owned(path: &Path, owners: &[u32]) -> Result<String, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
    let file = open(path).map_err(unreadable)?;
    let about = file.metadata().map_err(unreadable)?;
    check_trust(path, &about, owners)?;
    if !about.is_file() {
        return Err(ConfigError::NotAFile { path: path.to_owned() });
    }
    // Whoever may write to the folder may put another file in the place of this one.
    if let Some(folder) = path.parent() {
        check_trust(folder, &std::fs::metadata(folder).map_err(unreadable)?, owners)?;
    }
    whole(file).map_err(unreadable)
}

/// Reads a file that is not installed yet, whoever owns it.
///
/// # Errors
/// [`ConfigError`] where it cannot be read.
pub fn read_untrusted(path: &Path) -> Result<Piece, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
    let file = open(path).map_err(unreadable)?;
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(ConfigError::NotAFile { path: path.to_owned() });
    }
    Ok(Piece::file(path, whole(file).map_err(unreadable)?))
}

/// Not blocking: a FIFO would keep us for ever.
fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).custom_flags(nix::libc::O_NONBLOCK).open(path)
}

fn whole(file: File) -> std::io::Result<String> {
    let mut text = String::new();
    let read = file.take(LARGEST_BYTES).read_to_string(&mut text)?;
    // A part of a file would be another configuration.
    if u64::try_from(read).is_ok_and(|read| read < LARGEST_BYTES) {
        return Ok(text);
    }
    Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, "it has more than 4 MiB"))
}

fn check_trust(path: &Path, about: &Metadata, owners: &[u32]) -> Result<(), ConfigError> {
    if owners.contains(&about.uid()) && about.mode() & 0o022 == 0 {
        return Ok(());
    }
    let because =
        format!("its owner is uid {}, its mode {:04o}", about.uid(), about.mode() & 0o7777);
    Err(ConfigError::Untrusted { path: path.to_owned(), because })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Explain as _;

    #[test]
    fn a_file_that_others_may_change_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join(MAIN_FILE);
        std::fs::write(&path, "[mount]\n").expect("file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).expect("mode");
        let error = read_files(folder.path()).expect_err("untrusted");
        assert!(error.remedy().contains("chmod go-w"), "{}", error.remedy());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("mode");
        let nowhere = folder.path().join("nowhere");
        assert!(read_files(&nowhere).expect("no folder is fine").is_empty());
    }
}
