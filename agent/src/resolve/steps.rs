//! The steps of a look-up in their order, for `fsxlustre resolve --explain`.

use serde::Serialize;
use std::cell::RefCell;

/// One step: what was asked, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What was asked: `region`, `credentials`, `cache`, `considered`, …
    pub step: &'static str,
    /// What came of it, one line.
    pub told: String,
}

/// The steps so far.
#[derive(Debug, Default)]
pub struct Steps {
    taken: RefCell<Vec<Step>>,
}

impl Steps {
    /// Adds one.
    pub fn add(&self, step: &'static str, told: impl Into<String>) {
        self.taken.borrow_mut().push(Step { step, told: told.into() });
    }

    /// Adds one for each line.
    pub fn add_each(&self, step: &'static str, lines: impl IntoIterator<Item = String>) {
        for line in lines {
            self.add(step, line);
        }
    }

    /// All of them, in their order.
    pub fn taken(&self) -> Vec<Step> {
        self.taken.borrow().clone()
    }
}
