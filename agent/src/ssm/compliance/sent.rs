//! What was put last, so that the same is not put again.

use crate::aws::ComplianceItem;
use fsxlustre_mount::host::{Host, StateError, read_own_state, write_private_state};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::path::PathBuf;

/// The layout of the file; another number is another layout.
const FORMAT: u32 = 1;

/// What AWS was given last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    format: u32,
    /// The id of the node.
    pub node: String,
    /// The Region.
    pub region: String,
    /// The hash of the items.
    pub hash: String,
    /// When, seconds since 1970 UTC.
    pub at_unix_seconds: u64,
}

impl Sent {
    /// What was put just now.
    pub fn now(node: String, region: String, hash: String, at_unix_seconds: u64) -> Self {
        Self { format: FORMAT, node, region, hash, at_unix_seconds }
    }

    fn file(host: &Host) -> PathBuf {
        host.paths.data.join("compliance.json")
    }

    /// What was kept; `None` where there is none, or none that only root can have written.
    pub fn kept(host: &Host) -> Option<Self> {
        read_own_state(&Self::file(host)).filter(|sent: &Self| sent.format == FORMAT)
    }

    /// Keeps it, for root's eyes.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn keep(&self, host: &Host) -> Result<(), StateError> {
        write_private_state(&Self::file(host), self)
    }

    /// Whether these items are there already.
    pub fn is(&self, node: &str, region: &str, hash: &str) -> bool {
        (self.node.as_str(), self.region.as_str(), self.hash.as_str()) == (node, region, hash)
    }
}

/// The SHA-256 of what items say. The title of one that is well is no part of it: it tells numbers that
/// are others at every moment.
pub fn hash(items: &[ComplianceItem]) -> String {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    for item in items {
        let title = if item.is_compliant { "" } else { item.title.as_str() };
        let fields = [item.id.as_str(), item.severity.word(), title];
        let details = item.details.iter().flat_map(|(name, value)| [*name, value.as_str()]);
        for field in fields.into_iter().chain(details) {
            context.update(field.as_bytes());
            context.update(&[0]);
        }
        context.update(&[u8::from(item.is_compliant), b'\n']);
    }
    context.finish().as_ref().iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
