//! What the kernel logged while something was attempted.
//!
//! *Source*: `/dev/kmsg`, one record a read: `priority,sequence,microseconds,flags;text` and
//! continuation lines that begin with a space (`Documentation/ABI/testing/dev-kmsg`).

use nix::errno::Errno;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

/// Longer than the kernel's longest record.
const LONGEST_RECORD: usize = 8192;
/// More records than a ring of 16 MiB has, which is read from its oldest one on. A read without more to read ends by itself.
const MOST_RECORDS: usize = 500_000;

/// The kernel log from some moment on.
#[derive(Debug)]
pub struct KernelLog {
    file: File,
}

impl KernelLog {
    /// The log from now on; `None` where it cannot be read.
    pub fn from_now_on(path: &Path) -> Option<Self> {
        let mut file =
            OpenOptions::new().read(true).custom_flags(nix::libc::O_NONBLOCK).open(path).ok()?;
        file.seek(SeekFrom::End(0)).ok()?;
        Some(Self { file })
    }

    /// What Lustre and LNet have logged in the time before now; `None` where the log cannot be read.
    ///
    /// A record carries the microseconds since boot, suspension apart (`CLOCK_MONOTONIC`).
    pub fn of_the_last(path: &Path, before_now: Duration) -> Option<Vec<String>> {
        let file =
            OpenOptions::new().read(true).custom_flags(nix::libc::O_NONBLOCK).open(path).ok()?;
        let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).ok()?;
        let since = Duration::from(now).saturating_sub(before_now);
        let text = Self { file }.text();
        let is_since = |line: &&str| logged_at(line).is_none_or(|at| at >= since);
        Some(text.lines().filter(is_since).filter_map(lustre_message).collect())
    }

    /// Every message that the kernel still keeps, with the time since boot; `None` where the log cannot
    /// be read. Never waits.
    pub fn kept(path: &Path) -> Option<Vec<(Option<Duration>, String)>> {
        let file =
            OpenOptions::new().read(true).custom_flags(nix::libc::O_NONBLOCK).open(path).ok()?;
        let text = Self { file }.text();
        Some(text.lines().map(|line| (logged_at(line), message(line).to_owned())).collect())
    }

    /// What Lustre and LNet have logged since; never waits.
    pub fn lustre_lines(&mut self) -> Vec<String> {
        self.text().lines().filter_map(lustre_message).collect()
    }

    fn text(&mut self) -> String {
        let mut text = String::new();
        let mut record = vec![0_u8; LONGEST_RECORD];
        for _ in 0..MOST_RECORDS {
            match self.file.read(&mut record) {
                Ok(0) => break,
                Ok(length) => {
                    text.push_str(&String::from_utf8_lossy(record.get(..length).unwrap_or(&[])));
                }
                // Records were overwritten before they were read; the next one is there.
                Err(error) if error.raw_os_error() == Some(Errno::EPIPE as i32) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        text
    }
}

/// When a record was logged, since boot.
fn logged_at(line: &str) -> Option<Duration> {
    let (prefix, _) = line.split_once(';')?;
    prefix.split(',').nth(2)?.parse().ok().map(Duration::from_micros)
}

/// The text of a line without its prefix.
fn message(line: &str) -> &str {
    let text = line.split_once(';').map_or(line, |(_, text)| text);
    text.split_once("] ").filter(|_| text.starts_with('[')).map_or(text, |(_, t)| t)
}

/// The text of a line without its prefix, if Lustre or LNet wrote it.
fn lustre_message(line: &str) -> Option<String> {
    let text = message(line);
    let is_lustre = ["Lustre", "LNet", "ksocklnd"].iter().any(|word| text.starts_with(word));
    is_lustre.then(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn only_what_came_since_and_only_lustres_is_kept() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("kmsg");
        std::fs::write(&path, "3,1,1,-;LustreError: old\n").expect("file");
        let mut log = KernelLog::from_now_on(&path).expect("readable");
        let mut file = OpenOptions::new().append(true).open(&path).expect("file");
        write!(
            file,
            "6,2,2,-;libcfs: HW CPU cores: 2\n\
             3,3,3,-;LNetError: 4347:0:(socklnd.c:2518:ksocknal_startup()) ksocklnd: failed to find interface eth9\n\
             [ 1794.202413] LustreError: 152-6: Unknown option 'nofail', won't mount.\n"
        )
        .expect("written");
        assert_eq!(
            log.lustre_lines(),
            [
                "LNetError: 4347:0:(socklnd.c:2518:ksocknal_startup()) ksocklnd: failed to find interface eth9",
                "LustreError: 152-6: Unknown option 'nofail', won't mount.",
            ]
        );
        assert!(KernelLog::from_now_on(&folder.path().join("none")).is_none());
        let recent = KernelLog::of_the_last(&path, Duration::ZERO).expect("readable");
        assert_eq!(recent.len(), 1, "records of long ago are left out: {recent:?}");
        let all = KernelLog::of_the_last(&path, Duration::MAX).expect("readable");
        assert_eq!(all.len(), 3, "{all:?}");
    }
}
