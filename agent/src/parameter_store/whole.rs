//! Is what was read one whole version? A pure question.

use super::push::{LARGEST_SET, is_version};
use super::{SetError, WholeSet};
use crate::aws::ssm::{StoredKind, StoredParameter};
use fsxlustre_mount::config::Parameter;

/// How much later than its naming a part of a version may seem to be put, since each is dated by
/// another machine: milliseconds.
const CLOCKS_DIFFER_MS: i64 = 5_000;

/// What `PATH/current` said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pointer {
    /// The version that it names.
    pub(super) version: String,
    /// Which version of the parameter itself it is.
    put: i64,
    put_unix_ms: Option<i64>,
}

/// What came of a reading.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// One version.
    Whole(WholeSet),
    /// Another one was named meanwhile.
    Moved,
}

impl Pointer {
    /// Finds it among the parameters directly below the path.
    pub(super) fn of(path: &str, found: &[StoredParameter]) -> Result<Self, SetError> {
        let name = format!("{path}/current");
        let pointer = found
            .iter()
            .find(|parameter| parameter.name == name)
            .ok_or_else(|| SetError::NoPointer { name: name.clone() })?;
        let version = pointer.value.trim();
        if pointer.kind != StoredKind::Text || !is_version(version) {
            return Err(SetError::Pointer { name });
        }
        let (put, put_unix_ms) = (pointer.version, pointer.put_unix_ms);
        Ok(Self { version: version.to_owned(), put, put_unix_ms })
    }
}

/// Puts together what was read between two looks at the pointer.
pub(super) fn judge(
    path: &str,
    before: &Pointer,
    parameters: Vec<StoredParameter>,
    after: &Pointer,
) -> Result<Reading, SetError> {
    if before != after {
        return Ok(Reading::Moved);
    }
    let folder = format!("{path}/{}", before.version);
    if parameters.is_empty() {
        return Err(SetError::Empty { folder });
    }
    if parameters.iter().map(|parameter| parameter.value.len()).sum::<usize>() > LARGEST_SET {
        return Err(SetError::TooLarge { folder });
    }
    let later = |parameter: &&StoredParameter| match (parameter.put_unix_ms, before.put_unix_ms) {
        (Some(part), Some(named)) => part > named.saturating_add(CLOCKS_DIFFER_MS),
        _ => false,
    };
    if let Some(changed) = parameters.iter().find(later) {
        let name = changed.name.clone();
        return Err(SetError::Changed { name, version: before.version.clone(), path: path.into() });
    }
    if let Some(other) = parameters.iter().find(|parameter| parameter.kind == StoredKind::Other) {
        return Err(SetError::Kind { name: other.name.clone() });
    }
    let part = |parameter: StoredParameter| Parameter {
        name: parameter.name,
        version: parameter.version,
        is_secret: parameter.kind == StoredKind::Secret,
        text: parameter.value,
    };
    Ok(Reading::Whole(WholeSet {
        version: before.version.clone(),
        parameters: parameters.into_iter().map(part).collect(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use fsxlustre_mount::failure::Explain as _;

    fn stored(name: &str, value: &str, put_unix_ms: i64) -> StoredParameter {
        StoredParameter {
            name: name.into(),
            value: value.into(),
            kind: StoredKind::Text,
            version: 1,
            put_unix_ms: Some(put_unix_ms),
        }
    }

    fn pointer(value: &str) -> Result<Pointer, SetError> {
        let other = stored("/p/readme", "x", 0);
        Pointer::of("/p", &[other, stored("/p/current", value, 100_000)])
    }

    #[test]
    fn the_pointer_names_a_version_and_nothing_else() {
        assert_eq!(pointer(" 7\n").expect("a version").version, "7");
        for value in ["", "a/b", "../x", "current", "7 8"] {
            let error = pointer(value).expect_err(value);
            assert!(matches!(error, SetError::Pointer { .. }), "{value}: {error}");
        }
        let none = Pointer::of("/p", &[stored("/p/7", "x", 0)]).expect_err("none");
        assert!(none.asked().contains("/p/current"), "{}", none.asked());
    }

    #[test]
    fn only_a_version_that_stood_still_is_used() {
        let seven = pointer("7").expect("a version");
        let eight = pointer("8").expect("a version");
        let part = |put| vec![stored("/p/7/mount", "[mount]", put)];
        let judged = |parts, after: &Pointer| judge("/p", &seven, parts, after);
        assert!(matches!(judged(part(99_000), &seven), Ok(Reading::Whole(_))));
        assert!(matches!(judged(part(99_000), &eight), Ok(Reading::Moved)));
        let named_again = Pointer { put: 2, ..seven.clone() };
        assert!(matches!(judged(part(99_000), &named_again), Ok(Reading::Moved)));
        assert!(matches!(judged(Vec::new(), &seven), Err(SetError::Empty { .. })));
        // Somebody changed a part of the version in place.
        let changed = judged(part(200_000), &seven).expect_err("changed");
        assert!(changed.remedy().contains("put /p/current"), "{}", changed.remedy());
        let list = StoredParameter { kind: StoredKind::Other, ..stored("/p/7/a", "a,b", 0) };
        assert!(matches!(judged(vec![list], &seven), Err(SetError::Kind { .. })));
        let large = stored("/p/7/a", &"#".repeat(LARGEST_SET + 1), 0);
        assert!(matches!(judged(vec![large], &seven), Err(SetError::TooLarge { .. })));
    }
}
