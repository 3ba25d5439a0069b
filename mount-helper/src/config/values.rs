//! What all sources say together: one value a key, and where it came from.

use super::document;
use super::error::ConfigError;
use super::key::{Key, Step};
use super::mistake::Mistake;
use super::place::{Origin, Piece, Place};
use super::setting::{Reader, Setting};
use super::settings::SETTINGS;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// A value and where it came from.
#[derive(Clone, Debug)]
pub struct Given {
    /// The value.
    pub value: Value,
    /// Where it came from.
    pub origin: Origin,
    /// Its row in the table of settings.
    pub row: &'static Setting,
}

/// Every value that is given.
#[derive(Clone, Debug, Default)]
pub struct Values {
    given: BTreeMap<Key, Given>,
}

impl Values {
    /// Puts pieces together: a later one goes over an earlier one; entries of lists of tables are
    /// added; a table with a name of its own (a layout profile) replaces an earlier one whole.
    /// Parameters of one set have no order, so what two of them say is a mistake.
    pub fn of(pieces: &[Piece]) -> (Self, Vec<Mistake>) {
        let mut values = Self::default();
        let mut mistakes = Vec::new();
        for piece in pieces {
            mistakes.extend(values.add(piece));
        }
        (values, mistakes)
    }

    fn add(&mut self, piece: &Piece) -> Vec<Mistake> {
        let (leaves, mut mistakes) = document::read(piece);
        let before = std::mem::take(&mut self.given);
        let mut added = BTreeMap::new();
        for leaf in leaves {
            let origin = Origin { place: piece.place.clone(), line: leaf.line };
            let replaced = whole(&leaf.key, leaf.row);
            let twice = before.iter().find(|(key, given)| {
                replaced.is_above(key)
                    && given.origin.place.is_parameter()
                    && piece.place.is_parameter()
            });
            if let Some((_, given)) = twice {
                let because = format!("{} says it too", given.origin);
                mistakes.push(Mistake::new(origin, Some(leaf.key.to_string()), because));
                continue;
            }
            let key = leaf.key.clone().moved(entries(&before, leaf.row, &leaf.key));
            added.insert(key, Given { value: leaf.value, origin, row: leaf.row });
        }
        self.given = before;
        let replaced: Vec<_> = added.iter().map(|(key, given)| whole(key, given.row)).collect();
        self.given.retain(|key, _| !replaced.iter().any(|whole| whole.is_above(key)));
        self.given.extend(added);
        mistakes
    }

    /// Says a value on the command line.
    pub fn say(&mut self, key: &'static str, value: Value) {
        let Some(row) = SETTINGS.iter().find(|row| row.key == key) else { return };
        let names: Vec<_> = key.split('.').collect();
        let origin = Origin { place: Place::CommandLine, line: 0 };
        self.given.insert(Key::from(names.as_slice()), Given { value, origin, row });
    }

    /// Takes away what is given for a setting whose key has neither `*` nor `[]`.
    pub(super) fn forget(&mut self, key: &str) {
        let names: Vec<_> = key.split('.').collect();
        self.given.remove(&Key::from(names.as_slice()));
    }

    /// Every value, by its key.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Given)> {
        self.given.iter()
    }

    /// What is given for a setting whose key has neither `*` nor `[]`.
    pub fn get(&self, key: &str) -> Option<&Given> {
        let names: Vec<_> = key.split('.').collect();
        self.given.get(&Key::from(names.as_slice()))
    }

    /// A section, or a list of tables, in the shape of `T`; its default when nothing of it is given.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`], where a value fits its row and not `T`.
    pub fn section<T: DeserializeOwned + Default>(&self, name: &str) -> Result<T, ConfigError> {
        let key = Key::default().name(name);
        let mut whole = Value::Table(Table::new());
        for (below, given) in self.given.iter().filter(|(below, _)| key.is_above(below)) {
            put(&mut whole, below.steps(), given.value.clone());
        }
        let Some(section) = whole.as_table_mut().and_then(|table| table.remove(name)) else {
            return Ok(T::default());
        };
        section.try_into().map_err(|error: toml::de::Error| {
            let because = if self.holds_secret(&key) { "it does not fit" } else { error.message() }
                .to_owned();
            let first = Box::new(self.mistake(&key, because));
            ConfigError::Invalid { first, more: 0 }
        })
    }

    /// A mistake that is in no single line's grammar, at the value of that key or the first below.
    pub fn mistake(&self, key: &Key, because: impl Into<String>) -> Mistake {
        let place = self.given.iter().find(|(given, _)| key.is_above(given));
        let nowhere = || Origin { place: Place::File(super::files::FOLDER.into()), line: 0 };
        let origin = place.map_or_else(nowhere, |(_, given)| given.origin.clone());
        let because =
            if origin.place.is_secret() { "its value does not fit".into() } else { because.into() };
        Mistake::new(origin, Some(key.to_string()), because)
    }

    fn holds_secret(&self, key: &Key) -> bool {
        self.given
            .iter()
            .any(|(below, given)| key.is_above(below) && given.origin.place.is_secret())
    }
}

/// Whether a mistake is in what somebody who only reads as `reader` needs: the mount helper does not
/// fail for a mistyped setting of the metrics service.
pub fn concerns(mistake: &Mistake, reader: Reader) -> bool {
    let Some(key) = mistake.key.as_deref().filter(|_| reader == Reader::Helper) else {
        return true;
    };
    let top = key.split(['.', '[']).next().unwrap_or_default();
    let mut rows = SETTINGS.iter().filter(|row| row.steps().first() == Some(&top)).peekable();
    rows.peek().is_none() || rows.any(|row| row.read_by == Reader::Helper)
}

/// What a new value of that key replaces: itself, or the whole table that has a name of its own.
fn whole(key: &Key, row: &Setting) -> Key {
    match row.steps().iter().position(|step| *step == "*") {
        Some(place) => key.first(place + 1),
        None => key.clone(),
    }
}

/// How many entries the list of tables that the key goes through has so far.
fn entries(given: &BTreeMap<Key, Given>, row: &Setting, key: &Key) -> usize {
    let Some(place) = row.steps().iter().position(|step| *step == "[]") else { return 0 };
    // A list below a name of its own goes with that table, which is replaced whole.
    if row.steps().iter().take(place).any(|step| *step == "*") {
        return 0;
    }
    let list = key.first(place);
    let count = |key: &Key| match key.steps().get(place) {
        Some(Step::Entry(index)) => index + 1,
        _ => 0,
    };
    given.keys().filter(|key| list.is_above(key)).map(count).max().unwrap_or_default()
}

fn put(node: &mut Value, steps: &[Step], value: Value) {
    let Some((first, rest)) = steps.split_first() else {
        *node = value;
        return;
    };
    let empty = match rest.first() {
        Some(Step::Entry(_)) => Value::Array(Vec::new()),
        _ => Value::Table(Table::new()),
    };
    match (first, node) {
        (Step::Name(name), Value::Table(table)) => {
            put(table.entry(name.clone()).or_insert(empty), rest, value);
        }
        (Step::Entry(index), Value::Array(list)) => {
            while list.len() <= *index {
                list.push(Value::Table(Table::new()));
            }
            if let Some(entry) = list.get_mut(*index) {
                put(entry, rest, value);
            }
        }
        _ => {}
    }
}
