//! Settings of the client for what a start has mounted.

use super::Started;
use crate::config::AgentConfig;
use fsxlustre_mount::host::Deadline;

/// Nothing is tuned: there are no settings for it. What comes here may touch what this start has
/// mounted, never a mount that was there.
pub(super) fn apply_all(_config: &AgentConfig, _started: &mut Started, _deadline: Deadline) {}
