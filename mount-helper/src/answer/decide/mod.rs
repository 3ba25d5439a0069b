//! Which answer serves now: a pure function of what is known, of who asks and of the time that is
//! left. A look-up and the simulation of a fleet both go by it.
//!
//! ```text
//! map → names of an id → shared cache file, cache (while fresh) → the API, at this node's slot
//!     → when the API cannot be reached: the youngest answer that is not too old → failure
//! ```

use super::{Caller, Fleet};
use std::time::Duration;

/// The time that the API call and the mount itself need after the slot.
pub const TIME_AFTER_SLOT: Duration = Duration::from_secs(10);

/// The longest time for the API where an older answer could serve.
const LONGEST_WITH_STALE: Duration = Duration::from_secs(30);

/// `[cache]`: how old an answer may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ages {
    /// An answer for tags of the shared cache file serves without a call up to this age.
    pub shared_fresh: Duration,
    /// An answer of the node's own cache serves a job's hooks without a call up to this age.
    pub job_fresh: Duration,
    /// When the API cannot be reached, an answer serves a job up to this age,
    pub job_stale: Duration,
    /// and anybody else up to this one.
    pub stale: Duration,
}

impl Default for Ages {
    fn default() -> Self {
        Self {
            shared_fresh: Duration::from_hours(1),
            job_fresh: Duration::from_mins(1),
            job_stale: Duration::from_mins(15),
            stale: Duration::from_hours(24),
        }
    }
}

impl Ages {
    /// How old an answer may be at most when the API cannot be reached.
    pub fn stale_max(&self, caller: Caller) -> Duration {
        if caller == Caller::Job { self.job_stale } else { self.stale }
    }
}

/// What is wanted of the file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Its names, to mount it.
    Device,
    /// Everything that the API says of it.
    Description,
}

/// The answers that are at hand, by their age. `None` where there is none that can be trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The map of the configuration has it.
    pub map: bool,
    /// The names of an id. They never change.
    pub id: Option<Duration>,
    /// The shared cache file's answer for tags.
    pub shared: Option<Duration>,
    /// The node's own last answer for tags.
    pub cache: Option<Duration>,
}

/// How it stands with the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// It was not asked yet; this node's slot comes in so much time.
    NotAsked {
        /// Zero where nothing is splayed.
        slot: Duration,
    },
    /// It could not be reached, or had no time for us.
    NotReached,
    /// It answered with a refusal or a failure, which no older answer mends.
    Refused,
}

/// Everything that the decision depends on.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// Who asks.
    pub caller: Caller,
    /// What for.
    pub wanted: Wanted,
    /// What is at hand.
    pub known: Known,
    /// How it stands with the API.
    pub api: Api,
    /// What is left of the caller's budget.
    pub left: Duration,
    /// The limits.
    pub ages: &'a Ages,
}

/// Where an answer that is at hand stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// In the map of the configuration.
    Map,
    /// In the node's cache of ids.
    Ids,
    /// In the shared cache file.
    Shared,
    /// In the node's cache of tags.
    Tags,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// This answer serves.
    Serve {
        /// Whose.
        holder: Holder,
        /// How old it is.
        age: Duration,
        /// Whether it serves only since the API could not be reached: worth a warning.
        is_stale: bool,
    },
    /// Ask the API.
    Ask {
        /// After this time; zero: now.
        after: Duration,
        /// Give it so much time then: not all that is left where an older answer is at hand, which
        /// still has to be mounted.
        within: Duration,
    },
    /// Nothing serves.
    Fail(Why),
}

/// Why nothing serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// This node's slot lies beyond the caller's budget, and no older answer is at hand.
    SlotBeyondBudget {
        /// When the slot comes.
        slot: Duration,
    },
    /// The API refused or failed.
    Refused,
    /// The API could not be reached, and nothing is at hand.
    NothingKnown,
    /// The API could not be reached, and what is at hand is too old.
    TooOld {
        /// How old the youngest is.
        age: Duration,
    },
}

impl Situation<'_> {
    /// What to do now.
    pub fn next(&self) -> Step {
        if self.known.map {
            return serve(Holder::Map, Duration::ZERO);
        }
        if let Some(age) = self.known.id.filter(|_| self.wanted == Wanted::Device) {
            return serve(Holder::Ids, age);
        }
        match self.api {
            Api::NotAsked { slot } => self.fresh().unwrap_or_else(|| self.ask(slot)),
            Api::NotReached => self.stale().unwrap_or_else(|| Step::Fail(self.nothing())),
            Api::Refused => Step::Fail(Why::Refused),
        }
    }

    /// An answer that serves without a call; none that an own one is younger than, since that one has seen what happened
    /// in between. Whoever wants news gets none.
    fn fresh(&self) -> Option<Step> {
        if self.caller.wants_news() {
            return None;
        }
        let is_last_word = |age: &Duration| self.known.cache.is_none_or(|own| *age <= own);
        let shared = self.known.shared.filter(|age| *age <= self.ages.shared_fresh);
        let shared = shared.filter(is_last_word);
        let own = self
            .known
            .cache
            .filter(|age| self.caller == Caller::Job && *age <= self.ages.job_fresh);
        shared
            .map(|age| serve(Holder::Shared, age))
            .or_else(|| own.map(|age| serve(Holder::Tags, age)))
    }

    fn ask(&self, slot: Duration) -> Step {
        let is_beyond = !slot.is_zero() && slot + TIME_AFTER_SLOT > self.left;
        let left = self.left.saturating_sub(slot);
        match self.stale() {
            Some(stale) if is_beyond => stale,
            Some(_) => Step::Ask { after: slot, within: (left / 2).min(LONGEST_WITH_STALE) },
            None if is_beyond => Step::Fail(Why::SlotBeyondBudget { slot }),
            None => Step::Ask { after: slot, within: left },
        }
    }

    /// The last answer, when the API cannot be reached.
    fn stale(&self) -> Option<Step> {
        let stale = |holder, age| Step::Serve { holder, age, is_stale: true };
        if let Some(age) = self.known.id {
            return Some(stale(Holder::Ids, age));
        }
        let (holder, age) = self.youngest()?;
        (age <= self.ages.stale_max(self.caller)).then(|| stale(holder, age))
    }

    fn youngest(&self) -> Option<(Holder, Duration)> {
        let shared = self.known.shared.map(|age| (Holder::Shared, age));
        let own = self.known.cache.map(|age| (Holder::Tags, age));
        [own, shared].into_iter().flatten().min_by_key(|(_, age)| *age)
    }

    fn nothing(&self) -> Why {
        self.youngest().map_or(Why::NothingKnown, |(_, age)| Why::TooOld { age })
    }
}

fn serve(holder: Holder, age: Duration) -> Step {
    Step::Serve { holder, age, is_stale: false }
}

/// When the node of that key asks: its slot where the caller is splayed, else now.
pub fn slot_of(fleet: &Fleet, caller: Caller, node_key: &str) -> Duration {
    if caller.is_splayed() { fleet.slot(node_key) } else { Duration::ZERO }
}

#[cfg(test)]
mod tests;
