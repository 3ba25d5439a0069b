//! Evictions and broken connections, counted from the kernel's short list of changes.
//!
//! What happened before the service began is not counted. A service that is started again would
//! count what is still in the list a second time, and Prometheus, which takes a counter that fell
//! for one that began anew, would tell it as new.

use super::import_file::{Change, new_changes};
use super::import_state::STATES;
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
    fn add(&mut self, now: &[Change], since: i64) {
        for (at, state) in new_changes(&self.changes, now) {
            let counts = u64::from(*at >= since);
            match STATES.get(usize::from(*state)) {
                Some(&"EVICTED") => {
                    self.evictions += counts;
                    self.last_eviction = Some(*at);
                }
                Some(&"DISCONN") => self.disconnects += counts,
                _ => {}
            }
        }
        self.changes = now.to_vec();
    }
}

/// All connections of a client, by device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Histories {
    by_device: BTreeMap<String, History>,
    since: i64,
}

impl Histories {
    /// None yet; only what happens from then on counts, in seconds since 1970 UTC.
    pub(super) fn since(since: i64) -> Self {
        Self { by_device: BTreeMap::new(), since }
    }

    /// Takes in a list as it is now; one that could not be read changes nothing.
    pub(super) fn add(&mut self, device: &str, changes: Option<&[Change]>) {
        let Some(changes) = changes else { return };
        if let Some(history) = self.by_device.get_mut(device) {
            history.add(changes, self.since);
        } else {
            let mut history = History::default();
            history.add(changes, self.since);
            self.by_device.insert(device.to_owned(), history);
        }
    }

    /// That of a device.
    pub(super) fn of(&self, device: &str) -> Option<&History> {
        self.by_device.get(device)
    }

    /// Forgets all but these devices.
    pub(super) fn keep_only<'d>(&mut self, devices: impl Iterator<Item = &'d str>) {
        let devices: std::collections::BTreeSet<&str> = devices.collect();
        self.by_device.retain(|device, _| devices.contains(device.as_str()));
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

    #[test]
    fn what_was_before_the_service_began_is_told_and_not_counted() {
        let evicted = u8::try_from(9).expect("small");
        assert_eq!(STATES[usize::from(evicted)], "EVICTED");
        let mut histories = Histories::since(100);
        histories.add("a", Some(&[(40, evicted), (99, evicted)]));
        let history = histories.of("a").expect("known");
        assert_eq!((history.evictions, history.last_eviction), (0, Some(99)));
        histories.add("a", Some(&[(40, evicted), (99, evicted), (100, evicted)]));
        assert_eq!(histories.of("a").map(|history| history.evictions), Some(1));
    }
}
