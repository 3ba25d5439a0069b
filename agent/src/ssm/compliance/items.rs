//! Findings as items: a pure question.

use crate::aws::{ComplianceItem, Severity};
use crate::checks::{CHECKS, Finding, Report, Verdict};
use fsxlustre_mount::failure::one_line;

/// The type of the items.
pub const TYPE: &str = "Custom:FsxLustre";

/// The longest id, title and value, bytes. The service's own limits count characters, and name none for
/// an id.
const LONGEST_ID: usize = 90;
const LONGEST_TITLE: usize = 500;
const LONGEST_VALUE: usize = 1024;
/// The most items; the limit is 10,000.
const MOST: usize = 1000;

/// An item for every finding, each with an id of its own that stays the same from run to run.
pub fn items(report: &Report) -> Vec<ComplianceItem> {
    let mut items: Vec<ComplianceItem> = Vec::new();
    for finding in &report.findings {
        let mut item = item(finding);
        // Two findings may be of the same thing: several devices of one file system.
        let same = items.iter().filter(|one| is_of(&one.id, &item.id)).count();
        if same > 0 {
            item.id = format!("{}#{}", item.id, same + 1);
        }
        items.push(item);
        if items.len() == MOST - 1 && report.findings.len() >= MOST {
            let more = report.findings.len() - items.len();
            items.push(unknown("cut", format!("{more} more findings are left out")));
            break;
        }
    }
    if items.is_empty() {
        items.push(unknown("nothing", "no check had anything to look at".into()));
    }
    items
}

fn is_of(id: &str, base: &str) -> bool {
    id.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
}

fn unknown(id: &str, title: String) -> ComplianceItem {
    let details = vec![("Verdict", Verdict::Unknown.word().to_owned())];
    ComplianceItem { id: id.into(), title, severity: Severity::High, is_compliant: false, details }
}

fn item(finding: &Finding) -> ComplianceItem {
    let id = match &finding.subject {
        Some(subject) => format!("{}:{}", finding.check, one_line(subject)),
        None => finding.check.to_owned(),
    };
    let given = |name, value: &str| {
        let value = cut(&one_line(value), LONGEST_VALUE);
        (!value.is_empty()).then_some((name, value))
    };
    let details = [
        given("Verdict", finding.verdict.word()),
        given("Do", &finding.remedy),
        given("Code", finding.code.as_deref().unwrap_or_default()),
        given("Subject", finding.subject.as_deref().unwrap_or_default()),
    ];
    ComplianceItem {
        id: cut(&id, LONGEST_ID),
        title: cut(&one_line(&finding.summary), LONGEST_TITLE),
        severity: severity(finding),
        is_compliant: finding.verdict == Verdict::Pass,
        details: details.into_iter().flatten().collect(),
    }
}

/// What keeps a mount from working is critical; what is not known is never well.
fn severity(finding: &Finding) -> Severity {
    let check = CHECKS.iter().find(|check| check.name == finding.check);
    match (finding.verdict, check.is_some_and(|check| check.is_required)) {
        (Verdict::Fail, true) => Severity::Critical,
        (Verdict::Fail, false) | (Verdict::Unknown, true) => Severity::High,
        (Verdict::Warn, _) => Severity::Medium,
        (Verdict::Unknown, false) => Severity::Low,
        (Verdict::Pass, _) => Severity::Informational,
    }
}

fn cut(text: &str, longest: usize) -> String {
    if text.len() <= longest {
        return text.to_owned();
    }
    let room = longest - 3;
    let end = (0..=room).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    format!("{}...", text.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::hash;
    use super::*;
    use crate::facts::samples;
    use std::collections::BTreeSet;

    fn report(findings: Vec<Finding>) -> Report {
        Report::new(findings, samples::healthy())
    }

    #[test]
    fn every_finding_is_an_item_and_only_pass_is_compliant() {
        let items = items(&report(vec![
            Finding::pass("kernel_supported", "yes"),
            Finding::warn("evictions", "one", "look").about("abcd"),
            Finding::warn("evictions", "two", "look").about("abcd"),
            Finding::fail("lnet_up", "no\nLNet", "start it"),
            Finding::unknown("clock", "?", "look"),
        ]));
        let told: Vec<_> = items
            .iter()
            .map(|one| (one.id.as_str(), one.severity.word(), one.is_compliant))
            .collect();
        let required = CHECKS.iter().any(|check| check.name == "lnet_up" && check.is_required);
        let lnet = if required { "CRITICAL" } else { "HIGH" };
        assert_eq!(
            told,
            [
                ("kernel_supported", "INFORMATIONAL", true),
                ("evictions:abcd", "MEDIUM", false),
                ("evictions:abcd#2", "MEDIUM", false),
                ("lnet_up", lnet, false),
                ("clock", "LOW", false),
            ]
        );
        assert!(!items[3].title.contains('\n'), "{}", items[3].title);
    }

    #[test]
    fn nothing_found_is_not_compliant_and_all_is_within_the_limits() {
        let none = items(&report(Vec::new()));
        assert_eq!((none.len(), none[0].is_compliant), (1, false));
        let long = "\u{e4}".repeat(3000);
        let many = (0..1500).map(|_| Finding::fail("evictions", &long, &long).about(&long));
        let many = items(&report(many.collect()));
        assert_eq!(many.len(), MOST);
        let ids: BTreeSet<_> = many.iter().map(|item| &item.id).collect();
        assert_eq!(ids.len(), MOST, "each has an id of its own");
        assert!(many.iter().all(|item| item.title.len() <= LONGEST_TITLE));
        assert_eq!(
            many.last().map(|item| item.title.as_str()),
            Some("501 more findings are left out")
        );
    }

    #[test]
    fn a_pass_that_tells_another_number_is_the_same_and_another_verdict_is_not() {
        let of = |findings| hash(&items(&report(findings)));
        let pass = |text: &str| vec![Finding::pass("clock", text)];
        assert_eq!(of(pass("2 ms off")), of(pass("3 ms off")));
        assert_ne!(of(pass("2 ms off")), of(vec![Finding::warn("clock", "2 ms off", "look")]));
        let fail = |text: &str| vec![Finding::fail("clock", text, "look")];
        assert_ne!(of(fail("OST0001")), of(fail("OST0002")));
        assert_eq!(of(pass("x")).len(), 64);
    }
}
