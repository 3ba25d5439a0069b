//! Ids whose DNS name and mount name are known: they never change for an id.
//!
//! One small file an id in `/var/cache/fsxlustre/ids`, so that a node mounts without the API when it
//! has done so before. The lifecycle is not kept: it changes.

use crate::file_system::FileSystem;
use crate::host::{Host, read_state, unix_seconds, write_state};
use crate::source::{Device, is_file_system_id};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

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
}
