//! How many files below a directory do not have the layout that it hands out: only new files get it.

use super::directories::Directories;
use super::error::LayoutError;
use super::follows::{Width, follows};
use super::hand::{Lost, Order, Reply, Trouble, WalkEnd, WalkOrder, Walked};
use super::model::Layout;
use std::path::Path;
use std::time::Duration;

/// How far files are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountLimits {
    /// The most names.
    pub entries: u64,
    /// The most time.
    pub time: Duration,
}

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Files whose layout was read.
    pub files: u64,
    /// Of these, how many have another layout.
    pub differ: u64,
    /// One of them, as its path below the directory.
    pub example: Option<String>,
    /// Files and directories that could not be read.
    pub unread: u64,
    /// Names that were looked at.
    pub entries: u64,
    /// Why it stopped before the end; `None` when everything was looked at.
    pub stopped: Option<Stopped>,
}

/// Why a count is not of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It looked at as many names as it may.
    Entries,
    /// Its time was over.
    Time,
}

impl Counted {
    fn add(&mut self, walked: Walked, wanted: &Layout, width: Width<'_>) {
        self.entries = walked.entries;
        self.unread += walked.unread;
        for (bytes, count, example) in walked.layouts {
            match Layout::parse_lov(&bytes) {
                Ok(file) if follows(wanted, &file, width) => self.files += count,
                Ok(_) => {
                    self.files += count;
                    self.differ += count;
                    self.example.get_or_insert(example);
                }
                Err(_) => self.unread += count,
            }
        }
        self.stopped = match walked.end {
            Some(WalkEnd::Entries) => Some(Stopped::Entries),
            Some(WalkEnd::Time) => Some(Stopped::Time),
            Some(WalkEnd::All) | None => None,
        };
    }
}

impl Directories<'_> {
    /// Counts the files below a directory; `tell` hears how far it is.
    ///
    /// # Errors
    /// [`LayoutError`].
    pub(super) fn count(
        &mut self,
        path: &Path,
        wanted: &Layout,
        limits: CountLimits,
        (width, tell): (Width<'_>, &mut dyn FnMut(&Counted)),
    ) -> Result<Counted, LayoutError> {
        let site = self.site(path)?;
        self.open(site.spot(), path)?;
        let time = limits.time.min(self.deadline.left());
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let order = Order::Walk(WalkOrder { entries: limits.entries, milliseconds });
        let mount = site.mount.id;
        // A little more than the walk gives itself: it may be in the middle of one name.
        let deadline = self.deadline.at_most(time + Duration::from_secs(2));
        let lost = |lost| LayoutError::lost(path, lost);
        self.hand_of(mount, deadline).and_then(|hand| hand.tell(&order)).map_err(lost)?;
        let mut counted = Counted::default();
        loop {
            let heard = self.hand_of(mount, deadline).and_then(|hand| hand.hear(deadline));
            let walked = match heard {
                Ok(Reply::Walked(walked)) => walked,
                Ok(Reply::Trouble(trouble)) => return Err(LayoutError::trouble(path, trouble)),
                Ok(_) => {
                    let other = Trouble::Order("another answer than was asked for".into());
                    return Err(LayoutError::trouble(path, other));
                }
                Err(error) => {
                    self.give_up(mount, &error);
                    let is_late = matches!(error, Lost::Late(_));
                    if is_late && counted.entries > 0 {
                        return Ok(Counted { stopped: Some(Stopped::Time), ..counted });
                    }
                    return Err(lost(error));
                }
            };
            let is_end = walked.end.is_some();
            counted.add(walked, wanted, width);
            tell(&counted);
            if is_end {
                return Ok(counted);
            }
        }
    }
}
