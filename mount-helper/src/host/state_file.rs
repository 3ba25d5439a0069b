//! Small JSON files of ours: written whole or not at all, read without trust.

use super::process::living_process;
use crate::failure::{Code, Explain, chain};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};

/// The longest state file that is read.
const LARGEST_STATE_BYTES: u64 = 1 << 20;

/// A state file could not be read, written or removed.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file system said no.
    #[error("the state file cannot be used")]
    Io {
        /// What was attempted.
        attempt: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is not what we write.
    #[error("the state file is not valid")]
    Content {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

impl Explain for StateError {
    fn code(&self) -> Code {
        Code::StateUnwritable
    }
    fn asked(&self) -> String {
        match self {
            Self::Io { attempt, path, .. } => format!("{attempt} {}", path.display()),
            Self::Content { path, .. } => format!("read {}", path.display()),
        }
    }
    fn because(&self) -> String {
        match self {
            Self::Io { source, .. } => chain(source),
            Self::Content { source, .. } => chain(source),
        }
    }
    fn remedy(&self) -> String {
        match self {
            Self::Io { .. } => "run this as root, with /run writable and not full".into(),
            Self::Content { path, .. } => {
                format!("look at {} and remove it if it is foreign", path.display())
            }
        }
    }
}

/// Makes a folder and its parents, 0755 whatever the umask is, for root's state. Fine when it is there.
pub(super) fn make_folder(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let missing: Vec<&Path> = path.ancestors().take_while(|folder| !folder.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o755).create(path)?;
    missing.into_iter().try_for_each(open_to_all)
}

/// Lets everybody pass through a folder of root's, or of who runs this, and list it.
fn open_to_all(folder: &Path) -> std::io::Result<()> {
    let about = std::fs::symlink_metadata(folder)?;
    let is_own = [0, nix::unistd::geteuid().as_raw()].contains(&about.uid());
    if !about.is_dir() || !is_own || about.mode() & 0o055 == 0o055 {
        return Ok(());
    }
    std::fs::set_permissions(folder, Permissions::from_mode(about.mode() & 0o7777 | 0o055))
}

/// Writes a value: a temporary file beside it, synced, then renamed over it.
///
/// # Errors
/// [`StateError::Io`]; the old file is then untouched.
pub fn write_state<T: Serialize>(path: &Path, value: &T) -> Result<(), StateError> {
    write_with_mode(path, value, 0o644)
}

/// The same, for root's eyes only.
///
/// # Errors
/// [`StateError::Io`]; the old file is then untouched.
pub fn write_private_state<T: Serialize>(path: &Path, value: &T) -> Result<(), StateError> {
    write_with_mode(path, value, 0o600)
}

fn write_with_mode<T: Serialize>(path: &Path, value: &T, mode: u32) -> Result<(), StateError> {
    let io = |source| StateError::Io { attempt: "write", path: path.to_owned(), source };
    let text = serde_json::to_vec_pretty(value)
        .map_err(|source| StateError::Content { path: path.to_owned(), source })?;
    if let Some(folder) = path.parent() {
        make_folder(folder).map_err(io)?;
    }
    replace(path, &text, mode).map_err(io)
}

/// Writes a file that everybody may read, whole or not at all, whatever the umask is.
///
/// # Errors
/// [`StateError::Io`]; the old file is then untouched.
pub fn write_public(path: &Path, bytes: &[u8]) -> Result<(), StateError> {
    replace(path, bytes, 0o644).map_err(|source| StateError::Io {
        attempt: "write",
        path: path.to_owned(),
        source,
    })
}

/// The same, and makes the folder where it is missing. What keeps others from it, a folder of an
/// earlier version or of a narrower umask, is opened: it, and the one that it is in.
///
/// # Errors
/// [`StateError::Io`]; the old file is then untouched.
pub fn write_public_state(path: &Path, bytes: &[u8]) -> Result<(), StateError> {
    let io = |source| StateError::Io { attempt: "write", path: path.to_owned(), source };
    path.parent().map_or(Ok(()), make_folder).map_err(io)?;
    path.ancestors().skip(1).take(2).try_for_each(open_to_all).map_err(io)?;
    write_public(path, bytes)
}

/// Makes a folder and its parents for root alone. Fine when it is there.
///
/// # Errors
/// That of mkdir(2).
pub fn make_private_folder(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Writes a file for root's eyes by way of another folder of the same file system, where whoever looks
/// at every file of its own folder does not see it half written.
///
/// # Errors
/// [`StateError::Io`]; the old file is then untouched.
pub fn replace_by_way_of(folder: &Path, path: &Path, bytes: &[u8]) -> Result<(), StateError> {
    let name = path.file_name().unwrap_or_default();
    replace_with(&folder.join(name), path, bytes, 0o600).map_err(|source| StateError::Io {
        attempt: "write",
        path: path.to_owned(),
        source,
    })
}

/// Removes temporary files of the same name whose writers were killed.
fn remove_left_over(path: &Path) {
    let Some((folder, stem)) = path.parent().zip(path.file_stem()) else { return };
    let begin = format!("{}.new.", stem.to_string_lossy());
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.strip_prefix(&begin)) else { continue };
        let is_number = pid.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && pid.parse().is_ok_and(|pid| matches!(living_process(pid), Ok(None))) {
            // It is only in the way of a tidy folder.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// A temporary file beside it, synced, then renamed over it; then the folder is synced, so that the
/// new name is kept too when the power goes.
fn replace(path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    replace_with(path, path, bytes, mode)
}

/// The same; the temporary file stands beside `beside`.
fn replace_with(beside: &Path, path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    let temporary = beside.with_extension(format!("new.{}", std::process::id()));
    remove_left_over(beside);
    let written = write_new(&temporary, bytes, mode)
        .and_then(|()| std::fs::rename(&temporary, path))
        .and_then(|()| folder_of(path).map_or(Ok(()), |folder| File::open(folder)?.sync_all()));
    if written.is_err() {
        // Nothing to do if even that fails: the error of the write is the one to tell.
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

/// The folder of a file; the one we are in for a bare name.
fn folder_of(path: &Path) -> Option<&Path> {
    path.parent().map(|folder| if folder == Path::new("") { Path::new(".") } else { folder })
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    // Whoever may write to the folder could have put a file of his own there.
    let _ = std::fs::remove_file(path);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .custom_flags(nix::libc::O_NOFOLLOW)
        .open(path)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    file.write_all(bytes)?;
    file.write_all(b"\n")?;
    file.sync_all()
}

/// Reads a value; `None` when there is no such file. What another user than root, or than the one
/// who runs this, owns or may write to is refused.
///
/// # Errors
/// [`StateError`] when it cannot be read, is not valid or is foreign.
pub fn read_state<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, StateError> {
    let io = |source| StateError::Io { attempt: "read", path: path.to_owned(), source };
    let (file, about) = match open(path) {
        Ok(opened) => opened,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(error)),
    };
    if !is_ours(&about) {
        let because = "it belongs to another user, or others may write to it";
        return Err(io(std::io::Error::other(because)));
    }
    let text = bounded(file, &about).map_err(io)?;
    serde_json::from_slice(&text)
        .map(Some)
        .map_err(|source| StateError::Content { path: path.to_owned(), source })
}

/// Opens a state file: no link, and without waiting for whoever writes to a FIFO.
fn open(path: &Path) -> std::io::Result<(File, Metadata)> {
    let flags = nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let about = file.metadata()?;
    if about.is_file() {
        return Ok((file, about));
    }
    Err(std::io::Error::other("it is not a regular file"))
}

/// Reads a value that only root, or whoever runs this, can have written; `None` when there is none
/// that can be used.
pub fn read_own_state<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let (file, about) = open(path).ok()?;
    if !is_ours(&about) {
        return None;
    }
    serde_json::from_slice(&bounded(file, &about).ok()?).ok()
}

/// Whether only root, or whoever runs this, can have written a file.
fn is_ours(about: &Metadata) -> bool {
    let owners = [0, nix::unistd::geteuid().as_raw()];
    owners.contains(&about.uid()) && about.mode() & 0o022 == 0
}

fn bounded(file: File, about: &Metadata) -> std::io::Result<Vec<u8>> {
    let length = about.len().min(LARGEST_STATE_BYTES);
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    file.take(LARGEST_STATE_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Removes a state file, and what writers of it have left that were killed. Fine when it is gone.
///
/// # Errors
/// [`StateError::Io`].
pub fn remove_state(path: &Path) -> Result<(), StateError> {
    remove_left_over(path);
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(StateError::Io { attempt: "remove", path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}

/// The names of the `.json` files in a folder of states, sorted; none when there is no folder.
///
/// # Errors
/// [`StateError::Io`].
pub fn state_names(folder: &Path) -> Result<Vec<String>, StateError> {
    let io = |source| StateError::Io { attempt: "list", path: folder.to_owned(), source };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(io)?.file_name().to_string_lossy().into_owned();
        if Path::new(&name).extension().is_some_and(|extension| extension == "json") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_back_and_goes_away() {
        let folder = tempfile::tempdir().expect("folder");
        let folder = folder.path();
        let path = folder.join("a/b.json");
        write_state(&path, &vec![1, 2]).expect("written");
        assert_eq!(read_state::<Vec<i32>>(&path).expect("read"), Some(vec![1, 2]));
        assert_eq!(state_names(&folder.join("a")).expect("listed"), vec!["b.json"]);
        remove_state(&path).expect("removed");
        remove_state(&path).expect("removed already");
        assert_eq!(read_state::<Vec<i32>>(&path).expect("gone"), None);
    }

    #[test]
    fn what_a_killed_writer_has_left_goes_with_the_state_and_with_the_next_write() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("one.json");
        let mut ended = std::process::Command::new("/bin/true").spawn().expect("process");
        let dead = ended.id();
        while living_process(dead).expect("proc").is_some() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        let own = std::process::id();
        let left = |name: String| folder.path().join(name);
        let of_dead = left(format!("one.new.{dead}"));
        let others = ["one.new.", "one.new.x", "one.new.+4000000000", "two.new.0"]
            .map(|name| left(name.into()));
        let of_living = left(format!("one.new.{own}"));
        for file in others.iter().chain([&of_dead, &of_living]) {
            std::fs::write(file, "half").expect("file");
        }
        // It is a zombie: nobody has asked yet how it ended.
        remove_state(&path).expect("there is none");
        assert!(!of_dead.exists());
        assert!(of_living.exists(), "who writes now is not disturbed");
        ended.wait().expect("ended");
        std::fs::write(&of_dead, "half").expect("file");
        write_state(&path, &1).expect("written");
        assert!(!of_dead.exists());
        for other in others {
            assert!(other.exists(), "{} is none", other.display());
        }
    }

    #[test]
    fn a_symbolic_link_and_a_torn_file_are_refused() {
        let folder = tempfile::tempdir().expect("folder");
        let folder = folder.path();
        let link = folder.join("link.json");
        std::os::unix::fs::symlink("/etc/passwd", &link).expect("link");
        assert!(matches!(read_state::<Vec<i32>>(&link), Err(StateError::Io { .. })));
        let torn = folder.join("torn.json");
        std::fs::write(&torn, "[1,").expect("file");
        assert!(matches!(read_state::<Vec<i32>>(&torn), Err(StateError::Content { .. })));
        let foreign = folder.join("foreign.json");
        std::fs::write(&foreign, "[1]").expect("file");
        assert!(read_state::<Vec<i32>>(&foreign).is_ok());
        std::fs::set_permissions(&foreign, Permissions::from_mode(0o666)).expect("mode");
        assert!(matches!(read_state::<Vec<i32>>(&foreign), Err(StateError::Io { .. })));
    }
}
