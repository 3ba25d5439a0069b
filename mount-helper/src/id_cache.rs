//! What the API answered before, in `/var/cache/fsxlustre`, which is root's only.
//!
//! Ids: their DNS name and mount name never change, so a node mounts without the API what it has
//! looked up before. One small file an id in `ids`. Lifecycle and version are not kept: they change.
//!
//! Tags: which file system carried them last, in `tags`, one small file a question. How old such an
//! answer may be is decided in [`crate::answer`].
//!
//! A file that is torn, foreign, of another layout or not root's counts as none.

use crate::answer::Names;
use crate::file_system::FileSystem;
use crate::host::{
    Host, StateError, read_own_state, remove_state, state_names, unix_seconds, write_state,
};
use crate::record::MountRecord;
use crate::source::{Device, Source, is_file_system_id};
use crate::versions;
use serde::{Deserialize, Serialize};
use std::fs::DirBuilder;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

const FORMAT: u32 = 1;
/// Of answers for tags; the first had no names in it.
const TAG_FORMAT: u32 = 2;
/// How far ahead of our clock an answer may have been written, when the clock was set meanwhile.
const CLOCK_TOLERANCE_SECONDS: u64 = 300;

/// The names of an id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdAnswer {
    format: u32,
    /// The names.
    #[serde(flatten)]
    pub names: Names,
    /// When the API told them, seconds since 1970 UTC.
    pub written_unix_seconds: u64,
}

/// Which file system carried the tags of a source when the API was asked last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagAnswer {
    format: u32,
    /// The question ([`crate::answer::look_up_key`]).
    pub key: String,
    /// What of the configuration decided it ([`Host::asks_as`]).
    #[serde(default)]
    asks_as: String,
    /// The file system that carried them.
    #[serde(flatten)]
    pub names: Names,
    /// When the API was asked, seconds since 1970 UTC.
    pub asked_unix_seconds: u64,
}

/// How long ago that was; `None` when the clock says that it is yet to come, since then nobody
/// knows.
pub fn age_of(asked_unix_seconds: u64) -> Option<Duration> {
    let now = unix_seconds();
    let is_known = asked_unix_seconds <= now.saturating_add(CLOCK_TOLERANCE_SECONDS);
    is_known.then(|| Duration::from_secs(now.saturating_sub(asked_unix_seconds)))
}

fn ids(host: &Host) -> PathBuf {
    host.paths.cache.join("ids")
}

fn tags(host: &Host) -> PathBuf {
    host.paths.cache.join("tags")
}

fn id_path(host: &Host, id: &str) -> PathBuf {
    ids(host).join(format!("{id}.json"))
}

fn tag_path(host: &Host, key: &str) -> PathBuf {
    tags(host).join(format!("{}.json", MountRecord::name(Path::new(key))))
}

/// The names of an id that was looked up before.
pub fn id_answer(host: &Host, id: &str) -> Option<IdAnswer> {
    if !is_file_system_id(id) {
        return None;
    }
    let answer: IdAnswer = read_own_state(&id_path(host, id))?;
    let fits = answer.format == FORMAT && answer.names.id == id;
    (fits && answer.names.device(None).is_some()).then_some(answer)
}

/// The device of an id that was looked up before.
pub fn device_of(host: &Host, id: &str, subdir: Option<&str>) -> Option<Device> {
    id_answer(host, id)?.names.device(subdir)
}

/// The last answer to a question about tags; `None` when there is none that can be used.
pub fn tag_answer(host: &Host, key: &str) -> Option<TagAnswer> {
    let answer: TagAnswer = read_own_state(&tag_path(host, key))?;
    let fits = answer.format == TAG_FORMAT && answer.key == key && answer.asks_as == host.asks_as;
    (fits && answer.names.device(None).is_some()).then_some(answer)
}

/// Keeps what the API said: the names of the id, and for a source of tags which one it was. One that
/// cannot be mounted is not kept, so that the next one to ask is told so too. A cache that cannot be
/// written costs a call to the API next time, and nothing else.
pub fn keep(host: &Host, source: &Source, key: &str, found: &FileSystem) {
    // A kept answer has no version: of one that this client cannot use the API must tell again.
    let is_fit = versions::loaded_client(host)
        .is_none_or(|client| versions::check_fit(&client, found).is_ok());
    let Some(names) = Names::of(found).filter(|_| found.is_usable() && is_fit) else { return };
    make_private(&host.paths.cache);
    let now = unix_seconds();
    let answer = IdAnswer { format: FORMAT, names: names.clone(), written_unix_seconds: now };
    let _ = write_state(&id_path(host, &found.id), &answer);
    if matches!(source, Source::Tags(_)) {
        let answer = TagAnswer {
            format: TAG_FORMAT,
            key: key.to_owned(),
            asks_as: host.asks_as.clone(),
            names,
            asked_unix_seconds: now,
        };
        let _ = write_state(&tag_path(host, key), &answer);
    }
}

/// Forgets which file system tags named.
pub(crate) fn forget_tags(host: &Host, key: &str) {
    // What cannot be removed is refused by its age at last.
    let _ = remove_state(&tag_path(host, key));
}

/// Forgets what was kept of an answer.
pub(crate) fn forget(host: &Host, id: &str, key: Option<&str>) {
    // What cannot be removed is only asked for in vain once more.
    let _ = remove_state(&id_path(host, id));
    let _ = key.map(|key| remove_state(&tag_path(host, key)));
}

/// Root's only, also where an earlier version made it.
fn make_private(folder: &Path) {
    let _ = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    let _ = std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700));
}

/// Everything in the cache that can be used.
///
/// # Errors
/// The folders cannot be listed.
pub fn list(host: &Host) -> Result<(Vec<IdAnswer>, Vec<TagAnswer>), StateError> {
    let read_ids = state_names(&ids(host))?;
    let read_tags = state_names(&tags(host))?;
    let id_of = |name: &String| id_answer(host, name.strip_suffix(".json")?);
    let tags_of = |name: &String| {
        let answer: TagAnswer = read_own_state(&tags(host).join(name))?;
        tag_answer(host, &answer.key)
    };
    Ok((
        read_ids.iter().filter_map(id_of).collect(),
        read_tags.iter().filter_map(tags_of).collect(),
    ))
}

/// Removes every answer, also those that cannot be used; says how many there were.
///
/// # Errors
/// A folder cannot be listed or a file not be removed.
pub fn clear(host: &Host) -> Result<usize, StateError> {
    let mut removed = 0;
    for folder in [ids(host), tags(host)] {
        for name in state_names(&folder)? {
            remove_state(&folder.join(name))?;
            removed += 1;
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::look_up_key;

    const ID: &str = "fs-0123456789abcdef0";

    fn empty() -> (tempfile::TempDir, Host) {
        let folder = tempfile::tempdir().expect("folder");
        let mut host = Host::default();
        host.paths.cache = folder.path().join("cache");
        (folder, host)
    }

    fn found() -> FileSystem {
        serde_json::from_value(serde_json::json!({
            "id": ID, "dns_name": "a.example", "mount_name": "abcdefgh",
            "lifecycle": "AVAILABLE", "lustre_version": "2.15", "region": "us-east-1"
        }))
        .expect("fits")
    }

    fn source(text: &str) -> Source {
        Source::parse(text).expect("a source")
    }

    fn keep_tags(host: &Host, text: &str) -> String {
        let key = look_up_key(&source(text), None, None);
        keep(host, &source(text), &key, &found());
        key
    }

    #[test]
    fn an_id_keeps_its_names_and_neither_lifecycle_nor_version() {
        let (_folder, host) = empty();
        assert_eq!(device_of(&host, ID, None), None);
        keep_tags(&host, ID);
        let device = device_of(&host, ID, Some("/x")).expect("known");
        assert_eq!(device.to_string(), "a.example@tcp:/abcdefgh/x");
        let text = std::fs::read_to_string(id_path(&host, ID)).expect("the file");
        assert!(!text.contains("AVAILABLE") && !text.contains("2.15"), "{text}");
        assert_eq!(device_of(&host, "../x", None), None);
        let mode = std::fs::metadata(&host.paths.cache).expect("folder").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn the_last_answer_for_tags_is_known_by_either_spelling() {
        let (_folder, host) = empty();
        keep_tags(&host, "name:scratch");
        keep_tags(&host, ID);
        let answer = tag_answer(&host, "tag:Name:scratch").expect("known");
        assert_eq!(answer.names.id, ID);
        assert_eq!(tag_answer(&host, "tag:Name:other"), None);
        assert_eq!(tag_answer(&host, ID), None);
        assert_eq!(tag_answer(&host, "tag:Name:scratch region=eu-west-1"), None);
    }

    #[test]
    fn a_file_torn_at_any_byte_counts_as_none() {
        let (_folder, host) = empty();
        let key = keep_tags(&host, "name:scratch");
        for path in [id_path(&host, ID), tag_path(&host, &key)] {
            let whole = std::fs::read(&path).expect("the file");
            // Without the newline at its end it is still whole.
            for end in 0..whole.len() - 1 {
                std::fs::write(&path, whole.get(..end).expect("shorter")).expect("torn");
                let is_of_tags = path.starts_with(tags(&host));
                let read = if is_of_tags {
                    tag_answer(&host, &key).map(|answer| answer.names)
                } else {
                    id_answer(&host, ID).map(|answer| answer.names)
                };
                assert_eq!(read, None, "{} bytes of {}", end, path.display());
            }
        }
    }

    #[test]
    fn what_is_foreign_counts_as_none_and_is_cleared() {
        let (_folder, host) = empty();
        let key = keep_tags(&host, "name:scratch");
        assert_eq!(list(&host).expect("listed").0.len(), 1);
        let path = tag_path(&host, &key);
        let text = std::fs::read_to_string(&path).expect("the file");
        for (was, now) in [
            ("\"format\": 2", "\"format\": 3"),
            ("tag:Name:scratch", "tag:Name:other"),
            ("a.example", "a.example@tcp:/x"),
            ("abcdefgh", "../../etc"),
            ("\"asked_unix_seconds\": ", "\"asked_unix_seconds\": -"),
        ] {
            std::fs::write(&path, text.replace(was, now)).expect("foreign");
            assert_eq!(tag_answer(&host, &key), None, "{now}");
        }
        std::fs::write(&path, &text).expect("ours");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).expect("mode");
        assert_eq!(tag_answer(&host, &key), None, "anybody may have written it");
        std::fs::remove_file(&path).expect("gone");
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
        assert_eq!(tag_answer(&host, &key), None);
        assert_eq!(clear(&host).expect("cleared"), 2);
        assert_eq!(list(&host).expect("listed"), (Vec::new(), Vec::new()));
    }

    #[test]
    fn an_answer_from_the_future_has_no_age() {
        assert_eq!(age_of(unix_seconds() + 3600), None);
        assert!(age_of(unix_seconds() + 5).is_some_and(|age| age.is_zero()));
        assert!(age_of(0).is_some_and(|age| age.as_secs() > 1_000_000));
    }
}
