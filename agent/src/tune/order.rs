//! The order in which values are written, so that no limit between settings of a device is broken on
//! the way: pure.
//!
//! A client lowers or raises the other one by itself where the order is wrong, or refuses; then what was
//! there before could not be put back.

use super::data::TuningData;
use super::files::Place;

/// A value that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Of which device.
    pub place: Place,
    /// What it is now.
    pub from: u64,
    /// What is written.
    pub to: u64,
}

/// Puts changes in order: the upper one of a pair first where it rises, last where it falls; what Lustre
/// raises along with another one after that.
pub fn ordered(data: &TuningData, changes: Vec<Change>) -> Vec<Change> {
    let mut left = changes;
    let mut done = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let is_free = |one: &Change| !left.iter().any(|other| goes_before(data, other, one));
        // The pairs of the data make no circle, so one is always free.
        let next = left.iter().position(is_free).unwrap_or_default();
        done.push(left.remove(next));
    }
    done
}

fn goes_before(data: &TuningData, first: &Change, second: &Change) -> bool {
    if first.place.device != second.place.device || first.place.key == second.place.key {
        return false;
    }
    let bounds = |one: &Change, other: &Change| {
        let setting = data.setting(&one.place.key);
        setting.and_then(|one| one.bound()).is_some_and(|(upper, _)| upper == other.place.key)
    };
    let raises = |one: &Change, other: &Change| {
        let setting = data.setting(&one.place.key);
        setting.and_then(|one| one.raises.as_ref()) == Some(&other.place.key)
    };
    // `bounds(a, b)`: b is the upper one of a.
    bounds(second, first) && first.to > first.from
        || bounds(first, second) && second.to <= second.from
        || raises(first, second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn change(key: &str, device: &str, from: u64, to: u64) -> Change {
        Change { place: Place { key: key.into(), device: device.into() }, from, to }
    }

    fn keys(changes: Vec<Change>) -> Vec<String> {
        let data = TuningData::carried().expect("data");
        ordered(data, changes).into_iter().map(|one| one.place.key).collect()
    }

    const RPCS: &str = "mdc.max_rpcs_in_flight";
    const MOD: &str = "mdc.max_mod_rpcs_in_flight";
    const DIRTY: &str = "mdc.max_dirty_mb";

    #[test]
    fn the_upper_one_rises_first_and_falls_last() {
        let raised =
            vec![change(MOD, "a", 7, 50), change(DIRTY, "a", 8, 64), change(RPCS, "a", 8, 64)];
        assert_eq!(keys(raised), [RPCS, MOD, DIRTY]);
        let lowered =
            vec![change(DIRTY, "a", 64, 8), change(RPCS, "a", 64, 8), change(MOD, "a", 50, 7)];
        assert_eq!(keys(lowered), [MOD, RPCS, DIRTY]);
        let of_two = vec![change(MOD, "a", 7, 50), change(RPCS, "b", 8, 64)];
        assert_eq!(keys(of_two), [MOD, RPCS], "another device's are no matter");
    }

    /// A client that takes no value by which a lower one would not stay below its upper one.
    #[derive(Debug)]
    struct Strict(BTreeMap<String, u64>);

    impl Strict {
        fn breaks_a_limit(&self) -> Option<String> {
            let data = TuningData::carried().expect("data");
            data.settings.iter().find_map(|setting| {
                let (upper, is_strict) = setting.bound()?;
                let (low, high) = (self.0.get(&setting.key)?, self.0.get(upper)?);
                (low > high || is_strict && low == high).then(|| setting.key.clone())
            })
        }
    }

    /// Two numbers of which the first is below the second, or not above it.
    fn pair(is_strict: bool) -> impl Strategy<Value = (u64, u64)> {
        (1_u64..200, 0_u64..200)
            .prop_map(move |(low, more)| (low, low + more + u64::from(is_strict)))
    }

    proptest! {
        #[test]
        fn no_limit_is_broken_at_any_step(
            (mod_from, rpcs_from) in pair(true), (mod_to, rpcs_to) in pair(true),
            (file_from, all_from) in pair(false), (file_to, all_to) in pair(false),
            leave in prop::collection::vec(any::<bool>(), 4), turn in 0_usize..4,
        ) {
            let per_file = "llite.max_read_ahead_per_file_mb";
            let whole = "llite.max_read_ahead_mb";
            let wanted = [
                (MOD, mod_from, mod_to), (RPCS, rpcs_from, rpcs_to),
                (per_file, file_from, file_to), (whole, all_from, all_to),
            ];
            let mut client =
                Strict(wanted.iter().map(|(key, from, _)| ((*key).to_owned(), *from)).collect());
            let mut changes: Vec<_> = wanted
                .iter()
                .zip(&leave)
                .filter(|((_, from, to), leave)| from != to && !**leave)
                .map(|((key, from, to), _)| change(key, "a", *from, *to))
                .collect();
            // Only ends that hold can be reached.
            let mut after = Strict(client.0.clone());
            after.0.extend(changes.iter().map(|one| (one.place.key.clone(), one.to)));
            prop_assume!(after.breaks_a_limit().is_none());
            let turn = turn.min(changes.len());
            changes.rotate_left(turn);
            for one in ordered(TuningData::carried().expect("data"), changes) {
                client.0.insert(one.place.key.clone(), one.to);
                prop_assert_eq!(client.breaks_a_limit(), None, "after {:?}", one);
            }
        }
    }
}
