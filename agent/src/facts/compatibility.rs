//! The compatibility matrix that serves here.

use super::Observed;
use crate::compat::{InUse, OWN_FILE, OwnFile};
use fsxlustre_mount::failure::Explain as _;
use fsxlustre_mount::host::{Deadline, Host, read_trusted};

/// *Source*: what this program carries, or a newer [`OWN_FILE`] that only root can have written:
/// commands that root is told to run are taken from it.
pub(super) fn read(host: &Host, deadline: Deadline) -> Observed<InUse> {
    let path = host.paths.rootfs.join(OWN_FILE);
    let named = path.display().to_string();
    let is_there = path.symlink_metadata().is_ok();
    let own = is_there.then(|| (named.clone(), read_trusted(&path, deadline)));
    let carried = format!("fsxlustre {}", env!("CARGO_PKG_VERSION"));
    match InUse::choose(own) {
        Ok(in_use) if matches!(in_use.own_file, Some(OwnFile::Used { .. })) => {
            Observed::known(in_use, named)
        }
        Ok(in_use) => Observed::known(in_use, carried),
        Err(error) => Observed::unknown(error.because(), carried),
    }
}
