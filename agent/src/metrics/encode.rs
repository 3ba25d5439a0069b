//! The Prometheus text format 0.0.4, written straight into one buffer.
//!
//! Text by hand, because it is twenty-five times cheaper than any registry for thousands of series
//! that are new at every scrape. Integers are written as integers.

use super::families::Family;

/// Microseconds, shown as seconds with all their digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Micros(pub(super) i64);

/// A number of a sample.
pub(super) trait Value: Copy {
    /// Writes it in decimal.
    fn write(self, text: &mut Vec<u8>);
}

impl Value for u64 {
    fn write(self, text: &mut Vec<u8>) {
        // Twenty digits are the most that 64 bits have.
        let mut digits = [b'0'; 20];
        let mut rest = self;
        let mut length = 0;
        for place in digits.iter_mut().rev() {
            *place = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
            length += 1;
            if rest == 0 {
                break;
            }
        }
        text.extend_from_slice(digits.get(digits.len() - length..).unwrap_or_default());
    }
}

impl Value for i64 {
    fn write(self, text: &mut Vec<u8>) {
        if self < 0 {
            text.push(b'-');
        }
        self.unsigned_abs().write(text);
    }
}

impl Value for bool {
    fn write(self, text: &mut Vec<u8>) {
        text.push(if self { b'1' } else { b'0' });
    }
}

impl Value for Micros {
    fn write(self, text: &mut Vec<u8>) {
        if self.0 < 0 {
            text.push(b'-');
        }
        let micros = self.0.unsigned_abs();
        (micros / 1_000_000).write(text);
        let fraction = micros % 1_000_000;
        if fraction > 0 {
            text.push(b'.');
            // A leading 1 keeps the zeros after the point; it is taken away again.
            let from = text.len();
            (fraction + 1_000_000).write(text);
            text.remove(from);
            while text.last() == Some(&b'0') {
                text.pop();
            }
        }
    }
}

/// Writes families into a buffer.
#[derive(Debug, Default)]
pub(super) struct Encoder {
    text: Vec<u8>,
}

/// Writes the samples of one family; HELP and TYPE come with the first one.
#[derive(Debug)]
pub(super) struct Samples<'e, const N: usize> {
    text: &'e mut Vec<u8>,
    family: &'static Family<N>,
    begun: bool,
}

impl Encoder {
    /// Begins a family. All of its samples have to be written before the next one begins, and a
    /// scrape begins a family once.
    pub(super) fn family<const N: usize>(&mut self, family: &'static Family<N>) -> Samples<'_, N> {
        Samples { text: &mut self.text, family, begun: false }
    }

    /// What was written since the last `clear`.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Forgets what was written and keeps the room.
    pub(super) fn clear(&mut self) {
        self.text.clear();
    }
}

impl<const N: usize> Samples<'_, N> {
    /// Writes a sample of a counter or gauge.
    pub(super) fn sample(&mut self, labels: [&str; N], value: impl Value) {
        self.line("", labels, value);
    }

    /// Writes the two samples of a summary.
    pub(super) fn summary(&mut self, labels: [&str; N], sum: impl Value, count: impl Value) {
        self.line("_sum", labels, sum);
        self.line("_count", labels, count);
    }

    fn line(&mut self, suffix: &str, labels: [&str; N], value: impl Value) {
        self.begin();
        let text = &mut *self.text;
        text.extend_from_slice(self.family.row().name.as_bytes());
        text.extend_from_slice(suffix.as_bytes());
        let mut separator = b'{';
        for (name, value) in self.family.labels().iter().zip(labels) {
            text.push(separator);
            separator = b',';
            text.extend_from_slice(name.as_bytes());
            text.extend_from_slice(b"=\"");
            write_escaped(text, value);
            text.push(b'"');
        }
        if N > 0 {
            text.push(b'}');
        }
        text.push(b' ');
        value.write(text);
        text.push(b'\n');
    }

    fn begin(&mut self) {
        if self.begun {
            return;
        }
        self.begun = true;
        let row = self.family.row();
        for part in ["# HELP ", row.name, " ", row.help, "\n# TYPE ", row.name, " "] {
            self.text.extend_from_slice(part.as_bytes());
        }
        self.text.extend_from_slice(row.kind.word().as_bytes());
        self.text.push(b'\n');
    }
}

/// Writes a label's value: backslash, quote and newline are escaped, all else is as it is.
fn write_escaped(text: &mut Vec<u8>, value: &str) {
    if !value.bytes().any(|byte| matches!(byte, b'\\' | b'"' | b'\n')) {
        text.extend_from_slice(value.as_bytes());
        return;
    }
    for byte in value.bytes() {
        match byte {
            b'\\' => text.extend_from_slice(b"\\\\"),
            b'"' => text.extend_from_slice(b"\\\""),
            b'\n' => text.extend_from_slice(b"\\n"),
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::families::{IMPORT_UP, LNET_ERRORS, OPERATION_DURATION};
    use super::*;

    fn shown(value: impl Value) -> String {
        let mut text = Vec::new();
        value.write(&mut text);
        String::from_utf8(text).expect("digits")
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
    }

    #[test]
    fn help_and_type_come_once_and_labels_are_escaped() {
        let mut encoder = Encoder::default();
        let mut family = encoder.family(&IMPORT_UP);
        family.sample(["a\"b", "c\\d", "e\nf"], true);
        family.sample(["é", "", "x"], false);
        let text = std::str::from_utf8(encoder.text()).expect("UTF-8").to_owned();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(lines[0].starts_with("# HELP lustre_client_import_up Whether "));
        assert_eq!(lines[1], "# TYPE lustre_client_import_up gauge");
        let escaped = r#"lustre_client_import_up{fs="a\"b",target="c\\d",kind="e\nf"} 1"#;
        assert_eq!(lines[2], escaped);
        assert_eq!(lines[3], r#"lustre_client_import_up{fs="é",target="",kind="x"} 0"#);
    }

    #[test]
    fn a_family_without_samples_or_labels_is_written_right() {
        let mut encoder = Encoder::default();
        encoder.family(&OPERATION_DURATION);
        assert!(encoder.text().is_empty());
        encoder.family(&LNET_ERRORS).sample([], 7_u64);
        assert!(encoder.text().ends_with(b"counter\nlustre_lnet_errors_total 7\n"));
        encoder.clear();
        encoder.family(&OPERATION_DURATION).summary(["a", "open"], Micros(5), 2_i64);
        let labels = "{fs=\"a\",operation=\"open\"}";
        let name = "lustre_client_operation_duration_seconds";
        let tail = format!("{name}_sum{labels} 0.000005\n{name}_count{labels} 2\n");
        assert!(encoder.text().ends_with(tail.as_bytes()));
    }
}
