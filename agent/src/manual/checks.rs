//! The table of checks as roff.

use super::roff::{tagged, text};
use crate::checks::{CHECKS, Group};

/// Every check with its question and what its answers mean, by group.
pub(super) fn all() -> String {
    Group::ALL.into_iter().map(group).collect()
}

fn group(group: Group) -> String {
    let lead = match group {
        Group::Local => "Of this node and the mounts it has:",
        Group::Network => "Of the way to the servers:",
        Group::Aws => "Of AWS:",
    };
    let of_it = CHECKS.iter().filter(|check| check.group == group);
    let rows: String = of_it
        .map(|check| {
            let required = if check.is_required { " Required." } else { "" };
            tagged(check.name, "", &format!("{}{required} {}", check.question, check.meaning))
        })
        .collect();
    format!(".SS {}\n{}\n{rows}", group.word(), text(lead))
}
