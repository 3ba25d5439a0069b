//! What was asked for, so that after an interrupt or a reboot nothing is asked twice without need.
//!
//! A file for each verb, mount and path, root's only, below `/var/lib/fsxlustre/hsm`. Its first line says of what it is;
//! each further line names the files of one request and is on disk before the request is sent. A kill loses what is
//! known of the requests that are on their way, four at most: files that are named here and still need it are looked at before they are asked for again.

use super::decide::Verb;
use super::error::HsmError;
use super::request::MOST_FILES;
use crate::layout::site::Site;
use fsxlustre_mount::host::{Host, MountTable, unix_seconds};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fs::{DirBuilder, File, OpenOptions};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The longest line that is read: 52 paths of the longest kind, each byte escaped.
const LONGEST_LINE: u64 = 2 << 20;
/// Journals that nobody wrote to for so long are of file systems that are gone.
const OLDEST: Duration = Duration::from_hours(24 * 90);

/// What has been begun and is not known to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfinished {
    /// What was asked for.
    pub verb: Verb,
    /// The path that was named.
    pub path: PathBuf,
    /// What is mounted there, as mountinfo shows it.
    pub source: String,
    /// When, seconds since 1970.
    pub began: u64,
}

impl Unfinished {
    /// Whether the same is mounted there now.
    pub fn is_here(&self, host: &Host, table: &MountTable) -> bool {
        let site = Site::find(host, table, &self.path);
        site.is_ok_and(|site| site.mount.source == self.source)
    }
}

/// A line after the first.
#[derive(Serialize, Deserialize)]
struct Line<K> {
    ask: Vec<K>,
}

/// An open journal.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    path: PathBuf,
    /// Hashes of the files that earlier runs asked for. Two that fall together cost a look.
    known: HashSet<u64>,
}

/// The journal's folder.
fn folder(host: &Host) -> PathBuf {
    host.paths.data.join("hsm")
}

/// Everything that was begun, by its journals.
///
/// # Errors
/// [`HsmError::Journal`] when the folder cannot be read.
pub fn unfinished(host: &Host) -> Result<Vec<Unfinished>, HsmError> {
    let folder = folder(host);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(&folder, &error)),
    };
    let mut all: Vec<Unfinished> = entries
        .flatten()
        .filter_map(|entry| {
            let file = open(&entry.path(), false).ok()?;
            serde_json::from_str(&first_line(&file)?).ok()
        })
        .collect();
    all.sort_by(|one, other| (one.began, &one.path).cmp(&(other.began, &other.path)));
    Ok(all)
}

fn first_line(file: &File) -> Option<String> {
    let mut line = String::new();
    BufReader::new(file.take(LONGEST_LINE)).read_line(&mut line).ok()?;
    Some(line)
}

/// Where the journal of this is; made where it is missing.
pub(super) fn prepare(host: &Host, of: &Unfinished) -> Result<PathBuf, HsmError> {
    let folder = folder(host);
    let make = || {
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        remove_old(&folder);
        let mut hasher = DefaultHasher::new();
        (&of.source, &of.path).hash(&mut hasher);
        let path = folder.join(format!("{}-{:016x}", of.verb.word(), hasher.finish()));
        open(&path, true)?;
        Ok(path)
    };
    make().map_err(|error: std::io::Error| failed(&folder, &error))
}

impl Journal {
    /// Reads what stands there, and begins it where nothing does. The caller has it locked.
    pub(super) fn begin(path: PathBuf, of: &Unfinished) -> Result<Self, HsmError> {
        let begun = || {
            let mut file = open(&path, true)?;
            let (header, known) = read(&file)?;
            // A last line that was torn must not swallow the next one; a header that was is written anew.
            let is_same = header.is_some_and(|header| {
                (header.verb, &header.path, &header.source) == (of.verb, &of.path, &of.source)
            });
            if is_same {
                file.write_all(b"\n")?;
            } else {
                file.set_len(0)?;
                file.write_all((serde_json::to_string(of)? + "\n").as_bytes())?;
            }
            file.sync_all()?;
            Ok((file, if is_same { known } else { HashSet::new() }))
        };
        let begun: std::io::Result<_> = begun();
        let (file, known) = begun.map_err(|error| failed(&path, &error))?;
        Ok(Self { file, path, known })
    }

    /// How many files earlier runs asked for.
    pub(super) fn known(&self) -> usize {
        self.known.len()
    }

    /// Whether an earlier run asked, or was about to ask, for this file.
    pub(super) fn knows(&self, key: &str) -> bool {
        self.known.contains(&hash(key))
    }

    /// Names files that are about to be asked for; it is on disk when this returns.
    pub(super) fn about_to_ask(&mut self, keys: &[String]) -> Result<(), HsmError> {
        let mut write = || {
            for request in keys.chunks(MOST_FILES) {
                let ask = request.iter().map(String::as_str).collect();
                self.file.write_all((serde_json::to_string(&Line { ask })? + "\n").as_bytes())?;
            }
            self.file.sync_data()
        };
        write().map_err(|error: std::io::Error| failed(&self.path, &error))
    }

    /// There is nothing left to do. The file stays, empty: whoever waits for its lock has it open.
    pub(super) fn end(&self) -> Result<(), HsmError> {
        self.file.set_len(0).map_err(|error| failed(&self.path, &error))
    }
}

/// Says that nothing is left of what was begun, once a wait has seen it.
pub(super) fn forget(host: &Host, of: &Unfinished) -> Result<(), HsmError> {
    let path = prepare(host, of)?;
    let ended = open(&path, true).and_then(|file| file.set_len(0));
    ended.map_err(|error| failed(&path, &error))
}

fn read(file: &File) -> std::io::Result<(Option<Unfinished>, HashSet<u64>)> {
    let (mut file, mut header, mut known) = (file, None, HashSet::new());
    file.seek(SeekFrom::Start(0))?;
    let mut lines = BufReader::new(file);
    let mut line = Vec::new();
    while (&mut lines).take(LONGEST_LINE).read_until(b'\n', &mut line)? > 0 {
        if header.is_none() {
            header = serde_json::from_slice(&line).ok();
            if header.is_none() {
                return Ok((None, known));
            }
        } else if let Ok(Line { ask }) = serde_json::from_slice::<Line<String>>(&line) {
            known.extend(ask.iter().map(|key| hash(key)));
        }
        line.clear();
    }
    Ok((header, known))
}

/// Opens a journal: no link, and none that others may write to.
fn open(path: &Path, is_made: bool) -> std::io::Result<File> {
    let flags = nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK;
    let mut options = OpenOptions::new();
    options.read(true).append(is_made).create(is_made).mode(0o600).custom_flags(flags);
    let file = options.open(path)?;
    let about = file.metadata()?;
    let is_ours = about.is_file()
        && about.uid() == nix::unistd::geteuid().as_raw()
        && about.mode() & 0o022 == 0;
    if is_ours { Ok(file) } else { Err(std::io::Error::other("it is not a file of our own")) }
}

fn remove_old(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let age = entry.metadata().ok().and_then(|about| about.modified().ok()?.elapsed().ok());
        if age.is_some_and(|age| age > OLDEST) {
            // It is only in the way of a tidy folder.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn hash(key: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

fn failed(file: &Path, error: &std::io::Error) -> HsmError {
    HsmError::Journal { file: file.to_owned(), because: error.to_string() }
}

/// What a run is about to begin.
pub(super) fn of_now(verb: Verb, path: &Path, source: &str) -> Unfinished {
    let (path, source) = (path.to_owned(), source.to_owned());
    Unfinished { verb, path, source, began: unix_seconds() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fsxlustre_mount::host::Paths;

    fn host(folder: &Path) -> Host {
        let paths = Paths { data: folder.to_owned(), ..Paths::default() };
        Host { paths, ..Host::default() }
    }

    fn keys(keys: &[&str]) -> Vec<String> {
        keys.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_was_asked_is_known_to_the_next_run() {
        let folder = tempfile::tempdir().expect("folder");
        let host = host(folder.path());
        let of = of_now(Verb::Restore, Path::new("/fsx/a"), "10.0.0.1@tcp:/abc");
        let path = prepare(&host, &of).expect("a place");
        let mut journal = Journal::begin(path.clone(), &of).expect("begun");
        assert_eq!(journal.known(), 0);
        journal.about_to_ask(&keys(&["[0x1:0x2:0x0]", "a\nb"])).expect("written");
        // Killed in the middle of a line.
        journal.file.write_all(b"{\"ask\":[\"tor").expect("written");
        drop(journal);
        assert_eq!(unfinished(&host).expect("read")[0].path, Path::new("/fsx/a"));
        let mut journal = Journal::begin(path.clone(), &of).expect("begun again");
        assert!(journal.knows("a\nb") && journal.knows("[0x1:0x2:0x0]") && !journal.knows("tor"));
        journal.about_to_ask(&keys(&["c"])).expect("written");
        drop(journal);
        let journal = Journal::begin(path.clone(), &of).expect("begun again");
        assert_eq!(journal.known(), 3);
        journal.end().expect("ended");
        assert_eq!(unfinished(&host).expect("read"), []);
        assert_eq!(Journal::begin(path, &of).expect("anew").known(), 0);
    }

    #[test]
    fn each_mount_path_and_verb_has_its_own() {
        let folder = tempfile::tempdir().expect("folder");
        let host = host(folder.path());
        let all = [
            of_now(Verb::Restore, Path::new("/fsx/a"), "10.0.0.1@tcp:/abc"),
            of_now(Verb::Restore, Path::new("/fsx/a"), "10.0.0.2@tcp:/abc"),
            of_now(Verb::Restore, Path::new("/fsx/b"), "10.0.0.1@tcp:/abc"),
            of_now(Verb::Release, Path::new("/fsx/a"), "10.0.0.1@tcp:/abc"),
        ];
        let paths: HashSet<_> = all.iter().map(|of| prepare(&host, of).expect("place")).collect();
        assert_eq!(paths.len(), 4);
        for path in &paths {
            assert_eq!(std::fs::metadata(path).expect("there").mode() & 0o7777, 0o600);
        }
        let folder = std::fs::metadata(folder.path().join("hsm")).expect("there");
        assert_eq!(folder.mode() & 0o7777, 0o700);
    }

    #[test]
    fn a_link_is_no_journal() {
        let folder = tempfile::tempdir().expect("folder");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/etc/passwd", &link).expect("link");
        assert!(open(&link, true).is_err());
    }
}
