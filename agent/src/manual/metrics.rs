//! The metrics as roff: every family, every collector, and what an administrator asks of them.

use super::roff::{tagged, text, verbatim};
use crate::metrics::COLLECTORS;
use crate::metrics::families::{FAMILIES, FamilyRow};
use serde::Deserialize;

const QUESTIONS: &str = include_str!("../../data/questions.toml");

#[derive(Debug, Deserialize)]
struct Questions {
    question: Vec<Question>,
}

/// One question, and how Prometheus is asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    ask: String,
    answer: String,
    promql: String,
}

fn questions_of(text: &str) -> Vec<Question> {
    toml::from_str::<Questions>(text).map(|all| all.question).unwrap_or_default()
}

/// Every question with its answer and expression.
pub(super) fn questions() -> String {
    let section = |one: &Question| {
        format!(".SS {}\n{}\n{}", text(&one.ask), text(&one.answer), verbatim(&one.promql))
    };
    questions_of(QUESTIONS).iter().map(section).collect()
}

/// Every family, by the part of the client that it is of.
pub(super) fn families() -> String {
    let groups = [
        ("The Lustre client", "lustre_client_"),
        ("LNet", "lustre_lnet_"),
        ("fsxlustre", "fsxlustre_"),
    ];
    let group = |(title, prefix): (&str, &str)| {
        let rows = FAMILIES.iter().filter(|row| row.name.starts_with(prefix));
        format!(".SS {}\n{}", text(title), rows.map(family).collect::<String>())
    };
    groups.into_iter().map(group).collect()
}

/// The families that may be left out, the first one first.
pub(super) fn dropped_families() -> String {
    let names = FAMILIES.iter().rev().map(|row| row.name);
    let names: Vec<&str> = names.filter(|name| !name.starts_with("fsxlustre_")).collect();
    format!("{}.\n", text(&names.join(",\n")))
}

fn family(row: &FamilyRow) -> String {
    let labels = match row.labels {
        [] => String::new(),
        some => format!(" {{{}}}", some.join(", ")),
    };
    let unit = if row.unit == "1" { String::new() } else { format!(" of {}", row.unit) };
    let versions = match row.versions {
        "all" => String::new(),
        some if is_captured(some) => format!(" Lustre {some}."),
        some => format!(" Lustre {some}: from source, not captured."),
    };
    let meaning = format!(
        "{} ({kind}{unit}; {source}.){versions}",
        row.help,
        kind = row.kind.word(),
        source = row.source,
    );
    tagged(row.name, &labels, &meaning)
}

/// The newest client whose files were captured.
const NEWEST_CAPTURED: [u32; 3] = [2, 15, 8];

/// Whether a client that was captured is one of these versions (`2.14 and later`).
fn is_captured(versions: &str) -> bool {
    let first = versions.split(' ').next().unwrap_or_default();
    let mut numbers = first.split('.').map(|number| number.parse().unwrap_or(u32::MAX));
    let mut next = || numbers.next().unwrap_or(0);
    [next(), next(), next()] <= NEWEST_CAPTURED
}

/// Every collector.
pub(super) fn collectors() -> String {
    let one = |(name, about, by_default): (&str, &str, bool)| {
        let default = if by_default { "" } else { " (off unless it is asked for)" };
        tagged(name, "", &format!("{about}{default}"))
    };
    COLLECTORS.iter().map(|row| one((row.name, row.about, row.by_default))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_questions_are_read_and_their_names_stand_in_the_table() {
        let questions = questions_of(QUESTIONS);
        assert!(questions.len() >= 10, "{}", questions.len());
        for one in &questions {
            assert!(one.ask.ends_with('?') && one.answer.ends_with('.'), "{}", one.ask);
        }
        assert!(questions_of("rubbish").is_empty());
    }

    #[test]
    fn what_no_capture_has_is_marked() {
        for (versions, captured) in [
            ("2.12 and later", true),
            ("2.15 and later", true),
            ("2.15.8 and later", true),
            ("2.15.60 and later", false),
            ("2.16 and later", false),
            ("2.17 and later, builds of DDN", false),
            ("builds of DDN", false),
        ] {
            assert_eq!(is_captured(versions), captured, "{versions}");
        }
        let marked =
            FAMILIES.iter().filter(|row| row.versions != "all" && !is_captured(row.versions));
        assert_eq!(families().matches("from source, not captured").count(), marked.count() + 1);
    }

    #[test]
    fn every_family_and_collector_is_described() {
        let (families, collectors) = (families(), collectors());
        assert_eq!(families.matches(".TP\n").count(), FAMILIES.len());
        assert_eq!(collectors.matches(".TP\n").count(), COLLECTORS.len());
    }
}
