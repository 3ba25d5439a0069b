//! A scrape read back: its numbers, for pages and commands of ours.

use std::collections::BTreeMap;

/// One sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Name of the series.
    pub name: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Value.
    pub value: f64,
}

impl Sample {
    /// A label's value; empty when it has none.
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

/// The samples of one scrape.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    samples: BTreeMap<String, Vec<Sample>>,
}

impl Snapshot {
    /// Parses text 0.0.4; lines that are no samples are passed over.
    pub fn parse(text: &[u8]) -> Self {
        let mut samples: BTreeMap<String, Vec<Sample>> = BTreeMap::new();
        for line in String::from_utf8_lossy(text).lines() {
            if let Some(sample) = parse_line(line) {
                samples.entry(sample.name.clone()).or_default().push(sample);
            }
        }
        Self { samples }
    }

    /// The samples of a name.
    pub fn of(&self, name: &str) -> &[Sample] {
        self.samples.get(name).map_or(&[], Vec::as_slice)
    }

    /// The samples of each target by themselves, by file system and target.
    pub fn by_target(&self) -> BTreeMap<(String, String), Self> {
        let mut parts: BTreeMap<(String, String), Self> = BTreeMap::new();
        for (name, samples) in &self.samples {
            for sample in samples.iter().filter(|sample| !sample.label("target").is_empty()) {
                let key = (sample.label("fs").to_owned(), sample.label("target").to_owned());
                let part = parts.entry(key).or_default();
                part.samples.entry(name.clone()).or_default().push(sample.clone());
            }
        }
        parts
    }

    /// The value of the first sample of a name whose labels are these.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let fits = |sample: &&Sample| labels.iter().all(|(key, value)| sample.label(key) == *value);
        self.of(name).iter().find(fits).map(|sample| sample.value)
    }
}

fn parse_line(line: &str) -> Option<Sample> {
    if line.starts_with('#') {
        return None;
    }
    let end = line.find(['{', ' '])?;
    let (name, rest) = line.split_at(end);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => parse_labels(rest)?,
        None => (BTreeMap::new(), rest),
    };
    let value = rest.split_ascii_whitespace().next()?.parse().ok()?;
    Some(Sample { name: name.to_owned(), labels, value })
}

/// Labels up to the closing brace, and what is behind it.
fn parse_labels(mut rest: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut labels = BTreeMap::new();
    loop {
        rest = rest.trim_start_matches(',');
        if let Some(rest) = rest.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (name, after) = rest.split_once("=\"")?;
        let mut value = String::new();
        let mut letters = after.char_indices();
        loop {
            match letters.next()? {
                (_, '\\') => match letters.next()?.1 {
                    'n' => value.push('\n'),
                    other => value.push(other),
                },
                (at, '"') => {
                    rest = after.get(at + 1..)?;
                    break;
                }
                (_, letter) => value.push(letter),
            }
        }
        labels.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_read_back() {
        let text = "# HELP a b\n# TYPE a gauge\na 1\na{x=\"1\"} 2.5\na{x=\"q\\\"\\\\\\n}\",y=\"\"} NaN\n\
                    broken{x=\"1\n\nb{} 3\nno number\n";
        let snapshot = Snapshot::parse(text.as_bytes());
        assert_eq!(snapshot.of("a").len(), 3);
        assert_eq!(snapshot.value("a", &[("x", "1")]), Some(2.5));
        assert_eq!(snapshot.of("a").get(2).map(|sample| sample.label("x")), Some("q\"\\\n}"));
        assert_eq!(snapshot.value("b", &[]), Some(3.0));
        assert!(snapshot.of("broken").is_empty() && snapshot.of("no").is_empty());
    }
}
