//! What stands before a sample's number.
//!
//! Fifty thousand lines are half a million short copies. Two lines of one family, one behind the other, are most often
//! as long and the same but for a value, so the last one is kept and copied whole, and that value is put over it.

#![expect(
    clippy::inline_always,
    reason = "a call keeps in memory what is in registers, fifty thousand times"
)]

use super::text::Line;
use super::words::{holds, holds_less};

/// The longest piece: a label's name with `",` before it and `="` after it.
const PIECE: usize = 32;
/// The longest line that is kept.
const HEAD: usize = 128;
/// The most labels of a line, a bucket's edge included.
const PLACES: usize = 8;
/// The longest value that is two words.
const MOST_WORDS: usize = 16;

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

/// Where a value stands in a kept line, and which one.
#[derive(Clone, Copy, Debug)]
struct Place {
    at: usize,
    length: usize,
    words: [u64; 2],
}

impl Place {
    const NONE: Self = Self { at: 0, length: 0, words: [0; 2] };

    /// Writes a value that is as long as the one that stands there; a line's end is then behind it.
    #[inline(always)]
    fn replace<'t>(&self, line: Line<'t>, value: &str) -> Option<Line<'t>> {
        if value.len() <= MOST_WORDS && words(value.as_bytes()) == self.words {
            return Some(line);
        }
        put_value(line.moved_to(self.at), value)
    }
}

/// The labels of a line, and the edge of a bucket.
#[derive(Clone, Copy, Debug)]
struct Labels<'l> {
    pieces: &'l [LabelPiece],
    values: &'l [&'l str],
    edge: Option<&'l str>,
}

/// What stands before a bucket's edge, first or behind other labels.
static EDGE: [LabelPiece; 2] = LabelPiece::all(["le", "le"]);

impl<'l> Labels<'l> {
    /// What stands before each value.
    fn pieces(self) -> impl Iterator<Item = &'l LabelPiece> {
        let [first, other] = &EDGE;
        let edge = if self.pieces.is_empty() { first } else { other };
        self.pieces.iter().chain(self.edge.map(|_| edge))
    }

    fn values(self) -> impl Iterator<Item = &'l str> {
        self.values.iter().copied().chain(self.edge)
    }

    /// Writes a line but for its number.
    fn put<'t>(self, line: Line<'t>, name: [&str; 2]) -> Option<Line<'t>> {
        let [name, suffix] = name;
        let mut line = line.put(name.as_bytes())?;
        if !suffix.is_empty() {
            line = line.put(suffix.as_bytes())?;
        }
        match self.pieces().next() {
            Some(first) => self.put_from(first.put(line)?, 0),
            None => line.put_piece(b"        ", 1),
        }
    }

    /// Writes everything from a value on.
    #[inline(never)]
    fn put_from(self, mut line: Line<'_>, place: usize) -> Option<Line<'_>> {
        let [_, before_edge] = &EDGE;
        let mut pieces = self.pieces.get(place + 1..).unwrap_or_default().iter();
        for value in self.values.get(place..)? {
            line = put_value(line, value)?;
            if let Some(piece) = pieces.next().or(self.edge.and(Some(before_edge))) {
                line = piece.put(line)?;
            }
        }
        if let Some(edge) = self.edge {
            line = put_value(line, edge)?;
        }
        line.put_piece(b"\"}      ", 3)
    }
}

/// The last line that was written whole, up to its number. The next one of its name is most often the same but for a
/// value or two, and these are most often as long.
#[derive(Debug)]
pub(super) struct Head {
    /// What each name has behind it.
    suffix: &'static str,
    /// That of the last line.
    name: &'static str,
    places: [Place; PLACES],
    bytes: [u8; HEAD],
    /// Of the line that is kept; 0 for none of this name.
    length: usize,
}

impl Head {
    /// Of names that have this behind them.
    pub(super) const fn new(suffix: &'static str) -> Self {
        Self { suffix, name: "", places: [Place::NONE; PLACES], bytes: [0; HEAD], length: 0 }
    }

    /// What each name has behind it.
    pub(super) fn suffix(&self) -> &'static str {
        self.suffix
    }

    /// Writes everything up to the number, the space before it included, into an empty line. `None` when a value has
    /// to be escaped, or the line is too long.
    #[inline(always)]
    pub(super) fn write_line<'t, const N: usize>(
        &mut self,
        line: Line<'t>,
        name: &'static str,
        (pieces, values): (&[LabelPiece; N], &[&str; N]),
        edge: Option<&str>,
    ) -> Option<Line<'t>> {
        const { assert!(N < PLACES, "a place for each label and for an edge") };
        if !std::ptr::eq(self.name, name) {
            // Many a name has one line.
            (self.name, self.length) = (name, 0);
            return self.begin(line, Labels { pieces, values, edge });
        }
        if self.length == 0 {
            return self.keep(line, Labels { pieces, values, edge });
        }
        let mut line = self.put(line)?;
        for (number, (value, place)) in values.iter().zip(&self.places).enumerate() {
            if value.len() != place.length {
                return Labels { pieces, values, edge }.put_from(line.moved_to(place.at), number);
            }
            line = place.replace(line, value)?.moved_to(self.length);
        }
        if edge.is_some() {
            let line = line.moved_to(self.places.get(N)?.at);
            return Labels { pieces, values, edge }.put_from(line, N);
        }
        Some(line)
    }

    /// Writes the kept line.
    fn put<'t>(&self, line: Line<'t>) -> Option<Line<'t>> {
        // Every store counts, and most lines are short.
        match self.bytes.first_chunk::<80>() {
            Some(most) if self.length <= 80 => line.put_piece(most, self.length),
            _ => line.put_piece(&self.bytes, self.length),
        }
    }

    /// Writes a line piece by piece.
    #[inline(never)]
    fn begin<'t>(&self, line: Line<'t>, labels: Labels<'_>) -> Option<Line<'t>> {
        labels.put(line, [self.name, self.suffix])
    }

    /// The same, and keeps the line.
    #[inline(never)]
    fn keep<'t>(&mut self, line: Line<'t>, labels: Labels<'_>) -> Option<Line<'t>> {
        let line = self.begin(line, labels)?;
        if line.len() <= HEAD {
            self.bytes = *line.room();
            let mut at = self.name.len() + self.suffix.len();
            let labels = self.places.iter_mut().zip(labels.pieces()).zip(labels.values());
            for ((place, piece), value) in labels {
                at += piece.length?;
                *place = Place { at, length: value.len(), words: words(value.as_bytes()) };
                at += value.len();
            }
            self.length = line.len();
        }
        Some(line)
    }
}

/// What tells a short value from every other one of its length: its words, which may overlap.
fn words(bytes: &[u8]) -> [u64; 2] {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        [*first, *last].map(u64::from_ne_bytes)
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        [*first, *last].map(|half| u64::from(u32::from_ne_bytes(half)))
    } else {
        [bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0]
    }
}

/// Most values have at most sixteen bytes: two words that may overlap, or two halves of one.
#[inline(always)]
fn put_value<'t>(line: Line<'t>, value: &str) -> Option<Line<'t>> {
    let bytes = value.as_bytes();
    let length = bytes.len();
    if let (Some(first), Some(last), ..=MOST_WORDS) =
        (bytes.first_chunk(), bytes.last_chunk(), length)
    {
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
    use proptest::prelude::*;

    #[test]
    fn every_label_of_the_table_fits_a_piece() {
        for label in FAMILIES.iter().flat_map(|row| row.labels) {
            let pieces = LabelPiece::all([label, label]);
            assert!(pieces.iter().all(|piece| piece.length.is_some()), "{label}");
        }
        let [long] = LabelPiece::all([&*"x".repeat(PIECE)]);
        assert!(long.length.is_none());
    }

    const LABELS: [&str; 2] = ["fs", "target"];

    /// What a head writes for two labels.
    fn written(
        head: &mut Head,
        name: &'static str,
        values: [&str; 2],
        edge: Option<&str>,
    ) -> Option<String> {
        let pieces = LabelPiece::all(LABELS);
        let mut text = crate::metrics::text::Text::default();
        let line = head.write_line(text.begin_line()?, name, (&pieces, &values), edge)?;
        let length = line.len();
        text.end_line(length);
        Some(String::from_utf8(text.bytes().to_vec()).expect("UTF-8"))
    }

    /// What it is to write.
    fn wanted(name: &str, values: [&str; 2], edge: Option<&str>) -> String {
        let labels = LABELS.into_iter().zip(values).chain(edge.map(|edge| ("le", edge)));
        let all: Vec<String> =
            labels.map(|(label, value)| format!("{label}=\"{value}\"")).collect();
        format!("{name}{{{}}} ", all.join(","))
    }

    #[test]
    fn values_of_every_length_are_written_or_left_to_others() {
        let mut head = Head::new("_b");
        for length in 0..300 {
            let value = "ab0-".repeat(75).get(..length).expect("ASCII").to_owned();
            let want = wanted("a_b", [&value, &value], Some("5"));
            for _ in 0..2 {
                let line = written(&mut head, "a", [&value, &value], Some("5"));
                assert!(line.as_ref().is_none_or(|line| *line == want), "{length}: {line:?}");
                assert!(line.is_some() || length > 200, "{length}");
            }
            for special in ['\\', '"', '\n'] {
                for place in 0..length.min(24) {
                    let mut value = value.clone();
                    value.replace_range(place..=place, &special.to_string());
                    for values in [["x", &value], [&value, "x"]] {
                        let line = written(&mut head, "a", values, Some("5"));
                        assert_eq!(line, None, "{special:?} at {place} of {length}");
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn a_kept_line_is_of_no_other_name_and_values(
            lines in prop::collection::vec(
                (any::<bool>(), "[ab]{0,20}", "[ab]{0,3}|c[ab]{7}", prop::option::of("[12]{1,2}")),
                1..40,
            ),
        ) {
            // A name's lines all have an edge, or none has.
            let mut heads = [Head::new("_sum"), Head::new("_bucket")];
            for (is_first, fs, target, edge) in &lines {
                let name = if *is_first { "lustre_client_x" } else { "lustre_client_y" };
                let [plain, bucket] = &mut heads;
                let head = if edge.is_some() { bucket } else { plain };
                let full = format!("{name}{}", head.suffix());
                let line = written(head, name, [fs, target], edge.as_deref());
                prop_assert_eq!(line, Some(wanted(&full, [fs, target], edge.as_deref())));
            }
        }
    }

    #[test]
    fn a_line_that_is_too_long_to_be_kept_is_written_anew() {
        let mut head = Head::new("");
        for long in [100, 101, 300, 3, 101] {
            let value = "x".repeat(long);
            for target in ["a", "b"] {
                let line = written(&mut head, "n", [&value, target], None);
                assert_eq!(line, Some(wanted("n", [&value, target], None)));
            }
        }
    }
}
