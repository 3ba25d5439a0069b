//! One piece of configuration: every value with its key and line, and everything that is wrong with
//! it at once.

use super::key::Key;
use super::mistake::Mistake;
use super::place::{Origin, Piece};
use super::setting::{Default, ParameterStore, Setting};
use super::settings::SETTINGS;
use crate::failure::{Code, one_line};
use crate::nearest::nearest;
use std::ops::Range;
use toml::Value;
use toml::de::{DeTable, DeValue};

/// The longest name where a name is free, as that of a layout profile is.
const LONGEST_NAME: usize = 256;

/// One value that a piece gives.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) key: Key,
    pub(super) row: &'static Setting,
    pub(super) value: Value,
    pub(super) line: usize,
}

/// Reads a piece: what fits, and what does not.
pub(super) fn read(piece: &Piece) -> (Vec<Leaf>, Vec<Mistake>) {
    let (table, errors) = DeTable::parse_recoverable(&piece.text);
    let mut reading = Reading { piece, leaves: Vec::new(), mistakes: Vec::new() };
    for error in errors {
        let because = if piece.place.is_secret() {
            "it is not valid TOML".to_owned()
        } else {
            format!("it is not valid TOML: {}", one_line(error.message()))
        };
        reading.mistake(error.span().unwrap_or_default(), None, because);
    }
    // What stands around a syntax error may be read wrongly: only the error is sure.
    if reading.mistakes.is_empty() {
        let rows: Vec<_> = SETTINGS.iter().collect();
        reading.table(table.get_ref(), table.span(), &Key::default(), &Level { rows, depth: 0 });
    }
    reading.mistakes.sort_by_key(|mistake| mistake.origin.line);
    // One slip of the pen in a line can be several errors of its syntax.
    reading.mistakes.dedup_by_key(|mistake| (mistake.origin.line, mistake.key.clone()));
    (reading.leaves, reading.mistakes)
}

/// The rows that a key may still become, and how many of their steps are behind it.
struct Level {
    rows: Vec<&'static Setting>,
    depth: usize,
}

impl Level {
    fn step(&self, row: &Setting) -> Option<&'static str> {
        row.steps().get(self.depth).copied()
    }

    /// One step further, with those rows that have such a step.
    fn below(&self, is_step: impl Fn(&str) -> bool) -> Option<Self> {
        let fits = |row: &&'static Setting| self.step(row).is_some_and(&is_step);
        let rows: Vec<_> = self.rows.iter().copied().filter(fits).collect();
        (!rows.is_empty()).then_some(Self { rows, depth: self.depth + 1 })
    }

    /// The row whose every step is behind.
    fn row(&self) -> Option<&'static Setting> {
        self.rows.iter().copied().find(|row| row.steps().len() == self.depth)
    }
}

struct Reading<'a> {
    piece: &'a Piece,
    leaves: Vec<Leaf>,
    mistakes: Vec<Mistake>,
}

impl Reading<'_> {
    fn table(&mut self, table: &DeTable<'_>, span: Range<usize>, key: &Key, level: &Level) {
        for (name, value) in table {
            let (text, span) = (name.get_ref().as_ref(), name.span());
            let key = key.name(text);
            let is_name =
                !text.is_empty() && text.len() <= LONGEST_NAME && !text.contains(char::is_control);
            match level.below(|step| step == text || (step == "*" && is_name)) {
                Some(below) => self.value(value.get_ref(), value.span(), span, &key, &below),
                None => self.unknown(span, &key, text, level),
            }
        }
        let has = |name: &str| table.iter().any(|(key, _)| key.get_ref().as_ref() == name);
        for row in &level.rows {
            let is_here = row.default == Default::Required
                && row.steps().len() == level.depth + 1
                && level.step(row).is_some_and(|step| !has(step));
            if is_here {
                let name = level.step(row).unwrap_or_default();
                let because = format!("{name} is missing, {}", row.unfit());
                self.mistake(span.clone(), Some(key), because);
            }
        }
    }

    fn value(
        &mut self,
        value: &DeValue<'_>,
        span: Range<usize>,
        name_span: Range<usize>,
        key: &Key,
        level: &Level,
    ) {
        if let Some(row) = level.row() {
            return self.leaf(value, name_span, key, row);
        }
        let list = level.below(|step| step == "[]");
        match (list, value) {
            (None, DeValue::Table(table)) => self.table(table, span, key, level),
            (None, _) => self.mistake(name_span, Some(key), "it is a section, not a value".into()),
            (Some(below), DeValue::Array(entries)) => {
                for (index, entry) in entries.iter().enumerate() {
                    let key = key.entry(index);
                    match entry.get_ref() {
                        DeValue::Table(table) => self.table(table, entry.span(), &key, &below),
                        _ => self.mistake(entry.span(), Some(&key), "it is no table".into()),
                    }
                }
            }
            (Some(_), _) => {
                let because = format!("it is a list of tables, [[{key}]]");
                self.mistake(name_span, Some(key), because);
            }
        }
    }

    fn leaf(&mut self, value: &DeValue<'_>, span: Range<usize>, key: &Key, row: &'static Setting) {
        if let (true, ParameterStore::Never(why)) =
            (self.piece.place.is_parameter(), row.parameter_store)
        {
            let because = format!(
                "Parameter Store must not say it, since {why}; it is taken from root's files only"
            );
            self.mistake(span, Some(key), because);
            if let Some(mistake) = self.mistakes.last_mut() {
                mistake.code = Code::ConfigForbidden;
            }
            return;
        }
        let line = self.line(&span);
        let fits = plain(value)
            .ok_or_else(|| row.unfit())
            .and_then(|value| row.check(&value).map(|()| value));
        match fits {
            Ok(value) => self.leaves.push(Leaf { key: key.clone(), row, value, line }),
            Err(_) if self.piece.place.is_secret() => self.mistake(span, Some(key), row.unfit()),
            Err(because) => self.mistake(span, Some(key), because),
        }
    }

    fn unknown(&mut self, span: Range<usize>, key: &Key, name: &str, level: &Level) {
        let here = level.rows.iter().filter_map(|row| Some((level.step(row)?, *row)));
        let here: Vec<_> = here.filter(|(step, _)| *step != "*").collect();
        let near = nearest(name, here.iter().map(|(step, _)| *step)).and_then(|near| {
            let (_, row) = here.iter().find(|(step, _)| *step == near)?;
            Some(row.first(level.depth + 1))
        });
        let elsewhere = || {
            let last = |row: &Setting| row.steps().last().copied();
            let near = nearest(name, SETTINGS.iter().filter_map(last))?;
            SETTINGS.iter().find(|row| last(row) == Some(near)).map(|row| row.key.to_owned())
        };
        let near = near.or_else(elsewhere);
        self.mistake(span, Some(key), "there is no such setting".into());
        if let Some(mistake) = self.mistakes.last_mut() {
            mistake.nearest = near;
        }
    }

    fn mistake(&mut self, span: Range<usize>, key: Option<&Key>, because: String) {
        let origin = Origin { place: self.piece.place.clone(), line: self.line(&span) };
        let key = key.map(ToString::to_string).filter(|key| !key.is_empty());
        self.mistakes.push(Mistake::new(origin, key, because));
    }

    fn line(&self, span: &Range<usize>) -> usize {
        let before = self.piece.text.get(..span.start).unwrap_or_default();
        before.matches('\n').count() + 1
    }
}

/// The value as a setting has it; `None` for what no setting is (a table, a date, a list of lists).
fn plain(value: &DeValue<'_>) -> Option<Value> {
    match value {
        DeValue::String(text) => Some(Value::String(text.clone().into_owned())),
        DeValue::Boolean(is_on) => Some(Value::Boolean(*is_on)),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().map(Value::Integer)
        }
        DeValue::Float(number) => number.as_str().parse().ok().map(Value::Float),
        DeValue::Array(list) => {
            let list: Option<_> = list.iter().map(|one| plain(one.get_ref())).collect();
            list.map(Value::Array)
        }
        DeValue::Datetime(_) | DeValue::Table(_) => None,
    }
}
