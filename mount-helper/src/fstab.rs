//! The grammar of fstab(5): six words a line, `\ooo` for what would part them.

use crate::host::unescape;
use std::ops::Range;

/// One line that mounts something. Knows where its words stand, so that one of them can be replaced
/// and everything else of the line stays as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number in the file, from 1.
    pub number: usize,
    text: String,
    words: Vec<Range<usize>>,
}

/// The words of a line, by their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// What is mounted.
    Source,
    /// Where.
    Directory,
    /// The type of file system.
    Type,
    /// The options, joined by commas.
    Options,
    /// For dump(8).
    Dump,
    /// For fsck(8).
    Pass,
}

/// The entries of a file. Comments and blank lines have none; neither has a line of fewer than three
/// words, which mounts nothing.
pub fn entries(text: &str) -> Vec<Entry> {
    text.lines().enumerate().filter_map(|(index, line)| Entry::read(index + 1, line)).collect()
}

impl Entry {
    fn read(number: usize, line: &str) -> Option<Self> {
        let mut words = Vec::new();
        let mut start = None;
        for (place, letter) in line.char_indices().chain([(line.len(), ' ')]) {
            match (letter == ' ' || letter == '\t', start) {
                (false, None) => start = Some(place),
                (true, Some(began)) => {
                    words.push(began..place);
                    start = None;
                }
                _ => {}
            }
        }
        let first = line.get(words.first()?.clone())?;
        let is_entry = words.len() >= 3 && !first.starts_with('#');
        is_entry.then(|| Self { number, text: line.to_owned(), words })
    }

    /// The line as it stands in the file.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A word as it is written; empty when the line does not have it.
    pub fn written(&self, field: Field) -> &str {
        let range = self.words.get(field as usize).cloned();
        range.and_then(|range| self.text.get(range)).unwrap_or_default()
    }

    /// A word with its escapes undone.
    pub fn word(&self, field: Field) -> String {
        unescape(self.written(field).as_bytes()).to_string_lossy().into_owned()
    }

    /// The options, one by one.
    pub fn options(&self) -> Vec<String> {
        options(&self.word(Field::Options))
    }

    /// The directory without the slashes that mean nothing.
    pub fn directory(&self) -> String {
        let word = self.word(Field::Directory);
        let parts: Vec<_> = word.split('/').filter(|part| !part.is_empty()).collect();
        if word.starts_with('/') { format!("/{}", parts.join("/")) } else { word }
    }

    /// The same line with another word in place of one of its own. A line that ends before it gets
    /// what is usual in between.
    #[must_use]
    pub fn with(&self, field: Field, word: &str) -> Self {
        let word = escape(word);
        let mut text = self.text.clone();
        if let Some(range) = self.words.get(field as usize) {
            text.replace_range(range.clone(), &word);
        } else {
            let usual = ["", "", "", "defaults", "0", "0"];
            let missing = usual.get(self.words.len()..field as usize).unwrap_or_default();
            for word in missing.iter().copied().chain([word.as_str()]) {
                text.push(' ');
                text.push_str(word);
            }
        }
        Self::read(self.number, &text).unwrap_or_else(|| self.clone())
    }

    /// The same line with other options.
    #[must_use]
    pub fn with_options(&self, options: &[String]) -> Self {
        let all = if options.is_empty() { "defaults".into() } else { options.join(",") };
        self.with(Field::Options, &all)
    }
}

/// The words of an option list.
pub fn options(list: &str) -> Vec<String> {
    crate::options::split(list).into_iter().map(str::to_owned).collect()
}

/// Writes a word as fstab takes it: blank, tab, newline, backslash and `#` by their octal numbers.
///
/// *Source*: fstab(5); libmount's `mangle`.
pub fn escape(plain: &str) -> String {
    let mut text = String::with_capacity(plain.len());
    for letter in plain.chars() {
        match letter {
            ' ' => text.push_str("\\040"),
            '\t' => text.push_str("\\011"),
            '\n' => text.push_str("\\012"),
            '\\' => text.push_str("\\134"),
            '#' => text.push_str("\\043"),
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_and_comments_are_not() {
        let text = "# c /a b\n\n  \t# d e f g\nUUID=1 / ext4\nx y\n\
                    \ttag:a:b\t/mnt/a\\040b  fsxlustre noatime,,context=\"x,y\" 0 0 # c\n";
        let all = entries(text);
        assert_eq!(all.iter().map(|entry| entry.number).collect::<Vec<_>>(), [4, 6]);
        let entry = &all[1];
        assert_eq!(entry.word(Field::Directory), "/mnt/a b");
        assert_eq!(entry.options(), ["noatime", "context=\"x,y\""]);
        assert_eq!(entry.written(Field::Pass), "0");
        assert_eq!(all[0].written(Field::Options), "");
    }

    #[test]
    fn one_word_is_replaced_and_nothing_else() {
        let entry = &entries("tag:a:b\t/mnt/a  lustre   noatime 0 2 # why")[0];
        let changed = entry.with(Field::Type, "fsxlustre").with(Field::Directory, "/mnt/a b");
        assert_eq!(changed.text(), "tag:a:b\t/mnt/a\\040b  fsxlustre   noatime 0 2 # why");
        let short = &entries("a /b lustre")[0];
        assert_eq!(short.with(Field::Options, "ro").text(), "a /b lustre ro");
        assert_eq!(short.with(Field::Pass, "0").text(), "a /b lustre defaults 0 0");
        assert_eq!(short.with_options(&[]).text(), "a /b lustre defaults");
    }

    #[test]
    fn every_word_comes_back() {
        for word in ["/a b", "/a\tb\\c", "/#x", "/é\n", "\\040", "/\\9"] {
            assert_eq!(unescape(escape(word).as_bytes()), word);
            assert!(!escape(word).contains([' ', '\t', '\n', '#']));
        }
        assert_eq!(unescape(b"\\9\\40"), "\\9\\40");
    }

    #[test]
    fn a_directory_is_the_same_with_more_slashes() {
        let directory = |text: &str| entries(text)[0].directory();
        assert_eq!(directory("a /b//c/ lustre"), "/b/c");
        assert_eq!(directory("a / lustre"), "/");
        assert_eq!(directory("a none swap"), "none");
    }
}
