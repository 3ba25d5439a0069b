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

fn family(row: &FamilyRow) -> String {
    let labels = match row.labels {
        [] => String::new(),
        some => format!(" {{{}}}", some.join(", ")),
    };
    let unit = if row.unit == "1" { String::new() } else { format!(" of {}", row.unit) };
    let versions = match row.versions {
        "all" => String::new(),
        some => format!(" Lustre {some}."),
    };
    let meaning = format!(
        "{} ({kind}{unit}; {source}.){versions}",
        row.help,
        kind = row.kind.word(),
        source = row.source,
    );
    tagged(row.name, &labels, &meaning)
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
    fn every_family_and_collector_is_described() {
        let (families, collectors) = (families(), collectors());
        assert_eq!(families.matches(".TP\n").count(), FAMILIES.len());
        assert_eq!(collectors.matches(".TP\n").count(), COLLECTORS.len());
    }
}
