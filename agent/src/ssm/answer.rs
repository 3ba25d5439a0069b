//! What one call says: a verdict, and what it is based on.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The first word of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Word {
    /// It is as it should be.
    Pass,
    /// It is, with something to know.
    Warn,
    /// It is not.
    Fail,
    /// It could not be found out.
    Unknown,
    /// The node is in use, and nothing was done.
    Busy,
    /// The work goes on; the next call tells what came of it.
    Running,
    /// The node is to be booted, and the work goes on after that.
    Reboot,
}

impl Word {
    /// As it is printed.
    pub fn text(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Warn => "WARN",
            Self::Fail => "FAIL",
            Self::Unknown => "UNKNOWN",
            Self::Busy => "BUSY",
            Self::Running => "RUNNING",
            Self::Reboot => "REBOOT",
        }
    }
}

/// An answer, before it is cut to a size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The verdict.
    pub word: Word,
    /// What was asked: `check`, `mount`, …
    pub about: String,
    /// The verdict in a few words. They name nothing of this node alone, so that the same lines of many
    /// nodes can be counted.
    pub words: String,
    /// Exit status.
    pub exit: u8,
    /// What stands first in the JSON.
    pub head: Map<String, Value>,
    /// What the verdict is based on, the most important first; cut from the end.
    pub items: Vec<Value>,
    /// All that is known, for the file.
    pub whole: Value,
}

impl Answer {
    /// An answer without details.
    pub fn new(about: &str, word: Word, words: impl Into<String>, exit: u8) -> Self {
        Self {
            word,
            about: about.to_owned(),
            words: words.into(),
            exit,
            head: Map::new(),
            items: Vec::new(),
            whole: Value::Null,
        }
    }

    /// With something more in the head of its JSON.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.head.insert(name.to_owned(), value.into());
        self
    }

    /// With the grounds of the verdict.
    #[must_use]
    pub fn of(mut self, items: Vec<Value>) -> Self {
        self.items = items;
        self
    }
}
