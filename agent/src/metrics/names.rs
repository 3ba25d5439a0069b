//! Lists of names that are known, in which one is found by a hash that is made at compile time.

/// Room for twice the longest list.
const SLOTS: usize = 256;

/// Names that are known.
#[derive(Debug)]
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
        let mut slot = slot(name);
        loop {
            let place = usize::from(*self.slots.get(slot)?);
            let known = self.names.get(place.checked_sub(1)?)?;
            if is_same(known.as_bytes(), name) {
                return Some(known);
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
}
