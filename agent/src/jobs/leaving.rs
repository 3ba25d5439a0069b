//! A node that is about to be taken away: what is mounted leaves it, and no start mounts anything more.

use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::host::{Host, read_state, remove_state, write_state};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

#[derive(Debug, Serialize, Deserialize)]
struct Leaving {
    /// The boot it belongs to.
    boot_id: Option<String>,
    /// Why it leaves, in words.
    because: String,
}

fn path(host: &Host) -> PathBuf {
    host.paths.state.join("leaving.json")
}

/// Notes that this node leaves, until [`forget`] or its next boot.
///
/// # Errors
/// The state folder cannot be written.
pub fn note(host: &Host, because: &str) -> Result<(), Failure> {
    let leaving = Leaving { boot_id: host.boot_id(), because: because.to_owned() };
    write_state(&path(host), &leaving).map_err(|error| error.failure())
}

/// It stays after all. Fine when nothing was noted.
///
/// # Errors
/// The state folder cannot be written.
pub fn forget(host: &Host) -> Result<(), Failure> {
    remove_state(&path(host)).map_err(|error| error.failure())
}

/// Refuses to mount on a node that leaves. One of which that cannot be told stays.
pub(super) fn check(host: &Host) -> Result<(), Failure> {
    let leaving: Option<Leaving> = read_state(&path(host)).ok().flatten();
    match leaving.filter(|leaving| leaving.boot_id == host.boot_id()) {
        None => Ok(()),
        Some(leaving) => Err(Failure {
            code: Code::NodeLeaves,
            what: "this node is about to be taken away".into(),
            asked: "mount for a job".into(),
            because: leaving.because,
            remedy: "none here: the job runs on another node when it is requeued".into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_leaves_until_it_stays_or_boots_again() {
        let folder = tempfile::tempdir().expect("folder");
        let mut host = Host::default();
        host.paths.state = folder.path().to_owned();
        assert_eq!(check(&host), Ok(()));
        note(&host, "a notice").expect("noted");
        assert_eq!(check(&host).map_err(|failure| failure.code), Err(Code::NodeLeaves));
        let earlier = Leaving { boot_id: Some("earlier".into()), because: "a notice".into() };
        write_state(&path(&host), &earlier).expect("written");
        assert_eq!(check(&host), Ok(()), "of another boot");
        note(&host, "a notice").expect("noted");
        forget(&host).expect("forgotten");
        assert_eq!(check(&host), Ok(()));
    }
}
