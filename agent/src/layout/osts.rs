//! Whether the OSTs and the pool that stripes name are there, and are enough.

use super::model::Stripes;
use super::problem::LayoutProblem;
use super::shape::FileSystemShape;
use std::collections::BTreeSet;

/// The longest name of a pool (`LOV_MAXPOOLNAME`).
const LONGEST_POOL: usize = 15;

/// What is wrong with the OSTs of one component.
pub(super) fn problems(stripes: &Stripes, shape: &FileSystemShape) -> Vec<LayoutProblem> {
    let mut problems = Vec::new();
    let pool = match stripes.pool.as_deref().map(|pool| members(pool, shape)) {
        Some(Err(problem)) => return vec![problem],
        Some(Ok(members)) => members,
        None => None,
    };
    let listed: Vec<u32> = stripes.ost_indices().collect();
    problems.extend(list_problem(stripes, &listed));
    let first = stripes.first_ost.filter(|_| listed.is_empty());
    for ost in listed.iter().copied().chain(first) {
        problems.extend(index_problem(ost, stripes, pool, shape));
    }
    if problems.is_empty() {
        problems.extend(count_problem(stripes, pool, shape));
    }
    problems
}

/// The OSTs of a pool, where pools are known.
fn members<'a>(pool: &str, shape: &'a FileSystemShape) -> Result<Option<&'a [u32]>, LayoutProblem> {
    let name = match (pool.split_once('.'), &shape.name) {
        (Some((of, _)), Some(own)) if of != own => {
            return Err(LayoutProblem::new(
                format!("the pool {pool} is of the file system {of}, and this one is {own}"),
                "name a pool of this file system, without a dot: `lfs pool_list PATH` lists them",
            ));
        }
        (Some((_, name)), _) => name,
        (None, _) => pool,
    };
    let is_name = (1..=LONGEST_POOL).contains(&name.len())
        && !name.starts_with('-')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    if !is_name {
        return Err(LayoutProblem::new(
            format!("'{}' cannot be a pool", fsxlustre_mount::failure::one_line(pool)),
            "pool is 1 to 15 letters, digits, '_' or '-'",
        ));
    }
    let Some(pools) = &shape.pools else { return Ok(None) };
    if let Some(members) = pools.get(name) {
        return Ok(Some(members));
    }
    let known: Vec<&str> = pools.keys().map(String::as_str).collect();
    let fix = if known.is_empty() {
        "leave out the pool: this file system has none".to_owned()
    } else {
        format!("name one of its pools: {}", known.join(", "))
    };
    Err(LayoutProblem::new(
        format!("this file system has no pool {name}; Lustre would take any OST, silently"),
        fix,
    ))
}

fn list_problem(stripes: &Stripes, listed: &[u32]) -> Option<LayoutProblem> {
    let mut seen = BTreeSet::new();
    let twice = listed.iter().find(|ost| !seen.insert(**ost));
    if let Some(twice) = twice.filter(|_| !stripes.pattern.is_overstriped()) {
        return Some(LayoutProblem::new(
            format!("OST {twice} stands twice in the list"),
            "name each OST once, or say overstripe (-C)",
        ));
    }
    let length = i32::try_from(listed.len()).unwrap_or(i32::MAX);
    let differs = length > 0 && stripes.count != 0 && stripes.count != length;
    differs.then(|| {
        LayoutProblem::new(
            format!("the stripe count is {}, and the list names {length} OSTs", stripes.count),
            "leave out the stripe count: the list says how many",
        )
    })
}

fn index_problem(
    ost: u32,
    stripes: &Stripes,
    pool: Option<&[u32]>,
    shape: &FileSystemShape,
) -> Option<LayoutProblem> {
    if let Some(osts) = shape.osts.as_ref().filter(|osts| !osts.contains(&ost)) {
        return Some(LayoutProblem::new(
            format!("this file system has no OST {ost}"),
            format!("name one of its OSTs: {}", ranges(osts)),
        ));
    }
    let members = pool.filter(|members| !members.contains(&ost))?;
    let name = stripes.pool.as_deref().unwrap_or_default();
    Some(LayoutProblem::new(
        format!("OST {ost} is not in the pool {name}"),
        format!("name an OST of the pool: {}; or leave out the pool", ranges(members)),
    ))
}

fn count_problem(
    stripes: &Stripes,
    pool: Option<&[u32]>,
    shape: &FileSystemShape,
) -> Option<LayoutProblem> {
    if stripes.pattern.is_overstriped() {
        return None;
    }
    let (osts, of) = match (pool, &stripes.pool) {
        (Some(members), Some(name)) => (members, format!("OSTs of the pool {name}")),
        _ => (shape.osts.as_deref()?, "OSTs of this file system".to_owned()),
    };
    let count = usize::try_from(stripes.count).ok()?;
    let have = osts.len();
    (count > have).then(|| {
        LayoutProblem::new(
            format!(
                "a stripe count of {count} is more than the {have} {of}; Lustre would give {have}, silently"
            ),
            format!("say {have}, or -1 for all OSTs, or overstripe (-C {count})"),
        )
    })
}

/// `0-3,7`.
pub(super) fn ranges(osts: &[u32]) -> String {
    let sorted: BTreeSet<u32> = osts.iter().copied().collect();
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for ost in sorted {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(ost) => *last = ost,
            _ => ranges.push((ost, ost)),
        }
    }
    let shown = ranges
        .into_iter()
        .map(|(from, to)| if from == to { from.to_string() } else { format!("{from}-{to}") });
    let shown: Vec<String> = shown.collect();
    if shown.is_empty() { "it has none".into() } else { shown.join(",") }
}

/// Reads `3,1,5-7`, in its order.
///
/// # Errors
/// Why it is no list of OSTs.
pub(super) fn parse_list(text: &str) -> Result<Vec<u32>, String> {
    let no_list = || {
        format!(
            "'{}' is no list of OSTs, such as 0,2,4-7",
            fsxlustre_mount::failure::one_line(text)
        )
    };
    let mut osts = Vec::new();
    for part in text.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let (from, to): (u32, u32) =
            (from.parse().map_err(|_| no_list())?, to.parse().map_err(|_| no_list())?);
        if from > to || to - from >= 2000 || osts.len() >= 2000 {
            return Err(no_list());
        }
        osts.extend(from..=to);
    }
    Ok(osts)
}
