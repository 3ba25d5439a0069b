//! What a call of a document was given: read from the environment, by the table of documents.

use super::document::Document;
use fsxlustre_mount::failure::{Code, Failure, one_line};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::OsString;

/// So many characters of a wrong value are shown.
const SHOWN: usize = 60;

/// The parameters of one call, all of their grammars.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Given(BTreeMap<String, String>);

impl Given {
    /// Reads the document's parameters; `variable` is the environment.
    ///
    /// # Errors
    /// One is missing, or is not of its grammar.
    pub fn read(
        document: &Document,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Failure> {
        let mut given = BTreeMap::new();
        for parameter in document.all_parameters() {
            let name = format!("SSM_{}", parameter.name);
            let wrong = |because: String| Failure {
                code: Code::SsmParameter,
                what: format!("the parameter {} is not right", parameter.name),
                asked: document.title.to_owned(),
                because,
                remedy: format!(
                    "give {} as it is meant: {}",
                    parameter.name,
                    parameter.grammar.words()
                ),
            };
            let value = match (variable(&name), parameter.default) {
                (Some(value), _) => value.into_string().map_err(|value| {
                    wrong(format!("{} is not UTF-8", shown(&value.to_string_lossy())))
                })?,
                (None, Some(default)) => default.to_owned(),
                (None, None) => return Err(wrong("it is not given".into())),
            };
            let is_absent = value.is_empty() && parameter.default == Some("");
            if !is_absent && !parameter.grammar.accepts(&value) {
                return Err(wrong(format!("{} is not taken", shown(&value))));
            }
            given.insert(parameter.name.to_owned(), value);
        }
        Ok(Self(given))
    }

    /// A parameter that is not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// A parameter that says yes or no.
    pub fn is(&self, name: &str) -> bool {
        self.text(name) == Some("true")
    }

    /// Whether both ask for the same work: how it is told, and what it is kept from, is no part of that.
    pub fn asks_the_same(&self, other: &Self) -> bool {
        let work = |given: &Self| -> BTreeMap<String, String> {
            let mut work = given.0.clone();
            work.retain(|name, _| !matches!(name.as_str(), "Detail" | "AllowBusy" | "Reboot"));
            work
        };
        work(self) == work(other)
    }
}

fn shown(value: &str) -> String {
    let line = one_line(value);
    let short: String = line.chars().take(SHOWN).collect();
    let more = if line.chars().count() > SHOWN { "..." } else { "" };
    format!("'{short}{more}'")
}

#[cfg(test)]
mod tests {
    use super::super::document::document;
    use super::*;

    fn read(name: &str, variables: &[(&str, &str)]) -> Result<Given, Failure> {
        let find = |name: &str| {
            variables
                .iter()
                .find(|(one, _)| format!("SSM_{one}") == name)
                .map(|(_, value)| value.into())
        };
        Given::read(document(name).expect("a document"), find)
    }

    #[test]
    fn what_is_not_given_has_its_default_or_is_missed() {
        let given = read("unmount", &[("Directory", "/mnt/a"), ("Other", "$(id)")]).expect("fits");
        assert_eq!(given.text("TimeoutSeconds"), Some("60"));
        assert_eq!(
            (given.is("IfGone"), given.text("Region"), given.text("Other")),
            (false, None, None)
        );
        let missing = read("unmount", &[]).expect_err("no directory");
        assert_eq!(missing.code, Code::SsmParameter);
        assert!(missing.what.contains("Directory"));
        // Only what may be left out may be empty.
        assert!(read("unmount", &[("Directory", "")]).is_err());
    }

    #[test]
    fn a_wrong_value_is_shown_short_and_on_one_line() {
        let long = "x\n$(reboot)\u{1b}[31m".repeat(300);
        let failure =
            read("mount", &[("Source", &long), ("Directory", "/mnt/a")]).expect_err("hostile");
        assert!(failure.because.len() < 100, "{}", failure.because);
        assert!(!failure.because.contains(|c: char| c.is_control()));
    }

    #[test]
    fn how_it_is_told_is_no_other_work() {
        let of = |more: (&'static str, &'static str)| {
            read("tune", &[("Action", "apply"), more]).expect("fits")
        };
        assert!(of(("Detail", "true")).asks_the_same(&of(("AllowBusy", "true"))));
        assert!(!of(("Reload", "true")).asks_the_same(&of(("Detail", "true"))));
    }
}
