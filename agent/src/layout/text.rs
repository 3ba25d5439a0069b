//! Reads what `lfs getstripe` prints: the plain text, `-d`, `-v`, `-r` and `-y`.
//!
//! All of these are `key: value` pairs, one a line or several; a directory's keys lack `lmm_`. Blank lines
//! stand between layouts and between components alike, so what begins a layout is told by its keys:
//!
//! ```text
//! /fsx/dplain
//! stripe_count:  2 stripe_size:   2097152 pattern:       raid0 stripe_offset: -1
//! ```
//!
//! Clients before 2.12 print no pattern for a directory. Ask them with `-v`, which says `(Default)`
//! before the path of a directory without a default of its own.
//!
//! *Source*: captures of 2.15.8; lustre/utils/liblustreapi.c (`lov_dump_user_lmm_header`,
//! `lov_dump_comp_v1_entry`) for what was not captured.

use super::draft::{Draft, Drafts, STRIPE_KEYS};
use super::model::{Fid, Layout, StripeObject};
use super::text_error::LayoutTextError;

/// The most that is read: 1,000 layouts of some hundred lines.
const LONGEST_TEXT: usize = 64 << 20;

/// What a line says.
#[derive(Debug)]
pub(super) enum Line<'a> {
    /// Nothing.
    Blank,
    /// The path whose layout follows; `true` where it has no default of its own.
    Name(&'a str, bool),
    /// Keys without `lmm_` and their values.
    Keys(Vec<(&'a str, &'a str)>),
    /// One object.
    Object(StripeObject),
    /// The name of the object on the line before.
    ObjectFid(Fid),
    /// A foreign layout's text.
    Foreign(&'a str),
}

impl Layout {
    /// Reads the text of one layout, with or without its path: `-d`, `-v`, `-y`, and without an option.
    ///
    /// # Errors
    /// [`LayoutTextError`], with the line.
    pub fn parse_text(text: &str) -> Result<Self, LayoutTextError> {
        let mut layouts = drafts(text)?;
        match (layouts.pop(), layouts.len()) {
            (Some((_, layout)), 0) => Ok(layout),
            (Some(_), others) => Err(LayoutTextError::Several { found: others + 1 }),
            (None, _) => Err(LayoutTextError::Empty),
        }
    }

    /// Reads the text of one layout that `-y` printed: the same words on other lines.
    ///
    /// # Errors
    /// [`LayoutTextError`], with the line.
    pub fn parse_yaml(text: &str) -> Result<Self, LayoutTextError> {
        Self::parse_text(text)
    }

    /// Reads several layouts with their paths, as `-d -r` and `-d -v` print them.
    ///
    /// A name may hold line breaks and look like anything, so the caller compares each path with the
    /// one it asked for.
    ///
    /// # Errors
    /// [`LayoutTextError`]; also where a layout has no path.
    pub fn named(text: &str) -> Result<Vec<(String, Self)>, LayoutTextError> {
        let lacks = || LayoutTextError::Lacks {
            line: text.lines().count() + 1,
            because: "has no path".into(),
        };
        let layouts = drafts(text)?.into_iter();
        layouts.map(|(name, layout)| Ok((name.ok_or_else(lacks)?, layout))).collect()
    }

    /// Reads several layouts without paths, in the order in which they were asked for (`-d`, `-d -y`).
    ///
    /// # Errors
    /// [`LayoutTextError`], with the line.
    pub fn all(text: &str) -> Result<Vec<Self>, LayoutTextError> {
        Ok(drafts(text)?.into_iter().map(|(_, layout)| layout).collect())
    }
}

/// Every layout of a text, with its path where there is one.
fn drafts(text: &str) -> Result<Vec<(Option<String>, Layout)>, LayoutTextError> {
    if text.len() > LONGEST_TEXT {
        let because = "the text is longer than 64 MiB".into();
        return Err(LayoutTextError::Line { line: 1, because });
    }
    let mut drafts = Drafts::default();
    let mut last = 0;
    for (index, line) in text.lines().enumerate() {
        last = index + 1;
        let read = sort(line).and_then(|line| drafts.take(line, last));
        read.map_err(|because| LayoutTextError::Line { line: last, because })?;
    }
    drafts.finish(last + 1)
}

fn sort(line: &str) -> Result<Line<'_>, String> {
    let words = line.trim();
    if words.is_empty() || words == "obdidx\t\t objid\t\t objid\t\t group" {
        return Ok(Line::Blank);
    }
    let item = words.strip_prefix("- ").unwrap_or(words);
    if let Some(value) = item.strip_prefix("lfm_value:") {
        return Ok(Line::Foreign(value));
    }
    if let Some(fid) = item.strip_prefix("l_fid:") {
        return fid_of(fid.trim()).map(Line::ObjectFid);
    }
    if let Some(at) = item.find("l_ost_idx:") {
        return object(item.get(at..).unwrap_or_default()).map(Line::Object);
    }
    if line.starts_with('\t') {
        return row(words).map(Line::Object);
    }
    if item.split_whitespace().next().is_some_and(is_key) {
        return Ok(Line::Keys(pairs(item)));
    }
    match line.strip_prefix("(Default) ") {
        Some(name) => Ok(Line::Name(name, true)),
        None => Ok(Line::Name(line, false)),
    }
}

/// Whether a word is a key that `lfs getstripe` prints.
fn is_key(word: &str) -> bool {
    let Some(key) = word.strip_suffix(':') else { return false };
    let component = key.strip_prefix("component").is_some_and(|number| {
        number == "s" || (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
    });
    let prefixed = ["lcm_", "lcme_", "lfm_"].iter().any(|prefix| key.starts_with(prefix));
    component || prefixed || is_stripe_key(key.strip_prefix("lmm_").unwrap_or(key))
}

fn is_stripe_key(key: &str) -> bool {
    const BESIDE: &[&str] =
        &["fid", "magic", "seq", "object_id", "objects", "composite_header", "sub_layout"];
    STRIPE_KEYS.contains(&key) || BESIDE.contains(&key)
}

/// `key: value key: value`, keys without `lmm_`. A key that has no value has an empty one.
fn pairs(line: &str) -> Vec<(&str, &str)> {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for word in line.split_whitespace() {
        match pairs.last_mut() {
            _ if is_key(word) => {
                let key = word.trim_end_matches(':');
                pairs.push((key.strip_prefix("lmm_").unwrap_or(key), ""));
            }
            Some((_, value)) if value.is_empty() => *value = word,
            // A second word of a value, such as that of lfm_type: nothing reads it.
            _ => {}
        }
    }
    pairs
}

/// `l_ost_idx: 2` or `l_ost_idx: 2, l_fid: [0x300000401:0x8c:0x0] }`.
fn object(text: &str) -> Result<StripeObject, String> {
    let rest = text.trim_start_matches("l_ost_idx:").trim_start();
    let digits = rest.split([',', ' ']).next().unwrap_or_default();
    let ost = digits.parse().map_err(|_| format!("'{digits}' is not the index of an OST"))?;
    let fid = match rest.split_once("l_fid:") {
        Some((_, fid)) => Some(fid_of(fid.trim_matches([' ', '}']))?),
        None => None,
    };
    Ok(StripeObject { ost, fid })
}

/// `3  139  0x8b  0x340000401`: OST, object, the same in hexadecimal, sequence.
fn row(text: &str) -> Result<StripeObject, String> {
    let mut words = text.split_whitespace();
    let (ost, object, _, sequence) = (words.next(), words.next(), words.next(), words.next());
    let read = || {
        let sequence = number(sequence?)?;
        let fid = Fid { sequence, object: object?.parse().ok()?, version: 0 };
        Some(StripeObject { ost: ost?.parse().ok()?, fid: Some(fid) })
    };
    read().ok_or_else(|| "it is not OST, object, object and group".into())
}

/// `[0x300000401:0x8c:0x0]`, with or without brackets.
fn fid_of(text: &str) -> Result<Fid, String> {
    let mut parts = text.trim_matches(['[', ']']).split(':').map(number);
    let mut next = || parts.next().flatten();
    let read = || {
        let (sequence, object) = (next()?, next()?);
        Some(Fid { sequence, object, version: next()?.try_into().ok()? })
    };
    let mut read = read;
    read().ok_or_else(|| "it is not the name of an object (FID)".into())
}

fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

impl Draft {
    /// The path without what marks it.
    pub(super) fn name_line(&mut self, name: &str, is_default: bool) {
        self.is_default |= is_default;
        match &mut self.name {
            // A name that holds a line break.
            Some(before) => {
                before.push('\n');
                before.push_str(name);
            }
            None => self.name = Some(name.to_owned()),
        }
    }
}
