//! What the rules judge: everything that was seen, and nothing else.

use crate::facts::Observed;
use crate::metrics::Snapshot;
use crate::metrics::families::FamilyRow;
use crate::window::{FileSystemWindow, Span, Window, float};
use fsxlustre_mount::file_system::FileSystem;
use serde::Serialize;
use std::collections::BTreeMap;

/// An Elastic Fabric Adapter of this node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EfaDevice {
    /// Its name below `class/infiniband`.
    pub name: String,
    /// Bytes that it sent and received in the window. `None` when its driver does not tell.
    pub moved_bytes: Option<u64>,
}

/// Which files of the kernel could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// debugfs is not there, or was refused, in words.
    pub debugfs: Option<String>,
}

/// Everything that was seen.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The window that is asked for.
    pub window: Window,
    /// Since the mount, for what did not happen in the window. `None` for a job.
    pub totals: Option<Window>,
    /// What could be read.
    pub sources: Sources,
    /// EFA devices; an empty list is a node without one.
    pub efa: Observed<Vec<EfaDevice>>,
    /// What the FSx API says of each file system, by Lustre's name of it.
    pub described: BTreeMap<String, Observed<FileSystem>>,
    /// The window's end in minutes since the beginning of the week, Monday 00:00 UTC. `None` where it is not known.
    pub minute_of_week: Option<u64>,
    /// Whether the window reaches up to now.
    pub is_now: bool,
}

/// The numbers of one file system that a rule judges by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged<'f> {
    pub(super) window: &'f FileSystemWindow,
    pub(super) span: Span,
    pub(super) seconds: Option<f64>,
}

impl Judged<'_> {
    /// `in 5.0 s`, `since the mount`, `in the job`.
    pub(super) fn when(&self) -> String {
        match (self.span, self.seconds) {
            (Span::Now, Some(seconds)) => format!("in {seconds:.1} s"),
            (Span::Now, None) => "in the window".into(),
            (Span::SinceMount, _) => "since the mount".into(),
            (Span::Job, _) => "in the job".into(),
        }
    }

    /// Whether it tells of the time that is asked for; the time since the mount only hints at it.
    pub(super) fn is_of_the_window(&self) -> bool {
        self.span != Span::SinceMount
    }
}

impl Facts {
    /// Each file system's numbers: of the window where enough happened in it, else since the mount.
    /// `None` when neither is enough.
    pub(super) fn judged(
        &self,
        fs: &str,
        is_enough: impl Fn(&FileSystemWindow) -> bool,
    ) -> Option<Judged<'_>> {
        let of = |window: &'_ Window| -> Option<(Span, Option<f64>)> {
            window.file_systems.get(fs).filter(|found| is_enough(found))?;
            Some((window.span, window.seconds))
        };
        let chosen = if of(&self.window).is_some() {
            &self.window
        } else {
            self.totals.as_ref().filter(|totals| of(totals).is_some())?
        };
        let window = chosen.file_systems.get(fs)?;
        Some(Judged { window, span: chosen.span, seconds: chosen.seconds })
    }

    /// Why a number is not there.
    pub(super) fn why_unknown(&self, family: &FamilyRow) -> String {
        if self.window.span == Span::Job {
            return "the job's start did not keep it".into();
        }
        match &self.sources.debugfs {
            Some(because) if family.source.starts_with("D/") => because.clone(),
            _ => format!("{} does not tell it", super::finding::place(family.source)),
        }
    }

    /// What mends that.
    pub(super) fn to_know(&self, family: &FamilyRow) -> String {
        if self.window.span == Span::Job {
            return "run `fsxlustre why` while the job runs".into();
        }
        match &self.sources.debugfs {
            Some(_) if family.source.starts_with("D/") => {
                "run it as root, with debugfs mounted: mount -t debugfs none /sys/kernel/debug"
                    .into()
            }
            _ => "look at fsxlustre-metrics(7): which client has it".into(),
        }
    }
}

impl Sources {
    /// What a look says of its sources.
    pub(super) fn of(seen: &Snapshot) -> Self {
        let is = |family: &str| {
            let value = seen.value(family, &[("source", "debugfs")]);
            value.map(|value| value > 0.0)
        };
        let debugfs = if is("fsxlustre_source_refused") == Some(true) {
            Some("the kernel refuses debugfs to this user")
        } else if is("fsxlustre_source_available") == Some(false) {
            Some("debugfs is not mounted")
        } else {
            None
        };
        Self { debugfs: debugfs.map(str::to_owned) }
    }
}

/// Bytes with a unit of thousands, as AWS counts.
pub(super) fn bytes(count: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let mut value = float(count);
    let mut place = 0;
    while value >= 1000.0 && place + 1 < units.len() {
        value /= 1000.0;
        place += 1;
    }
    let unit = units.get(place).copied().unwrap_or_default();
    if place == 0 { format!("{count} B") } else { format!("{value:.1} {unit}") }
}

/// A part of a whole in percent, 0 to 100.
pub(super) fn percent(part: u64, whole: u64) -> u8 {
    let share = if whole == 0 { 0.0 } else { float(part) / float(whole) };
    u8::try_from(crate::window::whole((share * 100.0).floor()).unwrap_or_default())
        .unwrap_or(100)
        .min(100)
}

/// A weight from a base to 100 as a share in percent grows.
pub(super) fn weighed(base: u8, percent: u8) -> u8 {
    let more = u32::from(100_u8.saturating_sub(base)) * u32::from(percent.min(100)) / 100;
    base.saturating_add(u8::try_from(more).unwrap_or(u8::MAX)).min(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_a_person_reads_them() {
        assert_eq!((bytes(999), bytes(1500)), ("999 B".into(), "1.5 kB".into()));
        assert_eq!(bytes(u64::MAX), "18.4 EB");
        assert_eq!((percent(1, 3), percent(5, 0), percent(9, 3)), (33, 0, 100));
        assert_eq!((weighed(40, 0), weighed(40, 50), weighed(40, 100)), (40, 70, 100));
    }
}
