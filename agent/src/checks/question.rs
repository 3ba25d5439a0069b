//! What a check is: a question, and the pure function that answers it from facts.

use super::Finding;
use crate::facts::Facts;
use serde::Serialize;
use std::fmt;

/// How far one has to go for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// Not beyond this node and the mounts it has.
    Local,
    /// To the resolver and the servers of a file system.
    Network,
    /// To AWS.
    Aws,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Local, Self::Network, Self::Aws];

    /// As it is written on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Network => "network",
            Self::Aws => "aws",
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A question about a node.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// Its name, which never changes.
    pub name: &'static str,
    /// What is asked, for people.
    pub question: &'static str,
    /// How far one has to go for the answer.
    pub group: Group,
    /// Whether nobody can say that a mount will work without an answer: its Unknown is exit 3.
    pub is_required: bool,
    /// What is read, and what each answer means.
    pub meaning: &'static str,
    /// Answers it: nothing where the question does not arise, one finding for each thing looked at
    /// where there are several.
    pub answer: fn(&Facts) -> Vec<Finding>,
}
