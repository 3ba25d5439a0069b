//! The key of one value: `mount.timeout`, `jobs.mount[0].source`, `layout.profiles.large.pool`.

use std::fmt;

/// One step from a table to what is in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The value of that name.
    Name(String),
    /// The entry of a list of tables, counted from 0 over all sources.
    Entry(usize),
}

/// All steps from the top.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(Vec<Step>);

impl Key {
    /// The key of a name below this one.
    #[must_use]
    pub fn name(&self, name: &str) -> Self {
        self.with(Step::Name(name.to_owned()))
    }

    /// The key of an entry of the list of tables that this one names.
    #[must_use]
    pub fn entry(&self, index: usize) -> Self {
        self.with(Step::Entry(index))
    }

    fn with(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }

    /// From the top down.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The first of that many steps.
    #[must_use]
    pub fn first(&self, count: usize) -> Self {
        Self(self.0.iter().take(count).cloned().collect())
    }

    /// Whether this key is that one or stands above it.
    pub fn is_above(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    /// The same below the entry `by` places further on of the list that stands first in it.
    #[must_use]
    pub(super) fn moved(mut self, by: usize) -> Self {
        let entry = self.0.iter_mut().find_map(|step| match step {
            Step::Entry(index) => Some(index),
            Step::Name(_) => None,
        });
        if let Some(index) = entry {
            *index += by;
        }
        self
    }
}

/// Names with dots between them; one that is more than letters, digits, `-` and `_` in quotes.
impl From<&[&str]> for Key {
    fn from(names: &[&str]) -> Self {
        names.iter().fold(Self::default(), |key, name| key.name(name))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            match step {
                Step::Entry(index) => write!(f, "[{index}]")?,
                Step::Name(name) => {
                    let dot = if place == 0 { "" } else { "." };
                    write!(f, "{dot}{}", shown(name))?;
                }
            }
        }
        Ok(())
    }
}

fn shown(name: &str) -> String {
    let is_bare =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if is_bare { name.to_owned() } else { format!("{name:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_shown_as_toml_has_it() {
        let key = Key::from(["layout", "profiles", "a.b"].as_slice());
        assert_eq!(key.name("pool").to_string(), "layout.profiles.\"a.b\".pool");
        let entry = Key::from(["jobs", "mount"].as_slice()).entry(0).name("source");
        assert_eq!(entry.to_string(), "jobs.mount[0].source");
        assert_eq!(entry.moved(2).to_string(), "jobs.mount[2].source");
    }
}
