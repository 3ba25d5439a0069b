//! What limits this node's I/O: facts are gathered, rules judge them, and what explains most comes
//! first.

mod facts;
mod finding;
mod gather;
mod rules;
mod text;

pub use facts::{EfaDevice, Facts, Sources};
pub use finding::{Finding, Verdict};
pub use gather::{Asked, gather};
pub use rules::{Rule, rules};

use crate::window::Span;
use serde::Serialize;

/// The layout of the JSON object; another number is another layout. Fields are only ever added.
pub const FORMAT: u32 = 1;

/// The whole answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// [`FORMAT`].
    pub format: u32,
    /// Which time it is of.
    pub span: Span,
    /// The length of that time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// Whether other jobs did a part of what is told of a job.
    pub is_shared: bool,
    /// The file systems that were judged.
    pub file_systems: Vec<String>,
    /// Every rule's answer, ranked.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Judges what was seen.
    pub fn of(facts: &Facts) -> Self {
        Self {
            format: FORMAT,
            span: facts.window.span,
            seconds: facts.window.seconds,
            is_shared: facts.window.is_shared,
            file_systems: facts.window.file_systems.keys().cloned().collect(),
            findings: rules::judge(facts),
        }
    }
}

#[cfg(test)]
mod tests;
