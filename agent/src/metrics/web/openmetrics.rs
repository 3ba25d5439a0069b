//! Text 0.0.4 as OpenMetrics 1.0.
//!
//! The samples of the two formats are the same bytes. Only the metadata differs: a counter is named
//! without `_total` there, `# UNIT` names the unit, quotes in HELP are escaped, and `# EOF` ends it. Only
//! a histogram whose sum is not known goes without its `_count` too: OpenMetrics has both or none.

use super::super::families::{FAMILIES, FamilyRow};
use std::collections::HashMap;
use std::sync::LazyLock;

static ROWS: LazyLock<HashMap<&'static str, &'static FamilyRow>> =
    LazyLock::new(|| FAMILIES.iter().map(|row| (row.name, row)).collect());

/// A metadata line of text 0.0.4.
struct Metadata<'t> {
    keyword: &'t str,
    name: &'t str,
    rest: &'t str,
}

impl<'t> Metadata<'t> {
    fn parse(line: &'t [u8]) -> Option<Self> {
        let text = std::str::from_utf8(line).ok()?.strip_prefix("# ")?;
        let (keyword, rest) = text.split_once(' ')?;
        let (name, rest) = rest.split_once(' ')?;
        matches!(keyword, "HELP" | "TYPE").then_some(Self { keyword, name, rest })
    }

    /// The name of the family, as OpenMetrics has it.
    fn family(&self) -> &'t str {
        self.name.strip_suffix("_total").unwrap_or(self.name)
    }

    fn write(&self, to: &mut Vec<u8>) {
        let family = self.family();
        for part in ["# ", self.keyword, " ", family, " "] {
            to.extend_from_slice(part.as_bytes());
        }
        if self.keyword == "HELP" {
            to.extend_from_slice(self.rest.replace('"', "\\\"").as_bytes());
        } else {
            to.extend_from_slice(self.rest.as_bytes());
            if let Some(unit) = ROWS.get(self.name).and_then(|row| unit(row, family)) {
                for part in ["\n# UNIT ", family, " ", unit] {
                    to.extend_from_slice(part.as_bytes());
                }
            }
        }
        to.push(b'\n');
    }
}

/// The unit, where OpenMetrics allows to name it: it has to end the name.
fn unit(row: &FamilyRow, family: &str) -> Option<&'static str> {
    let ends = family.strip_suffix(row.unit).is_some_and(|head| head.ends_with('_'));
    (row.unit != "1" && ends).then_some(row.unit)
}

/// Copies the samples of a family. `histogram` is its name if it is one; its `_count` stands behind its `_sum`.
fn copy_samples(samples: &[u8], histogram: Option<&str>, to: &mut Vec<u8>) {
    let Some(family) = histogram else { return to.extend_from_slice(samples) };
    let mut is_after_sum = false;
    for line in samples.split_inclusive(|byte| *byte == b'\n') {
        let suffix = line.strip_prefix(family.as_bytes()).unwrap_or_default();
        if is_after_sum || !suffix.starts_with(b"_count") {
            to.extend_from_slice(line);
        }
        is_after_sum = suffix.starts_with(b"_sum");
    }
}

/// Writes a scrape of text 0.0.4 as OpenMetrics 1.0; the counters in it are those that end in
/// `_total`, which the table of families keeps to.
pub fn from_text(text: &[u8]) -> Vec<u8> {
    let mut to = Vec::with_capacity(text.len() + text.len() / 16 + 6);
    let mut done = 0;
    let mut histogram = None;
    for at in memchr::memchr_iter(b'#', text) {
        // A '#' within a label's value begins no line.
        let begins_line = at == 0 || text.get(at - 1) == Some(&b'\n');
        let Some(rest) = text.get(at..).filter(|_| begins_line && at >= done) else { continue };
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let Some(line) = rest.get(..length).and_then(Metadata::parse) else { continue };
        copy_samples(text.get(done..at).unwrap_or_default(), histogram, &mut to);
        histogram = (line.keyword == "TYPE" && line.rest == "histogram").then_some(line.name);
        line.write(&mut to);
        done = (at + length + 1).min(text.len());
    }
    copy_samples(text.get(done..).unwrap_or_default(), histogram, &mut to);
    to.extend_from_slice(b"# EOF\n");
    to
}

#[cfg(test)]
mod tests {
    use super::super::super::families::Kind;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn metadata_changes_and_samples_stay() {
        let text = "# HELP lustre_client_read_bytes_total Bytes \"x\".\n\
                    # TYPE lustre_client_read_bytes_total counter\n\
                    lustre_client_read_bytes_total{fs=\"a\"} 1\n\
                    # HELP lustre_client_mount_info A mount.\n\
                    # TYPE lustre_client_mount_info gauge\n\
                    lustre_client_mount_info{mountpoint=\"# TYPE a_total counter\"} 1\n";
        let wanted = "# HELP lustre_client_read_bytes Bytes \\\"x\\\".\n\
                      # TYPE lustre_client_read_bytes counter\n\
                      # UNIT lustre_client_read_bytes bytes\n\
                      lustre_client_read_bytes_total{fs=\"a\"} 1\n\
                      # HELP lustre_client_mount_info A mount.\n\
                      # TYPE lustre_client_mount_info gauge\n\
                      lustre_client_mount_info{mountpoint=\"# TYPE a_total counter\"} 1\n\
                      # EOF\n";
        let shown = String::from_utf8(from_text(text.as_bytes())).expect("UTF-8");
        assert_eq!(shown, wanted);
        assert_eq!(from_text(b""), b"# EOF\n");
        assert_eq!(from_text(b"# HELP"), b"# HELP# EOF\n");
    }

    #[test]
    fn a_histogram_has_sum_and_count_or_none_of_them() {
        let head = "# HELP x_bytes X.\n# TYPE x_bytes histogram\n";
        let buckets = |fs| format!("x_bytes_bucket{{fs=\"{fs}\",le=\"+Inf\"}} 3\n");
        let sum = "x_bytes_sum{fs=\"a\"} 9\n";
        let count = |fs| format!("x_bytes_count{{fs=\"{fs}\"}} 3\n");
        let [known, unknown] = [buckets("a") + sum + &count("a"), buckets("b")];
        let after = "# HELP y_count Y.\n# TYPE y_count gauge\ny_count 1\n";
        let text = format!("{head}{known}{unknown}{}{after}", count("b"));
        let shown = String::from_utf8(from_text(text.as_bytes())).expect("UTF-8");
        let unit = "# UNIT x_bytes bytes\n";
        assert_eq!(shown.replace(unit, ""), format!("{head}{known}{unknown}{after}# EOF\n"));
    }

    /// In OpenMetrics the names of a family's samples belong to it alone.
    #[test]
    fn no_two_families_claim_one_sample() {
        let mut claimed = BTreeSet::new();
        for row in FAMILIES {
            let family = row.name.strip_suffix("_total").unwrap_or(row.name);
            let suffixes: &[&str] = match row.kind {
                Kind::Counter => &["_total", "_created", ""],
                Kind::Gauge => &[""],
                Kind::Summary => &["_sum", "_count", "_created", ""],
                Kind::Histogram => &["_bucket", "_sum", "_count", "_created", ""],
            };
            for suffix in suffixes {
                let name = format!("{family}{suffix}");
                assert!(claimed.insert(name.clone()), "{name} is claimed twice");
            }
        }
    }
}
