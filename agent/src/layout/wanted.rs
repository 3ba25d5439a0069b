//! The layout that a profile means on a file system.

use super::model::Layout;
use super::shape::FileSystemShape;
use crate::config::AgentConfig;
use fsxlustre_mount::failure::{Explain as _, Failure};

/// Computes it.
///
/// # Errors
/// The profile is unknown, or does not fit the file system.
pub fn profile_layout(
    config: &AgentConfig,
    name: &str,
    shape: &FileSystemShape,
) -> Result<Layout, Failure> {
    let unknown = || config.layout.unknown(name).failure();
    let profile = config.layout.profile(name).ok_or_else(unknown)?;
    profile.layout(name, shape).map_err(|error| error.failure())
}
