//! Programs of the Lustre client.

use super::Observed;
use fsxlustre_mount::host::{Host, ProgramError};
use serde::Serialize;

/// Where the client's programs are; `null` when one is not installed.
///
/// *Source*: the folders of `[host] program_folders`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClientPrograms {
    /// What mounts.
    #[serde(rename = "mount.lustre")]
    pub mount: Observed<Option<String>>,
    /// What sets and shows layouts.
    pub lfs: Observed<Option<String>>,
    /// What shows and sets the client's parameters.
    pub lctl: Observed<Option<String>>,
}

impl ClientPrograms {
    pub(super) fn find(host: &Host) -> Self {
        let find = |name| find(host, name);
        Self { mount: find("mount.lustre"), lfs: find("lfs"), lctl: find("lctl") }
    }
}

fn find(host: &Host, name: &str) -> Observed<Option<String>> {
    let folders: Vec<_> =
        host.program_folders.iter().map(|folder| folder.display().to_string()).collect();
    let folders = folders.join(", ");
    match host.program(name) {
        Ok(program) => Observed::known(Some(program.path().display().to_string()), folders),
        Err(ProgramError::NotFound { .. }) => Observed::known(None, folders),
        Err(error) => Observed::unknown(error.to_string(), folders),
    }
}
