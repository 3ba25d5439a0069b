//! All findings together, as JSON and as an exit status.

use super::{CHECKS, Check, Finding, Group, Verdict};
use crate::facts::NodeFacts;
use fsxlustre_mount::host::unix_seconds;
use serde::Serialize;

/// The layout of the JSON object; fields are only ever added to it.
const FORMAT: u32 = 1;

/// What a check of this node came to.
#[derive(Clone, Debug)]
pub struct Report {
    /// Fail if any is; else Unknown if one that is required is, or nothing was answered; else Warn if
    /// any is not Pass.
    pub verdict: Verdict,
    /// Each check's answers, in the order of the table.
    pub findings: Vec<Finding>,
    /// What was read of the node.
    pub node: NodeFacts,
    /// When it was made, seconds since 1970.
    pub at_unix_seconds: u64,
}

/// The JSON object.
#[derive(Serialize)]
struct Shown<'a> {
    format: u32,
    version: &'static str,
    at_unix_seconds: u64,
    verdict: Verdict,
    findings: Vec<ShownFinding<'a>>,
    node: &'a NodeFacts,
}

#[derive(Serialize)]
struct ShownFinding<'a> {
    #[serde(flatten)]
    finding: &'a Finding,
    group: Group,
    required: bool,
}

/// The check that a finding is of.
pub(super) fn check_of(finding: &Finding) -> Option<&'static Check> {
    CHECKS.iter().find(|check| check.name == finding.check)
}

/// Whether it keeps anybody from saying that a mount will work.
pub(super) fn is_needed(finding: &Finding) -> bool {
    finding.verdict == Verdict::Unknown && check_of(finding).is_some_and(|check| check.is_required)
}

impl Report {
    /// Puts findings together.
    pub fn new(findings: Vec<Finding>, node: NodeFacts) -> Self {
        let has = |verdict| findings.iter().any(|finding| finding.verdict == verdict);
        let verdict = if has(Verdict::Fail) {
            Verdict::Fail
        } else if findings.is_empty() || findings.iter().any(is_needed) {
            Verdict::Unknown
        } else if has(Verdict::Warn) || has(Verdict::Unknown) {
            Verdict::Warn
        } else {
            Verdict::Pass
        };
        Self { verdict, findings, node, at_unix_seconds: unix_seconds() }
    }

    /// One finding on which something depends: its Unknown is the whole's.
    pub fn of_gate(finding: Finding, node: NodeFacts) -> Self {
        let verdict = finding.verdict;
        Self { verdict, ..Self::new(vec![finding], node) }
    }

    /// 0 healthy, warnings allowed; 1 a Fail; 3 no Fail, but something required is Unknown.
    pub fn exit(&self) -> u8 {
        match self.verdict {
            Verdict::Pass | Verdict::Warn => 0,
            Verdict::Fail => 1,
            Verdict::Unknown => 3,
        }
    }

    /// How many findings have that answer.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.findings.iter().filter(|finding| finding.verdict == verdict).count()
    }

    /// What it comes to, in words.
    pub fn meaning(&self) -> &'static str {
        match self.verdict {
            Verdict::Pass => "healthy",
            Verdict::Warn => "healthy, with warnings",
            Verdict::Fail => "not fit",
            Verdict::Unknown => "not known to be fit",
        }
    }

    /// For scripts: one object on one line.
    ///
    /// # Errors
    /// What `serde_json` says; nothing here should bring it to that.
    pub fn json(&self) -> serde_json::Result<String> {
        let finding = |finding| {
            let check = check_of(finding);
            ShownFinding {
                finding,
                group: check.map_or(Group::Local, |check| check.group),
                required: check.is_some_and(|check| check.is_required),
            }
        };
        let shown = Shown {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION"),
            at_unix_seconds: self.at_unix_seconds,
            verdict: self.verdict,
            findings: self.findings.iter().map(finding).collect(),
            node: &self.node,
        };
        serde_json::to_string(&shown).map(|text| text + "\n")
    }
}
