//! How AWS's Lustre client is installed on a node.

use super::{Listing, Matrix, Node, is_release};
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InstallRow {
    pub(super) distributions: Vec<String>,
    pub(super) releases: Vec<String>,
    pub(super) command: String,
    pub(super) source: String,
}

impl Matrix {
    /// The command that installs AWS's client for the running kernel; `None` when AWS has none
    /// for this distribution, or when a word that the command needs is not known.
    ///
    /// `codename` is `VERSION_CODENAME` of os-release.
    pub fn install_command(&self, node: Node<'_>, codename: Option<&str>) -> Option<String> {
        let fits = |row: &&InstallRow| {
            row.distributions.iter().any(|id| id == node.distribution)
                && row.releases.iter().any(|listed| is_release(node.release, listed))
        };
        let row = self.install.iter().find(fits)?;
        let minor = match self.kernel(node) {
            Listing::Listed(row) => row.minor.clone(),
            _ => None,
        };
        let major = node.release.split('.').next().unwrap_or(node.release);
        let words = [
            ("{kernel}", Some(node.kernel)),
            ("{codename}", codename),
            ("{major}", Some(major)),
            ("{minor}", Some(minor.as_deref().unwrap_or(node.release))),
        ];
        let mut command = row.command.clone();
        for (place, word) in words {
            if command.contains(place) {
                command = command.replace(place, word.filter(|word| is_plain(word))?);
            }
        }
        Some(command)
    }
}

/// Whether a word may stand in a command that a person will paste into a shell.
fn is_plain(word: &str) -> bool {
    !word.is_empty()
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+'))
}
