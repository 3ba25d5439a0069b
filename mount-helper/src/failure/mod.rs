//! One shape for every failure: what, asked, because, do; with a stable code.

mod codes;

pub use codes::{CODES, Code, CodeRow};

use serde::{Deserialize, Serialize};
use std::fmt;

/// Who can do something about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A setting, a permission or a command of an administrator mends it.
    UserCanFix,
    /// It may pass without anybody doing anything.
    MayPass,
    /// A fault of ours.
    OurBug,
}

impl Class {
    /// The word used in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::UserCanFix => "user-can-fix",
            Self::MayPass => "may-pass",
            Self::OurBug => "our-bug",
        }
    }
}

/// A failure as a person or a script sees it.
///
/// Shown as four labelled lines:
///
/// ```text
/// no file system carries these tags                                    [FSXL-A201]
///   asked:   tag:Project:genomics in us-east-1 (3 file systems looked at)
///   because: nearest: fs-0123… has Project=genetics
///   do:      correct the tag, or add it with `aws fsx tag-resource`
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The stable code.
    pub code: Code,
    /// One line: what did not work.
    pub what: String,
    /// What was attempted, on what.
    pub asked: String,
    /// The cause, as near as it is known.
    pub because: String,
    /// The one command, setting or permission that mends it.
    pub remedy: String,
}

impl Failure {
    /// The exit status of `mount.fsxlustre` for this failure.
    pub fn mount_exit(&self) -> u8 {
        self.code.row().mount_exit
    }

    /// Whether the same call may work a little later without anybody's help.
    pub fn may_pass(&self) -> bool {
        self.code.row().class == Class::MayPass
    }
}

/// Keeps a text that came from outside on one line and free of control characters, so that a
/// terminal or a log shows it as it is.
pub fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control())
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" / ")
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}  [{}]", one_line(&self.what), self.code)?;
        writeln!(f, "  asked:   {}", one_line(&self.asked))?;
        writeln!(f, "  because: {}", one_line(&self.because))?;
        write!(f, "  do:      {}", one_line(&self.remedy))
    }
}

impl std::error::Error for Failure {}

/// A failure as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureRecord {
    /// The stable code, `FSXL-A201`.
    pub code: String,
    /// `user-can-fix`, `may-pass` or `our-bug`.
    pub class: String,
    /// What did not work.
    pub what: String,
    /// What was attempted.
    pub asked: String,
    /// The cause.
    pub because: String,
    /// What mends it.
    #[serde(rename = "do")]
    pub remedy: String,
}

impl From<&Failure> for FailureRecord {
    fn from(failure: &Failure) -> Self {
        Self {
            code: failure.code.to_string(),
            class: failure.code.row().class.word().to_owned(),
            what: failure.what.clone(),
            asked: failure.asked.clone(),
            because: failure.because.clone(),
            remedy: failure.remedy.clone(),
        }
    }
}

impl FailureRecord {
    /// The failure, if its code is one of ours.
    pub fn into_failure(self) -> Option<Failure> {
        Some(Failure {
            code: Code::from_id(&self.code)?,
            what: self.what,
            asked: self.asked,
            because: self.because,
            remedy: self.remedy,
        })
    }
}

/// What every error type of ours can say of itself.
pub trait Explain: std::error::Error {
    /// The stable code.
    fn code(&self) -> Code;
    /// What was attempted, on what.
    fn asked(&self) -> String;
    /// The cause.
    fn because(&self) -> String;
    /// The one thing that mends it. Never empty.
    fn remedy(&self) -> String;

    /// The failure to show.
    fn failure(&self) -> Failure {
        Failure {
            code: self.code(),
            what: self.to_string(),
            asked: self.asked(),
            because: self.because(),
            remedy: self.remedy(),
        }
    }
}

/// `source` and the errors below it, joined by `: `, for the `because` line.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(below) = next {
        let below_text = below.to_string();
        if !text.contains(&below_text) {
            text = format!("{text}: {below_text}");
        }
        next = below.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_shows_four_lines_without_control_characters() {
        let failure = Failure {
            code: Code::SourceForm,
            what: "not a source".into(),
            asked: "a\u{1b}[31mb\nc".into(),
            because: "x".into(),
            remedy: "y".into(),
        };
        let shown = failure.to_string();
        assert_eq!(shown.lines().count(), 4);
        assert!(shown.contains("a / [31mb / c"), "{shown}");
        assert!(shown.contains("[FSXL-C201]"), "{shown}");
    }

    #[test]
    fn codes_are_unique_and_well_formed() {
        let mut seen = std::collections::BTreeSet::new();
        for row in CODES {
            assert!(seen.insert(row.id), "{} stands twice", row.id);
            let number = row.id.strip_prefix("FSXL-").expect("prefix");
            assert_eq!(number.len(), 4, "{}", row.id);
            assert!(!row.title.is_empty());
        }
    }
}
