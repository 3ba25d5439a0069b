//! Rows of the matrix: which kernels they hold.

use super::{Kernel, Node, is_release, numbers};
use serde::{Deserialize, Deserializer};

/// Kernels that AWS lists with one client.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KernelRow {
    pub(super) distributions: Vec<String>,
    pub(super) release: String,
    /// What people call the release.
    pub name: String,
    pub(super) architectures: Vec<String>,
    #[serde(default)]
    pub(super) flavour: String,
    #[serde(default)]
    pub(super) within: Numbers,
    #[serde(default)]
    pub(super) from: Numbers,
    #[serde(default)]
    pub(super) to: Option<Numbers>,
    #[serde(default)]
    pub(super) below: Option<Numbers>,
    /// Series of the Lustre client that AWS installs there.
    pub client: String,
    /// Lustre versions of file systems that AWS lists with it.
    pub file_systems: Vec<String>,
    #[serde(default)]
    pub(super) minor: Option<String>,
    /// Which of the matrix's sources it is from.
    pub source: String,
    /// Whether a source confirms it.
    #[serde(default = "yes")]
    pub verified: bool,
}

fn yes() -> bool {
    true
}

/// Kernels with which the client is known not to work.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    pub(super) distributions: Vec<String>,
    release: String,
    within: Numbers,
    /// Why.
    pub because: String,
    /// Which of the matrix's sources it is from.
    pub source: String,
}

/// A bound, as it is written and as numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) text: String,
    pub(super) numbers: Vec<u32>,
}

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let numbers = numbers(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("'{text}' is not a kernel's number"))
        })?;
        Ok(Self { text, numbers })
    }
}

impl KernelRow {
    /// Whether it speaks of this node's distribution, release and architecture.
    pub(super) fn is_for(&self, node: Node<'_>) -> bool {
        self.distributions.iter().any(|id| id == node.distribution)
            && is_release(node.release, &self.release)
            && self.architectures.iter().any(|listed| listed == node.architecture)
    }

    /// Whether this kernel is one of those it lists.
    pub(super) fn holds(&self, kernel: &Kernel) -> bool {
        let found = &kernel.numbers;
        kernel.flavour == self.flavour
            && found.starts_with(&self.within.numbers)
            && *found >= self.from.numbers
            && self.to.as_ref().is_none_or(|to| *found <= to.numbers)
            && self.below.as_ref().is_none_or(|below| *found < below.numbers)
    }

    /// Its kernels in words: `6.8.0-1024 to 6.8.0-1033 (aws)`.
    pub fn kernels(&self) -> String {
        let (within, from) = (&self.within.text, &self.from.text);
        let lowest = if from.is_empty() { within } else { from };
        let range = match (&self.to, &self.below) {
            (Some(to), _) if to.text == *from => from.clone(),
            (Some(to), _) => format!("{lowest} to {}", to.text),
            (None, Some(below)) if from.is_empty() => format!("{within} below {}", below.text),
            (None, Some(below)) => format!("{lowest} to below {}", below.text),
            (None, None) if lowest.is_empty() => "any".to_owned(),
            (None, None) if from.is_empty() => format!("{within}, any"),
            (None, None) if within.is_empty() => format!("{from} or newer"),
            (None, None) => format!("{from} or newer of {within}"),
        };
        if self.flavour.is_empty() { range } else { format!("{range} ({})", self.flavour) }
    }
}

impl Refused {
    pub(super) fn is_for(&self, node: Node<'_>) -> bool {
        self.distributions.iter().any(|id| id == node.distribution)
            && is_release(node.release, &self.release)
    }

    pub(super) fn holds(&self, kernel: &Kernel) -> bool {
        kernel.numbers.starts_with(&self.within.numbers)
    }
}
