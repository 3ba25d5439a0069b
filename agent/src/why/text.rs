//! The report as a person reads it.

use super::{Finding, Report, Verdict};
use crate::window::Span;
use fsxlustre_mount::failure::one_line;
use std::fmt::Write as _;

impl Report {
    /// What limits, in full; what is unknown and what is clear in a line each.
    pub fn text(&self) -> String {
        let mut text = self.head();
        let is_cause = |one: &&Finding| matches!(one.verdict, Verdict::Limits | Verdict::Suspect);
        for finding in self.findings.iter().filter(is_cause) {
            add_cause(&mut text, finding);
        }
        for finding in self.findings.iter().filter(|one| one.verdict == Verdict::Unknown) {
            let line = format!(
                "{:<8} {}: {}",
                finding.verdict.word(),
                named(finding),
                one_line(&finding.summary)
            );
            text.push_str(&line);
            if !finding.remedy.is_empty() {
                // Writing to a String does not fail.
                let _ = write!(text, "; do: {}", one_line(&finding.remedy));
            }
            text.push('\n');
        }
        for finding in self.findings.iter().filter(|one| one.verdict == Verdict::Clear) {
            let word = finding.verdict.word();
            let _ = writeln!(text, "{word:<8} {}: {}", named(finding), one_line(&finding.summary));
        }
        text
    }

    fn head(&self) -> String {
        let when = match (self.span, self.seconds) {
            (Span::Job, Some(seconds)) if self.is_shared => {
                format!("of {seconds:.0} s in which other jobs were here too")
            }
            (Span::Job, Some(seconds)) => format!("of the job's {seconds:.0} s"),
            (_, Some(seconds)) => format!("in {seconds:.1} s"),
            (_, None) => "so far".into(),
        };
        if self.file_systems.is_empty() {
            return format!("no Lustre file system is mounted here, {when}\n");
        }
        let count = self.findings.iter().filter(|one| one.verdict == Verdict::Limits).count();
        let names = one_line(&self.file_systems.join(", "));
        match count {
            0 => format!("{names}: nothing that limits the I/O was seen {when}\n"),
            1 => format!("{names}: one thing limits the I/O {when}\n"),
            count => format!("{names}: {count} things limit the I/O {when}, the first most\n"),
        }
    }
}

fn named(finding: &Finding) -> String {
    match &finding.file_system {
        Some(fs) => format!("{} of {}", finding.rule, one_line(fs)),
        None => finding.rule.to_owned(),
    }
}

fn add_cause(text: &mut String, finding: &Finding) {
    let word = finding.verdict.word();
    // Writing to a String does not fail.
    let _ = writeln!(
        text,
        "{word:<8} {}: {}  [{}]",
        named(finding),
        one_line(&finding.summary),
        finding.weight
    );
    for evidence in &finding.evidence {
        let _ = writeln!(text, "         {}", one_line(&evidence.to_string()));
    }
    let _ = writeln!(text, "         do: {}", one_line(&finding.remedy));
}
