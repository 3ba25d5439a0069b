//! Compliance: what the checks found, as items of the type `Custom:FsxLustre`, where Systems Manager counts
//! them over a fleet.

mod items;
mod sent;

pub use items::{TYPE, items};
pub use sent::{Sent, hash};

use crate::checks::{Report, Selection, answers};
use crate::config::AgentConfig;
use crate::facts::{Facts, Scope, named};

/// What `fsxlustre check` would say of this node.
pub fn look(config: &AgentConfig, selection: &Selection) -> Report {
    let scope = selection.scope();
    let asked = if scope == Scope::LOCAL { Vec::new() } else { named(config) };
    let facts = Facts::gather(config, &asked, scope);
    Report::new(answers(&facts, selection), facts.node)
}
