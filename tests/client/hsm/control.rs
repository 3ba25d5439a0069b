//! What a test tells the servers: whether they take requests, who copies, and how files stand.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::store::{Archive, now};
use super::view::{Copytool, Record, Settings};
use crate::answer::Answer;
use crate::root::Root;
use crate::server::FileSystem;

/// `hsm ROOT NAME …`; `None` for what is no command.
pub fn run(root: &Root, name: &str, words: &[&str]) -> io::Result<Option<Answer>> {
    let archive = Archive::of(root, name);
    let data = FileSystem::data(root, name);
    let below = |path: &str| data.join(path.trim_start_matches('/'));
    match words {
        ["off"] => archive.set_settings(&Settings::default())?,
        ["on"] => archive.set_settings(&Settings { enabled: true, copytool: None })?,
        ["copytool", waits, takes] => {
            let (Ok(waits), Ok(takes)) = (waits.parse(), takes.parse()) else { return Ok(None) };
            let copytool = Some(Copytool { since: now(), waits, takes });
            archive.set_settings(&Settings { enabled: true, copytool })?;
        }
        ["set", path, flags] => {
            let flags = u32::from_str_radix(flags.trim_start_matches("0x"), 16);
            let Ok(flags) = flags else { return Ok(None) };
            let record = Record { flags, archive_id: u32::from(flags != 0), ..Record::default() };
            let set = |inode| archive.set(inode, &record);
            each_file(&below(path), &set)?;
        }
        ["lose", path] => {
            let lose = |inode| {
                let (record, _) = archive.get(inode)?;
                archive.set(inode, &Record { gone: true, ..record })
            };
            each_file(&below(path), &lose)?;
        }
        _ => return Ok(None),
    }
    Ok(Some(Answer::silent()))
}

fn each_file(path: &Path, work: &dyn Fn(u64) -> io::Result<()>) -> io::Result<()> {
    let about = fs::symlink_metadata(path)?;
    if about.is_dir() {
        for entry in fs::read_dir(path)? {
            each_file(&entry?.path(), work)?;
        }
    } else if about.is_file() {
        work(about.ino())?;
    }
    Ok(())
}
