//! What stands before a sample's number.
//!
//! Fifty thousand lines are half a million short copies. Lines of one family and file system begin
//! alike, so that beginning is kept and copied whole.

use super::text::Line;
use super::words::{holds, holds_less};

/// The longest piece: a label's name with `",` before it and `="` after it.
const PIECE: usize = 32;
/// The longest beginning that is kept.
const HEAD: usize = 128;

/// What stands between the values of two labels.
#[derive(Clone, Copy, Debug)]
pub(super) struct LabelPiece {
    bytes: [u8; PIECE],
    /// `None` for a name that is too long.
    length: Option<usize>,
}

impl LabelPiece {
    /// Those of a family's labels: `{label="`, then `",label="`.
    pub(super) const fn all<const N: usize>(labels: [&str; N]) -> [Self; N] {
        let mut pieces = [Self { bytes: [0; PIECE], length: None }; N];
        let mut place = 0;
        while place < N {
            let before = if place == 0 { "{" } else { "\"," };
            pieces[place] = Self::joined([before, labels[place], "=\""]);
            place += 1;
        }
        pieces
    }

    const fn joined(parts: [&str; 3]) -> Self {
        let mut bytes = [0; PIECE];
        let (mut part, mut length) = (0, 0);
        while part < parts.len() {
            let more = parts[part].as_bytes();
            let mut place = 0;
            while place < more.len() {
                if length == PIECE {
                    return Self { bytes, length: None };
                }
                bytes[length] = more[place];
                (place, length) = (place + 1, length + 1);
            }
            part += 1;
        }
        Self { bytes, length: Some(length) }
    }

    fn put<'t>(&self, line: Line<'t>) -> Option<Line<'t>> {
        line.put_piece(&self.bytes, self.length?)
    }
}

type Identity = ([u64; 2], usize);

/// How the last line began: its name, its first label with the value, and the next label's name. The labels of a name
/// are always the same.
#[derive(Debug)]
pub(super) struct Head {
    /// What each name has behind it.
    suffix: &'static str,
    name: &'static str,
    value: Option<Identity>,
    bytes: [u8; HEAD],
    /// 0 for none.
    length: usize,
}

impl Head {
    /// Of names that have this behind them.
    pub(super) const fn new(suffix: &'static str) -> Self {
        Self { suffix, name: "", value: None, bytes: [0; HEAD], length: 0 }
    }

    /// What each name has behind it.
    pub(super) fn suffix(&self) -> &'static str {
        self.suffix
    }

    /// Writes everything up to the number, the space before it included, into an empty line. `None` when a value has
    /// to be escaped, or the line is too long.
    pub(super) fn write_line<'t, const N: usize>(
        &mut self,
        line: Line<'t>,
        name: &'static str,
        (pieces, values): (&[LabelPiece; N], [&str; N]),
        edge: Option<&str>,
    ) -> Option<Line<'t>> {
        let mut line = self.write(line, name, (pieces, values.first().copied()))?;
        let mut pieces = pieces.iter().skip(2);
        for (place, value) in values.iter().enumerate().skip(1) {
            if place > 1 {
                line = pieces.next()?.put(line)?;
            }
            line = put_value(line, value)?;
        }
        if let Some(edge) = edge {
            line = if N == 0 {
                line.put_piece(b"{le=\"   ", 5)?
            } else {
                line.put_piece(b"\",le=\"  ", 6)?
            };
            line = put_value(line, edge)?;
        }
        let has_labels = N > 0 || edge.is_some();
        if has_labels { line.put_piece(b"\"}      ", 3) } else { line.put_piece(b"        ", 1) }
    }

    /// Writes everything up to the second label's value, or to the end of the only label's.
    fn write<'t, const N: usize>(
        &mut self,
        mut line: Line<'t>,
        name: &'static str,
        (pieces, first): (&[LabelPiece; N], Option<&str>),
    ) -> Option<Line<'t>> {
        let value = identity(first.unwrap_or_default());
        if std::ptr::eq(self.name, name) && self.length > 0 && value == self.value {
            return match self.bytes.first_chunk::<64>() {
                Some(half) if self.length <= 64 => line.put_piece(half, self.length),
                _ => line.put_piece(&self.bytes, self.length),
            };
        }
        self.length = 0;
        line = line.put(name.as_bytes())?;
        if !self.suffix.is_empty() {
            line = line.put(self.suffix.as_bytes())?;
        }
        if let (Some(piece), Some(value)) = (pieces.first(), first) {
            line = put_value(piece.put(line)?, value)?;
        }
        if let Some(piece) = pieces.get(1) {
            line = piece.put(line)?;
        }
        let length = line.bytes().len();
        if value.is_some() && length <= HEAD {
            self.bytes = *line.room();
            (self.name, self.value, self.length) = (name, value, length);
        }
        Some(line)
    }
}

/// What tells a short value from every other: its words, which may overlap, and its length. `None`
/// for a long one.
///
/// Words, since bytes that were put together in memory just before are slow to read as one.
fn identity(value: &str) -> Option<Identity> {
    let bytes = value.as_bytes();
    let words = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) if bytes.len() <= 16 => [*first, *last].map(u64::from_ne_bytes),
        (None, _) => [bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0],
        _ => return None,
    };
    Some((words, bytes.len()))
}

/// Most values have at most sixteen bytes: two words that may overlap, or two halves of one.
fn put_value<'t>(line: Line<'t>, value: &str) -> Option<Line<'t>> {
    let bytes = value.as_bytes();
    let length = bytes.len();
    if let (Some(first), Some(last), ..=16) = (bytes.first_chunk(), bytes.last_chunk(), length) {
        let has_special =
            holds_special(u64::from_ne_bytes(*first)) | holds_special(u64::from_ne_bytes(*last));
        return if has_special { None } else { line.put_ends((first, last), length) };
    }
    if let (Some(first), Some(last), ..=8) = (bytes.first_chunk(), bytes.last_chunk(), length) {
        let [low, high] = [*first, *last].map(|half| u64::from(u32::from_ne_bytes(half)));
        return if holds_special(low | high << 32) {
            None
        } else {
            line.put_ends((first, last), length)
        };
    }
    let has_special = bytes.iter().any(|byte| *byte <= b'"' || *byte == b'\\');
    if has_special { None } else { line.put(bytes) }
}

/// Whether a word may hold a byte that a label's value must not: backslash, quote, newline. The few others
/// up to the quote (a space, a tab) are taken for such; they are rare, and whoever escapes leaves them.
fn holds_special(word: u64) -> bool {
    holds(word, b'\\') | holds_less(word, b'"' + 1)
}

#[cfg(test)]
mod tests {
    use super::super::families::FAMILIES;
    use super::*;

    #[test]
    fn every_label_of_the_table_fits_a_piece() {
        for label in FAMILIES.iter().flat_map(|row| row.labels) {
            let pieces = LabelPiece::all([label, label]);
            assert!(pieces.iter().all(|piece| piece.length.is_some()), "{label}");
        }
        let [long] = LabelPiece::all([&*"x".repeat(PIECE)]);
        assert!(long.length.is_none());
    }

    /// What a head writes for two labels.
    fn written(head: &mut Head, name: &'static str, values: [&str; 2]) -> Option<String> {
        let pieces = LabelPiece::all(["fs", "target"]);
        let mut text = crate::metrics::text::Text::default();
        text.line(|line| head.write_line(line, name, (&pieces, values), Some("5")))?;
        Some(String::from_utf8(text.bytes().to_vec()).expect("UTF-8"))
    }

    #[test]
    fn values_of_every_length_are_written_or_left_to_others() {
        let mut head = Head::new("_b");
        for length in 0..300 {
            let value = "ab0-".repeat(75).get(..length).expect("ASCII").to_owned();
            let want = format!("a_b{{fs=\"{value}\",target=\"{value}\",le=\"5\"}} ");
            for _ in 0..2 {
                let line = written(&mut head, "a", [&value, &value]);
                assert!(line.as_ref().is_none_or(|line| *line == want), "{length}: {line:?}");
                assert!(line.is_some() || length > 200, "{length}");
            }
            for special in ['\\', '"', '\n'] {
                for place in 0..length.min(24) {
                    let mut value = value.clone();
                    value.replace_range(place..=place, &special.to_string());
                    for values in [["x", &value], [&value, "x"]] {
                        let line = written(&mut head, "a", values);
                        assert_eq!(line, None, "{special:?} at {place} of {length}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_kept_beginning_is_of_the_same_name_and_value_alone() {
        const NAMES: [&str; 2] = ["lustre_client_x", "lustre_client_y"];
        let mut heads = ["", "_sum"].map(Head::new);
        let values = ["a", "a#", "ab", "", "0123456789abcdef", "0123456789abcdefg"];
        for round in 0..3 {
            for name in NAMES {
                for head in &mut heads {
                    let suffix = head.suffix();
                    for value in values {
                        for _ in 0..=round {
                            let want =
                                format!("{name}{suffix}{{fs=\"{value}\",target=\"t\",le=\"5\"}} ");
                            let line = written(head, name, [value, "t"]);
                            assert_eq!(line.as_deref(), Some(want.as_str()));
                        }
                    }
                }
            }
        }
    }
}
