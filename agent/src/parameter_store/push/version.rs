//! Names of versions: which comes after which, which is next, which are old. Pure questions.

use std::cmp::Ordering;

/// The longest name of a version.
const LONGEST: usize = 64;

/// Whether the reader takes it for the name of a version.
pub(in super::super) fn is_version(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len())
        && text != "current"
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// The number that a name of digits is.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

/// How two names stand to each other: runs of digits by their number, all else by its letters.
pub(super) fn order(one: &str, other: &str) -> Ordering {
    let (a, b) = (runs(one), runs(other));
    for (left, right) in a.iter().zip(&b) {
        let by = match (number(left), number(right)) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => left.cmp(right),
        };
        if by != Ordering::Equal {
            return by;
        }
    }
    a.len().cmp(&b.len()).then_with(|| one.cmp(other))
}

/// Runs of digits, and what is between them.
fn runs(text: &str) -> Vec<&str> {
    let mut runs = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.bytes().next() {
        let is_of_run = |c: char| c.is_ascii_digit() == first.is_ascii_digit();
        let end = rest.find(|c: char| !is_of_run(c)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        runs.push(run);
        rest = after;
    }
    runs
}

/// The number after every number that is there; `None` where the one that is named is no number.
pub(super) fn next<'a>(
    named: Option<&str>,
    there: impl Iterator<Item = &'a str>,
) -> Option<String> {
    let named = match named {
        Some(named) => number(named)?,
        None => 0,
    };
    let highest = there.filter_map(number).fold(named, u64::max);
    highest.checked_add(1).map(|next| next.to_string())
}

/// Of the versions that are there those to take away once `named` is named: numbers below it, but for
/// the newest `keep`. One with a name of another form is somebody's own.
pub(super) fn old<'a>(
    named: &str,
    there: impl Iterator<Item = &'a str>,
    keep: usize,
) -> Vec<&'a str> {
    let Some(limit) = number(named) else { return Vec::new() };
    let mut older: Vec<(u64, &str)> =
        there.filter_map(|name| Some((number(name)?, name))).filter(|(n, _)| *n < limit).collect();
    older.sort_unstable_by(|one, other| other.cmp(one));
    older.into_iter().skip(keep).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_count_as_numbers_wherever_they_stand() {
        for (one, other) in [
            ("9", "10"),
            ("v9", "v10"),
            ("2026-9-1", "2026-10-1"),
            ("1", "1.1"),
            ("a", "b"),
            ("7", "v7"),
        ] {
            assert_eq!(order(one, other), Ordering::Less, "{one} {other}");
            assert_eq!(order(other, one), Ordering::Greater, "{one} {other}");
        }
        assert_eq!(order("7", "7"), Ordering::Equal);
    }

    #[test]
    fn the_next_one_is_after_all_that_are_there_also_those_that_nobody_named() {
        assert_eq!(next(None, [].into_iter()), Some("1".into()));
        assert_eq!(next(Some("7"), ["7", "6"].into_iter()), Some("8".into()));
        assert_eq!(next(Some("7"), ["9", "blue"].into_iter()), Some("10".into()));
        assert_eq!(next(Some("blue"), ["9"].into_iter()), None);
        assert_eq!(next(Some("18446744073709551615"), [].into_iter()), None);
    }

    #[test]
    fn only_numbers_below_the_named_one_are_old() {
        let there = ["1", "2", "3", "10", "11", "12", "blue"];
        assert_eq!(old("11", there.into_iter(), 2), ["2", "1"]);
        assert_eq!(old("11", there.into_iter(), 9), Vec::<&str>::new());
        assert_eq!(old("blue", there.into_iter(), 0), Vec::<&str>::new());
    }

    proptest! {
        #[test]
        fn it_is_an_order(a in "[a-z0-9._-]{1,12}", b in "[a-z0-9._-]{1,12}", c in "[a-z0-9._-]{1,12}") {
            prop_assert_eq!(order(&a, &b), order(&b, &a).reverse());
            if order(&a, &b).is_le() && order(&b, &c).is_le() {
                prop_assert!(order(&a, &c).is_le());
            }
        }
    }
}
