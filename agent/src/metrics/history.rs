//! Evictions and broken connections, counted from the kernel's short list of changes.

use super::import_file::{Change, new_changes};
use super::imports::STATES;
use std::collections::BTreeMap;

/// What one connection has been through, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct History {
    /// The list as it was read last.
    changes: Vec<Change>,
    /// How often the server has thrown this client out.
    pub(super) evictions: u64,
    /// How often the connection broke. One that was closed for want of work is none.
    pub(super) disconnects: u64,
    /// The last eviction, in seconds since 1970 UTC.
    pub(super) last_eviction: Option<i64>,
}

impl History {
    fn add(&mut self, now: &[Change]) {
        for (at, state) in new_changes(&self.changes, now) {
            match STATES.get(usize::from(*state)) {
                Some(&"EVICTED") => {
                    self.evictions += 1;
                    self.last_eviction = Some(*at);
                }
                Some(&"DISCONN") => self.disconnects += 1,
                _ => {}
            }
        }
        self.changes = now.to_vec();
    }
}

/// All connections of a file system, by device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Histories(BTreeMap<String, History>);

impl Histories {
    /// Takes in a list as it is now; one that could not be read changes nothing.
    pub(super) fn add(&mut self, device: &str, changes: Option<&[Change]>) {
        let Some(changes) = changes else { return };
        if let Some(history) = self.0.get_mut(device) {
            history.add(changes);
        } else {
            let mut history = History::default();
            history.add(changes);
            self.0.insert(device.to_owned(), history);
        }
    }

    /// That of a device.
    pub(super) fn of(&self, device: &str) -> Option<&History> {
        self.0.get(device)
    }

    /// Forgets all but these devices.
    pub(super) fn keep_only<'d>(&mut self, devices: impl Iterator<Item = &'d str>) {
        let devices: std::collections::BTreeSet<&str> = devices.collect();
        self.0.retain(|device, _| devices.contains(device.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_counted_once() {
        let place = |name: &str| {
            let place = STATES.iter().position(|state| *state == name).expect("a state");
            u8::try_from(place).expect("few")
        };
        let (full, disconn, evicted) = (place("FULL"), place("DISCONN"), place("EVICTED"));
        let mut histories = Histories::default();
        let list = [(1, full), (2, disconn), (3, evicted), (4, full)];
        histories.add("a", Some(&list[..2]));
        for _ in 0..2 {
            histories.add("a", Some(&list));
            histories.add("a", None);
        }
        histories.add("a", Some(&[(4, full), (9, evicted)]));
        let history = histories.of("a").expect("known");
        assert_eq!((history.evictions, history.disconnects), (2, 1));
        assert_eq!(history.last_eviction, Some(9));
        histories.keep_only(["b"].into_iter());
        assert_eq!(histories.of("a"), None);
    }
}
