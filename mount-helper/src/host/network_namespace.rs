//! Whether this process is in the network namespace that LNet is in.
//!
//! LNet belongs to the initial network namespace: its sockets are there, and so are its interfaces. A
//! mount from a container with a network of its own would wait for servers that it cannot reach, or
//! would look as if they were down.

use crate::failure::{Code, Failure};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The kernel's number of the initial namespace of processes, on every version.
const INITIAL_PROCESSES: u64 = 0xEFFF_FFFC;
/// That of the initial network namespace from Linux 6.18 on; before it is any number.
const INITIAL_NETWORK: u64 = 0xEFFF_FFF9;

/// Which network namespace LNet is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LnetNamespace {
    /// The initial one.
    #[default]
    Initial,
    /// Whichever: it is not looked at.
    Any,
    /// That of a file, such as one below `/run/netns`.
    File(PathBuf),
}

impl LnetNamespace {
    /// Reads the word of the configuration.
    pub fn of_word(word: &str) -> Self {
        match word {
            "initial" => Self::Initial,
            "any" => Self::Any,
            path => Self::File(path.into()),
        }
    }

    /// Refuses to go on in another network namespace. What cannot be told refuses nothing: a process
    /// without the right to look at the first one, or one that has a first process of its own.
    ///
    /// # Errors
    /// [`Code::NetworkNamespace`].
    pub fn check(&self) -> Result<(), Failure> {
        let own = number(Path::new("/proc/self/ns/net"));
        let is_elsewhere = match self {
            Self::Any => false,
            Self::File(path) => own.zip(number(path)).is_some_and(|(own, lnet)| own != lnet),
            Self::Initial => {
                let processes = number(Path::new("/proc/self/ns/pid"));
                let first = number(Path::new("/proc/1/ns/net"));
                own.is_some_and(|own| is_not_initial(own, first, processes))
            }
        };
        if is_elsewhere { Err(self.elsewhere()) } else { Ok(()) }
    }

    fn elsewhere(&self) -> Failure {
        let which = match self {
            Self::File(path) => format!("that of {}", path.display()),
            Self::Initial | Self::Any => "the initial one".into(),
        };
        Failure {
            code: Code::NetworkNamespace,
            what: "a Lustre client cannot be made in this network namespace".into(),
            asked: "make a Lustre client".into(),
            because: format!("LNet's network namespace is {which}, and this process is in another"),
            remedy:
                "mount it on the node itself and give the directory to the container, or run this \
                     with the node's network (`nsenter --net=/proc/1/ns/net`)"
                    .into(),
        }
    }
}

/// The kernel's number of a namespace, by its file.
fn number(file: &Path) -> Option<u64> {
    std::fs::metadata(file).ok().map(|about| about.ino())
}

/// Whether a network namespace is known not to be the initial one: the first process of all is in
/// another.
fn is_not_initial(own: u64, first: Option<u64>, processes: Option<u64>) -> bool {
    own != INITIAL_NETWORK
        && processes == Some(INITIAL_PROCESSES)
        && first.is_some_and(|first| first != own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_to_be_elsewhere_is_refused() {
        let processes = Some(INITIAL_PROCESSES);
        for (own, first, processes, elsewhere) in [
            (4_026_531_840, Some(4_026_531_840), processes, false),
            (4_026_532_100, Some(4_026_531_840), processes, true),
            // The first process may not be looked at, or is a container's own.
            (4_026_532_100, None, processes, false),
            (4_026_532_100, Some(4_026_531_840), Some(4_026_532_099), false),
            (4_026_532_100, Some(4_026_531_840), None, false),
            (INITIAL_NETWORK, Some(4_026_532_100), processes, false),
        ] {
            assert_eq!(is_not_initial(own, first, processes), elsewhere, "{own} {first:?}");
        }
    }

    #[test]
    fn a_file_names_the_namespace_that_is_lnets() {
        assert_eq!(LnetNamespace::File("/proc/self/ns/net".into()).check(), Ok(()));
        assert_eq!(LnetNamespace::Any.check(), Ok(()));
        assert_eq!(LnetNamespace::File("/nowhere".into()).check(), Ok(()), "it cannot be told");
        // Another namespace's file has another number, whatever its kind.
        let other = LnetNamespace::of_word("/proc/self/ns/mnt").check().expect_err("another");
        assert_eq!(other.code, Code::NetworkNamespace);
        assert!(other.because.contains("that of /proc/self/ns/mnt"), "{}", other.because);
        assert_eq!(LnetNamespace::of_word("initial"), LnetNamespace::default());
    }
}
