//! The files of a list, one after the other: opened, asked by ioctl, and counted; by `lfs` where the client does not allow it.

use super::lfs::{self, named};
use super::looking::{NoFile, OpenFile, is_of_the_call, open_file, words};
use super::orders::{Seen, Telling};
use super::queue::Files;
use super::walking::Walk;
use crate::staging::hsm::counts::may_have_request;
use crate::staging::hsm::file::{FileName, FileSeen};
use crate::staging::hsm::state::{Going, HsmState};
use crate::staging::hsm::text;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

impl Walk<'_> {
    /// Looks at files of one directory.
    pub(super) fn files(&self, files: &Files, part: &mut Seen) {
        let mut by_lfs = Vec::new();
        for name in &files.names {
            let open = match open_file(&files.directory, Path::new(name)) {
                Ok(open) => open,
                Err(no_file) => {
                    self.no_file(files, name, &no_file, part);
                    continue;
                }
            };
            part.counts.changed(open.changed);
            if !open.is_on(self.mount_id) {
                part.counts.skipped.other_mounts += 1;
            } else if open.links > 1 && !self.is_first_name(open.inode) {
                part.counts.skipped.hard_links += 1;
            } else if self.by_lfs.load(Ordering::Relaxed) {
                by_lfs.push((name, open.bytes));
            } else {
                match open.state() {
                    Err(errno) if is_of_the_call(errno) && self.order.lfs.is_some() => {
                        self.by_lfs.store(true, Ordering::Relaxed);
                        by_lfs.push((name, open.bytes));
                    }
                    state => self.by_ioctl(files, name, &open, state.map_err(words), part),
                }
            }
        }
        self.ask_lfs(files, &by_lfs, part);
    }

    fn no_file(&self, files: &Files, name: &OsStr, no_file: &NoFile, part: &mut Seen) {
        match no_file {
            // It was removed while we looked.
            NoFile::Gone => {}
            NoFile::Link => part.counts.skipped.symlinks += 1,
            NoFile::Special => part.counts.skipped.special += 1,
            NoFile::Failed(errno) => {
                part.counts.changed(None);
                self.found(seen_file(files, name, 0, Err(words(*errno))), part);
            }
        }
    }

    fn is_first_name(&self, inode: u64) -> bool {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(inode)
    }

    fn by_ioctl(
        &self,
        files: &Files,
        name: &OsStr,
        open: &OpenFile,
        state: Result<HsmState, String>,
        part: &mut Seen,
    ) {
        let mut seen = seen_file(files, name, open.bytes, state);
        if self.wants_request(&seen) {
            seen.going = open.going();
        }
        if self.order.telling == Telling::All && !self.no_fids.load(Ordering::Relaxed) {
            match open.fid() {
                Ok(fid) => seen.fid = fid,
                // No other file's either.
                Err(_) => self.no_fids.store(true, Ordering::Relaxed),
            }
        }
        self.found(seen, part);
    }

    /// Whether this file is one of those that are asked for their request.
    fn wants_request(&self, seen: &FileSeen) -> bool {
        let may = seen.state.as_ref().is_ok_and(|state| may_have_request(*state, self.order.verb));
        may && take_one(&self.questions)
    }

    /// Asks `lfs` for many at once; it stops at the first that fails, so the rest is asked for again.
    fn ask_lfs(&self, files: &Files, all: &[(&OsString, u64)], part: &mut Seen) {
        let Some(program) = &self.order.lfs else { return };
        let mut rest = Vec::new();
        for (name, bytes) in all {
            let Some(named) = named(Path::new(name)) else {
                let because = Err("its name is not UTF-8".to_owned());
                self.found(seen_file(files, name, *bytes, because), part);
                continue;
            };
            rest.push((*name, *bytes, named));
        }
        let mut rest = rest.as_slice();
        while !rest.is_empty() {
            let names: Vec<String> = rest.iter().map(|(_, _, named)| named.clone()).collect();
            let ran = lfs::run(program, "hsm_state", &files.directory, &names);
            let states = text::states(&ran.stdout, &names);
            let known = rest.iter().zip(&states).map(|((name, bytes, named), state)| {
                (seen_file(files, name, *bytes, Ok(*state)), named.clone())
            });
            self.requests_by_lfs(program, files, known.collect(), part);
            let after = rest.get(states.len()..).unwrap_or_default();
            rest = match after.split_first() {
                Some(((name, bytes, _), later)) => {
                    self.found(seen_file(files, name, *bytes, Err(ran.because())), part);
                    later
                }
                None => after,
            };
        }
    }

    fn requests_by_lfs(
        &self,
        program: &Path,
        files: &Files,
        known: Vec<(FileSeen, String)>,
        part: &mut Seen,
    ) {
        let (asked, others): (Vec<_>, Vec<_>) =
            known.into_iter().partition(|(seen, _)| self.wants_request(seen));
        for (seen, _) in others {
            self.found(seen, part);
        }
        if asked.is_empty() {
            return;
        }
        let names: Vec<String> = asked.iter().map(|(_, named)| named.clone()).collect();
        let ran = lfs::run(program, "hsm_action", &files.directory, &names);
        let mut actions = text::actions(&ran.stdout, &names).into_iter();
        for (seen, _) in asked {
            // It stops at the first that fails; what comes after was not asked.
            let going = actions.next().unwrap_or(Going::NotAsked);
            self.found(FileSeen { going, ..seen }, part);
        }
    }

    fn found(&self, seen: FileSeen, part: &mut Seen) {
        part.counts.file(&seen, self.order.verb);
        if self.is_told(&seen) {
            part.files.push(seen);
        }
    }

    fn is_told(&self, seen: &FileSeen) -> bool {
        match self.order.telling {
            Telling::Nothing => false,
            Telling::All => true,
            Telling::NotArchived(_) => {
                let is_out = seen.state.as_ref().is_ok_and(|state| !state.is_kept());
                is_out && take_one(&self.names)
            }
        }
    }
}

/// Takes one of those that are left, where there is one.
fn take_one(left: &AtomicU64) -> bool {
    let one_less = |left: u64| left.checked_sub(1);
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok()
}

/// A file of a list, of which nobody asked for a request.
fn seen_file(files: &Files, name: &OsStr, bytes: u64, state: Result<HsmState, String>) -> FileSeen {
    let name = FileName(files.path.join(name));
    FileSeen { name, bytes, fid: None, state, going: Going::NotAsked }
}
