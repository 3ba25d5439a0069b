//! What a rule says.

use crate::checks::Evidence;
use serde::Serialize;
use std::cmp::Reverse;

/// A rule's answer to "does this limit the I/O?".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Yes.
    Limits,
    /// It may: what was seen fits, and does not prove it.
    Suspect,
    /// What the answer needs could not be seen.
    Unknown,
    /// No.
    Clear,
}

impl Verdict {
    /// The word in the text report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Limits => "LIMITS",
            Self::Suspect => "SUSPECT",
            Self::Unknown => "UNKNOWN",
            Self::Clear => "CLEAR",
        }
    }
}

/// One rule's answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The rule's name.
    pub rule: &'static str,
    /// Its answer.
    pub verdict: Verdict,
    /// How much it can explain: 100 is all of it. 0 unless it limits or may.
    pub weight: u8,
    /// Lustre's name of the file system; absent for what is of the whole node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_system: Option<String>,
    /// The answer in one sentence.
    pub summary: String,
    /// The numbers, and where they were read.
    pub evidence: Vec<Evidence>,
    /// The command or setting that mends it; for what is unknown, what tells it. Empty for a clear
    /// answer.
    #[serde(rename = "do", skip_serializing_if = "String::is_empty")]
    pub remedy: String,
}

impl Finding {
    fn new(rule: &'static str, verdict: Verdict, weight: u8, summary: String) -> Self {
        let (file_system, evidence, remedy) = (None, Vec::new(), String::new());
        Self { rule, verdict, weight, file_system, summary, evidence, remedy }
    }

    /// It limits the I/O.
    pub(super) fn limits(rule: &'static str, weight: u8, summary: impl Into<String>) -> Self {
        Self::new(rule, Verdict::Limits, weight.min(100), summary.into())
    }

    /// It may.
    pub(super) fn suspect(rule: &'static str, weight: u8, summary: impl Into<String>) -> Self {
        Self::new(rule, Verdict::Suspect, weight.min(100), summary.into())
    }

    /// It does not.
    pub(super) fn clear(rule: &'static str, summary: impl Into<String>) -> Self {
        Self::new(rule, Verdict::Clear, 0, summary.into())
    }

    /// Nobody knows, for this reason.
    pub(super) fn unknown(rule: &'static str, because: impl Into<String>) -> Self {
        Self::new(rule, Verdict::Unknown, 0, because.into())
    }

    /// The same of one file system.
    pub(super) fn of(self, fs: &str) -> Self {
        Self { file_system: Some(fs.to_owned()), ..self }
    }

    /// The same with something that was read.
    pub(super) fn seen(mut self, value: impl Into<String>, from: impl Into<String>) -> Self {
        self.evidence.push(Evidence::new(value, place(&from.into())));
        self
    }

    /// The same with what mends it.
    pub(super) fn mended_by(self, remedy: impl Into<String>) -> Self {
        Self { remedy: remedy.into(), ..self }
    }
}

/// A source as the table of families has it, as a path that can be looked at.
pub(super) fn place(source: &str) -> String {
    let roots = [("D/", "/sys/kernel/debug/"), ("S/", "/sys/"), ("P/", "/proc/")];
    let path = roots
        .iter()
        .find_map(|(short, root)| source.strip_prefix(short).map(|rest| format!("{root}{rest}")));
    path.unwrap_or_else(|| source.to_owned())
}

/// What limits most comes first; what is unknown goes before what is clear.
pub(super) fn rank(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let key = |one: &Finding| (one.verdict, Reverse(one.weight));
        key(a).cmp(&key(b)).then_with(|| (a.rule, &a.file_system).cmp(&(b.rule, &b.file_system)))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_can_be_looked_at() {
        assert_eq!(place("D/lustre/llite/*/stats"), "/sys/kernel/debug/lustre/llite/*/stats");
        assert_eq!(place("fsx:DescribeFileSystems"), "fsx:DescribeFileSystems");
    }

    #[test]
    fn what_limits_most_comes_first() {
        let mut all = [
            Finding::clear("c", ""),
            Finding::unknown("u", ""),
            Finding::suspect("s", 90, ""),
            Finding::limits("l", 40, ""),
            Finding::limits("m", 60, ""),
        ];
        rank(&mut all);
        assert_eq!(all.map(|one| one.rule), ["m", "l", "s", "u", "c"]);
    }
}
