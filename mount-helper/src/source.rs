//! The grammar of a mount source.
//!
//! | source | means |
//! |---|---|
//! | `fs-0123456789abcdef0`, `fs-0123456789abcdef0:/sub/dir` | by id |
//! | `tag:Project:genomics,Environment:prod` | the one file system with all of these tags |
//! | `name:scratch` | short for `tag:Name:scratch` |
//! | `HOST@tcp:/NAME[/sub]`, `a@tcp:b@tcp:/NAME` | a Lustre device, used as it is |
//!
//! No form has an `=`, which libmount would read as a tag of its own. In tags every byte outside
//! `A-Za-z0-9._-` is percent-encoded; a value may be empty.

use crate::failure::{Code, Explain, one_line};
use crate::host::Mount;
use std::fmt;

/// The longest source that is looked at: a page, as for mount(2).
const LONGEST_SOURCE: usize = 4096;
/// AWS's own limits for a tag, in characters.
const LONGEST_TAG_KEY: usize = 128;
const LONGEST_TAG_VALUE: usize = 256;
/// AWS's own limit of tags on one resource.
const MOST_TAGS: usize = 50;
/// The name that every SCRATCH_1 file system has.
pub const SCRATCH_1_NAME: &str = "fsx";
/// How much of the servers' names is enough: the key becomes the name of a file.
const LONGEST_KEY: usize = 150;
/// Lustre's limit for a file system's name.
const LONGEST_FSNAME: usize = 8;

/// One tag, decoded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Tag {
    /// The key, 1 to 128 characters.
    pub key: String,
    /// The value, up to 256 characters, maybe empty.
    pub value: String,
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key, self.value)
    }
}

/// A Lustre device: `MGSNODE[:MGSNODE…]:/FSNAME[/SUBDIR]`, MGSNODE = `NID[,NID…]`.
///
/// *Source*: mount.lustre(8), Lustre 2.10 to 2.17.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The servers' part as it was given, several MGS nodes joined by `:` and NIDs by `,`.
    pub servers: String,
    /// The file system's name on its servers; FSx calls it the mount name.
    pub fsname: String,
    /// The sub-directory that is mounted, with its leading `/`.
    pub subdir: Option<String>,
}

impl Device {
    /// Parses a device as mountinfo or a person writes it.
    pub fn parse(text: &str) -> Option<Self> {
        let (servers, path) = text.split_once(":/")?;
        let path = path.trim_end_matches('/');
        let (fsname, subdir) = match path.split_once('/') {
            Some((fsname, rest)) => (fsname, Some(format!("/{rest}"))),
            None => (path, None),
        };
        let nids_fit = !servers.is_empty() && servers.split([':', ',']).all(is_nid);
        let subdir_fits = subdir.as_deref().is_none_or(|path| check_subdir(path).is_ok());
        (nids_fit && is_fsname(fsname) && subdir_fits).then(|| Self {
            servers: servers.to_owned(),
            fsname: fsname.to_owned(),
            subdir,
        })
    }

    /// The device that a mount shows, the directory that a bind mount is of included: mountinfo has
    /// the directory of a bind mount in its root field, and that of a mount of its own in the
    /// source.
    pub fn shown_by(mount: &Mount) -> Option<Self> {
        let mut device = Self::parse(&mount.source)?;
        let below = mount.root.trim_end_matches('/');
        if !below.is_empty() {
            device.subdir = Some(device.subdir.unwrap_or_default() + below);
        }
        Some(device)
    }

    /// What is left of another device's directory below this one's, when both are of one name:
    /// empty when they are the same, `None` when it is not below.
    pub fn rest_of(&self, other: &Self) -> Option<String> {
        let own = self.subdir.as_deref().unwrap_or_default();
        let rest = other.subdir.as_deref().unwrap_or_default().strip_prefix(own)?;
        let is_below = rest.is_empty() || rest.starts_with('/');
        (self.fsname == other.fsname && is_below).then(|| rest.to_owned())
    }

    /// What tells this file system from others on a node: Lustre's name of it, and the servers too
    /// where the name does not tell, since every SCRATCH_1 file system has the same.
    pub fn key(&self) -> String {
        if self.fsname == SCRATCH_1_NAME {
            let servers: String = encode(&self.servers).chars().take(LONGEST_KEY).collect();
            format!("{}.{servers}", self.fsname)
        } else {
            self.fsname.clone()
        }
    }

    /// The servers' NIDs or host names with their networks, each with `@tcp` where none was given.
    pub fn nids(&self) -> impl Iterator<Item = (&str, &str)> {
        self.servers.split([':', ',']).map(|nid| nid.split_once('@').unwrap_or((nid, "tcp")))
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subdir = self.subdir.as_deref().unwrap_or_default();
        write!(f, "{}:/{}{subdir}", self.servers, self.fsname)
    }
}

/// What a source asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file system by its id, maybe one of its directories.
    Id {
        /// `fs-` and 8 to 17 hexadecimal digits.
        id: String,
        /// The sub-directory, with its leading `/`.
        subdir: Option<String>,
    },
    /// The one file system that carries all of these tags.
    Tags(Vec<Tag>),
    /// A Lustre device.
    Device(Device),
}

/// A source that is none of the forms.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a source that fsxlustre knows")]
pub struct SourceError {
    text: String,
    because: String,
}

impl SourceError {
    fn new(text: &str, because: impl Into<String>) -> Self {
        Self { text: text.to_owned(), because: because.into() }
    }
}

impl Explain for SourceError {
    fn code(&self) -> Code {
        Code::SourceForm
    }
    fn asked(&self) -> String {
        let short: String = self.text.chars().take(200).collect();
        format!("read the source '{}'", one_line(&short))
    }
    fn because(&self) -> String {
        self.because.clone()
    }
    fn remedy(&self) -> String {
        "write fs-0123456789abcdef0, tag:Key:Value[,Key:Value…], name:NAME, or a Lustre device \
         such as HOST@tcp:/MOUNTNAME"
            .into()
    }
}

impl Source {
    /// Parses a source.
    ///
    /// # Errors
    /// [`SourceError`] names what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        let wrong = |because: &str| Err(SourceError::new(text, because));
        if text.is_empty() {
            return wrong("it is empty");
        }
        if text.len() > LONGEST_SOURCE {
            return wrong("it is longer than 4096 bytes");
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return wrong("it has a space or a control character; encode it as %20 and the like");
        }
        if text.starts_with('/') {
            return wrong(
                "it is a path; mount(8) makes one of a source when a file of that name is in the \
                 current folder",
            );
        }
        if let Some(tags) = text.strip_prefix("tag:") {
            return parse_tags(text, tags).map(Self::Tags);
        }
        if let Some(value) = text.strip_prefix("name:") {
            let value = decode(text, value)?;
            return check_tag(text, Tag { key: "Name".into(), value })
                .map(|tag| Self::Tags(vec![tag]));
        }
        if text.starts_with("fs-") && !text.contains('@') && !text.contains(".fsx.") {
            return parse_id(text);
        }
        match Device::parse(text) {
            Some(device) => Ok(Self::Device(device)),
            None if text.contains('=') => wrong("tags are written tag:Key:Value, without '='"),
            None => wrong("it has none of the known forms"),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id { id, subdir: None } => f.write_str(id),
            Self::Id { id, subdir: Some(subdir) } => write!(f, "{id}:{subdir}"),
            Self::Device(device) => device.fmt(f),
            Self::Tags(tags) => {
                f.write_str("tag:")?;
                for (index, tag) in tags.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{}:{}", encode(&tag.key), encode(&tag.value))?;
                }
                Ok(())
            }
        }
    }
}

fn parse_id(text: &str) -> Result<Source, SourceError> {
    let (id, subdir) = match text.split_once(':') {
        Some((id, path)) => (id, Some(path.trim_end_matches('/')).filter(|path| !path.is_empty())),
        None => (text, None),
    };
    if !is_file_system_id(id) {
        return Err(SourceError::new(text, "an id is fs- and 8 to 17 digits of 0-9a-f"));
    }
    if let Some(path) = subdir {
        check_subdir(path).map_err(|because| SourceError::new(text, because))?;
    }
    Ok(Source::Id { id: id.to_owned(), subdir: subdir.map(str::to_owned) })
}

/// Whether this is the id of a file system: `fs-` and 8 to 17 hexadecimal digits.
pub fn is_file_system_id(text: &str) -> bool {
    text.strip_prefix("fs-").is_some_and(|digits| {
        (8..=17).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

/// Checks a sub-directory: absolute, no `.` or `..`, no empty part, no control character.
///
/// # Errors
/// What is wrong with it.
pub fn check_subdir(path: &str) -> Result<(), &'static str> {
    let Some(inner) = path.strip_prefix('/') else {
        return Err("a sub-directory begins with '/'");
    };
    if inner.is_empty() {
        return Err("a sub-directory is not only '/'");
    }
    if inner.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
        return Err("a sub-directory has no empty part, '.' or '..'");
    }
    if path.chars().any(|c| c.is_control() || c == ',') {
        return Err("a sub-directory has no control character and no comma");
    }
    Ok(())
}

fn is_fsname(text: &str) -> bool {
    (1..=LONGEST_FSNAME).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// `HOST[@NET[NUMBER]]`, HOST an address or a DNS name.
fn is_nid(text: &str) -> bool {
    let (host, network) = text.split_once('@').unwrap_or((text, "tcp"));
    let host_fits = !host.is_empty()
        && !host.starts_with('-')
        && host.len() <= 253
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    // What has only digits and dots is meant as an address, and no DNS name ends so.
    let is_numeric = host.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let host_fits = host_fits && (!is_numeric || host.parse::<std::net::Ipv4Addr>().is_ok());
    let letters = network.trim_end_matches(|c: char| c.is_ascii_digit());
    host_fits && matches!(letters, "tcp" | "o2ib" | "efa" | "kfi" | "gni")
}

fn parse_tags(text: &str, tags: &str) -> Result<Vec<Tag>, SourceError> {
    let mut parsed: Vec<Tag> = Vec::new();
    for pair in tags.split(',') {
        let Some((key, value)) = pair.split_once(':') else {
            return Err(SourceError::new(text, format!("'{pair}' is not Key:Value")));
        };
        let tag = Tag { key: decode(text, key)?, value: decode(text, value)? };
        let tag = check_tag(text, tag)?;
        if parsed.iter().any(|other| other.key == tag.key) {
            return Err(SourceError::new(text, format!("the key '{}' stands twice", tag.key)));
        }
        parsed.push(tag);
    }
    if parsed.len() > MOST_TAGS {
        return Err(SourceError::new(text, "a resource has at most 50 tags"));
    }
    Ok(parsed)
}

fn check_tag(text: &str, tag: Tag) -> Result<Tag, SourceError> {
    let wrong = |because: &str| Err(SourceError::new(text, because));
    match (tag.key.chars().count(), tag.value.chars().count()) {
        (0, _) => wrong("a tag's key is empty"),
        (key, _) if key > LONGEST_TAG_KEY => wrong("a tag's key is longer than 128 characters"),
        (_, value) if value > LONGEST_TAG_VALUE => {
            wrong("a tag's value is longer than 256 characters")
        }
        _ if tag.key.chars().chain(tag.value.chars()).any(char::is_control) => {
            wrong("a tag has a control character")
        }
        _ => Ok(tag),
    }
}

fn decode(text: &str, encoded: &str) -> Result<String, SourceError> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
            let byte = digits
                .filter(|two| two.bytes().all(|b| b.is_ascii_hexdigit()))
                .and_then(|two| u8::from_str_radix(two, 16).ok());
            let Some(byte) = byte else {
                return Err(SourceError::new(text, "a '%' is not followed by two digits 0-9A-F"));
            };
            bytes.push(byte);
            rest = after.get(2..).unwrap_or_default();
        } else if is_plain(first) {
            bytes.push(first);
            rest = after;
        } else {
            let because = format!(
                "'{}' in a tag is written %{first:02X}",
                char::from(first).escape_default()
            );
            return Err(SourceError::new(text, because));
        }
    }
    String::from_utf8(bytes).map_err(|_| SourceError::new(text, "a tag is not UTF-8"))
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

/// Encodes a tag's key or value as a source has it.
pub fn encode(plain: &str) -> String {
    let mut text = String::with_capacity(plain.len());
    for byte in plain.bytes() {
        if is_plain(byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.extend([byte >> 4, byte & 0xf].map(hex_digit));
        }
    }
    text
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).unwrap_or('0').to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_written_back() {
        for text in [
            "fs-0123456789abcdef0",
            "fs-01234567",
            "fs-0123456789abcdef0:/sub/dir",
            "tag:Project:genomics",
            "tag:Project:genomics,Environment:prod",
            "tag:a%3Ab:%C3%A9%20%2C",
            "tag:Empty:",
            "10.0.0.5@tcp:/abcdefgh",
            "a@tcp:b@tcp:/name/sub",
            "a@tcp,b@tcp:/name",
            "10.0.0.5@o2ib1:/name",
            "fs-0123456789abcdef0.fsx.us-east-1.amazonaws.com@tcp:/fsx/x",
        ] {
            let source = Source::parse(text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
            assert_eq!(source.to_string(), text);
        }
        assert_eq!(Source::parse("name:scratch"), Source::parse("tag:Name:scratch"));
    }

    #[test]
    fn what_is_no_source_is_refused_with_a_reason() {
        for (text, reason) in [
            ("", "empty"),
            ("/dev/nvme0n1", "a path"),
            ("fs-xyz", "8 to 17"),
            ("fs-0123456789abcdef0:sub", "begins with '/'"),
            ("fs-0123456789abcdef0:/a/../b", "'..'"),
            ("tag:Project", "not Key:Value"),
            ("tag:Project:a=b", "%3D"),
            ("tag::x", "key is empty"),
            ("tag:K:%zz", "two digits"),
            ("tag:K:a,K:b", "twice"),
            ("tag.Project=x", "without '='"),
            ("scratch", "none of the known forms"),
            ("10.0.0.5@tcp:/toolongname", "none of the known forms"),
            ("10.0.0.5@foo:/name", "none of the known forms"),
            ("999.1.1.1@tcp:/name", "none of the known forms"),
            ("-o@tcp:/name", "none of the known forms"),
            ("tag:K:a b", "space"),
        ] {
            let error = Source::parse(text).expect_err(text);
            assert!(error.because().contains(reason), "{text}: {}", error.because());
            assert!(error.asked().contains(text), "{text}: {}", error.asked());
        }
    }

    #[test]
    fn a_device_of_mountinfo_is_read() {
        let device = Device::parse("192.168.77.10@tcp:/p7lsxbev/io").expect("a device");
        assert_eq!(device.fsname, "p7lsxbev");
        assert_eq!(device.subdir.as_deref(), Some("/io"));
        assert_eq!(device.nids().collect::<Vec<_>>(), [("192.168.77.10", "tcp")]);
    }

    #[test]
    fn a_directory_below_another_is_told_by_the_rest() {
        let device = |text| Device::parse(text).expect(text);
        let (all, one) = (device("a@tcp:/fs"), device("a@tcp:/fs/x"));
        assert_eq!(all.rest_of(&one).as_deref(), Some("/x"));
        assert_eq!(one.rest_of(&one).as_deref(), Some(""));
        assert_eq!(one.rest_of(&all), None);
        assert_eq!(one.rest_of(&device("a@tcp:/fs/xy")), None);
        assert_eq!(all.rest_of(&device("a@tcp:/other")), None);
    }
}
