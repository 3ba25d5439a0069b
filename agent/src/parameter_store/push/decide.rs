//! What is to be written, by what is there. A pure question.

use super::{Part, PushError, version};
use crate::aws::ssm::{StoredKind, StoredParameter};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The path.
    pub path: &'a str,
    /// The parts.
    pub parts: &'a [Part],
    /// The version, where it is given.
    pub version: Option<&'a str>,
    /// Older versions that stay.
    pub keep: usize,
    /// Whether a version may be an older one, and a set the same as, or less secret than, that in force.
    pub force: bool,
}

/// What is below the path.
#[derive(Debug, Default)]
pub struct There {
    /// What names a version.
    pub pointer: Option<StoredParameter>,
    /// Parts, by version.
    pub sets: BTreeMap<String, Vec<StoredParameter>>,
}

impl There {
    /// Sorts what was found. A folder with a `current` of its own is another path's.
    pub fn of(path: &str, found: Vec<StoredParameter>) -> Self {
        let mut there = Self::default();
        let mut others = Vec::new();
        for parameter in found {
            let below = parameter.name.strip_prefix(path).and_then(|rest| rest.strip_prefix('/'));
            match below.map(|below| below.split_once('/')) {
                Some(None) if below == Some("current") => there.pointer = Some(parameter),
                Some(Some((folder, rest))) if version::is_version(folder) => {
                    if rest == "current" {
                        others.push(folder.to_owned());
                    }
                    there.sets.entry(folder.to_owned()).or_default().push(parameter);
                }
                _ => {}
            }
        }
        for folder in others {
            there.sets.remove(&folder);
        }
        there
    }

    /// The version that is named.
    pub fn named(&self) -> Option<&str> {
        self.pointer.as_ref().map(|pointer| pointer.value.trim())
    }
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum Decision {
    /// The set in force says the same.
    Same {
        /// Its version.
        version: String,
    },
    /// This is to be written.
    Write(Push),
}

/// What is to be written, in this order.
#[derive(Debug, PartialEq, Eq)]
pub struct Push {
    /// The version.
    pub version: String,
    /// The parts that are not there yet.
    pub parts: Vec<Part>,
    /// The versions that are to go after that, with their parameters.
    pub old: Vec<(String, Vec<String>)>,
}

/// Decides.
///
/// # Errors
/// [`PushError`]: why nothing is written.
pub fn decide(wanted: Wanted<'_>, there: &There) -> Result<Decision, PushError> {
    if let Some(pointer) = there.pointer.as_ref().filter(|one| one.kind != StoredKind::Text) {
        return Err(PushError::Pointer { name: pointer.name.clone() });
    }
    let named = there.named();
    let in_force = named.and_then(|named| there.sets.get(named)).map_or(&[][..], Vec::as_slice);
    if let (Some(named), false) = (named, wanted.force)
        && wanted.version.is_none_or(|version| version == named)
        && is_same(wanted, named, in_force)
    {
        return Ok(Decision::Same { version: named.to_owned() });
    }
    let secret = in_force.iter().find(|one| one.kind != StoredKind::Text);
    if let Some(secret) = secret.filter(|_| !wanted.force) {
        return Err(PushError::Secret { name: secret.name.clone() });
    }
    let version = version_of(wanted, named, there)?;
    let leftovers = there.sets.get(&version).map_or(&[][..], Vec::as_slice);
    let parts = missing(wanted, &version, leftovers)?;
    let folders = there.sets.keys().map(String::as_str);
    let old = version::old(&version, folders, wanted.keep);
    let old = old.into_iter().filter(|name| Some(*name) != named).map(|name| {
        let parameters = there.sets.get(name).into_iter().flatten();
        (name.to_owned(), parameters.map(|parameter| parameter.name.clone()).collect())
    });
    Ok(Decision::Write(Push { old: old.collect(), version, parts }))
}

fn version_of(wanted: Wanted<'_>, named: Option<&str>, there: &There) -> Result<String, PushError> {
    let Some(version) = wanted.version else {
        let next = version::next(named, there.sets.keys().map(String::as_str));
        return next.ok_or_else(|| PushError::NoNumber { named: named.unwrap_or("none").into() });
    };
    if !version::is_version(version) {
        let because = "a version is 1 to 64 of A-Za-z0-9._-, and not `current`";
        return Err(PushError::Name { name: version.to_owned(), because });
    }
    match named.map(|named| (named, version::order(version, named))) {
        Some((named, Ordering::Less)) if !wanted.force => {
            Err(PushError::Backwards { version: version.to_owned(), named: named.to_owned() })
        }
        _ => Ok(version.to_owned()),
    }
}

/// The parts that are not there yet; what is there of a version must be what is to be put.
fn missing(
    wanted: Wanted<'_>,
    version: &str,
    there: &[StoredParameter],
) -> Result<Vec<Part>, PushError> {
    let name = |part: &Part| part.parameter(wanted.path, version);
    let differs = |one: &&StoredParameter| {
        let part = wanted.parts.iter().find(|part| name(part) == one.name);
        one.kind != StoredKind::Text || part.is_none_or(|part| part.text != one.value)
    };
    if let Some(other) = there.iter().find(differs) {
        let name = other.name.clone();
        return Err(PushError::There { name, version: version.to_owned() });
    }
    let is_there = |part: &Part| there.iter().any(|one| one.name == name(part));
    Ok(wanted.parts.iter().filter(|part| !is_there(part)).cloned().collect())
}

/// Whether a version holds these parts and no other.
pub(super) fn is_same(wanted: Wanted<'_>, version: &str, there: &[StoredParameter]) -> bool {
    there.len() == wanted.parts.len()
        && missing(wanted, version, there).is_ok_and(|missing| missing.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(name: &str, value: &str) -> StoredParameter {
        StoredParameter {
            name: format!("/p/{name}"),
            value: value.into(),
            kind: StoredKind::Text,
            version: 1,
            put_unix_ms: None,
        }
    }

    fn there(found: &[(&str, &str)]) -> There {
        There::of("/p", found.iter().map(|(name, value)| stored(name, value)).collect())
    }

    fn parts(text: &str) -> Vec<Part> {
        vec![Part { name: "mount".into(), text: text.into() }]
    }

    fn wanted(parts: &[Part]) -> Wanted<'_> {
        Wanted { path: "/p", parts, version: None, keep: 1, force: false }
    }

    fn write(wanted: Wanted<'_>, there: &There) -> Push {
        match decide(wanted, there) {
            Ok(Decision::Write(push)) => push,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_next_number_is_written_and_old_ones_go_but_those_to_keep() {
        let (new, empty) = (parts("new"), There::default());
        assert_eq!(write(wanted(&new), &empty).version, "1");
        let found = there(&[
            ("current", "7\n"),
            ("5/mount", "x"),
            ("6/mount", "x"),
            ("7/mount", "x"),
            ("blue/mount", "x"),
            ("4/current", "1"),
            ("4/1/mount", "x"),
        ]);
        let push = write(wanted(&new), &found);
        assert_eq!((push.version.as_str(), &push.parts), ("8", &new));
        let all = vec!["/p/6/mount".to_owned()];
        assert_eq!(push.old, [("6".to_owned(), all), ("5".into(), vec!["/p/5/mount".into()])]);
        // What was in force until now may be being read.
        let push = write(Wanted { keep: 0, ..wanted(&new) }, &found);
        assert!(push.old.iter().all(|(version, _)| version != "7"), "{push:?}");
    }

    #[test]
    fn the_same_is_not_written_again_and_nothing_goes_backwards_but_by_force() {
        let found = there(&[("current", "7"), ("7/mount", "same")]);
        let (same, new) = (parts("same"), parts("new"));
        let version = "7".to_owned();
        assert_eq!(decide(wanted(&same), &found).expect("same"), Decision::Same { version });
        let older = Wanted { version: Some("6"), ..wanted(&new) };
        assert!(matches!(decide(older, &found), Err(PushError::Backwards { .. })));
        assert_eq!(write(Wanted { force: true, ..older }, &found).version, "6");
        let in_force = Wanted { version: Some("7"), force: true, ..wanted(&new) };
        assert!(matches!(decide(in_force, &found), Err(PushError::There { .. })), "never in place");
        for version in ["current", "a/b", ""] {
            let odd = Wanted { version: Some(version), force: true, ..wanted(&new) };
            assert!(matches!(decide(odd, &found), Err(PushError::Name { .. })), "{version}");
        }
    }

    #[test]
    fn an_interrupted_version_is_completed_or_left_alone() {
        let two = [parts("a"), vec![Part { name: "jobs".into(), text: "b".into() }]].concat();
        let found = there(&[("current", "7"), ("7/mount", "x"), ("8/mount", "a")]);
        let again = write(Wanted { version: Some("8"), ..wanted(&two) }, &found);
        assert_eq!(again.parts.len(), 1);
        assert_eq!(write(wanted(&two), &found).version, "9", "nobody knows whose it is");
        let other = parts("other");
        let other = Wanted { version: Some("8"), ..wanted(&other) };
        assert!(matches!(decide(other, &found), Err(PushError::There { .. })));
    }

    #[test]
    fn what_is_secret_is_not_replaced_by_what_is_not() {
        let new = parts("new");
        let mut found = there(&[("current", "7"), ("7/mount", "x")]);
        if let Some(set) = found.sets.get_mut("7") {
            set[0].kind = StoredKind::Secret;
        }
        assert!(matches!(decide(wanted(&new), &found), Err(PushError::Secret { .. })));
        assert_eq!(write(Wanted { force: true, ..wanted(&new) }, &found).version, "8");
        found.pointer.as_mut().expect("a pointer").kind = StoredKind::Secret;
        let forced = Wanted { force: true, ..wanted(&new) };
        assert!(matches!(decide(forced, &found), Err(PushError::Pointer { .. })));
    }
}
