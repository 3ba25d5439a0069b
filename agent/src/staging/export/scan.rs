//! What a scan of trees says, as far as a proof needs it.

use super::Place;
use fsxlustre_mount::host::{Bounds, Host};

/// Counts of a scan of trees. What could not be looked at is unknown, and never counted as well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanCounts {
    /// Regular files that were found.
    pub files: u64,
    /// Of these, those with no copy in the data repository.
    pub not_archived: u64,
    /// Of these, those that were changed since their copy was made.
    pub dirty: u64,
    /// Files and directories of which nothing is known.
    pub unknown: u64,
    /// Why, of one of them.
    pub unknown_because: Option<String>,
    /// When the newest file was last changed, seconds since 1970 UTC by the servers' clock; `None`
    /// where the scan does not tell.
    pub newest_change_unix_seconds: Option<u64>,
    /// Some of the files that are not exported.
    pub examples: Vec<String>,
}

/// Whatever scans trees.
pub trait Scan {
    /// Looks at every file of these places.
    ///
    /// # Errors
    /// Why nothing is known, in words.
    fn scan(&self, host: &Host, places: &[Place], bounds: Bounds<'_>)
    -> Result<ScanCounts, String>;
}

/// Nobody has looked at the files.
#[derive(Clone, Copy, Debug, Default)]
pub struct NotScanned;

impl Scan for NotScanned {
    fn scan(&self, _: &Host, _: &[Place], _: Bounds<'_>) -> Result<ScanCounts, String> {
        Err("the files were not looked at".into())
    }
}
