//! Records at rest: one JSON file an inode, next to the file system's data.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use super::view::{ARCHIVED, Action, DIRTY, RELEASED, Record, Request, Settings, Stage};
use crate::root::{Root, read_json};
use crate::server::FileSystem;

/// The records of one file system.
#[derive(Debug, Clone)]
pub struct Archive {
    root: Root,
    directory: PathBuf,
}

impl Archive {
    pub fn of(root: &Root, fsname: &str) -> Self {
        Self { root: root.clone(), directory: FileSystem::archive(root, fsname) }
    }

    pub fn settings(&self) -> io::Result<Settings> {
        found(read_json(&self.directory.join("settings.json")))
    }

    pub fn set_settings(&self, settings: &Settings) -> io::Result<()> {
        self.root.write_json(&self.directory.join("settings.json"), settings)
    }

    fn path(&self, inode: u64) -> PathBuf {
        self.directory.join(format!("{inode}.json"))
    }

    /// How a file stands now.
    pub fn get(&self, inode: u64) -> io::Result<(Record, Option<(Action, Stage)>)> {
        let record: Record = found(read_json(&self.path(inode)))?;
        if record.request.is_none() {
            return Ok((record, None));
        }
        Ok(record.at(now(), &self.settings()?))
    }

    /// The same, where the settings are known.
    pub fn get_at(
        &self,
        inode: u64,
        settings: &Settings,
    ) -> io::Result<(Record, Option<(Action, Stage)>)> {
        let record: Record = found(read_json(&self.path(inode)))?;
        Ok(record.at(now(), settings))
    }

    pub fn set(&self, inode: u64, record: &Record) -> io::Result<()> {
        // Written whole by rename, in one line: there may be a hundred thousand.
        let text = serde_json::to_vec(record)?;
        self.root.write(&self.path(inode), text, 0o644)
    }

    /// Records a request. One that is there stays.
    pub fn ask(&self, inode: u64, action: Action) -> io::Result<()> {
        self.ask_of(inode, self.get(inode)?, action)
    }

    /// The same, where it is known how the file stands.
    pub fn ask_of(
        &self,
        inode: u64,
        (record, going): (Record, Option<(Action, Stage)>),
        action: Action,
    ) -> io::Result<()> {
        if going.is_some() || !record.needs(action) {
            return Ok(());
        }
        let request = Some(Request { action, since: now() });
        self.set(inode, &Record { request, ..record })
    }

    /// A file was written to.
    pub fn written(&self, inode: u64) -> io::Result<()> {
        let (record, _) = self.get(inode)?;
        if record.flags & ARCHIVED == 0 || record.flags & DIRTY != 0 {
            return Ok(());
        }
        self.set(inode, &Record { flags: record.flags | DIRTY, ..record })
    }

    /// Whether a file's data are here; asks for them where they are not. `None`: nobody brings them.
    pub fn bring(&self, inode: u64, is_asked: bool) -> io::Result<Option<bool>> {
        let (record, going) = self.get(inode)?;
        if record.flags & RELEASED == 0 {
            return Ok(Some(true));
        }
        if going.is_none() && is_asked {
            return Ok(None);
        }
        self.ask(inode, Action::Restore)?;
        Ok(Some(false))
    }

    /// Forgets a file.
    pub fn clear(&self, inode: u64) -> io::Result<()> {
        match fs::remove_file(self.path(inode)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// What is missing is as at first.
fn found<T: Default>(read: io::Result<T>) -> io::Result<T> {
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(T::default()),
        read => read,
    }
}

/// Milliseconds since 1970.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
