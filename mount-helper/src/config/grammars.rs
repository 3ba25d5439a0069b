//! What the texts of settings must look like.

use super::setting::Grammar;
use crate::failure::Explain as _;
use crate::options::{MountOptions, checked_region};
use std::path::{Component, Path, PathBuf};

/// The longest text that any setting takes.
const LONGEST_TEXT: usize = 4096;
/// The longest path in Parameter Store, with room for a version and names below it.
const LONGEST_PARAMETER_PATH: usize = 900;

fn ensure(fits: bool) -> Result<(), Option<String>> {
    if fits { Ok(()) } else { Err(None) }
}

/// Any text of one line.
pub(super) const ANY_TEXT: Grammar = Grammar {
    fits: "a text of one line",
    check: |text| {
        let fits = (1..=LONGEST_TEXT).contains(&text.len()) && !text.contains(char::is_control);
        ensure(fits)
    },
};

/// An absolute path.
pub(super) const FOLDER: Grammar = Grammar {
    fits: "an absolute path",
    check: |text| ensure(text.starts_with('/') && !text.contains('\0')),
};

/// An absolute path that is written in one way only, and is not the root.
pub(super) const PLAIN_PATH: Grammar = Grammar {
    fits: "an absolute path without '..', '//' or a '/' at its end",
    check: |text| {
        let path = Path::new(text);
        let normal: PathBuf = path.components().collect();
        let fits = normal.is_absolute()
            && normal.as_os_str() == path.as_os_str()
            && normal != Path::new("/")
            && !normal.components().any(|part| part == Component::ParentDir)
            && !text.contains(char::is_control);
        ensure(fits)
    },
};

/// A path in Parameter Store.
pub(super) const PARAMETER_PATH: Grammar = Grammar {
    fits: "a parameter's path, /a/b of A-Za-z0-9._-",
    check: |text| {
        let mut parts = text.split('/');
        let is_name = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        };
        let begins_with_slash = parts.next() == Some("");
        ensure(
            begins_with_slash
                && text.len() <= LONGEST_PARAMETER_PATH
                && parts.all(is_name)
                && text.len() > 1,
        )
    },
};

/// A Region's name.
pub(super) const REGION: Grammar = Grammar {
    fits: "an AWS Region such as us-east-1",
    check: |text| ensure(checked_region(text).is_some()),
};

/// The address of an HTTP service.
pub(super) const URL: Grammar = Grammar {
    fits: "http://HOST[:PORT] or https://HOST[:PORT]",
    check: |text| {
        let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
        let is_word = |rest: &str| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic());
        ensure(rest.is_some_and(is_word) && text.len() <= LONGEST_TEXT)
    },
};

/// An `-o` list.
pub(super) const MOUNT_OPTIONS: Grammar = Grammar {
    fits: "an -o list",
    check: |text| {
        let parsed = MountOptions::parse(text);
        parsed.map(|_| ()).map_err(|error| Some(format!("{error}; {}", error.remedy())))
    },
};
