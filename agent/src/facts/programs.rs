//! Programs of the Lustre client.

use super::{Observed, Tree};
use fsxlustre_mount::host::Host;
use serde::Serialize;
use std::path::PathBuf;

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
    let is_file = |path: &PathBuf| match path.strip_prefix(&host.paths.rootfs) {
        Ok(below) => Tree::of(host).is_file(below),
        Err(_) => path.is_file(),
    };
    let found = host.program_folders.iter().map(|folder| folder.join(name)).find(is_file);
    Observed::known(found.map(|path| path.display().to_string()), folders)
}
