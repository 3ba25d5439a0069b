//! Sends one request: by the ioctl where the client told the files' FIDs, else by `lfs`.

use super::lfs::{self, named};
use super::looking::open_directory;
use super::orders::{AskOrder, Refused};
use crate::staging::hsm::decide::Verb;
use crate::staging::hsm::ioctl;
use crate::staging::hsm::request::Request;
use nix::errno::Errno;
use rustix::io::Errno as Number;
use std::os::fd::OwnedFd;
use std::path::Path;

/// Sends it.
///
/// `lfs` opens the paths itself, below the directory that is open. A name that somebody swaps meanwhile can lead it to
/// another file of the same client only, which it then brings, copies, or is refused to release.
pub(super) fn send(top: &OwnedFd, order: &AskOrder) -> Result<(), Refused> {
    let fids: Option<Vec<_>> = order.files.iter().map(|file| file.fid).collect();
    if let Some(mut request) = fids.and_then(|fids| Request::new(order.verb, &fids)) {
        match by_ioctl(top, &mut request) {
            Err(Number::NOTTY | Number::NOSYS) => {}
            other => {
                let refused =
                    |errno: Number| Refused { errno: errno.raw_os_error(), said: String::new() };
                return other.map_err(refused);
            }
        }
    }
    by_lfs(top, order)
}

/// The place was opened as a place only, which takes no call.
fn by_ioctl(top: &OwnedFd, request: &mut Request) -> Result<(), Number> {
    let directory = open_directory(top, Path::new(""))?;
    ioctl::send(&directory, request)
}

fn by_lfs(top: &OwnedFd, order: &AskOrder) -> Result<(), Refused> {
    let refused = |errno: Errno, said: &str| Refused { errno: errno as i32, said: said.to_owned() };
    let Some(lfs) = &order.lfs else {
        return Err(refused(Errno::ENOENT, "this node has no lfs"));
    };
    let names: Option<Vec<String>> = order.files.iter().map(|file| named(&file.name.0)).collect();
    let Some(names) = names else {
        return Err(refused(Errno::EILSEQ, "a name is not UTF-8"));
    };
    let verb = match order.verb {
        Verb::Restore => "hsm_restore",
        Verb::Archive => "hsm_archive",
        Verb::Release => "hsm_release",
    };
    let ran = lfs::run(lfs, verb, top, &names);
    if ran.code == 0 { Ok(()) } else { Err(Refused { errno: ran.code, said: ran.said }) }
}
