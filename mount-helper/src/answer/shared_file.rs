//! The shared cache file: answers that a head node wrote and every node reads.
//!
//! It is read only where root alone can have written it: the file, every folder above it, and no
//! link on the way. Where that is not so it is passed over with a warning, and the node asks by
//! itself.

use super::Names;
use crate::host::{Bounds, read_trusted};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Duration;

/// The layout of the file; another number is another layout.
const FORMAT: u32 = 1;
/// The most answers that one file may hold.
const MOST_ANSWERS: usize = 10_000;
/// How long reading it may take; it may lie on a file system whose server is gone.
const READ_TIME: Duration = Duration::from_secs(3);

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedAnswer {
    /// What was looked up ([`super::look_up_key`]).
    pub key: String,
    /// The names of the file system that it named.
    #[serde(flatten)]
    pub names: Names,
    /// When the API was asked, seconds since 1970 UTC.
    pub asked_unix_seconds: u64,
}

/// The whole file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedAnswers {
    format: u32,
    /// The answers.
    pub answers: Vec<SharedAnswer>,
}

impl SharedAnswers {
    /// A file with these answers.
    pub fn new(answers: Vec<SharedAnswer>) -> Self {
        Self { format: FORMAT, answers }
    }

    /// Reads the text of one; what is torn or of another layout is refused whole.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let read: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if read.format != FORMAT {
            return Err(format!("its format is {}, not {FORMAT}", read.format));
        }
        if read.answers.len() > MOST_ANSWERS {
            return Err(format!("it has more than {MOST_ANSWERS} answers"));
        }
        Ok(read)
    }

    /// The answer to a question, with names that fit.
    pub fn find(&self, key: &str) -> Option<&SharedAnswer> {
        let fits =
            |answer: &&SharedAnswer| answer.key == key && answer.names.device(None).is_some();
        self.answers.iter().filter(fits).max_by_key(|answer| answer.asked_unix_seconds)
    }

    /// The names of an id, whatever was looked up when it was found.
    pub fn find_id(&self, id: &str) -> Option<&SharedAnswer> {
        let fits =
            |answer: &&SharedAnswer| answer.names.id == id && answer.names.device(None).is_some();
        self.answers.iter().filter(fits).max_by_key(|answer| answer.asked_unix_seconds)
    }
}

/// Reads the file, in a child that is left behind if it hangs.
///
/// # Errors
/// One line that says why it is passed over.
pub fn read_shared(path: &Path, bounds: &Bounds<'_>) -> Result<SharedAnswers, String> {
    let text = read_trusted(path, bounds.at_most(READ_TIME))?;
    SharedAnswers::parse(&text).map_err(|because| format!("{}: {because}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(key: &str, id: &str, asked: u64) -> SharedAnswer {
        SharedAnswer {
            key: key.into(),
            names: Names {
                id: id.into(),
                dns_name: format!("{id}.example"),
                mount_name: "abcdefgh".into(),
                region: Some("us-east-1".into()),
            },
            asked_unix_seconds: asked,
        }
    }

    #[test]
    fn the_youngest_answer_to_the_same_question_is_found() {
        let file = SharedAnswers::new(vec![
            answer("tag:Name:a", "fs-01234567", 10),
            answer("tag:Name:a", "fs-89abcdef", 20),
            SharedAnswer {
                names: Names { dns_name: "a/b".into(), ..answer("", "fs-89abcdef", 0).names },
                ..answer("tag:Name:a", "fs-89abcdef", 30)
            },
        ]);
        let found = file.find("tag:Name:a").expect("one");
        assert_eq!((found.names.id.as_str(), found.asked_unix_seconds), ("fs-89abcdef", 20));
        assert_eq!(file.find("tag:Name:a region=eu-west-1"), None);
        assert_eq!(file.find_id("fs-01234567").map(|answer| answer.asked_unix_seconds), Some(10));
    }

    #[test]
    fn a_file_that_is_torn_anywhere_is_refused_whole() {
        let whole = SharedAnswers::new(vec![answer("tag:Name:a", "fs-01234567", 10)]);
        let text = serde_json::to_string_pretty(&whole).expect("JSON");
        assert_eq!(SharedAnswers::parse(&text), Ok(whole));
        for end in 0..text.len() {
            assert!(SharedAnswers::parse(text.get(..end).expect("ASCII")).is_err(), "{end}");
        }
        let other = text.replace("\"format\": 1", "\"format\": 2");
        assert_eq!(SharedAnswers::parse(&other), Err("its format is 2, not 1".into()));
    }
}
