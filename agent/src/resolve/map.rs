//! The static map as a head node writes it.

use fsxlustre_mount::answer::MapEntry;
use fsxlustre_mount::file_system::FileSystem;
use serde::Serialize;

const HEADER: &str = "# [[filesystem]] entries by `fsxlustre resolve --export-map`.\n\
                      # Nodes that have them in /etc/fsxlustre/fsxlustre.d mount these without any call \
                      to AWS.\n";

#[derive(Serialize)]
struct Map {
    filesystem: Vec<MapEntry>,
}

/// The text of a configuration file with an entry for each file system, by its id.
pub fn map_of(found: &[FileSystem]) -> String {
    let mut filesystem: Vec<MapEntry> = found.iter().map(entry).collect();
    filesystem.sort_by(|one, other| one.id.cmp(&other.id));
    filesystem.dedup_by(|one, other| one.id == other.id);
    if filesystem.is_empty() {
        return format!("{HEADER}# There is no file system that can be mounted.\n");
    }
    // Texts and tables of texts are always TOML.
    let entries = toml::to_string(&Map { filesystem }).unwrap_or_default();
    format!("{HEADER}\n{entries}")
}

fn entry(found: &FileSystem) -> MapEntry {
    MapEntry {
        id: found.id.clone(),
        device: found.device(None).to_string(),
        name: None,
        region: Some(found.region.clone()).filter(|region| !region.is_empty()),
        tags: found.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fsxlustre_mount::source::{Source, Tag};

    #[derive(serde::Deserialize)]
    struct Read {
        filesystem: Vec<MapEntry>,
    }

    #[test]
    fn what_is_written_is_read_and_answers() {
        let tag = |key: &str, value: &str| Tag { key: key.into(), value: value.into() };
        let made = |id: &str, tags: Vec<Tag>| FileSystem {
            id: id.into(),
            dns_name: format!("{id}.fsx.us-east-1.amazonaws.com"),
            mount_name: "abcdefgh".into(),
            lifecycle: "AVAILABLE".into(),
            region: "us-east-1".into(),
            tags,
            ..FileSystem::default()
        };
        let odd = "a \"quoted\" \\ value = [x] # y";
        let text = map_of(&[
            made("fs-89abcdef", vec![]),
            made("fs-01234567", vec![tag("Name", "scratch"), tag("a.b c", odd)]),
        ]);
        let read: Read = toml::from_str(&text).expect("TOML");
        assert_eq!(read.filesystem.len(), 2);
        assert!(read.filesystem.iter().all(|entry| entry.check().is_ok()), "{text}");
        let source = Source::Tags(vec![tag("a.b c", odd)]);
        let found = MapEntry::find(&read.filesystem, &source, None).expect("one").expect("there");
        assert_eq!(found.id, "fs-01234567");
        let named = Source::parse("name:scratch").expect("a source");
        assert!(MapEntry::find(&read.filesystem, &named, None).expect("one").is_some());
        assert!(toml::from_str::<toml::Table>(&map_of(&[])).expect("TOML").is_empty());
    }
}
