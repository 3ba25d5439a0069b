//! What a parameter of a document may be. Each grammar is told twice, since a document cannot call us: as a
//! pattern for Systems Manager, and as the function that decides here.

use fsxlustre_mount::source::{Source, is_file_system_id};
use std::path::{Component, Path};

/// The longest of any parameter.
const LONGEST: usize = 512;
/// The longest directory: the names of units and state files are made from it.
const LONGEST_DIRECTORY: usize = 200;
/// Directories that hold the system: nothing is mounted on them, nor below those that end with `/`.
const OF_THE_SYSTEM: [&str; 19] = [
    "/bin/", "/boot/", "/dev/", "/etc/", "/lib/", "/lib32/", "/lib64/", "/libx32/", "/proc/",
    "/run/", "/sbin/", "/sys/", "/usr/", "/home", "/opt", "/root", "/srv", "/tmp", "/var",
];

/// A grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// One of these words.
    Words(&'static [&'static str]),
    /// A source, as mount(8) takes it.
    Source,
    /// A directory, by its whole path, that is none of the system's.
    Directory,
    /// Mount options.
    Options,
    /// The name of a profile.
    Name,
    /// Names with commas between them.
    Names,
    /// A whole number of seconds.
    Seconds(u32),
    /// The id of a file system.
    FileSystemId,
    /// An AWS Region.
    Region,
}

/// `true` or `false`.
pub(super) const YES_NO: Grammar = Grammar::Words(&["false", "true"]);

impl Grammar {
    /// The pattern of a text that is not empty, without its anchors; none for words.
    pub fn pattern(self) -> Option<&'static str> {
        Some(match self {
            Self::Words(_) => return None,
            Self::Source => "[A-Za-z0-9][A-Za-z0-9@._:/,%=+-]{0,511}",
            Self::Directory => "/[A-Za-z0-9_./-]{1,199}",
            Self::Options => "[A-Za-z0-9_][A-Za-z0-9_=,.:/@%+-]{0,511}",
            Self::Name => "[A-Za-z0-9][A-Za-z0-9_.-]{0,63}",
            Self::Names => "[a-z][a-z0-9_,]{0,511}",
            Self::Seconds(_) => "[1-9][0-9]{0,4}",
            Self::FileSystemId => "fs-[0-9a-f]{8,17}",
            Self::Region => "[a-z][a-z0-9-]{1,31}",
        })
    }

    /// The most characters of a value.
    pub fn longest(self) -> usize {
        match self {
            Self::Words(words) => words.iter().map(|word| word.len()).max().unwrap_or(0),
            Self::Source | Self::Options | Self::Names => LONGEST,
            Self::Directory => LONGEST_DIRECTORY,
            Self::Name => 64,
            Self::Seconds(_) => 5,
            Self::FileSystemId => 20,
            Self::Region => 32,
        }
    }

    /// Whether a value that is not empty is of it.
    pub fn accepts(self, text: &str) -> bool {
        let is_of = |first: fn(u8) -> bool, more: &[u8]| {
            let mut bytes = text.bytes();
            bytes.next().is_some_and(first)
                && bytes.all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
        };
        text.len() <= self.longest()
            && match self {
                Self::Words(words) => words.contains(&text),
                Self::Source => {
                    is_of(|b| b.is_ascii_alphanumeric(), b"@._:/,%=+-")
                        && Source::parse(text).is_ok()
                }
                Self::Directory => is_of(|b| b == b'/', b"_./-") && is_for_mounts(Path::new(text)),
                Self::Options => is_of(|b| b.is_ascii_alphanumeric() || b == b'_', b"_=,.:/@%+-"),
                Self::Name => is_of(|b| b.is_ascii_alphanumeric(), b"_.-"),
                Self::Names => {
                    is_of(|b| b.is_ascii_lowercase(), b"_,")
                        && text.bytes().all(|b| !b.is_ascii_uppercase())
                }
                Self::Seconds(most) => {
                    is_of(|b| (b'1'..=b'9').contains(&b), b"")
                        && text.parse().is_ok_and(|seconds: u32| seconds <= most)
                }
                Self::FileSystemId => is_file_system_id(text),
                Self::Region => {
                    is_of(|b| b.is_ascii_lowercase(), b"-")
                        && text.bytes().all(|b| !b.is_ascii_uppercase())
                }
            }
    }

    /// What it takes, in words.
    pub fn words(self) -> String {
        match self {
            Self::Words(words) => format!("it is one of: {}", words.join(", ")),
            Self::Source => "it is fs-ID, tag:KEY:VALUE, name:NAME or a Lustre device".into(),
            Self::Directory => format!(
                "it is a whole path of letters, digits and _.-/, {LONGEST_DIRECTORY} characters at most, and no \
                 directory of the system"
            ),
            Self::Options => "it is a list of mount options".into(),
            Self::Name => "it is a name of letters, digits and ._-".into(),
            Self::Names => "it is a list of names, with commas between them".into(),
            Self::Seconds(most) => format!("it is a number of seconds, {most} at most"),
            Self::FileSystemId => "it is fs- and 8 to 17 digits of 0-9a-f".into(),
            Self::Region => "it is the name of an AWS Region".into(),
        }
    }
}

/// A plain path that is no directory of the system.
fn is_for_mounts(path: &Path) -> bool {
    let is_plain =
        path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    // `components` leaves out what a reader would see.
    let is_as_written = path.to_str().is_some_and(|text| {
        !text.contains("//")
            && !text.contains("/./")
            && !text.ends_with('/')
            && !text.ends_with("/.")
    });
    let is_of_the_system = OF_THE_SYSTEM.iter().any(|one| {
        let below = one.strip_suffix('/');
        path == Path::new(one) || below.is_some_and(|one| path.starts_with(one))
    });
    is_plain && is_as_written && path.parent().is_some() && !is_of_the_system
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_a_plain_path_and_none_of_the_systems() {
        for good in ["/fsx", "/mnt/a_b.c-d", "/home/x", "/var/scratch", "/srv/fsx"] {
            assert!(Grammar::Directory.accepts(good), "{good}");
        }
        let long = format!("/{}", "a".repeat(LONGEST_DIRECTORY));
        for bad in [
            "",
            "/",
            "mnt",
            "-o",
            "/mnt/../etc",
            "/mnt/.",
            "/mnt//a",
            "/mnt/",
            "/etc",
            "/etc/x",
            "/usr/lib",
            "/home",
            "/proc/1",
            "/mnt/a b",
            "/mnt/$(id)",
            "/mnt/a\n",
            "/mnt/\u{e9}",
            &long,
        ] {
            assert!(!Grammar::Directory.accepts(bad), "{bad:?}");
        }
    }

    #[test]
    fn no_grammar_takes_a_shells_words_or_an_option() {
        let all = [
            Grammar::Source,
            Grammar::Directory,
            Grammar::Options,
            Grammar::Name,
            Grammar::Names,
            Grammar::Seconds(60),
            Grammar::FileSystemId,
            Grammar::Region,
            YES_NO,
        ];
        let long = "a".repeat(4096);
        for grammar in all {
            for bad in [
                "$(id)", "`id`", "a;b", "a b", "a\nb", "a\n", "'a'", "\"a\"", "--help", "-x",
                "a|b", &long,
            ] {
                assert!(!grammar.accepts(bad), "{grammar:?} {bad:?}");
            }
        }
    }

    #[test]
    fn what_is_meant_is_taken() {
        for (grammar, good) in [
            (Grammar::Source, "fs-0123456789abcdef0"),
            (Grammar::Source, "tag:Project:genomics,Stage:prod"),
            (Grammar::Source, "10.0.0.5@tcp:/abcdefgh/sub"),
            (Grammar::Options, "noatime,flock,timeout=60,subdir=/a"),
            (Grammar::Options, "_netdev"),
            (Grammar::Name, "aws-documented"),
            (Grammar::Names, "lnet_up,network"),
            (Grammar::Seconds(3600), "90"),
            (Grammar::FileSystemId, "fs-0123456789abcdef0"),
            (Grammar::Region, "us-gov-west-1"),
            (YES_NO, "true"),
        ] {
            assert!(grammar.accepts(good), "{grammar:?} {good}");
        }
        assert!(!Grammar::Seconds(60).accepts("61"));
        assert!(!Grammar::Source.accepts("Project=genomics"));
    }
}
