//! What a check found.

use crate::facts::Observed;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The answer to a check's question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Yes.
    Pass,
    /// Yes, with something to know; or nobody lists it.
    Warn,
    /// No.
    Fail,
    /// What the answer needs could not be read.
    Unknown,
}

impl Verdict {
    /// The word in the text report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Warn => "WARN",
            Self::Fail => "FAIL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// The worse of two answers.
pub fn worst(one: Verdict, other: Verdict) -> Verdict {
    let order = [Verdict::Fail, Verdict::Unknown, Verdict::Warn];
    order.into_iter().find(|verdict| [one, other].contains(verdict)).unwrap_or(Verdict::Pass)
}

/// Something that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// What it was.
    pub value: String,
    /// The file or command it was read from.
    pub from: String,
}

impl Evidence {
    /// A value and where it was read.
    pub fn new(value: impl Into<String>, from: impl Into<String>) -> Self {
        Self { value: value.into(), from: from.into() }
    }

    /// What was observed, or why it is not known.
    pub fn of<T>(observed: &Observed<T>, show: impl FnOnce(&T) -> String) -> Self {
        match observed {
            Observed::Known { value, from } => Self::new(show(value), from),
            Observed::Unknown { because, from } => Self::new(format!("unknown: {because}"), from),
        }
    }

    /// Why something is not known.
    pub fn unknown<T>(observed: &Observed<T>) -> Self {
        Self::of(observed, |_| "known".to_owned())
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.value, self.from)
    }
}

/// One check's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check's name.
    pub check: &'static str,
    /// What was looked at, where a check looks at several: a source, a directory, an interface.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Its answer.
    pub verdict: Verdict,
    /// The answer in one sentence.
    pub summary: String,
    /// The code of the failure behind it, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What it is based on.
    pub evidence: Vec<Evidence>,
    /// The command or setting that mends it; empty only for Pass.
    #[serde(rename = "do", skip_serializing_if = "String::is_empty")]
    pub remedy: String,
}

impl Finding {
    /// A check whose answer is yes.
    pub fn pass(check: &'static str, summary: impl Into<String>) -> Self {
        Self {
            check,
            subject: None,
            verdict: Verdict::Pass,
            summary: summary.into(),
            code: None,
            evidence: Vec::new(),
            remedy: String::new(),
        }
    }

    /// A check with any other answer, and what mends it.
    pub fn other(
        check: &'static str,
        verdict: Verdict,
        summary: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { verdict, remedy: remedy.into(), ..Self::pass(check, summary) }
    }

    /// Something to know.
    pub fn warn(
        check: &'static str,
        summary: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::other(check, Verdict::Warn, summary, remedy)
    }

    /// A check whose answer is no.
    pub fn fail(
        check: &'static str,
        summary: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::other(check, Verdict::Fail, summary, remedy)
    }

    /// A check whose answer is not known, because of what could not be read.
    pub fn unknown(
        check: &'static str,
        summary: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::other(check, Verdict::Unknown, summary, remedy)
    }

    /// The same, about one of several things.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// The same with something that was read.
    #[must_use]
    pub fn seen(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }
}
