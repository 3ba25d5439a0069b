//! The journal: what was done and what failed, under one identifier and with the code as a field.
//!
//! systemd's native protocol needs one datagram and no library. The socket never blocks; where
//! there is no journal, or it is full, the entry is lost in silence: what a person must know was
//! printed as well.

use crate::failure::Failure;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

/// Where journald listens.
pub const SOCKET: &str = "/run/systemd/journal/socket";
/// `SYSLOG_IDENTIFIER` of every entry: `journalctl -t fsxlustre`.
pub const IDENTIFIER: &str = "fsxlustre";
/// The longest value of a field; what is longer is cut. A datagram holds some 200 KiB.
const LONGEST_VALUE_BYTES: usize = 16 << 10;

/// How urgent an entry is: the numbers of syslog(3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// Something did not work.
    Error,
    /// It worked, and an administrator should know all the same.
    Warning,
    /// Something was done.
    Info,
}

impl Priority {
    const fn number(self) -> &'static str {
        match self {
            Self::Error => "3",
            Self::Warning => "4",
            Self::Info => "6",
        }
    }
}

/// One entry, put together before it is sent.
///
/// | field | value |
/// |---|---|
/// | `MESSAGE` | one line, or the four of a failure |
/// | `PRIORITY` | 3, 4 or 6 |
/// | `SYSLOG_IDENTIFIER` | `fsxlustre` |
/// | `FSXLUSTRE_CODE`, `FSXLUSTRE_CLASS` | of a failure: `FSXL-A201`, `user-can-fix` |
/// | `FSXLUSTRE_DIRECTORY`, `FSXLUSTRE_SOURCE` | what it is about, where that is known |
///
/// *Source*: <https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>; systemd 219 and later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    fields: Vec<(&'static str, String)>,
}

impl Entry {
    /// An entry with a text.
    pub fn new(priority: Priority, message: impl Into<String>) -> Self {
        let fields = vec![
            ("MESSAGE", message.into()),
            ("PRIORITY", priority.number().to_owned()),
            ("SYSLOG_IDENTIFIER", IDENTIFIER.to_owned()),
        ];
        Self { fields }
    }

    /// An entry for a failure: its four lines, its code and class.
    pub fn failure(failure: &Failure) -> Self {
        Self::new(Priority::Error, failure.to_string())
            .with("FSXLUSTRE_CODE", failure.code.to_string())
            .with("FSXLUSTRE_CLASS", failure.code.row().class.word())
    }

    /// The same with one more field. A name is upper-case letters, digits and `_`.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// The same, about a mount.
    #[must_use]
    pub fn about(self, source: &str, directory: &Path) -> Self {
        self.with("FSXLUSTRE_SOURCE", source)
            .with("FSXLUSTRE_DIRECTORY", directory.display().to_string())
    }

    /// Sends it to journald.
    pub fn send(&self) {
        self.send_to(Path::new(SOCKET));
    }

    /// Sends it to a socket.
    pub fn send_to(&self, socket: &Path) {
        let sent = UnixDatagram::unbound().and_then(|sender| {
            sender.set_nonblocking(true)?;
            sender.send_to(&self.datagram(), socket)
        });
        // Nobody is there to be told: see the header of this file.
        drop(sent);
    }

    /// `NAME=value`, or, for a value with a newline, the name, its length and its bytes.
    fn datagram(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (name, value) in &self.fields {
            let value = cut(value);
            bytes.extend_from_slice(name.as_bytes());
            if value.contains('\n') {
                let length = u64::try_from(value.len()).unwrap_or_default();
                bytes.push(b'\n');
                bytes.extend_from_slice(&length.to_le_bytes());
            } else {
                bytes.push(b'=');
            }
            bytes.extend_from_slice(value.as_bytes());
            bytes.push(b'\n');
        }
        bytes
    }
}

/// At most [`LONGEST_VALUE_BYTES`] of it, whole characters.
fn cut(value: &str) -> &str {
    let mut end = value.len().min(LONGEST_VALUE_BYTES);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    value.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Code;
    use std::time::{Duration, Instant};

    fn failure() -> Failure {
        Failure {
            code: Code::TagUnknown,
            what: "no file system carries these tags".into(),
            asked: "x".into(),
            because: "y".into(),
            remedy: "z".into(),
        }
    }

    #[test]
    fn a_listener_gets_the_code_as_a_field_and_the_message_whole() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("socket");
        let journal = UnixDatagram::bind(&path).expect("socket");
        journal.set_read_timeout(Some(Duration::from_secs(5))).expect("timeout");
        Entry::failure(&failure()).about("tag:a:b", Path::new("/mnt/a b")).send_to(&path);
        let mut room = [0; 4096];
        let length = journal.recv(&mut room).expect("a datagram");
        let got = &room[..length];
        let message = failure().to_string();
        let mut wanted = b"MESSAGE\n".to_vec();
        wanted.extend_from_slice(&u64::try_from(message.len()).expect("small").to_le_bytes());
        wanted.extend_from_slice(message.as_bytes());
        wanted.extend_from_slice(
            b"\nPRIORITY=3\nSYSLOG_IDENTIFIER=fsxlustre\nFSXLUSTRE_CODE=FSXL-A201\n\
              FSXLUSTRE_CLASS=user-can-fix\nFSXLUSTRE_SOURCE=tag:a:b\n\
              FSXLUSTRE_DIRECTORY=/mnt/a b\n",
        );
        assert_eq!(String::from_utf8_lossy(got), String::from_utf8_lossy(&wanted));
    }

    #[test]
    fn nobody_waits_for_a_journal_that_is_not_there_or_does_not_read() {
        let folder = tempfile::tempdir().expect("folder");
        let started = Instant::now();
        let entry = Entry::new(Priority::Info, "mounted");
        entry.send_to(&folder.path().join("none"));
        let path = folder.path().join("full");
        let _deaf = UnixDatagram::bind(&path).expect("socket");
        for _ in 0..2000 {
            entry.send_to(&path);
        }
        assert!(started.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        let long = format!("x{}", "é".repeat(LONGEST_VALUE_BYTES));
        assert_eq!(cut(&long).len(), LONGEST_VALUE_BYTES - 1);
        assert_eq!(cut("short"), "short");
    }
}
