//! Which of all file systems carries the tags; pure.

mod error;
#[cfg(test)]
mod tests;
mod words;

pub use error::SelectError;

use super::{Counts, Reach, Steps};
use fsxlustre_mount::file_system::FileSystem;
use fsxlustre_mount::options::Prefer;
use fsxlustre_mount::source::Tag;
use words::{distinguishing, few, label, missing, named, nearness};

/// What is wanted of all file systems.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    /// All of these must be carried.
    pub tags: &'a [Tag],
    /// Where was looked.
    pub region: &'a str,
    /// What decides between several.
    pub prefer: Prefer,
    /// Whose file systems count.
    pub reach: Reach<'a>,
}

impl Selection<'_> {
    /// The one file system that carries all the tags.
    ///
    /// Only those that this node reaches count. One that is CREATING never makes a usable one
    /// ambiguous; DELETING and FAILED ones are named and not chosen.
    ///
    /// # Errors
    /// [`SelectError`].
    pub fn choose(&self, all: Vec<FileSystem>, steps: &Steps) -> Result<FileSystem, SelectError> {
        if let Some(refusal) = self.reach.refusal(self.wanted()) {
            return Err(refusal);
        }
        let looked_at = all.len();
        let carries = |one: &FileSystem| self.tags.iter().all(|tag| one.tags.contains(tag));
        let (matching, others): (Vec<_>, Vec<_>) = all.into_iter().partition(carries);
        let near = self.near_misses(&others);
        steps.add_each("not chosen", near.iter().cloned());
        if matching.is_empty() {
            return Err(SelectError::None { wanted: self.wanted(), looked_at, near });
        }
        let (own, elsewhere): (Vec<_>, Vec<_>) = matching
            .into_iter()
            .map(|one| (self.reach.counts(&one), one))
            .partition(|(counts, _)| !matches!(counts, Counts::No(_)));
        let elsewhere = few(elsewhere.iter().map(|(counts, one)| match counts {
            Counts::No(why) => format!("{} {why}", named(one)),
            Counts::Yes | Counts::Unknown => named(one),
        }));
        steps.add_each("not chosen", elsewhere.iter().cloned());
        if own.is_empty() {
            return Err(SelectError::Elsewhere { wanted: self.wanted(), found: elsewhere });
        }
        self.of_lifecycle(own.into_iter().map(|(_, one)| one).collect(), steps)
    }

    /// Of those that carry the tags and count, the one that is usable, else the one that is being
    /// made.
    fn of_lifecycle(
        &self,
        matching: Vec<FileSystem>,
        steps: &Steps,
    ) -> Result<FileSystem, SelectError> {
        let (usable, rest): (Vec<_>, Vec<_>) =
            matching.into_iter().partition(FileSystem::is_usable);
        let (creating, gone): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|candidate| candidate.lifecycle == "CREATING");
        steps.add_each("not chosen", gone.iter().map(label));
        let candidates = if usable.is_empty() {
            creating
        } else {
            steps.add_each("not chosen", creating.iter().map(label));
            usable
        };
        let mut kept = candidates.clone();
        let undecided = match self.prefer {
            Prefer::None => None,
            Prefer::Newest => keep_newest(&mut kept),
            Prefer::SameSubnet => self.keep_same_subnet(&mut kept),
        };
        match <[FileSystem; 1]>::try_from(kept) {
            Ok([one]) => {
                let others = candidates.iter().filter(|other| other.id != one.id);
                steps.add_each("not chosen", others.map(|other| self.passed_over(other)));
                steps.add("chosen", label(&one));
                Ok(self.warned(one))
            }
            Err(none) if none.is_empty() => Err(SelectError::Unusable {
                wanted: self.wanted(),
                found: few(gone.iter().map(label)),
            }),
            Err(_) => Err(SelectError::Several {
                wanted: self.wanted(),
                found: few(candidates.iter().map(label)),
                hint: distinguishing(&candidates),
                undecided,
            }),
        }
    }

    fn passed_over(&self, other: &FileSystem) -> String {
        let word = self.prefer.word().unwrap_or("none");
        format!("{}, by prefer={word}", label(other))
    }

    /// Tells of a choice that could not be limited to this node's own.
    fn warned(&self, mut chosen: FileSystem) -> FileSystem {
        if self.reach.counts(&chosen) == Counts::Unknown
            && let Some(why) = self.reach.blind()
        {
            chosen.warnings.push(format!(
                "{why}; file systems of every VPC and account counted, and {} was chosen \
                 (`[resolve] require_vpc = true` refuses this)",
                chosen.id
            ));
        }
        chosen
    }

    /// Those that carry some of the tags, the nearest first.
    fn near_misses(&self, others: &[FileSystem]) -> Vec<String> {
        let mut near: Vec<_> =
            others.iter().filter_map(|one| Some((nearness(one, self.tags)?, one))).collect();
        near.sort_by_key(|(carried, _)| std::cmp::Reverse(*carried));
        few(near.into_iter().map(|(_, one)| {
            let elsewhere = match self.reach.counts(one) {
                Counts::No(why) => format!(" ({why})"),
                Counts::Yes | Counts::Unknown => String::new(),
            };
            format!("{} {}{elsewhere}", named(one), missing(one, self.tags))
        }))
    }

    fn wanted(&self) -> String {
        let tags: Vec<_> = self.tags.iter().map(ToString::to_string).collect();
        format!("the FSx for Lustre file system with {} in {}", tags.join(", "), self.region)
    }

    /// Keeps those in this node's subnet. Why that did not decide, where it did not.
    fn keep_same_subnet(&self, candidates: &mut Vec<FileSystem>) -> Option<String> {
        if candidates.len() < 2 {
            return None;
        }
        let Some(subnet) = &self.reach.node.subnet else {
            let why = self.reach.node.unknown.as_deref().unwrap_or("the instance does not say");
            return Some(format!("this node's subnet is not known: {why}"));
        };
        let (same, others): (Vec<_>, Vec<_>) =
            candidates.drain(..).partition(|one| one.subnet_ids.contains(subnet));
        let undecided = match same.len() {
            0 => Some(format!("none of them is in this node's subnet {subnet}")),
            1 => None,
            count => Some(format!("{count} of them are in this node's subnet {subnet}")),
        };
        candidates.extend(same);
        if candidates.is_empty() {
            candidates.extend(others);
        }
        undecided
    }
}

/// Keeps the one that was created last, if that can be told of all of them.
fn keep_newest(candidates: &mut Vec<FileSystem>) -> Option<String> {
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.created_unix_seconds));
    let [first, second, ..] = candidates.as_slice() else { return None };
    let is_told = candidates.iter().all(|candidate| candidate.created_unix_seconds.is_some());
    if is_told && first.created_unix_seconds > second.created_unix_seconds {
        candidates.truncate(1);
        return None;
    }
    Some("which is the newest cannot be told by their times".into())
}
