//! What is known of the file system and the client that a layout is for. Nothing here is a guess:
//! what is not known is `None`, and not checked.

use fsxlustre_mount::versions::series;
use std::collections::BTreeMap;

/// What a file system lets a layout say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileSystemShape {
    /// Lustre's name of it, before the dot of a pool's whole name.
    pub name: Option<String>,
    /// The indices of its OSTs.
    pub osts: Option<Vec<u32>>,
    /// Its pools and the indices of their OSTs.
    pub pools: Option<BTreeMap<String, Vec<u32>>>,
    /// How many MDTs it has.
    pub mdts: Option<u32>,
    /// The Lustre version of the client here.
    pub client: Option<String>,
    /// The Lustre version of the file system.
    pub version: Option<String>,
    /// How much of a file may lie on an MDT, bytes (`dom_stripesize` of the MDT); 0 for nothing.
    pub most_on_mdt: Option<u64>,
}

impl FileSystemShape {
    /// Of a file system with so many OSTs, counted from 0.
    pub fn with_osts(count: u32) -> Self {
        Self { osts: Some((0..count).collect()), ..Self::default() }
    }

    /// How many OSTs a file without a pool can lie on.
    pub fn ost_count(&self) -> Option<u32> {
        u32::try_from(self.osts.as_ref()?.len()).ok()
    }

    /// How much of a file may lie on an MDT: what is known, or what Lustre has unless somebody changed it.
    pub fn most_on_mdt(&self) -> u64 {
        self.most_on_mdt.unwrap_or(1 << 20)
    }

    /// Whether both ends are known to have what came with a version.
    pub(super) fn has(&self, since: (u32, u32)) -> bool {
        [&self.client, &self.version]
            .into_iter()
            .all(|version| version.as_deref().and_then(series).is_some_and(|have| have >= since))
    }
}
