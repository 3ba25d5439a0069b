//! The names of a file system, all that a mount needs and all that never changes.

use crate::file_system::FileSystem;
use crate::source::{Device, Source, is_file_system_id};
use serde::{Deserialize, Serialize};

/// What is kept of an answer: no lifecycle and no version, which change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// `fs-` and hexadecimal digits.
    pub id: String,
    /// DNS name of its management server.
    pub dns_name: String,
    /// Lustre's name of it.
    pub mount_name: String,
    /// Its AWS Region, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

impl Names {
    /// Those of a file system that the API described; `None` where they do not fit their grammar.
    pub fn of(found: &FileSystem) -> Option<Self> {
        let names = Self {
            id: found.id.clone(),
            dns_name: found.dns_name.clone(),
            mount_name: found.mount_name.clone(),
            region: Some(found.region.clone()).filter(|region| !region.is_empty()),
        };
        names.device(None).map(|_| names)
    }

    /// The Lustre device; `None` where a name does not fit its grammar, as in a foreign file.
    pub fn device(&self, subdir: Option<&str>) -> Option<Device> {
        let device = Device {
            servers: format!("{}@tcp", self.dns_name),
            fsname: self.mount_name.clone(),
            subdir: subdir.map(str::to_owned),
        };
        let is_plain = Device::parse(&device.to_string()).as_ref() == Some(&device);
        (is_plain && is_file_system_id(&self.id)).then_some(device)
    }
}

/// What an answer is kept under: the source without its sub-directory, and all that decides which
/// file system it names, so that no answer serves another question.
pub fn look_up_key(source: &Source, region: Option<&str>, prefer: Option<&str>) -> String {
    let source = match source {
        Source::Id { id, .. } => return id.clone(),
        other => other.to_string(),
    };
    let more = [("region", region), ("prefer", prefer)];
    more.iter()
        .filter_map(|(word, value)| Some((word, (*value)?)))
        .fold(source, |key, (word, value)| format!("{key} {word}={value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_choose_another_path_make_no_device() {
        let names = |dns_name: &str, mount_name: &str| Names {
            id: "fs-0123456789abcdef0".into(),
            dns_name: dns_name.into(),
            mount_name: mount_name.into(),
            region: None,
        };
        let device = names("a.example", "abcdefgh").device(Some("/x")).expect("fits");
        assert_eq!(device.to_string(), "a.example@tcp:/abcdefgh/x");
        for (dns_name, mount_name) in
            [("a.example", "a/b"), ("", "abcdefgh"), ("a:/b", "c"), ("a.example", "")]
        {
            assert_eq!(names(dns_name, mount_name).device(None), None, "{dns_name} {mount_name}");
        }
        let odd = Names { id: "../x".into(), ..names("a.example", "abcdefgh") };
        assert_eq!(odd.device(None), None);
    }

    #[test]
    fn questions_with_another_answer_have_another_key() {
        let source = |text| Source::parse(text).expect("a source");
        let tags = source("name:scratch");
        assert_eq!(look_up_key(&tags, None, None), "tag:Name:scratch");
        let keys = [
            look_up_key(&tags, Some("eu-west-1"), None),
            look_up_key(&tags, None, Some("newest")),
            look_up_key(&tags, None, None),
        ];
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
        let id = look_up_key(&source("fs-0123456789abcdef0:/sub"), Some("eu-west-1"), None);
        assert_eq!(id, "fs-0123456789abcdef0");
    }
}
