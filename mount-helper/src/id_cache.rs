//! What the API answered before.
//!
//! Ids: their DNS name and mount name never change, so a node mounts without the API what it has
//! looked up before. One small file an id in `/var/cache/fsxlustre/ids`. The lifecycle is not kept:
//! it changes.
//!
//! Tags: which id carried them last, in `/var/cache/fsxlustre/tags`, only to tell an administrator
//! that they have come to name another file system.

use crate::file_system::FileSystem;
use crate::host::{Host, read_state, unix_seconds, write_state};
use crate::record::MountRecord;
use crate::source::{Device, Source, is_file_system_id};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Entry {
    format: u32,
    id: String,
    dns_name: String,
    mount_name: String,
    written_unix_seconds: u64,
}

fn path(host: &Host, id: &str) -> PathBuf {
    host.paths.cache.join("ids").join(format!("{id}.json"))
}

/// The device of an id that was looked up before. A file that is torn or foreign counts as none.
pub fn device_of(host: &Host, id: &str, subdir: Option<&str>) -> Option<Device> {
    if !is_file_system_id(id) {
        return None;
    }
    let entry: Entry = read_state(&path(host, id)).ok()??;
    let subdir = subdir.unwrap_or_default();
    let device = Device::parse(&format!("{}@tcp:/{}{subdir}", entry.dns_name, entry.mount_name))?;
    (entry.format == FORMAT && entry.id == id).then_some(device)
}

/// Keeps what was looked up. A cache that cannot be written costs a call to the API next time, and
/// nothing else.
pub fn keep(host: &Host, found: &FileSystem) {
    if !is_file_system_id(&found.id) {
        return;
    }
    let entry = Entry {
        format: FORMAT,
        id: found.id.clone(),
        dns_name: found.dns_name.clone(),
        mount_name: found.mount_name.clone(),
        written_unix_seconds: unix_seconds(),
    };
    let _ = write_state(&path(host, &found.id), &entry);
}

/// Which file system carried the tags of a source when the API was asked last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagAnswer {
    format: u32,
    source: String,
    /// The file system's id.
    pub file_system_id: String,
    /// When the API was asked, seconds since 1970 UTC.
    pub asked_unix_seconds: u64,
}

fn tag_path(host: &Host, source: &str) -> PathBuf {
    let name = MountRecord::name(Path::new(source));
    host.paths.cache.join("tags").join(format!("{name}.json"))
}

/// Keeps the answer for a source of tags.
pub fn keep_tag_answer(host: &Host, source: &Source, found: &FileSystem) {
    if !matches!(source, Source::Tags(_)) {
        return;
    }
    let source = source.to_string();
    let path = tag_path(host, &source);
    let answer = TagAnswer {
        format: FORMAT,
        source,
        file_system_id: found.id.clone(),
        asked_unix_seconds: unix_seconds(),
    };
    let _ = write_state(&path, &answer);
}

/// The last answer for a source; `None` when there is none, or none that can be read.
pub fn tag_answer(host: &Host, source: &str) -> Option<TagAnswer> {
    let source = Source::parse(source).ok()?.to_string();
    let answer: TagAnswer = read_state(&tag_path(host, &source)).ok()??;
    (answer.format == FORMAT && answer.source == source).then_some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_known_and_rubbish_is_not() {
        let folder = tempfile::tempdir().expect("folder");
        let mut host = Host::default();
        host.paths.cache = folder.path().to_owned();
        let id = "fs-0123456789abcdef0";
        assert_eq!(device_of(&host, id, None), None);
        let found: FileSystem = serde_json::from_value(serde_json::json!({
            "id": id, "dns_name": "a.example", "mount_name": "abcdefgh",
            "lifecycle": "AVAILABLE", "region": "us-east-1"
        }))
        .expect("fits");
        keep(&host, &found);
        let device = device_of(&host, id, Some("/x")).expect("known");
        assert_eq!(device.to_string(), "a.example@tcp:/abcdefgh/x");
        std::fs::write(path(&host, id), "{\"format\":1").expect("torn");
        assert_eq!(device_of(&host, id, None), None);
        assert_eq!(device_of(&host, "../x", None), None);
    }

    #[test]
    fn the_last_answer_for_tags_is_known_by_either_spelling() {
        let folder = tempfile::tempdir().expect("folder");
        let mut host = Host::default();
        host.paths.cache = folder.path().to_owned();
        let found: FileSystem = serde_json::from_value(serde_json::json!({
            "id": "fs-0123456789abcdef0", "dns_name": "a.example", "mount_name": "abcdefgh",
            "lifecycle": "AVAILABLE", "region": "us-east-1"
        }))
        .expect("fits");
        let source = |text| Source::parse(text).expect("a source");
        keep_tag_answer(&host, &source("name:scratch"), &found);
        keep_tag_answer(&host, &source("fs-0123456789abcdef0"), &found);
        let answer = tag_answer(&host, "tag:Name:scratch").expect("known");
        assert_eq!(answer.file_system_id, found.id);
        assert_eq!(tag_answer(&host, "tag:Name:other"), None);
        assert_eq!(tag_answer(&host, "fs-0123456789abcdef0"), None);
    }
}
