//! What the SSM Agent takes: an entry that is over a limit is left out by it, and a file that is too large
//! fails the whole collection.

use std::collections::BTreeMap;

/// Attributes of one thing, by their names.
pub type Entry = BTreeMap<&'static str, String>;

/// The longest value, bytes.
pub(super) const LONGEST_VALUE: usize = 4096;
/// The largest type, bytes of JSON; the limit is 3,072 KiB.
pub(super) const LARGEST_TYPE: usize = 2 << 20;
/// The most attributes of an entry.
#[cfg(test)]
pub(super) const MOST_ATTRIBUTES: usize = 50;
/// The longest name of an attribute.
#[cfg(test)]
pub(super) const LONGEST_NAME: usize = 64;
/// Ends a text that was cut.
const CUT: &str = "...";

/// Entries whose values are cut to what is taken, as many as there is room for; one more says how many
/// are left out.
pub(super) fn fitting(entries: Vec<Entry>) -> Vec<Entry> {
    let all = entries.len();
    let (mut kept, mut bytes) = (Vec::new(), 0);
    for entry in entries {
        let entry: Entry = entry.into_iter().map(|(name, value)| (name, cut(&value))).collect();
        // Quotes, escapes and commas: a byte of JSON has at most six for one of text.
        bytes +=
            entry.iter().map(|(name, value)| name.len() + json_length(value) + 6).sum::<usize>();
        if bytes > LARGEST_TYPE {
            let note = format!("{} more are left out: there is no room", all - kept.len());
            kept.push(Entry::from([("State", note)]));
            break;
        }
        kept.push(entry);
    }
    kept
}

fn json_length(value: &str) -> usize {
    serde_json::to_string(value).map_or(LARGEST_TYPE, |text| text.len())
}

/// A text of one line that is no longer than a value may be.
pub(super) fn cut(value: &str) -> String {
    let value: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if value.len() <= LONGEST_VALUE {
        return value;
    }
    let room = LONGEST_VALUE - CUT.len();
    let end = (0..=room).rev().find(|end| value.is_char_boundary(*end)).unwrap_or_default();
    format!("{}{CUT}", value.get(..end).unwrap_or_default())
}
