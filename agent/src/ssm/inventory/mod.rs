//! Custom inventory: what the SSM Agent's next collection tells of this node, as files that it picks up.
//!
//! Nothing of AWS is asked. What is written has no times and no counters that move, so that a node that
//! does not change is not written anew.

mod client;
mod drop_file;
mod fit;
mod mounts;

pub use drop_file::{DropError, Dropped, Place, place, put};
pub use fit::Entry;

use crate::checks::{Report, Selection, answers};
use crate::config::AgentConfig;
use crate::facts::{Facts, Scope};
use crate::metrics::differing_options;
use crate::status::gather;
use fsxlustre_mount::host::Host;
use fsxlustre_mount::record::MountRecord;
use serde::Serialize;
use std::collections::BTreeMap;

/// The version of the layout of both types; another number is another type for Systems Manager.
const SCHEMA: &str = "1.0";
/// What stands for a value that is not known.
const UNKNOWN: &str = "unknown";

/// One type of inventory, as the SSM Agent reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Item {
    schema_version: &'static str,
    /// `Custom:FsxLustreClient`.
    pub type_name: &'static str,
    /// Its entries, by the names of their attributes.
    pub content: Vec<Entry>,
}

impl Item {
    fn new(type_name: &'static str, content: Vec<Entry>) -> Self {
        Self { schema_version: SCHEMA, type_name, content: fit::fitting(content) }
    }

    /// The file's name, which is the same each time: a type that stands in two files is refused.
    pub fn file_name(&self) -> &'static str {
        if self.type_name == client::TYPE {
            "fsxlustre-client.json"
        } else {
            "fsxlustre-mounts.json"
        }
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        // Maps of strings always are JSON.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Looks at this node, and no further: at the checks of the group `local`, and at every mount. A mount
/// that is dead costs no more than [`crate::facts::LONGEST_GATHERING`].
pub fn items(config: &AgentConfig) -> Vec<Item> {
    let facts = Facts::gather(config, &[], Scope::LOCAL);
    let findings = answers(&facts, &Selection::local());
    let status = gather(config.host()).map_err(|failure| failure.because);
    let mounts = mounts::entries(status.as_ref(), &facts.node, &differing(config.host()));
    let client = client::entry(&Report::new(findings, facts.node));
    vec![Item::new(client::TYPE, vec![client]), Item::new(mounts::TYPE, mounts)]
}

/// The options that do not hold, of each mount that we made, by its directory.
fn differing(host: &Host) -> BTreeMap<String, Vec<String>> {
    let table = host.mounts().unwrap_or_default();
    let ours = table.mounts.iter().filter(|mount| host.is_lustre(mount)).filter_map(|mount| {
        let record = MountRecord::read_of(host, mount)?;
        Some((mount.directory.display().to_string(), differing_options(&record, mount)))
    });
    ours.collect()
}

/// A value, or that it is not known and why.
fn told<T>(observed: &crate::facts::Observed<T>, show: impl FnOnce(&T) -> String) -> String {
    match observed {
        crate::facts::Observed::Known { value, .. } => show(value),
        crate::facts::Observed::Unknown { because, .. } => format!("{UNKNOWN}: {because}"),
    }
}

#[cfg(test)]
mod tests;
