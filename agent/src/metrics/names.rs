//! Lists of names that are known, in which one is found by a hash that is made at compile time.

/// Room for twice the longest list.
const SLOTS: usize = 256;

/// Names that are known.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Names {
    names: &'static [&'static str],
    /// The place of a name, counted from 1, at its hash or, where that is taken, at the next free slot.
    slots: [u8; SLOTS],
}

/// Where a name belongs: from its length and four of its bytes, which are enough to tell most apart.
const fn slot(name: &[u8]) -> usize {
    let length = name.len();
    if length == 0 {
        return 0;
    }
    let [first, third, middle, last] = [
        name[0] as usize,
        name[length / 3] as usize,
        name[length / 2] as usize,
        name[length - 1] as usize,
    ];
    (length * 5 + first * 3 + third * 7 + middle * 13 + last * 29) % SLOTS
}

/// Whether two names are the same. Most have 4 to 16 bytes, which are two words that may overlap: to compare those
/// costs less than a call.
fn is_same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len()
        && match a.len() {
            4..=8 => ends::<4>(a) == ends(b),
            9..=16 => ends::<8>(a) == ends(b),
            _ => a == b,
        }
}

/// The first and the last bytes of a name.
fn ends<const N: usize>(name: &[u8]) -> Option<(&[u8; N], &[u8; N])> {
    name.first_chunk().zip(name.last_chunk())
}

impl Names {
    /// Of a list, in which each name is once.
    pub(super) const fn new(names: &'static [&'static str]) -> Self {
        assert!(names.len() <= SLOTS / 2, "too many names");
        let mut slots = [0; SLOTS];
        let mut place = 0;
        while place < names.len() {
            let mut slot = slot(names[place].as_bytes());
            while slots[slot] != 0 {
                slot = (slot + 1) % SLOTS;
            }
            place += 1;
            #[expect(clippy::cast_possible_truncation, reason = "at most 128")]
            {
                slots[slot] = place as u8;
            }
        }
        Self { names, slots }
    }

    /// The name of the list that is this one.
    pub(super) fn find(&self, name: &[u8]) -> Option<&'static str> {
        self.names.get(self.place(name)?).copied()
    }

    /// Its place in the list.
    fn place(&self, name: &[u8]) -> Option<usize> {
        let mut slot = slot(name);
        loop {
            let place = usize::from(*self.slots.get(slot)?).checked_sub(1)?;
            if is_same(self.names.get(place)?.as_bytes(), name) {
                return Some(place);
            }
            slot = (slot + 1) % SLOTS;
        }
    }

    /// All of them.
    #[cfg(test)]
    pub(super) fn all(&self) -> &'static [&'static str] {
        self.names
    }
}

/// Values of known names, in the order of their list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ByName<T> {
    names: &'static Names,
    values: Vec<Option<T>>,
}

impl<T: Copy> ByName<T> {
    /// No values.
    pub(super) fn new(names: &'static Names) -> Self {
        Self { names, values: vec![None; names.names.len()] }
    }

    /// The value of a name; `None` where the name is not known.
    pub(super) fn entry(&mut self, name: &[u8]) -> Option<&mut Option<T>> {
        self.values.get_mut(self.names.place(name)?)
    }

    /// The value of a name, where it has one.
    pub(super) fn get(&self, name: &str) -> Option<T> {
        self.values.get(self.names.place(name.as_bytes())?).copied()?
    }

    /// The names that have a value.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, T)> + '_ {
        let all = self.names.names.iter().zip(&self.values);
        all.filter_map(|(name, value)| Some((*name, (*value)?)))
    }

    /// Adds the values of another one of the same list: those that only one has as they are.
    pub(super) fn add(&mut self, other: &Self, plus: impl Fn(T, T) -> T) {
        for (sum, more) in self.values.iter_mut().zip(&other.values) {
            *sum = match (*sum, *more) {
                (Some(sum), Some(more)) => Some(plus(sum, more)),
                (sum, more) => sum.or(more),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_no_other() {
        static NAMES: Names = Names::new(&[
            "open",
            "close",
            "a",
            "",
            "open_by_handle",
            "oopn",
            "llog_origin_handle_close",
        ]);
        static NONE: Names = Names::new(&[]);
        for name in NAMES.all() {
            assert_eq!(NAMES.find(name.as_bytes()), Some(*name));
        }
        for name in [
            "b",
            "ope",
            "opens",
            "opqn",
            "\0",
            "clos\u{e9}",
            "open_by_hxndle",
            "llog_origin_hxndle_close",
        ] {
            assert_eq!(NAMES.find(name.as_bytes()), None, "{name}");
        }
        assert_eq!(NONE.find(b"open"), None);
    }

    #[test]
    fn values_are_told_in_the_order_of_the_list() {
        static NAMES: Names = Names::new(&["b", "a", "c"]);
        let with = |all: &[(&str, i64)]| {
            let mut values = ByName::new(&NAMES);
            for (name, value) in all {
                *values.entry(name.as_bytes()).expect("known") = Some(*value);
            }
            values
        };
        let mut sum = with(&[("a", 1), ("b", 2)]);
        sum.add(&with(&[("c", 3), ("a", 4)]), |a, b| a + b);
        assert_eq!(sum.iter().collect::<Vec<_>>(), [("b", 2), ("a", 5), ("c", 3)]);
        assert_eq!((sum.get("a"), sum.get("x"), with(&[]).get("a")), (Some(5), None, None));
        assert_eq!(sum.entry(b"x"), None);
    }
}
