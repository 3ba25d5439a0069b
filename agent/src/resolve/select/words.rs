//! How candidates are named in messages; pure.

use fsxlustre_mount::file_system::FileSystem;
use fsxlustre_mount::source::Tag;

/// How many file systems are named in a message.
const MOST_NAMED: usize = 5;

/// The first few lines, and how many more there are.
pub(super) fn few(lines: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut rest = lines.into_iter();
    let mut few: Vec<_> = rest.by_ref().take(MOST_NAMED).collect();
    match rest.count() {
        0 => {}
        more => few.push(format!("and {more} more")),
    }
    few
}

/// Id and name: `fs-1 'scratch'`.
pub(super) fn named(candidate: &FileSystem) -> String {
    let name = candidate.name().map(|name| format!(" '{name}'")).unwrap_or_default();
    format!("{}{name}", candidate.id)
}

/// With lifecycle and the API's reason: `fs-1 'scratch' is FAILED: no capacity`.
pub(super) fn label(candidate: &FileSystem) -> String {
    let why = candidate.failure.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
    format!("{} is {}{why}", named(candidate), candidate.lifecycle)
}

/// How many of the tags a file system carries; `None` when it has none of their keys either.
pub(super) fn nearness(candidate: &FileSystem, tags: &[Tag]) -> Option<usize> {
    let has_a_key = tags.iter().any(|tag| candidate.tags.iter().any(|other| other.key == tag.key));
    has_a_key.then(|| tags.iter().filter(|tag| candidate.tags.contains(tag)).count())
}

/// Which of the tags a file system lacks, and what it has instead.
pub(super) fn missing(candidate: &FileSystem, tags: &[Tag]) -> String {
    let value_of = |key: &str| candidate.tags.iter().find(|tag| tag.key == key);
    let differs = tags.iter().filter(|tag| !candidate.tags.contains(tag)).map(|tag| {
        value_of(&tag.key)
            .map_or_else(|| format!("no tag {}", tag.key), |other| format!("has {other}"))
    });
    differs.collect::<Vec<_>>().join(" and ")
}

/// A tag that one of them has and no other one: `, such as Stage=prod (fs-1)`.
pub(super) fn distinguishing(candidates: &[FileSystem]) -> String {
    let alone = |own: &FileSystem, tag: &Tag| {
        candidates.iter().all(|other| other.id == own.id || !other.tags.contains(tag))
    };
    candidates
        .iter()
        .find_map(|own| {
            let tag = own.tags.iter().find(|tag| alone(own, tag))?;
            Some(format!(", such as {tag} ({})", own.id))
        })
        .unwrap_or_default()
}
