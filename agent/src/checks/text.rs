//! A report for people: what is wrong first, what mends it under it, and the counts.

use super::report::is_needed;
use super::{CHECKS, Check, Finding, Group, Report, Verdict};
use fsxlustre_mount::failure::one_line;
use std::fmt::Write as _;

/// A scheduler keeps this many characters of what a health check says.
const MOST_CHARACTERS: usize = 1900;

/// How verdicts are marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// Not at all.
    None,
    /// By the colours of a terminal.
    Terminal,
}

impl Colours {
    fn paint(self, verdict: Verdict, word: &str) -> String {
        let colour = match (self, verdict) {
            (Self::None, _) => return word.to_owned(),
            (Self::Terminal, Verdict::Pass) => 32,
            (Self::Terminal, Verdict::Warn) => 33,
            (Self::Terminal, Verdict::Fail) => 31,
            (Self::Terminal, Verdict::Unknown) => 35,
        };
        format!("\u{1b}[{colour}m{word}\u{1b}[0m")
    }
}

/// What is worst comes first; within it the order of the table stays.
fn sorted(findings: &[Finding]) -> Vec<&Finding> {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|finding| match finding.verdict {
        Verdict::Fail => 0,
        Verdict::Unknown if is_needed(finding) => 1,
        Verdict::Warn => 2,
        Verdict::Unknown => 3,
        Verdict::Pass => 4,
    });
    sorted
}

fn code(finding: &Finding) -> String {
    finding.code.as_ref().map(|code| format!("  [{code}]")).unwrap_or_default()
}

impl Report {
    /// For people: a line for each finding, what it is based on and what to do, and the counts.
    pub fn text(&self, colours: Colours) -> String {
        let names = self.findings.iter().map(|finding| finding.check.len());
        let width = names.max().unwrap_or_default();
        let mut text = String::new();
        for finding in sorted(&self.findings) {
            let word = colours.paint(finding.verdict, &format!("{:<7}", finding.verdict.word()));
            let (summary, code) = (one_line(&finding.summary), code(finding));
            // Writing to a String does not fail.
            let _ = writeln!(text, "{word}  {:<width$}  {summary}{code}", finding.check);
            if finding.verdict != Verdict::Pass {
                for seen in &finding.evidence {
                    let _ = writeln!(text, "           evidence: {}", one_line(&seen.to_string()));
                }
                let _ = writeln!(text, "           do:       {}", one_line(&finding.remedy));
            }
        }
        let _ = writeln!(text, "\n{}", self.closing(colours));
        text
    }

    fn closing(&self, colours: Colours) -> String {
        let meaning = colours.paint(self.verdict, self.meaning());
        format!("{}: {meaning}", self.counts())
    }

    fn counts(&self) -> String {
        format!(
            "{} answers: {} pass, {} warn, {} fail, {} unknown",
            self.findings.len(),
            self.count(Verdict::Pass),
            self.count(Verdict::Warn),
            self.count(Verdict::Fail),
            self.count(Verdict::Unknown),
        )
    }
}

/// For schedulers: the verdict on the first line, then what is not Pass, a line each, as far as they
/// keep it.
pub fn brief(report: &Report) -> String {
    let word = report.verdict.word();
    let mut text = format!("{word} fsxlustre check: {} ({})\n", report.meaning(), report.counts());
    let wrong: Vec<&Finding> =
        sorted(&report.findings).into_iter().filter(|one| one.verdict != Verdict::Pass).collect();
    for (place, finding) in wrong.iter().enumerate() {
        let (word, summary) = (finding.verdict.word(), one_line(&finding.summary));
        let line = format!("{word} {}: {summary}{}", finding.check, code(finding));
        let line: String = line.chars().take(300).collect();
        if text.chars().count() + line.chars().count() > MOST_CHARACTERS {
            let _ = writeln!(text, "and {} more: fsxlustre check", wrong.len() - place);
            break;
        }
        let _ = writeln!(text, "{line}");
    }
    text
}

/// Every check with its group and question.
pub fn list() -> String {
    let width = CHECKS.iter().map(|check| check.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for group in Group::ALL {
        for check in CHECKS.iter().filter(|check| check.group == group) {
            let required = if check.is_required { "required" } else { "" };
            let (name, question) = (check.name, check.question);
            let _ =
                writeln!(text, "{name:<width$}  {:<7}  {required:<8}  {question}", group.word());
        }
    }
    text
}

/// One check in full.
pub fn explanation(check: &Check) -> String {
    let required = if check.is_required {
        "yes: nobody can say that a mount will work while it is Unknown (exit 3)"
    } else {
        "no: its Unknown is a warning"
    };
    format!(
        "{}\n  asks:      {}\n  group:     {}\n  required:  {required}\n  answers:   {}\n",
        check.name, check.question, check.group, check.meaning
    )
}
