//! The id of this instance, for whoever needs nothing else of AWS.

use super::{Imds, NodeIdentity, block_on};
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::Bounds;
use std::time::Duration;

/// The longest time for it: link-local, and worth less than what waits for it.
const LONGEST: Duration = Duration::from_secs(2);

/// The id of this instance, `i-0123456789abcdef0`; `None` where the metadata service cannot be
/// asked, or a signal came.
pub fn instance_id(bounds: Bounds<'_>) -> Option<String> {
    let asked = block_on(bounds.at_most(LONGEST), async {
        Ok(Imds::of_environment().document().await.clone())
    });
    let id = asked.ok()?.ok()?.instance_id?;
    let is_id = id.starts_with("i-") && id.len() <= 40 && id.bytes().all(|b| b.is_ascii_graphic());
    is_id.then_some(id)
}

/// Who and where this node is; its field `unknown` says why something is not known.
///
/// # Errors
/// A failure where a signal came, or the time was over.
pub fn node_identity(bounds: Bounds<'_>) -> Result<NodeIdentity, Failure> {
    block_on(bounds, async { Ok(Imds::of_environment().identity().await.clone()) })
        .map_err(|error| error.failure())
}
