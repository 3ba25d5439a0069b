//! Every setting as it holds: its value, where that came from, and the default.

use super::AgentConfig;
use fsxlustre_mount::config::{
    Given, Key, Place, SECTIONS, Section, Setting, SettingDefault, shown,
};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// One setting as it holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShownSetting {
    /// Its key.
    pub key: String,
    /// Its value; null where nothing holds, or where it must not be printed.
    pub value: Option<serde_json::Value>,
    /// Where the value came from.
    pub origin: ShownOrigin,
    /// What holds where it is not given, as TOML or in words.
    pub default: String,
    /// The unit of a number.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub unit: &'static str,
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "from", rename_all = "kebab-case")]
pub enum ShownOrigin {
    /// Nobody gave it.
    Default,
    /// The command line.
    CommandLine,
    /// A file of this node.
    File {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
    },
    /// Parameter Store.
    ParameterStore {
        /// The parameter.
        name: String,
        /// Its version, as Parameter Store counts.
        version: i64,
        /// The line in it.
        line: usize,
        /// How old the answer is.
        age_seconds: u64,
        /// Whether it is a `SecureString`; its value is then not printed.
        is_secret: bool,
    },
}

impl ShownSetting {
    /// The value as TOML, or why there is none to print.
    pub fn value_text(&self) -> String {
        match (&self.value, &self.origin) {
            (_, ShownOrigin::ParameterStore { is_secret: true, .. }) => "(SecureString)".into(),
            (Some(value), _) => value.to_string(),
            (None, _) => "-".into(),
        }
    }

    /// The origin in words.
    pub fn origin_text(&self) -> String {
        match &self.origin {
            ShownOrigin::Default => "default".into(),
            ShownOrigin::CommandLine => "command line".into(),
            ShownOrigin::File { path, line } => format!("{}:{line}", path.display()),
            ShownOrigin::ParameterStore { name, version, line, age_seconds, .. } => {
                format!("parameter {name} (version {version}, {age_seconds} s old) line {line}")
            }
        }
    }
}

/// Every setting, in the order of the table; of tables with names and of lists those that are there.
pub fn settings(config: &AgentConfig, now: u64) -> Vec<ShownSetting> {
    let mut all = Vec::new();
    for section in SECTIONS {
        for table in tables(config, section) {
            for row in section.rows() {
                all.extend(of_row(config, &table, row, now));
            }
        }
    }
    all
}

/// The tables that a section has: itself, or those that are given.
fn tables(config: &AgentConfig, section: &Section) -> Vec<Key> {
    let steps = section.steps();
    if !section.is_repeated() {
        return vec![Key::from(steps.as_slice())];
    }
    let is_of = |given: &Given| given.row.section_and_name().0 == section.key;
    let given = config.values.iter().filter(|(_, given)| is_of(given));
    let tables: BTreeSet<_> = given.map(|(key, _)| key.first(steps.len())).collect();
    tables.into_iter().collect()
}

/// A setting of a table; where names are free, those that are given.
fn of_row(config: &AgentConfig, table: &Key, row: &'static Setting, now: u64) -> Vec<ShownSetting> {
    let (_, name) = row.section_and_name();
    let is_of = |key: &Key, given: &Given| given.row.key == row.key && table.is_above(key);
    let given: Vec<_> = config.values.iter().filter(|(key, given)| is_of(key, given)).collect();
    if given.is_empty() && !name.ends_with('*') {
        return vec![one(&table.name(name), row, None, now)];
    }
    given.into_iter().map(|(key, given)| one(key, row, Some(given), now)).collect()
}

fn one(key: &Key, row: &'static Setting, given: Option<&Given>, now: u64) -> ShownSetting {
    let value = match given {
        Some(given) if given.origin.place.is_secret() => None,
        Some(given) => serde_json::to_value(&given.value).ok(),
        None => row.default_value().and_then(|value| serde_json::to_value(value).ok()),
    };
    let default = match row.default {
        SettingDefault::Required => "(must be given)".into(),
        SettingDefault::Words(words) => format!("({words})"),
        _ => row.default_value().as_ref().map(shown).unwrap_or_default(),
    };
    let origin = given.map_or(ShownOrigin::Default, |given| origin(given, now));
    ShownSetting { key: key.to_string(), value, origin, default, unit: row.unit }
}

fn origin(given: &Given, now: u64) -> ShownOrigin {
    let line = given.origin.line;
    match &given.origin.place {
        Place::CommandLine => ShownOrigin::CommandLine,
        Place::File(path) => ShownOrigin::File { path: path.clone(), line },
        Place::Parameter { name, version, is_secret, read_unix_seconds } => {
            ShownOrigin::ParameterStore {
                name: name.clone(),
                version: *version,
                line,
                age_seconds: now.saturating_sub(*read_unix_seconds),
                is_secret: *is_secret,
            }
        }
    }
}
