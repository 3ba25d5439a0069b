//! What each cause leads to on this node.

use super::{CAUSES, Cause, Verdict};
use std::collections::BTreeSet;

/// What each cause leads to on this node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    refuse: BTreeSet<Cause>,
    drain: BTreeSet<Cause>,
}

impl Policy {
    /// The policy that refuses and drains for these causes; one of both drains.
    pub fn new(
        refuse: impl IntoIterator<Item = Cause>,
        drain: impl IntoIterator<Item = Cause>,
    ) -> Self {
        Self { refuse: refuse.into_iter().collect(), drain: drain.into_iter().collect() }
    }

    /// The causes that a word of `[jobs] refuse` or `[jobs] drain` names; `all` names each.
    ///
    /// # Errors
    /// The words that there are.
    pub fn causes_of(word: &str) -> Result<Vec<Cause>, String> {
        let named = CAUSES.iter().filter(|row| row.word == word || word == "all");
        let causes: Vec<_> = named.map(|row| row.cause).collect();
        if causes.is_empty() {
            let known: Vec<_> = CAUSES.iter().map(|row| row.word).collect();
            return Err(format!("it takes causes: {}", known.join(", ")));
        }
        Ok(causes)
    }

    /// What a cause leads to.
    pub fn verdict(&self, cause: Cause) -> Verdict {
        if self.drain.contains(&cause) && cause != Cause::Job {
            Verdict::Drain
        } else if self.refuse.contains(&cause) {
            Verdict::Refuse
        } else {
            Verdict::Admit
        }
    }
}
