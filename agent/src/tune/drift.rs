//! What somebody else set since we did: our state against what the files say. For those who only look, so
//! it is told and never mended.

use super::client::Client;
use super::files::Place;
use super::kept::Kept;
use fsxlustre_mount::host::{Host, read_text};
use serde::Serialize;

/// A setting of a device that is not as we set it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drifted {
    /// Lustre's name of the file system.
    pub fs_name: String,
    /// The client's name.
    pub client: String,
    /// The key of the setting.
    pub key: String,
    /// The device.
    pub device: String,
    /// What we set.
    pub set: u64,
    /// What is there.
    pub now: u64,
}

/// What differs on the clients of this node; `now` says what a setting of a device is.
///
/// *Source*: `/run/fsxlustre/tuning`, `llite/*/uuid`, and whatever `now` reads.
pub fn drifted(host: &Host, now: impl Fn(&Place) -> Option<u64>) -> Vec<Drifted> {
    tuned(host, now).1
}

/// The clients on which something of ours is set, and what somebody else set there since.
pub fn tuned(host: &Host, now: impl Fn(&Place) -> Option<u64>) -> (Vec<Client>, Vec<Drifted>) {
    let (mut clients, mut all) = (Vec::new(), Vec::new());
    for kept in Kept::all(host, |client| uuid(host, client)) {
        let (fs_name, client) = (&kept.client.fs_name, kept.client.name());
        all.extend(kept.drift(&now).map(|(entry, now)| Drifted {
            fs_name: fs_name.clone(),
            client: client.clone(),
            key: entry.place.key.clone(),
            device: entry.place.device.clone(),
            set: entry.set,
            now,
        }));
        clients.push(kept.client);
    }
    (clients, all)
}

/// What a setting of a device is, by one file of the client's.
pub fn value_now(host: &Host, place: &Place) -> Option<u64> {
    let (folder, name) = place.key.rsplit_once('.')?;
    text(host, &format!("{}/{}/{name}", folder.replace('.', "/"), place.device))?
        .trim()
        .parse()
        .ok()
}

fn uuid(host: &Host, client: &Client) -> Option<String> {
    Some(text(host, &format!("llite/{}/uuid", client.name()))?.trim().to_owned())
}

/// A file of the client's, in sysfs or, up to Lustre 2.11, in procfs.
fn text(host: &Host, path: &str) -> Option<String> {
    let roots = [&host.paths.sysfs, &host.paths.procfs];
    roots.into_iter().find_map(|root| read_text(&root.join("fs/lustre").join(path)).ok())
}
