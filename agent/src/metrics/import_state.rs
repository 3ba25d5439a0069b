//! The short form of a connection's state, as `ost_server_uuid` and `mds_server_uuid` tell it: pure.

use serde::{Deserialize, Serialize};

/// The states of a connection, in the kernel's order.
pub(super) const STATES: [&str; 11] = [
    "CLOSED",
    "NEW",
    "DISCONN",
    "CONNECTING",
    "REPLAY",
    "REPLAY_LOCKS",
    "REPLAY_WAIT",
    "RECOVER",
    "FULL",
    "EVICTED",
    "IDLE",
];

/// What is told in place of the state of a connection that an administrator has switched off.
const DEACTIVATED: &str = "DEACTIVATED";
/// What a connection can be told to be.
pub(super) const WORDS: [&str; STATES.len() + 1] = {
    let mut words = [DEACTIVATED; STATES.len() + 1];
    let mut index = 0;
    while index < STATES.len() {
        words[index] = STATES[index];
        index += 1;
    }
    words
};

/// What a connection's file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "usize", from = "usize")]
pub(crate) struct Import {
    /// Index into [`STATES`].
    state: usize,
    is_deactivated: bool,
}

/// A number between child and service: twice the index, and one more where it is deactivated.
impl From<Import> for usize {
    fn from(import: Import) -> Self {
        2 * import.state + Self::from(import.is_deactivated)
    }
}

impl From<usize> for Import {
    fn from(number: usize) -> Self {
        Self { state: number / 2, is_deactivated: number % 2 == 1 }
    }
}

impl Import {
    /// IDLE is healthy: it was closed for want of work and comes back with the next request.
    pub(super) fn is_up(self) -> bool {
        let state = STATES.get(self.state).copied().unwrap_or_default();
        matches!(state, "FULL" | "IDLE") && !self.is_deactivated
    }

    /// The place in [`WORDS`] of its state, or of that an administrator has switched it off, which is
    /// more.
    pub(super) fn place(self) -> usize {
        if self.is_deactivated { STATES.len() } else { self.state }
    }

    pub(super) fn word(self) -> &'static str {
        WORDS.get(self.place()).copied().unwrap_or_default()
    }
}

/// The place of a state in the kernel's list.
pub(super) fn state_place(name: &str) -> Option<usize> {
    STATES.iter().position(|known| *known == name)
}

/// Parses `<target>_UUID\t<STATE>[\tDEACTIVATED]`; `None` when the state is not known.
pub(super) fn parse(text: &[u8]) -> Option<Import> {
    let text = std::str::from_utf8(text).ok()?;
    let mut words = text.trim_end().split('\t').skip(1).map(str::trim);
    let state = words.next()?;
    let state = state_place(state)?;
    let is_deactivated = match words.next() {
        None => false,
        Some("DEACTIVATED") => true,
        Some(_) => return None,
    };
    Some(Import { state, is_deactivated })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_the_captures_and_of_the_source_are_read() {
        for (text, state, up) in [
            ("p7lsxbev-OST0000_UUID\tFULL\n", "FULL", true),
            ("p7lsxbev-OST0000_UUID\tIDLE\n", "IDLE", true),
            ("p7lsxbev-OST0000_UUID\tCONNECTING\n", "CONNECTING", false),
            ("p7lsxbev-MDT0001_UUID\tDISCONN\n", "DISCONN", false),
            ("p7lsxbev-OST0002_UUID\tDISCONN\tDEACTIVATED\n", "DISCONN", false),
            ("p7lsxbev-OST0002_UUID\tFULL\tDEACTIVATED\n", "FULL", false),
            ("x\tREPLAY_LOCKS", "REPLAY_LOCKS", false),
        ] {
            let import = parse(text.as_bytes()).expect(text);
            assert_eq!((STATES[import.state], import.is_up()), (state, up), "{text}");
        }
    }

    #[test]
    fn what_is_not_known_is_no_state() {
        for text in ["", "x", "x\n", "x\t", "x\tFUL", "x\tfull", "FULL", "x\tFULL\tz", "x\t\u{e9}"]
        {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(parse(b"x\tFULL\xff\n"), None);
    }
}
