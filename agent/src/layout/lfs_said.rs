//! What it means when `lfs` fails: its exit status is an errno, or 4 for a command line that it does not know.
//!
//! *Source*: captures of 2.15.8 (`21_setstripe_errors`), lustre/utils/lfs.c.

use fsxlustre_mount::failure::{Code, one_line};

/// What `lfs` ended with, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) code: Code,
    pub(super) because: String,
    pub(super) remedy: String,
}

/// One row: exit status, code, because, do.
type Row = (i32, Code, &'static str, &'static str);

const ROWS: &[Row] = &[
    (
        1,
        Code::LayoutPermission,
        "only root and the directory's owner may give it a default",
        "run it as root or as the directory's owner; where root is squashed (RootSquashConfiguration of the \
         file system), add this node's NID to NoSquashNids",
    ),
    (2, Code::LayoutPath, "it is gone", "make the directory, or set `create = true` in its rule"),
    (
        4,
        Code::LayoutFeature,
        "this version of lfs does not know one of the options",
        "use a profile without them, or a newer client: `fsxlustre check`",
    ),
    (
        5,
        Code::LayoutCommand,
        "the servers could not be reached",
        "run `fsxlustre check`, then the same again",
    ),
    (
        13,
        Code::LayoutPermission,
        "the directory may not be entered or written",
        "run it as root; where root is squashed (RootSquashConfiguration of the file system), as the \
         directory's owner",
    ),
    (16, Code::LayoutCommand, "it is in use", "run the same again"),
    (
        17,
        Code::LayoutStands,
        "a file keeps the layout that it was made with",
        "name a directory; `lfs migrate` gives an existing file another layout",
    ),
    (20, Code::LayoutPath, "a name on the way is not a directory", "name a directory"),
    (
        22,
        Code::LayoutCommand,
        "the servers do not take these values",
        "look that the OSTs of the profile exist and are in its pool: `lfs osts`, `lfs pool_list`",
    ),
    (
        25,
        Code::LayoutPath,
        "it is not on Lustre",
        "mount the file system, or name a directory on it",
    ),
    (28, Code::LayoutCommand, "the metadata server has no space left", "look at `lfs df -i`"),
    (30, Code::LayoutPermission, "the mount is read-only", "mount the file system without `ro`"),
    (
        95,
        Code::LayoutFeature,
        "the file system cannot do this",
        "use a profile without it: the servers' version is in `fsxlustre status`",
    ),
    (
        108,
        Code::LayoutCommand,
        "the servers have evicted this client",
        "run `fsxlustre check`, then the same again",
    ),
    (122, Code::LayoutCommand, "a quota is used up", "look at `lfs quota`"),
];

/// What an exit status means, with what `lfs` said.
pub(super) fn meaning(code: i32, said: &str, is_root_user: bool) -> Meaning {
    let first = said.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let words: String = one_line(first.trim()).chars().take(300).collect();
    let said = if words.is_empty() { String::new() } else { format!(": {words}") };
    match ROWS.iter().find(|row| row.0 == code) {
        Some((_, of, because, remedy)) => {
            let squashed = is_root_user && matches!(code, 1 | 13);
            let because = if squashed {
                "the file system squashes root: here it is an ordinary user"
            } else {
                because
            };
            Meaning {
                code: *of,
                because: format!("{because}{said} (exit {code})"),
                remedy: (*remedy).to_owned(),
            }
        }
        None => Meaning {
            code: Code::LayoutCommand,
            because: if code < 0 {
                format!("a signal ended it{said}")
            } else {
                format!("exit {code}{said}")
            },
            remedy: "run the command by hand and see what it says".into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_its_own_words() {
        let usage = "lfs setstripe setstripe: invalid stripe count 'abc'\nTo create a file with\n";
        let unknown = meaning(4, usage, true);
        assert_eq!(unknown.code, Code::LayoutFeature);
        assert!(unknown.because.ends_with("invalid stripe count 'abc' (exit 4)"), "{unknown:?}");
        assert!(!unknown.because.contains("To create"), "the usage is left out");
        assert!(meaning(1, "", true).because.contains("squashes root"));
        assert!(meaning(1, "", false).because.contains("owner"));
        assert!(meaning(1, "", false).remedy.contains("NoSquashNids"));
        assert_eq!(meaning(17, "", true).code, Code::LayoutStands);
        assert_eq!(meaning(25, "", true).code, Code::LayoutPath);
        assert_eq!(meaning(-1, "", true).because, "a signal ended it");
        assert_eq!(meaning(77, "what", true).because, "exit 77: what");
        let mut codes: Vec<i32> = ROWS.iter().map(|row| row.0).collect();
        codes.dedup();
        assert_eq!(codes.len(), ROWS.len(), "in order, each once");
        assert!(codes.is_sorted());
    }
}
