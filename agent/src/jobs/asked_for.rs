//! What a job asks for, as Slurm's own grammars write it: licences, features and words of its comment.
//!
//! Each is cut to names that an administrator's rule is compared with, and nothing else is done with
//! them. A value that is not understood asks for nothing.
//!
//! *Source*: `--licenses` and `--constraint` in sbatch(1), Slurm 20.02 to 26.05.

use std::collections::BTreeSet;

/// Longest value that is read.
pub const LONGEST_VALUE: usize = 4096;
/// Most names of one value.
const MOST_NAMES: usize = 64;
/// Longest name.
const LONGEST_NAME: usize = 64;
/// Deepest brackets.
const DEEPEST: usize = 4;

/// The names of licences: `fsx_scratch:2,matlab@server`. Of one with a server the name itself counts
/// too.
///
/// # Errors
/// What is not understood.
pub fn licenses(text: &str) -> Result<BTreeSet<String>, String> {
    let mut names = BTreeSet::new();
    if text == "(null)" {
        return Ok(names);
    }
    for one in text.split([',', ';', '|']).filter(|one| !one.is_empty()) {
        let (name, count) = one.split_once([':', '*']).unwrap_or((one, "1"));
        if !is_name(name) || !is_count(count) {
            return Err("it is no list of licences".into());
        }
        names.insert(name.to_owned());
        names.extend(name.split_once('@').map(|(short, _)| short.to_owned()));
    }
    bounded(names)
}

/// The names of features in a constraint: `a&b`, `a|b`, `[x*2&y]`, `(a|b)&c`. Each that is named
/// counts, of alternatives too.
///
/// # Errors
/// What is not understood.
pub fn features(text: &str) -> Result<BTreeSet<String>, String> {
    if matches!(text, "" | "(null)") {
        return Ok(BTreeSet::new());
    }
    let mut constraint = Constraint { rest: text, names: BTreeSet::new() };
    constraint.expression(0)?;
    if !constraint.rest.is_empty() {
        return Err("it is no constraint".into());
    }
    bounded(constraint.names)
}

/// The words of a comment that could be one of an administrator's list. Others are passed over: what
/// users write there is theirs.
pub fn comment_words(text: &str) -> BTreeSet<String> {
    let parts = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'));
    parts.filter(|word| is_name(word)).take(MOST_NAMES).map(str::to_owned).collect()
}

/// Whether a text is a name that a licence, a feature or a comment's word may have.
pub fn is_name(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(is_name_byte)
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.-:=+/@%".contains(&byte)
}

fn is_count(text: &str) -> bool {
    (1..=10).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

fn bounded(names: BTreeSet<String>) -> Result<BTreeSet<String>, String> {
    if names.len() > MOST_NAMES { Err("it has too many names".into()) } else { Ok(names) }
}

/// A constraint that is being read.
struct Constraint<'a> {
    rest: &'a str,
    names: BTreeSet<String>,
}

impl Constraint<'_> {
    fn takes(&mut self, signs: &[char]) -> Option<char> {
        let sign = self.rest.chars().next().filter(|c| signs.contains(c))?;
        self.rest = self.rest.strip_prefix(sign)?;
        Some(sign)
    }

    fn expression(&mut self, depth: usize) -> Result<(), String> {
        if depth > DEEPEST {
            return Err("its brackets are too deep".into());
        }
        loop {
            self.term(depth)?;
            if self.takes(&['&', '|', ',']).is_none() {
                return Ok(());
            }
        }
    }

    fn term(&mut self, depth: usize) -> Result<(), String> {
        let closing = match self.takes(&['[', '(', '{']) {
            Some('[') => Some(']'),
            Some('(') => Some(')'),
            Some(_) => Some('}'),
            None => None,
        };
        match closing {
            Some(closing) => {
                self.expression(depth + 1)?;
                self.takes(&[closing]).ok_or("a bracket is not closed")?;
            }
            None => self.name()?,
        }
        if self.takes(&['*']).is_some() {
            let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
            let (count, rest) = self.rest.split_at_checked(digits).unwrap_or_default();
            if !is_count(count) {
                return Err("a count is no number".into());
            }
            self.rest = rest;
        }
        Ok(())
    }

    fn name(&mut self) -> Result<(), String> {
        let length = self.rest.bytes().take_while(|byte| is_name_byte(*byte)).count();
        let (name, rest) = self.rest.split_at_checked(length).unwrap_or_default();
        if !is_name(name) {
            return Err("it is no constraint".into());
        }
        self.names.insert(name.to_owned());
        self.rest = rest;
        bounded(std::mem::take(&mut self.names)).map(|names| self.names = names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(names: Result<BTreeSet<String>, String>) -> String {
        match names {
            Ok(names) => names.into_iter().collect::<Vec<_>>().join(" "),
            Err(because) => format!("! {because}"),
        }
    }

    #[test]
    fn licences_are_names_with_counts() {
        for (text, wanted) in [
            ("fsx_scratch", "fsx_scratch"),
            ("fsx_scratch:2,matlab@server:1", "fsx_scratch matlab matlab@server"),
            ("a|b;c*3", "a b c"),
            ("(null)", ""),
            ("", ""),
            ("a:x", "! it is no list of licences"),
            ("$(id)", "! it is no list of licences"),
            ("a\nb", "! it is no list of licences"),
            ("../../etc", "../../etc"),
        ] {
            assert_eq!(words(licenses(text)), wanted, "{text}");
        }
    }

    #[test]
    fn features_are_the_names_of_a_constraint() {
        for (text, wanted) in [
            ("fsx", "fsx"),
            ("a&b", "a b"),
            ("a|b", "a b"),
            ("[x|y]", "x y"),
            ("[rack1*2&rack2*4]", "rack1 rack2"),
            ("gpu&[x|y]", "gpu x y"),
            ("(a|b)&c", "a b c"),
            ("{a,b}", "a b"),
            ("a*4", "a"),
            ("(null)", ""),
            ("a&", "! it is no constraint"),
            ("[a", "! a bracket is not closed"),
            ("[a)", "! a bracket is not closed"),
            ("a*x", "! a count is no number"),
            ("a b", "! it is no constraint"),
            ("((((((a))))))", "! its brackets are too deep"),
            ("a;rm -rf", "! it is no constraint"),
        ] {
            assert_eq!(words(features(text)), wanted, "{text}");
        }
        let many: Vec<_> = (0..65).map(|number| format!("f{number}")).collect();
        assert_eq!(words(features(&many.join("&"))), "! it has too many names");
    }

    #[test]
    fn of_a_comment_only_plain_words_count() {
        let words = comment_words("please fsx:scratch, and; \"quoted\" $(reboot) é\u{0} x\ny");
        assert_eq!(
            words.into_iter().collect::<Vec<_>>(),
            ["and", "fsx:scratch", "please", "x", "y"]
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in ".{0,200}") {
            let _ = (licenses(&text), features(&text), comment_words(&text));
        }
    }
}
