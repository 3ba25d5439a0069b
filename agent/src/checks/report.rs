//! All findings together: as text, as JSON, as an exit status.

use super::{Finding, REQUIRED, Verdict};
use crate::facts::NodeFacts;
use fsxlustre_mount::failure::one_line;
use serde::Serialize;

/// What a check of this node came to.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Fail if any is; else Unknown if one that is required is; else Warn if any is not Pass.
    pub verdict: Verdict,
    /// Each check's answer.
    pub findings: Vec<Finding>,
    /// What was read of the node.
    pub node: NodeFacts,
}

impl Report {
    /// Puts findings together.
    pub fn new(findings: Vec<Finding>, node: NodeFacts) -> Self {
        let has = |verdict| findings.iter().any(|finding| finding.verdict == verdict);
        let is_needed = |finding: &Finding| {
            finding.verdict == Verdict::Unknown && REQUIRED.contains(&finding.check)
        };
        let verdict = if has(Verdict::Fail) {
            Verdict::Fail
        } else if findings.iter().any(is_needed) {
            Verdict::Unknown
        } else if has(Verdict::Warn) || has(Verdict::Unknown) {
            Verdict::Warn
        } else {
            Verdict::Pass
        };
        Self { verdict, findings, node }
    }

    /// 0 healthy, warnings allowed; 1 a Fail; 3 no Fail, but something required is Unknown.
    pub fn exit(&self) -> u8 {
        match self.verdict {
            Verdict::Pass | Verdict::Warn => 0,
            Verdict::Fail => 1,
            Verdict::Unknown => 3,
        }
    }

    /// For people: a line for each finding, what it is based on and what to do, and the counts.
    pub fn text(&self) -> String {
        let names = self.findings.iter().map(|finding| finding.check.len());
        let width = names.max().unwrap_or_default();
        let mut lines = Vec::new();
        for finding in &self.findings {
            let code = finding.code.as_ref().map(|code| format!("  [{code}]")).unwrap_or_default();
            let (word, summary) = (finding.verdict.word(), one_line(&finding.summary));
            lines.push(format!("{word:<7}  {:<width$}  {summary}{code}", finding.check));
            if finding.verdict != Verdict::Pass {
                let evidence = finding.evidence.iter().map(|seen| one_line(&seen.to_string()));
                lines.extend(evidence.map(|seen| format!("           evidence: {seen}")));
                lines.push(format!("           do:       {}", one_line(&finding.remedy)));
            }
        }
        lines.push(String::new());
        lines.push(self.closing());
        lines.join("\n") + "\n"
    }

    /// For scripts: one object on one line.
    ///
    /// # Errors
    /// What `serde_json` says; nothing here should bring it to that.
    pub fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self).map(|text| text + "\n")
    }

    fn closing(&self) -> String {
        let count = |verdict| self.findings.iter().filter(|found| found.verdict == verdict).count();
        let meaning = match self.verdict {
            Verdict::Pass => "healthy",
            Verdict::Warn => "healthy, with warnings",
            Verdict::Fail => "not fit",
            Verdict::Unknown => "not known to be fit",
        };
        format!(
            "{} checks: {} pass, {} warn, {} fail, {} unknown: {meaning}",
            self.findings.len(),
            count(Verdict::Pass),
            count(Verdict::Warn),
            count(Verdict::Fail),
            count(Verdict::Unknown),
        )
    }
}
