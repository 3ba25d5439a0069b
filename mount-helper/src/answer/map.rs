//! The static map: `[[filesystem]]` entries of the configuration, which answer without any call.

use crate::failure::{Code, Explain};
use crate::source::{Device, Source, Tag, is_file_system_id};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One `[[filesystem]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MapEntry {
    /// `fs-` and hexadecimal digits.
    pub id: String,
    /// The Lustre device of the whole file system.
    pub device: String,
    /// The value of its tag `Name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its AWS Region; a source with another one passes it over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Its tags, as far as sources name them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// The map cannot answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// Several entries carry the tags.
    #[error("more than one entry of the map carries these tags")]
    Several {
        /// The source.
        source_text: String,
        /// The ids of the entries.
        ids: Vec<String>,
    },
}

impl Explain for MapError {
    fn code(&self) -> Code {
        Code::TagAmbiguous
    }
    fn asked(&self) -> String {
        let Self::Several { source_text, .. } = self;
        format!("find {source_text} in the [[filesystem]] entries of the configuration")
    }
    fn because(&self) -> String {
        let Self::Several { ids, .. } = self;
        format!("these entries carry the tags: {}", ids.join(", "))
    }
    fn remedy(&self) -> String {
        "name one more tag that only one of them has, or its id; or correct [[filesystem]]".into()
    }
}

impl MapEntry {
    /// Looks whether it can be mounted.
    ///
    /// # Errors
    /// What does not fit, with the entry's id.
    pub fn check(&self) -> Result<(), String> {
        if !is_file_system_id(&self.id) {
            return Err(format!("filesystem: id '{}' is not fs- and 8 to 17 digits", self.id));
        }
        match Device::parse(&self.device) {
            Some(Device { subdir: None, servers, .. }) if is_one_host(&servers) => Ok(()),
            Some(Device { subdir: None, .. }) => {
                Err(format!("filesystem {}: device is not of one HOST@tcp", self.id))
            }
            Some(_) => Err(format!("filesystem {}: device has a sub-directory", self.id)),
            None => Err(format!("filesystem {}: device is not HOST@tcp:/MOUNTNAME", self.id)),
        }
    }

    /// Its device, with a sub-directory if one is wanted.
    pub fn device(&self, subdir: Option<&str>) -> Option<Device> {
        let device = Device::parse(&self.device)?;
        Some(Device { subdir: subdir.map(str::to_owned), ..device })
    }

    fn carries(&self, tag: &Tag) -> bool {
        let by_name = tag.key == "Name" && self.name.as_ref() == Some(&tag.value);
        by_name || self.tags.get(&tag.key) == Some(&tag.value)
    }

    fn answers(&self, source: &Source, region: Option<&str>) -> bool {
        let is_there = match (region, self.region.as_deref()) {
            (Some(wanted), Some(own)) => wanted == own,
            _ => true,
        };
        is_there
            && match source {
                Source::Id { id, .. } => *id == self.id,
                Source::Tags(tags) => tags.iter().all(|tag| self.carries(tag)),
                Source::Device(_) => false,
            }
    }

    /// The entry that answers.
    ///
    /// # Errors
    /// [`MapError::Several`]: then nothing may be guessed.
    pub fn find<'m>(
        map: &'m [Self],
        source: &Source,
        region: Option<&str>,
    ) -> Result<Option<&'m Self>, MapError> {
        let mut found: Vec<&Self> =
            map.iter().filter(|entry| entry.answers(source, region)).collect();
        // A drop-in may say the same once more.
        found.dedup_by(|one, other| one.id == other.id && one.device == other.device);
        match found.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            several => Err(MapError::Several {
                source_text: source.to_string(),
                ids: several.iter().map(|entry| entry.id.clone()).collect(),
            }),
        }
    }
}

/// FSx names one server of a file system; several would be somebody else's Lustre.
fn is_one_host(servers: &str) -> bool {
    servers.strip_suffix("@tcp").is_some_and(|host| !host.contains([':', ',', '@']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, name: Option<&str>, tags: &[(&str, &str)]) -> MapEntry {
        MapEntry {
            id: id.into(),
            device: format!("{id}.example@tcp:/abcdefgh"),
            name: name.map(str::to_owned),
            tags: tags.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
            region: None,
        }
    }

    fn found(map: &[MapEntry], source: &str) -> Option<String> {
        let source = Source::parse(source).expect("a source");
        MapEntry::find(map, &source, None).expect("not several").map(|entry| entry.id.clone())
    }

    #[test]
    fn all_tags_the_name_or_the_id_find_an_entry() {
        let map = [
            entry("fs-01234567", Some("scratch"), &[("Project", "genomics"), ("Stage", "prod")]),
            entry("fs-89abcdef", None, &[("Project", "genomics"), ("Stage", "test")]),
        ];
        assert_eq!(found(&map, "name:scratch").as_deref(), Some("fs-01234567"));
        assert_eq!(found(&map, "tag:Project:genomics,Stage:test").as_deref(), Some("fs-89abcdef"));
        assert_eq!(found(&map, "fs-89abcdef:/sub").as_deref(), Some("fs-89abcdef"));
        assert_eq!(found(&map, "tag:Project:genomics,Stage:prod,More:x"), None);
        assert_eq!(found(&map, "fs-00000000"), None);
        let both = Source::parse("tag:Project:genomics").expect("a source");
        let error = MapEntry::find(&map, &both, None).expect_err("several");
        assert!(error.because().contains("fs-01234567, fs-89abcdef"), "{}", error.because());
    }

    #[test]
    fn an_entry_of_another_region_is_passed_over() {
        let map = [MapEntry {
            region: Some("eu-west-1".into()),
            ..entry("fs-01234567", Some("scratch"), &[])
        }];
        let source = Source::parse("name:scratch").expect("a source");
        let find = |region| MapEntry::find(&map, &source, region).expect("one").is_some();
        assert_eq!(
            [find(None), find(Some("eu-west-1")), find(Some("us-east-1"))],
            [true, true, false]
        );
    }

    #[test]
    fn an_entry_that_cannot_be_mounted_is_refused_with_its_id() {
        let good = entry("fs-01234567", None, &[]);
        assert_eq!(good.check(), Ok(()));
        let device = good.device(Some("/x")).expect("fits");
        assert_eq!(device.to_string(), "fs-01234567.example@tcp:/abcdefgh/x");
        for (id, device, word) in [
            ("fs-1", "a@tcp:/b", "digits"),
            ("fs-01234567", "a@tcp:/b/c", "sub-directory"),
            ("fs-01234567", "nonsense", "HOST@tcp"),
            ("fs-01234567", "a@tcp:b@tcp:/c", "one HOST"),
        ] {
            let bad = MapEntry { id: id.into(), device: device.into(), ..MapEntry::default() };
            assert!(bad.check().expect_err(id).contains(word), "{id} {device}");
        }
    }
}
