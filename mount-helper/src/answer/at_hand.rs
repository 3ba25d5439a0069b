//! The answers that are at hand on this node, before anybody is asked.

use super::{AnswerSettings, Holder, Known, MapEntry, MapError, Names, SharedAnswer, read_shared};
use crate::file_system::{AnswerOrigin, AnswerSource};
use crate::host::{Bounds, Host};
use crate::id_cache::{self, age_of};
use crate::resolve::Question;
use crate::source::{Device, Source};
use std::time::Duration;

/// An answer that was not asked for just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The id.
    pub id: String,
    /// The Lustre device of the whole file system.
    pub device: Device,
    /// Its AWS Region, where that is known.
    pub region: Option<String>,
    /// Where it was, and how old it is.
    pub origin: AnswerOrigin,
}

/// What is known of a question without asking.
#[derive(Clone, Debug, Default)]
pub struct AtHand {
    map: Option<MapEntry>,
    id: Option<(Names, Duration)>,
    shared: Option<(Names, Duration)>,
    cache: Option<(Names, Duration)>,
    /// What an administrator should know: why the shared cache file was passed over.
    pub warnings: Vec<String>,
}

impl AtHand {
    /// Looks into the map, the shared cache file and the node's cache.
    ///
    /// # Errors
    /// [`MapError`].
    pub fn gather(
        host: &Host,
        settings: &AnswerSettings,
        question: &Question<'_>,
        bounds: &Bounds<'_>,
    ) -> Result<Self, MapError> {
        let map = MapEntry::find(&settings.map, question.source, question.region)?.cloned();
        if map.is_some() {
            return Ok(Self { map, ..Self::default() });
        }
        let key = question.key();
        let mut at_hand = Self::default();
        at_hand.add_own(host, question.source, &key);
        if at_hand.id.is_none() {
            at_hand.add_shared(settings, question.source, &key, bounds);
        }
        Ok(at_hand)
    }

    fn add_own(&mut self, host: &Host, source: &Source, key: &str) {
        match source {
            Source::Id { id, .. } => {
                let answer = id_cache::id_answer(host, id);
                // Names are good at any age, also at one that nobody knows.
                self.id = answer.map(|answer| {
                    (answer.names, age_of(answer.written_unix_seconds).unwrap_or_default())
                });
            }
            Source::Tags(_) => {
                self.cache = id_cache::tag_answer(host, key)
                    .and_then(|answer| Some((answer.names, age_of(answer.asked_unix_seconds)?)));
            }
            Source::Device(_) => {}
        }
    }

    fn add_shared(
        &mut self,
        settings: &AnswerSettings,
        source: &Source,
        key: &str,
        bounds: &Bounds<'_>,
    ) {
        let Some(path) = &settings.shared else { return };
        // Which file system is of this node's subnet no other node can tell.
        if key.ends_with("prefer=same-subnet") {
            return;
        }
        let file = match read_shared(path, bounds) {
            Ok(file) => file,
            Err(because) => {
                self.warnings.push(format!("the shared cache file is passed over: {because}"));
                return;
            }
        };
        let aged = |answer: &SharedAnswer| {
            Some((answer.names.clone(), age_of(answer.asked_unix_seconds)?))
        };
        match source {
            Source::Id { id, .. } => self.id = file.find_id(id).and_then(aged),
            Source::Tags(_) => self.shared = file.find(key).and_then(aged),
            Source::Device(_) => {}
        }
    }

    /// How old what is at hand is.
    pub fn known(&self) -> Known {
        let age = |answer: &Option<(Names, Duration)>| answer.as_ref().map(|(_, age)| *age);
        Known {
            map: self.map.is_some(),
            id: age(&self.id),
            shared: age(&self.shared),
            cache: age(&self.cache),
        }
    }

    /// The answer of a holder.
    pub fn kept(&self, holder: Holder, is_stale: bool) -> Option<Kept> {
        let (answer, from) = match holder {
            Holder::Map => return self.mapped(),
            Holder::Ids => (&self.id, AnswerSource::Cache),
            Holder::Shared => (&self.shared, AnswerSource::SharedCache),
            Holder::Tags => (&self.cache, AnswerSource::Cache),
        };
        let (names, age) = answer.as_ref()?;
        let from = if is_stale { AnswerSource::StaleCache } else { from };
        Some(Kept {
            id: names.id.clone(),
            device: names.device(None)?,
            region: names.region.clone(),
            origin: AnswerOrigin { from, age_seconds: age.as_secs() },
        })
    }

    fn mapped(&self) -> Option<Kept> {
        let entry = self.map.as_ref()?;
        Some(Kept {
            id: entry.id.clone(),
            device: entry.device(None)?,
            region: entry.region.clone(),
            origin: AnswerOrigin { from: AnswerSource::Map, age_seconds: 0 },
        })
    }
}
