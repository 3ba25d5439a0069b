//! Which checks are made: `--only` and `--skip`, by the names of checks and of groups.

use super::{CHECKS, Check, Group};
use crate::facts::Scope;
use fsxlustre_mount::failure::{Code, Explain};
use fsxlustre_mount::nearest::nearest;

/// The checks that were asked for.
#[derive(Clone, Debug)]
pub struct Selection {
    /// In the order of the table.
    pub checks: Vec<&'static Check>,
}

/// What was asked for selects no check.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownCheck {
    /// A word that is no check's name and no group's.
    #[error("no check and no group is called '{word}'")]
    Word {
        /// The word.
        word: String,
        /// What may be meant.
        nearest: Option<&'static str>,
    },
    /// `--skip` takes away everything that `--only` names.
    #[error("no check is left")]
    Nothing,
}

impl Explain for UnknownCheck {
    fn code(&self) -> Code {
        Code::Invocation
    }
    fn asked(&self) -> String {
        match self {
            Self::Word { word, .. } => format!("fsxlustre check: {word}"),
            Self::Nothing => "fsxlustre check with --only and --skip".into(),
        }
    }
    fn because(&self) -> String {
        match self {
            Self::Word { nearest: Some(name), .. } => format!("there is {name}"),
            Self::Word { nearest: None, .. } => "it is in no list".into(),
            Self::Nothing => "what --skip names is all that --only leaves".into(),
        }
    }
    fn remedy(&self) -> String {
        "take a name of `fsxlustre check --list`, or local, network, aws".into()
    }
}

impl Selection {
    /// Every check.
    pub fn all() -> Self {
        Self { checks: CHECKS.iter().collect() }
    }

    /// Those that do not go beyond this node.
    pub fn local() -> Self {
        let is_local = |check: &&Check| check.group == Group::Local;
        Self { checks: CHECKS.iter().filter(is_local).collect() }
    }

    /// Those that `only` names, or all where it names none, without those that `skip` names.
    ///
    /// # Errors
    /// [`UnknownCheck`].
    pub fn of(only: &[String], skip: &[String]) -> Result<Self, UnknownCheck> {
        only.iter().chain(skip).try_for_each(|word| look_up(word))?;
        let is_named = |check: &Check, words: &[String]| {
            words.iter().any(|word| word == check.name || word == check.group.word())
        };
        let is_wanted =
            |check: &&Check| (only.is_empty() || is_named(check, only)) && !is_named(check, skip);
        let checks: Vec<_> = CHECKS.iter().filter(is_wanted).collect();
        if checks.is_empty() { Err(UnknownCheck::Nothing) } else { Ok(Self { checks }) }
    }

    /// How far facts are to be gathered for them.
    pub fn scope(&self) -> Scope {
        // The names and versions of file systems are told by AWS only.
        let with_aws = self.has(Group::Aws) || self.has(Group::Network);
        Scope { with_network: self.has(Group::Network), with_aws }
    }

    /// Whether one of this group is among them.
    pub fn has(&self, group: Group) -> bool {
        self.checks.iter().any(|check| check.group == group)
    }

    /// Whether that one is among them.
    pub fn has_check(&self, name: &str) -> bool {
        self.checks.iter().any(|check| check.name == name)
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    Group::ALL.into_iter().map(Group::word).chain(CHECKS.iter().map(|check| check.name))
}

fn look_up(word: &str) -> Result<(), UnknownCheck> {
    if names().any(|name| name == word) {
        return Ok(());
    }
    Err(UnknownCheck::Word { word: word.to_owned(), nearest: nearest(word, names()) })
}

/// The check of that name.
///
/// # Errors
/// [`UnknownCheck`].
pub fn find(name: &str) -> Result<&'static Check, UnknownCheck> {
    let known = || CHECKS.iter().map(|check| check.name);
    CHECKS.iter().find(|check| check.name == name).ok_or_else(|| {
        let word = name.to_owned();
        UnknownCheck::Word { word, nearest: nearest(name, known()) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &[&str]) -> Vec<String> {
        text.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn names_and_groups_choose_and_leave_out() {
        let all = Selection::all();
        let of = |only: &[&str], skip: &[&str]| Selection::of(&words(only), &words(skip));
        assert_eq!(of(&[], &[]).expect("all").checks.len(), all.checks.len());
        let local = of(&["local"], &["lnet_up"]).expect("known");
        assert!(local.checks.iter().all(|check| check.group == Group::Local));
        assert!(!local.has_check("lnet_up") && local.has_check("kernel_supported"));
        assert!(!local.has(Group::Aws));
        let two = of(&["lnet_up", "kernel_supported"], &[]).expect("known");
        assert_eq!(two.checks.len(), 2);
        assert_eq!(of(&["lnet_up"], &["lnet_up"]).expect_err("none"), UnknownCheck::Nothing);
        let wrong = of(&["lnet_upp"], &[]).expect_err("unknown");
        assert_eq!(wrong.because(), "there is lnet_up");
        assert_eq!(find("local").expect_err("a group").because(), "it is in no list");
    }

    #[test]
    fn every_check_has_a_name_of_its_own_and_says_what_it_means() {
        let mut seen = Vec::new();
        for check in CHECKS {
            assert!(!seen.contains(&check.name), "{}", check.name);
            seen.push(check.name);
            let is_plain =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            assert!(check.name.bytes().all(is_plain), "{}", check.name);
            assert!(check.question.ends_with('?'), "{}", check.name);
            assert!(
                check.meaning.contains("Fail") || check.meaning.contains("Warn"),
                "{}",
                check.name
            );
            assert!(check.meaning.is_ascii() && check.question.is_ascii(), "{}", check.name);
        }
    }
}
