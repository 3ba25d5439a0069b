//! An answer in so many characters: a line with the verdict, then one JSON object on a line.
//!
//! Systems Manager keeps 2,500 characters of a command's output for who lists invocations, counted in
//! bytes by the agent of a node, errors included. All is ASCII, so that bytes and characters are the same.

use super::Answer;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// The layout of the JSON object; fields are only ever added to it.
const FORMAT: u32 = 1;
/// The longest line with the verdict.
const LONGEST_VERDICT: usize = 300;

/// How much may be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Characters in all.
    pub characters: usize,
}

/// What `list-command-invocations --details` shows whole. It is 2,500 characters, of which agents of some
/// versions keep 100 for themselves.
pub const SHORT: Room = Room { characters: 2400 };
/// What `get-command-invocation` shows whole.
pub const DETAILED: Room = Room { characters: 24_000 };

/// To what strings and lists are cut, in turn, until all fits.
const CUTS: [Cut; 3] = [
    Cut { characters: usize::MAX, elements: usize::MAX },
    Cut { characters: 300, elements: 12 },
    Cut { characters: 160, elements: 6 },
];

#[derive(Clone, Copy)]
struct Cut {
    characters: usize,
    elements: usize,
}

/// What is left out, and where it is, if anywhere.
#[derive(Clone, Copy)]
struct Rest<'a> {
    file: Option<&'a str>,
}

/// What is printed, and whether it is less than all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fitted {
    pub(super) text: String,
    pub(super) is_cut: bool,
}

impl Answer {
    /// The text that fits; `file` is named in it where something is left out.
    pub(super) fn fitted(&self, room: Room, file: Option<&str>) -> Fitted {
        let whole = self.text(CUTS[0], self.items.len(), None);
        if whole.len() <= room.characters {
            return Fitted { text: whole, is_cut: false };
        }
        let [.., least] = CUTS;
        let cut =
            CUTS[1..].iter().map(|cut| self.text(*cut, self.items.len(), Some(Rest { file })));
        let fewer =
            (0..self.items.len()).rev().map(|count| self.text(least, count, Some(Rest { file })));
        let fits = |text: &String| text.len() <= room.characters;
        let text = cut.chain(fewer).find(fits).unwrap_or_else(|| {
            let bare = Self { head: Map::new(), items: Vec::new(), ..self.clone() };
            bare.text(least, 0, Some(Rest { file }))
        });
        Fitted { text, is_cut: true }
    }

    /// `rest`: for a text that is cut.
    fn text(&self, cut: Cut, count: usize, rest: Option<Rest<'_>>) -> String {
        let mut object = Map::new();
        object.insert("format".into(), FORMAT.into());
        object.insert("command".into(), self.about.clone().into());
        object.insert("exit".into(), self.exit.into());
        if let Some(Rest { file }) = rest {
            let left_out = self.items.len().saturating_sub(count);
            object.insert("cut".into(), json!({ "items_left_out": left_out, "whole": file }));
        }
        object.extend(self.head.iter().map(|(name, value)| (name.clone(), shortened(value, cut))));
        if !self.items.is_empty() {
            let items = self.items.iter().take(count).map(|item| shortened(item, cut));
            object.insert("items".into(), items.collect());
        }
        let words = self.words.chars().filter(|c| !c.is_control());
        let words: String = words.map(|c| if c.is_ascii() { c } else { '?' }).collect();
        let line = format!("{} {}: {words}", self.word.text(), self.about);
        let line: String =
            line.trim_end_matches([':', ' ']).chars().take(LONGEST_VERDICT).collect();
        format!("{line}\n{}\n", ascii_json(&Value::Object(object)))
    }
}

/// The value with shorter strings and lists.
fn shortened(value: &Value, cut: Cut) -> Value {
    match value {
        Value::String(text) if text.chars().count() > cut.characters => {
            let kept: String = text.chars().take(cut.characters).collect();
            Value::String(kept + "...")
        }
        Value::Array(list) => {
            let mut kept: Vec<Value> =
                list.iter().take(cut.elements).map(|one| shortened(one, cut)).collect();
            if list.len() > kept.len() {
                kept.push(format!("... and {} more", list.len() - kept.len()).into());
            }
            Value::Array(kept)
        }
        Value::Object(object) => {
            // A map that is as long as a list is cut like one.
            let most = cut.elements.saturating_mul(4);
            let kept = object.iter().take(most);
            Value::Object(kept.map(|(name, one)| (name.clone(), shortened(one, cut))).collect())
        }
        other => other.clone(),
    }
}

/// JSON in ASCII without control characters: every other character is escaped.
pub fn ascii_json(value: &Value) -> String {
    let mut ascii = String::new();
    for c in value.to_string().chars() {
        if (' '..='~').contains(&c) {
            ascii.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String does not fail.
                let _ = write!(ascii, "\\u{unit:04x}");
            }
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use super::super::Word;
    use super::*;
    use proptest::prelude::*;

    fn parsed(text: &str) -> (String, Value) {
        let (line, rest) = text.split_once('\n').expect("two lines");
        (line.to_owned(), serde_json::from_str(rest).expect("JSON"))
    }

    #[test]
    fn what_fits_is_whole_and_names_no_file() {
        let answer = Answer::new("check", Word::Pass, "all fits", 0)
            .with("kernel", "6.1")
            .of(vec![json!({"check": "mtu"})]);
        let fitted = answer.fitted(SHORT, Some("/x"));
        assert!(!fitted.is_cut);
        assert_eq!(
            fitted.text,
            "PASS check: all fits\n{\"command\":\"check\",\"exit\":0,\"format\":1,\
             \"items\":[{\"check\":\"mtu\"}],\"kernel\":\"6.1\"}\n"
        );
    }

    #[test]
    fn the_least_important_goes_first() {
        let item = |n: usize| json!({ "check": format!("check{n}"), "summary": "s".repeat(500) });
        let answer = Answer::new("check", Word::Fail, "", 1).of((0..40).map(item).collect());
        let fitted = answer.fitted(SHORT, Some("/var/lib/fsxlustre/x.json"));
        let (line, value) = parsed(&fitted.text);
        assert_eq!(line, "FAIL check");
        let items = value["items"].as_array().expect("list");
        assert_eq!(items[0]["check"], "check0");
        assert!(items.len() > 8, "{}", items.len());
        assert_eq!(value["cut"]["items_left_out"], 40 - items.len());
        assert_eq!(value["cut"]["whole"], "/var/lib/fsxlustre/x.json");
        let detailed = answer.fitted(DETAILED, None);
        assert_eq!(parsed(&detailed.text).1["items"].as_array().map(Vec::len), Some(40));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn any_answer_fits_and_is_ascii_and_json(
            words in ".{0,400}",
            names in prop::collection::vec("\\PC{0,900}", 0..12),
            head in "(?s).{0,3000}",
        ) {
            let items = names.iter().map(|name| json!({ name.clone(): [name, "\u{1b}[31m\u{7f}\n"] }));
            let answer = Answer::new("status", Word::Warn, words, 0)
                .with("messages", head)
                .of(items.collect());
            for room in [SHORT, DETAILED] {
                let text = answer.fitted(room, Some("/f")).text;
                prop_assert!(text.len() <= room.characters);
                prop_assert_eq!(text.matches('\n').count(), 2);
                prop_assert!(text.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)));
                parsed(&text);
            }
        }
    }
}
