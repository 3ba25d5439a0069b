//! `lfs hsm_state`, `hsm_action`, `hsm_set`, `hsm_clear`, and the requests.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};

use nix::errno::Errno;
use nix::libc::O_NONBLOCK;
use nix::unistd::geteuid;

use super::store::Archive;
use super::view::{
    ARCHIVED, Action, DIRTY, EXISTS, LOST, NEVER_ARCHIVE, NEVER_RELEASE, RELEASED, Record,
    Settings, Stage,
};
use crate::answer::{Answer, not_stood_in, reason};
use crate::lfs::USAGE_ERROR;
use crate::mounted::Mounted;
use crate::root::Root;

/// The most files of one request (`60_more/hsm_archive_52`, `_53`).
const MOST_FILES: usize = 52;

const STATE_USAGE: &str = include_str!("../../fixtures/lustre-2.15.8/30_hsm_on/hsm_state.err");
const ACTION_USAGE: &str = include_str!("../../fixtures/lustre-2.15.8/30_hsm_on/hsm_action.err");
const RESTORE_USAGE: &str = include_str!("../../fixtures/lustre-2.15.8/30_hsm_on/hsm_restore.err");

/// In the order in which they are printed.
const WORDS: [(u32, &str); 7] = [
    (RELEASED, "released"),
    (EXISTS, "exists"),
    (DIRTY, "dirty"),
    (ARCHIVED, "archived"),
    (NEVER_RELEASE, "never_release"),
    (NEVER_ARCHIVE, "never_archive"),
    (LOST, "lost_from_hsm"),
];

/// Runs what begins with `hsm_`.
pub fn run(root: &Root, verb: &str, args: &[String]) -> io::Result<Answer> {
    match verb {
        "hsm_state" => each(root, args, ("state", STATE_USAGE), state),
        "hsm_action" => each(root, args, ("action", ACTION_USAGE), action),
        "hsm_set" => flags(root, args, |flags, given| flags | given),
        "hsm_clear" => flags(root, args, |flags, given| flags & !given),
        "hsm_restore" => request(root, args, Wish::Ask(Action::Restore)),
        "hsm_archive" => request(root, args, Wish::Ask(Action::Archive)),
        "hsm_remove" => request(root, args, Wish::Ask(Action::Remove)),
        "hsm_release" => request(root, args, Wish::Release),
        "hsm_cancel" => request(root, args, Wish::Cancel),
        _ => Err(not_stood_in(&format!("lfs {verb}"))),
    }
}

/// An open file and the records that it is in.
struct Opened {
    archive: Archive,
    inode: u64,
}

/// The archives of the mounts that a call names, each looked up once.
struct Archives<'a> {
    root: &'a Root,
    of: HashMap<u64, Option<Archive>>,
}

impl<'a> Archives<'a> {
    fn new(root: &'a Root) -> Self {
        Self { root, of: HashMap::new() }
    }

    /// Where the records of a regular file are; `None` for anything else.
    fn opened(&mut self, about: &Metadata) -> io::Result<Option<Opened>> {
        if !about.is_file() {
            return Ok(None);
        }
        let archive = match self.of.entry(about.dev()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let mounted = Mounted::of_device(about.dev())?;
                unknown.insert(mounted.map(|mounted| Archive::of(self.root, mounted.fsname())))
            }
        };
        Ok(archive.clone().map(|archive| Opened { archive, inode: about.ino() }))
    }
}

/// Opens as `lfs` does: read-only, without waiting (`60_more/strace_hsm_state`).
fn open(archives: &mut Archives<'_>, path: &str) -> Result<Opened, i32> {
    let code = |error: io::Error| error.raw_os_error().unwrap_or(Errno::EIO as i32);
    let opened = OpenOptions::new().read(true).custom_flags(O_NONBLOCK).open(path);
    let about = opened.and_then(|file: File| file.metadata()).map_err(code)?;
    archives.opened(&about).map_err(code)?.ok_or(Errno::ENOTTY as i32)
}

/// Prints a line a file, and stops at the first that fails (`60_more/hsm_state_multi`).
fn each(
    root: &Root,
    paths: &[String],
    (what, usage): (&str, &str),
    line: fn(&Opened) -> io::Result<String>,
) -> io::Result<Answer> {
    if paths.is_empty() {
        return Ok(Answer::fails(USAGE_ERROR, usage));
    }
    let mut answer = Answer::silent();
    let mut archives = Archives::new(root);
    for path in paths {
        match open(&mut archives, path) {
            Ok(opened) => answer.stdout += &format!("{path}: {}\n", line(&opened)?),
            Err(code) => {
                answer.stderr = format!("can't get hsm {what} for {path}: {}\n", reason(code));
                answer.code = u8::try_from(code).unwrap_or(1);
                break;
            }
        }
    }
    Ok(answer)
}

fn state(opened: &Opened) -> io::Result<String> {
    let (Record { flags, archive_id, .. }, _) = opened.archive.get(opened.inode)?;
    let words = WORDS.iter().filter(|(bit, _)| flags & bit != 0);
    let words: String = words.map(|(_, word)| format!(" {word}")).collect();
    let archive =
        if archive_id == 0 { String::new() } else { format!(", archive_id:{archive_id}") };
    Ok(format!("({flags:#010x}){words}{archive}"))
}

/// No capture shows a RESTORE at work; it is printed as ARCHIVE is.
fn action(opened: &Opened) -> io::Result<String> {
    let (_, going) = opened.archive.get(opened.inode)?;
    Ok(match going {
        None => "NOOP".to_owned(),
        Some((action, Stage::Waiting)) => format!("{} waiting (from 0 to EOF)", action.word()),
        Some((action, Stage::Running)) => format!("{} running (0 bytes moved)", action.word()),
    })
}

fn flags(root: &Root, args: &[String], change: fn(u32, u32) -> u32) -> io::Result<Answer> {
    let mut given = 0;
    let mut paths = Vec::new();
    for arg in args {
        given |= match arg.as_str() {
            "--exists" => EXISTS,
            "--dirty" => DIRTY,
            "--archived" => ARCHIVED,
            "--lost" => LOST,
            "--norelease" => NEVER_RELEASE,
            "--noarchive" => NEVER_ARCHIVE,
            path => {
                paths.push(path);
                0
            }
        };
    }
    let mut archives = Archives::new(root);
    for path in paths {
        let failed = |code: i32| {
            let text = format!("Can't change hsm flags for {path}: {}\n", reason(code));
            Answer::fails(u8::try_from(code).unwrap_or(1), text)
        };
        let opened = match open(&mut archives, path) {
            Ok(opened) => opened,
            Err(code) => return Ok(failed(code)),
        };
        let (record, _) = opened.archive.get(opened.inode)?;
        let flags = change(record.flags, given);
        // Only what has a copy can differ from it, or lose it.
        if flags & (DIRTY | LOST) != 0 && flags & ARCHIVED == 0 {
            return Ok(failed(Errno::EINVAL as i32));
        }
        opened.archive.set(opened.inode, &Record { flags, ..record })?;
    }
    Ok(Answer::silent())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    Ask(Action),
    Release,
    Cancel,
}

fn request(root: &Root, args: &[String], wish: Wish) -> io::Result<Answer> {
    let paths = match files(args)? {
        Ok(paths) => paths,
        Err(answer) => return Ok(answer),
    };
    let Some(first) = paths.first() else {
        if wish == Wish::Ask(Action::Restore) {
            return Ok(Answer::fails(USAGE_ERROR, RESTORE_USAGE));
        }
        return Err(not_stood_in("a request for no file"));
    };
    let mut opened = Vec::new();
    let mut archives = Archives::new(root);
    for path in &paths {
        match regular(&mut archives, path) {
            Ok(file) => opened.push(file),
            Err(answer) => return Ok(answer),
        }
    }
    let refused = |errno: Errno| {
        let text = format!("Cannot send HSM request (use of {first}): {}\n", reason(errno as i32));
        Answer::fails(u8::try_from(errno as i32).unwrap_or(1), text)
    };
    if opened.len() > MOST_FILES {
        return Ok(refused(Errno::E2BIG));
    }
    let _alone = root.lock()?;
    // All of one call are of one file system.
    let settings =
        opened.first().map_or_else(|| Ok(Settings::default()), |file| file.archive.settings())?;
    for file in &opened {
        if let Some(errno) = carry_out(file, wish, &settings)? {
            return Ok(refused(errno));
        }
    }
    Ok(Answer::silent())
}

/// The files of a call; a failure of its list.
fn files(args: &[String]) -> io::Result<Result<Vec<String>, Answer>> {
    let mut paths = Vec::new();
    let mut words = args.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--archive" | "--data" => {
                words.next();
            }
            "--filelist" => {
                let list = words.next().cloned().unwrap_or_default();
                match fs::read_to_string(&list) {
                    Ok(text) => paths.extend(text.lines().map(str::to_owned)),
                    Err(error) => {
                        let code = error.raw_os_error().unwrap_or(1);
                        let text = format!("Cannot read the file list {list}: {}\n", reason(code));
                        return Ok(Err(Answer::fails(u8::try_from(code).unwrap_or(1), text)));
                    }
                }
            }
            path => paths.push(path.to_owned()),
        }
    }
    Ok(Ok(paths))
}

fn regular(archives: &mut Archives<'_>, path: &str) -> Result<Opened, Answer> {
    let fails = |code: i32, text: String| Answer::fails(u8::try_from(code).unwrap_or(1), text);
    let about = fs::metadata(path).map_err(|error| {
        let code = error.raw_os_error().unwrap_or(1);
        fails(code, format!("Cannot stat {path}: {}\n", reason(code)))
    })?;
    if !about.is_file() {
        let text = format!("error: \"{path}\" is not a regular file\n{RESTORE_USAGE}");
        return Err(Answer::fails(USAGE_ERROR, text));
    }
    match archives.opened(&about) {
        Ok(Some(opened)) => Ok(opened),
        _ => {
            let code = Errno::EOPNOTSUPP as i32;
            Err(fails(code, format!("Cannot read FID of {path}: {}\n", reason(code))))
        }
    }
}

fn carry_out(file: &Opened, wish: Wish, settings: &Settings) -> io::Result<Option<Errno>> {
    let Opened { archive, inode } = file;
    let (record, going) = archive.get_at(*inode, settings)?;
    if wish == Wish::Release {
        // The client does that itself, with no coordinator.
        let is_fit = record.flags & ARCHIVED != 0
            && record.flags & (DIRTY | NEVER_RELEASE | LOST) == 0
            && geteuid().is_root();
        if !is_fit {
            return Ok(Some(Errno::EPERM));
        }
        archive.set(*inode, &Record { flags: record.flags | RELEASED, ..record })?;
        return Ok(None);
    }
    if !settings.enabled {
        return Ok(Some(Errno::EAGAIN));
    }
    match wish {
        // `user_request_mask=RESTORE` (`30_hsm_server/enable`).
        Wish::Ask(action) if action != Action::Restore && !geteuid().is_root() => {
            Ok(Some(Errno::EPERM))
        }
        Wish::Ask(Action::Archive) if record.flags & NEVER_ARCHIVE != 0 => Ok(Some(Errno::EPERM)),
        Wish::Ask(action) => archive.ask_of(*inode, (record, going), action).map(|()| None),
        // Without a copytool the cancellation waits as well (`30_hsm_ct/nocopytool_cancel`).
        Wish::Cancel if going.is_some() && settings.copytool.is_some() => {
            archive.set(*inode, &Record { request: None, ..record })?;
            Ok(None)
        }
        Wish::Cancel | Wish::Release => Ok(None),
    }
}
