//! What one row of the table of settings says, and how a value is checked against it.

use super::key::{Key, Step};
use toml::Value;

/// Who reads a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The mount helper, and the agent with it.
    Helper,
    /// The agent only.
    Agent,
}

/// Whether a setting may come from Parameter Store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterStore {
    /// It may: whoever sets it gains nothing on a node but what the setting says.
    May,
    /// It is taken from root's local files only, for this reason: whoever may put a parameter must
    /// not become root on the fleet.
    Never(&'static str),
}

/// What holds where a setting is not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// It must be given, in each table that it belongs to.
    Required,
    /// Nothing, or something that a value cannot say, in words.
    Words(&'static str),
    /// This number.
    Number(u64),
    /// On or off.
    Switch(bool),
    /// This text.
    Text(&'static str),
    /// These texts.
    Texts(&'static [&'static str]),
}

/// A grammar of texts: what fits, in words, and the look at one.
#[derive(Clone, Copy)]
pub struct Grammar {
    /// What fits, after "it takes".
    pub fits: &'static str,
    /// Refuses a text, with the reason where `fits` does not say it all.
    pub check: fn(&str) -> Result<(), Option<String>>,
}

impl std::fmt::Debug for Grammar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.fits)
    }
}

/// What a setting takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `true` or `false`.
    Switch,
    /// A whole number from and to.
    Number(i64, i64),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A text.
    Text(Grammar),
    /// A list of texts.
    Texts(Grammar),
    /// A program by its whole path, and its arguments, as a list; an empty one for none.
    Command,
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name with its sections: `mount.timeout`. `*` stands for any name and `[]` for one entry
    /// of a list of tables: `layout.profiles.*.pool`, `jobs.mount[].source`.
    pub key: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// The unit of a number; empty where there is none.
    pub unit: &'static str,
    /// What holds where it is not given.
    pub default: Default,
    /// What it does, in one or two sentences without the last full stop.
    pub meaning: &'static str,
    /// Who reads it.
    pub read_by: Reader,
    /// Whether it may come from Parameter Store.
    pub parameter_store: ParameterStore,
    /// A value as TOML for the reference file, where the default does not show one.
    pub example: &'static str,
}

impl Setting {
    /// A setting of this node, read by the agent only, never from Parameter Store: the safe row, of
    /// which the functions below make others.
    pub(super) const fn local(
        key: &'static str,
        kind: Kind,
        default: Default,
        why_never: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self {
            key,
            kind,
            unit: "",
            default,
            meaning,
            read_by: Reader::Agent,
            parameter_store: ParameterStore::Never(why_never),
            example: "",
        }
    }

    /// A setting that Parameter Store may hold.
    pub(super) const fn shared(
        key: &'static str,
        kind: Kind,
        default: Default,
        meaning: &'static str,
    ) -> Self {
        let row = Self::local(key, kind, default, "", meaning);
        Self { parameter_store: ParameterStore::May, ..row }
    }

    pub(super) const fn by_helper(self) -> Self {
        Self { read_by: Reader::Helper, ..self }
    }

    pub(super) const fn unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    pub(super) const fn example(self, example: &'static str) -> Self {
        Self { example, ..self }
    }

    /// The steps of its key: names, `*` and `[]`.
    pub fn steps(&self) -> Vec<&'static str> {
        steps_of(self.key)
    }

    /// The key of its section and its name in it: `layout.profiles.*` and `pool`; a table of free
    /// names is one setting of its section: `filesystem[]` and `tags.*`.
    pub fn section_and_name(&self) -> (&'static str, &'static str) {
        let free = self.key.strip_suffix(".*").unwrap_or(self.key);
        let dot = free.rfind('.').unwrap_or_default();
        let (section, name) = self.key.split_at_checked(dot).unwrap_or_default();
        (section, name.strip_prefix('.').unwrap_or(name))
    }

    /// The first of its steps, as a key.
    pub fn first(&self, count: usize) -> String {
        let steps = self.steps();
        let mut key = String::new();
        for step in steps.into_iter().take(count) {
            let dot = if key.is_empty() || step == "[]" { "" } else { "." };
            key.push_str(dot);
            key.push_str(step);
        }
        key
    }

    /// Whether this row is of that key.
    pub fn is_of(&self, key: &Key) -> bool {
        let steps = self.steps();
        steps.len() == key.steps().len()
            && steps.iter().zip(key.steps()).all(|(wanted, step)| match step {
                Step::Entry(_) => *wanted == "[]",
                Step::Name(name) => *wanted == "*" || wanted == name,
            })
    }

    /// What fits, after "it takes".
    pub fn takes(&self) -> String {
        let unit = if self.unit.is_empty() { String::new() } else { format!(" {}", self.unit) };
        match self.kind {
            Kind::Switch => "true or false".into(),
            Kind::Number(least, most) => format!("{least} to {most}{unit}"),
            Kind::Word(words) => format!("\"{}\"", words.join("\", \"")),
            Kind::Text(grammar) => grammar.fits.into(),
            Kind::Texts(grammar) => format!("a list, each {}", grammar.fits),
            Kind::Command => "a list: a program by its whole path, and its arguments".into(),
        }
    }

    /// Looks whether a value is one that the setting takes.
    ///
    /// # Errors
    /// Why not; the reason may repeat the value.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        let is_fit = match self.kind {
            Kind::Switch => value.is_bool(),
            Kind::Number(least, most) => {
                value.as_integer().is_some_and(|number| (least..=most).contains(&number))
            }
            Kind::Word(words) => value.as_str().is_some_and(|text| words.contains(&text)),
            Kind::Text(grammar) => return self.check_texts(grammar, Some(value)),
            Kind::Command => value.as_array().is_some_and(|words| {
                let program = words.first().and_then(Value::as_str);
                let is_whole = program.is_none_or(|program| program.starts_with('/'));
                let is_word = |word: &Value| word.as_str().is_some_and(|word| !word.contains('\0'));
                is_whole && words.iter().all(is_word)
            }),
            Kind::Texts(grammar) => match value.as_array() {
                Some(list) => return self.check_texts(grammar, list),
                None => false,
            },
        };
        if is_fit { Ok(()) } else { Err(self.unfit()) }
    }

    fn check_texts<'a>(
        &self,
        grammar: Grammar,
        values: impl IntoIterator<Item = &'a Value>,
    ) -> Result<(), String> {
        for value in values {
            let text = value.as_str().ok_or_else(|| self.unfit())?;
            (grammar.check)(text).map_err(|reason| reason.unwrap_or_else(|| self.unfit()))?;
        }
        Ok(())
    }

    /// The reason that does not repeat the value.
    pub fn unfit(&self) -> String {
        format!("it takes {}", self.takes())
    }

    /// The default as a value, where it is one.
    pub fn default_value(&self) -> Option<Value> {
        match self.default {
            Default::Required | Default::Words(_) => None,
            Default::Number(number) => i64::try_from(number).ok().map(Value::Integer),
            Default::Switch(is_on) => Some(Value::Boolean(is_on)),
            Default::Text(text) => Some(Value::String(text.into())),
            Default::Texts(texts) => {
                Some(Value::Array(texts.iter().map(|text| Value::String((*text).into())).collect()))
            }
        }
    }

    /// The default as it is shown.
    pub fn default_text(&self) -> String {
        match (self.default, self.default_value()) {
            (Default::Words(words), _) => words.into(),
            (_, Some(value)) => shown(&value),
            (_, None) => "must be given".into(),
        }
    }
}

/// A value as TOML; numbers, texts and lists of them are the same in JSON.
pub fn shown(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The steps of a key with `*` and `[]`.
pub(super) fn steps_of(key: &'static str) -> Vec<&'static str> {
    let mut steps = Vec::new();
    for part in key.split('.') {
        match part.strip_suffix("[]") {
            Some(name) => steps.extend([name, "[]"]),
            None => steps.push(part),
        }
    }
    steps
}
