//! Samples in Prometheus' text, written straight into one buffer.
//!
//! Text by hand, because it is twenty-five times cheaper than any registry for thousands of series
//! that are new at every scrape. Integers are written as integers. A line of a sample is the same in
//! every text format; what stands between the families is `exposition`'s.

use super::families::{Family, FamilyRow};
use super::line::{Head, LabelPiece};
use super::text::{Line, Text};
use std::time::Duration;

/// Microseconds, shown as seconds with all their digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Micros(pub(super) i64);

/// A number of a sample.
pub(super) trait Value: Copy {
    /// Writes it in decimal, where there is room.
    fn write(self, line: Line<'_>) -> Option<Line<'_>>;
}

impl Value for u64 {
    fn write(self, line: Line<'_>) -> Option<Line<'_>> {
        line.put_number(self)
    }
}

impl Value for i64 {
    fn write(self, line: Line<'_>) -> Option<Line<'_>> {
        let line = if self < 0 { line.put_piece(b"-", 1)? } else { line };
        line.put_number(self.unsigned_abs())
    }
}

impl Value for bool {
    fn write(self, line: Line<'_>) -> Option<Line<'_>> {
        line.put_number(self.into())
    }
}

impl Value for Micros {
    fn write(self, line: Line<'_>) -> Option<Line<'_>> {
        let line = if self.0 < 0 { line.put_piece(b"-", 1)? } else { line };
        put_seconds(line, self.0.unsigned_abs(), 1_000_000)
    }
}

impl Value for Duration {
    fn write(self, line: Line<'_>) -> Option<Line<'_>> {
        put_seconds(line, u64::try_from(self.as_nanos()).unwrap_or(u64::MAX), 1_000_000_000)
    }
}

/// Writes a number of parts of a second, of which a second has `parts`: a power of ten.
fn put_seconds(line: Line<'_>, number: u64, parts: u64) -> Option<Line<'_>> {
    let line = line.put_number(number / parts)?;
    let fraction = number % parts;
    if fraction > 0 { line.put_fraction(fraction, parts) } else { Some(line) }
}

/// Writes a number and the end of its line.
fn end_line(line: Line<'_>, value: impl Value) -> Option<Line<'_>> {
    value.write(line)?.put_piece(b"\n       ", 1)
}

/// Writes a line; `None` for one that `Head` leaves to others.
#[expect(clippy::inline_always, reason = "the end of a line stays in a register")]
#[inline(always)]
fn write_line<const N: usize>(
    text: &mut Text,
    head: &mut Head,
    name: &'static str,
    values: (&[LabelPiece; N], &[&str; N]),
    edge: Option<&str>,
    value: impl Value,
) -> Option<()> {
    let line = head.write_line(text.begin_line()?, name, values, edge)?;
    let length = end_line(line, value)?.len();
    text.end_line(length);
    Some(())
}

/// The samples of one family that one collector wrote.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// The family.
    pub(super) row: &'static FamilyRow,
    /// Where its lines begin; they end where the next part's begin.
    pub(super) start: usize,
    /// How many lines there are.
    pub(super) series: u64,
}

/// Samples, and which families they are of.
#[derive(Debug, Default)]
pub(super) struct Written {
    text: Text,
    parts: Vec<Part>,
}

impl Written {
    /// The samples, and the parts of them.
    pub(super) fn samples(&self) -> (&[u8], &[Part]) {
        (self.text.bytes(), &self.parts)
    }

    /// Holds these samples from now on.
    pub(super) fn copy(&mut self, (text, parts): (&[u8], &[Part])) {
        self.clear();
        self.text.put(text);
        self.parts.extend_from_slice(parts);
    }

    /// Forgets what was written and keeps the room, unless that is far too large for what was in it.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.parts.clear();
    }
}

/// What a name of a family has behind it in the names of its series.
#[derive(Clone, Copy, Debug)]
enum Suffix {
    None,
    Bucket,
    Sum,
    Count,
}

/// Writes samples into a buffer, and notes which family they are of.
#[derive(Debug)]
pub(super) struct Encoder {
    /// By suffix: sums and counts are written by turns.
    heads: [Head; 4],
    written: Written,
}

impl Default for Encoder {
    fn default() -> Self {
        // As `Suffix` has them.
        let heads = ["", "_bucket", "_sum", "_count"].map(Head::new);
        Self { heads, written: Written::default() }
    }
}

/// Writes the samples of one family.
#[derive(Debug)]
pub(super) struct Samples<'e, const N: usize> {
    encoder: &'e mut Encoder,
    family: &'static Family<N>,
    begun: bool,
}

impl Encoder {
    /// Begins a family. All of a collector's samples of it have to be written before the next one
    /// begins, and a collector begins a family once.
    pub(super) fn family<const N: usize>(&mut self, family: &'static Family<N>) -> Samples<'_, N> {
        Samples { encoder: self, family, begun: false }
    }

    /// What was written since the last `clear`, and the parts of it.
    pub(super) fn written(&self) -> (&[u8], &[Part]) {
        self.written.samples()
    }

    /// Gives what was written, and goes on in this room.
    pub(super) fn exchange(&mut self, room: Written) -> Written {
        std::mem::replace(&mut self.written, room)
    }

    /// Forgets what was written and keeps the room.
    pub(super) fn clear(&mut self) {
        self.written.clear();
    }
}

impl<const N: usize> Samples<'_, N> {
    /// Writes a sample of a counter or gauge.
    pub(super) fn sample(&mut self, labels: [&str; N], value: impl Value) {
        self.line(Suffix::None, labels, None, value);
    }

    /// Writes many samples of a counter or gauge, those whose value is known.
    pub(super) fn samples<'l>(
        &mut self,
        all: impl IntoIterator<Item = ([&'l str; N], Option<impl Value>)>,
    ) {
        for (labels, value) in all {
            if let Some(value) = value {
                self.line_here(Suffix::None, labels, None, value);
            }
        }
    }

    /// Writes the sample of a counter or gauge whose value is known.
    pub(super) fn sample_if(&mut self, labels: [&str; N], value: Option<impl Value>) {
        if let Some(value) = value {
            self.sample(labels, value);
        }
    }

    /// Writes the two samples of a summary.
    pub(super) fn summary(&mut self, labels: [&str; N], sum: impl Value, count: impl Value) {
        self.line(Suffix::Sum, labels, None, sum);
        self.line(Suffix::Count, labels, None, count);
    }

    /// Writes the samples of a histogram: buckets by their upper edges, each with its own count, and
    /// the count of what is above all edges. The sum only where it is known exactly.
    pub(super) fn histogram(
        &mut self,
        labels: [&str; N],
        buckets: &[(&str, u64)],
        above: u64,
        sum: Option<impl Value>,
    ) {
        let mut count = 0_u64;
        for (edge, more) in buckets {
            count = count.saturating_add(*more);
            self.line(Suffix::Bucket, labels, Some(edge), count);
        }
        count = count.saturating_add(above);
        self.line(Suffix::Bucket, labels, Some("+Inf"), count);
        if let Some(sum) = sum {
            self.line(Suffix::Sum, labels, None, sum);
        }
        self.line(Suffix::Count, labels, None, count);
    }

    // Its code is large, and it is called from everywhere.
    #[inline(never)]
    fn line(&mut self, suffix: Suffix, labels: [&str; N], edge: Option<&str>, value: impl Value) {
        self.line_here(suffix, labels, edge, value);
    }

    #[expect(clippy::inline_always, reason = "a loop over thousands of targets calls nothing")]
    #[inline(always)]
    fn line_here(
        &mut self,
        suffix: Suffix,
        labels: [&str; N],
        edge: Option<&str>,
        value: impl Value,
    ) {
        self.begin();
        let name = self.family.row().name;
        let Encoder { heads, written: Written { text, parts } } = &mut *self.encoder;
        let Some(head) = heads.get_mut(suffix as usize) else { return };
        let values = (self.family.pieces(), &labels);
        if write_line(text, head, name, values, edge, value).is_none() {
            write_any(text, [name, head.suffix()], self.family.labels(), &labels, edge);
            // A number fits a line of its own.
            let _ = write_number(text, value);
        }
        if let Some(part) = parts.last_mut() {
            part.series += 1;
        }
    }

    fn begin(&mut self) {
        if !self.begun {
            self.begun = true;
            let Written { text, parts } = &mut self.encoder.written;
            parts.push(Part { row: self.family.row(), start: text.len(), series: 0 });
        }
    }
}

/// Writes a number and the end of its line.
#[cold]
fn write_number(text: &mut Text, value: impl Value) -> Option<()> {
    let length = end_line(text.begin_line()?, value)?.len();
    text.end_line(length);
    Some(())
}

/// Writes what stands before a number, whatever the labels hold.
#[cold]
fn write_any(
    text: &mut Text,
    name: [&str; 2],
    labels: &[&str],
    values: &[&str],
    edge: Option<&str>,
) {
    let [name, suffix] = name;
    text.put(name.as_bytes());
    text.put(suffix.as_bytes());
    let edge = edge.map(|edge| ("le", edge));
    let mut separator = b"{";
    for (label, value) in labels.iter().copied().zip(values.iter().copied()).chain(edge) {
        text.put(separator);
        separator = b",";
        text.put(label.as_bytes());
        text.put(b"=\"");
        write_escaped(text, value);
        text.put(b"\"");
    }
    if separator == b"," {
        text.put(b"}");
    }
    text.put(b" ");
}

/// Writes a label's value: backslash, quote and newline are escaped, all else is as it is.
fn write_escaped(text: &mut Text, value: &str) {
    for byte in value.bytes() {
        match byte {
            b'\\' => text.put(b"\\\\"),
            b'"' => text.put(b"\\\""),
            b'\n' => text.put(b"\\n"),
            other => text.put(&[other]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::families::{IMPORT_UP, IO_SIZE, LNET_ERRORS, OPERATION_DURATION};
    use super::*;

    fn shown(value: impl Value) -> String {
        let mut text = Text::default();
        let length = value.write(text.begin_line().expect("room")).expect("room").len();
        text.end_line(length);
        String::from_utf8(text.bytes().to_vec()).expect("digits")
    }

    #[test]
    fn numbers_are_written_exactly() {
        for number in [0, 9, 10, 1_048_576, u64::MAX] {
            assert_eq!(shown(number), number.to_string());
        }
        for number in [0, -1, 177_794_060, i64::MIN, i64::MAX] {
            assert_eq!(shown(number), number.to_string());
        }
        for (micros, text) in [
            (0, "0"),
            (1, "0.000001"),
            (1_500_000, "1.5"),
            (20_032_103, "20.032103"),
            (-10, "-0.00001"),
            (3_000_000, "3"),
        ] {
            assert_eq!(shown(Micros(micros)), text);
        }
        for nanos in [0, 1, 12_345, 999_999_999, 1_000_000_000, 61_000_000_007] {
            let time = Duration::from_nanos(nanos);
            assert_eq!(shown(time), time.as_secs_f64().to_string());
        }
    }

    fn text(encoder: &Encoder) -> &str {
        std::str::from_utf8(encoder.written().0).expect("UTF-8")
    }

    #[test]
    fn labels_are_escaped() {
        let mut encoder = Encoder::default();
        let mut family = encoder.family(&IMPORT_UP);
        family.sample(["a\"b", "c\\d", "e\nf"], true);
        family.sample_if(["é", "", "x"], Some(false));
        family.sample_if(["é", "", "x"], None::<u64>);
        let lines: Vec<&str> = text(&encoder).lines().collect();
        let escaped = r#"lustre_client_import_up{fs="a\"b",target="c\\d",kind="e\nf"} 1"#;
        assert_eq!(lines, [escaped, r#"lustre_client_import_up{fs="é",target="",kind="x"} 0"#]);
    }

    #[test]
    fn parts_tell_what_stands_where() {
        let mut encoder = Encoder::default();
        encoder.family(&OPERATION_DURATION);
        assert!(encoder.written().1.is_empty(), "a family without samples is none");
        encoder.family(&LNET_ERRORS).sample([], 7_u64);
        assert_eq!(text(&encoder), "lustre_lnet_errors_total 7\n");
        let first = encoder.written().0.len();
        encoder.family(&OPERATION_DURATION).summary(["a", "open"], Micros(5), 2_i64);
        let labels = "{fs=\"a\",operation=\"open\"}";
        let name = "lustre_client_operation_duration_seconds";
        let tail = format!("{name}_sum{labels} 0.000005\n{name}_count{labels} 2\n");
        assert!(text(&encoder).ends_with(&tail));
        let parts = encoder.written().1;
        let shown: Vec<(usize, u64)> = parts.iter().map(|part| (part.start, part.series)).collect();
        assert_eq!(shown, [(0, 1), (first, 2)]);
    }

    #[test]
    fn buckets_are_cumulative_and_end_with_the_count() {
        let mut encoder = Encoder::default();
        let buckets = [("1", 5), ("2", 0), ("4", 3)];
        encoder.family(&IO_SIZE).histogram(["a", "read"], &buckets, 2, Some(99_u64));
        let name = "lustre_client_io_size_bytes";
        let labels = "fs=\"a\",direction=\"read\"";
        let bucket = |(edge, count): (&str, u64)| {
            format!("{name}_bucket{{{labels},le=\"{edge}\"}} {count}\n")
        };
        let buckets = [("1", 5), ("2", 5), ("4", 8), ("+Inf", 10)].map(bucket).concat();
        let want = format!("{buckets}{name}_sum{{{labels}}} 99\n{name}_count{{{labels}}} 10\n");
        assert_eq!(text(&encoder), want);
    }
}
