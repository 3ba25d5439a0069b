//! Which collectors run.

use super::collect::{COLLECTOR_NAMES, COLLECTORS, Collector};

/// A set of collectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    /// By place in the table of collectors.
    chosen: [bool; COLLECTORS.len()],
}

/// A collector that a request or flag names cannot run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// There is none of that name.
    #[error("there is no collector {0:?}; there are {names}", names = COLLECTOR_NAMES.join(", "))]
    Unknown(String),
    /// It is there and turned off.
    #[error("the collector {0:?} is turned off; --collector.{0} turns it on")]
    Off(String),
}

impl Default for Selection {
    /// Those that run when nobody chooses.
    fn default() -> Self {
        let mut chosen = [false; COLLECTORS.len()];
        for (place, collector) in chosen.iter_mut().zip(&COLLECTORS) {
            *place = collector.by_default;
        }
        Self { chosen }
    }
}

impl Selection {
    /// Turns a collector on or off.
    ///
    /// # Errors
    /// [`SelectionError::Unknown`].
    pub fn set(&mut self, name: &str, runs: bool) -> Result<(), SelectionError> {
        let place = index(name).and_then(|index| self.chosen.get_mut(index));
        *place.ok_or_else(|| SelectionError::Unknown(name.to_owned()))? = runs;
        Ok(())
    }

    /// Whether it runs.
    pub fn has(&self, name: &str) -> bool {
        index(name).and_then(|index| self.chosen.get(index)).is_some_and(|chosen| *chosen)
    }

    /// These collectors only; all of them when no name is given.
    ///
    /// # Errors
    /// [`SelectionError`] when one is not there or does not run.
    pub fn narrowed(&self, names: &[String]) -> Result<Self, SelectionError> {
        if names.is_empty() {
            return Ok(*self);
        }
        let mut narrowed = Self { chosen: [false; COLLECTORS.len()] };
        for name in names {
            narrowed.set(name, true)?;
            if !self.has(name) {
                return Err(SelectionError::Off(name.clone()));
            }
        }
        Ok(narrowed)
    }
}

impl Selection {
    /// Those that run, in the order in which they do.
    pub(super) fn collectors(&self) -> impl Iterator<Item = &'static Collector> + '_ {
        COLLECTORS.iter().zip(&self.chosen).filter(|(_, runs)| **runs).map(|(one, _)| one)
    }

    /// The names of those that run, in the order in which they do.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.collectors().map(|one| one.name)
    }
}

fn index(name: &str) -> Option<usize> {
    COLLECTOR_NAMES.iter().position(|known| *known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_narrows_and_never_widens() {
        let mut all = Selection::default();
        assert!(all.has("osc") && !all.has("nothing"));
        all.set("osc", false).expect("known");
        assert_eq!(all.narrowed(&[]), Ok(all));
        let mdc = all.narrowed(&["mdc".to_owned()]).expect("it runs");
        assert!(mdc.has("mdc") && !mdc.has("llite"));
        let off = all.narrowed(&["osc".to_owned()]).expect_err("off");
        assert!(off.to_string().contains("--collector.osc"), "{off}");
        let unknown = all.narrowed(&["x".to_owned()]).expect_err("unknown");
        assert!(unknown.to_string().contains("client, mounts"), "{unknown}");
    }
}
