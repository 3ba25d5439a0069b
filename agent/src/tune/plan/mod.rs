//! What is to be set on a client: what a profile wants, what the files say and what we have set, compared.
//! Pure.

use super::data::TuningData;
use super::files::{ClientValues, Place};
use super::kept::{Entry, Kept};
use super::order::{Change, ordered};
use super::wanted::Wishes;
use serde::Serialize;
use std::collections::BTreeMap;

/// How a setting of a device stands to what is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Stand {
    /// It is as wanted.
    Holds,
    /// It is to be set.
    Differs {
        /// To this.
        to: u64,
    },
    /// Somebody has changed it since we set it: it is left alone.
    Drifted {
        /// What we had set.
        set: u64,
    },
    /// It cannot be set.
    Impossible {
        /// Why.
        because: String,
    },
}

/// A setting of one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Which one.
    #[serde(flatten)]
    pub place: Place,
    /// What it is now; `None` where that cannot be read.
    pub now: Option<u64>,
    /// Whether what it is now moves by itself.
    pub is_free: bool,
    /// How that stands to what is wanted.
    pub stand: Stand,
    /// Why another value than the profile's is written, where one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What is to be done on a client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ClientPlan {
    /// Every setting that is wanted, or is put back, by device.
    pub rows: Vec<Row>,
    /// Settings that are wanted and that this client does not have.
    pub unknown: Vec<String>,
}

/// What a setting of a device is to be.
struct Target {
    value: u64,
    at_least: bool,
    note: Option<String>,
}

impl Target {
    fn is_met_by(&self, found: u64) -> bool {
        found == self.value || self.at_least && found > self.value
    }

    /// No higher than this.
    fn lower_to(&mut self, most: u64, note: String) {
        if self.value > most {
            self.value = most;
            self.note = Some(note);
        }
    }
}

type Targets = BTreeMap<Place, Target>;

impl ClientPlan {
    /// Compares. With `replace` also what somebody else has set since is to be set anew.
    pub fn of(
        data: &TuningData,
        wishes: &Wishes,
        values: &ClientValues,
        kept: &Kept,
        replace: bool,
    ) -> Self {
        let mut targets = wanted(data, wishes, values);
        put_back(data, wishes, values, kept, &mut targets);
        let unset = keep_bounds(data, values, &mut targets);
        let row =
            |(place, target): (&Place, &Target)| row(data, values, kept, place, target, replace);
        let mut rows: Vec<Row> = targets.iter().map(row).collect();
        rows.extend(unset);
        let has = |key: &str| values.devices(key).next().is_some();
        let unknown = wishes
            .wanted
            .iter()
            .filter(|one| one.how == super::data::How::SetParam && !has(&one.key))
            .map(|one| one.key.clone())
            .collect();
        for wanted in wishes.wanted.iter().filter(|one| one.value.is_none()) {
            let because = "how many processors this node has is not known".to_owned();
            rows.extend(values.devices(&wanted.key).map(|place| Row {
                place: place.clone(),
                now: values.value(place),
                is_free: values.moves(place),
                stand: Stand::Impossible { because: because.clone() },
                note: None,
            }));
        }
        Self { rows, unknown }
    }

    /// What is to be written, in order.
    pub fn changes(&self, data: &TuningData) -> Vec<Change> {
        let change = |row: &Row| match row.stand {
            Stand::Differs { to } => Some(Change { place: row.place.clone(), from: row.now?, to }),
            _ => None,
        };
        ordered(data, self.rows.iter().filter_map(change).collect())
    }

    /// Whether there is something to write.
    pub fn differs(&self) -> bool {
        self.rows.iter().any(|row| matches!(row.stand, Stand::Differs { .. }))
    }

    /// Whether somebody changed what we had set.
    pub fn has_drifted(&self) -> bool {
        self.rows.iter().any(|row| matches!(row.stand, Stand::Drifted { .. }))
    }

    /// What cannot be set, in words.
    pub fn impossible(&self) -> Vec<String> {
        let told = |row: &Row| match &row.stand {
            Stand::Impossible { because } => {
                Some(format!("{} of {}: {because}", row.place.key, row.place.device))
            }
            _ => None,
        };
        self.rows.iter().filter_map(told).collect()
    }
}

/// What the profile wants, within what each server allows.
fn wanted(data: &TuningData, wishes: &Wishes, values: &ClientValues) -> Targets {
    let mut targets = Targets::new();
    for wanted in &wishes.wanted {
        let Some(value) = wanted.value else { continue };
        for place in values.devices(&wanted.key) {
            let mut target = Target { value, at_least: wanted.at_least, note: None };
            let field = data.setting(&wanted.key).and_then(|setting| setting.server_limit.as_ref());
            if let Some(limit) = field.and_then(|field| values.limit(&place.device, field)) {
                target.lower_to(limit, format!("its server allows {limit}"));
            }
            targets.insert(place.clone(), target);
        }
    }
    targets
}

/// What an earlier profile had set and this one does not speak of goes back.
fn put_back(
    data: &TuningData,
    wishes: &Wishes,
    values: &ClientValues,
    kept: &Kept,
    targets: &mut Targets,
) {
    for entry in kept.entries.iter().filter(|entry| entry.is_set) {
        let key = &entry.place.key;
        let raiser = data.settings.iter().find(|one| one.raises.as_ref() == Some(key));
        let stays = entry.is_raised
            && (raiser.is_some_and(|raiser| wishes.speaks_of(&raiser.key))
                || values.value(&entry.place) != Some(entry.set));
        if !wishes.speaks_of(key) && !stays {
            let note = Some(format!("as it was before: {} does not speak of it", wishes.profile));
            let target = Target { value: entry.before, at_least: false, note };
            targets.insert(entry.place.clone(), target);
        }
    }
}

/// Keeps limits between settings of a device: a lower one is lowered as far as its upper one asks for,
/// also one that nobody spoke of. What is told are those that cannot be.
fn keep_bounds(data: &TuningData, values: &ClientValues, targets: &mut Targets) -> Vec<Row> {
    let mut impossible = Vec::new();
    for setting in &data.settings {
        let Some((upper, is_strict)) = setting.bound() else { continue };
        for place in values.devices(&setting.key) {
            let above = Place { key: upper.to_owned(), device: place.device.clone() };
            let Some(now_above) = values.value(&above) else { continue };
            let end = targets.get(&above).map_or(now_above, |target| {
                if target.is_met_by(now_above) { now_above } else { target.value }
            });
            let most = if is_strict { end.saturating_sub(1) } else { end };
            let word = if is_strict { "below" } else { "not above" };
            let note = format!("it must be {word} {upper}, which is {end}");
            if most < setting.range[0] {
                targets.remove(place);
                impossible.push(Row {
                    place: place.clone(),
                    now: values.value(place),
                    is_free: false,
                    stand: Stand::Impossible { because: note },
                    note: None,
                });
                continue;
            }
            match targets.get_mut(place) {
                Some(target) => target.lower_to(most, note),
                None if values.value(place).is_some_and(|now| now > most) => {
                    let target = Target { value: most, at_least: false, note: Some(note) };
                    targets.insert(place.clone(), target);
                }
                None => {}
            }
        }
    }
    impossible
}

fn row(
    data: &TuningData,
    values: &ClientValues,
    kept: &Kept,
    place: &Place,
    target: &Target,
    replace: bool,
) -> Row {
    let entry = kept.entry(place).filter(|entry| entry.is_set && !entry.is_raised);
    let found = values.values.get(place).map(|(_, value)| value);
    let stand = match found {
        None => Stand::Impossible { because: "its file is gone".into() },
        Some(Err(because)) => Stand::Impossible { because: because.clone() },
        Some(Ok(now)) => {
            let stand = stand(*now, entry, target, is_free(data, values, kept, place), replace);
            within(data, place, stand)
        }
    };
    Row {
        place: place.clone(),
        now: values.value(place),
        is_free: is_free(data, values, kept, place),
        stand,
        note: target.note.clone(),
    }
}

fn stand(now: u64, entry: Option<&Entry>, target: &Target, is_free: bool, replace: bool) -> Stand {
    let is_met = target.is_met_by(now) && !is_free;
    match entry {
        _ if is_met => Stand::Holds,
        Some(entry) if entry.set != now && !replace => Stand::Drifted { set: entry.set },
        // Put back is what moves by itself, where that was there before.
        _ => Stand::Differs { to: target.value },
    }
}

/// A server may allow less than the client ever takes.
fn within(data: &TuningData, place: &Place, stand: Stand) -> Stand {
    let setting = data.setting(&place.key);
    let least = setting.map_or(0, |one| one.while_free.unwrap_or(one.range[0]).min(one.range[0]));
    match stand {
        Stand::Differs { to } if to < least => {
            Stand::Impossible { because: format!("{to} is less than the client takes") }
        }
        other => other,
    }
}

/// Whether it shows what moves by itself: until somebody sets it.
pub(super) fn is_free(
    data: &TuningData,
    values: &ClientValues,
    kept: &Kept,
    place: &Place,
) -> bool {
    let can_be = data.setting(&place.key).is_some_and(|setting| setting.while_free.is_some());
    let is_ours = kept
        .entry(place)
        .is_some_and(|entry| Some(entry.set) == values.value(place) && entry.set != 0);
    can_be && values.moves(place) && !is_ours
}

/// What is kept of a value that is about to be set: what brings it back.
pub(super) fn before(
    data: &TuningData,
    values: &ClientValues,
    kept: &Kept,
    place: &Place,
    now: u64,
) -> u64 {
    let free = data.setting(&place.key).and_then(|setting| setting.while_free);
    free.filter(|_| is_free(data, values, kept, place)).unwrap_or(now)
}

#[cfg(test)]
mod tests;
