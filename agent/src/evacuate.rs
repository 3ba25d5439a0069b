//! Taking every Lustre mount away before this node goes: at a shutdown, or when its instance is to be
//! reclaimed.
//!
//! What is not written yet goes first, from all file systems side by side: that is what a server
//! cannot give back. Then each is unmounted plainly, and again while it is in use. Nothing is forced,
//! nobody is ended, and what stays is named, with what it has not written.

use crate::config::Role;
use crate::jobs::stop_stage_ins;
use fsxlustre_mount::failure::{Code, Failure};
use fsxlustre_mount::host::{Bounds, Deadline, Host, MountTable, sleep_unless_interrupted};
use fsxlustre_mount::source::Device;
use fsxlustre_mount::unmount::{ClientFiles, Flushed, UnmountRequest, unmount_as};
use nix::sys::signalfd::SignalFd;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The pause before a busy mount is tried again, at first and at most.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(2)];
/// How often a mount looks whether those below it are gone.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// What the time is spent on, in hundredths of the whole: the first flush, and everything up to the
/// last unmount. Naming who is in the way and the last flush have what is left.
const SHARES: [u32; 2] = [30, 88];

/// What became of one file system's unwritten bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Lustre's name of the file system.
    pub file_system: String,
    /// Before anything was unmounted.
    pub first: Flushed,
    /// At the end, where a mount of it stays.
    pub last: Option<Flushed>,
}

/// What became of one mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Where it was mounted.
    pub directory: PathBuf,
    /// Why it is still there; `None` when it is gone.
    pub because: Option<Failure>,
}

/// What an evacuation did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evacuated {
    /// By file system.
    pub sent: Vec<Sent>,
    /// By mount, deeper ones first; none on a node that keeps its mounts.
    pub mounts: Vec<Left>,
}

impl Evacuated {
    /// Whether nothing stays, and nothing is left unwritten.
    pub fn is_complete(&self) -> bool {
        let is_sent = |sent: &Sent| sent.last.as_ref().unwrap_or(&sent.first).left == Some(0);
        self.mounts.iter().all(|one| one.because.is_none()) && self.sent.iter().all(is_sent)
    }
}

/// Takes every Lustre mount of this namespace away within a time. A node where people log in only
/// sends what is not written: nothing is unmounted there.
///
/// # Errors
/// The list of mounts cannot be read.
pub fn evacuate(
    host: &Host,
    role: Role,
    time: Duration,
    interrupt: Option<&SignalFd>,
) -> Result<Evacuated, Failure> {
    use fsxlustre_mount::failure::Explain as _;
    let begun = Deadline::after(time);
    let share = |hundredths: u32| time * hundredths / 100;
    let table = host.mounts().map_err(|error| error.failure())?;
    let bounds = Bounds { deadline: begun.at_most(share(SHARES[0])), interrupt };
    let mut done = Evacuated {
        sent: flush_all(host, &file_systems(host, &table), &bounds),
        ..Evacuated::default()
    };
    if role != Role::Compute {
        return Ok(done);
    }
    // What still comes from S3 would keep its mount.
    stop_stage_ins(host);
    let spent = time.saturating_sub(begun.left());
    let until =
        Bounds { deadline: begun.at_most(share(SHARES[1]).saturating_sub(spent)), interrupt };
    let first = directories(host, &table);
    done.mounts = unmount_all(host, &first, &until);
    let last = Bounds { deadline: begun, interrupt };
    // A start that was under way may have mounted something since.
    let mut since = directories(host, &host.mounts().unwrap_or_default());
    since.retain(|directory| !first.contains(directory));
    done.mounts.extend(unmount_all(host, &since, &last));
    let stays: BTreeSet<String> =
        host.mounts().map(|table| file_systems(host, &table)).unwrap_or_default();
    let mut lasts: BTreeMap<String, Flushed> = flush_all(host, &stays, &last)
        .into_iter()
        .map(|sent| (sent.file_system, sent.first))
        .collect();
    for sent in &mut done.sent {
        sent.last = lasts.remove(&sent.file_system);
    }
    Ok(done)
}

/// The names of the file systems that are mounted.
fn file_systems(host: &Host, table: &MountTable) -> BTreeSet<String> {
    let lustre = table.mounts.iter().filter(|mount| host.is_lustre(mount));
    lustre.filter_map(|mount| Device::shown_by(mount).map(|device| device.fsname)).collect()
}

/// Where they are mounted, deeper directories first; one on top of another stands twice.
fn directories(host: &Host, table: &MountTable) -> Vec<PathBuf> {
    let lustre = table.mounts.iter().filter(|mount| host.is_lustre(mount));
    let mut all: Vec<PathBuf> = lustre.map(|mount| mount.directory.clone()).collect();
    all.sort_by(|one, other| other.cmp(one));
    all
}

fn flush_all(host: &Host, names: &BTreeSet<String>, bounds: &Bounds<'_>) -> Vec<Sent> {
    let flush = |name: &String| ClientFiles::new(host, name).flush(bounds);
    std::thread::scope(|scope| {
        let begun: Vec<_> =
            names.iter().map(|name| (name, scope.spawn(move || flush(name)))).collect();
        let sent = begun.into_iter().map(|(name, thread)| Sent {
            file_system: name.clone(),
            first: thread.join().unwrap_or_default(),
            last: None,
        });
        sent.collect()
    })
}

fn unmount_all(host: &Host, directories: &[PathBuf], bounds: &Bounds<'_>) -> Vec<Left> {
    std::thread::scope(|scope| {
        let begun: Vec<_> = directories
            .iter()
            .map(|directory| (directory, scope.spawn(|| unmount(host, directory, bounds))))
            .collect();
        let left = begun.into_iter().map(|(directory, thread)| Left {
            directory: directory.clone(),
            because: thread.join().unwrap_or_else(|_| Some(lost(directory))),
        });
        left.collect()
    })
}

/// Unmounts one, once those below it are gone; why it stays.
fn unmount(host: &Host, directory: &Path, bounds: &Bounds<'_>) -> Option<Failure> {
    while has_mount_below(host, directory) && !bounds.deadline.has_passed() {
        if sleep_unless_interrupted(bounds.pause(LOOK_AGAIN), bounds.interrupt) {
            break;
        }
    }
    let [mut pause, longest] = PAUSES;
    let mut busy: Option<Failure> = None;
    loop {
        let request = UnmountRequest {
            interrupt: bounds.interrupt,
            ..UnmountRequest::plain(directory, bounds.deadline)
        };
        let failure = match (unmount_as(host, &request, &mut |_| ()), busy.take()) {
            (Ok(_), _) => return None,
            (Err(error), _) if error.failure.code == Code::NotMounted => return None,
            // No time was left for another try: who uses it says more.
            (Err(late), Some(busy)) if late.was_called_off(host, directory) => return Some(busy),
            (Err(error), _) => error.failure,
        };
        let is_worth_it = failure.code == Code::Busy && bounds.deadline.left() > pause;
        if !is_worth_it || sleep_unless_interrupted(pause, bounds.interrupt) {
            return Some(failure);
        }
        busy = Some(failure);
        pause = (pause * 2).min(longest);
    }
}

fn has_mount_below(host: &Host, directory: &Path) -> bool {
    let is_below = |path: &Path| path != directory && path.starts_with(directory);
    host.mounts().is_ok_and(|table| {
        let mut lustre = table.mounts.iter().filter(|mount| host.is_lustre(mount));
        lustre.any(|mount| is_below(&mount.directory))
    })
}

fn lost(directory: &Path) -> Failure {
    Failure {
        code: Code::Internal,
        what: format!("the unmount of {} ended without a result", directory.display()),
        asked: "evacuate this node".into(),
        because: "its thread ended early".into(),
        remedy: "report this with the output of `fsxlustre evacuate`".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_or_stays_is_not_complete() {
        let sent = |left| Sent {
            file_system: "x".into(),
            first: Flushed { left, ..Flushed::default() },
            last: None,
        };
        let left = |because| Left { directory: "/x".into(), because };
        let done = |sent, mounts| Evacuated { sent: vec![sent], mounts: vec![mounts] };
        assert!(done(sent(Some(0)), left(None)).is_complete());
        assert!(!done(sent(None), left(None)).is_complete(), "unknown is not nothing");
        assert!(!done(sent(Some(5)), left(None)).is_complete());
        assert!(!done(sent(Some(0)), left(Some(lost(Path::new("/x"))))).is_complete());
        assert!(Evacuated::default().is_complete(), "a node without Lustre");
        let later =
            Sent { last: Some(Flushed { left: Some(0), ..Flushed::default() }), ..sent(Some(5)) };
        assert!(done(later, left(None)).is_complete());
    }
}
