//! Slurm's lists of node names: `n[1-3,07],gpu-[01-02]-x`.
//!
//! *Source*: hostlist functions of Slurm's API, scontrol(1) "show hostnames".

use std::collections::BTreeSet;

/// So many names are expanded; a job of Slurm has no more nodes.
const MOST_NAMES: usize = 65_536;
/// The longest list that is read.
const LONGEST_LIST: usize = 65_536;
/// The longest name.
const LONGEST_NAME: usize = 128;

/// A list that is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{part}' is no list of nodes")]
pub struct HostListError {
    /// The part, shortened.
    pub part: String,
}

fn unfit(part: &str) -> HostListError {
    HostListError { part: part.chars().take(60).collect() }
}

/// The names of a list.
///
/// # Errors
/// [`HostListError`]: what Slurm does not write, and lists of very many names.
pub fn expand(list: &str) -> Result<BTreeSet<String>, HostListError> {
    if list.len() > LONGEST_LIST {
        return Err(unfit(list));
    }
    let mut names = BTreeSet::new();
    for part in split(list) {
        for name in expand_part(part)? {
            let fits = (1..=LONGEST_NAME).contains(&name.len())
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
            if !fits || names.len() >= MOST_NAMES {
                return Err(unfit(part));
            }
            names.insert(name);
        }
    }
    Ok(names)
}

/// The first name of a list, in Slurm's own order: where a batch script runs.
///
/// # Errors
/// [`HostListError`]: what Slurm does not write.
pub fn first_name(list: &str) -> Result<String, HostListError> {
    let first = split(list).next().unwrap_or_default();
    let first = expand_part(first)?.into_iter().next();
    first.filter(|name| !name.is_empty()).ok_or_else(|| unfit(list))
}

/// The parts between commas that stand outside of brackets.
fn split(list: &str) -> impl Iterator<Item = &str> {
    let mut is_inside = false;
    list.split(move |letter| {
        match letter {
            '[' => is_inside = true,
            ']' => is_inside = false,
            _ => {}
        }
        letter == ',' && !is_inside
    })
}

/// A part with any number of brackets.
fn expand_part(part: &str) -> Result<Vec<String>, HostListError> {
    let mut names = vec![String::new()];
    let mut rest = part;
    while let Some((before, after)) = rest.split_once('[') {
        let (ranges, after) = after.split_once(']').ok_or_else(|| unfit(part))?;
        let numbers = expand_ranges(ranges).ok_or_else(|| unfit(part))?;
        if names.len().saturating_mul(numbers.len()) > MOST_NAMES {
            return Err(unfit(part));
        }
        names = names
            .iter()
            .flat_map(|name| numbers.iter().map(move |number| format!("{name}{before}{number}")))
            .collect();
        rest = after;
    }
    for name in &mut names {
        name.push_str(rest);
    }
    Ok(names)
}

/// `1-3,07`: each number as wide as the first of its range.
fn expand_ranges(ranges: &str) -> Option<Vec<String>> {
    let mut numbers = Vec::new();
    for range in ranges.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let width = first.len();
        let (first, last) = (number(first)?, number(last)?);
        if last < first || usize::try_from(last - first).ok()? >= MOST_NAMES - numbers.len() {
            return None;
        }
        numbers.extend((first..=last).map(|number| format!("{number:0width$}")));
    }
    Some(numbers)
}

fn number(digits: &str) -> Option<u64> {
    let fits = (1..=18).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|_| fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(list: &str) -> Vec<String> {
        expand(list).expect(list).into_iter().collect()
    }

    #[test]
    fn lists_as_slurm_writes_them() {
        assert_eq!(names("n1"), ["n1"]);
        assert_eq!(names("n[1-3,7]"), ["n1", "n2", "n3", "n7"]);
        assert_eq!(names("gpu-[08-10],c1"), ["c1", "gpu-08", "gpu-09", "gpu-10"]);
        assert_eq!(names("r[1-2]n[1,3]"), ["r1n1", "r1n3", "r2n1", "r2n3"]);
        assert_eq!(names("a[1]-x"), ["a1-x"]);
        assert_eq!(expand("n[0-65535]").expect("all").len(), 65_536);
    }

    #[test]
    fn the_first_is_slurms_first() {
        for (list, first) in
            [("n1", "n1"), ("n[9-12,1]", "n9"), ("b[2-3],a1", "b2"), ("r[2,1]n[3-4]", "r2n3")]
        {
            assert_eq!(first_name(list).as_deref(), Ok(first), "{list}");
        }
        for list in ["", ",n1", "n[1", "n[]"] {
            assert!(first_name(list).is_err(), "{list}");
        }
    }

    #[test]
    fn what_slurm_does_not_write_is_refused() {
        for list in [
            "",
            ",",
            "n[1",
            "n]1",
            "n[]",
            "n[3-1]",
            "n[a]",
            "n[1-]",
            "n 1",
            "$(x)",
            "../n",
            "n[1-99999999]",
            "n[0-65535],m",
            "n[[1]]",
            "n[0-999][0-999]",
        ] {
            assert!(expand(list).is_err(), "{list}");
        }
        assert!(expand(&"n,".repeat(40_000)).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(list in ".{0,80}|[n0-9\\[\\],-]{0,60}") {
            let _ = expand(&list);
        }
    }
}
