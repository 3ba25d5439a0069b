//! One file as it was seen.

use super::fid::Fid;
use super::state::{Going, HsmState};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

/// A path below the one that was asked about; any bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileName(pub PathBuf);

impl FileName {
    /// Its whole path.
    pub fn below(&self, top: &Path) -> PathBuf {
        if self.0.as_os_str().is_empty() { top.to_owned() } else { top.join(&self.0) }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written<'a> {
    Text(std::borrow::Cow<'a, str>),
    Bytes(Vec<u8>),
}

impl Serialize for FileName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = match self.0.to_str() {
            Some(text) => Written::Text(text.into()),
            None => Written::Bytes(self.0.as_os_str().as_bytes().to_vec()),
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for FileName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Written::deserialize(deserializer)? {
            Written::Text(text) => text.into_owned().into(),
            Written::Bytes(bytes) => OsString::from_vec(bytes).into(),
        }))
    }
}

/// A regular file, and what could be learned of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSeen {
    /// Its path below the one that was asked about.
    pub name: FileName,
    /// Its size, bytes, whether they are here or not.
    pub bytes: u64,
    /// Its FID, where the client tells it.
    pub fid: Option<Fid>,
    /// Its state, or why it is not known.
    pub state: Result<HsmState, String>,
    /// What is going on with it.
    pub going: Going,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_bytes_come_back() {
        for bytes in [b"a/b c".as_slice(), b"", b"\xff\n\"", "\u{e9}".as_bytes()] {
            let name = FileName(OsString::from_vec(bytes.to_vec()).into());
            let text = serde_json::to_string(&name).expect("JSON");
            assert!(!text.contains('\n'), "{text}");
            assert_eq!(serde_json::from_str::<FileName>(&text).expect("a name"), name);
        }
    }
}
