//! What the clients of one file system, or of one target, add up to.
//!
//! A file system that is mounted twice has two of everything. A sum of which a part cannot be read
//! is not told: a part would look like a counter that fell.

use super::instances::Instance;
use super::sources::{DeviceFile, Sources};
use super::verdict::{SourceError, Verdict};

/// Reads files of devices, and notes what goes wrong.
#[derive(Debug)]
pub(super) struct Reading<'r> {
    pub(super) sources: &'r mut Sources,
    pub(super) verdict: &'r mut Verdict,
}

impl Reading<'_> {
    /// The sum over these clients of what a file says. `None` when one of them cannot be read or
    /// understood, when all have gone, and when the file is optional and nowhere.
    ///
    /// `parse` gives the value and how much of the text was not known.
    pub(super) fn sum<T>(
        &mut self,
        file: &mut DeviceFile,
        clients: &[Instance],
        parse: impl Fn(&[u8]) -> (Option<T>, u64),
        plus: impl Fn(T, T) -> T,
    ) -> Option<T> {
        let mut sum: Option<T> = None;
        let mut is_complete = true;
        for client in clients {
            let (value, oddities) = match self.sources.read(file, client) {
                Ok(Some(text)) => parse(text),
                Ok(None) => continue,
                Err(error) => {
                    self.verdict.note(error);
                    is_complete = false;
                    continue;
                }
            };
            self.verdict.oddities += oddities;
            let Some(value) = value else {
                let path = self.sources.last_path().to_owned();
                self.verdict.note(SourceError::NotUnderstood { path });
                is_complete = false;
                continue;
            };
            sum = Some(match sum.take() {
                Some(so_far) => plus(so_far, value),
                None => value,
            });
        }
        sum.filter(|_| is_complete)
    }

    /// The sum of a file that holds one number.
    pub(super) fn sum_number(
        &mut self,
        file: &mut DeviceFile,
        clients: &[Instance],
    ) -> Option<i64> {
        self.sum(file, clients, number, i64::saturating_add)
    }
}

/// A file that holds one number; what follows it after a blank (`0 (all)`) is a remark.
pub(super) fn number(text: &[u8]) -> (Option<i64>, u64) {
    let word = text.trim_ascii().split(u8::is_ascii_whitespace).next().unwrap_or_default();
    (super::stats::signed(word), 0)
}

/// The sum of two numbers that are both known.
pub(super) fn both(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    a?.checked_add(b?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_one_number() {
        for (text, value) in [
            ("264323072\n", Some(264_323_072)),
            ("0 (all)\n", Some(0)),
            ("-1\n", Some(-1)),
            ("", None),
            ("\n", None),
            ("off\n", None),
        ] {
            assert_eq!(number(text.as_bytes()), (value, 0), "{text}");
        }
    }
}
