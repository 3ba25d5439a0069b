//! What we have set on a client and what was there before: one small file a client, in
//! `/run/fsxlustre/tuning`, written before the first value is.
//!
//! The values that were there first are never written over, so that they come back whatever was killed
//! and however often a profile was applied.

use super::client::Client;
use super::files::{ClientValues, Place};
use fsxlustre_mount::host::{
    Host, StateError, read_own_state, read_state, remove_state, state_names, write_state,
};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The layout of the file; another number is another layout.
const FORMAT: u32 = 1;

/// What was set on a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    format: u32,
    boot_id: Option<String>,
    /// The client's own identity: an address is used again by a later client.
    uuid: Option<String>,
    /// The client.
    pub client: Client,
    /// The profile that was applied last.
    pub profile: String,
    /// Every value that was set.
    pub entries: Vec<Entry>,
}

/// A value that was set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Of which device.
    #[serde(flatten)]
    pub place: Place,
    /// What was there before we set it for the first time.
    pub before: u64,
    /// What we set.
    pub set: u64,
    /// Whether it is known to have been set: not where a call was killed before.
    pub is_set: bool,
    /// Whether Lustre raised it along with another one.
    #[serde(default)]
    pub is_raised: bool,
}

impl Kept {
    /// What is kept of this very client; nothing set where nothing is.
    ///
    /// # Errors
    /// [`StateError`] where there is a file that cannot be understood: what was there before is then
    /// not known, so nothing may be set.
    pub fn read(host: &Host, client: &Client, values: &ClientValues) -> Result<Self, StateError> {
        let fresh = Self {
            format: FORMAT,
            boot_id: host.boot_id(),
            uuid: values.uuid.clone(),
            client: client.clone(),
            profile: String::new(),
            entries: Vec::new(),
        };
        let found: Option<Self> = read_state(&file(host, &client.name()))?;
        Ok(found.filter(|found| found.is_of(&fresh)).unwrap_or(fresh))
    }

    fn is_of(&self, other: &Self) -> bool {
        self.format == FORMAT && self.boot_id == other.boot_id && self.uuid == other.uuid
    }

    /// Writes it, whole or not at all; removes it where nothing is set.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn write(&self, host: &Host) -> Result<(), StateError> {
        let file = file(host, &self.client.name());
        if self.entries.is_empty() { remove_state(&file) } else { write_state(&file, self) }
    }

    /// What is kept of every client of this boot that has this identity now; for those who only look.
    pub fn all(host: &Host, uuid: impl Fn(&Client) -> Option<String>) -> Vec<Self> {
        let folder = folder(host);
        let names = state_names(&folder).unwrap_or_default();
        let kept = names.iter().filter_map(|name| read_own_state::<Self>(&folder.join(name)));
        let boot_id = host.boot_id();
        kept.filter(|kept| kept.format == FORMAT && kept.boot_id == boot_id)
            .filter(|kept| kept.uuid.is_some() && kept.uuid == uuid(&kept.client))
            .collect()
    }

    /// The entry of a setting of a device.
    pub fn entry(&self, place: &Place) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.place == *place)
    }

    /// Puts a new value in place; what was there first stays.
    pub(super) fn intend(&mut self, wanted: Entry) {
        match self.entries.iter_mut().find(|entry| entry.place == wanted.place) {
            Some(entry) => *entry = Entry { before: entry.before, ..wanted },
            None => self.entries.push(wanted),
        }
    }

    /// The values of ours that are other ones now: the entry, and what is there.
    pub fn drift<'k>(
        &'k self,
        now: impl Fn(&Place) -> Option<u64> + 'k,
    ) -> impl Iterator<Item = (&'k Entry, u64)> {
        let ours = self.entries.iter().filter(|entry| entry.is_set && !entry.is_raised);
        ours.filter_map(move |entry| {
            let now = now(&entry.place).filter(|now| *now != entry.set)?;
            Some((entry, now))
        })
    }
}

fn folder(host: &Host) -> PathBuf {
    host.paths.state.join("tuning")
}

fn file(host: &Host, client: &str) -> PathBuf {
    folder(host).join(format!("{client}.json"))
}

/// Removes what is kept of clients that are gone.
pub(super) fn forget_gone(host: &Host, clients: &[Client]) {
    let is_there = |name: &str| clients.iter().any(|client| client.name() == name);
    for name in state_names(&folder(host)).unwrap_or_default() {
        let client = name.trim_end_matches(".json");
        if !is_there(client) {
            // The next call tries again.
            let _ = remove_state(&file(host, client));
        }
    }
}
