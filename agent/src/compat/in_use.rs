//! Which matrix serves on a node: the one that this program carries, or a newer one of the
//! administrator's.

use super::{Matrix, MatrixError};
use serde::Serialize;
use std::sync::Arc;

/// Where the administrator may put a newer matrix, below the root of the distribution's files.
pub const OWN_FILE: &str = "etc/fsxlustre/compatibility.toml";

/// The matrix that a node is judged by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InUse {
    #[serde(skip)]
    matrix: Arc<Matrix>,
    /// The day that its rows are of: `2026-08-15`.
    pub date: String,
    /// What became of [`OWN_FILE`]; `None` where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_file: Option<OwnFile>,
}

/// What became of the administrator's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum OwnFile {
    /// It serves.
    Used {
        /// Where it is.
        path: String,
    },
    /// It is no newer than what this program carries, which serves.
    Older {
        /// Where it is.
        path: String,
        /// Its day.
        date: String,
    },
    /// It cannot be used; what this program carries serves.
    Bad {
        /// Where it is.
        path: String,
        /// Why.
        because: String,
    },
}

impl InUse {
    /// Chooses between what this program carries and the administrator's file, given as its path and
    /// its text or why it cannot be read.
    ///
    /// # Errors
    /// [`MatrixError`] when what this program carries cannot be read, which is our bug.
    pub fn choose(own: Option<(String, Result<String, String>)>) -> Result<Self, MatrixError> {
        let carried = Matrix::carried().map_err(Clone::clone)?;
        let Some((path, text)) = own else { return Ok(Self::carried(carried, None)) };
        let read = text.and_then(|text| Matrix::parse(&text).map_err(|error| error.because));
        Ok(match read {
            Ok(own) if own.date > carried.date => {
                let date = own.date.clone();
                Self { matrix: Arc::new(own), date, own_file: Some(OwnFile::Used { path }) }
            }
            Ok(own) => Self::carried(carried, Some(OwnFile::Older { path, date: own.date })),
            Err(because) => Self::carried(carried, Some(OwnFile::Bad { path, because })),
        })
    }

    fn carried(carried: &Arc<Matrix>, own_file: Option<OwnFile>) -> Self {
        Self { matrix: Arc::clone(carried), date: carried.date.clone(), own_file }
    }

    /// The matrix.
    pub fn matrix(&self) -> &Matrix {
        &self.matrix
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARRIED: &str = include_str!("../../data/compatibility.toml");

    fn chosen(text: Result<String, String>) -> InUse {
        InUse::choose(Some(("/etc/x".into(), text))).expect("the carried matrix")
    }

    fn of_day(day: &str) -> String {
        let line = CARRIED.lines().find(|line| line.starts_with("date = ")).expect("a day");
        CARRIED.replace(line, &format!("date = \"{day}\""))
    }

    proptest::proptest! {
        /// Lines of the carried file in any order, some twice, and any text among them.
        #[test]
        fn no_text_makes_it_panic(
            places in proptest::collection::vec(0_usize..900, 0..60),
            any in proptest::prelude::any::<String>(),
        ) {
            let lines: Vec<&str> = CARRIED.lines().collect();
            let chosen_lines = places.iter().filter_map(|place| lines.get(*place).copied());
            let text: Vec<&str> = chosen_lines.chain([any.as_str()]).collect();
            chosen(Ok(text.join("\n")));
            chosen(Ok(any.clone()));
        }
    }

    #[test]
    fn a_newer_file_serves_and_an_older_or_bad_one_is_named() {
        assert_eq!(InUse::choose(None).expect("carried").own_file, None);
        let newer = chosen(Ok(of_day("2999-01-31")));
        assert_eq!(newer.own_file, Some(OwnFile::Used { path: "/etc/x".into() }));
        assert_eq!(newer.date, "2999-01-31");
        let older = chosen(Ok(of_day("2020-01-31")));
        let date = "2020-01-31".to_owned();
        assert_eq!(older.own_file, Some(OwnFile::Older { path: "/etc/x".into(), date }));
        for (text, words) in [
            (Err("it belongs to uid 7".into()), "uid 7"),
            (Ok(of_day("2999-13-31")), "2999-13-31"),
            (Ok(of_day("soon")), "soon"),
            (Ok("date = \"2999-01-31\"".into()), "missing field"),
            (Ok("\u{0}".into()), "TOML"),
        ] {
            let bad = chosen(text);
            assert_eq!(bad.date, older.date);
            let Some(OwnFile::Bad { because, .. }) = bad.own_file else { panic!("{words}") };
            assert!(because.contains(words), "{because}");
        }
    }
}
