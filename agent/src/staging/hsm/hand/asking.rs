//! Sends requests: by the ioctl where the client told the files' FIDs, else by `lfs`.

use super::lfs::{self, named};
use super::looking::open_directory;
use super::orders::{AskOrder, FileRef, Refused, Reply};
use crate::layout::hand::Trouble;
use crate::staging::hsm::decide::Verb;
use crate::staging::hsm::ioctl;
use crate::staging::hsm::request::{MOST_FILES, Request};
use nix::errno::Errno;
use rustix::io::Errno as Number;
use std::os::fd::OwnedFd;
use std::path::Path;

/// Sends them, 52 files each, side by side; the first that is not done is the answer.
pub(super) fn send(top: &OwnedFd, order: &AskOrder) -> Reply {
    std::thread::scope(|scope| {
        let parts = order.files.chunks(MOST_FILES);
        let sent: Vec<_> =
            parts.map(|files| scope.spawn(move || send_one(top, order, files))).collect();
        let lost = || Reply::Trouble(Trouble::Unknown("a thread that sends ended".into()));
        let replies = sent.into_iter().map(|sent| sent.join().unwrap_or_else(|_| lost()));
        // Each is waited for.
        let replies: Vec<Reply> = replies.collect();
        replies.into_iter().find(|reply| *reply != Reply::Done).unwrap_or(Reply::Done)
    })
}

/// Sends one request.
///
/// `lfs` opens the paths itself, below the directory that is open. A name that somebody swaps meanwhile can lead it to
/// another file of the same client only, which it then brings, copies, or is refused to release.
fn send_one(top: &OwnedFd, order: &AskOrder, files: &[FileRef]) -> Reply {
    let fids: Option<Vec<_>> = files.iter().map(|file| file.fid).collect();
    if let Some(mut request) = fids.and_then(|fids| Request::new(order.verb, &fids)) {
        match by_ioctl(top, &mut request) {
            Err(Number::NOTTY | Number::NOSYS) => {}
            Ok(()) => return Reply::Done,
            Err(errno) => {
                return Reply::Refused(Refused {
                    errno: errno.raw_os_error(),
                    said: String::new(),
                });
            }
        }
    }
    match &order.lfs {
        Some(lfs) => by_lfs(lfs, top, order.verb, files),
        None => Reply::NoWay,
    }
}

/// The place was opened as a place only, which takes no call.
fn by_ioctl(top: &OwnedFd, request: &mut Request) -> Result<(), Number> {
    let directory = open_directory(top, Path::new(""))?;
    ioctl::send(&directory, request)
}

fn by_lfs(lfs: &Path, top: &OwnedFd, verb: Verb, files: &[FileRef]) -> Reply {
    let names: Option<Vec<String>> = files.iter().map(|file| named(&file.name.0)).collect();
    let Some(names) = names else {
        let said = "a name is not UTF-8".to_owned();
        return Reply::Refused(Refused { errno: Errno::EILSEQ as i32, said });
    };
    let verb = match verb {
        Verb::Restore => "hsm_restore",
        Verb::Archive => "hsm_archive",
        Verb::Release => "hsm_release",
    };
    let ran = lfs::run(lfs, verb, top, &names);
    match ran.code {
        0 => Reply::Done,
        errno => Reply::Refused(Refused { errno, said: ran.said }),
    }
}
