//! What stands before a sample's number, in a room of fixed size.
//!
//! Fifty thousand lines are half a million short copies. A copy whose length the compiler knows is a
//! move or two; one that it does not know is a call. So pieces are copied with what stands behind
//! them, and the next piece is put over the rest.

/// The longest piece: a label's name with `",` before it and `="` after it.
const PIECE: usize = 32;
/// Longer lines are for whoever has more patience.
const ROOM: usize = 512;
/// One in each of the eight bytes of a word.
const ONES: u64 = u64::from_ne_bytes([1; 8]);
const HIGH_BITS: u64 = u64::from_ne_bytes([0x80; 8]);

/// What stands between the values of two labels.
#[derive(Clone, Copy, Debug)]
pub(super) struct LabelPiece {
    bytes: [u8; PIECE],
    /// `None` for a name that is too long.
    length: Option<usize>,
}

impl LabelPiece {
    /// `{label="` or `",label="`.
    pub(super) fn new(is_first: bool, label: &str) -> Self {
        let before = if is_first { "{" } else { "\"," };
        let mut bytes = [0; PIECE];
        let mut length = 0;
        for byte in [before, label, "=\""].into_iter().flat_map(str::bytes) {
            let Some(place) = bytes.get_mut(length) else { return Self { bytes, length: None } };
            *place = byte;
            length += 1;
        }
        Self { bytes, length: Some(length) }
    }
}

/// Writes the beginnings of lines, one over the other.
#[derive(Debug)]
pub(super) struct Line {
    room: [u8; ROOM],
    length: usize,
}

impl Default for Line {
    fn default() -> Self {
        Self { room: [0; ROOM], length: 0 }
    }
}

impl Line {
    /// Everything up to the number, the space before it included. `None` when a value has to be
    /// escaped, or there is no room.
    pub(super) fn write<const N: usize>(
        &mut self,
        name: [&str; 2],
        pieces: &[LabelPiece; N],
        values: [&str; N],
        edge: Option<&str>,
    ) -> Option<&[u8]> {
        self.length = 0;
        let [name, suffix] = name;
        self.put(name)?;
        self.put(suffix)?;
        for (piece, value) in pieces.iter().zip(values) {
            self.put_piece(piece)?;
            self.put_value(value)?;
        }
        if let Some(edge) = edge {
            self.put(if N == 0 { "{le=\"" } else { "\",le=\"" })?;
            self.put(edge)?;
        }
        self.put(if N == 0 && edge.is_none() { " " } else { "\"} " })?;
        self.room.get(..self.length)
    }

    fn put(&mut self, text: &str) -> Option<()> {
        if !text.is_empty() {
            let place = self.room.get_mut(self.length..)?.get_mut(..text.len())?;
            place.copy_from_slice(text.as_bytes());
            self.length += text.len();
        }
        Some(())
    }

    fn put_piece(&mut self, piece: &LabelPiece) -> Option<()> {
        *self.room.get_mut(self.length..)?.first_chunk_mut()? = piece.bytes;
        self.length += piece.length?;
        Some(())
    }

    /// Most values have at most sixteen bytes: two words that may overlap.
    fn put_value(&mut self, value: &str) -> Option<()> {
        let bytes = value.as_bytes();
        if bytes.len() > 16 {
            return bytes
                .iter()
                .all(|byte| !has_special((*byte).into()))
                .then(|| self.put(value))?;
        }
        let place = self.room.get_mut(self.length..)?.get_mut(..16)?;
        if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            if has_special(u64::from_ne_bytes(*first)) || has_special(u64::from_ne_bytes(*last)) {
                return None;
            }
            *place.first_chunk_mut()? = *first;
            *place.get_mut(..bytes.len())?.last_chunk_mut()? = *last;
        } else {
            for (place, byte) in place.iter_mut().zip(bytes) {
                if has_special((*byte).into()) {
                    return None;
                }
                *place = *byte;
            }
        }
        self.length += bytes.len();
        Some(())
    }
}

/// Whether a word holds a byte that a label's value must not: backslash, quote, newline.
///
/// *Source*: a byte of `x - 0x01…01 & !x & 0x80…80` is set where a byte of `x` is 0 (and may be
/// above one that is, which is no matter here).
fn has_special(word: u64) -> bool {
    let holds = |byte: u8| {
        let zero_where_it_is = word ^ (ONES * u64::from(byte));
        zero_where_it_is.wrapping_sub(ONES) & !zero_where_it_is & HIGH_BITS
    };
    (holds(b'\\') | holds(b'"') | holds(b'\n')) != 0
}

#[cfg(test)]
mod tests {
    use super::super::families::FAMILIES;
    use super::*;

    #[test]
    fn every_label_of_the_table_fits_a_piece() {
        for label in FAMILIES.iter().flat_map(|row| row.labels) {
            for is_first in [true, false] {
                assert!(LabelPiece::new(is_first, label).length.is_some(), "{label}");
            }
        }
        assert!(LabelPiece::new(false, &"x".repeat(PIECE)).length.is_none());
    }

    #[test]
    fn values_of_every_length_are_written_or_left_to_others() {
        let pieces = [LabelPiece::new(true, "fs"), LabelPiece::new(false, "target")];
        let mut line = Line::default();
        for length in 0..ROOM {
            let value = "ab0-".repeat(ROOM / 4).get(..length).expect("ASCII").to_owned();
            let written = line.write(["a", "_b"], &pieces, [&value, "x"], Some("5"));
            let want = format!("a_b{{fs=\"{value}\",target=\"x\",le=\"5\"}} ");
            // What is copied beyond a piece's end needs room too.
            if length + PIECE + 40 < ROOM {
                assert_eq!(written, Some(want.as_bytes()), "{length}");
            } else {
                assert!(written.is_none_or(|written| written == want.as_bytes()), "{length}");
            }
            for special in ['\\', '"', '\n'] {
                for place in 0..length.min(24) {
                    let mut value = value.clone();
                    value.replace_range(place..=place, &special.to_string());
                    let written = line.write(["a", ""], &pieces, ["x", &value], None);
                    assert_eq!(written, None, "{special:?} at {place} of {length}");
                }
            }
        }
    }
}
