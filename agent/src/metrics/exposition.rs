//! The families of a scrape in one valid text: each once, in the table's order, HELP and TYPE
//! before its samples, whichever collectors wrote them.

use super::encode::{Encoder, Part, Written};
use super::families::FAMILIES;
use std::ops::Range;

/// Lines of a family.
#[derive(Clone, Debug)]
struct Piece {
    /// Place of the family in the table.
    family: usize,
    /// Place of what they are in.
    written: usize,
    lines: Range<usize>,
    series: u64,
}

/// What the collectors have written so far.
#[derive(Debug, Default)]
pub(super) struct Collected {
    written: Vec<Written>,
    pieces: Vec<Piece>,
    /// Room of an earlier scrape; the next one is the last.
    room: Vec<Written>,
}

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Exposed {
    /// Series that were written.
    pub(super) series: u64,
    /// Families that were left out, since there were too many series.
    pub(super) dropped: Vec<&'static str>,
}

impl Collected {
    /// Adds what was written, and gives the encoder other room for it.
    pub(super) fn take(&mut self, encoder: &mut Encoder) {
        let written = encoder.exchange(self.room.pop().unwrap_or_default());
        self.add(written);
    }

    /// Adds a copy of what was written before.
    pub(super) fn copy(&mut self, samples: (&[u8], &[Part])) {
        let mut written = self.room.pop().unwrap_or_default();
        written.copy(samples);
        self.add(written);
    }

    fn add(&mut self, written: Written) {
        let (text, parts) = written.samples();
        let ends = parts.iter().skip(1).map(|part| part.start).chain([text.len()]);
        self.pieces.extend(parts.iter().zip(ends).map(|(part, end)| Piece {
            family: part.row.place,
            written: self.written.len(),
            lines: part.start..end,
            series: part.series,
        }));
        self.written.push(written);
    }

    /// Forgets everything and keeps the room, so that each collector gets its own again.
    pub(super) fn clear(&mut self) {
        self.pieces.clear();
        self.room.clear();
        self.written.iter_mut().for_each(Written::clear);
        // The encoder has the room for the first one; that one's goes to the encoder when the last one is through.
        self.room.extend(self.written.drain(..1.min(self.written.len())));
        self.room.extend(self.written.drain(..).rev());
    }

    /// The pieces in the order of the table; those of one family as they came.
    fn by_family(&self) -> Vec<&Piece> {
        let mut next = [0_usize; FAMILIES.len()];
        for piece in &self.pieces {
            if let Some(count) = next.get_mut(piece.family) {
                *count += 1;
            }
        }
        let mut start = 0;
        for place in &mut next {
            start += std::mem::replace(place, start);
        }
        let mut ordered: Vec<&Piece> = self.pieces.iter().collect();
        for piece in &self.pieces {
            let Some(place) = next.get_mut(piece.family) else { continue };
            if let Some(ordered) = ordered.get_mut(*place) {
                *ordered = piece;
            }
            *place += 1;
        }
        ordered
    }

    /// Writes everything, but for whole families when there are more series than `most`: the last
    /// ones of the table first, until the rest fits. What is fsxlustre's own is never left out.
    pub(super) fn write(&self, most: Option<u64>, text: &mut Vec<u8>) -> Exposed {
        // The heads of all families have less than 32 KiB.
        let length: usize = self.written.iter().map(|written| written.samples().0.len()).sum();
        text.reserve(length + (32 << 10));
        let mut pieces = self.by_family();
        let mut exposed =
            Exposed { series: pieces.iter().map(|piece| piece.series).sum(), dropped: Vec::new() };
        while exposed.series > most.unwrap_or(u64::MAX) {
            let Some(last) = pieces
                .iter()
                .rev()
                .map(|piece| piece.family)
                .find(|family| may_be_dropped(*family))
            else {
                break;
            };
            pieces.retain(|piece| {
                let stays = piece.family != last;
                exposed.series -= if stays { 0 } else { piece.series };
                stays
            });
            exposed.dropped.extend(FAMILIES.get(last).map(|row| row.name));
        }
        for family in pieces.chunk_by(|a, b| a.family == b.family) {
            if let Some(first) = family.first() {
                write_head(first.family, text);
            }
            for piece in family {
                let written = self.written.get(piece.written).map(|written| written.samples().0);
                let lines = written.and_then(|written| written.get(piece.lines.clone()));
                text.extend_from_slice(lines.unwrap_or_default());
            }
        }
        exposed
    }
}

fn may_be_dropped(family: usize) -> bool {
    FAMILIES.get(family).is_some_and(|row| !row.name.starts_with("fsxlustre_"))
}

/// Writes HELP and TYPE of a family.
pub(super) fn write_head(family: usize, text: &mut Vec<u8>) {
    let Some(row) = FAMILIES.get(family) else { return };
    text.extend_from_slice(row.head.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::super::encode::Encoder;
    use super::super::families::{COLLECTOR_SUCCESS, IMPORT_UP, LNET_ERRORS, READ_BYTES};
    use super::*;

    fn collected() -> Collected {
        let mut collected = Collected::default();
        let mut encoder = Encoder::default();
        encoder.family(&COLLECTOR_SUCCESS).sample(["x"], true);
        encoder.family(&LNET_ERRORS).sample([], 1_u64);
        encoder.family(&IMPORT_UP).sample(["a", "b", "osc"], true);
        collected.take(&mut encoder);
        encoder.family(&IMPORT_UP).sample(["a", "b", "mdc"], true);
        encoder.family(&READ_BYTES).sample(["a"], 5_u64);
        collected.copy(encoder.written());
        collected
    }

    fn written(most: Option<u64>) -> (String, Exposed) {
        let mut text = Vec::new();
        let exposed = collected().write(most, &mut text);
        (String::from_utf8(text).expect("UTF-8"), exposed)
    }

    #[test]
    fn a_family_of_two_collectors_stands_once() {
        let (text, exposed) = written(None);
        assert_eq!(exposed, Exposed { series: 5, dropped: Vec::new() });
        assert_eq!(text.matches("# TYPE lustre_client_import_up gauge\n").count(), 1);
        let both = "lustre_client_import_up{fs=\"a\",target=\"b\",kind=\"osc\"} 1\n\
                    lustre_client_import_up{fs=\"a\",target=\"b\",kind=\"mdc\"} 1\n";
        assert!(text.contains(both), "{text}");
    }

    #[test]
    fn whole_families_are_dropped_from_the_tables_end() {
        let order = [
            "lustre_lnet_errors_total",
            "lustre_client_import_up",
            "lustre_client_read_bytes_total",
        ];
        for (most, dropped, series) in [(5, 0, 5), (4, 1, 4), (3, 2, 2), (1, 3, 1), (0, 3, 1)] {
            let (text, exposed) = written(Some(most));
            let want = order[..dropped].to_vec();
            assert_eq!((exposed.dropped, exposed.series), (want, series), "{most}");
            assert!(text.contains("fsxlustre_collector_success{collector=\"x\"} 1\n"));
        }
    }
}
