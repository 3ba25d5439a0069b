//! What came of asking.

use crate::staging::hsm::counts::{Counts, Tally};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The most files that are named; the others are counted.
pub(in crate::staging::hsm) const MOST_NAMED: usize = 1000;

/// A file for which it did not work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failed {
    /// Its whole path.
    pub path: PathBuf,
    /// Why.
    pub because: String,
}

/// Whether somebody has taken the first requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Begun {
    /// One of them is at work or done.
    Yes,
    /// All of them wait, after so many seconds.
    Not(u64),
}

/// What came of asking.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// What was seen on the way.
    pub counts: Counts,
    /// Files that were asked for by this run.
    pub asked: Tally,
    /// Of these, how many an earlier run had asked for: that request was not sent, or ended without what it was for.
    pub again: u64,
    /// Files that an earlier run asked for and whose request is on its way.
    pub going: Tally,
    /// Requests that were sent, of 52 files at most.
    pub requests: u64,
    /// Files that Lustre would refuse, by reason.
    pub refused: BTreeMap<String, u64>,
    /// Files whose request failed.
    pub failed: u64,
    /// The first of both, by name.
    pub failures: Vec<Failed>,
    /// Files that the journals of earlier runs name.
    pub resumed: usize,
    /// Whether somebody has taken the first requests; nothing where nobody has to.
    pub begun: Option<Begun>,
}

impl Asked {
    /// Files that have a request now.
    pub fn pending(&self) -> u64 {
        self.asked.files + self.going.files
    }

    /// Files for which it did not work.
    pub(super) fn found(&self) -> u64 {
        self.failed + self.refused.values().sum::<u64>()
    }

    /// Files that were found unfit.
    pub fn refused_files(&self) -> u64 {
        self.refused.values().sum()
    }

    pub(super) fn refuse(&mut self, path: PathBuf, because: &str) {
        *self.refused.entry(because.to_owned()).or_default() += 1;
        self.name(path, because);
    }

    pub(super) fn fail(&mut self, path: PathBuf, because: &str) {
        self.failed += 1;
        self.name(path, because);
    }

    fn name(&mut self, path: PathBuf, because: &str) {
        if self.failures.len() < MOST_NAMED {
            self.failures.push(Failed { path, because: because.to_owned() });
        }
    }
}
